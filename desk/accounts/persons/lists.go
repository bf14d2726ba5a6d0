package persons

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/request"
	"bonafide/casework/retention"
	"bonafide/desk/accounts/lists"
	"bonafide/fault"
	"bonafide/store"
)

// ListRequests finds, copies and erases what stands of a person on the shop's
// lists.
type ListRequests struct{ q *Requests }

// Kind is what entries of lists are called in data/retention.
func (ListRequests) Kind() string { return lists.KindEntry }

// Ready does nothing: entries stand in the records before they hold.
func (ListRequests) Ready(context.Context) error { return nil }

// entryID names an entry in requests: by its list, value and time, so that one
// that is put there anew is another record, and its value stands in no page or log.
func entryID(e *store.GuardEntry) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%d", e.List, e.Value, store.Micros(e.Made))))
	return e.List + "-" + hex.EncodeToString(sum[:16])
}

// listOf is the list of an entry by the entry's name.
func listOf(id string) string {
	list, _, _ := strings.Cut(id, "-") // no name of a list has one
	return list
}

// forms are the values by which lists of a domain may have the person, with how
// each was found.
func (q ListRequests) forms(t access.Tenant, s request.Subject) (map[string]map[string]string, error) {
	named, err := q.q.named(t, s)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]string{}
	add := func(path, value, hint string) {
		of, _ := event.DomainOf(path)
		if out[of] == nil {
			out[of] = map[string]string{}
		}
		if out[of][value] == "" {
			out[of][value] = hint
		}
	}
	fields := map[string]string{"account": "event.account", "order": "order.id", "contact": "identifier.value", "recipient": "order.gift_recipients"}
	for form, kind := range named {
		if len(q.q.cfg.Clear) == 0 {
			add(fields[kind], form, kind)
			continue
		}
		for kind, path := range fields { // in the clear one form may be of several
			add(path, form, kind)
		}
	}
	for i := range s.Traces {
		if x := &s.Traces[i]; x.Certain {
			add("event.account", x.Account, "account")
		}
	}
	return out, nil
}

