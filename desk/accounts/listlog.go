package accounts

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/fault"
	"bonafide/store"
)

// A change of a list is first kept in the records with its audit entry, on its
// way, and then written into the log of events, where it holds. What stopped
// between is written at the next change or start, under the same ids, so that
// the log has it once.

// ownSource is the source of events that this server writes.
const ownSource = "bonafide"

// change is one change of a list.
type change struct {
	id   string
	when time.Time
	by   store.Actor
}

// listDeed is which list is changed, and why.
type listDeed struct{ list, why string }

// changeList does one change of a list and returns once it is in the log.
func (d *Desk) changeList(ctx context.Context, a access.Actor, action string, deed listDeed, f func(store.Records, *store.GuardList, change) error) (ListView, error) {
	if err := d.mayList(a, access.ListWrite); err != nil {
		return ListView{}, err
	}
	l, err := d.lane(ctx, a.Tenant)
	if err != nil {
		return ListView{}, err
	}
	l.listing.Lock()
	defer l.listing.Unlock()
	if err := l.settleLists(ctx); err != nil {
		return ListView{}, err
	}
	entry := d.deed(a, action, "list:"+listID(deed.list), deed.why)
	var list store.GuardList
	if err := store.Change(ctx, d.cfg.Store, entry, func(r store.Records) (err error) {
		if list, err = d.listOf(ctx, r, a.Tenant, deed.list); err != nil {
			return err
		}
		return f(r, &list, change{rand.Text(), entry.When, entry.Actor})
	}); err != nil {
		return ListView{}, err
	}
	if err := l.settleLists(ctx); err != nil {
		return ListView{}, err
	}
	return d.listView(&list), nil
}

// listedValue is an entry as the guard has it.
type listedValue struct {
	list, of, value string
	until           int64
}

// listedNow is what the lane's guard has on lists. Only who owns the guard calls it.
func (l *lane) listedNow() (out []listedValue) {
	l.guard.Listed(func(name, of, value string, until int64) { out = append(out, listedValue{name, of, value, until}) })
	return out
}

