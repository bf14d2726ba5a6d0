package fingerprint

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"bonafide/ident"
)

// Rules are what is left out of a text, which places tie nothing, and when two
// contacts are of one campaign. They do not change after Load and may be used
// by several goroutines.
type Rules struct {
	rule       Rule
	openers    map[uint64]bool
	nameWords  int
	honorifics map[string]bool
	// honorific marks the bytes that honorifics begin with.
	honorific [256]bool
	nameBytes int
	common    map[ident.Domain]bool
	accounts  map[ident.Domain]bool

	key   []byte
	keyID uint32
	seed  uint64
}

// Rule are the bounds of Match; data/fingerprint/rule.yaml explains them.
type Rule struct {
	SameWords float64 `yaml:"same_words"`
	LikeWords float64 `yaml:"like_words"`
	FewWords  int     `yaml:"few_words"`
	NoWords   int     `yaml:"no_words"`
}

type header struct {
	AsOf   string `yaml:"as_of"`
	Source string `yaml:"source"`
}

// Load reads fingerprint/*.yaml below the data folder. An error names the file
// and what is wrong.
func Load(fsys fs.FS) (*Rules, error) {
	var rule struct {
		header `yaml:",inline"`
		Rule   Rule `yaml:"rule"`
	}
	var mask struct {
		header     `yaml:",inline"`
		Openers    []string `yaml:"openers"`
		NameWords  int      `yaml:"name_words"`
		Honorifics []string `yaml:"honorifics"`
		NameBytes  int      `yaml:"name_bytes"`
	}
	var places struct {
		header   `yaml:",inline"`
		Common   []ident.Domain `yaml:"common"`
		Accounts []ident.Domain `yaml:"accounts"`
	}
	files := []struct {
		name string
		into any
	}{{"fingerprint/rule.yaml", &rule}, {"fingerprint/mask.yaml", &mask}, {"fingerprint/places.yaml", &places}}
	for _, f := range files {
		if err := decode(fsys, f.name, f.into); err != nil {
			return nil, err
		}
	}
	if b := rule.Rule; b.LikeWords <= 0 || b.LikeWords > b.SameWords || b.SameWords < 0.5 || b.SameWords > 1 || b.NoWords < 0 || b.FewWords < max(1, b.NoWords) {
		return nil, fmt.Errorf("fingerprint: fingerprint/rule.yaml: want 0 < like_words ≤ same_words ≤ 1, same_words ≥ 0.5 and few_words ≥ no_words ≥ 0")
	}
	r := &Rules{
		rule: rule.Rule, openers: map[uint64]bool{}, nameWords: mask.NameWords,
		honorifics: map[string]bool{}, nameBytes: mask.NameBytes,
		common: set(places.Common), accounts: set(places.Accounts),
	}
	for _, o := range mask.Openers {
		r.openers[hashWord(o)] = true
	}
	for _, h := range mask.Honorifics {
		if n := utf8.RuneCountInString(h); n < 1 || n > maxHonorific {
			return nil, fmt.Errorf("fingerprint: fingerprint/mask.yaml: honorific %q: want 1 to %d letters", h, maxHonorific)
		}
		r.honorifics[h] = true
		r.honorific[h[0]] = true
	}
	return r.With(nil), nil
}

// With returns the rules with a key: only who has it can test what a signature
// was made of. An empty key stands for none.
func (r *Rules) With(key []byte) *Rules {
	out := *r
	out.key = bytes.Clone(key)
	sum := out.sum("seed", "")
	out.seed = binary.BigEndian.Uint64(sum[:])
	out.keyID = 0
	if len(key) > 0 {
		out.keyID = binary.BigEndian.Uint32(sum[8:]) | 1
	}
	return &out
}

// sum is the hash of a value of some kind, under the key where there is one.
func (r *Rules) sum(kind, value string) [sha256.Size]byte {
	if len(r.key) == 0 {
		return sha256.Sum256([]byte(kind + "\x00" + value))
	}
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(kind + "\x00" + value))
	return [sha256.Size]byte(h.Sum(nil))
}

func decode(fsys fs.FS, name string, into any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("fingerprint: read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("fingerprint: %s: %w", name, err)
	}
	return nil
}

func set(list []ident.Domain) map[ident.Domain]bool {
	m := make(map[ident.Domain]bool, len(list))
	for _, d := range list {
		m[d] = true
	}
	return m
}
