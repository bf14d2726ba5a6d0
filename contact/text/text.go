// Package text reads the words of a contact the way its receiver does, however
// they are dressed up: compatibility forms, look-alike letters, digits for
// letters, invisible characters and spaced-out words are undone, the text is
// cut into sentences, and each passage is told its language.
//
// It is not for judging what the words mean (contact/redflag) nor for numbers
// or links in them (contact/phone, contact/link); those work on what is read
// here. Every place in a Reading leads back to the bytes as they were given.
//
//	f, err := text.LoadFolding(data.FS)
//	r := text.Read(contact.Part{Name: "body", Text: "Your аmаz0n account"}, f)
//	r.Folded                       // "your amazon account"
//	r.Where(text.Span{Start: 5, End: 11}).Quote // "аmаz0n"
package text

import (
	"slices"
	"sort"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/evidence"
)

// Limit is the number of bytes of one part that are read; what stands behind
// it is left out. Longer visible texts do not occur in honest mail.
const Limit = 512 << 10

// quoteLimit is the longest quote of a place, in bytes.
const quoteLimit = 160

// Reading is one part as the detectors see it. It does not change after Read
// and may be used by several goroutines.
type Reading struct {
	// Part is the part as it was given, its text cut to Limit.
	Part contact.Part
	// Folded is the text in one writing: NFKC, lower case, straight quotes,
	// without invisible characters, look-alikes and digits for letters undone,
	// runs of white space as one space, line breaks as one "\n". The letters
	// ä, ö, ü and ß stay.
	Folded string
	// Sentences are spans over Folded, in order, without white space around.
	Sentences []Span
	// Passages are runs of sentences of one language, in order.
	Passages []Passage
	// Lang is the language of most of the text; "" when unknown.
	Lang string
	// Tricks are the disguises that were undone, in order, at most maxTricks.
	Tricks []Trick

	runs []run
	// may holds, per sentence, the set of Latin-script languages that it may
	// be in; names numbers them.
	may   []uint8
	names []string
}

// Span is a range of bytes of a Reading's Folded text, End exclusive.
type Span struct{ Start, End int }

// Passage is a stretch of text in one language: "en", "de", "ja", "fr", "es",
// "it", "pt", "nl", "zh", "ko", "ar", "ru", and by script alone "el", "he",
// "hi", "th"; "" when unknown.
type Passage struct {
	Span
	Lang string
}

// Kinds of Trick.
const (
	// ZeroWidth: invisible characters inside a word.
	ZeroWidth = "zero_width"
	// BidiOverride: characters that reverse the order of what is shown.
	BidiOverride = "bidi_override"
	// MixedScript: letters of another script, or shapes that imitate letters.
	MixedScript = "mixed_script"
	// Leet: digits, signs or accents in place of letters.
	Leet = "leet"
	// SpacedOut: a word with separators between its letters.
	SpacedOut = "spaced_out"
	// FullwidthLatin: full-width, mathematical or enclosed Latin letters.
	FullwidthLatin = "fullwidth_latin"
)

// Trick is one disguise that was undone.
type Trick struct {
	Kind string
	// Span is the word in Folded.
	Span Span
	// Word is the word as undone.
	Word string
}

// maxTricks bounds the tricks kept of one part.
const maxTricks = 64

// run is a stretch of Folded that comes from one stretch of the original text:
// byte by byte when linear, else as a whole.
type run struct {
	at         int32 // start in Folded
	start, end int32 // in Part.Text
	linear     bool
}

// Read reads one part. It takes linear time and never fails: bytes that are not
// UTF-8 are read as U+FFFD. A nil Folding reads without tables: nothing but
// compatibility forms and invisible characters is undone.
func Read(p contact.Part, v *Folding) *Reading {
	if v == nil {
		v = &Folding{}
	}
	if len(p.Text) > Limit {
		n := Limit
		for n > 0 && !utf8.RuneStart(p.Text[n]) {
			n--
		}
		p.Text = p.Text[:n]
	}
	f := folder{v: v, src: p.Text, out: make([]byte, 0, len(p.Text)+16)}
	f.fold()
	r := &Reading{Part: p, Folded: string(f.out), Tricks: f.tricks, runs: f.runs}
	r.Sentences = sentences(r.Folded, r, v)
	if v.lang != nil {
		r.names = v.lang.names
	}
	r.Passages, r.may, r.Lang = passages(r.Folded, r.Sentences, v.lang)
	return r
}

// Size is the length in bytes that the part would have without disguise: letters
// of styled alphabets, invisible characters and the gaps of spaced-out words,
// of three or four bytes each, do not make a text longer. White space counts as
// it stands.
func (r *Reading) Size() int {
	n := len(r.Part.Text)
	for i, x := range r.runs {
		next := run{at: int32(len(r.Folded)), start: x.end}
		if i+1 < len(r.runs) {
			next = r.runs[i+1]
		}
		if c := r.Folded[x.at]; !x.linear && c != ' ' && c != '\n' {
			n -= max(0, int(x.end-x.start)-int(next.at-x.at))
		}
		n -= max(0, int(next.start-x.end))
	}
	return n
}

// Where leads a span of Folded back to the bytes of the original text. Spans
// out of range are cut to it. Quote is cut to 160 bytes at a rune.
func (r *Reading) Where(s Span) evidence.Where {
	start, end := r.origin(s)
	q := r.Part.Text[start:end]
	if len(q) > quoteLimit {
		n := quoteLimit
		for n > 0 && !utf8.RuneStart(q[n]) {
			n--
		}
		q = q[:n]
	}
	return evidence.Where{Part: r.Part.Name, Start: start, End: end, Quote: q}
}

// origin maps a span of Folded to bytes of Part.Text.
func (r *Reading) origin(s Span) (start, end int) {
	s.Start = min(max(s.Start, 0), len(r.Folded))
	s.End = min(max(s.End, s.Start), len(r.Folded))
	if len(r.runs) == 0 {
		return 0, 0
	}
	if s.Start == len(r.Folded) {
		e := int(r.runs[len(r.runs)-1].end)
		return e, e
	}
	i := r.runAt(s.Start)
	start = int(r.runs[i].start)
	if r.runs[i].linear {
		start += s.Start - int(r.runs[i].at)
	}
	if s.End == s.Start {
		return start, start
	}
	j := r.runAt(s.End - 1)
	end = int(r.runs[j].end)
	if r.runs[j].linear {
		end = int(r.runs[j].start) + s.End - int(r.runs[j].at)
	}
	return start, max(start, end)
}

// runAt returns the index of the run that holds byte off of Folded.
func (r *Reading) runAt(off int) int {
	return sort.Search(len(r.runs), func(i int) bool { return int(r.runs[i].at) > off }) - 1
}

// LangAt returns the language of the passage that holds byte off of Folded, or
// of the nearest passage before it; "" when unknown.
func (r *Reading) LangAt(off int) string {
	i := sort.Search(len(r.Passages), func(i int) bool { return r.Passages[i].Start > off }) - 1
	if i < 0 {
		return r.Lang
	}
	return r.Passages[i].Lang
}

// May reports whether sentence i of Sentences may be in a Latin-script language:
// the one that it was told or, where that is not certain, one that its letters
// do not rule out or that most of the text is in. Without tables every language
// may be.
func (r *Reading) May(i int, lang string) bool {
	if r.may == nil {
		return true
	}
	k := slices.Index(r.names, lang)
	return k >= 0 && i < len(r.may) && r.may[i]&(1<<k) != 0
}
