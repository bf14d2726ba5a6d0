package privacy_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"bonafide/casework/retention"
	"bonafide/data"
	"bonafide/desk/privacy"
	"bonafide/store"
	"bonafide/store/storetest"
)

// stuck erases one record and fails with another.
type stuck struct{ err error }

func (s stuck) Expire(context.Context, bool) ([]retention.Count, error) {
	return []retention.Count{{Tenant: "main", Kind: "report", Erased: 1}}, s.err
}

// TestRetainGoesOn: what one desk cannot erase does not keep what others erase,
// and the error says so beside what was done. S10.1
func TestRetainGoesOn(t *testing.T) {
	h := founded(t, storetest.SQLite().Open(t))
	ctx := t.Context()
	h.must(h.db.Write(ctx, func(r store.Records) error {
		x := storetest.NewHold("main", "old", noon)
		x.Released, x.ReleasedBy, x.ReleaseReason = noon, "p-1", "it is over"
		return r.Holds.Add(ctx, x)
	}))
	broken := errors.New("this record is broken")
	d, err := privacy.New(privacy.Config{Store: h.db, Data: data.FS, Now: func() time.Time { return noon.AddDate(4, 1, 0) }, Random: rand.Reader,
		Holders: []privacy.Holder{h.reports.Requests()}, Expirers: []privacy.Expirer{stuck{broken}, h.people}})
	h.must(err)
	h.set(noon.AddDate(4, 1, 0))
	run, err := d.Retain(ctx, false)
	if !errors.Is(err, broken) {
		t.Errorf("the run says %v: want what failed", err)
	}
	for kind, want := range map[string]int64{"report": 1, "session": 2, "hold": 1, "api_key": 2} {
		if n, _ := erased(run, kind); n != want {
			t.Errorf("%d of %s were erased: want %d", n, kind, want)
		}
	}
	if n := h.actions("retention.run"); n != 1 {
		t.Errorf("%d entries of the run: want 1", n)
	}
}
