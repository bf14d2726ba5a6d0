package privacy_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/casework/request"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/accounts/persons"
	"bonafide/desk/privacy"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/storetest"
)

// guarded is a house with the account guard.
type guarded struct {
	*house
	log      eventlog.Log
	accounts *accounts.Desk
	lists    *lists.Desk
	shopper  access.Actor
}

var eventsKey = bytes.Repeat([]byte("k"), 32)

// guard opens the desk of accounts and the privacy desk over a house.
func guard(t *testing.T, h *house, log eventlog.Log) *guarded {
	t.Helper()
	g := &guarded{house: h, log: log, shopper: access.Actor{Tenant: "main", Person: "shop", Roles: []access.Role{access.Supervisor}}}
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	h.must(err)
	g.accounts, err = accounts.New(accounts.Config{Store: h.db, Log: log, Data: data.FS, Policy: text, Key: eventsKey, Unknown: event.Keep,
		Now: h.clock})
	h.must(err)
	t.Cleanup(func() { _ = g.accounts.Close() })
	g.lists, err = lists.New(lists.Config{Guard: g.accounts, Store: h.db, Now: h.clock})
	h.must(err)
	part, err := persons.New(persons.Config{Store: h.db, Data: data.FS, Now: h.clock, Key: eventsKey,
		MarkKeys: [][]byte{[]byte(key)}, Log: log, Running: g.accounts, Lists: g.lists})
	h.must(err)
	h.Desk, err = privacy.New(privacy.Config{Store: h.db, Data: data.FS, Now: h.clock, Random: rand.Reader, Key: []byte(key),
		Holders:  []privacy.Holder{h.reports.Requests(), h.people.Requests(), part.Decisions(), part.Events(), part.Lists()},
		Expirers: []privacy.Expirer{h.reports, h.people, part}})
	h.must(err)
	return g
}

// takeover is how a stranger takes an account over: stopped in the end.
func takeover(account string, begin time.Time) []byte {
	at := func(d time.Duration, kind event.Type, device string) event.Event {
		return event.Event{ID: fmt.Sprint(account, d, kind), Source: "shop", Type: kind, Time: begin.Add(d), Context: event.Context{Account: account, Device: device}}
	}
	day := 24 * time.Hour
	own, in := at(0, event.LoginTried, "own-"+account), at(3*day, event.LoginTried, "new-"+account)
	own.Login, in.Login = event.Login{Success: true, MFA: "totp", Enrolled: true}, event.Login{Success: true, MFA: "none", Enrolled: true}
	ended := at(day, event.SessionRevoked, "own-"+account)
	ended.Session = event.Session{By: "admin", Reason: "Anna Schmidt rang from 030 55501234"}
	moved := at(3*day+time.Minute, event.IdentifierChange, "new-"+account)
	moved.Identifier = event.Identifier{Kind: "email", Value: account + "@mail.example"}
	list := []event.Event{own, ended, in, moved}
	for i := range 4 {
		o := at(3*day+time.Duration(5+i)*time.Minute, event.OrderPlaced, "new-"+account)
		o.Order = event.Order{ID: fmt.Sprintf("%s-200%d", account, i), Amount: 5000, Currency: "JPY", Payment: "card",
			Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Digital: true, Recipient: "mule@mail.example"}}}
		h := at(3*day+time.Duration(5+i)*time.Minute+20*time.Second, event.OrderHidden, "new-"+account)
		h.Order.ID = o.Order.ID
		list = append(list, o, h)
	}
	var out bytes.Buffer
	for i := range list {
		raw := list[i].JSON()
		if list[i].Type == event.SessionRevoked { // a field that the vocabulary does not know
			raw = bytes.Replace(raw, []byte(`"session_change":{`), []byte(`"note":"neighbour of Bea Boss","session_change":{`), 1)
		}
		out.Write(append(raw, '\n'))
	}
	return out.Bytes()
}

