package privacy_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bonafide/casework/request"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/privacy"
	"bonafide/eventlog/memory"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// put puts a value on a list.
func (g *guarded) put(list, of, value, reason string) {
	g.t.Helper()
	if err := g.lists.MakeList(g.t.Context(), g.shopper, lists.NewList{Name: list, Of: of, About: "stopped by hand"}); err != nil && fault.KindOf(err) != fault.Conflict {
		g.t.Fatal(err)
	}
	_, err := g.lists.PutEntries(g.t.Context(), g.shopper, list, []lists.NewEntry{{ListValue: lists.ListValue{Value: value}, Reason: reason}})
	g.must(err)
}

// on counts the entries of a list, as the records and as the guard have it.
func (g *guarded) on(list string) (kept, holds int) {
	g.t.Helper()
	page, err := g.lists.Entries(g.t.Context(), g.shopper, lists.EntryQuery{List: list})
	g.must(err)
	found, err := g.accounts.Listed(g.t.Context(), "main")
	g.must(err)
	for _, x := range found {
		if x.List == list {
			holds++
		}
	}
	return len(page.Entries), holds
}

// TestListsOfAPerson: who stands on a list is found by their address or account,
// gets a copy with the reason, stays while a hold says so, and is erased from the
// records and from what the guard knows, for good.
// S10.2 S10.3
func TestListsOfAPerson(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	g := guard(t, h, memory.New(memory.Options{}))
	ctx := t.Context()
	g.put("mules", "order.gift_recipients", "mule@mail.example", "told by the bank of Bea")
	g.put("mules", "order.gift_recipients", "else@mail.example", "another one")
	g.put("watched", "event.account", "anna1", "the claim of May")
	for by, want := range map[string]int{"mule@mail.example": 1, " MULE@mail.example ": 1, "anna1": 1, "nobody@mail.example": 0} {
		if got := g.certain(by); len(got) != want || want > 0 && got[0].Kind != lists.KindEntry {
			t.Errorf("found by %s: %v, want %d", by, got, want)
		}
	}
	picks := g.certain("mule@mail.example")
	given, err := g.Copy(ctx, g.supervisor, ask("mule@mail.example"), picks)
	g.must(err)
	raw, _ := json.Marshal(given)
	if !strings.Contains(string(raw), "told by the bank of Bea") || !strings.Contains(string(raw), "stopped by hand") || strings.Contains(string(raw), "another one") {
		t.Errorf("the copy: %s", raw)
	}

	hold, err := g.Hold(ctx, g.supervisor, privacy.HoldWish{Subject: request.Subject{Identifier: "mule@mail.example"}, Reason: "a court asks for it"})
	g.must(err)
	done, err := g.Erase(ctx, g.admin, ask("mule@mail.example"), picks)
	g.must(err)
	if kept, holds := g.on("mules"); len(done.Removed) != 0 || kept != 2 || holds != 2 {
		t.Errorf("erased in spite of a hold: %+v, %d kept, %d hold", done.Removed, kept, holds)
	}
	g.must(g.Release(ctx, g.supervisor, hold.ID, "the court is done"))
	done, err = g.Erase(ctx, g.admin, ask("mule@mail.example"), picks)
	g.must(err)
	body, _ := json.Marshal(done.Body)
	if kept, holds := g.on("mules"); kept != 1 || holds != 1 || !bytes.Contains(body, []byte(`"code":"list_entries","count":1`)) {
		t.Errorf("%d kept, %d hold: %s", kept, holds, body)
	}
	if left := g.certain("mule@mail.example"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}

	// A backup brings the entry back: it goes again; one that is put there anew stays.
	h.set(h.clock().Add(time.Minute))
	g.put("mules", "order.gift_recipients", "mule@mail.example", "again in May")
	later := store.Later{Erasures: []store.Erasure{{Tenant: "main", Kind: lists.KindEntry, Mark: store.Buried("main", lists.KindEntry, picks[0].ID), Erased: h.clock()}}}
	_, err = g.Apply(ctx, later)
	g.must(err)
	if again := g.certain("mule@mail.example"); len(again) != 1 {
		t.Errorf("put there anew: %v", again)
	}
	later.Erasures[0].Mark = store.Buried("main", lists.KindEntry, g.certain("mule@mail.example")[0].ID)
	_, err = g.Apply(ctx, later)
	g.must(err)
	g.must(g.lists.Start(ctx))
	if kept, holds := g.on("mules"); kept != 1 || holds != 1 {
		t.Errorf("after a restore %d are kept, %d hold", kept, holds)
	}
}

// TestListsPastTheirTime: entries go 30 days after their end, from the records and
// from what the guard knows; held ones stay, and a dry run changes nothing.
// S10.1
func TestListsPastTheirTime(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	g := guard(t, h, memory.New(memory.Options{}))
	ctx := t.Context()
	g.put("mules", "order.gift_recipients", "mule@mail.example", "told by a bank")
	g.put("mules", "order.gift_recipients", "else@mail.example", "another one")
	_, err := g.Hold(ctx, g.supervisor, privacy.HoldWish{Subject: request.Subject{Identifier: "else@mail.example"}, Reason: "a court asks for it"})
	g.must(err)
	run := func(dry bool, gone, held int64) {
		t.Helper()
		out, err := g.Retain(ctx, dry)
		g.must(err)
		if n, m := erased(out, lists.KindEntry); n != gone || m != held {
			t.Errorf("dry %v: %d went, %d held: want %d and %d", dry, n, m, gone, held)
		}
		g.must(g.lists.Start(ctx))
	}
	h.set(noon.Add(lists.EntryLasts).AddDate(0, 0, 29))
	run(false, 0, 0)
	h.set(noon.Add(lists.EntryLasts).AddDate(0, 0, 31))
	run(true, 1, 1)
	if kept, holds := g.on("mules"); kept != 2 || holds != 2 {
		t.Errorf("after a dry run %d are kept, %d hold", kept, holds)
	}
	run(false, 1, 1)
	if kept, holds := g.on("mules"); kept != 1 || holds != 1 {
		t.Errorf("%d are kept, %d hold", kept, holds)
	}
}
