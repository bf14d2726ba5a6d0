package redflag

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainRun: the short way to the end of a word leads where the long one does.
func TestPlainRun(t *testing.T) {
	letters := strings.Split("a b z . : ? ! , ; ' ’ ( ) @ / é ー 字 7 _ - www. :// .com  ", " ")
	letters = append(letters, " ", "\n", "\t")
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		s := "a" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), 0, 9).Draw(t, "text"), "")
		n := plainRun(s)
		if n == 0 {
			return
		}
		short++
		if want, c := anyRun(s); n != want || c != word {
			t.Fatalf("%q: a word of %d bytes, want %d of class %d", s, n, want, c)
		}
	})
	if short == 0 {
		t.Error("the short way was never taken")
	}
}
