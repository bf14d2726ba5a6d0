package accounts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/window"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/accounts/persons"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
)

var start = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)

// pages is a shelf in memory.
type pages struct {
	mu sync.Mutex
	m  map[string][]byte // guarded by mu
}

func (p *pages) Load(name string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.m[name], nil
}

func (p *pages) Save(name string, raw []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.m[name] = slices.Clone(raw)
	return nil
}

// shop is what a test's desk stands on.
type shop struct {
	t      testing.TB
	store  store.Store
	log    eventlog.Log
	shelf  *pages
	policy []byte
	now    time.Time
	limits accounts.Limits
	// change, if set, changes what a desk is made with.
	change func(*accounts.Config)
	cold   func() (window.Cold, error)
	mu     sync.Mutex
	broken []string // guarded by mu: what failed in the background
	listed map[*accounts.Desk]*lists.Desk
}

func newShop(t testing.TB) *shop {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(r store.Records) error {
		for _, id := range []access.Tenant{"main", "other"} {
			if err := r.Tenants.Add(t.Context(), store.Tenant{ID: id, Name: string(id), Created: start}); err != nil {
				return err
			}
		}
		return r.People.Add(t.Context(), store.Person{Tenant: "main", ID: "p-1", Login: "anna", Name: "Anna", Roles: []access.Role{access.Analyst}, Created: start, Revision: 1})
	}); err != nil {
		t.Fatal(err)
	}
	raw, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t: t, store: db, log: memory.New(memory.Options{}), shelf: &pages{m: map[string][]byte{}}, policy: raw, now: start.Add(90 * 24 * time.Hour)}
}

// desk opens a desk; it is closed with the test unless the test did.
func (s *shop) desk() *accounts.Desk {
	s.t.Helper()
	c := accounts.Config{Store: s.store, Log: s.log, Shelf: s.shelf, Cold: s.cold, Data: data.FS, Policy: s.policy, Key: bytes.Repeat([]byte("k"), 32),
		Now: func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }, Limits: s.limits, Watch: accounts.Watch{Failed: func(what string, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.broken = append(s.broken, what+": "+err.Error())
		}}}
	if s.change != nil {
		s.change(&c)
	}
	d, err := accounts.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = d.Close() })
	return d
}

// lists is the one desk of lists beside a desk.
func (s *shop) lists(d *accounts.Desk) *lists.Desk {
	s.t.Helper()
	if s.listed[d] == nil {
		l, err := lists.New(lists.Config{Guard: d, Store: s.store, Now: func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }})
		if err != nil {
			s.t.Fatal(err)
		}
		if s.listed == nil {
			s.listed = map[*accounts.Desk]*lists.Desk{}
		}
		s.listed[d] = l
	}
	return s.listed[d]
}

func who(tenant access.Tenant, r access.Role) access.Actor {
	return access.Actor{Tenant: tenant, Person: "p-1", Roles: []access.Role{r}}
}

var (
	boss    = who("main", access.Supervisor)
	analyst = who("main", access.Analyst)
)

func at(d time.Duration, kind event.Type, account, device string) event.Event {
	return event.Event{ID: fmt.Sprint(d, kind, account), Source: "shop", Type: kind, Time: start.Add(d), Context: event.Context{Account: account, Device: device}}
}

// chain is a takeover: the owner, days later a stranger without the second
// factor, who changes the number and buys and hides gift cards.
func chain(account string, begin time.Duration) []event.Event {
	day := 24 * time.Hour
	own := at(begin, event.LoginTried, account, "own-"+account)
	own.Login = event.Login{Success: true, MFA: "totp", Enrolled: true}
	in := at(begin+3*day, event.LoginTried, account, "theirs-"+account)
	in.Login = event.Login{Success: true, MFA: "none", Enrolled: true}
	change := at(begin+3*day+time.Minute, event.CredentialChange, account, "theirs-"+account)
	change.Credential = event.Credential{Type: "phone_sms", Change: "update", MFA: "none"}
	out := []event.Event{own, in, change}
	for i := range 4 {
		o := at(begin+3*day+time.Duration(5+i)*time.Minute, event.OrderPlaced, account, "theirs-"+account)
		o.Order = event.Order{ID: fmt.Sprint(account, "-", i), Amount: 5000, Currency: "JPY", Payment: "card",
			Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Digital: true, Recipient: "mule-" + account}}}
		h := at(begin+3*day+time.Duration(5+i)*time.Minute+20*time.Second, event.OrderHidden, account, "theirs-"+account)
		h.Order.ID = o.Order.ID
		out = append(out, o, h)
	}
	return out
}

