package call

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Labels are the words that stand before the turns of a transcript, and those
// by which people note an accent. Immutable after Load, safe for concurrent
// use.
type Labels struct {
	side    map[string]Side
	agent   map[string]bool
	accents []string
	misses  []string
	longest int // runes of the longest label
}

// Side is whose words a turn holds.
type Side int8

// The sides. Unclear turns are taken as said by the other side: a request that
// is missed costs more than an answer that is judged.
const (
	Unclear Side = iota
	Other
	Me
	// caller is who rang up: usually the other side.
	caller
)

// Load reads message/speakers.yaml and message/accent.yaml of the data folder.
func Load(fsys fs.FS) (*Labels, error) {
	var sp struct{ Other, Me, Caller, Agent, Unclear []string }
	var ac struct {
		EN      []string `yaml:"en"`
		DE      []string `yaml:"de"`
		JA      []string `yaml:"ja"`
		MustNot []string `yaml:"must_not"`
	}
	for name, into := range map[string]any{"message/speakers.yaml": &sp, "message/accent.yaml": &ac} {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("call: read %s: %w", name, err)
		}
		if err := yaml.Unmarshal(b, into); err != nil {
			return nil, fmt.Errorf("call: parse %s: %w", name, err)
		}
	}
	l := &Labels{side: map[string]Side{}, agent: map[string]bool{}, misses: ac.MustNot}
	for side, list := range map[Side][]string{Other: sp.Other, Me: sp.Me, caller: sp.Caller, Unclear: sp.Unclear} {
		for _, w := range list {
			if _, twice := l.side[w]; twice {
				return nil, fmt.Errorf("call: message/speakers.yaml: label %q stands twice", w)
			}
			l.side[w] = side
			l.longest = max(l.longest, utf8.RuneCountInString(w))
		}
	}
	for _, w := range sp.Agent {
		l.agent[w] = true
	}
	if len(sp.Other) == 0 || len(sp.Me) == 0 || len(sp.Caller) == 0 {
		return nil, fmt.Errorf("call: message/speakers.yaml: want other, me and caller")
	}
	for _, list := range [][]string{ac.EN, ac.DE, ac.JA} {
		l.accents = append(l.accents, list...)
	}
	return l, nil
}

// accent finds the first note of an accent and returns its place in text. Words
// with letters around them do not count ("accentuate"), except in Japanese,
// which has no spaces.
func (l *Labels) accent(text string) (start, end int, ok bool) {
	low := lower(text)
	for _, a := range l.accents {
		for from := 0; from < len(low); {
			i := strings.Index(low[from:], a)
			if i < 0 {
				break
			}
			s, e := from+i, from+i+len(a)
			if whole(low, s, e) {
				return s, e, true
			}
			from = e
		}
	}
	return 0, 0, false
}

// lower lower-cases letters whose length does not change, so that offsets hold.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if lo := unicode.ToLower(r); utf8.RuneLen(lo) == utf8.RuneLen(r) {
			return lo
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}

func whole(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	first, _ := utf8.DecodeRuneInString(s[start:])
	if !alphabetic(first) {
		return true
	}
	return !alphabetic(before) && !alphabetic(after)
}

func alphabetic(r rune) bool {
	return r != utf8.RuneError && unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
