package privacy_test

import (
	"fmt"
	"testing"
	"time"

	"bonafide/casework/request"
	"bonafide/desk/privacy"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// TestOldHoldsHold: a hold keeps what it names however many holds were ordered
// and released after it: reports, people and keys, by time and by request.
// S10.1
func TestOldHoldsHold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		h := founded(t, e.Open(t))
		ctx := t.Context()
		held := h.send("your parcel waits")
		for _, w := range []privacy.HoldWish{
			{Kind: "report", Record: held, Reason: "a court asks for it"},
			{Kind: "person", Record: h.analyst.Person, Reason: "a court asks for it"},
			{Kind: "api_key", Reason: "a court asks for it"},
		} {
			_, err := h.Hold(ctx, h.supervisor, w)
			h.must(err)
		}
		h.must(h.db.Write(ctx, func(r store.Records) error {
			for i := range store.MaxPage + 1 {
				x := storetest.NewHold("main", fmt.Sprint("late", i), noon.Add(time.Duration(i+1)*time.Second))
				x.Released, x.ReleasedBy, x.ReleaseReason = noon.Add(time.Hour), "p-1", "it was for another case"
				if err := r.Holds.Add(ctx, x); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := h.reports.Erase(ctx, h.supervisor, store.ReportID(held), "the person asks")
		h.wantKind("the held report erased", err, fault.Conflict)
		found, err := h.Find(ctx, h.supervisor, privacy.Ask{Subject: request.Subject{Identifier: "ann@shop.example"}, Asker: privacy.ByPerson, Reason: "letter of 3 May"})
		h.must(err)
		if len(found.Found) != 1 || !found.Found[0].Held {
			t.Errorf("the held person is found as %+v: want held", found.Found)
		}
		cert, err := h.Erase(ctx, h.admin, privacy.Ask{Subject: request.Subject{Identifier: "ann@shop.example"}, Asker: privacy.ByPerson, Reason: "letter of 3 May"},
			[]privacy.Pick{{Kind: "person", ID: h.analyst.Person}})
		h.must(err)
		if len(cert.Removed) > 0 {
			t.Errorf("the held person was erased: %+v", cert)
		}
		list, err := h.Holds(ctx, h.supervisor)
		h.must(err)
		if n := len(list); n < 3 || !list[n-1].Open(noon) || !list[n-3].Open(noon) {
			t.Errorf("of %d holds listed the last three do not hold: want those of the beginning", n)
		}
		h.set(noon.AddDate(0, 0, 181))
		run, err := h.Retain(ctx, false)
		h.must(err)
		if n, held := erased(run, "report"); n != 0 || held != 1 {
			t.Errorf("a run erased %d reports and held %d: want 0 and 1", n, held)
		}
		if keys, _ := erased(run, "api_key"); keys != 0 {
			t.Errorf("a run removed %d keys: want none, they are held", keys)
		}
	})
}
