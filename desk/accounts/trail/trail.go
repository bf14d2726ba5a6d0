// Package trail is an index of where in the log of events the newest events of each
// account stand, for the page of an account. What it let go is in the log all the
// same; it decides nothing.
//
//	t := trail.New(200)
//	t.Add(account, at)
//	places, more := t.Of(account)
package trail

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	"bonafide/eventlog"
)

// Trail knows where in the log the newest events of each account stand: about
// 100 bytes for an account of few events. It is bounded in accounts and in
// events of each; what it let go is in the log all the same.
type Trail struct {
	most int

	mu sync.RWMutex // guards what follows
	at map[key][]eventlog.Position
	// Where orders were placed: the newest, and those before them.
	orders, before map[key]eventlog.Position
}

type key [12]byte

// maxTrails is how many accounts a trail knows.
const maxTrails = 2 << 20

// maxOrders is after how many orders those before them are let go: a trail knows at
// least so many of the newest, and at most twice as many.
const maxOrders = 1 << 19

// New makes a trail that knows at most so many events of each account.
func New(most int) *Trail {
	return &Trail{most: most, at: map[key][]eventlog.Position{}, orders: map[key]eventlog.Position{}}
}

// AddOrder notes where an order was placed, named as events have it; of an order
// that is placed twice the first place counts while it is known.
func (t *Trail) AddOrder(order string, at eventlog.Position) {
	if order == "" {
		return
	}
	k := keyOf(order)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.orders[k]; ok {
		return
	}
	if _, ok := t.before[k]; ok {
		return
	}
	if len(t.orders) >= maxOrders {
		t.before, t.orders = t.orders, map[key]eventlog.Position{}
	}
	t.orders[k] = at
}

// Order returns where an order was placed, if that is known.
func (t *Trail) Order(order string) (at eventlog.Position, ok bool) {
	k := keyOf(order)
	t.mu.RLock()
	defer t.mu.RUnlock()
	if at, ok = t.orders[k]; !ok {
		at, ok = t.before[k]
	}
	return at, ok
}

func keyOf(account string) key {
	sum := sha256.Sum256([]byte(account))
	return key(sum[:len(key{})])
}

// Add notes where an event of an account stands; events come in their order.
func (t *Trail) Add(account string, at eventlog.Position) {
	if account == "" {
		return
	}
	k := keyOf(account)
	t.mu.Lock()
	defer t.mu.Unlock()
	list, ok := t.at[k]
	if !ok && len(t.at) >= maxTrails {
		for other := range t.at { // any one: that its page is shorter changes no decision
			delete(t.at, other)
			break
		}
	}
	if len(list) >= 2*t.most {
		list = append(list[:0], list[len(list)-t.most:]...) // one more than is shown: there are older ones
	}
	t.at[k] = append(list, at)
}

// Of returns where the newest events of an account stand, oldest first; more
// tells that there are older ones.
func (t *Trail) Of(account string) (list []eventlog.Position, more bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := t.at[keyOf(account)]
	n := max(len(all)-t.most, 0)
	return append([]eventlog.Position(nil), all[n:]...), n > 0
}

// Forget lets go where the events of an account stand.
func (t *Trail) Forget(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, keyOf(account))
}

// Snapshot is the whole trail, for Read.
func (t *Trail) Snapshot() []byte {
	t.mu.RLock()
	defer t.mu.RUnlock()
	b := binary.AppendUvarint(nil, uint64(len(t.at)))
	for k, list := range t.at {
		b = append(b, k[:]...)
		b = binary.AppendUvarint(b, uint64(len(list)))
		was := eventlog.Position(0)
		for _, p := range list {
			b = binary.AppendUvarint(b, uint64(p-was))
			was = p
		}
	}
	b = binary.AppendUvarint(b, uint64(len(t.orders)+len(t.before)))
	for _, m := range []map[key]eventlog.Position{t.before, t.orders} {
		for k, p := range m {
			b = append(b, k[:]...)
			b = binary.AppendUvarint(b, uint64(p))
		}
	}
	return b
}

var errTrail = errors.New("accounts: the snapshot's index of accounts is damaged")

// Read reads what Snapshot wrote; an error where it is damaged.
func Read(in []byte, most int) (*Trail, error) {
	t := New(most)
	next := func() uint64 {
		v, n := binary.Uvarint(in)
		if n <= 0 {
			in = nil
			return 0
		}
		in = in[n:]
		return v
	}
	n := next()
	if n > maxTrails {
		return nil, errTrail
	}
	for range n {
		var k key
		if len(in) < len(k) {
			return nil, errTrail
		}
		in = in[copy(k[:], in):]
		size := next()
		if size > uint64(len(in)) {
			return nil, errTrail
		}
		list := make([]eventlog.Position, 0, size)
		was := uint64(0)
		for range size {
			was += next()
			list = append(list, eventlog.Position(was))
		}
		t.at[k] = list
	}
	if n = next(); n > 2*maxOrders {
		return nil, errTrail
	}
	t.before = make(map[key]eventlog.Position, n)
	for range n {
		var k key
		if len(in) < len(k) {
			return nil, errTrail
		}
		in = in[copy(k[:], in):]
		t.before[k] = eventlog.Position(next())
	}
	if len(in) > 0 {
		return nil, errTrail
	}
	return t, nil
}
