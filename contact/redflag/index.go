package redflag

import (
	"encoding/binary"
	"slices"
	"sort"
)

// A slot is one place of a pattern that a single word fills: "call/ring". The
// same slot stands in many patterns, so slots are numbered once, and a word is
// looked up once for all the slots that it fills.

// program is a sequence as the scanner runs it: steps and needs are ranges of
// the lexicon's lists.
type program struct {
	concept    int32
	level      int32
	step, end  int32
	need, upto int32
	// sure: what it is filed under is all that it needs.
	sure bool
}

// step is an element in short: id is a slot or a concept.
type step struct {
	id   int32
	kind elementKind
	gap  uint8
}

// A need is a slot, or a concept as its complement (negative).
type need int32

// waiting is a sequence to be tried: a program, slot then being negative, or,
// for a sequence of a single word, its concept and the slot of the word.
type waiting struct{ id, slot int32 }

// filed is a sequence under the rarest of its slots, with its level and the next
// rarest of its needs, which are looked at before the sequence is.
type filed struct {
	waiting
	second need
	level  int32
}

// noNeed stands for the second need of a program that has but one: the first is
// met, or the program would not be looked at.
const noNeed = need(1<<31 - 1)

// index numbers the slots and files every sequence under the part of it that
// is likely to be rarest, so that a sentence meets few sequences in vain.
func (l *lexicon) index() {
	l.numberSlots()
	common := l.commonness()
	bySlot := make([][]filed, l.slots)
	l.byRef = make([][]int32, len(l.names))
	often := make([]int, len(l.names))
	for _, s := range l.seqs {
		p := program{concept: int32(s.concept), level: int32(l.level[s.concept]), step: int32(len(l.steps)), need: int32(len(l.needs))}
		var slots, refs []need
		for _, e := range s.elems {
			st := step{kind: e.kind, gap: uint8(e.gap)}
			switch e.kind {
			case slot:
				st.id = e.slot
				slots = append(slots, need(e.slot))
			case ref:
				st.id = int32(e.concept)
				refs = append(refs, ^need(e.concept))
			}
			l.steps = append(l.steps, st)
		}
		sort.SliceStable(slots, func(a, b int) bool { return common[slots[a]] < common[slots[b]] })
		l.needs = append(append(l.needs, slots...), refs...)
		p.end, p.upto = int32(len(l.steps)), int32(len(l.needs))
		n := int32(len(l.programs))
		p.sure = len(refs) == 0 && len(slots) <= 2
		l.programs = append(l.programs, p)
		if len(slots) == 0 {
			l.byRef[^refs[0]] = append(l.byRef[^refs[0]], n)
			often[s.concept] += len(common) // made of other concepts only
			continue
		}
		w := waiting{n, -1}
		if p.end-p.step == 1 && len(slots) == 1 {
			w = waiting{p.concept, int32(slots[0])}
		}
		second := noNeed
		if len(slots) > 1 {
			second = slots[1]
		}
		bySlot[slots[0]] = append(bySlot[slots[0]], filed{w, second, p.level})
		often[s.concept] += common[slots[0]]
	}
	l.seqs = nil
	l.slotFrom = make([]int32, 1, l.slots+1)
	for _, list := range bySlot {
		l.filed = append(l.filed, list...)
		l.slotFrom = append(l.slotFrom, int32(len(l.filed)))
	}
	// These lists live as long as the program: none keeps room to grow.
	l.programs, l.steps = slices.Clone(l.programs), slices.Clone(l.steps)
	l.needs, l.filed = slices.Clone(l.needs), slices.Clone(l.filed)
	l.indexRules(often)
}

// indexRules files every composition under the concept of it that is likely to
// be rarest. One that may spread over two sentences can end in the second with
// any of its concepts, and stands under each.
func (l *lexicon) indexRules(often []int) {
	l.byNeed = make([][]int32, len(l.names))
	for i := range l.rules {
		r := &l.rules[i]
		rare := r.need[0]
		for _, c := range r.need {
			if r.across {
				l.byNeed[c] = append(l.byNeed[c], int32(i))
			}
			if often[c] < often[rare] {
				rare = c
			}
		}
		if !r.across {
			l.byNeed[rare] = append(l.byNeed[rare], int32(i))
		}
	}
}

// numberSlots gives equal slots one number and notes, per matcher, the slots
// that it opens.
func (l *lexicon) numberSlots() {
	l.opens = make([][]int32, len(l.keys))
	known := map[string]int32{}
	for i := range l.seqs {
		for j := range l.seqs[i].elems {
			e := &l.seqs[i].elems[j]
			if e.kind != slot {
				continue
			}
			ms := slices.Clone(e.matchers)
			slices.Sort(ms)
			ms = slices.Compact(ms)
			var key []byte
			for _, m := range ms {
				key = binary.AppendUvarint(key, uint64(m))
			}
			id, ok := known[string(key)]
			if !ok {
				id = int32(len(known))
				known[string(key)] = id
				for _, m := range ms {
					l.opens[m] = append(l.opens[m], id)
				}
			}
			e.slot = id
		}
	}
	l.slots = len(known)
}

// commonness guesses, per slot, how often a text fills it: a word that many
// slots accept is a common word.
func (l *lexicon) commonness() []int {
	common := make([]int, l.slots)
	for _, slots := range l.opens {
		for _, s := range slots {
			common[s] += len(slots)
		}
	}
	return common
}
