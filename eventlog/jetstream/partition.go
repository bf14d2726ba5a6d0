package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"bonafide/eventlog"
	"bonafide/fault"
)

// call is the part of one append that goes to one partition.
type call struct {
	events   []eventlog.Event
	places   []int // of the events in the append
	receipts []eventlog.Receipt
	taken    int // events of it in frames that are written or in flight
	err      error
	done     chan struct{} // closed when receipts or err hold
}

// partition writes one stream. Its writer is the only one who changes what is
// not under mu.
type partition struct {
	log    *Log
	index  int
	name   string // of stream and subject
	recent *eventlog.Recent
	stream uint64 // sequence of the last message that is known
	acks   *acks  // of the connection that holds now
	frame  []byte // of the last write, to be used again

	mu     sync.Mutex // guards what follows
	wake   *sync.Cond
	queue  []*call
	events int // in the queue
	bytes  int
	closed bool
	last   eventlog.Position
}

// enqueue puts a call into the queue or refuses it.
func (p *partition) enqueue(c *call) error {
	bytes := 0
	for i := range c.events {
		bytes += c.events[i].Size()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return eventlog.ErrClosed
	}
	// A call alone always fits: its own bounds are those of an append.
	if p.events > 0 && (p.events+len(c.events) > p.log.o.MaxQueue || p.bytes+bytes > maxQueueBytes) {
		return fault.New(fault.Temporary, "", "eventlog: append: %d events wait in partition %d, more than the disk takes: send fewer at a time, or again later", p.events, p.index)
	}
	p.queue = append(p.queue, c)
	p.events += len(c.events)
	p.bytes += bytes
	p.wake.Signal()
	return nil
}

func (p *partition) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake.Broadcast()
}

// slot is one event of the frame being written.
type slot struct {
	c *call
	i int
}

// take waits for events and takes what one frame holds; none means the end.
func (p *partition) take() (slots []slot, calls []*call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 {
		if p.closed {
			return nil, nil
		}
		p.wake.Wait()
	}
	size := 64
	for len(p.queue) > 0 {
		c := p.queue[0]
		for c.taken < len(c.events) {
			n := c.events[c.taken].Size()
			if len(slots) == eventlog.MaxFrame || len(slots) > 0 && size+n > eventlog.MaxFrameBytes {
				return slots, append(calls, c)
			}
			slots = append(slots, slot{c, c.taken})
			size += n
			c.taken++
			p.events--
			p.bytes -= n
		}
		calls = append(calls, c)
		p.queue = p.queue[1:]
	}
	return slots, calls
}

// run writes until the partition is closed and its queue is empty.
func (p *partition) run() {
	for {
		slots, calls := p.take()
		if len(slots) == 0 {
			return
		}
		err := p.write(slots)
		for _, c := range calls {
			if err != nil && c.err == nil {
				c.err = err
				p.drop(c)
			}
			if c.taken == len(c.events) {
				close(c.done)
			}
		}
	}
}

// drop takes what is left of a failed call out of the queue.
func (p *partition) drop(c *call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; c.taken < len(c.events); c.taken++ {
		p.events--
		p.bytes -= c.events[c.taken].Size()
	}
	if len(p.queue) > 0 && p.queue[0] == c {
		p.queue = p.queue[1:]
	}
}

// write writes the events of slots that are new as one frame, and fills in the
// receipts of all.
func (p *partition) write(slots []slot) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := p.log.ready(ctx); err != nil {
		return err
	}
	// The store may not answer at all when its disk is full.
	watch := time.AfterFunc(500*time.Millisecond, func() {
		if full(p.log.o.Dir, nil) {
			cancel()
		}
	})
	defer watch.Stop()
	p.log.mu.RLock()
	err := p.put(ctx, slots)
	p.log.mu.RUnlock()
	if err != nil {
		err = p.log.why("append", err)
		p.log.fail(err)
	}
	return err
}

