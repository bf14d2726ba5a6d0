package accounts_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/lists"
	"bonafide/eventlog"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
)

// listing is a policy that holds orders of listed recipients and asks listed
// devices for a proof.
const listing = `policy: listing
version: 1
lateness: 24h
thresholds: {challenge: 10, hold: 20}
decides: [order.placed]
lists:
  - {name: mules, of: order.gift_recipients}
  - {name: phones, of: event.device}
rules:
  - {id: mule, on: order.placed, when: list.mules, score: 20, reason: {en: mule, de: Paketbote, ja: 受け子}}
  - {id: phone, on: order.placed, when: list.phones, score: 10, reason: {en: phone, de: Telefon, ja: 電話}}
`

func gift(n int, after time.Duration, device, to string) event.Event {
	e := at(after, event.OrderPlaced, "a1", device)
	e.ID = fmt.Sprint("o", n)
	e.Order = event.Order{ID: e.ID, Amount: 100, Currency: "EUR", Payment: "card", Items: []event.Item{{Kind: event.GiftKind, Amount: 100, Recipient: to}}}
	return e
}

func (s *shop) action(d *accounts.Desk, e event.Event) string {
	s.t.Helper()
	return s.send(d, boss, e).Answers[0].Action
}

func value(v string) lists.NewEntry {
	return lists.NewEntry{ListValue: lists.ListValue{Value: v}, Reason: "seen in three takeovers"}
}

func newListing(t testing.TB) *shop {
	s := newShop(t)
	s.policy, s.now = []byte(listing), start
	return s
}

// TestListsHoldFromTheLog: what is put on a list holds for the next event, ends by
// itself, is searched by its value, and is never kept in the clear; and a second
// server over the same log decides the same.
func TestListsHoldFromTheLog(t *testing.T) { // S4.5
	s := newListing(t)
	d := s.desk()
	if got := s.action(d, gift(1, 0, "d1", "mule@example.com")); got != "allow" {
		t.Fatalf("before: %s", got)
	}
	n := value("mule@example.com")
	n.Until = start.Add(2 * time.Hour)
	view, err := s.lists(d).PutEntries(t.Context(), analyst, "mules", []lists.NewEntry{n})
	if err != nil || !view.Asked || view.Of != "order.gift_recipients" {
		t.Fatalf("%+v, %v", view, err)
	}
	held := gift(2, time.Minute, "d1", "mule@example.com")
	if got := s.action(d, held); got != "hold" {
		t.Errorf("listed: %s", got)
	}
	s.mu.Lock()
	s.now = start.Add(3 * time.Hour)
	s.mu.Unlock()
	if got := s.action(d, gift(3, 2*time.Hour, "d1", "mule@example.com")); got != "allow" {
		t.Errorf("past its end: %s", got)
	}
	found, err := s.lists(d).Entries(t.Context(), analyst, lists.EntryQuery{List: "mules", Find: lists.ListValue{Value: "mule@example.com"}})
	if err != nil || len(found.Entries) != 1 || strings.Contains(found.Entries[0].Value, "mule") || found.Entries[0].Waiting || found.Entries[0].Reason != n.Reason {
		t.Fatalf("%+v, %v", found, err)
	}
	other, err := s.lists(d).Entries(t.Context(), analyst, lists.EntryQuery{List: "mules", Find: lists.ListValue{Value: "else@example.com"}})
	if err != nil || len(other.Entries) != 0 {
		t.Errorf("%+v, %v", other, err)
	}
	// an old decision is opened again when the list says something else
	if _, err := s.lists(d).TakeOff(t.Context(), analyst, "mules", []lists.ListValue{{Value: found.Entries[0].Value, Hashed: true}}, "it was a mistake"); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
	if err != nil || len(list.Decisions) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if x, err := d.Open(t.Context(), boss, list.Decisions[0].ID, "en"); err != nil || !x.Again || len(x.Values) != 1 || x.Values[0].Name != "list.mules" {
		t.Errorf("%+v, %v", x, err)
	}
	records, err := s.log.Read(t.Context(), 0, 1, 100)
	for i := 1; i < s.log.Partitions() && len(records) == 0; i++ {
		records, err = s.log.Read(t.Context(), i, 1, 100)
	}
	if err != nil || len(records) != 5 {
		t.Fatalf("the log has %d records, %v", len(records), err)
	}
	for _, r := range records {
		if bytes.Contains(r.Data, []byte("mule@")) || bytes.Contains(r.Data, []byte(n.Reason)) {
			t.Error("the log has the value, or the reason, in the clear")
		}
	}
	var deeds []string
	if err := s.store.Read(t.Context(), func(r store.Records) error {
		entries, _, err := r.Audit.List(t.Context(), "main", store.AuditFilter{}, 0, 10)
		for _, e := range entries {
			if strings.HasPrefix(e.Action, "list.") {
				deeds = append(deeds, e.Action+" "+e.Object+" "+e.Why)
			}
		}
		return err
	}); err != nil || strings.Join(deeds, "; ") != "list.take_off list:mules it was a mistake; list.add list:mules seen in three takeovers" {
		t.Errorf("the audit has %q, %v", deeds, err)
	}
}

