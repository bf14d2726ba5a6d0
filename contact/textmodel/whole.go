package textmodel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Text is a whole text as a Whole model reads it: its sentences as words, folded
// and in order, with classes of things in angle brackets, and its marks, which
// are what is known of it beside its words.
type Text struct {
	Sentences [][]string
	Marks     []string
}

// Bounds of what is read of one text.
const (
	maxWholeWords = 800
	wholeBits     = 18
	wholeSize     = 1 << wholeBits
)

// The blocks of a whole text; each is weighed as a whole.
const (
	wholeWords = iota
	wholeLetters
	wholeMarks
	wholeBlocks
)

// Scale turns the score of a text into evidence: bits of log-odds are Slope times
// the score plus Offset.
type Scale struct {
	// Family is the language, or "" for all that have no scale of their own.
	Family        string
	Slope, Offset float32
}

// Whole is a linear model of whole texts of one channel: how far a text reads
// like fraud rather than like what honest senders write. It does not change
// after ReadWhole and may be used by many goroutines.
type Whole struct {
	Channel string
	Scales  []Scale

	bias    float32
	unit    float32
	weights []int8 // by hash
}

// WholeScorer scores texts, one after the other, for one goroutine.
type WholeScorer struct {
	m       *Whole
	seen    []uint64 // bits by hash
	touched []uint32
	// runs are the features of the letters of words met before: where they stand
	// in runList, each with its weight in the lowest byte.
	runs    map[string][2]int32
	runList []uint32
}

// weighed is a feature with its weight in the lowest byte: one look into the
// weights, which lie far apart, does for a word that is met often.
func (m *Whole) weighed(at uint32) uint32 { return at<<8 | uint32(uint8(m.weights[at])) }

// Scorer returns a scorer of the model; it may be reused for any number of texts.
func (m *Whole) Scorer() *WholeScorer {
	return &WholeScorer{m: m, seen: make([]uint64, wholeSize/64), runs: map[string][2]int32{}}
}

// note reports whether a feature is new in this text.
func (s *WholeScorer) note(h uint32) bool {
	at, bit := h>>6, uint64(1)<<(h&63)
	if s.seen[at]&bit != 0 {
		return false
	}
	s.seen[at] |= bit
	s.touched = append(s.touched, h)
	return true
}

// reset forgets the text.
func (s *WholeScorer) reset() {
	for _, h := range s.touched {
		s.seen[h>>6] &^= 1 << (h & 63)
	}
	s.touched = s.touched[:0]
}

// slot is where a feature's weight stands.
func slot(key uint32) uint32 { return (key * 2654435769) >> (32 - wholeBits) }

// each calls add once with every feature of a text: its block, its place, its
// weight, and the sentence in which it first stood (-1 for marks).
func (s *WholeScorer) each(t Text, add func(block int, at uint32, weight int8, sentence int)) {
	words := 0
	for i, sentence := range t.Sentences {
		sentence = sentence[:min(len(sentence), maxWholeWords-words)]
		words += len(sentence)
		s.wordFeatures(sentence, i, add)
		for _, w := range sentence {
			for _, h := range s.lettersOf(w) {
				if s.note(h >> 8) {
					add(wholeLetters, h>>8, int8(h), i)
				}
			}
		}
	}
	for _, m := range t.Marks {
		if h := slot(hashAdd(hashByte(fnvOffset, 'm'), m)); s.note(h) {
			add(wholeMarks, h, s.m.weights[h], -1)
		}
	}
	s.reset()
}

// wordFeatures are words and pairs of words, of scripts without spaces runs of
// up to four letters.
func (s *WholeScorer) wordFeatures(words []string, sentence int, add func(int, uint32, int8, int)) {
	for i := range words {
		grams := 2
		if single(words[i]) {
			grams = 4
		}
		h := hashByte(fnvOffset, 'w')
		for n := 0; n < grams && i+n < len(words); n++ {
			h = hashByte(hashAdd(h, words[i+n]), 0x1f)
			if k := slot(h); s.note(k) {
				add(wholeWords, k, s.m.weights[k], sentence)
			}
		}
	}
}

// single reports a word of one letter beyond ASCII, as every Chinese or Japanese
// letter is one.
func single(w string) bool { return len(w) == 3 && w[0] >= 0xe3 }

