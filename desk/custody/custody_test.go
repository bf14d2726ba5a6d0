package custody_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// filled makes a database with a chain of five entries for each tenant.
func filled(t *testing.T, e storetest.Engine, tenants ...access.Tenant) (store.Store, string) {
	t.Helper()
	dsn := e.DSN(t)
	s := e.OpenAt(t, dsn)
	for _, tenant := range tenants {
		for i := range 5 {
			id := fmt.Sprint("r", i+1)
			d := storetest.NewDeed(tenant, "report.add", id, noon.Add(time.Duration(i)*time.Minute))
			d.Why = "a person asked <twice>"
			if err := store.Change(t.Context(), s, d, func(r store.Records) error {
				return r.Reports.Add(t.Context(), storetest.NewReport(tenant, id, noon))
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s, dsn
}

// TestEveryTamperingIsNamed: whatever somebody does to the tables past our code,
// the first entry that it touched is named; the other tenant's chain holds.
func TestEveryTamperingIsNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		for _, c := range []struct {
			name, statement string
			at              int64
			reason          string
		}{
			{"nothing", "", 0, ""},
			{"another actor", "UPDATE audit_entries SET actor = 'p-other' WHERE tenant = 'main' AND sequence = 3", 3, "changed"},
			{"another time", "UPDATE audit_entries SET made = made + 1 WHERE tenant = 'main' AND sequence = 2", 2, "changed"},
			{"another reason", "UPDATE audit_entries SET why = '' WHERE tenant = 'main' AND sequence = 5", 5, "changed"},
			{"letters moved between fields", "UPDATE audit_entries SET action = 'report.addr', object = 'eport:r4' WHERE tenant = 'main' AND sequence = 4", 4, "changed"},
			{"no hash", "UPDATE audit_entries SET hash = 'x' WHERE tenant = 'main' AND sequence = 4", 4, "changed"},
			{"removed within", "DELETE FROM audit_entries WHERE tenant = 'main' AND sequence = 3", 3, "missing"},
			{"removed first", "DELETE FROM audit_entries WHERE tenant = 'main' AND sequence = 1", 1, "missing"},
			{"removed last", "DELETE FROM audit_entries WHERE tenant = 'main' AND sequence = 5", 5, "missing at the end"},
			{"removed all", "DELETE FROM audit_entries WHERE tenant = 'main'", 1, "missing at the end"},
			{"two entries swapped", "UPDATE audit_entries SET sequence = 9 WHERE tenant = 'main' AND sequence = 2;\nUPDATE audit_entries SET sequence = 2 WHERE tenant = 'main' AND sequence = 3;\nUPDATE audit_entries SET sequence = 3 WHERE tenant = 'main' AND sequence = 9", 2, "before"},
			{"one of another tenant", "DELETE FROM audit_entries WHERE tenant = 'main' AND sequence = 2;\nUPDATE audit_entries SET tenant = 'main' WHERE tenant = 'other' AND sequence = 2", 2, "before"},
			{"a zero entry", "UPDATE audit_entries SET sequence = 0 WHERE tenant = 'main' AND sequence = 1", 0, "before the first"},
			{"the head set back", "UPDATE audit_heads SET sequence = 4 WHERE tenant = 'main'", 6, "head"},
			{"the head removed and the chain kept", "DELETE FROM audit_heads WHERE tenant = 'main'", 6, "head"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s, dsn := filled(t, e, "main", "other")
				tamper(t, e, dsn, c.statement)
				results, err := custody.New(s).Verify(t.Context(), custody.Scope{Tenant: "main"})
				if err != nil || len(results) != 1 {
					t.Fatalf("verify: %v, %v", results, err)
				}
				if all, err := custody.New(s).Verify(t.Context(), custody.Scope{}); err != nil || len(all) != 2 || !reflect.DeepEqual(all[0], results[0]) {
					t.Errorf("all chains: %+v, %v: want main as before, and other", all, err)
				} else if b := all[1].Broken; c.name != "one of another tenant" && b != nil {
					t.Errorf("the other tenant's chain is said to be broken: %+v", b)
				}
				switch b := results[0].Broken; {
				case c.reason == "":
					if b != nil || results[0].Entries != 5 || results[0].Head.Sequence != 5 {
						t.Errorf("an untouched chain: %+v %+v", results[0], b)
					}
				case b == nil:
					t.Errorf("not seen: %+v", results[0])
				case b.Sequence != c.at || !strings.Contains(b.Reason, c.reason):
					t.Errorf("broken at %d, %q: want %d and %q", b.Sequence, b.Reason, c.at, c.reason)
				}
			})
		}
	})
}