// settleLists brings into the log what is on its way there, and compares once a
// start what the log says with the records: after a restore or an import they
// may differ. The caller holds l.listing.
func (l *lane) settleLists(ctx context.Context) error {
	if !l.listed {
		if err := l.compareLists(ctx); err != nil {
			return err
		}
		l.listed, l.found = true, nil
	}
	var rows []store.GuardEntry
	fields := map[string]string{}
	if err := l.desk.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if rows, err = r.GuardLists.Pending(ctx, l.tenant); err != nil || len(rows) == 0 {
			return err
		}
		lists, err := r.GuardLists.All(ctx, l.tenant)
		for i := range lists {
			fields[lists[i].Name] = lists[i].Field
		}
		return err
	}); err != nil || len(rows) == 0 {
		return err
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Change == rows[0].Change {
			n++
		}
		if err := l.write(ctx, changesOf(rows[:n], fields), rows[0].Made, rows[0].Change); err != nil {
			return err
		}
		if err := l.desk.cfg.Store.Write(ctx, func(r store.Records) error { return r.GuardLists.Settle(ctx, l.tenant, rows[0].Change) }); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// changesOf makes the changes for the log from rows of one change, as few as hold
// what belongs together. The same rows make the same ones.
func changesOf(rows []store.GuardEntry, fields map[string]string) (out []event.ListChange) {
	for i := range rows {
		e := &rows[i]
		of, _ := event.DomainOf(fields[e.List])
		c := event.ListChange{Name: e.List, Of: of, Do: event.ListAdd, Until: e.Ends}
		if e.Pending == store.PendingRemove {
			c.Do, c.Until = event.ListRemove, time.Time{}
		}
		if n := len(out); n > 0 {
			if p := &out[n-1]; p.Name == c.Name && p.Do == c.Do && p.Until.Equal(c.Until) && len(p.Values) < event.MaxItems {
				p.Values = append(p.Values, e.Value)
				continue
			}
		}
		c.Values = []string{e.Value}
		out = append(out, c)
	}
	return out
}

// appendLists is how many changes go into the log at once.
const appendLists = 500

// write writes changes into the log and waits until the guard has them.
func (l *lane) write(ctx context.Context, list []event.ListChange, when time.Time, id string) error {
	for n := 0; len(list) > 0; n++ {
		m := min(len(list), appendLists)
		c := &call{decide: true, done: make(chan struct{})}
		for i := range list[:m] {
			e := event.Event{ID: fmt.Sprintf("list-%s-%d-%d", id, n, i), Source: ownSource, Type: event.ListChanged, Time: when.UTC(), List: &list[i]}
			x := entryOf(&e, "", when) // nothing in it was written freely
			x.Tenant = l.tenant
			c.events, c.entries = append(c.events, e), append(c.entries, x)
		}
		if err := l.enqueue(c); err != nil {
			return err
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return fault.New(fault.Temporary, "", "the log took too long: the change is kept and holds as soon as it is there; send the same again")
		}
		if c.err != nil {
			return c.err
		}
		list = list[m:]
	}
	return nil
}

// compareLists makes the log say what the records say: entries that only the
// records have are put on their way, values that only the log has are taken off
// there.
func (l *lane) compareLists(ctx context.Context) error {
	type key struct{ list, of, value string }
	there := map[key]int64{}
	for _, x := range l.found {
		there[key{x.list, x.of, x.value}] = x.until
	}
	id, missing := rand.Text(), 0
	now := l.desk.cfg.Now()
	err := l.desk.cfg.Store.Write(ctx, func(r store.Records) error {
		lists, err := r.GuardLists.All(ctx, l.tenant)
		for i := 0; err == nil && i < len(lists); i++ {
			of, _ := event.DomainOf(lists[i].Field)
			err = eachEntry(ctx, r, l.tenant, lists[i].Name, func(e store.GuardEntry) error {
				k := key{e.List, of, e.Value}
				until, ok := there[k]
				delete(there, k)
				if e.Pending != "" || ok && until == store.Micros(e.Ends) {
					return nil
				}
				missing++
				return r.GuardLists.Mark(ctx, e, store.PendingAdd, id)
			})
		}
		if err != nil || missing+len(there) == 0 {
			return err
		}
		_, err = r.Audit.Append(ctx, store.Deed{Tenant: l.tenant, When: now, Actor: "system accounts", Action: "list.compare",
			Why: strconv.Itoa(missing) + " entries were missing in the log, " + strconv.Itoa(len(there)) + " were too much"})
		return err
	})
	if err != nil {
		return err
	}
	var off []event.ListChange
	for _, x := range l.found {
		if _, ok := there[key{x.list, x.of, x.value}]; !ok {
			continue
		}
		if n := len(off); n > 0 && off[n-1].Name == x.list && off[n-1].Of == x.of && len(off[n-1].Values) < event.MaxItems {
			off[n-1].Values = append(off[n-1].Values, x.value)
			continue
		}
		off = append(off, event.ListChange{Name: x.list, Of: x.of, Do: event.ListRemove, Values: []string{x.value}})
	}
	return l.write(ctx, off, now, id+"-off")
}

// eachEntry calls f with all entries of a list as they were before.
func eachEntry(ctx context.Context, r store.Records, t access.Tenant, list string, f func(store.GuardEntry) error) error {
	for p := (store.Page{Limit: store.MaxPage}); ; {
		rows, next, err := r.GuardLists.Entries(ctx, t, list, p)
		if err != nil {
			return err
		}
		for _, e := range rows {
			if err := f(e); err != nil {
				return err
			}
		}
		if next.IsZero() {
			return nil
		}
		p.After = next
	}
}

// startLists settles the lists of a tenant at the start of a server.
func (d *Desk) startLists(ctx context.Context, l *lane) error {
	l.listing.Lock()
	defer l.listing.Unlock()
	return l.settleLists(ctx)
}

// SweepLists takes off what ended before the time that the retention says, in
// the log as well.
func (d *Desk) SweepLists(ctx context.Context) error {
	var tenants []store.Tenant
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		tenants, err = r.Tenants.List(ctx)
		return err
	}); err != nil {
		return err
	}
	for _, t := range tenants {
		for {
			n, err := d.sweepListsOf(ctx, t.ID)
			if err != nil {
				return err
			}
			if n < MaxImport {
				break
			}
		}
	}
	return nil
}

func (d *Desk) sweepListsOf(ctx context.Context, t access.Tenant) (n int, err error) {
	var due []store.GuardEntry
	now := d.cfg.Now()
	before := now.AddDate(0, 0, -d.listDays)
	look := func(r store.Records) (err error) {
		due, err = r.GuardLists.Due(ctx, t, before, MaxImport)
		return err
	}
	if err := d.cfg.Store.Read(ctx, look); err != nil || len(due) == 0 {
		return 0, err
	}
	l, err := d.lane(ctx, t)
	if err != nil {
		return 0, err
	}
	l.listing.Lock()
	defer l.listing.Unlock()
	if err := l.settleLists(ctx); err != nil {
		return 0, err
	}
	id := rand.Text()
	if err := d.cfg.Store.Write(ctx, func(r store.Records) error {
		if err := look(r); err != nil || len(due) == 0 {
			return err
		}
		for _, e := range due {
			if err := r.GuardLists.Mark(ctx, e, store.PendingRemove, id); err != nil {
				return err
			}
		}
		_, err := r.Audit.Append(ctx, store.Deed{Tenant: t, When: now, Actor: "system retention", Action: "list.expire", Why: strconv.Itoa(len(due)) + " entries"})
		return err
	}); err != nil {
		return 0, err
	}
	return len(due), l.settleLists(ctx)
}
