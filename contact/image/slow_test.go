package image

import (
	"strings"
	"testing"
	"time"

	"bonafide/contact"
)

// TestLinearTime gives the reader 128 KiB of what could make a careless one
// slow.
func TestLinearTime(t *testing.T) {
	l := layouts(t)
	for _, s := range []string{"ab-\ncd-\n", "あ ", "1 ", " ", "\n", "a\n\n", "From: <\n", "https://a.example/-\n", "9:41\n", "あ\n", "12345678901234567890 あ"} {
		in := strings.Repeat(s, MaxText/len(s))
		start := time.Now()
		l.FromText(in, contact.Screenshot, time.Time{})
		l.FromText(in, contact.Letter, time.Time{})
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%q repeated: %v", s, d)
		} else {
			t.Logf("%q: %v", s, d)
		}
	}
}
