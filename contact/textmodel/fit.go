package textmodel

import (
	"errors"
	"math"
	"slices"
	"sort"
)

// Line is one line to learn from.
type Line struct {
	Words    []string
	Concepts []string
	// Flag is what the line is about, Does whether it does it (or, when false,
	// is a legitimate look-alike). A flag of "" is about nothing.
	Flag string
	Does bool
	// Also lists further flags that the line may be about: no example against
	// them.
	Also []string
}

// Settings of training.
type Settings struct {
	Lang string
	// Script: every token is one letter, as in Japanese; longer runs are read.
	Script bool
	Bounds Bounds
}

// Constants of training, chosen by leaving one author out (data/models/README.md).
const (
	least         = 2    // lines that a feature must stand in
	cost          = 10.0 // of an example on the wrong side
	aboutWeight   = 2.0  // of a line about the flag
	otherWeight   = 0.3  // of a line about another
	nothingWeight = 0.1  // of a line about nothing, for the stance
	topicFloor    = 0.01 // of the heaviest weight: lighter ones are dropped
)

// Fit trains a model. The same lines in the same order give the same model on
// any machine with IEEE 754 arithmetic of the same rounding (Go's float64 is).
func Fit(lines []Line, set Settings) (*Model, error) {
	m := &Model{Lang: set.Lang, Bounds: set.Bounds, grams: wordGrams}
	if set.Script {
		m.grams = scriptGrams
	}
	for _, l := range lines {
		if l.Flag != "" && !slices.Contains(m.Flags, l.Flag) {
			m.Flags = append(m.Flags, l.Flag)
		}
	}
	slices.Sort(m.Flags)
	if len(m.Flags) == 0 || len(m.Flags) > 255 {
		return nil, errors.New("textmodel: train: want lines about 1 to 255 flags")
	}
	m.vocabulary(lines)
	rows := m.rows(lines)

	stance := problem{width: len(m.features)}
	for i, l := range lines {
		switch {
		case l.Flag == "":
			stance.add(rows[i], false, nothingWeight*cost)
		case l.Does || !slices.Contains(l.Also, l.Flag):
			stance.add(rows[i], l.Does, cost)
		}
	}
	w := stance.solve()
	m.stanceBias = float32(w[len(m.features)])
	m.raw = make([]float32, len(m.features))
	for i := range m.raw {
		m.raw[i] = float32(w[i])
	}
	m.fitTopics(lines, rows)
	return m.rounded()
}

// vocabulary collects the features that stand in enough lines, and how common
// each is.
func (m *Model) vocabulary(lines []Line) {
	type seen struct {
		lines int
		block uint8
		last  int
	}
	all := map[uint32]*seen{}
	for n, l := range lines {
		m.each(l, func(block int, k uint32) {
			s := all[k]
			if s == nil {
				s = &seen{block: uint8(block), last: -1}
				all[k] = s
			}
			if s.last != n {
				s.last = n
				s.lines++
			}
		})
	}
	var keys []uint32
	for k, s := range all {
		if s.lines >= least {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		s := all[k]
		idf := float32(1 + math.Log(float64(1+len(lines))/float64(1+s.lines)))
		m.features = append(m.features, feature{key: k, kind: s.block<<6 | idfByte(idf)})
	}
	m.index()
}

func (m *Model) each(l Line, add func(block int, key uint32)) {
	wordKeys(l.Words, m.grams, func(k uint32) { add(blockWords, k) })
	for _, c := range l.Concepts {
		add(blockConcepts, ConceptKey(c))
	}
	letterKeys(l.Words, func(k uint32) { add(blockLetters, k) })
}

// cell is one feature of a row.
type cell struct {
	at    int32
	value float64
}

// rows returns the lines as the scorer sees them.
func (m *Model) rows(lines []Line) [][]cell {
	s := &Scorer{m: m, at: make([]uint16, len(m.features))}
	out := make([][]cell, len(lines))
	for n, l := range lines {
		s.Begin()
		m.each(l, func(block int, k uint32) { s.note(block, m.find(k)) })
		for b := range s.touched {
			scale := s.scale(b)
			for i := range s.touched[b] {
				t := &s.touched[b][i]
				out[n] = append(out[n], cell{t.number, float64(t.value() * scale)})
			}
		}
	}
	return out
}

// topicWeight is how much a feature speaks for a flag.
type topicWeight struct {
	flag   uint8
	weight float32
}

// fitTopics trains what each flag is about, on words and concepts only.
func (m *Model) fitTopics(lines []Line, rows [][]cell) {
	short := make([][]cell, len(rows))
	for n, r := range rows {
		for _, c := range r {
			if m.features[c.at].block() != blockLetters {
				short[n] = append(short[n], c)
			}
		}
	}
	weights := make([][]topicWeight, len(m.features))
	m.topicBias = make([]float32, len(m.Flags))
	for f, flag := range m.Flags {
		p := problem{width: len(m.features)}
		for n, l := range lines {
			switch {
			case l.Flag == flag:
				p.add(short[n], true, aboutWeight*cost)
			case !slices.Contains(l.Also, flag):
				p.add(short[n], false, otherWeight*cost)
			}
		}
		w := p.solve()
		m.topicBias[f] = float32(w[len(m.features)])
		top := 0.0
		for _, v := range w[:len(m.features)] {
			top = max(top, math.Abs(v))
		}
		for i, v := range w[:len(m.features)] {
			if math.Abs(v) >= topicFloor*top {
				weights[i] = append(weights[i], topicWeight{uint8(f), float32(v)})
			}
		}
	}
	m.roundTopics(weights)
}

// roundTopics keeps the topics of all features in steps.
func (m *Model) roundTopics(weights [][]topicWeight) {
	all := slices.Concat(weights...)
	m.topicUnit = unit(len(all), func(i int) float32 { return all[i].weight })
	for i, ts := range weights {
		sort.Slice(ts, func(a, b int) bool { return ts[a].flag < ts[b].flag })
		m.features[i].topic = int32(len(m.topics))
		for _, t := range ts {
			if s := step8(t.weight, m.topicUnit); s != 0 {
				m.topics = append(m.topics, topic{t.flag, s})
				m.features[i].topics++
			}
		}
	}
}