// Find returns the entries of lists that name the person or an account that
// certainly is theirs.
func (q ListRequests) Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) (out []request.Found, err error) {
	forms, err := q.forms(t, s)
	if err != nil || len(forms) == 0 {
		return nil, err
	}
	holds, err := r.Holds.Open(ctx, t, q.q.cfg.Now())
	if err != nil {
		return nil, err
	}
	all, err := r.GuardLists.All(ctx, t)
	if err != nil {
		return nil, err
	}
	for i := range all {
		of, _ := event.DomainOf(all[i].Field)
		for value, hint := range forms[of] {
			e, err := r.GuardLists.Entry(ctx, t, all[i].Name, value)
			if fault.KindOf(err) == fault.NotFound {
				continue
			}
			if err != nil {
				return nil, err
			}
			if e.Pending == store.PendingRemove {
				continue // erased, or taken off
			}
			if hint == "recipient" {
				hint = "listed_recipient"
			}
			_, held := q.q.keptEntry(holds, &e, q.q.cfg.Now())
			out = append(out, request.Found{Kind: lists.KindEntry, ID: entryID(&e), Created: e.Made, Certain: true, Held: held, Hint: hint})
		}
	}
	slices.SortFunc(out, func(a, b request.Found) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// keptEntry tells which hold keeps an entry at a time.
func (q *Requests) keptEntry(holds []store.Hold, e *store.GuardEntry, now time.Time) (store.Hold, bool) {
	thing := store.Thing{Kind: lists.KindEntry, ID: entryID(e), Created: e.Made}
	return store.Keeps(holds, thing, now, func() []store.Hash { return q.marks(e.Tenant, []string{e.Value}) })
}

// entry looks for the entry of a name.
func (ListRequests) entry(ctx context.Context, r store.Records, t access.Tenant, id string) (found store.GuardEntry, err error) {
	err = eachEntry(ctx, r, t, listOf(id), func(e store.GuardEntry) error {
		if entryID(&e) == id {
			found = e
		}
		return nil
	})
	if err == nil && found.Value == "" {
		err = fault.New(fault.NotFound, "", "there is no such entry of a list")
	}
	return found, err
}

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

// CopiedEntry is an entry of a list as the person gets it. The value is a keyed
// hash, unless the field stays clear.
type CopiedEntry struct {
	List   string    `json:"list"`
	About  string    `json:"about,omitempty"`
	Of     string    `json:"of"`
	Value  string    `json:"value"`
	Reason string    `json:"reason"`
	Made   time.Time `json:"made_at"`
	Until  time.Time `json:"until"`
}

// Copy returns an entry with its list and why the person stands there.
func (q ListRequests) Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error) {
	e, err := q.entry(ctx, r, t, f.ID)
	if err != nil {
		return nil, err
	}
	l, err := r.GuardLists.Get(ctx, t, e.List)
	return CopiedEntry{e.List, l.About, l.Field, e.Value, e.Reason, e.Made, e.Ends}, err
}

// Erase puts the removal of an entry on its way: the log is told, and the record
// goes with that, at once where the guard runs here, else at its next start.
func (q ListRequests) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	x, err := q.entry(ctx, r, t, f.ID)
	if err != nil {
		return nil, err
	}
	if !e.Force {
		holds, err := r.Holds.Open(ctx, t, e.When)
		if err != nil {
			return nil, err
		}
		if h, kept := q.q.keptEntry(holds, &x, e.When); kept {
			return nil, store.Held(h)
		}
	}
	if err := r.GuardLists.Mark(ctx, x, store.PendingRemove, "erase-"+f.ID[len(x.List)+1:]); err != nil {
		return nil, err
	}
	if q.q.cfg.Lists != nil {
		e.Then(func() { _ = q.q.cfg.Lists.Settle(ctx, t) }) // what fails is on its way still, and is settled later
	}
	return []request.Part{{Code: "list_entries", Count: 1}},
		r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: lists.KindEntry, Mark: store.Buried(t, lists.KindEntry, f.ID), Erased: e.When})
}

// Walk calls f with the names of all entries of the tenant's lists.
func (ListRequests) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	all, err := r.GuardLists.All(ctx, t)
	if err != nil {
		return err
	}
	for i := range all {
		if err := eachEntry(ctx, r, t, all[i].Name, func(e store.GuardEntry) error { return f(entryID(&e)) }); err != nil {
			return err
		}
	}
	return nil
}

// expireLists puts the removal of entries on its way whose time is over and that no
// hold keeps, and counts them by tenant.
func (q *Requests) expireLists(ctx context.Context, dry bool) (out []retention.Count, err error) {
	kept, err := retention.Load(q.cfg.Data)
	if err != nil {
		return nil, err
	}
	now := q.cfg.Now()
	before := kept.Kind(lists.KindEntry).Before(now)
	var tenants []store.Tenant
	if err := q.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		tenants, err = r.Tenants.List(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	for _, t := range tenants {
		c := retention.Count{Tenant: t.ID, Kind: lists.KindEntry}
		if err := store.Try(ctx, q.cfg.Store, dry, func(r store.Records) error {
			due, err := r.GuardLists.Due(ctx, t.ID, before, store.MaxListEntries)
			if err != nil || len(due) == 0 {
				return err
			}
			holds, err := r.Holds.Open(ctx, t.ID, now)
			for i := 0; err == nil && i < len(due); i++ {
				e := &due[i]
				if e.Pending == store.PendingRemove {
					continue
				}
				if _, held := q.keptEntry(holds, e, now); held {
					c.Held++
					continue
				}
				c.Erased++
				err = r.GuardLists.Mark(ctx, *e, store.PendingRemove, fmt.Sprintf("expire-%d-%d", store.Micros(now), c.Erased/lists.MaxImport))
			}
			return err
		}); err != nil {
			return out, err
		}
		if c.Erased+c.Held > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}
