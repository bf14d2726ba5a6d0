package mail

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readFile(name string) ([]byte, error) { return os.ReadFile(name) }

// glob reads all files of a pattern.
func glob(pattern string) ([][]byte, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func TestSplitMbox(t *testing.T) {
	const from = "From a@b.example Mon Jan  1 00:00:00 2024\n"
	long := strings.Repeat("x", 200_000)
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"two", from + "A: 1\n\none\n\n" + from + "B: 2\n\ntwo\n", []string{"A: 1\n\none\n", "B: 2\n\ntwo\n"}},
		{"carriage returns", strings.ReplaceAll(from+"A: 1\n\none\n\n"+from+"B: 2\n", "\n", "\r\n"), []string{"A: 1\r\n\r\none\r\n", "B: 2\r\n"}},
		{"quoted From", from + "A: 1\n\n>From here\n>>From there\n> From not\n", []string{"A: 1\n\nFrom here\n>From there\n> From not\n"}},
		{"words that begin with From", from + "A: 1\n\nFrom here on all is well\n\nFrom now on too\n", []string{"A: 1\n\nFrom here on all is well\n\nFrom now on too\n"}},
		{"separator without empty line before it is text", from + "A: 1\n\none\n" + from + "B: 2\n", []string{"A: 1\n\none\n" + from + "B: 2\n"}},
		{"no separator at all", "A: 1\n\none\n", []string{"A: 1\n\none\n"}},
		{"a zone in the separator", "From a Mon Jan 1 00:00:00 +0100 2024\nA: 1\n", []string{"A: 1\n"}},
		{"a long line", from + "A: 1\n\n" + long + "\n\n" + from + "B: 2\n", []string{"A: 1\n\n" + long + "\n", "B: 2\n"}},
		{"empty", "", nil},
		{"empty mails", from + "\n" + from + "\n", nil},
	} {
		var got []string
		for m, err := range SplitMbox(strings.NewReader(test.in)) {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			got = append(got, string(m))
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %d mails %.200q, want %d", test.name, len(got), got, len(test.want))
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: mail %d is %.200q, want %.200q", test.name, i, got[i], test.want[i])
			}
		}
	}
}

// endless repeats a line until n bytes are read.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range n {
		p[i] = "line of text\n"[(e.n-i)%13]
	}
	e.n -= n
	return n, nil
}

func TestMboxMessageIsBounded(t *testing.T) {
	in := io.MultiReader(strings.NewReader("From a Mon Jan  1 00:00:00 2024\nA: 1\n\n"), &endless{MaxMboxMessage + 1000}, strings.NewReader("\n\nFrom b Mon Jan  1 00:00:00 2024\nB: 2\n"))
	var errs, mails int
	for m, err := range SplitMbox(in) {
		switch {
		case errors.Is(err, ErrTooLarge):
			errs++
		case err != nil:
			t.Error(err)
		case bytes.HasPrefix(m, []byte("B: 2")):
			mails++
		}
	}
	if errs != 1 || mails != 1 {
		t.Errorf("%d errors, %d mails behind it; want 1 and 1", errs, mails)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

func TestMboxReaderFails(t *testing.T) {
	var last error
	for _, err := range SplitMbox(io.MultiReader(strings.NewReader("A: 1\n"), broken{})) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "disk gone") {
		t.Errorf("got %v, want the error of the reader", last)
	}
}
