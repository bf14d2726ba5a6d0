// Package textmodel holds the learned part of the red flags: linear models over
// words, their letters and the concepts found in them. One, the stance, tells a
// line that does something to the reader from one that tells of it, warns of it
// or does it rightly: "read me the code" from "never read out the code". The
// others, one per flag, tell what a line is about.
//
// It is not for deciding: what it says of a line is bounded evidence, laid
// beside the compositions of contact/redflag, and it never clears anything. It
// knows no flag, phrase or language by itself; all of that is in the model file
// that `bonafide train contact` writes.
//
//	m, err := textmodel.Read(file)
//	s := m.Scorer()
//	s.Begin()
//	s.Words([]string{"read", "me", "the", "code"})
//	topics := s.Topics()
//	stance := s.Stance()
package textmodel

import (
	"math"
	"strings"
)

// A feature belongs to a block, which is weighed as a whole: a line with many
// letters says no more by its letters than a short one.
const (
	blockWords = iota
	blockConcepts
	blockLetters
	blocks
)

// letterGrams are the lengths of the letter runs that are looked at within a
// word, and wordGrams how many words are looked at together.
const (
	shortestRun, longestRun = 2, 4
	wordGrams               = 2
	scriptGrams             = 4 // where every token is one letter, as in Japanese
)

// maxFeatures bounds the features of a line; what stands behind is not read.
const maxFeatures = 4096

// Model is a trained model of one language. It does not change after Read and
// may be used by many goroutines.
type Model struct {
	// Lang is its language, Flags the codes of the flags it knows.
	Lang  string
	Flags []string
	// Bounds are the thresholds that were chosen when it was trained.
	Bounds Bounds

	grams      int
	keys       []uint32  // hashes, ascending
	features   []feature // one more than keys: it ends the topics of the last
	topics     []topic
	topicUnit  float32 // what one step of a topic is worth
	stanceBias float32
	topicBias  []float32
	table      []place // open addressing
}

// feature is all that scoring needs of a feature, in one place of memory.
type feature struct {
	idf, stance float32
	topic       int32 // its topics begin there and end where the next one's do
	block       uint8
}

// topic is how much a feature speaks for a flag, in steps.
type topic struct {
	flag uint8
	step int8
}

// topicsOf returns the topics of a feature.
func (m *Model) topicsOf(i int32) []topic {
	return m.topics[m.features[i].topic:m.features[i+1].topic]
}

// place is a key in the table and its number; a number of -1 marks a free one.
type place struct {
	key uint32
	at  int32
}

// Bounds are thresholds on scores, in natural log-odds.
type Bounds struct {
	// Keep is the least stance with which a composition that holds raises its
	// flag; KeepTheme that of flags that say only what the line claims ("your
	// parcel is lost"), where stance tells less.
	Keep, KeepTheme float32
	// Topic and Stance are the least scores with which a line raises a flag
	// though no composition holds.
	Topic, Stance float32
}

const (
	fnvOffset uint32 = 2166136261
	fnvPrime  uint32 = 16777619
)

func hashAdd(h uint32, s string) uint32 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return h
}

func hashByte(h uint32, b byte) uint32 { return (h ^ uint32(b)) * fnvPrime }

// ConceptKey is the key of a concept by its name, for Scorer.Concept.
func ConceptKey(name string) uint32 { return hashAdd(hashByte(fnvOffset, 'c'), name) }

// wordKeys calls add with the key of every run of up to grams words of a line.
func wordKeys(words []string, grams int, add func(key uint32)) {
	for i := range words {
		h := hashByte(fnvOffset, 'w')
		for n := 0; n < grams && i+n < len(words); n++ {
			h = hashByte(hashAdd(h, words[i+n]), 0x1f)
			add(h)
		}
	}
}

// letterKeys calls add with the key of every run of letters within a word, its
// edges among them; letters are code points, so that any script has them. Very
// long words and classes of things have none.
func letterKeys(words []string, add func(key uint32)) {
	var starts [66]int
	for _, w := range words {
		if w == "" || w[0] == '<' || len(w) > 60 {
			continue
		}
		n := 0
		for i := range w {
			starts[n] = i
			n++
		}
		starts[n] = len(w)
		for from := -1; from < n; from++ {
			h := hashByte(fnvOffset, 'l')
			for to := from; to <= n && to-from < longestRun; to++ {
				if to == -1 || to == n {
					h = hashByte(h, ' ')
				} else {
					h = hashAdd(h, w[starts[to]:starts[to+1]])
				}
				if to-from+1 >= shortestRun {
					add(h)
				}
			}
		}
	}
}

func (m *Model) index() {
	size := 2
	for size < len(m.keys)+len(m.keys)/2 { // at most two thirds full
		size *= 2
	}
	m.table = make([]place, size)
	for i := range m.table {
		m.table[i].at = -1
	}
	for i, k := range m.keys {
		at := m.slot(k)
		for m.table[at].at >= 0 {
			at = (at + 1) & (size - 1)
		}
		m.table[at] = place{k, int32(i)}
	}
}