// lines writes events as a shop sends them.
func lines(events ...event.Event) []byte {
	var b bytes.Buffer
	for i := range events {
		b.Write(events[i].JSON())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func (s *shop) send(d *accounts.Desk, a access.Actor, events ...event.Event) accounts.Taken {
	s.t.Helper()
	got, err := d.Submit(s.t.Context(), a, accounts.Batch{Body: lines(events...), Decide: true, Lang: "en"})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// whole is everything that was decided of some events, to be compared.
func whole(answers []accounts.EventAnswer) string {
	out := slices.Clone(answers)
	for i := range out {
		out[i].Repeated = false
	}
	raw, _ := json.MarshalIndent(out, "", " ")
	return string(raw)
}

func TestFromTheDoorToTheDiskAndBack(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	events := chain("a1", 0)
	got := s.send(d, boss, events...)
	if got.Accepted != len(events) || got.Repeated != 0 || len(got.Answers) != len(events) {
		t.Fatalf("%+v", got)
	}
	first := got.Answers[3]
	if first.ID != events[3].ID || first.Action != "block" || first.Scope != "order" || len(first.Rules) == 0 || first.Support == "" || first.Customer == "" {
		t.Errorf("the first gift card: %+v", first)
	}
	list, err := d.List(t.Context(), analyst, accounts.AllDecisions("ja"))
	if err != nil || len(list.Decisions) == 0 || list.Next != 0 {
		t.Fatalf("%d decisions, %v", len(list.Decisions), err)
	}
	for _, v := range list.Decisions {
		if v.Account == "a1" || len(v.Account) != 32 || v.Source != "shop" || len(v.Reasons) == 0 || strings.Contains(fmt.Sprint(v), "mule-a1") {
			t.Errorf("%+v", v)
		}
		o, err := d.Open(t.Context(), analyst, v.ID, "de")
		if err != nil || !o.Again || len(o.Story) < 2 || len(o.Values) == 0 || o.Policy != "marketplace-takeover" || strings.Contains(o.Event, `"account":"a1"`) {
			t.Errorf("%+v, %v", o, err)
		}
	}
	oldest := list.Decisions[len(list.Decisions)-1]
	if oldest.EventID != events[3].ID || !strings.Contains(oldest.Reasons[0].Text, "5,000円") && !strings.Contains(fmt.Sprint(oldest.Reasons), "5,000円") {
		t.Errorf("the shop finds its own event by its id, and the reasons are Japanese: %+v", oldest)
	}
	q := accounts.AllDecisions("en")
	q.Account = "a1"
	if list, err := d.List(t.Context(), analyst, q); err != nil || len(list.Decisions) == 0 {
		t.Errorf("found by the shop's own name of the account: %d, %v", len(list.Decisions), err)
	}
	line, err := d.Account(t.Context(), analyst, "a1", "en")
	if err != nil || len(line.Moments) != len(events) || len(line.Orders) != 4 || !line.Orders[0].Hidden || line.Orders[3].Action == "" || line.Moments[0].Type != event.OrderHidden {
		t.Errorf("%+v, %v", line, err)
	}
	if same, err := d.Account(t.Context(), analyst, line.Account, "en"); err != nil || len(same.Moments) != len(events) {
		t.Errorf("found by its hash: %v", err)
	}
}

// TestRestart: a stop after any event, with and without a snapshot, and even
// without any records of the desk, gives the same decisions.
func TestRestart(t *testing.T) {
	events := append(chain("a1", 0), chain("b1", 4*24*time.Hour)...)
	ref := newShop(t)
	want := whole(ref.send(ref.desk(), boss, events...).Answers)
	for _, c := range []struct {
		stop  int
		shelf bool
	}{{1, true}, {4, true}, {5, false}, {12, true}, {15, false}} {
		s := newShop(t)
		d := s.desk()
		answers := s.send(d, boss, events[:c.stop]...).Answers
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[0])}); fault.KindOf(err) != fault.Temporary {
			t.Errorf("a closed desk: %v", err)
		}
		if !c.shelf {
			s.shelf.m = map[string][]byte{}
		}
		d = s.desk()
		answers = append(answers, s.send(d, boss, events[c.stop:]...).Answers...)
		if got := whole(answers); got != want {
			t.Errorf("stopped after %d, snapshot %v: other decisions\n%s\nwant\n%s", c.stop, c.shelf, got, want)
		}
		list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
		if n := strings.Count(want, `"action": "hold"`) + strings.Count(want, `"action": "block"`) + strings.Count(want, `"action": "challenge"`); err != nil || len(list.Decisions) != n {
			t.Errorf("%d decisions are kept, want %d; %v", len(list.Decisions), n, err)
		}
		if line, err := d.Account(t.Context(), boss, "a1", "en"); err != nil || len(line.Moments) != 11 {
			t.Errorf("after the restart the account shows %d events, %v", len(line.Moments), err)
		}
	}
}

