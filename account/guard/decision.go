package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"bonafide/account/event"
	"bonafide/account/policy"
)

// Decision is what was decided of one event, with all that it was decided by.
type Decision struct {
	ID ID
	// Policy, Version and Digest name the very text of the policy.
	Policy  string
	Version int
	Digest  [8]byte
	// Model names the very file of the model, where the learned score was computed.
	Model [8]byte
	// Time is the event's own, in microseconds since 1970.
	Time int64
	Type event.Type
	policy.Result
	// Repeated tells that the event came again; it is not stored.
	Repeated bool
}

// decisionForm is the version of the stored form.
const decisionForm = 3

// Append writes the decision compactly: a quiet event takes about 50 bytes and
// some three for each value that was seen. Decode reads it back.
func (d *Decision) Append(b []byte) []byte {
	b = append(b, decisionForm)
	b = append(b, d.ID[:]...)
	b = appendBytes(b, []byte(d.Policy))
	b = binary.AppendUvarint(b, uint64(d.Version))
	b = append(b, d.Digest[:]...)
	b = binary.AppendVarint(b, d.Time)
	b = appendBytes(b, []byte(d.Type))
	flags := byte(d.Action) | byte(d.Floor)<<2
	if d.Late {
		flags |= 1 << 4
	}
	if d.Capped {
		flags |= 1 << 5
	}
	if d.Learned != nil {
		flags |= 1 << 6
	}
	b = append(b, flags)
	if d.Learned != nil {
		b = append(b, d.Model[:]...)
		b = appendLearned(b, d.Learned)
	}
	b = binary.AppendVarint(b, d.Score)
	b = binary.AppendUvarint(b, uint64(len(d.Hits)))
	for _, h := range d.Hits {
		b = binary.AppendUvarint(b, uint64(h.Rule))
		b = binary.AppendVarint(b, h.Score)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Story)))
	for _, s := range d.Story {
		b = binary.AppendUvarint(b, uint64(s.Step)<<1|bit(s.Now))
		b = binary.AppendVarint(b, s.Score)
		b = binary.AppendVarint(b, int64(s.Since))
	}
	b = binary.AppendUvarint(b, uint64(len(d.Saw)))
	for _, s := range d.Saw {
		b = binary.AppendUvarint(b, uint64(s.Symbol)<<1|bit(s.Float != 0))
		b = binary.AppendVarint(b, s.Int)
		if s.Float != 0 {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.Float))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(d.Faults)))
	for _, f := range d.Faults {
		b = binary.AppendVarint(b, int64(f.Rule))
		b = appendBytes(b, []byte(f.Text))
	}
	return b
}

// chanceSteps is how finely policy.Learned keeps a chance.
const chanceSteps = 10_000

// appendLearned writes a whole number in one to nine bytes, and others in ten.
func appendLearned(b []byte, l *policy.Learned) []byte {
	b = binary.AppendUvarint(b, uint64(math.Round(l.Chance*chanceSteps)))
	b = binary.AppendUvarint(b, uint64(len(l.Row)))
	for _, x := range l.Row {
		n := int64(x)
		switch {
		case math.IsNaN(x):
			b = append(b, 1)
		case math.Abs(x) < 1<<52 && math.Float64bits(float64(n)) == math.Float64bits(x):
			b = binary.AppendUvarint(b, (uint64(n)<<1^uint64(n>>63))<<2)
		default:
			b = append(b, 2)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
	}
	return b
}

func (r *unpacker) learned() *policy.Learned {
	n := r.uint()
	if n > chanceSteps {
		r.bad = true
	}
	l := &policy.Learned{Chance: float64(n) / chanceSteps, Row: make([]float64, 0, 16)}
	for range r.size() {
		switch n := r.uint(); {
		case n&3 == 0:
			n >>= 2
			l.Row = append(l.Row, float64(int64(n>>1)^-int64(n&1)))
		case n == 1:
			l.Row = append(l.Row, math.NaN())
		case n == 2:
			l.Row = append(l.Row, math.Float64frombits(r.fixed()))
		default:
			r.bad = true
		}
	}
	return l
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func appendBytes(b, x []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(x)))
	return append(b, x...)
}

var errDecision = errors.New("guard: the bytes are no decision of a form that is known")

// Decode reads a decision that Append wrote, and refuses all else.
func Decode(in []byte) (Decision, error) {
	r := unpacker{in: in}
	if v := r.bytes(1); len(v) != 1 || v[0] != decisionForm {
		return Decision{}, errDecision
	}
	var d Decision
	d.ID = r.id()
	d.Policy, d.Version = string(r.sized()), int(r.uint())
	copy(d.Digest[:], r.bytes(len(d.Digest)))
	d.Time, d.Type = r.int(), event.Type(r.sized())
	if f := r.bytes(1); len(f) == 1 {
		if f[0]>>6&1 == 1 {
			copy(d.Model[:], r.bytes(len(d.Model)))
			d.Learned = r.learned()
		}
		d.Action, d.Floor, d.Late, d.Capped = policy.Action(f[0]&3), policy.Action(f[0]>>2&3), f[0]>>4&1 == 1, f[0]>>5&1 == 1
	}
	d.Score = r.int()
	for range r.size() {
		d.Hits = append(d.Hits, policy.Hit{Rule: int(r.uint()), Score: r.int()})
	}
	for range r.size() {
		n := r.uint()
		d.Story = append(d.Story, policy.Grade{Step: int(n >> 1), Now: n&1 == 1, Score: r.int(), Since: r.duration()})
	}
	d.Saw = make([]policy.Seen, 0, 8)
	for range r.size() {
		n := r.uint()
		s := policy.Seen{Symbol: int(n >> 1), Int: r.int()}
		if n&1 == 1 {
			s.Float = math.Float64frombits(r.fixed())
		}
		d.Saw = append(d.Saw, s)
	}
	for range r.size() {
		d.Faults = append(d.Faults, policy.Fault{Rule: int(r.int()), Text: string(r.sized())})
	}
	if r.bad || len(r.in) > 0 {
		return Decision{}, errDecision
	}
	return d, nil
}

// Again computes the decision a second time, from its event and the values that
// it saw. The error tells that the policy is another one or that the result
// differs, which must never happen.
func (d *Decision) Again(p *policy.Policy, e *event.Event) (Decision, error) {
	if p.Name != d.Policy || p.Version != d.Version || [8]byte(p.Digest[:8]) != d.Digest {
		return Decision{}, fmt.Errorf("guard: the decision was made by policy %s version %d of other text: take that one", d.Policy, d.Version)
	}
	if m := p.ModelDigest(); d.Learned != nil && [8]byte(m[:8]) != d.Model {
		return Decision{}, fmt.Errorf("guard: the decision was made with another model than %s has now: take that one", d.Policy)
	}
	if IDOf(e) != d.ID || e.Micros() != d.Time {
		return Decision{}, errors.New("guard: the decision is of another event")
	}
	out := *d
	out.Repeated = false
	out.Result = p.Again(e, d.Saw, d.Late, d.Capped, d.Faults)
	if a, b := out.Append(nil), d.Append(nil); !slices.Equal(a, b) {
		return out, errors.New("guard: computed again, the decision differs: its bytes or the policy's evaluation were changed")
	}
	return out, nil
}
