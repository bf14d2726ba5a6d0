// Package guard decides: one call takes an event in and says what is to be done
// with it, with the story that led there and every value that was seen. The
// same events give the same decisions, byte for byte, in any batches, after a
// restart in the middle and in a replay; and each decision can be computed
// again from itself and its event, without the history.
//
// It is not for storing events or decisions, nor for talking to shops: desks do.
//
//	g, err := guard.New(p, guard.Options{})
//	d := g.Decide(&e)
//	if d.Action >= policy.Challenge { … }
package guard

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/account/window"
	"bonafide/fault"
)

// Options are how a guard is set up. The zero value is good.
type Options struct {
	// Shards is over how many maps the keys are spread (default 1). It changes no decision.
	Shards int
	// MaxRecent bounds how many decisions are kept to answer an event that is
	// sent twice (default 1,048,576); beyond, the oldest are forgotten.
	MaxRecent int
	// Cold makes a store for keys of windows that have no room in memory, one for
	// each guard; nil: what is beyond a window's cap of keys is forgotten.
	Cold func() (window.Cold, error)
}

// cold makes the store, if there is to be one.
func (o *Options) cold() (window.Cold, error) {
	if o.Cold == nil {
		return nil, nil
	}
	c, err := o.Cold()
	if err != nil {
		return nil, fmt.Errorf("guard: make room for keys: %w", err)
	}
	return c, nil
}

// Guard decides by one policy. It is not safe for concurrent use: events have
// an order, and one owner gives it.
type Guard struct {
	judge  *policy.Judge
	o      Options
	recent map[ID][]byte // decisions of events that could come twice
	order  []kept        // by arrival
	first  int
	stats  Stats
}

// ID is the hash of an event's source and id.
type ID [16]byte

type kept struct {
	id ID
	at int64
}

// Stats counts what a guard did since it was made or restored.
type Stats struct {
	// Decided counts events, Repeated those that came a second time, Faulty
	// those for which a rule or window could not be evaluated.
	Decided, Repeated, Faulty int64
	// Actions counts decisions by policy.Action.
	Actions [4]int64
	// Windows is what the windows hold and had to let go.
	Windows window.Stats
	// Listed is how many entries the shop's lists have.
	Listed int
}

// IDOf is the identity of an event.
func IDOf(e *event.Event) ID {
	sum := sha256.Sum256([]byte(e.Key()))
	return ID(sum[:16])
}

// New makes a guard without history.
func New(p *policy.Policy, o Options) (*Guard, error) {
	engine, err := window.New(p.Plan(), max(o.Shards, 1))
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	c, err := o.cold()
	if err != nil {
		return nil, err
	}
	engine.Spill(c)
	return with(p, o, engine), nil
}

func with(p *policy.Policy, o Options, engine *window.Engine) *Guard {
	if o.MaxRecent == 0 {
		o.MaxRecent = 1 << 20
	}
	return &Guard{judge: policy.NewJudge(p, engine), o: o, recent: map[ID][]byte{}}
}

// Decide takes the event in and decides. An event that was decided before gets
// the same decision and is not counted again, as long as it could still be
// counted at all: what is older than the policy's lateness never is. A change of
// a list (event.ListChanged) holds for all events after it.
func (g *Guard) Decide(e *event.Event) Decision { return g.decide(e, IDOf(e), nil) }

func (g *Guard) decide(e *event.Event, id ID, ahead *policy.Ahead) Decision {
	if e.List != nil { // the log has each once, and a second one would change nothing
		p := g.judge.Policy()
		return Decision{ID: id, Policy: p.Name, Version: p.Version, Digest: [8]byte(p.Digest[:8]), Time: e.Micros(), Type: e.Type, Result: g.judge.Evaluate(e)}
	}
	if was, ok := g.recent[id]; ok {
		g.stats.Repeated++
		d, err := Decode(was)
		if err == nil { // it is ours
			d.Repeated = true
			return d
		}
	}
	p := g.judge.Policy()
	m := p.ModelDigest()
	d := Decision{ID: id, Policy: p.Name, Version: p.Version, Digest: [8]byte(p.Digest[:8]), Time: e.Micros(), Type: e.Type, Result: g.judge.EvaluateWith(e, ahead)}
	if d.Learned != nil {
		d.Model = [8]byte(m[:8])
	}
	g.stats.Decided++
	g.stats.Actions[d.Action]++
	if len(d.Faults) > 0 {
		g.stats.Faulty++
	}
	if !d.Late {
		g.recent[id] = d.Append(make([]byte, 0, 160))
		g.order = append(g.order, kept{id, d.Time})
	}
	g.forget()
	return d
}

// Recall returns the decision of an event that came before, if it is still
// remembered; it counts and changes nothing.
func (g *Guard) Recall(id ID) (Decision, bool) {
	was, ok := g.recent[id]
	if !ok {
		return Decision{}, false
	}
	d, err := Decode(was)
	d.Repeated = true
	return d, err == nil
}