// lettersOf returns the runs of three to five letters of a word, each with its
// weight.
func (s *WholeScorer) lettersOf(w string) []uint32 {
	if w == "" || w[0] == '<' || len(w) > 40 || single(w) {
		return nil
	}
	if at, ok := s.runs[w]; ok {
		return s.runList[at[0]:at[1]]
	}
	if len(s.runs) >= maxRuns {
		clear(s.runs)
		s.runList = s.runList[:0]
	}
	from := len(s.runList)
	b := " " + w + " "
	for i := range len(b) {
		h := hashByte(fnvOffset, 'L')
		for n := 0; n < 5 && i+n < len(b); n++ {
			h = hashByte(h, b[i+n])
			if n >= 2 {
				s.runList = append(s.runList, s.m.weighed(slot(h)))
			}
		}
	}
	s.runs[strings.Clone(w)] = [2]int32{int32(from), int32(len(s.runList))}
	return s.runList[from:]
}

// Score tells how far a text reads like fraud (natural log-odds before scaling),
// and which of its sentences say most of it, by their number; -1 when none does.
func (s *WholeScorer) Score(t Text) (score float32, telling int) {
	var sum [wholeBlocks]float32
	var n [wholeBlocks]int
	by := make([]float32, len(t.Sentences))
	s.each(t, func(block int, _ uint32, weight int8, sentence int) {
		w := float32(weight)
		sum[block] += w
		n[block]++
		if sentence >= 0 {
			by[sentence] += w
		}
	})
	score = s.m.bias
	for b := range sum {
		if n[b] > 0 {
			score += sum[b] * s.m.unit / float32(math.Sqrt(float64(n[b])))
		}
	}
	telling = -1
	for i, v := range by {
		if v > 0 && (telling < 0 || v > by[telling]) {
			telling = i
		}
	}
	return score, telling
}

// Bits turns a score into bits of evidence for a text of a language.
func (m *Whole) Bits(lang string, score float32) float32 {
	found := Scale{}
	for _, c := range m.Scales {
		if c.Family == lang || c.Family == "" && found.Family == "" {
			found = c
			if c.Family == lang {
				break
			}
		}
	}
	return found.Slope*score + found.Offset
}

// Knows reports whether texts of a language were learned from.
func (m *Whole) Knows(lang string) bool {
	return slices.ContainsFunc(m.Scales, func(s Scale) bool { return s.Family == lang })
}

// Example is a text to learn from.
type Example struct {
	Text
	Fraud bool
	// Cost is how much it counts; 1 is one text.
	Cost float64
}

// training are settings of a kind of channel, chosen by cross validation in which no
// sibling of a text was learned from (docs/evaluation.md).
type training struct {
	// cost is what an example of cost 1 costs on the wrong side.
	cost float64
	// bayes is the share of the learner whose features are scaled by naive Bayes; 0:
	// features are not scaled at all.
	bayes float64
}

// trainingOf is how a model of a channel is trained. For mails the mean of two learners
// orders better, too, but of the same hard honest mails it costs more of the phishing.
func trainingOf(channel string) training {
	if channel == "mail" {
		return training{cost: 10}
	}
	return training{cost: 20, bayes: .5}
}

// Features of learners that scale them.
const (
	// leastTexts is in how many texts a feature must stand.
	leastTexts = 2
	// rareness is how many times the rareness of a feature a step in it counts.
	rareness = .25
)

// FitWhole trains a model of a channel on examples, without scales; of texts and calls
// it is the mean of two learners, of which one sees features by how rare they are, the
// other also by how much more often they stand in fraud (Wang and Manning 2012,
// "Baselines and bigrams"). Both are linear, so that the model is one. The same
// examples in the same order give the same model (see Fit).
func FitWhole(channel string, examples []Example) (*Whole, error) {
	if len(examples) == 0 {
		return nil, errors.New("textmodel: train: want texts to learn from")
	}
	how := trainingOf(channel)
	blank := &Whole{weights: make([]int8, wholeSize)}
	s := blank.Scorer()
	p := problem{width: wholeSize}
	for _, e := range examples {
		var row []cell
		var n [wholeBlocks]int
		var blocks []uint8
		s.each(e.Text, func(block int, at uint32, _ int8, _ int) {
			row = append(row, cell{int32(at), 0})
			blocks = append(blocks, uint8(block))
			n[block]++
		})
		for i := range row {
			row[i].value = 1 / math.Sqrt(float64(n[blocks[i]]))
		}
		p.add(row, e.Fraud, e.Cost*how.cost)
	}
	w := p.mean(how)
	m := &Whole{Channel: channel, bias: float32(w[wholeSize]), weights: blank.weights}
	m.unit = unit(wholeSize, func(i int) float32 { return float32(w[i]) })
	for i := range m.weights {
		m.weights[i] = step8(float32(w[i]), m.unit)
	}
	return m, nil
}