func TestTheSameEventOnce(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	events := chain("a1", 0)
	first := s.send(d, boss, events...)
	twice := s.send(d, boss, append(slices.Clone(events), events...)...)
	if twice.Repeated != 2*len(events) || whole(twice.Answers[:len(events)]) != whole(first.Answers) || whole(twice.Answers[len(events):]) != whole(first.Answers) {
		t.Errorf("sent again: %d repeated, or other answers", twice.Repeated)
	}
	// so late that the guard does not remember it any more
	s.send(d, boss, at(60*24*time.Hour, event.LoginTried, "z", "z"))
	late := s.send(d, boss, events[3], events[0])
	if late.Answers[0].Action != first.Answers[3].Action || !late.Answers[0].Repeated || late.Answers[1].Action != "allow" {
		t.Errorf("forgotten by the guard, known by the records: %+v", late.Answers)
	}
	late1 := at(time.Hour, event.LoginTried, "q", "q")
	late1.Login.Success = true
	if got := s.send(d, boss, late1); !got.Answers[0].Late {
		t.Errorf("an event of long ago is judged and not counted: %+v", got.Answers)
	}
}

func TestWhatIsWrongIsRefusedWhole(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	good, future := at(0, event.LoginTried, "a", "d"), at(91*24*time.Hour, event.LoginTried, "a", "d")
	for name, c := range map[string]struct {
		body []byte
		want string
		kind fault.Kind
	}{
		"nothing":          {nil, "no event", fault.Invalid},
		"no JSON":          {[]byte("{"), "line 1", fault.Invalid},
		"a wrong line":     {append(lines(good), []byte(`{"id":"secret"}`)...), "line 2", fault.Invalid},
		"an unknown field": {bytes.Replace(lines(good), []byte(`"device"`), []byte(`"devise"`), 1), "data.devise", fault.Invalid},
		"of the future":    {lines(good, future), "line 2: time", fault.Invalid},
		"too large":        {bytes.Repeat([]byte(" "), accounts.MaxBody+1), "too large", fault.TooLarge},
		"too many":         {bytes.Repeat(lines(good), accounts.MaxEvents+1), "at most", fault.TooLarge},
	} {
		_, err := d.Submit(t.Context(), boss, accounts.Batch{Body: c.body})
		if fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.want) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := s.log.Last(t.Context(), eventlog.Partition("main", "events", s.log.Partitions())); n != 0 || err != nil {
		t.Errorf("%d events of refused batches were kept", n)
	}
	bad := append([]byte("{}\n\n"), lines(good, future)...)
	got, err := d.Submit(t.Context(), boss, accounts.Batch{Body: bad, Skip: true, Decide: true})
	if err != nil || got.Accepted != 1 || len(got.Refused) != 2 || got.Refused[0].Line != 1 || got.Refused[1].Line != 4 {
		t.Errorf("skip: %+v, %v", got, err)
	}
	if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(good), Mapping: "none"}); !strings.Contains(fmt.Sprint(err), "takeover-chain") {
		t.Errorf("an unknown mapping: %v", err)
	}
	own := []byte(`{"id":"1","time":1772704800,"type":"login","account":"m1","device":"d","success":true,"mfa":"none"}`)
	if got, err := d.Submit(t.Context(), boss, accounts.Batch{Body: own, Mapping: "takeover-chain", Decide: true}); err != nil || got.Accepted != 1 || got.Answers[0].Source != "takeover-chain" {
		t.Errorf("a mapping: %+v, %v", got, err)
	}
	pretty, _ := json.MarshalIndent(json.RawMessage(lines(at(time.Minute, event.LoginTried, "p", "d"))), "", "  ")
	for name, body := range map[string][]byte{"lines behind a byte order mark": append([]byte("\ufeff"), lines(at(2*time.Hour, event.LoginTried, "p", "d"))...), "one over several lines": pretty, "a list": []byte("[" + string(lines(at(time.Hour, event.LoginTried, "p", "d"))) + "]")} {
		if got, err := d.Submit(t.Context(), boss, accounts.Batch{Body: body}); err != nil || got.Accepted != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestFlood: more than may wait is refused at once with "try again", everything
// that was acknowledged is decided, and nothing else is.
func TestFlood(t *testing.T) {
	s := newShop(t)
	slow := &gate{Log: s.log, open: make(chan struct{})}
	s.log, s.limits = slow, accounts.Limits{Waiting: 50}
	d := s.desk()
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken, refused := 0, 0
	for i := range 60 {
		wg.Go(func() {
			var batch []event.Event
			for j := range 10 {
				batch = append(batch, at(time.Duration(i*10+j)*time.Second, event.LoginTried, fmt.Sprint("a", i), "d"))
			}
			got, err := d.Submit(context.Background(), boss, accounts.Batch{Body: lines(batch...), Decide: true})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if refused++; fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "try again") {
					t.Error(err)
				}
				return
			}
			taken += got.Accepted
		})
	}
	eventually(t, "a submission is refused", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return refused > 0
	})
	close(slow.open)
	wg.Wait()
	n, err := s.log.Last(t.Context(), eventlog.Partition("main", "events", s.log.Partitions()))
	if err != nil || int(n) != taken || refused == 0 || taken == 0 {
		t.Errorf("%d taken, %d in the log, %d refused, %v", taken, n, refused, err)
	}
	// When one was refused five of ten events each waited, and went together.
	if slow.appends > taken/10-4 {
		t.Errorf("%d appends of %d events: what waits while a write is in flight goes together into the next", slow.appends, taken)
	}
}

