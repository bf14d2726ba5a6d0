package store

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// GuardList is a list of a shop, for policies of the account guard to ask for.
type GuardList struct {
	Tenant access.Tenant
	// Name is how a policy calls it, Field which field of events its values are of.
	Name, Field string
	// About is what it is for, for people.
	About string
	Made  time.Time
	By    Actor
	// Entries counts them; All fills it in, Add ignores it.
	Entries int64
}

// What is on its way of an entry; the empty text: nothing.
const (
	PendingAdd    = "add"
	PendingRemove = "remove"
)

// GuardEntry is one value on a list. What holds for decisions stands in the log
// of events; Pending and Change tell what has still to be written there.
type GuardEntry struct {
	Tenant access.Tenant
	List   string
	// Value is as events have it: a keyed hash, unless the field stays clear.
	Value string
	// Ends is when it holds no more, Reason why it was put there.
	Ends   time.Time
	Reason string
	Made   time.Time
	By     Actor
	// Pending is PendingAdd, PendingRemove or empty; Change names the change that
	// it is part of.
	Pending, Change string
}

// GuardLists are the lists of shops and what is on them.
type GuardLists interface {
	// Add keeps a new list; Conflict when the tenant has the name.
	Add(ctx context.Context, l GuardList) error
	// Get returns a list, without the count of its entries.
	Get(ctx context.Context, t access.Tenant, name string) (GuardList, error)
	// All returns the tenant's lists by name, at most MaxLists.
	All(ctx context.Context, t access.Tenant) ([]GuardList, error)
	// Remove removes a list; its entries are removed before.
	Remove(ctx context.Context, t access.Tenant, name string) error
	// Put keeps an entry, in place of one of the same value.
	Put(ctx context.Context, e GuardEntry) error
	// Mark writes what becomes of an entry.
	Mark(ctx context.Context, e GuardEntry, pending, change string) error
	// Entry returns an entry.
	Entry(ctx context.Context, t access.Tenant, list, value string) (GuardEntry, error)
	// Entries returns a page of a list, newest first.
	Entries(ctx context.Context, t access.Tenant, list string, p Page) ([]GuardEntry, Key, error)
	// Pending returns the entries that are on their way, by change, and within one
	// in an order that depends on nothing but them.
	Pending(ctx context.Context, t access.Tenant) ([]GuardEntry, error)
	// Settle notes that a change stands in the log: what it took off is gone.
	Settle(ctx context.Context, t access.Tenant, change string) error
	// Due returns at most limit entries that ended before a time.
	Due(ctx context.Context, t access.Tenant, before time.Time, limit int) ([]GuardEntry, error)
}

// Bounds of lists.
const (
	MaxLists = 200
	// MaxListEntries is how many entries all lists of a tenant have at most.
	MaxListEntries = 200_000
	// MaxListReason is how many bytes a reason has, MaxListAbout what a list is for.
	MaxListReason = 300
	MaxListAbout  = 500
)

// Check returns what is wrong with a list, nil if it can be kept.
func (l *GuardList) Check() error {
	if _, err := access.ParseTenant(string(l.Tenant)); err != nil {
		return err
	}
	if l.Name == "" || l.Field == "" || Micros(l.Made) <= 0 || l.By == "" {
		return fault.New(fault.Invalid, "list", "lacks name, field, time or who made it: all are needed")
	}
	return checkTexts([]field{{"name", l.Name, 40}, {"field", l.Field, 64}, {"about", l.About, MaxListAbout}, {"made_by", string(l.By), 100}})
}

// Check returns what is wrong with an entry, nil if it can be kept.
func (e *GuardEntry) Check() error {
	if _, err := access.ParseTenant(string(e.Tenant)); err != nil {
		return err
	}
	if e.List == "" || e.Value == "" || Micros(e.Ends) <= 0 || Micros(e.Made) <= 0 || e.By == "" {
		return fault.New(fault.Invalid, "entry", "of a list lacks list, value, end, time or who made it: all are needed")
	}
	if e.Pending != "" && e.Pending != PendingAdd && e.Pending != PendingRemove || (e.Pending == "") != (e.Change == "") {
		return fault.New(fault.Invalid, "pending", "of an entry is add or remove with a change, or neither")
	}
	return checkTexts([]field{{"list", e.List, 40}, {"value", e.Value, 512}, {"reason", e.Reason, MaxListReason}, {"made_by", string(e.By), 100}, {"change", e.Change, 64}})
}

// listFamilies declares those of lists.
func listFamilies() []Family {
	return []Family{
		{Name: "guard_lists", Check: checkGuardListRow, Plain: []string{"name", "field"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"name", FieldText, true}, {"field", FieldText, false}, {"about", FieldText, false},
			{"made", FieldTime, false}, {"made_by", FieldText, false}}},
		{Name: "guard_entries", Check: checkGuardEntryRow, Plain: []string{"list", "pending"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"list", FieldText, true}, {"value", FieldText, true}, {"ends", FieldTime, false},
			{"reason", FieldText, false}, {"made", FieldTime, false}, {"made_by", FieldText, false}, {"pending", FieldText, false},
			{"change", FieldText, false}}},
	}
}

func checkGuardListRow(r Row) error {
	l := GuardList{Tenant: access.Tenant(r[0].(string)), Name: r[1].(string), Field: r[2].(string), About: r[3].(string), Made: Time(r[4].(int64)), By: Actor(r[5].(string))}
	return l.Check()
}

func checkGuardEntryRow(r Row) error {
	e := GuardEntry{Tenant: access.Tenant(r[0].(string)), List: r[1].(string), Value: r[2].(string), Ends: Time(r[3].(int64)), Reason: r[4].(string),
		Made: Time(r[5].(int64)), By: Actor(r[6].(string)), Pending: r[7].(string), Change: r[8].(string)}
	return e.Check()
}