// mean solves the problem twice, with features scaled by rareness, and by rareness and
// the ratio of naive Bayes, and returns the mean of both for features as they are.
func (p *problem) mean(how training) []float64 {
	if how.bayes == 0 {
		return p.solve()
	}
	rare, ratio := p.rareness(), p.ratios(how.cost)
	w := p.scaled(func(i int32) float64 { return rare[i] })
	v := p.scaled(func(i int32) float64 { return rare[i] * ratio[i] })
	for i := range w {
		w[i] = (1-how.bayes)*w[i] + how.bayes*v[i]
	}
	return w
}

// rareness is the inverse document frequency of each feature, 0 for those that stand
// in too few texts.
func (p *problem) rareness() []float64 {
	in := make([]int, p.width)
	for _, row := range p.rows {
		for _, c := range row {
			in[c.at]++
		}
	}
	out := make([]float64, p.width)
	for i, n := range in {
		if n >= leastTexts {
			out[i] = rareness * (1 + math.Log(float64(1+len(p.rows))/float64(1+n)))
		}
	}
	return out
}

// ratios are the logarithms of how much more often features stand in fraud; a text of
// cost unit counts as one.
func (p *problem) ratios(unit float64) []float64 {
	var in [2][]float64
	var total [2]float64
	for y := range in {
		in[y] = make([]float64, p.width)
	}
	for i, row := range p.rows {
		y, cost := index(p.yes[i]), p.cost[i]/unit
		total[y] += cost
		for _, c := range row {
			in[y][c.at] += cost
		}
	}
	out := make([]float64, p.width)
	for i := range out {
		out[i] = math.Log((in[1][i]+1)/(total[1]+2)) - math.Log((in[0][i]+1)/(total[0]+2))
	}
	return out
}

// scaled solves the problem with each feature times a number, and returns the weights
// for features as they are.
func (p *problem) scaled(by func(at int32) float64) []float64 {
	q := problem{width: p.width, yes: p.yes, cost: p.cost, rows: make([][]cell, len(p.rows))}
	for i, row := range p.rows {
		q.rows[i] = make([]cell, len(row))
		for j, c := range row {
			q.rows[i][j] = cell{c.at, c.value * by(c.at)}
		}
	}
	w := q.solve()
	for i := range p.width {
		w[i] *= by(int32(i)) //nolint:gosec // at most wholeSize
	}
	return w
}

// FitScale returns the scale that turns scores into bits of evidence, from
// scores of texts that the model has not seen. Weights balance the classes, so
// that the bits hold before any prior.
func FitScale(family string, scores []float32, fraud []bool, cost []float64) Scale {
	p := problem{width: 1}
	var total [2]float64
	for i := range scores {
		total[index(fraud[i])] += cost[i]
	}
	for i := range scores {
		p.add([]cell{{0, float64(scores[i])}}, fraud[i], 1000*cost[i]/math.Max(1e-9, total[index(fraud[i])]))
	}
	w := p.solve()
	return Scale{family, float32(w[0] / math.Ln2), float32(w[1] / math.Ln2)}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

const wholeMagic = "BFTW\x01"

// Write writes the model in a form that ReadWhole reads back.
func (m *Whole) Write(w io.Writer) error {
	b := appendText([]byte(wholeMagic), m.Channel)
	b = append(b, byte(len(m.Scales)))
	for _, s := range m.Scales {
		b = appendFloat(appendFloat(appendText(b, s.Family), s.Slope), s.Offset)
	}
	b = appendFloat(appendFloat(b, m.bias), m.unit)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.weights)))
	for _, v := range m.weights {
		b = append(b, byte(v))
	}
	_, err := w.Write(b)
	return err
}

// ReadWhole reads a model. It returns an error for anything that Write does not
// write, and reads at most a fixed size.
func ReadWhole(r io.Reader) (*Whole, error) {
	raw, err := io.ReadAll(io.LimitReader(r, 2*wholeSize+1))
	if err != nil {
		return nil, fmt.Errorf("textmodel: read: %w", err)
	}
	d := &decoder{b: raw}
	if string(d.take(len(wholeMagic))) != wholeMagic {
		return nil, errors.New("textmodel: read: not a model of whole texts of version 1; train it again with bonafide train contact")
	}
	m := &Whole{Channel: d.text()}
	for range d.byte() {
		m.Scales = append(m.Scales, Scale{d.text(), d.float(), d.float()})
	}
	m.bias, m.unit = d.float(), d.float()
	if n := d.uint32(); n != wholeSize || len(d.b) != wholeSize || d.short {
		return nil, fmt.Errorf("textmodel: read: %d weights in %d bytes: want %d", n, len(d.b), wholeSize)
	}
	m.weights = make([]int8, wholeSize)
	for i, v := range d.b {
		m.weights[i] = int8(v)
	}
	return m, nil
}

// Copy returns the model as it is after a trip through its file.
func (m *Whole) Copy() (*Whole, error) {
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return nil, err
	}
	return ReadWhole(&b)
}