// gate is a log whose first append waits.
type gate struct {
	eventlog.Log
	open    chan struct{}
	appends int
	fail    int // that many appends write and then say that they failed
}

func (g *gate) Append(ctx context.Context, events ...eventlog.Event) ([]eventlog.Receipt, error) {
	<-g.open
	g.appends++
	r, err := g.Log.Append(ctx, events...)
	if g.fail > 0 {
		g.fail--
		return nil, fault.New(fault.Temporary, "", "eventlog: append: the disk is full: make room; it goes on by itself")
	}
	return r, err
}

// TestAWriteThatFails: what may or may not be in the log is decided in its order
// with the next that succeeds, once, and a repetition gets its decision.
func TestAWriteThatFails(t *testing.T) {
	s := newShop(t)
	events := chain("a1", 0)
	ref := newShop(t)
	want := whole(ref.send(ref.desk(), boss, events...).Answers)
	broken := &gate{Log: s.log, open: make(chan struct{})}
	close(broken.open)
	s.log = broken
	d := s.desk()
	s.send(d, boss, events[:2]...)
	broken.fail = 1
	if _, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[2:5]...), Decide: true}); fault.KindOf(err) != fault.Temporary {
		t.Fatalf("a write that failed: %v", err)
	}
	got := s.send(d, boss, events[2:]...)
	if got.Repeated != 3 {
		t.Errorf("%d were there already: want 3", got.Repeated)
	}
	all := append(s.send(d, boss, events[:2]...).Answers, got.Answers...)
	if whole(all) != want {
		t.Errorf("other decisions than without the failure:\n%s\nwant\n%s", whole(all), want)
	}
}

