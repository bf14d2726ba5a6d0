package lists

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/fault"
	"bonafide/store"
)

// Times of entries. Every entry ends, so that no list grows forever and nobody
// stays on one for a mistake of years ago.
const (
	// EntryLasts is for how long an entry holds that names no end.
	EntryLasts = 365 * 24 * time.Hour
	// EntryLongest is how long one may hold at most.
	EntryLongest = 730 * 24 * time.Hour
)

// ListView is a list as those see it who may.
type ListView struct {
	Name string `json:"name" doc:"How a policy calls it: list.NAME."`
	// Of is the field of events that its values are of.
	Of      string      `json:"of" doc:"Field of events that its values are of, such as event.device or order.gift_recipients."`
	About   string      `json:"about,omitempty" doc:"What it is for."`
	Entries int64       `json:"entries"`
	Asked   bool        `json:"asked" doc:"The policy that decides asks for it."`
	Made    *time.Time  `json:"made_at,omitempty" doc:"Absent: the policy names it, and nothing was ever put on it."`
	By      store.Actor `json:"made_by,omitempty"`
}

// EntryView is an entry of a list.
type EntryView struct {
	Value  string      `json:"value" doc:"The value as events have it: a keyed hash, unless the field stays clear."`
	Reason string      `json:"reason"`
	Until  time.Time   `json:"until" doc:"Events that happen from then on do not find it."`
	Made   time.Time   `json:"made_at"`
	By     store.Actor `json:"made_by"`
	// Waiting: it is not in the log of events yet, and so does not hold.
	Waiting bool `json:"waiting,omitempty" doc:"On its way into the log of events: it holds as soon as it is there."`
}

// NewList is a list to be made.
type NewList struct {
	Name  string `json:"name" pattern:"^[a-z][a-z0-9_]{0,39}$" doc:"How policies call it: small letters, digits and _."`
	Of    string `json:"of" doc:"Field of events that its values are of." maxLength:"64"`
	About string `json:"about,omitempty" doc:"What it is for; no personal data." maxLength:"500"`
}

// ListValue is a value as somebody gives it.
type ListValue struct {
	Value string `json:"value" doc:"As the shop sends it in events; it is hashed on the server and not kept." maxLength:"512"`
	// Hashed: Value is a hash as decisions and events show it.
	Hashed bool `json:"hashed,omitempty" doc:"The value is a hash already, as decisions and events show it."`
}

// NewEntry is a value to be put on a list.
type NewEntry struct {
	ListValue
	Until  time.Time `json:"until,omitzero" doc:"When it ends; a year from now if absent, two years at most."`
	Reason string    `json:"reason" doc:"Why; no personal data." minLength:"1" maxLength:"300"`
}

// EntryQuery says which entries are wanted.
type EntryQuery struct {
	List string
	// Find, if its Value is not empty, asks for one value.
	Find ListValue
	Page store.Page
}

// EntryListing is a page of a list.
type EntryListing struct {
	List    ListView
	Entries []EntryView
	Next    store.Key
}

var listName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// hashed is a value as a sealer makes it; of an address two with its network.
var hashed = regexp.MustCompile(`^(n:[0-9a-f]{32}(/[0-9a-f]{32})?|[0-9a-f]{32})$`)

func (d *Desk) mayList(a access.Actor, p access.Permission) error {
	return a.May(p, access.Of{Tenant: a.Tenant}, d.cfg.Now())
}