func (g *guarded) submit(body []byte) string {
	g.t.Helper()
	got, err := g.accounts.Submit(g.t.Context(), g.shopper, accounts.Batch{Body: body, Decide: true, Lang: "en"})
	g.must(err)
	raw, _ := json.Marshal(got.Answers)
	return string(raw)
}

// decided is how many decisions there are of an account; "" counts all.
func (g *guarded) decided(account string) int {
	g.t.Helper()
	q := accounts.AllDecisions("en")
	q.Account = account
	list, err := g.accounts.List(g.t.Context(), g.shopper, q)
	g.must(err)
	return len(list.Decisions)
}

// logHas reports whether a text stands anywhere in the log.
func (g *guarded) logHas(text string) bool {
	g.t.Helper()
	for part := range g.log.Partitions() {
		list, err := g.log.Read(g.t.Context(), part, 1, eventlog.MaxAppend)
		g.must(err)
		for _, r := range list {
			if bytes.Contains(r.Data, []byte(text)) {
				return true
			}
		}
	}
	return false
}

func ask(identifier string) privacy.Ask {
	return privacy.Ask{Subject: request.Subject{Identifier: identifier}, Asker: privacy.ByPerson, Reason: "letter of 3 May"}
}

// certain picks what certainly is of a person.
func (g *guarded) certain(identifier string) (picks []privacy.Pick) {
	g.t.Helper()
	found, err := g.Find(g.t.Context(), g.admin, ask(identifier))
	g.must(err)
	for _, x := range found.Found {
		if x.Certain {
			picks = append(picks, privacy.Pick{Kind: x.Kind, ID: x.ID})
		}
	}
	return picks
}

// TestAccountOfAPerson: what people wrote freely is in no clear anywhere in the
// log; a copy gives it; an erasure takes it and the decisions away for good, and
// changes no decision about others.
// S10.2 S10.3
func TestAccountOfAPerson(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	g := guard(t, h, memory.New(memory.Options{}))
	ctx, begin := t.Context(), noon.AddDate(0, 0, -10)
	g.submit(takeover("anna1", begin))
	other := g.submit(takeover("bert2", begin.Add(time.Hour)))
	if g.decided("anna1") == 0 || g.decided("bert2") == 0 {
		t.Fatal("nothing was stopped: the test shows nothing")
	}
	for _, clear := range []string{"Schmidt", "neighbour", "anna1-200", "mail.example"} {
		if g.logHas(clear) {
			t.Errorf("%q stands in the log in the clear", clear)
		}
	}
	for _, by := range []string{"anna1", " anna1-2001 ", "Anna1@mail.example"} {
		if got := len(g.certain(by)); got != 2 {
			t.Errorf("found by %s: %d records that are certain, want decisions and events", by, got)
		}
	}
	mule, err := g.Find(ctx, g.admin, ask("mule@mail.example"))
	g.must(err)
	if len(mule.Found) != 4 || mule.Found[0].Certain {
		t.Errorf("who received gift cards: %+v: want four records that are not certain", mule.Found)
	}
	given, err := g.Copy(ctx, g.supervisor, ask("anna1"), g.certain("anna1"))
	g.must(err)
	raw, _ := json.Marshal(given)
	for _, want := range []string{"Anna Schmidt rang", "neighbour of Bea Boss", "order.placed", `"reasons":{"de":[`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the copy lacks %q", want)
		}
	}
	if strings.Contains(string(raw), "bert2") {
		t.Error("the copy holds another account")
	}

	h.set(h.clock().Add(time.Minute))
	done, err := g.Erase(ctx, g.admin, ask("anna1"), g.certain("anna1"))
	g.must(err)
	body, _ := json.Marshal(done.Body)
	for _, want := range []string{`"code":"decisions"`, `"code":"free_texts","count":1`, `"code":"log_pseudonyms","count":12`} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the certificate lacks %s: %s", want, body)
		}
	}
	page, err := g.accounts.Account(ctx, g.shopper, "anna1", "en")
	g.must(err)
	if page.Erased == nil || len(page.Moments)+len(page.Decisions)+len(page.Orders) != 0 {
		t.Errorf("the page of an erased account: %+v", page)
	}
	if left := g.certain("anna1"); len(left) != 0 || g.decided("anna1") != 0 {
		t.Errorf("left: %v, %d decisions", left, g.decided("anna1"))
	}

	// What comes later is taken, decided, and its free texts are not kept.
	h.set(h.clock().Add(time.Minute))
	late := takeover("anna1", begin)
	late = bytes.SplitAfter(bytes.ReplaceAll(late, []byte(`"id":"anna1`), []byte(`"id":"late`)), []byte("\n"))[1]
	g.submit(late)
	page, err = g.accounts.Account(ctx, g.shopper, "anna1", "en")
	g.must(err)
	if len(page.Moments) != 1 || !page.Moments[0].Erased || page.Moments[0].Fields["session_change.reason"] != "" {
		t.Errorf("after an event that came late: %+v", page.Moments)
	}

	// The log is decided again from its beginning: the same, and nothing comes back.
	want := g.decided("")
	g.must(g.accounts.Close())
	again := guard(t, h, g.log)
	if got := again.decided(""); got != want || again.decided("anna1") != 0 {
		t.Errorf("%d decisions after the log was read again, %d of whom was erased: want %d and 0", got, again.decided("anna1"), want)
	}
	plain := strings.NewReplacer(`,"repeated":true`, "", `,"late":true`, "").Replace
	if same := again.submit(takeover("bert2", begin.Add(time.Hour))); plain(same) != plain(other) {
		t.Errorf("another account is decided otherwise:\n%s\n%s", same, other)
	}
}

