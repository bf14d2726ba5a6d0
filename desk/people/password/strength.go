package password

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"bonafide/fault"
)

// Rules say which passwords are too easy to guess, from data/people/passwords.yaml.
// No rule asks for kinds of characters: that makes passwords worse (NIST SP
// 800-63B, 3.1.1.2). Safe for concurrent use.
type Rules struct {
	min, max, distinct int
	common             []string
	runs               []string
	leaked             Leaked
}

// Leaked is a set of passwords that leaked somewhere.
type Leaked interface {
	Has(password string) (bool, error)
}

// Refuse makes the rules refuse what is in a set, besides everything else. To be
// called before they are used.
func (r *Rules) Refuse(l Leaked) { r.leaked = l }

type rulesFile struct {
	Length   struct{ Min, Max int } `yaml:"length"`
	Distinct int                    `yaml:"distinct"`
	Common   []string               `yaml:"common"`
	Runs     []string               `yaml:"runs"`
}

// LoadRules reads the rules from the data folder.
func LoadRules(fsys fs.FS) (*Rules, error) {
	raw, err := fs.ReadFile(fsys, "people/passwords.yaml")
	if err != nil {
		return nil, fmt.Errorf("password: read rules: %w", err)
	}
	var f rulesFile
	if err := yaml.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("password: read people/passwords.yaml: %w", err)
	}
	if f.Length.Min < 8 || f.Length.Max < 64 || f.Length.Max > 1024 || f.Distinct < 2 || len(f.Common) == 0 || len(f.Runs) == 0 {
		return nil, fmt.Errorf("password: people/passwords.yaml: want length 8 or more to 64..1024, distinct, common and runs")
	}
	return &Rules{min: f.Length.Min, max: f.Length.Max, distinct: f.Distinct, common: f.Common, runs: f.Runs}, nil
}

// Clean is the form in which a password is hashed and compared: NFKC, so that
// two keyboards that write the same letter make the same password.
func Clean(p string) string { return norm.NFKC.String(p) }

// unleet undoes the usual replacements of letters.
var unleet = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// Check refuses a password that is too short, too long or easy to guess; about
// are words about the person that must not carry it (name, mail, tenant). The
// error is fault.Invalid and does not repeat the password; where the leaked ones
// cannot be asked it is another, and the password is not taken.
func (r *Rules) Check(p string, about ...string) error {
	given := p
	p = Clean(p)
	n := utf8.RuneCountInString(p)
	switch {
	case n < r.min:
		return fault.New(fault.Invalid, "password", "has %d characters: take at least %d; several words are easy to remember", n, r.min)
	case n > r.max:
		return fault.New(fault.Invalid, "password", "has more than %d characters: take a shorter one", r.max)
	}
	folded := strings.ToLower(p)
	rest := folded
	for _, word := range about {
		for _, w := range strings.FieldsFunc(strings.ToLower(Clean(word)), func(c rune) bool { return strings.ContainsRune(" @._-", c) }) {
			if utf8.RuneCountInString(w) >= 3 {
				rest = strings.ReplaceAll(rest, w, "")
			}
		}
	}
	rest = r.without(rest)
	plain := r.without(unleet.Replace(rest))
	if utf8.RuneCountInString(rest) < r.min/2 || utf8.RuneCountInString(plain) < r.min/2 {
		return fault.New(fault.Invalid, "password", "is mostly what everybody takes, a row of keys, or about yourself: take several words that nobody says together")
	}
	seen := map[rune]bool{}
	for _, c := range folded {
		seen[c] = true
	}
	if len(seen) < r.distinct {
		return fault.New(fault.Invalid, "password", "has only %d different characters: take at least %d", len(seen), r.distinct)
	}
	return r.unleaked(given, p)
}

// unleaked refuses a password that leaked, as it was typed or as it is kept.
func (r *Rules) unleaked(forms ...string) error {
	if r.leaked == nil {
		return nil
	}
	for _, form := range slices.Compact(forms) {
		known, err := r.leaked.Has(form)
		if err != nil {
			return fmt.Errorf("password: ask for leaked passwords: %w", err)
		}
		if known {
			return fault.New(fault.Invalid, "password", "is among those that leaked somewhere, and is tried first: take several words that nobody says together")
		}
	}
	return nil
}

// without removes common passwords and runs of four or more neighbours.
func (r *Rules) without(s string) string {
	for _, c := range r.common {
		s = strings.ReplaceAll(s, c, "")
	}
	const size = 4
	for _, run := range r.runs {
		for n := len(run); n >= size; n-- {
			for i := 0; i+n <= len(run); i++ {
				s = strings.ReplaceAll(s, run[i:i+n], "")
			}
		}
	}
	return s
}
