package redflag

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"bonafide/contact/textmodel"
)

// maxWords bounds how many words a scanner remembers.
const maxWords = 1 << 15

// tokenBits is a set of token positions of one sentence.
type tokenBits [(maxTokens + 63) / 64]uint64

func (b *tokenBits) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b *tokenBits) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

// scanner finds the concepts of sentences. It is reused, so that a sentence
// costs no memory but for what is found in it; one goroutine at a time.
type scanner struct {
	lex   *lexicon
	words map[string][]int32 // word → slots that it fills
	round int32              // number of the sentence

	slotRound []int32 // round in which the slot was last filled
	slotAt    []tokenBits
	refRound  []int32 // round in which the concept was last found
	refBefore []int32 // and the round of the time before that
	occurs    [][]span
	noted     []int32   // concepts of the sentence
	filled    []int32   // slots that a word of the sentence fills
	waiting   [][]int32 // programs to try, by level
	tokens    []token   // the sentence
	cut       []token   // room for tokens
	taken     []span    // room for around
	scorer    *textmodel.Scorer
	names     []string // room for score
}

func (l *lexicon) scanner() *scanner {
	if s, ok := l.scanners.Get().(*scanner); ok {
		return s
	}
	return &scanner{
		lex: l, words: map[string][]int32{},
		slotRound: make([]int32, l.slots), slotAt: make([]tokenBits, l.slots),
		refRound: make([]int32, len(l.names)), refBefore: make([]int32, len(l.names)), occurs: make([][]span, len(l.names)),
		waiting: make([][]int32, l.levels),
		round:   1, // 0 is never
	}
}

// release gives the scanner back for reuse and forgets the text it read.
func (s *scanner) release() {
	clear(s.cut[:cap(s.cut)])
	clear(s.names[:cap(s.names)])
	s.tokens = nil
	if s.scorer != nil {
		s.scorer.Begin()
	}
	s.lex.scanners.Put(s)
}

// sentence finds all concepts of a sentence, lowest level first. They stay
// known until the next but one.
func (s *scanner) sentence(toks []token) {
	s.begin(toks)
	for i, t := range toks {
		for _, slot := range s.slotsOf(t) {
			if s.slotRound[slot] != s.round {
				s.slotRound[slot] = s.round
				s.slotAt[slot] = tokenBits{}
				s.filled = append(s.filled, slot)
			}
			s.slotAt[slot].set(i)
		}
	}
	for _, slot := range s.filled {
		for _, f := range s.lex.bySlot[slot] {
			if f.second == noNeed || s.slotRound[f.second] == s.round {
				lv := s.lex.programs[f.program].level
				s.waiting[lv] = append(s.waiting[lv], f.program)
			}
		}
	}
	for lv := range s.waiting {
		for i := 0; i < len(s.waiting[lv]); i++ {
			if p := &s.lex.programs[s.waiting[lv][i]]; s.possible(p) {
				s.try(p)
			}
		}
	}
}

func (s *scanner) begin(toks []token) {
	if s.round == math.MaxInt32 {
		clear(s.slotRound)
		clear(s.refRound)
		clear(s.refBefore)
		s.round = 1 // what stood in the sentence before is forgotten
	}
	s.round++
	s.noted, s.filled = s.noted[:0], s.filled[:0]
	s.tokens = toks
	for i := range s.waiting {
		s.waiting[i] = s.waiting[i][:0]
	}
}

// possible reports whether all words and concepts of a sequence occur in the
// sentence.
func (s *scanner) possible(p *program) bool {
	for _, n := range s.lex.needs[p.need:p.upto] {
		if n >= 0 && s.slotRound[n] != s.round || n < 0 && s.refRound[^n] != s.round {
			return false
		}
	}
	return true
}

// try notes every place where a sequence holds.
func (s *scanner) try(p *program) {
	first := s.lex.steps[p.step]
	if first.kind == ref {
		for i := 0; i < len(s.occurs[first.id]); i++ {
			s.tryAt(p, s.occurs[first.id][i].start)
		}
		return
	}
	for w, set := range s.slotAt[first.id] {
		for ; set != 0; set &= set - 1 {
			s.tryAt(p, w<<6+bits.TrailingZeros64(set))
		}
	}
}

