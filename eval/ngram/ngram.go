// Package ngram is a plain learner of texts for comparison with the models
// that ship: words, pairs of words, runs of letters as they were typed and, of short
// texts, how the text was typed, weighed by a support vector machine and by one whose features
// are scaled by naive Bayes (Wang and Manning 2012, "Baselines and bigrams"). It
// shows what the sets yield to a learner that is fitted to nothing else.
//
// It is no part of the product: it knows the habits of typing and the topics of its
// sets, of which texts of today know nothing (docs/evaluation.md), explains nothing
// and gives no probability, only a rank.
//
//	m := ngram.Fit(texts)
//	score := m.Score("URGENT! Your mobile number has won")
package ngram

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Text is a short text to learn from.
type Text struct {
	Text  string
	Fraud bool
}

// Model ranks texts; it does not change after Fit and may be used by many
// goroutines.
type Model struct {
	set   settings
	at    [blocks]map[uint64]int32 // the number of a feature
	idf   []float64                // how rare each is
	parts []part
}

// part is one learner of several whose scores are added.
type part struct {
	weights []float64
	scale   []float64 // of features; nil for 1
}

// Blocks of features, each brought to length 1.
const (
	letters = iota
	words
	habits
	blocks
)

// settings of training are chosen by cross validation on train parts.
type settings struct {
	most              int     // bytes of a text that are read
	shortest, longest int     // runs of letters
	least             int     // texts that a feature must stand in
	cost              float64 // of a text on the wrong side
	bayes             float64 // share of the learner scaled by naive Bayes
	weight            [blocks]float64
}

type cell struct {
	at    int32
	value float64
}

// features calls add with every feature of a text, again when it comes again.
func (s *settings) features(text string, add func(block int, key uint64)) {
	if len(text) > s.most {
		text = strings.ToValidUTF8(text[:s.most], "")
	}
	runs(typed(text), s.shortest, s.longest, func(k uint64) { add(letters, k) })
	var before uint64
	for i, w := range tokens(text) {
		k := key("w", w)
		add(words, k)
		if i > 0 {
			add(words, before*31+k)
		}
		before = k
	}
	if s.weight[habits] == 0 {
		return
	}
	for _, h := range habitsOf(text) {
		add(habits, key("h", h))
	}
}

func key(kind, s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(kind))
	h.Write([]byte(s))
	return h.Sum64()
}

// typed is a text as it was typed, with one digit for all and single spaces.
func typed(text string) []rune {
	out := []rune{' '}
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			r = '0'
		case unicode.IsSpace(r):
			r = ' '
		}
		if r != ' ' || out[len(out)-1] != ' ' {
			out = append(out, r)
		}
	}
	return append(out, ' ')
}

func runs(text []rune, shortest, longest int, add func(uint64)) {
	for i := range text {
		h := uint64(14695981039346656037)
		for n := 0; n < longest && i+n < len(text); n++ {
			h = (h ^ uint64(text[i+n])) * 1099511628211
			if n+1 >= shortest {
				add(h)
			}
		}
	}
}

// tokens are words in small letters, and numbers by their shape.
func tokens(text string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("£$€'", r)
	}) {
		out = append(out, shape(f))
	}
	return out
}

// shape replaces digits by 0 and keeps the first two of a long number, which tell
// a mobile, a free and a premium number apart.
func shape(w string) string {
	digits := 0
	b := []byte(w)
	for i, c := range b {
		if c >= '0' && c <= '9' {
			digits++
			b[i] = '0'
		}
	}
	if digits >= 9 && digits == len(b) {
		return w[:2] + string(b[2:])
	}
	return string(b)
}

// count of kinds of letters, and the runs of digits and signs of a text.
type count struct {
	upper, lower, digit, sign int
	found                     []string
}

func counted(text string) (c count) {
	run := 0
	end := func() {
		if run > 0 {
			c.found = append(c.found, "run"+string(rune('a'+min(run, 14))))
		}
		run = 0
	}
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			c.digit++
			run++
			continue
		case unicode.IsUpper(r):
			c.upper++
		case unicode.IsLetter(r):
			c.lower++
		case strings.ContainsRune("!£$€%&*/:", r):
			c.sign++
			c.found = append(c.found, "sign"+string(r))
		}
		end()
	}
	end()
	return c
}

// habitsOf tells how a text was typed. A share or length is a ladder of features,
// of which it has all up to its own.
func habitsOf(text string) []string {
	c := counted(text)
	out := c.found
	grade := func(name string, v float64) {
		for i := range int(min(v, 20)) + 1 {
			out = append(out, name+string(rune('a'+i)))
		}
	}
	n := float64(max(1, c.upper+c.lower+c.digit))
	grade("upper", 20*float64(c.upper)/n)
	grade("digit", 20*float64(c.digit)/n)
	grade("length", float64(len(text))/16)
	grade("signs", float64(c.sign))
	grade("digits", float64(c.digit)/2)
	caps := 0
	for _, w := range strings.Fields(text) {
		if len(w) > 1 && strings.ToUpper(w) == w && strings.ToLower(w) != w {
			caps++
		}
	}
	grade("caps", float64(caps))
	first := []rune(strings.TrimSpace(text))
	if len(first) > 0 && unicode.IsLower(first[0]) {
		out = append(out, "small")
	}
	return out
}

// vocabulary numbers the features that stand in enough texts; all blocks share
// one row of numbers. It returns how many there are.
func (m *Model) vocabulary(texts []Text) int {
	var count [blocks]map[uint64]int
	for b := range count {
		count[b], m.at[b] = map[uint64]int{}, map[uint64]int32{}
	}
	for _, t := range texts {
		seen := [blocks]map[uint64]bool{{}, {}, {}}
		m.set.features(t.Text, func(b int, k uint64) {
			if !seen[b][k] {
				seen[b][k] = true
				count[b][k]++
			}
		})
	}
	width := 0
	for b := range count {
		var keys []uint64
		for k, n := range count[b] {
			if n >= m.set.least {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			m.at[b][k] = int32(width)
			m.idf = append(m.idf, 1+math.Log(float64(1+len(texts))/float64(1+count[b][k])))
			width++
		}
	}
	return width
}

// row is a text as the learners see it: the logarithm of how often a feature
// comes, times how rare it is, each block of length one.
func (m *Model) row(text string) []cell {
	var n [blocks]map[int32]int
	var order [blocks][]int32
	for b := range n {
		n[b] = map[int32]int{}
	}
	m.set.features(text, func(b int, k uint64) {
		if at, ok := m.at[b][k]; ok {
			if n[b][at] == 0 {
				order[b] = append(order[b], at)
			}
			n[b][at]++
		}
	})
	var out []cell
	for b := range order {
		sum, from := 0.0, len(out)
		for _, at := range order[b] {
			v := (1 + math.Log(float64(n[b][at]))) * m.idf[at]
			out = append(out, cell{at, v})
			sum += v * v
		}
		for i := from; i < len(out); i++ {
			out[i].value *= m.set.weight[b] / math.Sqrt(sum)
		}
	}
	return out
}
