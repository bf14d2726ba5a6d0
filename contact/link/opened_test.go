package link

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestOrdinary: what is read without the parser is read as the parser does.
func TestOrdinary(t *testing.T) {
	var vectors []urlVector
	readVectors(t, "urltestdata.json", &vectors)
	taken := 0
	for _, v := range vectors {
		taken += same(t, v.Input)
	}
	for _, s := range []string{
		"https://shop.example", "http://shop.example?a=b#c", "https://shop.example/a/b.html?x=%41&y=#z", "https://a.example/x/%2e%2E/y",
		"https://a.example/./b", "https://a.example/b/..", "https://a.example/?", "https://a.example/#", "https://1.2.3.4/", "https://a.0x7f/",
		"https://a.example/a%zz%", "https://xn--a.example/", "https://a--b.example/", "https://a.example:443/", "https://a.example//b//",
		"http://a.example/a?b?c#d#e", "http://a.example#x?y", "https://a.example/a@b:c;d,e!f*g$h+i~j=k&l",
	} {
		taken += same(t, s)
	}
	if taken < 20 {
		t.Errorf("only %d addresses were ordinary: the comparison says little", taken)
	}
}

func TestOrdinaryGenerated(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b1", "shop", "xn--", "-", ".", "..", "/", "/", "?", "#", "%2e", "%", "%41", "=", "&", "1", "0x1", "_", "~", ":", "@", "!", "'", " ", "A", "ü", "|", "^", "\\", "example", "com", ".com"})
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.SampledFrom([]string{"http://", "https://", "http:/", "HTTP://"}).Draw(r, "scheme") +
			rapid.SampledFrom([]string{"", "a.example", "b-c.example.com", "1.2"}).Draw(r, "host") +
			strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(r, "rest"), "")
		same(t, s)
	})
}

// same compares both ways; 1 when the short one applied.
func same(t *testing.T, s string) int {
	t.Helper()
	got, ok := ordinary(s)
	if !ok {
		return 0
	}
	u, err := parseWHATWG(s, "")
	if err != nil || u == nil {
		t.Errorf("%q is ordinary, but the parser refuses it: %v", s, err)
		return 1
	}
	if want := openedFrom(u); got != want {
		t.Errorf("%q: got %+v, the parser has %+v", s, got, want)
	}
	return 1
}
