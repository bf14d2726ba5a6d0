// Package locale holds the texts of pages by key and language, and picks the
// language that a reader wants. Texts are data: locale/<lang>.yaml, one flat
// list of keys; every language has every key.
//
// It is not for the sentences of evidence, steps or verdicts: those stand with
// what they belong to.
//
//	t, err := locale.Load(data.FS)
//	t.Get("de", "home.title")
package locale

import (
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// Texts are all texts. They do not change after Load.
type Texts struct {
	langs   []string
	byLang  map[string]map[string]string
	matcher language.Matcher
}

// Load reads locale/*.yaml. The first language is en. A key that one language
// has and another lacks is an error that names both.
func Load(fsys fs.FS) (*Texts, error) {
	t := &Texts{byLang: map[string]map[string]string{}, langs: []string{"en", "de", "ja"}}
	var tags []language.Tag
	for _, lang := range t.langs {
		name := "locale/" + lang + ".yaml"
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("locale: %w", err)
		}
		m := map[string]string{}
		if err := yaml.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("locale: read %s: %w", name, err)
		}
		t.byLang[lang] = m
		tags = append(tags, language.MustParse(lang))
	}
	t.matcher = language.NewMatcher(tags)
	for _, lang := range t.langs {
		for key := range t.byLang["en"] {
			if t.byLang[lang][key] == "" {
				return nil, fmt.Errorf("locale: %s has no text for %s", lang, key)
			}
		}
		for key := range t.byLang[lang] {
			if _, ok := t.byLang["en"][key]; !ok {
				return nil, fmt.Errorf("locale: %s has %s, which en lacks", lang, key)
			}
		}
	}
	return t, nil
}

// Languages lists the languages, English first.
func (t *Texts) Languages() []string { return append([]string(nil), t.langs...) }

// Has reports whether a language is one of ours.
func (t *Texts) Has(lang string) bool { _, ok := t.byLang[lang]; return ok }

// Keys lists all keys, sorted.
func (t *Texts) Keys() []string {
	keys := make([]string, 0, len(t.byLang["en"]))
	for k := range t.byLang["en"] {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Get returns a text. args fill blanks pairwise: "name", "value" puts value for
// {name}. A key that does not exist returns itself in brackets, so that the
// hole is seen.
func (t *Texts) Get(lang, key string, args ...string) string {
	m, ok := t.byLang[lang]
	if !ok {
		m = t.byLang["en"]
	}
	s, ok := m[key]
	if !ok {
		return "[" + key + "]"
	}
	for i := 0; i+1 < len(args); i += 2 {
		s = strings.ReplaceAll(s, "{"+args[i]+"}", args[i+1])
	}
	return s
}

// Or is Get for a key that may not exist: then it returns other.
func (t *Texts) Or(lang, key, other string, args ...string) string {
	if _, ok := t.byLang["en"][key]; !ok {
		return other
	}
	return t.Get(lang, key, args...)
}

// Pick returns the language for an Accept-Language header (RFC 9110, 12.5.4),
// fallback when none of ours is wanted.
func (t *Texts) Pick(accept, fallback string) string {
	if len(accept) > 500 {
		accept = accept[:500]
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return fallback
	}
	_, i, confidence := t.matcher.Match(tags...)
	if confidence == language.No {
		return fallback
	}
	return t.langs[i]
}