// TestListsSameEventsSameDecisions: whatever is put and taken off between events,
// a server that stops at any place and one that reads the whole log decide as
// the one that ran on.
func TestListsSameEventsSameDecisions(t *testing.T) {
	steps := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 119), 6, 6), 3, 14)
	for seed := range 10 { // a database each: the property with more of them is that of account/guard
		listsSame(t, steps.Example(seed), seed)
	}
}

// listsSame does steps that are drawn and compares with what the log alone gives.
func listsSame(t *testing.T, steps [][]int, seed int) {
	s := newListing(t)
	s.limits.SnapshotEvents = 1 + seed
	d := s.desk()
	for i, x := range steps {
		if i == len(steps)*seed/10 {
			_ = d.Close()
			if seed%2 == 0 {
				s.shelf.m = map[string][]byte{}
			}
			d = s.desk()
		}
		list, e := "mules", value(fmt.Sprint("m", x[1]%2))
		if x[2]%2 == 0 {
			list, e.Value = "phones", fmt.Sprint("d", x[1]%2)
		}
		if x[3]%2 == 0 {
			e.Until = start.Add(time.Duration(x[3]) * time.Minute)
		}
		var err error
		switch x[0] % 4 {
		case 0:
			_, err = s.lists(d).PutEntries(t.Context(), boss, list, []lists.NewEntry{e})
		case 1:
			_, err = s.lists(d).TakeOff(t.Context(), boss, list, []lists.ListValue{e.ListValue}, "no longer so")
		default:
			now := time.Duration(i*10) * time.Minute
			s.mu.Lock()
			s.now = start.Add(now)
			s.mu.Unlock()
			s.send(d, boss, gift(i, now, fmt.Sprint("d", x[4]%2), fmt.Sprint("m", x[5]%2)))
		}
		if k := fault.KindOf(err); err != nil && k != fault.Invalid && k != fault.NotFound {
			t.Fatal(err)
		}
	}
	took, err := d.Follow(t.Context(), boss, 0, 0, "en")
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	other := newListing(t) // other records, the same log
	other.log, other.now = s.log, s.now
	e := other.desk()
	again, err := e.Follow(t.Context(), boss, 0, 0, "en")
	if err != nil || len(again) != len(took) {
		t.Fatalf("seed %d: %d decisions, read from the log again %d, %v", seed, len(took), len(again), err)
	}
	for i := range took {
		if a, b := took[i], again[i]; a.ID != b.ID || a.Action != b.Action || a.Score != b.Score || len(a.Reasons) != len(b.Reasons) {
			t.Fatalf("seed %d: decided %+v, and from the log %+v", seed, a, b)
		}
	}
}

// broken is a log that takes no more while it is told so.
type broken struct {
	eventlog.Log
	no bool
}

func (b *broken) Append(ctx context.Context, events ...eventlog.Event) ([]eventlog.Receipt, error) {
	if b.no {
		return nil, fault.New(fault.Temporary, "", "the disk is full")
	}
	return b.Log.Append(ctx, events...)
}

