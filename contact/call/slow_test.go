package call

import (
	"strings"
	"testing"
	"time"
)

// TestLinearTime gives the reader a quarter of a megabyte of what could make a
// careless one slow.
func TestLinearTime(t *testing.T) {
	l := load(t)
	for _, s := range []string{"caller: a. me: b. ", "me: ", ":", ". ", "a:", "caller", "[00:01] ", "<v a>", "x:\n", " ", "1\n00:00:01,000 --> 00:00:02,000\n", "*me*: x. ", "訛"} {
		in := strings.Repeat(s, MaxText/len(s))
		start := time.Now()
		l.Transcript(in, Facts{})
		l.Transcript("WEBVTT\n\n"+in, Facts{})
		l.Findings(FromAccount(Facts{}, in))
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%q repeated: %v", s, d)
		} else {
			t.Logf("%q: %v", s, d)
		}
	}
}
