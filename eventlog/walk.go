package eventlog

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"bonafide/access"
	"bonafide/fault"
)

// Strand is what one tenant wrote into a log under one key. All of it stands in one
// partition, in one order, between what others wrote. It is read-only.
type Strand struct {
	Log    Log
	Tenant access.Tenant
	Key    string
}

// End is the place to which Strand.Walk goes on as long as there are records.
const End = Position(math.MaxUint64)

// Partition is the one in which the strand stands.
func (s Strand) Partition() int { return Partition(s.Tenant, s.Key, s.Log.Partitions()) }

// Last is the position of the newest record of the partition, whosever it is.
func (s Strand) Last(ctx context.Context) (Position, error) { return s.Log.Last(ctx, s.Partition()) }

// Has tells whether a record belongs to the strand.
func (s Strand) Has(r *Record) bool { return r.Tenant == s.Tenant && r.Key == s.Key }

// Walk yields the records of the strand from a place to another one, both included,
// in the order of the log. A record is good until the next one; its data may be
// kept. Where the log ends before the place that is asked for, the walk ends with
// fault.Temporary, but for End. An error ends the walk; it is of the log.
func (s Strand) Walk(ctx context.Context, from, to Position) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		partition := s.Partition()
		for at := max(from, 1); at <= to; {
			n := min(uint64(to-at), MaxAppend-1) + 1
			records, err := s.Log.Read(ctx, partition, at, int(n)) //nolint:gosec // at most MaxAppend
			switch {
			case err != nil:
				yield(nil, fmt.Errorf("read the log of events: %w", err))
				return
			case len(records) == 0:
				if to != End {
					yield(nil, fault.New(fault.Temporary, "", "read the log of events: it ends at place %d, before %d", at-1, to))
				}
				return
			}
			for i := range records {
				at = records[i].Position + 1
				if s.Has(&records[i]) && !yield(&records[i], nil) {
					return
				}
			}
		}
	}
}

// nearby is how far two places may lie apart to be read at once: to find a place
// costs about as much as to read so many events.
const nearby = 512

// At yields the records of the strand that stand at places, which grow. Places at
// which none of it stands are left out. Records and errors are as those of Walk.
func (s Strand) At(ctx context.Context, places []Position) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for len(places) > 0 {
			n := 1
			for n < len(places) && places[n]-places[n-1] <= nearby && places[n]-places[0] < MaxAppend {
				n++
			}
			some := places[:n]
			places = places[n:]
			for r, err := range s.Walk(ctx, some[0], some[n-1]) {
				if err == nil {
					if _, there := slices.BinarySearch(some, r.Position); !there {
						continue
					}
				}
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}
