// Package eventlog is the contract of the log of events: append-only, durable
// before an append is acknowledged, idempotent by tenant and id, and cut into
// partitions by key, so that one owner sees all events of a key in one order.
// What is kept elsewhere about an account can be computed again from it.
//
// It is not for queries, not for records that change (package store), and it
// knows nothing of what an event says: the data are bytes.
//
//	r, err := log.Append(ctx, eventlog.Event{Tenant: "main", ID: "shop/7", Key: "a1", Data: raw})
//	records, err := log.Read(ctx, r[0].Partition, r[0].Position, 100)
package eventlog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"bonafide/access"
	"bonafide/fault"
)

// Bounds of one event and one append; beyond them an append is refused with
// fault.Invalid or fault.TooLarge and nothing of it is written.
const (
	// MaxText bounds tenant, id and key, each in bytes.
	MaxText = 512
	// MaxData bounds the data of an event in bytes.
	MaxData = 256 << 10
	// MaxAppend bounds the events of one append.
	MaxAppend = 4096
	// MaxPartitions bounds the partitions of a log.
	MaxPartitions = 1024
)

// Event is what is appended. The log does not change or keep Data after Append
// has returned; until then the caller must not change it.
type Event struct {
	Tenant access.Tenant
	// ID is unique within the tenant. The same event sent again must come with
	// the same key, since each partition knows the ids of its own events.
	ID string
	// Key decides the partition, together with the tenant: what has one key has one
	// order. The account guard gives all events of a tenant the same.
	Key string
	// Data is the event itself; may be empty.
	Data []byte
}

// Position is the place of an event in its partition: 1 for the first, and
// without gaps.
type Position uint64

// Receipt is the acknowledgement of one event: it is on the disk.
type Receipt struct {
	Partition int
	Position  Position
	// Repeated: the event was there before, at this place; nothing was written.
	Repeated bool
}

// Record is an event as it is read.
type Record struct {
	Event
	Partition int
	Position  Position
}

// Log is the contract. All methods are safe for concurrent use.
type Log interface {
	// Append writes events and returns their receipts, in the same order, once
	// all are durable. Events of one partition keep their order. With an error
	// some may have been written: append the same again, which writes none twice
	// while they are within the window (see Options of the implementation).
	// fault.Temporary: no room or too much at a time; try again later.
	Append(ctx context.Context, events ...Event) ([]Receipt, error)
	// Read returns up to limit (1 to MaxAppend) durable records of a partition
	// from a position on (0 means 1), none when there are no more yet.
	Read(ctx context.Context, partition int, from Position, limit int) ([]Record, error)
	// Last is the position of the newest durable record, 0 if there is none.
	Last(ctx context.Context, partition int) (Position, error)
	// Partitions is how many there are, numbered from 0; it never changes.
	Partitions() int
	// Ping tells whether an append could succeed now.
	Ping(ctx context.Context) error
	// Close waits for what is being written and refuses what comes later.
	Close() error
}

// ErrClosed is what a closed log answers.
var ErrClosed = fault.New(fault.Temporary, "", "eventlog: the log is closed: open it again")

// Check refuses events that are out of bounds, naming the first.
func Check(events []Event) error {
	if len(events) > MaxAppend {
		return fault.New(fault.TooLarge, "", "eventlog: append of %d events: at most %d at a time: send them in parts", len(events), MaxAppend)
	}
	for i := range events {
		e := &events[i]
		for _, x := range [...]struct{ name, v string }{{"tenant", string(e.Tenant)}, {"id", e.ID}, {"key", e.Key}} {
			if x.v == "" {
				return fault.New(fault.Invalid, "", "eventlog: append: event %d has no %s: give one", i, x.name)
			}
			if len(x.v) > MaxText {
				return fault.New(fault.TooLarge, "", "eventlog: append: the %s of event %d has %d bytes: at most %d", x.name, i, len(x.v), MaxText)
			}
		}
		if len(e.Data) > MaxData {
			return fault.New(fault.TooLarge, "", "eventlog: append: event %d has %d bytes: at most %d", i, len(e.Data), MaxData)
		}
	}
	return nil
}

// CheckRead refuses a read that no log can answer.
func CheckRead(l Log, partition, limit int) error {
	if n := l.Partitions(); partition < 0 || partition >= n {
		return fault.New(fault.Invalid, "", "eventlog: read of partition %d: there are 0 to %d", partition, n-1)
	}
	if limit < 1 || limit > MaxAppend {
		return fault.New(fault.Invalid, "", "eventlog: read of %d records: want 1 to %d", limit, MaxAppend)
	}
	return nil
}

// Partition is the partition of a key among n.
func Partition(tenant access.Tenant, key string, n int) int {
	h := hash(string(tenant), key)
	return int(binary.BigEndian.Uint64(h[:8]) % uint64(n)) //nolint:gosec // n is small and positive
}

// hash is that of two texts, each with its length, so that no two pairs agree.
func hash(a, b string) (out [16]byte) {
	buf := make([]byte, 0, 128)
	buf = binary.AppendUvarint(buf, uint64(len(a)))
	buf = append(buf, a...)
	buf = append(buf, b...)
	sum := sha256.Sum256(buf)
	copy(out[:], sum[:])
	return out
}

// Recent knows the positions of the newest events of one partition by tenant
// and id: about 60 bytes an event. It is not safe for concurrent use.
type Recent struct {
	at    map[[16]byte]Position
	order [][16]byte
	next  int
}

// NewRecent makes one that knows the newest window events.
func NewRecent(window int) *Recent {
	return &Recent{at: map[[16]byte]Position{}, order: make([][16]byte, 0, min(window, 1024)), next: -max(window, 1)}
}

// Find is the position of an event, 0 if it is not known.
func (r *Recent) Find(e *Event) Position { return r.at[hash(string(e.Tenant), e.ID)] }

// Add notes an event; beyond the window the oldest is forgotten.
func (r *Recent) Add(e *Event, at Position) {
	h := hash(string(e.Tenant), e.ID)
	if r.next < 0 {
		r.order = append(r.order, h)
		r.next++
	} else {
		old := r.order[r.next]
		if old != h {
			delete(r.at, old)
		}
		r.order[r.next] = h
		r.next = (r.next + 1) % len(r.order)
	}
	r.at[h] = at
}
