package policy

import (
	"slices"

	"bonafide/account/event"
	"bonafide/account/window"
)

// Ahead holds what can be computed of an event before its turn: its keys. It may
// be used again for another event.
type Ahead struct {
	keys []window.Key
	of   [][2]int32 // by the policy's keys: from and to in keys; from is -1 where they were not made
}

// Look computes the keys of an event. It reads only the policy and the event, and
// so may run beside a judge, which then need not do it.
func (p *Policy) Look(e *event.Event, a *Ahead) {
	a.keys = a.keys[:0]
	a.of = slices.Grow(a.of[:0], len(p.keys))[:len(p.keys)]
	for i := range a.of {
		a.of[i] = [2]int32{-1, -1}
	}
	prog := p.onType[e.Type]
	if prog == nil {
		return
	}
	for _, n := range prog.keys {
		from := len(a.keys)
		a.keys = p.keys[n].of(e, a.keys)
		a.of[n] = [2]int32{int32(from), int32(len(a.keys))} //nolint:gosec // an event has at most some hundreds
	}
}

// made returns the keys that were made ahead.
func (a *Ahead) made(n int) ([]window.Key, bool) {
	if a == nil || a.of[n][0] < 0 {
		return nil, false
	}
	return a.keys[a.of[n][0]:a.of[n][1]], true
}
