package api

import (
	"sync"

	"bonafide/access"
	"bonafide/fault"
)

// streamsAtOnce is how many streams and long polls of decisions the programs of a
// tenant have open at the same time: each reads every decision for itself.
const streamsAtOnce = 50

// streams counts those that are open. It is safe for concurrent use.
type streams struct {
	mu   sync.Mutex
	open map[access.Tenant]int // guarded by mu
}

func newStreams() *streams { return &streams{open: map[access.Tenant]int{}} }

// begin takes a place, which end gives back. fault.Temporary: there is none.
func (s *streams) begin(t access.Tenant) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[t] >= streamsAtOnce {
		return nil, fault.New(fault.Temporary, "", "%d streams of decisions are open for your organisation already, the most there can be: end those that nobody reads, or let one program pass decisions on", streamsAtOnce)
	}
	s.open[t]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[t]--; s.open[t] == 0 {
			delete(s.open, t)
		}
	}), nil
}
