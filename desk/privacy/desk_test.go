package privacy_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/casework/retention"
	"bonafide/data"
	"bonafide/desk/people"
	"bonafide/desk/people/password"
	"bonafide/desk/privacy"
	"bonafide/desk/reports"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// house is the three desks over one store, with a clock.
type house struct {
	*privacy.Desk
	t       *testing.T
	db      store.Store
	people  *people.Desk
	reports *reports.Desk
	mu      sync.Mutex
	now     time.Time // guarded by mu: the account guard reads it while it works
	// admin, supervisor, analyst are people of the tenant main.
	admin, supervisor, analyst access.Actor
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) set(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

const key = "0123456789abcdef0123456789abcdef"

// open makes the desks over a store.
func open(t *testing.T, db store.Store) *house {
	t.Helper()
	h := &house{t: t, db: db, now: noon}
	hasher, err := password.New(password.Cost{KiB: 8, Passes: 1, Lanes: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	if h.people, err = people.New(people.Config{Store: db, Now: h.clock, Random: rand.Reader, Hasher: hasher, Rules: rules, Key: []byte(key)}); err != nil {
		t.Fatal(err)
	}
	if h.reports, err = reports.New(reports.Config{Store: db, Data: data.FS, Now: h.clock, Random: rand.Reader, Tenant: "main", Key: []byte(key), Limits: reports.Limits{PerNetwork: 1000}}); err != nil {
		t.Fatal(err)
	}
	if h.Desk, err = privacy.New(privacy.Config{Store: db, Data: data.FS, Now: h.clock, Random: rand.Reader, Key: []byte(key),
		Holders: []privacy.Holder{h.reports.Requests(), h.people.Requests(), people.Keys{Now: h.clock}, h.people.Suspensions()}, Expirers: []privacy.Expirer{h.reports, h.people}}); err != nil {
		t.Fatal(err)
	}
	return h
}

// founded is a house with two tenants and people in main.
func founded(t *testing.T, db store.Store) *house {
	t.Helper()
	h := open(t, db)
	for _, tenant := range []access.Tenant{"main", "other"} {
		if _, err := h.people.FirstAdmin(t.Context(), people.Console(tenant), people.Founding{Tenant: tenant, TenantName: "Shop " + string(tenant), Login: "boss@shop.example", Name: "Bea Boss"}); err != nil {
			t.Fatal(err)
		}
	}
	boss, err := h.people.ByLogin(t.Context(), people.Console("main"), "boss@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	h.admin = h.actor(boss.ID, access.Admin)
	h.supervisor = h.actor(h.hire("sue@shop.example", "Sue Super", access.Supervisor), access.Supervisor)
	h.analyst = h.actor(h.hire("ann@shop.example", "Ann Analyst", access.Analyst), access.Analyst)
	return h
}

func (h *house) actor(id store.PersonID, roles ...access.Role) access.Actor {
	return access.Actor{Tenant: "main", Person: string(id), Roles: roles, Confirmed: h.clock(), From: "192.0.2.0/24"}
}

// hire adds somebody with a password, a session and an API key.
func (h *house) hire(login, name string, role access.Role) store.PersonID {
	h.t.Helper()
	ctx := h.t.Context()
	word, err := h.people.Invite(ctx, people.Console("main"), people.Invitation{Login: login, Name: name, Roles: []access.Role{role}})
	if err != nil {
		h.t.Fatal(err)
	}
	in, err := h.people.Begin(ctx, people.Start{Word: word, Password: "four words nobody says"}, people.From{})
	if err != nil {
		h.t.Fatal(err)
	}
	who, err := h.people.Who(ctx, in.Token, people.From{})
	if err == nil {
		_, _, err = h.people.MakeKey(ctx, who, people.KeyWish{Name: "robot of " + name, Scopes: []access.Permission{access.ReportRead}, Days: 7})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return store.PersonID(who.Person)
}

// send keeps a report and returns its number.
func (h *house) send(text string) string {
	h.t.Helper()
	ctx := h.t.Context()
	draft, consent, err := h.reports.Draft(ctx, reports.Checked{Channel: "sms", Country: "DE", Text: text, Outcome: "scam", Probability: 0.9}, "en")
	if err != nil {
		h.t.Fatal(err)
	}
	got, err := h.reports.Send(ctx, reports.Wish{Draft: draft, Consent: consent.Version, Agreed: true}, reports.From{Door: "test", Network: "n"})
	if err != nil {
		h.t.Fatal(err)
	}
	return string(got.ID)
}

// audit is all entries of main, and fails when one names a person.
func (h *house) audit() (out []store.Entry) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), func(r store.Records) (err error) {
		out, _, err = r.Audit.List(h.t.Context(), "main", store.AuditFilter{}, 0, 0)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	for _, e := range out {
		for _, personal := range []string{"shop.example", "Super", "Analyst", "Boss", "boss@", "Schmidt", "55501234", "ann@"} {
			if strings.Contains(e.Why+e.Object+string(e.Actor)+e.From, personal) {
				h.t.Errorf("the audit entry %s holds %q: %+v", e.Action, personal, e)
			}
		}
	}
	return out
}

// actions counts the audit entries of an action.
func (h *house) actions(action string) (n int) {
	for _, e := range h.audit() {
		if e.Action == action {
			n++
		}
	}
	return n
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) wantKind(what string, err error, k fault.Kind) {
	h.t.Helper()
	if err == nil || fault.KindOf(err) != k {
		h.t.Errorf("%s: %v (kind %d): want kind %d", what, err, fault.KindOf(err), k)
	}
}

// reportsLeft is the numbers of the reports of main.
func (h *house) reportsLeft() string {
	h.t.Helper()
	var out []string
	h.must(h.db.Read(h.t.Context(), func(r store.Records) error {
		list, _, err := r.Reports.List(h.t.Context(), "main", store.ReportFilter{}, store.Page{})
		for _, x := range list {
			out = append(out, string(x.ID))
		}
		return err
	}))
	return strings.Join(out, " ")
}

// erased is how many records of a kind a run erased, and how many were held.
func erased(r privacy.Run, kind string) (n, held int64) {
	for _, c := range r.Counts {
		if c.Kind == kind {
			n, held = n+c.Erased, held+c.Held
		}
	}
	return n, held
}

// TestRetain: what is past its time goes, what a hold keeps stays until it is
// released, a dry run changes nothing, and the audit says so once per run.
// S10.1
func TestRetain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		h := founded(t, e.Open(t))
		ctx := t.Context()
		anna, plain := h.send("Anna Schmidt, call 030 55501234"), h.send("your parcel waits")
		single := h.send("another parcel")
		byPerson, err := h.Hold(ctx, h.supervisor, privacy.HoldWish{Subject: request.Subject{Identifier: "+49 (30) 555-01234"}, Reason: "a court asks for it"})
		h.must(err)
		byNumber, err := h.Hold(ctx, h.supervisor, privacy.HoldWish{Kind: "report", Record: single, Reason: "a claim is open"})
		h.must(err)
		if len(byPerson.Marks) != 1 || byNumber.Record != single {
			t.Errorf("holds: %+v, %+v", byPerson, byNumber)
		}
		h.set(noon.AddDate(0, 0, 181))
		h.supervisor.Confirmed = h.clock()
		dry, err := h.Retain(ctx, true)
		h.must(err)
		if n, held := erased(dry, "report"); n != 1 || held != 2 || strings.Count(h.reportsLeft(), " ") != 2 {
			t.Errorf("a dry run counts %d to go and %d held: want 1 and 2, and %s left as they are", n, held, h.reportsLeft())
		}
		if n, _ := erased(dry, "session"); n != 2 {
			t.Errorf("a dry run counts %d sessions to go: want 2", n)
		}
		again, err := h.Retain(ctx, true)
		h.must(err)
		if a, b := mustJSON(dry), mustJSON(again); a != b {
			t.Errorf("two dry runs differ:\n%s\n%s", a, b)
		}
		if h.actions("retention.run") != 0 {
			t.Error("a dry run is in the audit")
		}
		run, err := h.Retain(ctx, false)
		h.must(err)
		if n, held := erased(run, "report"); n != 1 || held != 2 || strings.Contains(h.reportsLeft(), plain) {
			t.Errorf("a run erased %d and held %d: want 1 and 2; left %s", n, held, h.reportsLeft())
		}
		_, err = h.reports.Erase(ctx, h.supervisor, store.ReportID(anna), "the person asks")
		h.wantKind("a held report erased", err, fault.Conflict)
		if n := h.actions("retention.run"); n != 1 {
			t.Errorf("%d entries of a run: want 1", n)
		}
		h.must(h.Release(ctx, h.supervisor, byPerson.ID, "the court is done"))
		h.wantKind("released twice", h.Release(ctx, h.supervisor, byPerson.ID, "the court is done"), fault.Conflict)
		h.must(h.Release(ctx, h.supervisor, byNumber.ID, "the claim is settled"))
		run, err = h.Retain(ctx, false)
		h.must(err)
		if n, held := erased(run, "report"); n != 2 || held != 0 || h.reportsLeft() != "" {
			t.Errorf("after the release: %d erased, %d held, left %q: want 2, 0, none", n, held, h.reportsLeft())
		}
		if run, err = h.Retain(ctx, false); err != nil || len(run.Counts) != 0 || h.actions("retention.run") != 2 {
			t.Errorf("a run with nothing to do: %+v, %v, %d entries", run, err, h.actions("retention.run"))
		}
		// Keys that ended, holds that were released and notes go in their time.
		h.set(noon.AddDate(0, 0, 181+1462))
		h.supervisor.Confirmed = h.clock()
		kept, err := h.Hold(ctx, h.supervisor, privacy.HoldWish{Kind: "api_key", Reason: "an inquiry goes on"})
		h.must(err)
		run, err = h.Retain(ctx, false)
		h.must(err)
		keys, _ := erased(run, "api_key")
		holds, _ := erased(run, "hold")
		notes, _ := erased(run, "erasure")
		if keys != 0 || holds != 2 || notes != 3 {
			t.Errorf("%d keys, %d holds, %d notes went: want 0 (held), 2, 3", keys, holds, notes)
		}
		h.must(h.Release(ctx, h.supervisor, kept.ID, "the inquiry ended"))
		run, err = h.Retain(ctx, false)
		h.must(err)
		if keys, _ := erased(run, "api_key"); keys != 2 {
			t.Errorf("%d keys went: want 2", keys)
		}
	})
}

func mustJSON(r privacy.Run) string {
	raw, _ := json.Marshal(r)
	return string(raw)
}

// TestHoldsAreWishes: what narrows nothing, is past or nobody may order is
// refused, and another tenant sees none.
func TestHoldsAreWishes(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	ctx := t.Context()
	good := privacy.HoldWish{Kind: "report", From: noon.AddDate(0, -1, 0), Until: noon, Ends: noon.AddDate(1, 0, 0), Reason: "a court asks for it"}
	got, err := h.Hold(ctx, h.admin, good)
	h.must(err)
	if !got.On(store.Thing{Kind: "report", ID: "x", Created: noon}, noon) || got.On(store.Thing{Kind: "report", ID: "x", Created: noon.AddDate(0, 0, 2)}, noon) {
		t.Errorf("the last day is not held, or one after it is: %+v", got)
	}
	for what, c := range map[string]struct {
		change func(*privacy.HoldWish)
		kind   fault.Kind
	}{
		"nothing":        {func(w *privacy.HoldWish) { *w = privacy.HoldWish{Reason: w.Reason} }, fault.Invalid},
		"no reason":      {func(w *privacy.HoldWish) { w.Reason = "x" }, fault.Invalid},
		"no kind":        {func(w *privacy.HoldWish) { w.Kind = "session" }, fault.Invalid},
		"a day past":     {func(w *privacy.HoldWish) { w.Ends = noon.AddDate(0, 0, -2) }, fault.Invalid},
		"a record alone": {func(w *privacy.HoldWish) { w.Kind, w.Record = "", "x" }, fault.Invalid},
		"too long":       {func(w *privacy.HoldWish) { w.Subject.Identifier = strings.Repeat("x", 300) }, fault.TooLarge},
	} {
		w := good
		c.change(&w)
		_, err := h.Hold(ctx, h.admin, w)
		h.wantKind(what, err, c.kind)
	}
	_, err = h.Hold(ctx, h.analyst, good)
	h.wantKind("an analyst", err, fault.Forbidden)
	stale := h.admin
	stale.Confirmed = noon.Add(-time.Hour)
	if _, err = h.Hold(ctx, stale, good); err != access.ErrConfirm {
		t.Errorf("without a fresh proof: %v", err)
	}
	foreign := h.admin
	foreign.Tenant = "other"
	if list, err := h.Holds(ctx, foreign); err != nil || len(list) != 0 {
		t.Errorf("another tenant sees %+v, %v", list, err)
	}
	h.wantKind("another tenant releases", h.Release(ctx, foreign, got.ID, "the court is done"), fault.NotFound)
}

// TestEveryTableHasItsTime is in store/sql; here: the shipped table names what
// the desks ask for, and its texts say something.
func TestRetentionIsData(t *testing.T) {
	table, err := retention.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{reports.Kind, people.KindPerson, people.KindAPIKey} {
		if table.Kind(kind).Name == "" || !table.Kind(kind).Hold {
			t.Errorf("%s is no kind that can be held", kind)
		}
	}
}