// Lists returns the tenant's lists by name, and those that the policy that
// decides asks for and nobody made yet. Right: list.read.
func (d *Desk) Lists(ctx context.Context, a access.Actor) ([]ListView, error) {
	if err := d.mayList(a, access.ListRead); err != nil {
		return nil, err
	}
	var rows []store.GuardList
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		rows, err = r.GuardLists.All(ctx, a.Tenant)
		return err
	}); err != nil {
		return nil, err
	}
	out := []ListView{}
	for i := range rows {
		out = append(out, d.listView(&rows[i]))
	}
	for _, x := range d.cfg.Guard.Asked(a.Tenant) {
		if !slices.ContainsFunc(out, func(v ListView) bool { return v.Name == x.Name }) {
			out = append(out, ListView{Name: x.Name, Of: x.Field, Asked: true})
		}
	}
	slices.SortFunc(out, func(a, b ListView) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (d *Desk) listView(l *store.GuardList) ListView {
	of, _ := event.DomainOf(l.Field)
	v := ListView{Name: l.Name, Of: l.Field, About: l.About, Entries: l.Entries, Made: &l.Made, By: l.By}
	for _, x := range d.cfg.Guard.Asked(l.Tenant) {
		v.Asked = v.Asked || x.Name == l.Name && x.Of == of
	}
	return v
}

// ListFields are the fields of events that lists can be of, in the order of the
// vocabulary.
func ListFields() []event.Field {
	return slices.DeleteFunc(event.Fields(), func(f event.Field) bool {
		_, ok := event.DomainOf(f.Path)
		return !ok || f.Enum != nil || strings.HasSuffix(f.Path, ".currency") || f.Path == "event.country" || f.Path == "login.factors"
	})
}

// MakeList makes a list. Right: list.write. Conflict when there is one of the name.
func (d *Desk) MakeList(ctx context.Context, a access.Actor, n NewList) error {
	if err := d.mayList(a, access.ListWrite); err != nil {
		return err
	}
	l := store.GuardList{Tenant: a.Tenant, Name: n.Name, Field: n.Of, About: n.About, Made: d.cfg.Now()}
	deed := d.deed(a, "list.make", "list:"+n.Name, n.Of)
	l.By = deed.Actor
	switch {
	case !listName.MatchString(n.Name):
		return fault.New(fault.Invalid, "name", "of a list has small letters, digits and _, a letter first, at most 40")
	case !slices.ContainsFunc(ListFields(), func(f event.Field) bool { return f.Path == n.Of }):
		return fault.New(fault.Invalid, "of", "is no field of events that a list can be of: one such as event.device, event.account, order.gift_recipients")
	}
	return store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error {
		all, err := r.GuardLists.All(ctx, a.Tenant)
		if err == nil && len(all) >= store.MaxLists {
			err = fault.New(fault.TooLarge, "", "there are %d lists already, the most that are kept: remove one", len(all))
		}
		if err != nil {
			return err
		}
		return r.GuardLists.Add(ctx, l)
	})
}

// RemoveList removes a list that has no entries. Right: list.write.
func (d *Desk) RemoveList(ctx context.Context, a access.Actor, name string) error {
	if err := d.mayList(a, access.ListWrite); err != nil {
		return err
	}
	return store.Change(ctx, d.cfg.Store, d.deed(a, "list.remove", "list:"+listID(name), ""), func(r store.Records) error {
		rows, _, err := r.GuardLists.Entries(ctx, a.Tenant, listID(name), store.Page{Limit: 1})
		if err == nil && len(rows) > 0 {
			err = fault.New(fault.Conflict, "list", "still has entries: take them off first")
		}
		if err != nil {
			return err
		}
		return r.GuardLists.Remove(ctx, a.Tenant, listID(name))
	})
}

// listID bounds the name of a list that somebody sent before it stands in a deed.
func listID(name string) string {
	if !listName.MatchString(name) {
		return "-"
	}
	return name
}

// listOf is a list of the tenant; one that the policy names and nobody made has
// no time. NotFound where there is neither.
func (d *Desk) listOf(ctx context.Context, r store.Records, t access.Tenant, name string) (store.GuardList, error) {
	l, err := r.GuardLists.Get(ctx, t, listID(name))
	if fault.KindOf(err) != fault.NotFound {
		return l, err
	}
	for _, x := range d.cfg.Guard.Asked(t) {
		if x.Name == name {
			return store.GuardList{Tenant: t, Name: name, Field: x.Field}, nil
		}
	}
	return l, err
}

// Entries returns a page of a list, newest first, or the one value that is looked
// for. Right: list.read.
func (d *Desk) Entries(ctx context.Context, a access.Actor, q EntryQuery) (out EntryListing, err error) {
	if err := d.mayList(a, access.ListRead); err != nil {
		return out, err
	}
	out.Entries = []EntryView{}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		l, err := d.listOf(ctx, r, a.Tenant, q.List)
		if err != nil {
			return err
		}
		if out.List = d.listView(&l); l.Made.IsZero() {
			out.List.Made = nil
			return nil
		}
		var rows []store.GuardEntry
		if q.Find.Value == "" {
			rows, out.Next, err = r.GuardLists.Entries(ctx, a.Tenant, l.Name, q.Page)
		} else {
			rows, err = d.find(ctx, r, &l, q.Find)
		}
		for i := range rows {
			e := &rows[i]
			out.Entries = append(out.Entries, EntryView{Value: e.Value, Reason: e.Reason, Until: e.Ends, Made: e.Made, By: e.By, Waiting: e.Pending != ""})
		}
		return err
	})
	return out, err
}

// find looks for one value; none is no error.
func (d *Desk) find(ctx context.Context, r store.Records, l *store.GuardList, v ListValue) ([]store.GuardEntry, error) {
	value, err := d.valueOf(l, v)
	if err != nil {
		return nil, err
	}
	e, err := r.GuardLists.Entry(ctx, l.Tenant, l.Name, value)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return []store.GuardEntry{e}, err
}

// valueOf is a value as events have it.
func (d *Desk) valueOf(l *store.GuardList, v ListValue) (string, error) {
	v.Value = strings.TrimSpace(v.Value)
	if v.Hashed {
		f := event.FieldAt(l.Field)
		if f != nil && f.Class == event.Personal && !hashed.MatchString(v.Value) {
			return "", fault.New(fault.Invalid, "value", "is no hash as decisions and events show it: 32 hexadecimal digits, n:… for addresses")
		}
		return v.Value, store.CheckText("value", v.Value, 512)
	}
	s, err := d.cfg.Guard.Sealer(l.Tenant)
	if err != nil {
		return "", err
	}
	return s.Value(l.Field, v.Value)
}

