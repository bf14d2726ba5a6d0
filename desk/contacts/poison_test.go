package contacts_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bonafide/desk/contacts"
)

// TestNothingIsLearnedFromWhoAsks: a desk that was flooded with what somebody
// would have it learn (frauds called honest, honest contacts called fraud,
// reports written about them) answers like one that was never asked.
func TestNothingIsLearnedFromWhoAsks(t *testing.T) {
	flooded, fresh := newDesk(t), newDesk(t)
	fraud := contacts.Request{Channel: "sms", Text: "Amazon: your account is locked. Confirm your password at http://amazon-verify.example now."}
	honest := contacts.Request{Channel: "sms", Text: "Running ten minutes late, see you at the cafe. Call me on 030 1234567."}
	all, err := flooded.Receivers(contacts.ReceiverQuery{})
	if err != nil || len(all) == 0 {
		t.Fatalf("no receivers: %v", err)
	}
	ctx := context.Background()
	for i := range 100 {
		poison := fraud
		poison.Words = fmt.Sprintf("This was genuine, I know the sender. (%d)", i)
		poison.Expected = yes()
		slander := honest
		slander.Words = fmt.Sprintf("This is a scam, report the number! (%d)", i)
		for _, req := range []contacts.Request{poison, slander} {
			if _, err := flooded.Check(ctx, req, contacts.Caller{}); err != nil {
				t.Fatal(err)
			}
			if i < 20 {
				_, _ = flooded.ReportMail(ctx, req, all[i%len(all)].ID) // some receivers take no mail
			}
		}
	}
	for _, req := range []contacts.Request{fraud, honest} {
		got, err := flooded.Check(ctx, req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.Check(ctx, req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(contacts.Step{})); diff != "" {
			t.Errorf("%q: the flooded desk answers otherwise (-fresh +flooded):\n%s", req.Text, diff)
		}
	}
}
