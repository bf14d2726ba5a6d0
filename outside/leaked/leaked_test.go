package leaked_test

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bonafide/outside/leaked"
)

func write(t interface {
	Fatal(...any)
}, dir, text string) string {
	path := filepath.Join(dir, "leaked.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHas: each of the file is found and nothing else, whatever the lines look
// like and wherever in the file they stand.
func TestHas(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,6}`), 1, 60, func(s string) string { return s }).Draw(t, "words")
		in := words[:rapid.IntRange(1, len(words)).Draw(t, "in")]
		form := rapid.SampledFrom([]string{"%X:%d", "%x:%d", "%X"}).Draw(t, "form")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		var lines []string
		for i, w := range in {
			line := fmt.Sprintf(strings.TrimSuffix(form, ":%d"), sha1.Sum([]byte(w)))
			if strings.HasSuffix(form, ":%d") {
				line += fmt.Sprintf(":%d", 7+i*i*i*i*i)
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		text := strings.Join(lines, end)
		if rapid.Bool().Draw(t, "last end") {
			text += end
		}
		s, err := leaked.Open(write(t, dir, text))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, w := range words {
			if got, err := s.Has(w); err != nil || got != slices.Contains(in, w) {
				t.Fatalf("%q: %v, %v in\n%s", w, got, err, text)
			}
		}
	})
}

func TestWrongFiles(t *testing.T) {
	a, b := fmt.Sprintf("%X", sha1.Sum([]byte("a"))), fmt.Sprintf("%X", sha1.Sum([]byte("b")))
	if a > b {
		a, b = b, a
	}
	for name, text := range map[string]string{"empty": "", "not in order": b + "\n" + a + "\n", "words": "password\n123456\n",
		"too long": a + ":" + strings.Repeat("9", 200) + "\n", "another hash": strings.Repeat("AB", 32) + "\n", "no hash": strings.Repeat("zz", 20) + "\n"} {
		if s, err := leaked.Open(write(t, t.TempDir(), text)); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
	if _, err := leaked.Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there: opened")
	}
	// What is wrong in the middle is an error, not "no".
	s, err := leaked.Open(write(t, t.TempDir(), a+"\n"+strings.Repeat("junk\n", 60)+strings.Repeat(strings.Repeat("F", 40)+"\n", 2)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Has("x"); err == nil {
		t.Error("a broken middle: answered")
	}
}