// PutEntries puts values on a list, all or none of them; one that is there is
// written anew. When it returns they are in the log of events: events after them
// find them. fault.Temporary: they may be kept and not hold yet; send the same
// again. Right: list.write.
func (d *Desk) PutEntries(ctx context.Context, a access.Actor, list string, entries []NewEntry) (ListView, error) {
	why := fmt.Sprintf("%d entries", len(entries))
	if len(entries) == 1 {
		why = entries[0].Reason
	}
	return d.changeList(ctx, a, "list.add", listDeed{list, why}, func(r store.Records, l *store.GuardList, c change) error {
		if l.Made.IsZero() {
			l.Made, l.By = c.when, c.by
			if err := r.GuardLists.Add(ctx, *l); err != nil {
				return err
			}
		}
		if err := d.room(ctx, r, a.Tenant, len(entries)); err != nil {
			return err
		}
		for i := range entries {
			e, err := d.entry(l, &entries[i], c)
			if err == nil {
				err = r.GuardLists.Put(ctx, e)
			}
			if err != nil {
				return inLine(i, len(entries), err)
			}
		}
		return nil
	})
}

// inLine names the entry of several that an error is about.
func inLine(i, n int, err error) error {
	if n == 1 {
		return err
	}
	return fault.New(fault.KindOf(err), "", "entry %d: %s; nothing was changed", i+1, err)
}

// room refuses what is more than lists hold.
func (d *Desk) room(ctx context.Context, r store.Records, t access.Tenant, more int) error {
	switch {
	case more < 1:
		return fault.New(fault.Invalid, "entries", "are missing: give one or more")
	case more > MaxImport:
		return fault.New(fault.TooLarge, "entries", "are %d: at most %d at once; send them in parts", more, MaxImport)
	}
	all, err := r.GuardLists.All(ctx, t)
	n := int64(more)
	for i := range all {
		n += all[i].Entries
	}
	if err == nil && n > store.MaxListEntries {
		return fault.New(fault.TooLarge, "", "the lists would have %d entries: at most %d are kept; take off what is not needed any more", n, store.MaxListEntries)
	}
	return err
}

func (d *Desk) entry(l *store.GuardList, n *NewEntry, c change) (store.GuardEntry, error) {
	e := store.GuardEntry{Tenant: l.Tenant, List: l.Name, Ends: n.Until, Reason: strings.TrimSpace(n.Reason), Made: c.when, By: c.by, Pending: store.PendingAdd, Change: c.id}
	if e.Ends.IsZero() {
		e.Ends = c.when.Add(EntryLasts)
	}
	e.Ends = e.Ends.UTC().Truncate(time.Microsecond)
	switch {
	case !e.Ends.After(c.when):
		return e, fault.New(fault.Invalid, "until", "is past: an entry ends later than now")
	case e.Ends.After(c.when.Add(EntryLongest)):
		return e, fault.New(fault.Invalid, "until", "is more than two years ahead: an entry ends before, and is renewed where it still holds")
	case len([]rune(e.Reason)) < access.MinReason:
		return e, fault.New(fault.Invalid, "reason", "is missing or too short: say why, without personal data")
	}
	var err error
	e.Value, err = d.valueOf(l, n.ListValue)
	return e, err
}

// TakeOff takes values off a list, all or none of them. When it returns that
// stands in the log of events. NotFound for one that is not on it. Right: list.write.
func (d *Desk) TakeOff(ctx context.Context, a access.Actor, list string, values []ListValue, reason string) (ListView, error) {
	reason = strings.TrimSpace(reason)
	if err := store.CheckText("reason", reason, store.MaxListReason); err != nil || len([]rune(reason)) < access.MinReason {
		return ListView{}, fault.New(fault.Invalid, "reason", "is too short or longer than %d bytes: say why, without personal data", store.MaxListReason)
	}
	if len(values) == 0 || len(values) > MaxImport {
		return ListView{}, fault.New(fault.Invalid, "values", "are %d: give 1 to %d", len(values), MaxImport)
	}
	return d.changeList(ctx, a, "list.take_off", listDeed{list, reason}, func(r store.Records, l *store.GuardList, c change) error {
		for i := range values {
			value, err := d.valueOf(l, values[i])
			if err == nil {
				var e store.GuardEntry
				if e, err = r.GuardLists.Entry(ctx, a.Tenant, l.Name, value); err == nil {
					err = r.GuardLists.Mark(ctx, e, store.PendingRemove, c.id)
				}
			}
			if err != nil {
				return inLine(i, len(values), err)
			}
		}
		return nil
	})
}
