package redflag

import (
	"fmt"
	"strings"
)

// A pattern is one way to word a concept. Elements stand apart by spaces:
//
//	code            a word
//	suspend*        words that begin so; *konto ends so; *konto* contains it
//	call/ring       one of several
//	the?            may be missing
//	_               any one word
//	..              a gap of up to 4 words (12 CJK letters)
//	...             a gap of up to 9 words (30 CJK letters)
//	{asset}         another concept
//	<num> <money> <phone> <link> <mail> <q>   a number, sum, telephone number,
//	                web address, mail address, question mark
//
// Japanese is matched letter by letter: write it without spaces, except around
// gaps and references: "コード .. 教えて".
type element struct {
	kind     elementKind
	matchers []int  // slot: any of these single-token matchers
	slot     int32  // slot: its number in the table of slots
	concept  int    // reference
	name     string // reference, before it is resolved
	gap      int    // words; CJK letters count a third
}

type elementKind uint8

const (
	slot elementKind = iota
	ref
	gap
	anyToken
)

// maxVariants bounds how many sequences one pattern may unfold to.
const maxVariants = 512

// maxPart bounds the beginnings and ends of words that patterns look for, in
// bytes; see lexicon.prefixes.
const maxPart = 63

// parsePattern unfolds a pattern into sequences of elements.
func (l *lexicon) parsePattern(p string) ([][]element, error) {
	seqs := [][]element{{}}
	for _, field := range strings.Fields(p) {
		options, err := l.parseField(field)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		if len(seqs)*len(options) > maxVariants {
			return nil, fmt.Errorf("pattern %q: more than %d variants: split it into concepts", p, maxVariants)
		}
		next := make([][]element, 0, len(seqs)*len(options))
		for _, s := range seqs {
			for _, o := range options {
				next = append(next, append(append([]element(nil), s...), o...))
			}
		}
		seqs = next
	}
	for _, s := range seqs {
		if len(s) == 0 || s[0].kind == gap || s[len(s)-1].kind == gap || s[0].kind == anyToken {
			return nil, fmt.Errorf("pattern %q: must begin and end with a word, class or concept", p)
		}
	}
	return seqs, nil
}

// parseField returns the alternatives that one field of a pattern stands for.
func (l *lexicon) parseField(f string) ([][]element, error) {
	switch f {
	case "..":
		return [][]element{{{kind: gap, gap: 4}}}, nil
	case "...":
		return [][]element{{{kind: gap, gap: 9}}}, nil
	case "_":
		return [][]element{{{kind: anyToken}}}, nil
	}
	var out [][]element
	if strings.HasSuffix(f, "?") && len(f) > 1 {
		f = f[:len(f)-1]
		out = append(out, nil)
	}
	var single []int
	for _, alt := range strings.Split(f, "/") {
		seq, err := l.parseAlternative(alt)
		if err != nil {
			return nil, err
		}
		if len(seq) == 1 && seq[0].kind == slot {
			single = append(single, seq[0].matchers...)
			continue
		}
		out = append(out, seq)
	}
	if len(single) > 0 {
		out = append(out, []element{{kind: slot, matchers: single}})
	}
	return out, nil
}

func (l *lexicon) parseAlternative(a string) ([]element, error) {
	switch {
	case a == "":
		return nil, fmt.Errorf("empty alternative")
	case (a[0] == '{' || a[0] == '<') && strings.IndexAny(a, "}>") != len(a)-1:
		return l.parseMixed(a)
	case a[0] == '{':
		return []element{{kind: ref, name: a[1 : len(a)-1]}}, nil
	case a[0] == '<':
		c, ok := classNames[strings.Trim(a, "<>")]
		if !ok {
			return nil, fmt.Errorf("%q: no such class", a)
		}
		return []element{{kind: slot, matchers: []int{l.matcher(matcherKey{kind: byClass, class: c})}}}, nil
	}
	return l.parseWords(a)
}

// parseWords cuts a literal with the tokeniser of the text. A class or concept
// may stand inside a CJK literal: "<num>時間以内".
func (l *lexicon) parseWords(a string) ([]element, error) {
	if i := strings.IndexAny(a, "<{"); i > 0 {
		head, err := l.parseWords(a[:i])
		if err != nil {
			return nil, err
		}
		tail, err := l.parseMixed(a[i:])
		return append(head, tail...), err
	}
	pre, suf := strings.HasPrefix(a, "*"), strings.HasSuffix(a, "*")
	toks := tokenise(strings.ToLower(strings.Trim(a, "*")), 0, nil)
	if len(toks) == 0 {
		return nil, fmt.Errorf("%q: nothing to match", a)
	}
	var seq []element
	for i, t := range toks {
		k := matcherKey{kind: exact, text: t.text}
		first, last := i == 0 && pre, i == len(toks)-1 && suf
		if len(t.text) > maxPart && (first || last) {
			return nil, fmt.Errorf("%q: parts of words have at most %d bytes", a, maxPart)
		}
		switch {
		case t.class == cjk:
		case first && last:
			k.kind = infix
		case first:
			k.kind = suffix
		case last:
			k.kind = prefix
		}
		seq = append(seq, element{kind: slot, matchers: []int{l.matcher(k)}})
	}
	return seq, nil
}

// parseMixed reads a class or concept followed by more of the same field.
func (l *lexicon) parseMixed(a string) ([]element, error) {
	end := strings.IndexAny(a, ">}")
	if end < 0 {
		return nil, fmt.Errorf("%q: bracket is not closed", a)
	}
	seq, err := l.parseAlternative(a[:end+1])
	if err != nil || end+1 == len(a) {
		return seq, err
	}
	var tail []element
	if a[end+1] == '<' || a[end+1] == '{' {
		tail, err = l.parseMixed(a[end+1:])
	} else {
		tail, err = l.parseWords(a[end+1:])
	}
	return append(seq, tail...), err
}
