package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Coupling is what a contact report says to the account guard, and how far that
// came. It holds nothing of the report's text, and accounts and orders as events
// have them: keyed hashes, unless the shop keeps them clear. It goes with its report.
type Coupling struct {
	Tenant access.Tenant
	Report ReportID
	// Account is whose account it concerns; empty while that is not known.
	Account string
	// Orders are those that the report names, MaxCoupled at most.
	Orders []string
	// Source is who says so: CoupledByStaff or CoupledByStranger.
	Source string
	// Channel and Verdict are those of the report.
	Channel, Verdict string
	// Knew: whoever called or wrote knew what was ordered.
	Knew bool
	Made time.Time
	// Wanted counts what was decided, from 1: odd, it stands; even, it was taken
	// back. Written is the last of these that stands in the log of events.
	Wanted, Written int64
	// Gone: the report was erased; this goes as soon as the log has been told.
	Gone bool
}

// Who may say something to the guard.
const (
	// CoupledByStaff: somebody who is logged in, who answers for it.
	CoupledByStaff = "staff"
	// CoupledByStranger: somebody whom nobody knows. It is a weak sign, however often it comes.
	CoupledByStranger = "stranger"
)

// MaxCoupled is how many orders one report may name to the guard.
const MaxCoupled = 4

// Stands tells whether it was not taken back.
func (c *Coupling) Stands() bool { return c.Wanted%2 == 1 }

// Couplings are what reports say to the account guard.
type Couplings interface {
	// Put writes what a report says in place of what it said before.
	Put(ctx context.Context, c Coupling) error
	// Get returns what a report says; NotFound where it says nothing.
	Get(ctx context.Context, t access.Tenant, id ReportID) (Coupling, error)
	// Waiting returns at most limit of all tenants of which the log does not know
	// the newest, longest waiting first.
	Waiting(ctx context.Context, limit int) ([]Coupling, error)
	// OfAccount returns at most limit about an account, newest first.
	OfAccount(ctx context.Context, t access.Tenant, account string, limit int) ([]Coupling, error)
	// Drop removes one; none there is no mistake.
	Drop(ctx context.Context, t access.Tenant, id ReportID) error
	// DropAccount removes all about an account, and returns how many.
	DropAccount(ctx context.Context, t access.Tenant, account string) (int64, error)
}

// Recouple says, within the transaction that changes a report, whether what it says
// to the guard stands, and whether the report is gone. The log is told after it. A
// report that says nothing is no mistake.
func Recouple(ctx context.Context, r Records, t access.Tenant, id ReportID, stands, gone bool) error {
	c, err := r.Couplings.Get(ctx, t, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if stands == c.Stands() && gone == c.Gone {
		return nil
	}
	if c.Gone = gone; stands != c.Stands() {
		c.Wanted++
	}
	if c.Gone && c.Written == c.Wanted {
		return r.Couplings.Drop(ctx, t, id)
	}
	return r.Couplings.Put(ctx, c)
}

// Check returns what is wrong with a coupling, nil if it can be kept.
func (c *Coupling) Check() error {
	if _, err := access.ParseTenant(string(c.Tenant)); err != nil {
		return err
	}
	switch {
	case !plainID(string(c.Report)):
		return fault.New(fault.Invalid, "report", "is not 1 to 64 letters, digits, hyphens and underscores")
	case c.Source != CoupledByStaff && c.Source != CoupledByStranger:
		return fault.New(fault.Invalid, "source", "of a coupling is staff or stranger")
	case len(c.Orders) > MaxCoupled:
		return fault.New(fault.Invalid, "orders", "of a coupling are more than %d", MaxCoupled)
	case Micros(c.Made) <= 0 || c.Wanted < 1 || c.Written < 0 || c.Written > c.Wanted:
		return fault.New(fault.Invalid, "made", "of a coupling is missing, or its counts are wrong")
	}
	list := []field{{"account", c.Account, 512}, {"channel", c.Channel, 64}, {"verdict", c.Verdict, 64}}
	for _, o := range c.Orders {
		list = append(list, field{"orders", o, 512})
	}
	return checkTexts(list)
}

// couplingFamily declares how couplings are moved.
func couplingFamily() Family {
	return Family{Name: "couplings", Check: checkCouplingRow, Plain: []string{"source", "channel", "verdict"}, Fields: []Field{
		{"tenant", FieldTenant, false}, {"report", FieldText, true}, {"account", FieldText, false}, {"orders", FieldList, false},
		{"source", FieldText, false}, {"channel", FieldText, false}, {"verdict", FieldText, false}, {"knew", FieldFlag, false},
		{"made", FieldTime, false}, {"wanted", FieldNumber, false}, {"written", FieldNumber, false}, {"gone", FieldFlag, false}}}
}

func checkCouplingRow(r Row) error {
	var orders []string
	if json.Unmarshal([]byte(r[3].(string)), &orders) != nil || RulesText(orders) != r[3].(string) || slices.Contains(orders, "") {
		return fault.New(fault.Invalid, "orders", "of a coupling are no list")
	}
	c := Coupling{Tenant: access.Tenant(r[0].(string)), Report: ReportID(r[1].(string)), Account: r[2].(string), Orders: orders, Source: r[4].(string),
		Channel: r[5].(string), Verdict: r[6].(string), Knew: r[7].(int64) == 1, Made: Time(r[8].(int64)), Wanted: r[9].(int64), Written: r[10].(int64), Gone: r[11].(int64) == 1}
	return c.Check()
}
