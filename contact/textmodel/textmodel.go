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
	features   []feature // by ascending key
	topics     []topic
	stanceUnit float32 // what one step of a stance is worth
	topicUnit  float32 // and one of a topic
	stanceBias float32
	topicBias  []float32
	// raw are the stances while the model is trained, before they are steps.
	raw []float32

	idf       [64]float32  // by the sixths of feature.kind
	stepWorth [256]float32 // what a topic says, by its step
	topBias   float32      // the highest of topicBias
	// Where a key stands among the features: those that begin with the same
	// bits stand from buckets[bits] on. Most keys of a text are none of the
	// model's; there, a bit of their own that is not set, tells most of them.
	buckets []uint32
	shift   uint
	there   []uint64
}

// feature is all that scoring needs of a feature, in one place of memory.
type feature struct {
	key    uint32
	topic  int32 // its topics begin there
	topics uint8 // and are so many
	kind   uint8 // block (2 bits) and idf (6 bits of sixths above 1)
	stance int8  // in steps
	most   int8  // the highest step of its topics, at least 0
}

func (f *feature) block() int { return int(f.kind >> 6) }

// topic is how much a feature speaks for a flag, in steps.
type topic struct {
	flag uint8
	step int8
}

// topicsOf returns the topics of a feature.
func (m *Model) topicsOf(i int32) []topic {
	f := &m.features[i]
	return m.topics[f.topic : f.topic+int32(f.topics)]
}

// stanceOf returns how far a feature does rather than tells.
func (m *Model) stanceOf(i int) float32 {
	if m.raw != nil {
		return m.raw[i]
	}
	return float32(m.features[i].stance) * m.stanceUnit
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

// thereBits is how many bits of a key choose its bit in Model.there.
const thereBits = 20

// index prepares what finds and weighs features. Keys must be ascending.
func (m *Model) index() {
	size := 1
	for m.shift = 32; size < len(m.features); m.shift-- {
		size *= 2
	}
	m.buckets = make([]uint32, size+1)
	m.there = make([]uint64, 1<<thereBits/64)
	for i := range m.features {
		k := m.features[i].key
		m.buckets[k>>m.shift+1] = uint32(i + 1)
		m.there[k>>(32-thereBits)>>6] |= 1 << (k >> (32 - thereBits) & 63)
	}
	for i := 1; i < len(m.buckets); i++ {
		m.buckets[i] = max(m.buckets[i], m.buckets[i-1])
	}
	for i := range m.idf {
		m.idf[i] = 1 + float32(i)*idfStep
	}
	for i := range m.stepWorth {
		m.stepWorth[i] = float32(int8(i)) * m.topicUnit
	}
	m.topBias = float32(math.Inf(-1))
	for _, b := range m.topicBias {
		m.topBias = max(m.topBias, b)
	}
}

// find returns the number of a feature, or -1.
func (m *Model) find(key uint32) int32 {
	if bit := key >> (32 - thereBits); m.there[bit>>6]&(1<<(bit&63)) == 0 {
		return -1
	}
	return m.look(key)
}

// look is find for a key that may well be there.
func (m *Model) look(key uint32) int32 {
	b := key >> m.shift
	for i := m.buckets[b]; i < m.buckets[b+1]; i++ {
		if m.features[i].key == key {
			return int32(i)
		}
	}
	return -1
}

// Scorer scores lines, one after the other, for one goroutine.
type Scorer struct {
	m       *Model
	at      []uint16 // by feature: its place in touched and 1; 0: not touched
	touched [blocks][]touch
	words   []string
	topics  [256]float32 // by flag
	letters bool
	// scales are the factors of blocks that were computed since the last feature.
	scales [blocks]float32
	scaled [blocks]bool
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
	return &Scorer{m: m, at: make([]uint16, len(m.features)), runs: map[string][2]int32{}}
}

// Begin starts a new line.
func (s *Scorer) Begin() {
	for b := range s.touched {
		for i := range s.touched[b] {
			s.at[s.touched[b][i].number] = 0
		}
		s.touched[b] = s.touched[b][:0]
		s.scaled[b] = false
	}
	clear(s.words)
	s.words = s.words[:0]
	s.letters = false
}

func (s *Scorer) note(block int, i int32) {
	if i < 0 || len(s.touched[block]) >= maxFeatures {
		return
	}
	f := &s.m.features[i]
	if f.block() != block {
		return
	}
	s.scaled[block] = false
	if at := s.at[i]; at > 0 {
		if t := &s.touched[block][at-1]; t.count < math.MaxUint16 {
			t.count++
		}
		return
	}
	s.touched[block] = append(s.touched[block], touch{i, 1, s.m.idf[f.kind&63], s.m.stanceOf(int(i))})
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
	if !s.scaled[block] {
		s.scales[block], s.scaled[block] = s.measure(block), true
	}
	return s.scales[block]
}

func (s *Scorer) measure(block int) float32 {
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
	return t.idf * often(t.count)
}

// often is what standing in a line that many times counts.
func often(count uint16) float32 {
	if int(count) < len(oftens) {
		return oftens[count]
	}
	return float32(1 + math.Log(float64(count)))
}

// oftens are the counts that lines have, so that few logarithms are taken.
var oftens = func() (out [64]float32) {
	for n := 1; n < len(out); n++ {
		out[n] = float32(1 + math.Log(float64(n)))
	}
	return out
}()

// Topics returns, per flag of the model, how far the line is about it (natural
// log-odds, without regard to stance). The result is valid until the next call.
func (s *Scorer) Topics() []float32 {
	copy(s.topics[:], s.m.topicBias)
	sums, worth := &s.topics, &s.m.stepWorth
	for _, b := range [...]int{blockWords, blockConcepts} {
		scale := s.scale(b)
		for i := range s.touched[b] {
			t := &s.touched[b][i]
			v := t.value() * scale
			for _, w := range s.m.topicsOf(t.number) {
				sums[w.flag] += v * worth[uint8(w.step)]
			}
		}
	}
	return s.topics[:len(s.m.Flags)]
}

// rounding is more than what adding up the topics of a line in another order
// changes in single precision.
const rounding = 0.25

// About appends to out the flags, by their number, that the line is about by
// more than bound. Most lines are about none: where even the heaviest topics of
// all its features together would not do, they are not summed.
func (s *Scorer) About(bound float32, out []int) []int {
	most := s.m.topBias
	for _, b := range [...]int{blockWords, blockConcepts} {
		scale := s.scale(b)
		for i := range s.touched[b] {
			t := &s.touched[b][i]
			most += t.value() * scale * s.m.stepWorth[uint8(s.m.features[t.number].most)]
		}
	}
	if most < bound-rounding {
		return out
	}
	for f, t := range s.Topics() {
		if t > bound {
			out = append(out, f)
		}
	}
	return out
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
		if i := s.m.find(k); i >= 0 && s.m.features[i].block() == blockLetters {
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
