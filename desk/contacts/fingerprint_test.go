package contacts_test

import (
	"context"
	"strings"
	"testing"

	"bonafide/contact/fingerprint"
	"bonafide/desk/contacts"
)

// TestFingerprint: the answer carries a signature that can be parsed, points
// masked, and nothing of the number that a key does not cover.
func TestFingerprint(t *testing.T) {
	check := func(d *contacts.Desk, req contacts.Request) *contacts.Fingerprint {
		t.Helper()
		a, err := d.Check(context.Background(), req, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		return a.Fingerprint
	}
	plain := newDesk(t)
	req := contacts.Request{Channel: "sms", Text: "AMZ: order #MFHG38Z $763. Not you? Call 1-888-555-0147 or see https://refund.example/a", Words: "My own number is +1 202 555 0101"}
	f := check(plain, req)
	if _, err := fingerprint.Parse(f.Signature); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, p := range f.Points {
		kinds = append(kinds, p.Kind)
		if strings.Contains(p.Shown, "5550147") {
			t.Errorf("the point %q is not masked", p.Shown)
		}
	}
	if got := strings.Join(kinds, " "); got != "site number" {
		t.Errorf("points %q, want the site and the number of the other side, not the person's own", got)
	}
	if keyed := check(newDesk(t, func(c *contacts.Config) { c.FingerprintKey = []byte("one key") }), req); keyed.Signature == f.Signature || keyed.Points[0].Mark == f.Points[0].Mark {
		t.Error("a key changes nothing")
	}
	if got := check(plain, contacts.Request{AlreadyDone: []string{"gave_card"}}); got != nil {
		t.Errorf("nothing to look at has the fingerprint %v", got)
	}
}
