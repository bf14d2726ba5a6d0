package accounts

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// formerBy returns a policy of before by the beginning of its digest.
func (d *Desk) formerBy(digest [8]byte) *policy.Policy {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.former {
		if [8]byte(p.Digest[:8]) == digest {
			return p
		}
	}
	return nil
}

// recover brings the lane to the end of the log. Where another policy decided
// last, that one first decides what was acknowledged and not decided yet; then the
// present one reads all events, without its opinion of the past being kept.
func (l *lane) recover(ctx context.Context) error {
	now := hex.EncodeToString(l.desk.policy.Digest[:])
	was, err := l.latestPolicy(ctx)
	if err != nil {
		return err
	}
	if was == nil {
		if err := l.beginPolicy(ctx, 1); err != nil {
			return err
		}
	}
	if was != nil && was.Digest != now {
		if err := l.finish(ctx, was); err != nil {
			return err
		}
		if err := l.fresh(ctx); err != nil {
			return err
		}
		return l.beginPolicy(ctx, int64(l.place)+1) //nolint:gosec // positions are small
	}
	since := int64(1)
	if was != nil {
		since = was.Since
	}
	if l.load(l.desk.policy) == nil {
		// It may be of an earlier reign of the same policy, with another's between.
		return l.catchUp(ctx, l.guard, l.reign(since))
	}
	// No snapshot, or one that cannot be used: from the beginning. What earlier
	// policies decided stays as it was kept.
	l.place, l.trail = 0, newTrail(l.desk.lim.Trail)
	if l.guard, err = guard.New(l.desk.policy, guard.Options{}); err != nil {
		return err
	}
	return l.catchUp(ctx, l.guard, l.reign(since))
}

// reign notes events of which those from a place of the log on are decided by the
// policy that reads; the ones before belong to another, and were kept by it.
func (l *lane) reign(since int64) func(*event.Event, *guard.Decision, eventlog.Position) {
	return func(e *event.Event, d *guard.Decision, at eventlog.Position) {
		if int64(at) >= since { //nolint:gosec // positions are small
			l.decided(e, d, at)
			return
		}
		l.passed(e, at)
	}
}

// passed notes an event that another policy decided before.
func (l *lane) passed(e *event.Event, at eventlog.Position) {
	l.place = at
	l.since++
	l.trail.add(e.Context.Account, at)
}

// fresh makes a guard of the present policy that knows the whole log.
func (l *lane) fresh(ctx context.Context) (err error) {
	l.place, l.trail = 0, newTrail(l.desk.lim.Trail)
	if l.guard, err = guard.New(l.desk.policy, guard.Options{}); err != nil {
		return err
	}
	return l.catchUp(ctx, l.guard, func(e *event.Event, _ *guard.Decision, at eventlog.Position) { l.passed(e, at) })
}

// finish decides what is left of the log by the policy that was live when it was
// acknowledged. Where its text or snapshot cannot be read any more, nothing is.
func (l *lane) finish(ctx context.Context, was *store.GuardPolicy) error {
	p, err := l.desk.policyOf(ctx, l.tenant, was.Digest)
	if err != nil {
		if fault.KindOf(err) == fault.Temporary {
			return err
		}
		l.desk.failed("load the policy of before; what it had not decided is decided by none", err)
		return nil
	}
	if l.load(p) != nil {
		l.place = 0
		if l.guard, err = guard.New(p, guard.Options{}); err != nil {
			return err
		}
	}
	if err := l.catchUp(ctx, l.guard, l.reign(was.Since)); err != nil {
		return err
	}
	if !l.keeper.flush(ctx) {
		return fault.New(fault.Temporary, "", "the decisions of the policy of before cannot be kept now: try again")
	}
	return nil
}

func (l *lane) latestPolicy(ctx context.Context) (*store.GuardPolicy, error) {
	var list []store.GuardPolicy
	err := l.desk.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.GuardPolicies.List(ctx, l.tenant)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// beginPolicy writes down from which place on the present policy decides.
func (l *lane) beginPolicy(ctx context.Context, since int64) error {
	d, p := l.desk, l.desk.policy
	row := store.GuardPolicy{Tenant: l.tenant, Since: since, Digest: hex.EncodeToString(p.Digest[:]), Name: p.Name, Version: p.Version,
		Body: string(d.cfg.Policy), Made: d.cfg.Now()}
	deed := store.Deed{Tenant: l.tenant, When: row.Made, Actor: "system accounts", Action: "policy.begin",
		Object: fmt.Sprintf("policy:%s/%d", p.Name, p.Version), Why: "SHA-256 " + row.Digest}
	return store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error { return r.GuardPolicies.Put(ctx, row) })
}

// catchUp decides what stands in the log after the lane's place.
func (l *lane) catchUp(ctx context.Context, g *guard.Guard, note func(*event.Event, *guard.Decision, eventlog.Position)) error {
	for from := l.place + 1; ; {
		records, err := l.desk.cfg.Log.Read(ctx, l.part, from, eventlog.MaxAppend)
		if err != nil {
			return fmt.Errorf("accounts: read the log: %w", err)
		}
		if len(records) == 0 {
			return nil
		}
		for i := range records {
			r := &records[i]
			from = r.Position + 1
			if r.Tenant != l.tenant || r.Key != logKey {
				continue
			}
			e, _, err := eventOf(r)
			if err != nil {
				return err
			}
			d := g.Decide(&e)
			note(&e, &d, r.Position)
		}
	}
}

// A snapshot is what the lane knows up to a place of the log:
//
//	"BFLANE1\n"  place(uvarint)  length of trail(uvarint)  trail  guard  checksum(4, CRC-32C of all before)
const laneMagic = "BFLANE1\n"

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
	b := append([]byte(laneMagic), binary.AppendUvarint(nil, uint64(l.place))...)
	t := l.trail.snapshot()
	b = binary.AppendUvarint(b, uint64(len(t)))
	b = append(b, t...)
	b = append(b, l.guard.Snapshot()...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	l.desk.failed("write a snapshot; the one of before holds", l.desk.cfg.Shelf.Save(string(l.tenant), b))
}

var errNoSnapshot = errors.New("there is no snapshot that can be used")

// load takes the snapshot for a policy. Any error means: from the beginning.
func (l *lane) load(p *policy.Policy) error {
	if l.desk.cfg.Shelf == nil {
		return errNoSnapshot
	}
	raw, err := l.desk.cfg.Shelf.Load(string(l.tenant))
	if err != nil || len(raw) < len(laneMagic)+6 || string(raw[:len(laneMagic)]) != laneMagic {
		return errors.Join(errNoSnapshot, err)
	}
	n := len(raw) - 4
	if crc32.Checksum(raw[:n], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(raw[n:]) {
		return errNoSnapshot
	}
	in := raw[len(laneMagic):n]
	place, used := binary.Uvarint(in)
	in = in[max(used, 0):]
	size, more := binary.Uvarint(in)
	if used <= 0 || more <= 0 || size > uint64(len(in)-more) {
		return errNoSnapshot
	}
	in = in[more:]
	t, err := readTrail(in[:size], l.desk.lim.Trail)
	if err != nil {
		return err
	}
	g, err := guard.Restore(p, guard.Options{}, in[size:])
	if err != nil {
		return err
	}
	if last, err := l.desk.cfg.Log.Last(context.Background(), l.part); err != nil || uint64(last) < place {
		return errors.Join(errNoSnapshot, err) // of another log
	}
	l.guard, l.place, l.trail = g, eventlog.Position(place), t
	return nil
}