func (s *scanner) tryAt(p *program, pos int) {
	if end := s.match(s.lex.steps[p.step:p.end], pos); end >= 0 {
		s.note(int(p.concept), span{pos, end})
	}
}

// note records an occurrence, but for one that is known already or of a
// concept that occurs often enough.
func (s *scanner) note(concept int, at span) {
	if s.refRound[concept] != s.round {
		s.refBefore[concept] = s.refRound[concept]
		s.refRound[concept] = s.round
		s.occurs[concept] = s.occurs[concept][:0]
		s.noted = append(s.noted, int32(concept))
		for _, p := range s.lex.byRef[concept] {
			lv := s.lex.programs[p].level
			s.waiting[lv] = append(s.waiting[lv], p)
		}
	}
	have := s.occurs[concept]
	if len(have) >= maxOccurrences || slices.Contains(have, at) {
		return
	}
	s.occurs[concept] = append(have, at)
}

// match returns where the steps end that start at token pos, or -1.
func (s *scanner) match(steps []step, pos int) int {
	if len(steps) == 0 {
		return pos
	}
	st, rest := steps[0], steps[1:]
	switch st.kind {
	case slot:
		if pos < len(s.tokens) && s.slotAt[st.id].has(pos) {
			return s.match(rest, pos+1)
		}
	case anyToken:
		if pos < len(s.tokens) {
			return s.match(rest, pos+1)
		}
	case ref:
		for _, o := range s.occurs[st.id] {
			if o.start != pos {
				continue
			}
			if end := s.match(rest, o.end); end >= 0 {
				return end
			}
		}
	case gap:
		thirds := int(st.gap) * 3
		for p := pos; p <= len(s.tokens) && thirds >= 0; p++ {
			if end := s.match(rest, p); end >= 0 {
				return end
			}
			if p < len(s.tokens) {
				thirds -= thirdsOf(s.tokens[p])
			}
		}
	}
	return -1
}

// slotsOf returns the slots that a token fills.
func (s *scanner) slotsOf(t token) []int32 {
	if t.class == word || t.class == cjk {
		if slots, ok := s.words[t.text]; ok {
			return slots
		}
	}
	var slots []int32
	for _, m := range s.lex.matchersOf(t) {
		slots = append(slots, s.lex.opens[m]...)
	}
	slices.Sort(slots)
	slots = slices.Compact(slots)
	if t.class == word || t.class == cjk {
		if len(s.words) >= maxWords {
			clear(s.words)
		}
		s.words[strings.Clone(t.text)] = slots
	}
	return slots
}

// matchersOf returns the matchers that accept a token.
func (l *lexicon) matchersOf(t token) []int {
	var ids []int
	look := func(k matcherKey) {
		if id, ok := l.keys[k]; ok {
			ids = append(ids, id)
		}
	}
	if t.class != word && t.class != cjk {
		look(matcherKey{kind: byClass, class: t.class})
		if t.class == phone {
			look(matcherKey{kind: byClass, class: num})
		}
	}
	look(matcherKey{kind: exact, text: t.text})
	if t.class != word {
		return ids
	}
	for n := 1; n <= len(t.text) && n <= l.maxPrefix; n++ {
		look(matcherKey{kind: prefix, text: t.text[:n]})
	}
	for n := 1; n <= len(t.text) && n <= l.maxSuffix; n++ {
		look(matcherKey{kind: suffix, text: t.text[len(t.text)-n:]})
	}
	for _, k := range l.infix {
		if len(k.text) <= len(t.text) && strings.Contains(t.text, k.text) {
			ids = append(ids, l.keys[k])
		}
	}
	return ids
}

// thirdsOf is the length of a token in thirds of a word.
func thirdsOf(t token) int {
	if t.class == cjk {
		return 1
	}
	return 3
}
