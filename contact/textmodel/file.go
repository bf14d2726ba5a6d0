package textmodel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A model file is little-endian:
//
//	"BFTM" 2            magic and version
//	lang, flags         strings: length byte and bytes; a count byte before flags
//	grams               byte: how many words are looked at together
//	bounds              4 float32
//	unit of stance, unit of topics   float32: what one step of a weight is worth
//	stance bias, topic biases        float32
//	n                   uint32, then n features by ascending key:
//	    key uint32, block and idf byte (2 bits, 6 bits of sixths), stance int8,
//	    count byte of topics, and per topic: flag byte, weight int8
const (
	magic      = "BFTM\x02"
	idfStep    = 1.0 / 6
	maxKeys    = 1 << 20
	maxModel   = 8 << 20
	weightSpan = 127
)

// Read reads a model file. It returns an error that says what does not hold
// together; a file of any size and content is safe to give.
func Read(r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxModel+1))
	if err != nil {
		return nil, fmt.Errorf("textmodel: read: %w", err)
	}
	if len(raw) > maxModel {
		return nil, fmt.Errorf("textmodel: read: larger than %d bytes", maxModel)
	}
	d := &decoder{b: raw}
	if string(d.take(len(magic))) != magic {
		return nil, errors.New("textmodel: read: not a model file of version 2; train it again with bonafide train contact")
	}
	m := &Model{Lang: d.text()}
	for range d.byte() {
		m.Flags = append(m.Flags, d.text())
	}
	m.grams = int(d.byte())
	m.Bounds = Bounds{d.float(), d.float(), d.float(), d.float()}
	m.stanceUnit = d.float()
	m.topicUnit = d.float()
	m.stanceBias = d.float()
	for range m.Flags {
		m.topicBias = append(m.topicBias, d.float())
	}
	n := d.uint32()
	if n > maxKeys || int(n) > len(d.b)/7+1 {
		return nil, fmt.Errorf("textmodel: read: %d features do not fit into %d bytes", n, len(d.b))
	}
	m.features = make([]feature, 0, n)
	m.topics = make([]topic, 0, max(0, len(d.b)-7*int(n))/2) // all of what is left but 7 bytes a feature
	for i := range n {
		f := feature{key: d.uint32(), kind: d.byte(), stance: int8(d.byte()), topics: d.byte(), topic: int32(len(m.topics))}
		if i > 0 && f.key <= m.features[i-1].key {
			return nil, fmt.Errorf("textmodel: read: feature %d is not in order", i)
		}
		if f.block() >= blocks {
			return nil, fmt.Errorf("textmodel: read: feature %d is of no known block", i)
		}
		for range f.topics {
			t := topic{d.byte(), int8(d.byte())}
			if int(t.flag) >= len(m.Flags) {
				return nil, fmt.Errorf("textmodel: read: feature %d is about flag %d of %d", i, t.flag, len(m.Flags))
			}
			m.topics = append(m.topics, t)
			f.most = max(f.most, t.step)
		}
		m.features = append(m.features, f)
	}
	if d.short || len(d.b) > 0 || m.grams < 1 || m.grams > 8 {
		return nil, errors.New("textmodel: read: the file is cut off or has more in it than it says")
	}
	m.index()
	return m, nil
}

// Write writes the model; what it writes Read reads back with the same scores,
// because a trained model is rounded to the steps of the file at once.
func (m *Model) Write(w io.Writer) error {
	b := []byte(magic)
	b = appendText(b, m.Lang)
	b = append(b, byte(len(m.Flags)))
	for _, f := range m.Flags {
		b = appendText(b, f)
	}
	b = append(b, byte(m.grams))
	stanceUnit := unit(len(m.features), m.stanceOf)
	for _, f := range append([]float32{m.Bounds.Keep, m.Bounds.KeepTheme, m.Bounds.Topic, m.Bounds.Stance, stanceUnit, m.topicUnit, m.stanceBias}, m.topicBias...) {
		b = appendFloat(b, f)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.features)))
	for i := range m.features {
		f, topics := &m.features[i], m.topicsOf(int32(i))
		b = binary.LittleEndian.AppendUint32(b, f.key)
		b = append(b, f.kind, byte(step8(m.stanceOf(i), stanceUnit)), byte(len(topics)))
		for _, t := range topics {
			b = append(b, t.flag, byte(t.step))
		}
	}
	_, err := w.Write(b)
	return err
}

// unit returns what one of 127 steps is worth.
func unit(n int, at func(int) float32) float32 {
	top := float32(1e-6)
	for i := range n {
		top = max(top, float32(math.Abs(float64(at(i)))))
	}
	return top / weightSpan
}

func step8(v, unit float32) int8 {
	return int8(max(-weightSpan, min(weightSpan, math.RoundToEven(float64(v/unit)))))
}

func idfByte(idf float32) byte {
	return byte(max(0, min(63, math.RoundToEven(float64((idf-1)/idfStep)))))
}

func appendText(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

func appendFloat(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
}

// decoder reads from the front of b; short is set when it ran out.
type decoder struct {
	b     []byte
	short bool
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.short, d.b = true, nil
		return make([]byte, n)
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) text() string   { return string(d.take(int(d.byte()))) }

func (d *decoder) float() float32 {
	f := math.Float32frombits(d.uint32())
	if f != f || math.IsInf(float64(f), 0) {
		return 0
	}
	return f
}

// rounded returns the model as it is after a trip through its file.
func (m *Model) rounded() (*Model, error) {
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return nil, err
	}
	return Read(&b)
}