// tamper runs statements past our code.
func tamper(t *testing.T, e storetest.Engine, dsn, statements string) {
	t.Helper()
	for _, s := range strings.Split(statements, ";\n") {
		if s == "" {
			continue
		}
		e.Exec(t, dsn, s)
	}
}

// TestAnchorSeesWhatTheChainCannot: somebody with all rights writes the chain
// anew, with hashes that hold, or cuts it with its head. The chain verifies; the
// anchor does not.
func TestAnchorSeesWhatTheChainCannot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		s, dsn := filled(t, e, "main")
		desk := custody.New(s)
		heads, err := desk.Heads(t.Context(), custody.Scope{})
		if err != nil || len(heads) != 1 {
			t.Fatal(heads, err)
		}
		anchor, err := custody.ParseAnchor(heads[0].String() + "\n")
		if err != nil || anchor != heads[0] {
			t.Fatalf("%v reads back as %v, %v", heads[0], anchor, err)
		}
		verify := func(what string, anchors []custody.Anchor, want string) {
			t.Helper()
			results, err := desk.Verify(t.Context(), custody.Scope{Anchors: anchors})
			if err != nil || len(results) != 1 {
				t.Fatal(results, err)
			}
			if b := results[0].Broken; (b == nil) != (want == "") || b != nil && !strings.Contains(b.Reason, want) {
				t.Errorf("%s: %+v: want %q", what, b, want)
			}
		}
		verify("untouched", []custody.Anchor{anchor}, "")
		forge := func(n int) {
			tamper(t, e, dsn, "DELETE FROM audit_entries;\nDELETE FROM audit_heads")
			for i := range n {
				d := storetest.NewDeed("main", "report.view", fmt.Sprint("r", i+1), noon)
				if err := s.Write(t.Context(), func(r store.Records) error { _, err := r.Audit.Append(t.Context(), d); return err }); err != nil {
					t.Fatal(err)
				}
			}
		}
		forge(6)
		verify("written anew, without the anchor", nil, "")
		verify("written anew", []custody.Anchor{anchor}, "written anew")
		forge(4)
		verify("cut with its head", []custody.Anchor{anchor}, "the anchor is entry 5")
		forge(0)
		verify("removed altogether", []custody.Anchor{anchor}, "the anchor is entry 5")
	})
}

func TestExport(t *testing.T) {
	s, _ := filled(t, storetest.SQLite(), "main", "other")
	var b bytes.Buffer
	n, err := custody.New(s).Export(t.Context(), custody.Scope{}, &b)
	if err != nil || n != 10 {
		t.Fatalf("%d entries, %v: want 10", n, err)
	}
	dec, prev := json.NewDecoder(&b), ""
	for i := range 10 {
		var l custody.Line
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if i == 5 {
			prev = ""
		}
		if want := int64(i%5 + 1); l.Sequence != want || l.Tenant != []access.Tenant{"main", "other"}[i/5] || i%5 > 0 && l.Prev != prev ||
			l.Why != "a person asked <twice>" || !l.When.Equal(noon.Add(time.Duration(i%5)*time.Minute)) {
			t.Errorf("line %d: %+v", i, l)
		}
		prev = l.Hash
	}
	if n, err := custody.New(s).Export(t.Context(), custody.Scope{Tenant: "none"}, &b); n != 0 || err != nil {
		t.Errorf("an unknown tenant: %d entries, %v: want none", n, err)
	}
}

func TestParseAnchorRefuses(t *testing.T) {
	good := "main:5:" + strings.Repeat("ab", 32)
	if _, err := custody.ParseAnchor(good); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", "main", "main:5", good + ":x", "main:0:" + strings.Repeat("ab", 32), "Main:5:" + strings.Repeat("ab", 32), "main:5:ab", "main:5:" + strings.Repeat("xy", 32)} {
		if _, err := custody.ParseAnchor(s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v: want Invalid", s, err)
		}
	}
}

// TestClosedStore: an error of reading is no break.
func TestClosedStore(t *testing.T) {
	s, err := sql.Open(t.Context(), sql.Config{DSN: storetest.SQLite().DSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if results, err := custody.New(s).Verify(t.Context(), custody.Scope{}); err == nil || len(results) > 0 {
		t.Errorf("%v, %v: want an error", results, err)
	}
}
