package accounts

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/desk/accounts/trail"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// recover brings the lane to the end of the log. Where another policy decided
// last, that one first decides what was acknowledged and not decided yet; then the
// present one reads all events, without its opinion of the past being kept. Where the
// log lost what had decided last stays in the records and decides nothing more.
func (l *lane) recover(ctx context.Context) error {
	want, err := l.desk.wanted(ctx, l.tenant)
	if err != nil {
		return err
	}
	rows, err := l.policies(ctx)
	if err != nil {
		return err
	}
	last, err := l.in.Last(ctx)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		if err := l.beginPolicy(ctx, want, 1); err != nil {
			return err
		}
		return l.resume(ctx, want)
	}
	was := &rows[0]
	l.begun = was.Made
	switch lost := was.Since > int64(last)+1; { //nolint:gosec // positions are small
	case lost:
		l.desk.failed("read the log of events", fault.New(fault.Internal, "", "the log ends at place %d, and the policy that decided last began at %d: the log was lost or replaced; what is left of it was decided before", last, was.Since))
	case was.Digest == want.digest:
		want.since, want.made = eventlog.Position(was.Since), was.Made //nolint:gosec // from 1
		return l.resume(ctx, want)
	default:
		if err := l.finish(ctx, was); err != nil {
			return err
		}
	}
	if err := l.fresh(ctx, want); err != nil {
		return err
	}
	return l.beginPolicy(ctx, want, l.place+1)
}

// resume goes on with the policy that decided last.
func (l *lane) resume(ctx context.Context, r *reign) (err error) {
	l.reign.Store(r)
	if l.load(r.policy) != nil {
		// No snapshot, or one that cannot be used: from the beginning. What earlier
		// policies decided stays as it was kept.
		l.place, l.trail = 0, trail.New(l.desk.lim.Trail)
		if l.guard, err = guard.New(r.policy, guard.Options{Cold: l.desk.cfg.Cold}); err != nil {
			return err
		}
	}
	l.at.Store(uint64(l.place))
	// A snapshot may be of an earlier reign of the same policy, with another's between.
	return l.catchUp(ctx, l.guard, l.judged(r.since))
}

// judged notes events of which those from a place of the log on are decided by the
// policy that reads; the ones before belong to another, and were kept by it.
func (l *lane) judged(since eventlog.Position) func(*event.Event, *guard.Decision, spot) {
	return func(e *event.Event, d *guard.Decision, x spot) {
		if x.at >= since {
			l.decided(e, d, x)
			return
		}
		l.passed(e, x.at)
	}
}

// passed notes an event that another policy decided before.
func (l *lane) passed(e *event.Event, at eventlog.Position) {
	l.place = at
	l.at.Store(uint64(at))
	l.since++
	l.trail.Add(e.Context.Account, at)
	if e.Type == event.OrderPlaced {
		l.trail.AddOrder(e.Order.ID, at)
	}
}

// fresh makes a guard of a policy that knows the whole log.
func (l *lane) fresh(ctx context.Context, r *reign) (err error) {
	l.place, l.trail = 0, trail.New(l.desk.lim.Trail)
	l.reign.Store(r)
	if l.guard, err = guard.New(r.policy, guard.Options{Cold: l.desk.cfg.Cold}); err != nil {
		return err
	}
	return l.catchUp(ctx, l.guard, func(e *event.Event, _ *guard.Decision, x spot) { l.passed(e, x.at) })
}

