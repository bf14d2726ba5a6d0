package people_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// TestRotatedKeys: a key is rotated once, its successor stands in the audit as
// the actor that it becomes, what ended is noted for restored copies, and no
// rotation leads past the bound of keys.
func TestRotatedKeys(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	r.founded()
	ann := r.analyst("ann@shop.example")
	make1 := func() store.APIKey {
		t.Helper()
		_, k, err := r.MakeKey(ctx, ann, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 300})
		return must(t, k, err)
	}
	old := make1()
	_, fresh, err := r.RotateKey(ctx, ann, old.ID)
	must(t, fresh, err)
	if _, _, err := r.RotateKey(ctx, ann, old.ID); kind(err) != fault.Conflict {
		t.Errorf("a key that is being replaced is rotated again: %v", err)
	}
	must(t, 0, r.store.Read(ctx, func(x store.Records) error {
		list, _, err := x.Audit.List(ctx, "main", store.AuditFilter{Object: "key:" + fresh.ID}, 0, 0)
		if len(list) != 1 || list[0].Action != "key.make" || !strings.Contains(list[0].Why, old.ID) || !strings.Contains(list[0].Why, "report.read") {
			t.Errorf("the audit of the new key: %+v: want how it was made, and in place of which", list)
		}
		return err
	}))
	r.buried(old.ID, true)
	r.buried(fresh.ID, false)

	for range 48 { // with the first two, one of which ends, there are fifty
		make1()
	}
	if _, _, err := r.MakeKey(ctx, ann, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 300}); kind(err) != fault.Invalid {
		t.Errorf("a key beyond the bound: %v", err)
	}
	// All that can be rotated are, as often as it goes.
	for n := 0; ; n++ {
		if n > 200 {
			t.Fatal("keys are rotated without end")
		}
		var one store.APIKey
		for _, k := range must(t, r.live(ann), nil) {
			if k.Ended.IsZero() {
				one = k
			}
		}
		if _, _, err := r.RotateKey(ctx, ann, one.ID); kind(err) == fault.Invalid && err != nil {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(r.live(ann)); n != 100 {
		t.Errorf("%d keys are good while all are rotated: want 100, each beside its former one", n)
	}
	r.clock.on(people.Grace)
	if n := len(r.live(ann)); n != 49 {
		t.Errorf("%d keys are good after the grace: want 49", n)
	}
}

// analyst hires an analyst and returns who they are.
func (r *rig) analyst(login string) people.Who {
	r.t.Helper()
	return r.who(r.hired(people.Who{Actor: people.Console("main")}, login, access.Analyst))
}

// live are the keys of a person that are good now.
func (r *rig) live(w people.Who) (out []store.APIKey) {
	r.t.Helper()
	must(r.t, 0, r.store.Read(ctxOf(r.t), func(x store.Records) (err error) {
		out, err = x.APIKeys.Live(ctxOf(r.t), w.Tenant, store.PersonID(w.Person), r.clock.now())
		return err
	}))
	return out
}

// buried fails unless a note says that a key ended, or none does.
func (r *rig) buried(id string, want bool) {
	r.t.Helper()
	must(r.t, 0, r.store.Read(ctxOf(r.t), func(x store.Records) error {
		has, err := x.Erasures.Has(ctxOf(r.t), "main", people.KindAPIKey, store.Buried("main", people.KindAPIKey, id))
		if has != want {
			r.t.Errorf("a note that key %s ended: %v, want %v", id, has, want)
		}
		return err
	}))
}

// TestNewStartEndsAllKeys: who begins anew has no key left, also none that stands
// behind more newer ones than a page has, and all are noted for restored copies.
func TestNewStartEndsAllKeys(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	r.founded()
	ann := r.analyst("ann@shop.example")
	secret, old, err := r.MakeKey(ctx, ann, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 300})
	must(t, secret, err)
	must(t, 0, r.store.Write(ctx, func(x store.Records) error {
		for i := range store.MaxPage + 1 {
			k := old
			k.ID, k.Secret, k.Created, k.Ended = fmt.Sprint("ended", i), store.Hash{byte(i), byte(i >> 8), 1}, old.Created.Add(time.Second), old.Created.Add(2*time.Second)
			if err := x.APIKeys.Add(ctx, k); err != nil {
				return err
			}
		}
		return nil
	}))
	r.clock.on(time.Minute)
	list, err := r.Keys(ctx, people.Console("main"))
	if must(t, list, err); list[len(list)-1].ID != old.ID {
		t.Errorf("the oldest of %d keys is not listed", len(list))
	}
	word, err := r.NewStart(ctx, people.Console("main"), store.PersonID(ann.Person), "her notebook was stolen")
	must(t, word, err)
	in, err := r.Begin(ctx, people.Start{Word: word, Password: other}, home)
	must(t, in, err)
	if _, err := r.Program(ctx, secret, home); !isErr(err, people.ErrKey) {
		t.Errorf("the key of before the new start: %v", err)
	}
	r.buried(old.ID, true)
}