func TestRightsAndTenants(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil {
		t.Fatal(err)
	}
	id := list.Decisions[0].ID
	foreign := who("other", access.Supervisor)
	if list, err := d.List(t.Context(), foreign, accounts.AllDecisions("en")); err != nil || len(list.Decisions) != 0 {
		t.Errorf("another tenant's list: %d, %v", len(list.Decisions), err)
	}
	for name, f := range map[string]func(a access.Actor) error{
		"open":   func(a access.Actor) error { _, err := d.Open(t.Context(), a, id, "en"); return err },
		"label":  func(a access.Actor) error { return d.SetLabel(t.Context(), a, id, store.LabelFraud, 1) },
		"assign": func(a access.Actor) error { return d.Assign(t.Context(), a, id, "", 1) },
		"account": func(a access.Actor) error {
			_, err := d.Account(t.Context(), a, list.Decisions[0].Account, "en")
			return err
		},
	} {
		if err := f(foreign); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s by another tenant: %v", name, err)
		}
		for _, r := range access.Roles() {
			want := access.Can(r, access.DecisionRead)
			if err := f(who("main", r)); !want && fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s as %s: %v", name, r, err)
			}
		}
	}
	for _, r := range access.Roles() {
		_, err := d.Submit(t.Context(), who("main", r), accounts.Batch{Body: lines(at(0, event.LoginTried, "a", "d"))})
		if (err == nil) != access.Can(r, access.EventWrite) {
			t.Errorf("events from %s: %v", r, err)
		}
		_, err = d.Precisions(t.Context(), who("main", r), time.Time{})
		if (err == nil) != access.Can(r, access.PolicyRead) {
			t.Errorf("precision for %s: %v", r, err)
		}
	}
	// the same events of another tenant are others, hashed by another key
	s.send(d, foreign, chain("a1", 0)...)
	theirs, err := d.List(t.Context(), foreign, accounts.AllDecisions("en"))
	if err != nil || len(theirs.Decisions) != len(list.Decisions) || theirs.Decisions[0].Account == list.Decisions[0].Account {
		t.Errorf("%d decisions for another tenant, %v", len(theirs.Decisions), err)
	}
}