// TestHoldOnAnAccount: a hold by an order number keeps decisions and events from
// requests and from the sweep; a run by hand sweeps decisions as the server does.
// S10.1
func TestHoldOnAnAccount(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	g := guard(t, h, memory.New(memory.Options{}))
	ctx, begin := t.Context(), noon.AddDate(0, 0, -10)
	g.submit(takeover("anna1", begin))
	g.submit(takeover("bert2", begin))
	hold, err := g.Hold(ctx, g.supervisor, privacy.HoldWish{Subject: request.Subject{Identifier: "anna1"}, Reason: "a court asks for it"})
	g.must(err)
	done, err := g.Erase(ctx, g.admin, ask("anna1"), g.certain("anna1"))
	g.must(err)
	if len(done.Removed) != 0 || done.Kept[0] != (request.Part{Code: "held", Count: 2}) {
		t.Errorf("erased in spite of a hold: %+v", done.Body)
	}
	anna, bert := g.decided("anna1"), g.decided("bert2")
	h.set(noon.AddDate(0, 0, 500))
	g.admin.Confirmed, g.supervisor.Confirmed = h.clock(), h.clock()
	dry, err := g.Retain(ctx, true)
	g.must(err)
	if n, held := erased(dry, "decision"); n != int64(bert) || held != int64(anna) || g.decided("") != anna+bert {
		t.Errorf("a dry run: %d would go, %d held: want %d and %d, all left", n, held, bert, anna)
	}
	run, err := g.Retain(ctx, false)
	g.must(err)
	if n, held := erased(run, "decision"); n != int64(bert) || held != int64(anna) || g.decided("anna1") != anna || g.decided("bert2") != 0 {
		t.Errorf("a run: %d went, %d held", n, held)
	}
	g.must(g.Release(ctx, g.supervisor, hold.ID, "the court is done"))
	run, err = g.Retain(ctx, false)
	g.must(err)
	if n, _ := erased(run, "decision"); n != int64(anna) {
		t.Errorf("after the release %d went: want %d", n, anna)
	}
}

// torn is a store whose certificates cannot be written.
type torn struct{ store.Store }

type noCertificates struct{ store.Certificates }

var errTorn = errors.New("the power went")

func (noCertificates) Add(context.Context, store.Certificate) error { return errTorn }

func (s torn) Write(ctx context.Context, f func(store.Records) error) error {
	return s.Store.Write(ctx, func(r store.Records) error {
		r.Certificates = noCertificates{r.Certificates}
		return f(r)
	})
}

