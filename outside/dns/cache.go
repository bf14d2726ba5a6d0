package dns

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// question is a name in lower case and a record type.
type question struct {
	name string
	kind dnsmessage.Type
}

// state tells an answer from the answer that there is none.
type state int8

const (
	failed  state = iota // no server answered; may work later
	missing              // no such name, or no such record
	found
)

// answer is what a server said, or that none did. It is not changed once made.
type answer struct {
	state state
	ttl   time.Duration
	texts []string // TXT, PTR
	mx    []net.MX
	ips   []netip.Addr
}

// err returns the error for who asked, nil when records were found.
func (a answer) err() error {
	switch a.state {
	case found:
		return nil
	case missing:
		return &net.DNSError{Err: "no such record", IsNotFound: true}
	}
	return &net.DNSError{Err: "no server answered", IsTemporary: true}
}

// cache remembers the answers used last, up to a number, until they expire.
type cache struct {
	mu   sync.Mutex
	size int
	// byKey and order are guarded by mu; the front of order was used last.
	byKey map[question]*list.Element
	order *list.List
}

type entry struct {
	key     question
	answer  answer
	expires time.Time
}

func newCache(size int) *cache {
	return &cache{size: size, byKey: map[question]*list.Element{}, order: list.New()}
}

// get returns an answer that has not expired.
func (c *cache) get(key question, now time.Time) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[key]
	if !ok {
		return answer{}, false
	}
	e := el.Value.(*entry)
	if !now.Before(e.expires) {
		c.order.Remove(el)
		delete(c.byKey, key)
		return answer{}, false
	}
	c.order.MoveToFront(el)
	return e.answer, true
}

// put remembers an answer and forgets the one used longest ago when full.
func (c *cache) put(key question, a answer, expires time.Time) {
	if c.size <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.byKey[key]; ok {
		*el.Value.(*entry) = entry{key, a, expires}
		c.order.MoveToFront(el)
		return
	}
	for c.order.Len() >= c.size {
		last := c.order.Back()
		delete(c.byKey, last.Value.(*entry).key)
		c.order.Remove(last)
	}
	c.byKey[key] = c.order.PushFront(&entry{key, a, expires})
}

// flights joins those who ask the same question at the same time.
type flights struct {
	mu sync.Mutex
	// under way, guarded by mu
	calls map[question]*call
}

type call struct {
	done   chan struct{}
	answer answer // set before done is closed
}

// do runs ask once for all who want its answer. ask ends by its own timeout;
// who gives up waiting gets a timeout error and leaves it to the others.
func (f *flights) do(ctx context.Context, key question, ask func() answer) (answer, error) {
	f.mu.Lock()
	c, running := f.calls[key]
	if !running {
		c = &call{done: make(chan struct{})}
		if f.calls == nil {
			f.calls = map[question]*call{}
		}
		f.calls[key] = c
		go f.run(key, c, ask)
	}
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.answer, nil
	case <-ctx.Done():
		return answer{}, &net.DNSError{Err: ctx.Err().Error(), IsTimeout: true, IsTemporary: true}
	}
}

func (f *flights) run(key question, c *call, ask func() answer) {
	c.answer = ask()
	f.mu.Lock()
	delete(f.calls, key)
	f.mu.Unlock()
	close(c.done)
}
