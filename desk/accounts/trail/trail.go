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
}

type key [12]byte

// maxTrails is how many accounts a trail knows.
const maxTrails = 2 << 20

// New makes a trail that knows at most so many events of each account.
func New(most int) *Trail { return &Trail{most: most, at: map[key][]eventlog.Position{}} }

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
	if len(in) > 0 {
		return nil, errTrail
	}
	return t, nil
}