// TestErasureStopped: an erasure that stops before its end did nothing, and is
// done whole the next time; a third time finds nothing.
// S10.2
func TestErasureStopped(t *testing.T) {
	db := storetest.SQLite().Open(t)
	h := founded(t, db)
	h.db = torn{db}
	g := guard(t, h, memory.New(memory.Options{}))
	ctx := t.Context()
	g.submit(takeover("anna1", noon.AddDate(0, 0, -10)))
	picks, before := g.certain("anna1"), g.decided("anna1")
	if _, err := g.Erase(ctx, g.admin, ask("anna1"), picks); !errors.Is(err, errTorn) {
		t.Fatalf("the erasure was not stopped: %v", err)
	}
	if g.decided("anna1") != before || len(g.certain("anna1")) != 2 {
		t.Error("half of it was erased")
	}
	if given, err := guard(t, &house{t: t, db: db, now: h.clock(), people: h.people, reports: h.reports, admin: h.admin}, g.log).Copy(ctx, g.supervisor, ask("anna1"), picks); err != nil || !strings.Contains(string(given.Records[1].Data), "Schmidt") {
		t.Errorf("its key is gone: %v", err)
	}
	whole := guard(t, &house{t: t, db: db, now: h.clock(), people: h.people, reports: h.reports, admin: h.admin}, g.log)
	_, err := whole.Erase(ctx, g.admin, ask("anna1"), picks)
	whole.must(err)
	if whole.decided("anna1") != 0 || len(whole.certain("anna1")) != 0 {
		t.Error("not all was erased")
	}
	_, err = whole.Erase(ctx, g.admin, ask("anna1"), picks)
	whole.wantKind("erased twice", err, fault.Invalid)
}

// TestKeysStayDestroyed: a backup brings the key of an account back; what was
// erased since is erased again, and the account gets no key again where the
// backup had none.
// S10.4
func TestKeysStayDestroyed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		h := founded(t, e.Open(t))
		g := guard(t, h, memory.New(memory.Options{}))
		ctx := t.Context()
		g.submit(takeover("anna1", noon.AddDate(0, 0, -10)))
		var trace string
		for _, p := range g.certain("anna1") {
			if p.Kind == accounts.KindEvent {
				trace = p.ID
			}
		}
		var old store.SubjectKey
		g.must(h.db.Read(ctx, func(r store.Records) (err error) {
			old, err = r.SubjectKeys.Get(ctx, "main", trace)
			return err
		}))
		_, err := g.Erase(ctx, g.admin, ask("anna1"), g.certain("anna1"))
		g.must(err)
		later := store.Later{Erasures: []store.Erasure{{Tenant: "main", Kind: accounts.KindEvent, Mark: store.Buried("main", accounts.KindEvent, trace), Erased: h.clock()}}}

		for _, had := range []bool{true, false} {
			copied := founded(t, storetest.SQLite().Open(t))
			b := guard(t, copied, g.log)
			if had {
				b.must(copied.db.Write(ctx, func(r store.Records) error {
					_, err := r.SubjectKeys.Make(ctx, old)
					return err
				}))
			}
			again, err := b.Apply(ctx, later)
			b.must(err)
			if want := map[bool]int64{true: 1, false: 0}[had]; again.Erased != want {
				t.Errorf("key in the backup %v: erased again %d, want %d", had, again.Erased, want)
			}
			copied.set(copied.clock().Add(time.Minute))
			b.submit(bytes.ReplaceAll(takeover("anna1", noon.AddDate(0, 0, -10)), []byte(`"id":"anna1`), []byte(`"id":"late`)))
			b.must(copied.db.Read(ctx, func(r store.Records) error {
				_, err := store.Subjects{Now: time.Now}.Open(ctx, r, store.Personal{Tenant: "main", Subject: trace, Field: "x"}, "sealed")
				if had && !errors.Is(err, keyring.ErrErased) || !had && fault.KindOf(err) != fault.NotFound {
					t.Errorf("key in the backup %v: the account has a key again: %v", had, err)
				}
				return nil
			}))
		}
	})
}
