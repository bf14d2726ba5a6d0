// Package leaked asks a file of leaked passwords whether it has one, so that
// nobody takes a password that guessers try first (NIST SP 800-63B 3.1.1.2;
// OWASP ASVS 6.2.12). The file is the operator's: none ships, and nothing is
// fetched.
//
// It is not a judge of passwords (desk/people/password), and it does not sort:
// the file comes in order.
//
//	set, err := leaked.Open("pwned-passwords-sha1-ordered-by-hash.txt")
//	bad, err := set.Has("password1234")
package leaked

import (
	"bytes"
	"crypto/sha1" // what the published files hold; nothing rests on it
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

const (
	hexDigits = 2 * sha1.Size
	// maxLine bounds a line: a hash, a colon, a count, an end.
	maxLine = 64
)

// Set is an open file of SHA-1 hashes in ascending order, one a line in
// hexadecimal digits, each with or without ":COUNT" behind it. It is read in
// place, about thirty short reads a question however large it is. It is safe for
// concurrent use.
type Set struct {
	f    *os.File
	path string
	size int64
}

// Open opens the file and looks at its beginning and end. Files that are not in
// order there, or hold something else, are an error.
func Open(path string) (*Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("leaked: open the file of leaked passwords: %w", err)
	}
	s := &Set{f: f, path: path}
	if err := s.look(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return s, nil
}

func (s *Set) look() error {
	info, err := s.f.Stat()
	if err != nil {
		return fmt.Errorf("leaked: look at %s: %w", s.path, err)
	}
	s.size = info.Size()
	first, _, err := s.line(0)
	if err != nil {
		return err
	}
	last, _, err := s.line(max(0, s.size-maxLine))
	if err != nil {
		return err
	}
	if first == nil || last != nil && bytes.Compare(last, first) < 0 {
		return fmt.Errorf("leaked: %s: want SHA-1 hashes in ascending order, one a line: take the file that is ordered by hash", s.path)
	}
	return nil
}

// line gives the first whole line that begins at or behind a place, in upper
// case, and where it ends; nil where there is none.
func (s *Set) line(at int64) (hash []byte, end int64, err error) {
	from := max(0, at-1) // the byte before tells whether a line begins at the place
	var buf [2*maxLine + 1]byte
	n, err := s.f.ReadAt(buf[:], from)
	if err != nil && err != io.EOF {
		return nil, 0, fmt.Errorf("leaked: read %s: %w", s.path, err)
	}
	text, skipped := buf[:n], int64(0)
	if at > 0 {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil, s.size, s.tooLong(n, from)
		}
		text, skipped = text[i+1:], int64(i+1)
	}
	if len(text) == 0 {
		return nil, s.size, nil
	}
	length := bytes.IndexByte(text, '\n')
	if length < 0 {
		if err := s.tooLong(len(text), from+skipped); err != nil {
			return nil, 0, err
		}
		length = len(text)
	}
	row := bytes.TrimRight(text[:length], "\r")
	var sum [sha1.Size]byte
	if _, err := hex.Decode(sum[:], row[:min(len(row), hexDigits)]); err != nil || len(row) < hexDigits || len(row) > hexDigits && row[hexDigits] != ':' {
		return nil, 0, fmt.Errorf("leaked: %s: what stands at byte %d is no line of a SHA-1 hash", s.path, from+skipped)
	}
	return bytes.ToUpper(row[:hexDigits]), from + skipped + int64(length) + 1, nil
}

func (s *Set) tooLong(n int, at int64) error {
	if n <= maxLine {
		return nil
	}
	return fmt.Errorf("leaked: %s: the line at byte %d has more than %d bytes: want SHA-1 hashes, one a line", s.path, at, maxLine)
}

// Has tells whether the file has the password.
func (s *Set) Has(password string) (bool, error) {
	sum := sha1.Sum([]byte(password))
	want := bytes.ToUpper([]byte(hex.EncodeToString(sum[:])))
	low, high := int64(0), s.size // a line that begins in [low, high) may be it
	for low < high {
		mid := low + (high-low)/2
		got, end, err := s.line(mid)
		if err != nil {
			return false, err
		}
		switch c := bytes.Compare(want, got); {
		case got == nil || c < 0:
			high = mid
		case c > 0:
			low = end
		default:
			return true, nil
		}
	}
	return false, nil
}

// Close closes the file.
func (s *Set) Close() error { return s.f.Close() }
