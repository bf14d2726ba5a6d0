package privacy_test

import (
	"testing"

	"bonafide/casework/request"
	"bonafide/desk/privacy"
	"bonafide/store"
	"bonafide/store/storetest"
)

// TestHeldPersonKeepsKeys: a hold on a person keeps their API keys past the
// time of keys, until it is released. S10.1
func TestHeldPersonKeepsKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		h := founded(t, e.Open(t))
		ctx := t.Context()
		hold, err := h.Hold(ctx, h.supervisor, privacy.HoldWish{Subject: request.Subject{Identifier: "ann@shop.example"}, Reason: "a court asks for it"})
		h.must(err)
		h.must(h.db.Write(ctx, func(r store.Records) error {
			return r.APIKeys.Add(ctx, store.APIKey{Tenant: "main", ID: "k-1", Name: "robot", Person: store.PersonID(h.analyst.Person),
				Secret: store.Hash{1}, Created: noon, Expires: noon.AddDate(0, 0, 3)})
		}))
		h.set(noon.AddDate(0, 0, 400))
		run, err := h.Retain(ctx, false)
		h.must(err)
		if n, _ := erased(run, "api_key"); n != 0 {
			t.Errorf("%d keys went, and their person is held", n)
		}
		h.must(h.db.Write(ctx, func(r store.Records) error {
			return r.Holds.Release(ctx, "main", hold.ID, noon.AddDate(0, 0, 400), "p-1", "the court is done")
		}))
		run, err = h.Retain(ctx, false)
		h.must(err)
		if n, _ := erased(run, "api_key"); n == 0 {
			t.Error("no key went after the release")
		}
	})
}
