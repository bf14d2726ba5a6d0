// Package redflag finds red flags in what was said or asked: the theme of a
// contact, what it wants, how it presses. A flag is not a list of phrases but
// a composition of concepts (who claims, what is asked, which asset, which
// pretext, direction, negation), so that wordings that nobody wrote down
// before raise it too. Concepts and compositions are data, one file per
// language under redflags/.
//
// It is not for judging: a flag is a finding, its weight stands in the table of
// evidence, and what follows from it is decided by contact/verdict. It looks
// at words only: links, numbers and senders have rooms of their own.
//
//	cat, err := redflag.Load(data.FS)
//	findings := cat.Find(readings, contact.Call)
package redflag

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/evidence"
)

// Catalogue is the compiled knowledge of all languages. It does not change
// after Load and may be used by many goroutines.
type Catalogue struct {
	languages map[string]*lexicon
	order     []string
	// rulesOnly, learnedOnly: for measuring, half of the knowledge is left out.
	rulesOnly, learnedOnly bool
}

// MaxSentences bounds how many sentences of one contact are read; what stands
// behind them is not looked at.
const MaxSentences = 4000

// quotedShare is how much a flag in quoted text counts.
const quotedShare = 0.5

// Languages returns the codes of the languages that the catalogue knows, in
// alphabetical order.
func (c *Catalogue) Languages() []string { return append([]string(nil), c.order...) }

// Flags returns the codes that a language has compositions for, sorted.
func (c *Catalogue) Flags(lang string) []evidence.Code {
	l := c.languages[lang]
	if l == nil {
		return nil
	}
	return append([]evidence.Code(nil), l.flags...)
}

// Words returns the words and beginnings of words that patterns of any language
// look for, sorted: where a disguise hides one of them, it is worth undoing.
// Umlauts stand both as they are written out in patterns and as letters.
func (c *Catalogue) Words() []string {
	seen := map[string]bool{}
	letters := strings.NewReplacer("ae", "ä", "oe", "ö", "ue", "ü")
	for _, l := range c.languages {
		for k := range l.keys {
			if k.kind != exact && k.kind != prefix || k.class != word || strings.ContainsFunc(k.text, func(r rune) bool { return !unicode.IsLetter(r) || isCJK(r) }) {
				continue
			}
			seen[k.text] = true
			seen[letters.Replace(k.text)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Find returns at most one finding per flag: the first place where a
// composition of the flag holds. Hidden text is not read (its presence is a
// finding of another room); what is quoted from earlier counts half, because it
// may be somebody else's, or a disguise.
// Findings come in the order of their codes, so that the same contact gives the
// same list.
func (c *Catalogue) Find(rs []*text.Reading, ch contact.Channel) []evidence.Finding {
	found, _ := c.FindAll(rs, ch)
	return found
}

// FindAll is Find and what it held back: flags of compositions that hold in a
// sentence which plainly does what the flag says, while the sentences beside it tell
// or warn of it. Warnings of a fraud are written so, and so are frauds that begin with
// a warning: doubtful flags count where the whole text reads like fraud.
func (c *Catalogue) FindAll(rs []*text.Reading, ch contact.Channel) (all, doubtful []evidence.Finding) {
	found, doubts := map[evidence.Code]evidence.Finding{}, map[evidence.Code]evidence.Finding{}
	quoted := map[evidence.Code]evidence.Finding{}
	budget := MaxSentences
	for _, r := range rs {
		switch r.Part.Kind {
		case contact.Hidden:
		case contact.Quoted:
			c.read(r, ch, &budget, quoted, nil)
		default:
			c.read(r, ch, &budget, found, doubts)
		}
	}
	for code, f := range quoted {
		if _, said := found[code]; said {
			continue
		}
		if f.Strength == 0 {
			f.Strength = 1
		}
		f.Strength *= quotedShare
		found[code] = f
	}
	for code := range found {
		delete(doubts, code)
	}
	return byCode(found), byCode(doubts)
}

func byCode(found map[evidence.Code]evidence.Finding) []evidence.Finding {
	out := make([]evidence.Finding, 0, len(found))
	for _, f := range found {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Code < out[j].Code })
	return out
}

// RulesOnly returns the catalogue without what was learned: compositions raise
// their flags and nothing else does. It is for measuring what the model adds.
func (c *Catalogue) RulesOnly() *Catalogue {
	return &Catalogue{languages: c.languages, order: c.order, rulesOnly: true}
}

// Learned reports whether a model of a language is there.
func (c *Catalogue) Learned(lang string) bool {
	l := c.languages[lang]
	return l != nil && l.model != nil
}

// LearnedOnly returns the catalogue with what was learned alone: compositions
// raise nothing. It is for measuring what they add.
func (c *Catalogue) LearnedOnly() *Catalogue {
	return &Catalogue{languages: c.languages, order: c.order, learnedOnly: true}
}

func (c *Catalogue) model(l *lexicon) *textmodel.Model {
	if c.rulesOnly {
		return nil
	}
	return l.model
}

// read looks at one part with every lexicon that its passages call for. doubts may be
// nil.
func (c *Catalogue) read(r *text.Reading, ch contact.Channel, budget *int, found, doubts map[evidence.Code]evidence.Finding) {
	for _, lang := range c.order {
		first := 0
		for first < len(r.Sentences) && !speaks(r, first, lang) {
			first++
		}
		if first == len(r.Sentences) {
			continue // a lexicon that nothing calls for costs no time
		}
		lex := c.languages[lang]
		sc := lex.scanner()
		doc := lex.newDocument(r, sc, c.model(lex))
		doc.ch, doc.learnedOnly = ch, c.learnedOnly
		for i := first; i < len(r.Sentences); i++ {
			if !speaks(r, i, lang) {
				doc.skip()
				continue
			}
			if *budget--; *budget < 0 {
				break
			}
			doc.add(r.Sentences[i])
		}
		doc.judge(found)
		if !c.learnedOnly {
			doc.findings(found)
		}
		doc.learnedFindings(found)
		if doubts != nil && !c.learnedOnly {
			doc.doubts(doubts)
		}
		sc.release()
	}
}

// short is the length in bytes below which the language of a Latin-script
// sentence may be in doubt.
const short = 60

// speaks reports whether sentence i should be read with the lexicon of a
// language: when its passage has that language, and, for short sentences and
// those whose language was not recognised, when it may have it.
func speaks(r *text.Reading, i int, lang string) bool {
	s := r.Sentences[i]
	if lang == "ja" {
		return hasCJK(r.Folded[s.Start:s.End])
	}
	at := r.LangAt(s.Start)
	return at == lang || (at == "" || s.End-s.Start < short) && r.May(i, lang)
}
