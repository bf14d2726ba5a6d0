package reports_test

import (
	"testing"

	"bonafide/desk/reports"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/storetest"
)

// TestErasedStaysErased: a draft that is sent again after its report was erased
// brings nothing back, so that the certificate stays true; the same contact,
// checked anew, can be reported. S10.1
func TestErasedStaysErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		o := founded(t, e.Open(t))
		ctx := t.Context()
		wish, from := o.wish(o.draft(letter)), reports.From{Door: "web", Network: "192.0.2.1/32"}
		sent, err := o.Send(ctx, wish, from)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Erase(ctx, supervisor, sent.ID, "the person asks"); err != nil {
			t.Fatal(err)
		}
		_, err = o.Send(ctx, wish, from)
		wantKind(t, "the erased report sent again", err, fault.Conflict)
		if list, err := o.List(ctx, analyst, reports.Query{}); err != nil || list.Any {
			t.Errorf("reports after the erasure: %+v, %v: want none", list.Reports, err)
		}
		if anew := o.send(letter); anew == sent.ID {
			t.Errorf("a contact that was checked again has the number %s of the erased one", anew)
		}
		if err := o.db.Read(ctx, func(r store.Records) error {
			_, err := r.Reports.Get(ctx, "main", sent.ID)
			wantKind(t, "the erased one", err, fault.NotFound)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
