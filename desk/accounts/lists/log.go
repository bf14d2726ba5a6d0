package lists

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/store"
)

// A change of a list is first kept in the records with its audit entry, on its
// way, and then written into the log of events, where it holds. What stopped
// between is written at the next change or start, under the same ids, so that
// the log has it once.

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
	turn := d.turn(a.Tenant)
	turn.Lock()
	defer turn.Unlock()
	if err := d.settle(ctx, a.Tenant, turn); err != nil {
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
	if err := d.settle(ctx, a.Tenant, turn); err != nil {
		return ListView{}, err
	}
	return d.listView(&list), nil
}

// settle brings into the log what is on its way there, and compares once a start
// what the log says with the records: after a restore or an import they may
// differ. The caller has the turn.
func (d *Desk) settle(ctx context.Context, t access.Tenant, turn *turn) error {
	if !turn.compared {
		if err := d.compare(ctx, t); err != nil {
			return err
		}
		turn.compared = true
	}
	var rows []store.GuardEntry
	fields := map[string]string{}
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if rows, err = r.GuardLists.Pending(ctx, t); err != nil || len(rows) == 0 {
			return err
		}
		lists, err := r.GuardLists.All(ctx, t)
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
		if err := d.write(ctx, t, changesOf(rows[:n], fields), rows[0].Made, rows[0].Change); err != nil {
			return err
		}
		if err := d.cfg.Store.Write(ctx, func(r store.Records) error { return r.GuardLists.Settle(ctx, t, rows[0].Change) }); err != nil {
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
func (d *Desk) write(ctx context.Context, t access.Tenant, list []event.ListChange, when time.Time, id string) error {
	for n := 0; len(list) > 0; n++ {
		m := min(len(list), appendLists)
		events := make([]event.Event, m)
		for i := range events {
			events[i] = event.Event{ID: fmt.Sprintf("list-%s-%d-%d", id, n, i), Source: accounts.OwnSource, Type: event.ListChanged, Time: when.UTC(), List: &list[i]}
		}
		if err := d.cfg.Guard.WriteOwn(ctx, t, events); err != nil {
			return err
		}
		list = list[m:]
	}
	return nil
}

// compare makes the log say what the records say: entries that only the
// records have are put on their way, values that only the log has are taken off
// there.
func (d *Desk) compare(ctx context.Context, t access.Tenant) error {
	type key struct{ list, of, value string }
	found, err := d.cfg.Guard.Listed(ctx, t)
	if err != nil {
		return err
	}
	there := map[key]int64{}
	for _, x := range found {
		there[key{x.List, x.Of, x.Value}] = x.Until
	}
	id, missing := rand.Text(), 0
	now := d.cfg.Now()
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		lists, err := r.GuardLists.All(ctx, t)
		for i := 0; err == nil && i < len(lists); i++ {
			of, _ := event.DomainOf(lists[i].Field)
			err = eachEntry(ctx, r, t, lists[i].Name, func(e store.GuardEntry) error {
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
		_, err = r.Audit.Append(ctx, store.Deed{Tenant: t, When: now, Actor: "system accounts", Action: "list.compare",
			Why: strconv.Itoa(missing) + " entries were missing in the log, " + strconv.Itoa(len(there)) + " were too much"})
		return err
	})
	if err != nil {
		return err
	}
	var off []event.ListChange
	for _, x := range found {
		if _, ok := there[key{x.List, x.Of, x.Value}]; !ok {
			continue
		}
		if n := len(off); n > 0 && off[n-1].Name == x.List && off[n-1].Of == x.Of && len(off[n-1].Values) < event.MaxItems {
			off[n-1].Values = append(off[n-1].Values, x.Value)
			continue
		}
		off = append(off, event.ListChange{Name: x.List, Of: x.Of, Do: event.ListRemove, Values: []string{x.Value}})
	}
	return d.write(ctx, t, off, now, id+"-off")
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