func (p *partition) put(ctx context.Context, slots []slot) error {
	if p.log.failed != nil { // another partition found it meanwhile
		return p.log.failed
	}
	first := p.last + 1 // only this goroutine writes last
	fresh := make([]eventlog.Event, 0, len(slots))
	var now map[[2]string]eventlog.Position // of this frame, where there may be repetitions
	if len(slots) > 1 {
		now = make(map[[2]string]eventlog.Position, len(slots))
	}
	for _, s := range slots {
		e := &s.c.events[s.i]
		id := [2]string{string(e.Tenant), e.ID}
		at := max(p.recent.Find(e), now[id])
		s.c.receipts[s.i] = eventlog.Receipt{Partition: p.index, Position: at, Repeated: at > 0}
		if at == 0 {
			at = first + eventlog.Position(len(fresh)) //nolint:gosec // a length
			if now != nil {
				now[id] = at
			}
			s.c.receipts[s.i].Position = at
			fresh = append(fresh, *e)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	p.frame = eventlog.AppendFrame(p.frame[:0], p.index, first, fresh)
	if err := p.acks.publish(ctx, p.frame, p.stream); err != nil {
		return err
	}
	if cap(p.frame) > maxKept {
		p.frame = nil
	}
	p.stream++
	p.learn(fresh, first)
	return nil
}

// learn notes events that are on disk.
func (p *partition) learn(events []eventlog.Event, first eventlog.Position) {
	for i := range events {
		p.recent.Add(&events[i], first+eventlog.Position(i)) //nolint:gosec // an index
	}
	p.mu.Lock()
	p.last = first + eventlog.Position(len(events)) - 1 //nolint:gosec // a length
	p.mu.Unlock()
}

// load makes the stream where it is missing, and reads what was written since
// the last message that is known. A frame whose write was not acknowledged may
// be there or not; here it is found.
func (p *partition) load(ctx context.Context) error {
	s, err := p.log.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: p.name, Subjects: []string{p.name}, Storage: jetstream.FileStorage,
		Retention: jetstream.LimitsPolicy, MaxBytes: -1, MaxMsgs: -1, MaxMsgSize: -1, Replicas: 1, DenyDelete: true, DenyPurge: true,
		Duplicates: 100 * time.Millisecond, AllowDirect: true})
	if err != nil {
		return p.log.why(fmt.Sprintf("open partition %d", p.index), err)
	}
	if p.acks, err = newAcks(p.log.nc, p.name); err != nil {
		return p.log.why(fmt.Sprintf("open partition %d", p.index), err)
	}
	state := s.CachedInfo().State
	if state.LastSeq < p.stream || state.FirstSeq > 1 || state.NumDeleted > 0 || state.Msgs != state.LastSeq {
		return fault.New(fault.Internal, "", "eventlog: open partition %d: frames that were written are missing: keep a copy of the folder, run bonafide log verify, restore from a backup", p.index)
	}
	from := p.stream + 1
	if p.stream == 0 && state.LastSeq > uint64(p.log.o.Window) { //nolint:gosec // positive
		from = state.LastSeq - uint64(p.log.o.Window) + 1 //nolint:gosec // positive
	}
	for from <= state.LastSeq {
		frames, err := p.frames(ctx, from, min(state.LastSeq-from+1, 1024))
		if err != nil {
			return err
		}
		for _, f := range frames {
			if p.last > 0 && f[0].Position != p.last+1 {
				return p.damaged(from, "its position does not follow the one before")
			}
			events := make([]eventlog.Event, len(f))
			for i := range f {
				events[i] = f[i].Event
			}
			p.learn(events, f[0].Position)
			p.stream = from
			from++
		}
	}
	return nil
}

func (p *partition) damaged(sequence uint64, reason string) error {
	return fault.New(fault.Internal, "", "eventlog: frame %d of partition %d is damaged: %s: keep a copy of the folder, run bonafide log verify, restore from a backup", sequence, p.index, reason)
}

// frames reads up to count frames from a stream sequence on, at least one, and
// refuses gaps.
func (p *partition) frames(ctx context.Context, from, count uint64) ([][]eventlog.Record, error) {
	inbox := p.log.nc.NewInbox()
	sub, err := p.log.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, p.log.why("read", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	request, err := json.Marshal(map[string]uint64{"seq": from, "batch": count, "max_bytes": 8 << 20})
	if err != nil {
		return nil, err
	}
	if err := p.log.nc.PublishRequest("$JS.API.DIRECT.GET."+p.name, inbox, request); err != nil {
		return nil, p.log.why("read", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var out [][]eventlog.Record
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, p.log.why("read", err)
		}
		if status := m.Header.Get("Status"); status != "" {
			if len(out) == 0 {
				return nil, p.damaged(from, "the store cannot read it ("+status+")")
			}
			return out, nil
		}
		f, err := p.parse(m, from)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		from++
	}
}

// parse reads the frame of a message, which must have a sequence.
func (p *partition) parse(m *nats.Msg, want uint64) ([]eventlog.Record, error) {
	got, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || got != want {
		return nil, p.damaged(want, "it is missing")
	}
	f, err := eventlog.ParseFrame(m.Data)
	if err == nil && f[0].Partition != p.index {
		err = errors.New("it is of another partition")
	}
	if err != nil {
		return nil, p.damaged(want, err.Error())
	}
	return f, nil
}

// Read reads records of a partition. It finds the first frame by halving.
func (l *Log) Read(ctx context.Context, partition int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	if err := eventlog.CheckRead(l, partition, limit); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := l.ready(ctx); err != nil && fault.KindOf(err) != fault.Temporary {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed || l.nc == nil {
		return nil, eventlog.ErrClosed
	}
	p := l.parts[partition]
	from = max(from, 1)
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	if from > last {
		return nil, nil
	}
	// Each frame has at least one event: the frame of a position is at most
	// that far into the stream.
	low, high := uint64(1), uint64(from)
	info, err := l.js.Stream(ctx, p.name)
	if err != nil {
		return nil, l.why("read", err)
	}
	high = min(high, info.CachedInfo().State.LastSeq)
	for low < high {
		mid := (low + high + 1) / 2
		f, err := p.frames(ctx, mid, 1)
		if err != nil {
			return nil, err
		}
		if f[0][0].Position <= from {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return p.collect(ctx, low, from, last, limit)
}

// collect reads records of frames from a stream sequence on.
func (p *partition) collect(ctx context.Context, sequence uint64, from, last eventlog.Position, limit int) ([]eventlog.Record, error) {
	var out []eventlog.Record
	for len(out) < limit && from <= last {
		frames, err := p.frames(ctx, sequence, uint64(min(limit-len(out), 256))) //nolint:gosec // positive
		if err != nil {
			return nil, err
		}
		for _, f := range frames {
			sequence++
			for _, r := range f {
				if r.Position < from || r.Position > last || len(out) == limit {
					continue
				}
				if r.Position != from {
					return nil, p.damaged(sequence-1, "its position does not follow the one before")
				}
				out = append(out, r)
				from++
			}
		}
	}
	return out, nil
}
