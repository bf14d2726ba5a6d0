package custody_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// someone is an actor of a tenant with a role, who just proved who they are.
func someone(t access.Tenant, r access.Role) access.Actor {
	return access.Actor{Tenant: t, Person: "p1", Roles: []access.Role{r}, Confirmed: noon, From: "192.0.2.0/24"}
}

// TestLedger: each right is asked, another tenant's entries are not there, what is
// verified or taken out is written down, and a broken chain is told.
func TestLedger(t *testing.T) { // S2.17
	s, _ := filled(t, storetest.SQLite(), "main", "other")
	l := custody.NewLedger(s, func() time.Time { return noon.Add(time.Hour / 10) })
	ctx := t.Context()
	for _, r := range access.Roles() {
		_, list := l.List(ctx, someone("main", r), custody.Question{})
		_, verify := l.Verify(ctx, someone("main", r))
		_, export := l.Export(ctx, someone("main", r))
		for what, c := range map[string]struct {
			err error
			may access.Permission
		}{"list": {list, access.AuditRead}, "verify": {verify, access.AuditRead}, "export": {export, access.AuditExport}} {
			if want := access.Can(r, c.may); (c.err == nil) != want {
				t.Errorf("%s may %s: %v, want %v (%v)", r, what, c.err == nil, want, c.err)
			}
		}
	}
	stale := someone("main", access.Admin)
	stale.Confirmed = noon.Add(-time.Hour)
	if _, err := l.Export(ctx, stale); !errors.Is(err, access.ErrConfirm) {
		t.Errorf("an export without a fresh proof: %v", err)
	}
	admin := someone("main", access.Admin)
	got, err := l.List(ctx, admin, custody.Question{Action: custody.ActionExported})
	if err != nil || len(got.Entries) != 1 || got.Entries[0].Actor != "p1" || got.Entries[0].From != "192.0.2.0/24" {
		t.Errorf("exports that were written down: %+v, %v", got.Entries, err)
	}
	if v := got.Verified; v.When.IsZero() || v.Broken || v.Sequence < 5 {
		t.Errorf("the last verification: %+v", v)
	}
	var seen int
	for before := int64(0); ; {
		page, err := l.List(ctx, admin, custody.Question{Before: before, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if seen++; e.Tenant != "main" {
				t.Errorf("an entry of %s", e.Tenant)
			}
		}
		if before = page.Next; before == 0 {
			break
		}
	}
	if int64(seen) != got.Head.Sequence {
		t.Errorf("pages hold %d entries of %d", seen, got.Head.Sequence)
	}
	if _, err := l.List(ctx, admin, custody.Question{Who: "a\x00"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a name that is no text: %v", err)
	}
}

// TestLedgerExport: what is exported is the chain, and it verifies.
func TestLedgerExport(t *testing.T) {
	s, _ := filled(t, storetest.SQLite(), "main")
	for i := range 1200 { // more than are read at once
		d := storetest.NewDeed("main", "report.status", "r1", noon.Add(time.Duration(i)))
		if err := store.Change(t.Context(), s, d, func(store.Records) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	e, err := custody.NewLedger(s, func() time.Time { return noon }).Export(t.Context(), someone("main", access.Admin))
	if err != nil {
		t.Fatal(err)
	}
	var whole, own bytes.Buffer
	if err := e.Write(t.Context(), &own); err != nil {
		t.Fatal(err)
	}
	if _, err := custody.New(s).Export(t.Context(), custody.Scope{Tenant: "main"}, &whole); err != nil {
		t.Fatal(err)
	}
	if own.String() != whole.String() || strings.Count(own.String(), "\n") != 1206 {
		t.Errorf("the export has %d lines, that of the command line %d", strings.Count(own.String(), "\n"), strings.Count(whole.String(), "\n"))
	}
}

// TestLedgerTellsABreak: a changed entry is found, and the page is told.
func TestLedgerTellsABreak(t *testing.T) {
	e := storetest.SQLite()
	s, dsn := filled(t, e, "main")
	tamper(t, e, dsn, "UPDATE audit_entries SET why = 'nothing' WHERE sequence = 3")
	l := custody.NewLedger(s, func() time.Time { return noon })
	res, err := l.Verify(t.Context(), someone("main", access.Supervisor))
	if err != nil || res.Broken == nil || res.Broken.Sequence != 3 {
		t.Fatalf("verified as %+v, %v", res, err)
	}
	got, err := l.List(t.Context(), someone("main", access.Supervisor), custody.Question{})
	if v := got.Verified; err != nil || !v.Broken || v.Sequence != 2 {
		t.Errorf("the list says %+v, %v", v, err)
	}
}
