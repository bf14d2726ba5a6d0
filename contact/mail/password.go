package mail

import (
	"bytes"
	"strings"

	"bonafide/contact"
)

// maxPassword is the most letters of a word that may be a password.
const maxPassword = 20

// passwords returns words of the mail's text that may be the password of a
// locked PDF: a single word behind a colon at the end of a line, in any
// language. Nothing is looked for when the file is not locked.
func (r *reader) passwords(file []byte) []string {
	if !bytes.HasPrefix(file, []byte("%PDF")) || !bytes.Contains(file, []byte("/Encrypt")) {
		return nil
	}
	var out []string
	for _, p := range r.c.Parts {
		if p.Kind == contact.Hidden {
			continue
		}
		for l := range strings.SplitSeq(p.Text, "\n") {
			colon := strings.LastIndexAny(l, ":：")
			if colon < 0 || len(out) >= 64 {
				continue
			}
			word := strings.Trim(strings.TrimLeft(l[colon:], ":："), " \t.\"'“”„*")
			if word != "" && len(word) <= maxPassword && !strings.ContainsAny(word, " \t/@") {
				out = append(out, word)
			}
		}
	}
	return out
}