// TestAChangeThatStoppedHalfway: it is not acknowledged, told as on its way, and
// holds after the next start, once.
func TestAChangeThatStoppedHalfway(t *testing.T) {
	s := newListing(t)
	log := &broken{Log: memory.New(memory.Options{})}
	s.log = log
	d := s.desk()
	if err := s.lists(d).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.no = true
	if _, err := s.lists(d).PutEntries(t.Context(), boss, "mules", []lists.NewEntry{value("m1")}); fault.KindOf(err) != fault.Temporary {
		t.Fatalf("the log fails: %v", err)
	}
	if x, err := s.lists(d).Entries(t.Context(), boss, lists.EntryQuery{List: "mules"}); err != nil || len(x.Entries) != 1 || !x.Entries[0].Waiting {
		t.Errorf("%+v, %v", x, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	log.no = false
	for range 2 {
		d = s.desk()
		if err := s.lists(d).Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x, err := s.lists(d).Entries(t.Context(), boss, lists.EntryQuery{List: "mules"}); err != nil || len(x.Entries) != 1 || x.Entries[0].Waiting {
			t.Errorf("%+v, %v", x, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d = s.desk()
	if got := s.action(d, gift(1, 0, "d1", "m1")); got != "hold" {
		t.Errorf("after the start: %s", got)
	}
	if n := lastOf(t, s.log); n != 2 {
		t.Errorf("the log has %d records, want the change and the order", n)
	}
}

func lastOf(t *testing.T, l eventlog.Log) (n int) {
	for i := range l.Partitions() {
		last, err := l.Last(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		n += int(last) //nolint:gosec // few
	}
	return n
}

// TestListsAfterARestore: records of another day, or another log: at the start
// the log is made to say what the records say, with an audit entry.
func TestListsAfterARestore(t *testing.T) {
	s := newListing(t)
	d := s.desk()
	if _, err := s.lists(d).PutEntries(t.Context(), boss, "mules", []lists.NewEntry{value("m1")}); err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	kept := s.log
	s.log, s.shelf.m = memory.New(memory.Options{}), map[string][]byte{} // moved to another server
	d = s.desk()
	if err := s.lists(d).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.action(d, gift(1, 0, "d1", "m1")); got != "hold" {
		t.Errorf("on another server: %s", got)
	}
	other := newListing(t) // records of a backup of before
	other.log = kept
	e := other.desk()
	if err := other.lists(e).Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.action(e, gift(1, 0, "d1", "m1")); got != "allow" {
		t.Errorf("with records of before: %s", got)
	}
}

// TestImportOfLists: tables and lines, whole or with what is wrong told by line.
func TestImportOfLists(t *testing.T) {
	s := newListing(t)
	d := s.desk()
	for name, c := range map[string]struct {
		file         string
		skip         bool
		added, wrong int
		want         string
	}{
		"a table":              {file: "value,until,reason\nm1,2026-12-31,known to us\nm2,,\n", added: 2},
		"semicolons and a BOM": {file: "\xef\xbb\xbfvalue;reason\nm1;\"told; twice\"\n", added: 1},
		"lines":                {file: `{"value":"m3","until":"2026-12-31T00:00:00Z","reason":"told by a bank"}` + "\n\n" + `{"value":"m4"}`, added: 2},
		"no column":            {file: "name\nm1\n", want: "line 1"},
		"a value that is none": {file: "value,until\nm1,\n,\n", want: "line 3"},
		"a time past":          {file: "value,until\nm1,2020-01-01\n", want: "line 2"},
		"too far ahead":        {file: "value,until\nm1,2036-01-01\n", want: "two years"},
		"no hash":              {file: "value,hashed\nm1,true\n", want: "no hash"},
		"a field too much":     {file: `{"value":"m3","who":"x"}`, want: "line 1"},
		"the good ones":        {file: "value,until\nm1,\nm2,never\n", skip: true, added: 1, wrong: 1},
		"nothing":              {file: "", want: "empty"},
	} {
		got, err := s.lists(d).Import(t.Context(), boss, "mules", lists.ListFile{Body: []byte(c.file), Reason: "a list from before", Skip: c.skip})
		switch {
		case c.want != "":
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		case err != nil || got.Added != c.added || len(got.Refused) != c.wrong:
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	many := "value\n" + strings.Repeat("x\n", lists.MaxImport+1)
	if _, err := s.lists(d).Import(t.Context(), boss, "mules", lists.ListFile{Body: []byte(many), Reason: "too many"}); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("too many: %v", err)
	}
	var b strings.Builder
	for i := range 1234 {
		fmt.Fprintf(&b, "x%d\n", i)
	}
	if got, err := s.lists(d).Import(t.Context(), boss, "phones", lists.ListFile{Body: []byte("value\n" + b.String()), Reason: "lost phones"}); err != nil || got.Added != 1234 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := s.action(d, gift(1, 0, "x1233", "m9")); got != "challenge" {
		t.Errorf("the last of many: %s", got)
	}
}

// FuzzListFile: no file breaks the reader, and what is wrong is told as such.
func FuzzListFile(f *testing.F) {
	for _, raw := range []string{"value,until\nm1,2026-12-31\n", `{"value":"x","hashed":true}`, "value;reason\n\"a\n", "\xef\xbb\xbf", "value\n\x00\n"} {
		f.Add([]byte(raw))
	}
	s := newListing(f)
	d := s.lists(s.desk())
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := d.Import(t.Context(), boss, "mules", lists.ListFile{Body: raw, Reason: "a list from before"})
		if k := fault.KindOf(err); err != nil && k != fault.Invalid && k != fault.TooLarge {
			t.Errorf("%v", err)
		}
	})
}

// TestListsOfOthers: rights, tenants, and names that are none.
func TestListsOfOthers(t *testing.T) {
	s := newListing(t)
	d := s.desk()
	ctx := t.Context()
	if err := s.lists(d).MakeList(ctx, boss, lists.NewList{Name: "cards", Of: "order.card", About: "stolen"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.lists(d).PutEntries(ctx, boss, "cards", []lists.NewEntry{value("c1")}); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(a access.Actor) error{
		"make": func(a access.Actor) error {
			return s.lists(d).MakeList(ctx, a, lists.NewList{Name: "cards", Of: "order.card"})
		},
		"remove": func(a access.Actor) error { return s.lists(d).RemoveList(ctx, a, "cards") },
		"put": func(a access.Actor) error {
			_, err := s.lists(d).PutEntries(ctx, a, "cards", []lists.NewEntry{value("c1")})
			return err
		},
		"off": func(a access.Actor) error {
			_, err := s.lists(d).TakeOff(ctx, a, "cards", []lists.ListValue{{Value: "c2"}}, "for a test")
			return err
		},
		"import": func(a access.Actor) error {
			_, err := s.lists(d).Import(ctx, a, "cards", lists.ListFile{Body: []byte("value\nc3"), Reason: "for a test"})
			return err
		},
		"lists": func(a access.Actor) error { _, err := s.lists(d).Lists(ctx, a); return err },
		"read": func(a access.Actor) error {
			_, err := s.lists(d).Entries(ctx, a, lists.EntryQuery{List: "cards"})
			return err
		},
	} {
		needs := access.ListWrite
		if name == "lists" || name == "read" {
			needs = access.ListRead
		}
		for _, r := range access.Roles() {
			if err := f(who("main", r)); (fault.KindOf(err) == fault.Forbidden) == access.Can(r, needs) {
				t.Errorf("%s as %s: %v", name, r, err)
			}
		}
		if name == "put" || name == "off" || name == "import" || name == "read" || name == "remove" {
			if err := f(who("other", access.Supervisor)); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s by another tenant: %v", name, err)
			}
		}
	}
	for what, err := range map[string]error{
		"a name":   s.lists(d).MakeList(ctx, boss, lists.NewList{Name: "No", Of: "order.card"}),
		"a field":  s.lists(d).MakeList(ctx, boss, lists.NewList{Name: "x", Of: "order.amount"}),
		"a choice": s.lists(d).MakeList(ctx, boss, lists.NewList{Name: "x", Of: "login.mfa"}),
		"country":  s.lists(d).MakeList(ctx, boss, lists.NewList{Name: "x", Of: "event.country"}),
	} {
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s that is none: %v", what, err)
		}
	}
	if _, err := d.Submit(ctx, boss, accounts.Batch{Body: []byte(`{"id":"1","source":"bonafide","type":"list.changed","time":"2026-03-05T10:00:00Z","data":{"list":"cards","of":"card","do":"remove","values":["x"]}}`)}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a shop changes a list by an event: %v", err)
	}
	all, err := s.lists(d).Lists(ctx, boss)
	if err != nil || len(all) != 3 || all[0].Name != "cards" || all[0].Asked || all[0].Entries != 2 || !all[1].Asked || all[1].Made != nil {
		t.Errorf("%+v, %v", all, err)
	}
	if err := s.lists(d).RemoveList(ctx, boss, "cards"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a list with entries is removed: %v", err)
	}
}