// MaxAhead is how much later than its receipt an event may claim to be.
const MaxAhead = 5 * time.Minute

// TooEarly tells that an event claims to be later than it was received, beyond
// MaxAhead. One such event would make all others late, since windows follow the
// newest time; so a desk, which has a clock, refuses it before Decide.
func TooEarly(e *event.Event, received time.Time) error {
	if ahead := e.Time.Sub(received); ahead > MaxAhead {
		return fault.New(fault.Invalid, "time", "is %s after the event was received: set the sender's clock (at most %s)", ahead.Round(time.Second), MaxAhead)
	}
	return nil
}

// forget lets go of decisions whose events would now be too late to be counted.
func (g *Guard) forget() {
	w, _ := g.judge.Engine().Watermark()
	late := g.judge.Policy().Plan().Lateness.Microseconds()
	for g.first < len(g.order) && (g.order[g.first].at < w-late || len(g.order)-g.first > g.o.MaxRecent) {
		delete(g.recent, g.order[g.first].id)
		g.first++
	}
	if g.first > 1024 && g.first > len(g.order)/2 {
		g.order = slices.Delete(g.order, 0, g.first)
		g.first = 0
	}
}

// Listed calls f with every entry of the shop's lists, in an order that depends
// on nothing but them; until is in microseconds since 1970, 0 for none.
func (g *Guard) Listed(f func(name, of, value string, until int64)) { g.judge.Listed().All(f) }

// Policy is the policy that it decides by.
func (g *Guard) Policy() *policy.Policy { return g.judge.Policy() }

// Stats tells what the guard did and holds.
func (g *Guard) Stats() Stats {
	s := g.stats
	s.Windows = g.judge.Engine().Stats()
	s.Listed = g.judge.Listed().Size()
	return s
}

// snapshotMagic begins a guard's snapshot; the digit is its version.
const snapshotMagic = "BFGUARD3\n"

var errSnapshot = errors.New("the bytes are no whole snapshot of a guard: take an older one and replay the log after it")

// Snapshot writes all that the guard knows, for Restore with the same policy; nil
// where keys that have no room in memory cannot be read.
func (g *Guard) Snapshot() []byte {
	b := []byte(snapshotMagic)
	p := g.judge.Policy()
	b = append(b, p.Digest[:]...)
	m := p.ModelDigest()
	b = append(b, m[:]...)
	b = binary.AppendUvarint(b, uint64(len(g.order)-g.first))
	for _, k := range g.order[g.first:] {
		b = append(b, k.id[:]...)
		b = binary.AppendVarint(b, k.at)
		b = appendBytes(b, g.recent[k.id])
	}
	b = binary.AppendUvarint(b, uint64(g.judge.Listed().Size())) //nolint:gosec // a count
	g.judge.Listed().All(func(name, of, value string, until int64) {
		for _, s := range []string{name, of, value} {
			b = appendBytes(b, []byte(s))
		}
		b = binary.AppendVarint(b, until)
	})
	windows := g.judge.Engine().Snapshot()
	if windows == nil {
		return nil
	}
	b = append(b, windows...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// Restore makes the guard that was written; it goes on as that one would have.
// A snapshot of another policy is refused: replay the log instead.
func Restore(p *policy.Policy, o Options, in []byte) (*Guard, error) {
	n := len(in) - 4
	if n < len(snapshotMagic)+2*len(p.Digest) || string(in[:len(snapshotMagic)]) != snapshotMagic ||
		crc32.Checksum(in[:n], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(in[n:]) {
		return nil, fmt.Errorf("guard: restore: %w", errSnapshot)
	}
	r := unpacker{in: in[len(snapshotMagic):n]}
	if string(r.bytes(len(p.Digest))) != string(p.Digest[:]) {
		return nil, fmt.Errorf("guard: restore: the snapshot was made with another policy than %s version %d: replay the log instead", p.Name, p.Version)
	}
	if m := p.ModelDigest(); string(r.bytes(len(m))) != string(m[:]) {
		return nil, fmt.Errorf("guard: restore: the snapshot was made with another model of the learned score than %s version %d has now: replay the log instead", p.Name, p.Version)
	}
	recent := map[ID][]byte{}
	var order []kept
	for range r.size() {
		k := kept{ID(r.id()), r.int()}
		recent[k.id] = slices.Clone(r.sized())
		order = append(order, k)
	}
	var lists policy.Listed
	for range r.size() {
		name, of, value := string(r.sized()), string(r.sized()), string(r.sized())
		lists.Restored(name, of, value, r.int())
	}
	if r.bad {
		return nil, fmt.Errorf("guard: restore: %w", errSnapshot)
	}
	c, err := o.cold()
	if err != nil {
		return nil, err
	}
	engine, err := window.RestoreWith(p.Plan(), max(o.Shards, 1), c, r.in)
	if err != nil {
		return nil, fmt.Errorf("guard: restore: %w", err)
	}
	g := with(p, o, engine)
	g.recent, g.order = recent, order
	*g.judge.Listed() = lists
	return g, nil
}
