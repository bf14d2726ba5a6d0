package hypertext

import (
	"math"
	"strconv"
	"unicode"

	"bonafide/evidence"
)

// shown is the share of hidden letters, in percent, from which they are worth
// a line to the reader; how much they weigh follows the root of the share: a tenth
// of the letters is already more than layout leaves behind.
const shown = 5

// Findings tells what speaks for itself in a page or mail of the given part.
// Password fields, scripts and forms are findings in a mail, where mail
// programs do not run them; the page of an attachment is judged by
// contact/attachment.
func (v *View) Findings(part string) []evidence.Finding {
	var out []evidence.Finding
	add := func(code evidence.Code, strength float64, args map[string]string) {
		out = append(out, evidence.Finding{Code: code, Args: args, Where: evidence.Where{Part: part}, Strength: strength})
	}
	hidden, visible := countLetters(v.Hidden[v.Preheader:]), countLetters(v.Text)
	if share := hidden * 100 / max(hidden+visible, 1); share >= shown {
		add("hidden_text", math.Sqrt(float64(share)/100), map[string]string{"count": strconv.Itoa(hidden), "share": strconv.Itoa(share)})
	}
	switch {
	case v.HasPassword():
		add("password_form", 0, nil)
	case v.HasCard():
		add("card_form", 0, nil)
	case len(v.Forms) > 0 && len(v.Forms[0].Fields) > 0:
		add("form_in_mail", 0, nil)
	}
	if v.Scripts > 0 {
		add("script_in_mail", 0, map[string]string{"count": strconv.Itoa(v.Scripts)})
	}
	if v.Refresh != "" {
		add("refresh_in_mail", 0, nil)
	}
	if v.Reversed > 3 {
		add("reversed_text", 0, map[string]string{"count": strconv.Itoa(v.Reversed)})
	}
	return out
}

func countLetters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
