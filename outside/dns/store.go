package dns

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Bounds on a file of answers.
const (
	maxStore  = 32 << 20 // bytes; beyond it nothing more is written
	maxStored = 100_000  // answers
	// storedMissing bounds how long the answer that there is none is kept.
	storedMissing = time.Hour
)

// StoreConfig tells where answers are kept, and how long.
type StoreConfig struct {
	Path string
	// Keep is how long an answer is used after it was asked, whatever DNS says
	// of it: a check that is repeated should find what it found. Zero means a
	// day. That there is no record is kept for an hour at most.
	Keep time.Duration
	// Now gives the time; nil means time.Now.
	Now func() time.Time
}

// Store keeps answers in a file, one JSON object to a line with the time at
// which it was asked, so that a check can be repeated without DNS. The names in
// it tell from which domains mail was checked; the file is made readable by its
// owner alone. It is safe for concurrent use, and several processes may share a
// file: what one writes the others read when they start.
type Store struct {
	conf StoreConfig
	mu   sync.Mutex
	// byKey and size, the bytes of the file, are guarded by mu.
	byKey map[question]stored
	size  int64
}

// stored is an answer with its time.
type stored struct {
	answer answer
	asked  time.Time
}

// storedLine is one line of the file.
type storedLine struct {
	Name  string       `json:"name"`
	Type  string       `json:"type"`
	Asked time.Time    `json:"asked"`
	Text  []string     `json:"text,omitempty"`
	MX    []net.MX     `json:"mx,omitempty"`
	IP    []netip.Addr `json:"ip,omitempty"`
	None  bool         `json:"none,omitempty"`
}

// OpenStore reads a file of answers, or begins one. Lines that are too old or
// cannot be read are left out, and the file is written anew without them.
func OpenStore(c StoreConfig) (*Store, error) {
	c.Keep = or(c.Keep, 24*time.Hour)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Path == "" || c.Keep < 0 {
		return nil, errors.New("dns: cache file: want a path and a time above zero")
	}
	s := &Store{conf: c, byKey: map[question]stored{}}
	raw, err := readBounded(c.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(c.Path)); err != nil {
			return nil, fmt.Errorf("dns: cache file: %w", err)
		}
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("dns: cache file: %w", err)
	}
	if left := s.load(raw); left > 0 {
		return s, s.rewrite()
	}
	s.size = int64(len(raw))
	return s, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxStore || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", filepath.Base(path), maxStore)
	}
	return os.ReadFile(path)
}

// load takes the lines of a file and counts those that are of no use.
func (s *Store) load(raw []byte) (left int) {
	now := s.conf.Now()
	scan := bufio.NewScanner(bytes.NewReader(raw))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var l storedLine
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			left++
			continue
		}
		key, a, ok := l.read()
		if !ok || !s.fresh(stored{a, l.Asked}, now) || len(s.byKey) == maxStored {
			left++
			continue
		}
		if _, twice := s.byKey[key]; twice {
			left++ // the later line counts
		}
		s.byKey[key] = stored{a, l.Asked}
	}
	if scan.Err() != nil {
		left++
	}
	return left
}

// kinds are the record types that are asked for, by the word in the file.
func kinds() map[string]dnsmessage.Type {
	return map[string]dnsmessage.Type{
		"TXT": dnsmessage.TypeTXT, "MX": dnsmessage.TypeMX, "A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "PTR": dnsmessage.TypePTR,
	}
}

// read turns a line into question and answer.
func (l storedLine) read() (question, answer, bool) {
	kind, ok := kinds()[l.Type]
	if !ok || CheckName(l.Name) != nil || l.Asked.IsZero() {
		return question{}, answer{}, false
	}
	a := answer{state: found, texts: l.Text, mx: l.MX, ips: l.IP}
	if l.None {
		a = answer{state: missing}
	}
	return question{l.Name, kind}, a, true
}

// fresh reports whether an answer may still be used. One of the future is not:
// the clock was wrong when it was written, or is now.
func (s *Store) fresh(e stored, now time.Time) bool {
	keep := s.conf.Keep
	if e.answer.state == missing {
		keep = min(keep, storedMissing)
	}
	age := now.Sub(e.asked)
	return age < keep && age > -time.Minute
}

// get returns an answer that is still fresh.
func (s *Store) get(key question) (answer, bool) {
	if s == nil {
		return answer{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byKey[key]
	return e.answer, ok && s.fresh(e, s.conf.Now())
}

// put keeps an answer. That the file cannot be written is no reason to fail a
// check: the answer is then asked again next time.
func (s *Store) put(key question, a answer) {
	if s == nil || a.state == failed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := stored{a, s.conf.Now().UTC()}
	line := encode(key, e)
	if len(s.byKey) >= maxStored || s.size+int64(len(line)) > maxStore || len(line) >= 1<<20 {
		return
	}
	s.byKey[key] = e
	f, err := os.OpenFile(s.conf.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	n, _ := f.Write(line)
	s.size += int64(n)
}

// encode writes one line.
func encode(key question, e stored) []byte {
	l := storedLine{Name: key.name, Asked: e.asked.UTC(), Text: e.answer.texts, MX: e.answer.mx, IP: e.answer.ips, None: e.answer.state == missing}
	for word, kind := range kinds() {
		if kind == key.kind {
			l.Type = word
		}
	}
	raw, _ := json.Marshal(l) // plain values only
	return append(raw, '\n')
}

// rewrite replaces the file by one with what is known, in one step.
func (s *Store) rewrite() error {
	f, err := os.CreateTemp(filepath.Dir(s.conf.Path), ".dns-cache-*")
	if err != nil {
		return fmt.Errorf("dns: cache file: %w", err)
	}
	s.size = 0
	w := bufio.NewWriter(f)
	for key, e := range s.byKey {
		n, _ := w.Write(encode(key, e))
		s.size += int64(n)
	}
	err = errors.Join(w.Flush(), f.Chmod(0o600), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.conf.Path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("dns: cache file: %w", err)
	}
	return nil
}