func TestLabelsAreAuditedAndCount(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := list.Decisions[0], list.Decisions[1]
	if err := d.SetLabel(t.Context(), analyst, a.ID, store.LabelFraud, a.Revision); err != nil {
		t.Fatal(err)
	}
	if err := d.SetLabel(t.Context(), analyst, a.ID, store.LabelGood, a.Revision); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a revision of before: %v", err)
	}
	if err := d.Assign(t.Context(), analyst, b.ID, "p-1", b.Revision); err != nil {
		t.Fatal(err)
	}
	if err := d.Assign(t.Context(), analyst, b.ID, "nobody", b.Revision+1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("assigned to nobody: %v", err)
	}
	for _, bad := range []store.Label{"", "maybe"} {
		if err := d.SetLabel(t.Context(), analyst, b.ID, bad, b.Revision+1); fault.KindOf(err) != fault.Invalid {
			t.Errorf("label %q: %v", bad, err)
		}
	}
	got, err := d.Precisions(t.Context(), analyst, time.Time{})
	if err != nil || len(got) != len(a.Reasons) || got[0].Fraud != 1 || got[0].Share != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	var deeds []string
	if err := s.store.Read(t.Context(), func(r store.Records) error {
		entries, _, err := r.Audit.List(t.Context(), "main", store.AuditFilter{}, 0, 10)
		for _, e := range entries {
			deeds = append(deeds, e.Action+" "+e.Why+" "+string(e.Actor))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(deeds) != 3 || deeds[0] != "decision.assign p-1 p-1" || deeds[1] != "decision.label fraud p-1" || !strings.HasPrefix(deeds[2], "policy.begin") {
		t.Errorf("the audit has %q", deeds)
	}
	s.mu.Lock()
	s.now = s.now.AddDate(0, 0, 401)
	s.mu.Unlock()
	part, err := persons.New(persons.Config{Store: s.store, Data: data.FS, Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := part.Expire(t.Context(), false); err != nil || len(n) != 1 || n[0].Erased == 0 || n[0].Held != 0 {
		t.Fatalf("erased %+v, %v", n, err)
	}
	if list, err := d.List(t.Context(), boss, accounts.AllDecisions("en")); err != nil || len(list.Decisions) != 0 {
		t.Errorf("%d decisions outlived their time, %v", len(list.Decisions), err)
	}
}

func TestFollow(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	s.send(d, boss, chain("a1", 0)...)
	all, err := d.Follow(t.Context(), analyst, 0, 0, "en")
	if err != nil || len(all) < 3 {
		t.Fatalf("%d, %v", len(all), err)
	}
	last := all[len(all)-1].Sequence
	if n, err := d.Latest(t.Context(), analyst); n != last || err != nil {
		t.Errorf("latest %d, want %d, %v", n, last, err)
	}
	if rest, err := d.Follow(t.Context(), analyst, all[1].Sequence, 0, "en"); err != nil || len(rest) != len(all)-2 || rest[0].ID != all[2].ID {
		t.Errorf("from a place: %d, %v", len(rest), err)
	}
	if none, err := d.Follow(t.Context(), analyst, last, 10*time.Millisecond, "en"); len(none) != 0 || err != nil {
		t.Errorf("nothing new: %d, %v", len(none), err)
	}
	came := make(chan []accounts.DecisionView)
	go func() {
		list, err := d.Follow(context.Background(), analyst, last, 20*time.Second, "en")
		if err != nil {
			t.Error(err)
		}
		came <- list
	}()
	time.Sleep(20 * time.Millisecond)
	s.send(d, boss, chain("b1", 24*time.Hour)...)
	if list := <-came; len(list) == 0 || list[0].Sequence <= last {
		t.Errorf("who waits hears of %d", len(list))
	}
	go func() { time.Sleep(20 * time.Millisecond); d.End() }()
	if _, err := d.Follow(t.Context(), analyst, 1<<60, 20*time.Second, "en"); fault.KindOf(err) != fault.Temporary {
		t.Errorf("the end: %v", err)
	}
}

// TestAnotherPolicy: what the policy of before decided stays, can be explained
// and computed again; the new one knows all of the past, and nothing that it
// would have decided of it is kept.
func TestAnotherPolicy(t *testing.T) {
	s := newShop(t)
	d := s.desk()
	events := chain("a1", 0)
	s.send(d, boss, events[:5]...)
	before, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil || len(before.Decisions) != 2 {
		t.Fatalf("%d, %v", len(before.Decisions), err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.policy = bytes.Replace(s.policy, []byte("version: 4"), []byte("version: 5"), 1)
	s.policy = bytes.Replace(s.policy, []byte("challenge: 50"), []byte("challenge: 5"), 1)
	d = s.desk()
	got := s.send(d, boss, events[5:]...)
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil || len(list.Decisions) != 2+6 || got.Answers[0].Action == "allow" {
		t.Errorf("%d decisions, want those of before and six new ones; %v", len(list.Decisions), err)
	}
	for i, want := range map[int]int{len(list.Decisions) - 1: 4, 0: 5} {
		o, err := d.Open(t.Context(), boss, list.Decisions[i].ID, "en")
		if err != nil || o.Version != want || !o.Again {
			t.Errorf("decision %d: version %d, computed again %v, %v", i, o.Version, o.Again, err)
		}
	}
	if again := s.send(d, boss, events[3]); again.Answers[0].Action != before.Decisions[1].Action || !again.Answers[0].Repeated {
		t.Errorf("an event of before keeps its decision: %+v", again.Answers)
	}
	if len(s.broken) > 0 {
		t.Errorf("failed: %v", s.broken)
	}
}
