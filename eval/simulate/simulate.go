// Package simulate makes obfuscated copies of mails and texts, in the ways in
// which fraudsters disguise theirs: a person still reads the same, a filter
// perhaps not. Comparing copies with originals tells how much a disguise gains.
//
// It is deterministic: the same original, kind and seed give the same copy. All
// words that it adds are our own (innocent.yaml). It judges nothing, keeps
// nothing, and is no tool for sending: only eval imports it.
//
//	maker, err := simulate.New()
//	copied, ok := maker.Copy(simulate.Homoglyph, simulate.Original{ID: "1", Text: "…"}, 1)
package simulate

import (
	"bytes"
	_ "embed" // our own innocent text
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kind is one way of disguise.
type Kind string

// The kinds of disguise. The first six change how words are written, the others
// where and among what they stand.
const (
	ZeroWidth Kind = "zero-width" // invisible characters inside words
	Homoglyph Kind = "homoglyph"  // letters of other alphabets that look alike
	Leet      Kind = "l33t"       // digits and signs in place of letters
	Spacing   Kind = "spacing"    // gaps between the letters of words
	Reversed  Kind = "rtl"        // words written backwards behind a right-to-left override
	Hiding    Kind = "html-hiding"
	Picture   Kind = "image-only" // the text as a picture
	Code      Kind = "qr-only"    // the link as a QR code
	Nested    Kind = "base64"     // base64 within parts within an attached mail
	Chain     Kind = "reply-chain"
	Padding   Kind = "padding"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{ZeroWidth, Homoglyph, Leet, Spacing, Hiding, Picture, Code, Nested, Reversed, Chain, Padding}
}

// ParseKinds reads names of kinds; "all" stands for all of them.
func ParseKinds(names []string) ([]Kind, error) {
	var out []Kind
	for _, n := range names {
		switch {
		case n == "all":
			return Kinds(), nil
		case !slices.Contains(Kinds(), Kind(n)):
			return nil, fmt.Errorf("%q is none of all, %s", n, strings.Join(namesOf(Kinds()), ", "))
		case !slices.Contains(out, Kind(n)):
			out = append(out, Kind(n))
		}
	}
	return out, nil
}

func namesOf(ks []Kind) []string {
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = string(k)
	}
	return out
}

// Original is what is copied: the bytes of a mail in Raw, or a text.
type Original struct {
	// ID draws, with the seed, what is changed how.
	ID string
	// Lang of the innocent text that is added: en, de, ja; others get English.
	Lang string
	Raw  []byte
	Text string
}

// Maker makes copies. It does not change after New and may be used by many
// goroutines.
type Maker struct {
	innocent map[string][]string
}

//go:embed innocent.yaml
var innocentYAML []byte

// New reads the innocent text that copies are padded with.
func New() (*Maker, error) {
	var file struct {
		AsOf      string              `yaml:"as_of"`
		Source    string              `yaml:"source"`
		Sentences map[string][]string `yaml:"sentences"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(innocentYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("simulate: read innocent.yaml: %w", err)
	}
	if len(file.Sentences["en"]) == 0 {
		return nil, errors.New("simulate: innocent.yaml: no sentence in English")
	}
	return &Maker{file.Sentences}, nil
}

// Copy makes a disguised copy. ok is false when the kind does not apply (a text
// has no HTML, a mail without a link no QR code) or nothing could be changed.
// The original is not changed.
func (m *Maker) Copy(k Kind, o Original, seed uint64) (copied Original, ok bool) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%s", k, o.ID)
	c := &copier{kind: k, chance: rand.New(rand.NewPCG(seed, h.Sum64())), sentences: m.innocent[o.Lang]}
	if len(c.sentences) == 0 {
		c.sentences = m.innocent["en"]
	}
	c.draw()
	copied = o
	if len(o.Raw) > 0 {
		copied.Raw, ok = c.mail(o.Raw)
		return copied, ok
	}
	copied.Text, ok = c.text(o.Text)
	return copied, ok
}

// copier makes one copy.
type copier struct {
	kind      Kind
	sentences []string
	chance    *rand.Rand
	// share of the words that are changed, the same all over a copy.
	share float64
	// style and gap are drawn once for a copy, as a fraudster's tool would.
	style   int
	gap     string
	wide    bool
	changed int
}

// draw takes the decisions that hold for a whole copy.
func (c *copier) draw() {
	c.share = []float64{0.3, 0.6, 1}[c.chance.IntN(3)]
	c.style = c.chance.IntN(6)
	c.gap = []string{" ", " ", ".", "-", "_", "*"}[c.chance.IntN(6)]
	c.wide = c.chance.IntN(2) == 0
}

// text disguises a text that is no mail.
func (c *copier) text(s string) (string, bool) {
	switch c.kind {
	case ZeroWidth, Homoglyph, Leet, Spacing, Reversed:
		s = c.words(s)
		return s, c.changed > 0
	case Padding:
		return s + "\n\n" + c.innocent(300+c.chance.IntN(900)), true
	}
	return s, false
}

// innocent returns paragraphs of our own of at least so many bytes.
func (c *copier) innocent(size int) string {
	var b strings.Builder
	for n := 1; b.Len() < size; n++ {
		b.WriteString(c.sentences[c.chance.IntN(len(c.sentences))])
		if n%5 == 0 {
			b.WriteString("\n\n")
		} else {
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}