// finish decides what is left of the log by the policy that was live when it was
// acknowledged, and must be able to: unless the snapshot says that nothing is left,
// or the operator gave it up.
func (l *lane) finish(ctx context.Context, was *store.GuardPolicy) error {
	r, err := l.former(was)
	if err != nil {
		if l.desk.cfg.SkipUndecided || l.finished(ctx) {
			l.desk.failed("load the policy of before; what it had not decided is decided by none", err)
			return nil
		}
		return err
	}
	l.reign.Store(r)
	if l.load(r.policy) != nil {
		l.place = 0
		if l.guard, err = guard.New(r.policy, guard.Options{Cold: l.desk.cfg.Cold}); err != nil {
			return err
		}
	}
	if err := l.catchUp(ctx, l.guard, l.judged(r.since)); err != nil {
		return err
	}
	if !l.keeper.flush(ctx) {
		return fault.New(fault.Temporary, "", "the decisions of the policy of before cannot be kept now: try again")
	}
	return nil
}

// finished tells whether the snapshot, of whatever policy, knows the whole log.
func (l *lane) finished(ctx context.Context) bool {
	_, place, err := l.shelved()
	if err != nil {
		return false
	}
	for range l.in.Walk(ctx, place+1, eventlog.End) {
		return false // an event that it does not know, or an error
	}
	return true
}

// A snapshot is what the lane knows up to a place of the log:
//
//	"BFLANE2\n"  place(uvarint)  length of trail(uvarint)  trail  guard  checksum(4, CRC-32C of all before)
const laneMagic = "BFLANE2\n"

// save writes a snapshot, once all decisions before it are kept.
func (l *lane) save() {
	l.since, l.snapshot = 0, l.desk.cfg.Now()
	if l.desk.cfg.Shelf == nil || l.guard == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if !l.keeper.flush(ctx) {
		return // the snapshot of before holds
	}
	known := l.guard.Snapshot()
	if known == nil {
		l.desk.failed("write a snapshot; the one of before holds", errNoRoom)
		return
	}
	b := append([]byte(laneMagic), binary.AppendUvarint(nil, uint64(l.place))...)
	t := l.trail.Snapshot()
	b = binary.AppendUvarint(b, uint64(len(t)))
	b = append(b, t...)
	b = append(b, known...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	l.desk.failed("write a snapshot; the one of before holds", l.desk.cfg.Shelf.Save(string(l.tenant), b))
}

var errNoRoom = errors.New("keys of windows that were put on the disk cannot be read: look at the disk; a restart reads the log instead")

var errNoSnapshot = errors.New("there is no snapshot that can be used")

// shelved reads the snapshot up to its place, and checks that it is of this log.
func (l *lane) shelved() (rest []byte, place eventlog.Position, err error) {
	if l.desk.cfg.Shelf == nil {
		return nil, 0, errNoSnapshot
	}
	raw, err := l.desk.cfg.Shelf.Load(string(l.tenant))
	if err != nil || len(raw) < len(laneMagic)+6 || string(raw[:len(laneMagic)]) != laneMagic {
		return nil, 0, errors.Join(errNoSnapshot, err)
	}
	n := len(raw) - 4
	if crc32.Checksum(raw[:n], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(raw[n:]) {
		return nil, 0, errNoSnapshot
	}
	in := raw[len(laneMagic):n]
	at, used := binary.Uvarint(in)
	if used <= 0 {
		return nil, 0, errNoSnapshot
	}
	if last, err := l.in.Last(context.Background()); err != nil || uint64(last) < at {
		return nil, 0, errors.Join(errNoSnapshot, err) // of another log
	}
	return in[used:], eventlog.Position(at), nil
}

// load takes the snapshot for a policy. Any error means: from the beginning.
func (l *lane) load(p *policy.Policy) error {
	in, place, err := l.shelved()
	if err != nil {
		return err
	}
	size, more := binary.Uvarint(in)
	if more <= 0 || size > uint64(len(in)-more) {
		return errNoSnapshot
	}
	in = in[more:]
	t, err := trail.Read(in[:size], l.desk.lim.Trail)
	if err != nil {
		return err
	}
	g, err := guard.Restore(p, guard.Options{Cold: l.desk.cfg.Cold}, in[size:])
	if err != nil {
		return err
	}
	l.guard, l.place, l.trail = g, place, t
	return nil
}