func (m *Model) slot(key uint32) int { return int(key*2654435769>>7) & (len(m.table) - 1) }

// find returns the number of a feature, or -1.
func (m *Model) find(key uint32) int32 {
	for at := m.slot(key); ; at = (at + 1) & (len(m.table) - 1) {
		if p := m.table[at]; p.key == key || p.at < 0 {
			return p.at
		}
	}
}

// Scorer scores lines, one after the other, for one goroutine.
type Scorer struct {
	m       *Model
	at      []uint16 // by feature: its place in touched and 1; 0: not touched
	touched [blocks][]touch
	words   []string
	topics  []float32
	letters bool
	// runs are the features of the letters of words met before: where they stand
	// in runList.
	runs    map[string][2]int32
	runList []int32
}

// touch is a feature of the line and how often it stands there.
type touch struct {
	number      int32
	count       uint16
	idf, stance float32
}

// maxRuns bounds how many words a scorer remembers.
const maxRuns = 1 << 12

// Scorer returns a scorer of the model; it may be reused for any number of
// lines.
func (m *Model) Scorer() *Scorer {
	return &Scorer{m: m, at: make([]uint16, len(m.keys)), runs: map[string][2]int32{}, topics: make([]float32, len(m.Flags))}
}

// Begin starts a new line.
func (s *Scorer) Begin() {
	for b := range s.touched {
		for i := range s.touched[b] {
			s.at[s.touched[b][i].number] = 0
		}
		s.touched[b] = s.touched[b][:0]
	}
	clear(s.words)
	s.words = s.words[:0]
	s.letters = false
}

func (s *Scorer) note(block int, i int32) {
	if i < 0 || len(s.touched[block]) >= maxFeatures {
		return
	}
	if at := s.at[i]; at > 0 {
		own := int(s.m.features[i].block)
		if t := &s.touched[own][at-1]; own == block && t.count < math.MaxUint16 {
			t.count++
		}
		return
	}
	f := &s.m.features[i]
	if int(f.block) != block {
		return
	}
	s.touched[block] = append(s.touched[block], touch{i, 1, f.idf, f.stance})
	s.at[i] = uint16(len(s.touched[block]))
}

// Words adds the words of the line, folded and in order; classes of things
// stand in angle brackets: "<link>". They are kept until the next Begin.
func (s *Scorer) Words(words []string) {
	s.words = append(s.words, words...)
	wordKeys(words, s.m.grams, func(k uint32) { s.note(blockWords, s.m.find(k)) })
}

// Find returns the number by which the model knows a concept, or -1; see
// ConceptKey.
func (m *Model) Find(key uint32) int32 { return m.find(key) }

// Concept adds a concept by its number in the model; -1 adds nothing.
func (s *Scorer) Concept(number int32) { s.note(blockConcepts, number) }

// scale returns the factor that gives a block the length 1.
func (s *Scorer) scale(block int) float32 {
	sum := float32(0)
	for i := range s.touched[block] {
		v := s.touched[block][i].value()
		sum += v * v
	}
	if sum == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(float64(sum)))
}

// value is how much a feature of the line says by itself: often is more than
// once, but not twice as much.
func (t *touch) value() float32 {
	if t.count == 1 {
		return t.idf
	}
	return t.idf * float32(1+math.Log(float64(t.count)))
}

// Topics returns, per flag of the model, how far the line is about it (natural
// log-odds, without regard to stance). The result is valid until the next call.
func (s *Scorer) Topics() []float32 {
	copy(s.topics, s.m.topicBias)
	for _, b := range [...]int{blockWords, blockConcepts} {
		scale := s.scale(b)
		for i := range s.touched[b] {
			t := &s.touched[b][i]
			v := t.value() * scale
			for _, w := range s.m.topicsOf(t.number) {
				s.topics[w.flag] += v * (float32(w.step) * s.m.topicUnit)
			}
		}
	}
	return s.topics
}

// runsOf returns the features of the letters of a word.
func (s *Scorer) runsOf(w string) []int32 {
	if at, ok := s.runs[w]; ok {
		return s.runList[at[0]:at[1]]
	}
	if len(s.runs) >= maxRuns {
		clear(s.runs)
		s.runList = s.runList[:0]
	}
	from := len(s.runList)
	letterKeys([]string{w}, func(k uint32) {
		if i := s.m.find(k); i >= 0 && s.m.features[i].block == blockLetters {
			s.runList = append(s.runList, i)
		}
	})
	s.runs[strings.Clone(w)] = [2]int32{int32(from), int32(len(s.runList))}
	return s.runList[from:]
}

// Stance returns how far the line does rather than tells (natural log-odds).
func (s *Scorer) Stance() float32 {
	if !s.letters {
		s.letters = true
		for _, w := range s.words {
			for _, i := range s.runsOf(w) {
				s.note(blockLetters, i)
			}
		}
	}
	sum := s.m.stanceBias
	for b := range s.touched {
		scale := s.scale(b)
		for i := range s.touched[b] {
			t := &s.touched[b][i]
			sum += t.value() * scale * t.stance
		}
	}
	return sum
}
