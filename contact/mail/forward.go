package mail

import (
	"strings"
	"unicode/utf8"

	"bonafide/contact/hypertext"
)

// unwrap finds the mail that another one only carries: exactly one mail is
// attached, nothing else but pictures in the text, and the words above it are
// few. words is that note. Bounces and digests are not forwards; reports of
// abuse (RFC 5965) are.
func (r *reader) unwrap(root *node) (inner []byte, words string, ok bool) {
	if root.media == "multipart/digest" || root.media == "multipart/report" && !strings.EqualFold(root.params.get("report-type"), "feedback-report") {
		return nil, "", false
	}
	var mails, notes []*node
	if !carried(root, &mails, &notes) || len(mails) != 1 {
		return nil, "", false
	}
	for _, n := range notes {
		words = r.note(n)
		if n.media == "text/plain" && strings.TrimSpace(words) != "" {
			break // of two alternatives the plain one has the words
		}
	}
	if cut := strings.Index("\n"+words, "\n-- \n"); cut >= 0 {
		words = words[:cut]
	}
	words = strings.TrimSpace(words)
	if utf8.RuneCountInString(words) > r.opt.Limits.NoteRunes {
		return nil, "", false
	}
	inner = r.content(mails[0])
	if !IsMail(inner) {
		return nil, "", false
	}
	return inner, words, true
}

// carried sorts the leaves of a mail into attached mails and notes; false
// means that there is something else in it.
func carried(n *node, mails, notes *[]*node) bool {
	if n.multipart() {
		for _, c := range n.children {
			if !carried(c, mails, notes) {
				return false
			}
		}
		return true
	}
	name := strings.ToLower(n.name)
	switch {
	case n.media == "message/rfc822" || n.media == "message/global" || strings.HasSuffix(name, ".eml"):
		*mails = append(*mails, n)
	case n.text() && n.name == "" && n.disposition != "attachment":
		*notes = append(*notes, n)
	case n.media == "message/feedback-report", strings.HasPrefix(n.media, "image/") && n.disposition != "attachment":
	case strings.HasSuffix(n.media, "-signature"):
	default:
		return false
	}
	return len(*mails) <= 1
}

// note returns the text of a covering note.
func (r *reader) note(n *node) string {
	raw := r.content(n)
	raw = raw[:min(len(raw), 64<<10)]
	if n.media == "text/html" {
		v, _ := hypertext.ReadBytes(raw, n.params.get("charset"), hypertext.Options{})
		return v.Text
	}
	return plainText(r.decode(n, raw))
}
