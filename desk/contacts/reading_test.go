package contacts_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"bonafide/desk/contacts"
)

// TestReadingIsExplained: how a text reads is shown with its most telling
// sentence, and is never what the summary rests on while something can be pointed
// at.
func TestReadingIsExplained(t *testing.T) {
	d := newDesk(t)
	for _, lang := range []string{"en", "de", "ja"} {
		a, err := d.Check(context.Background(), contacts.Request{Channel: "sms", Lang: lang,
			Text: "Hello, your Amazon parcel could not be delivered. Pay 1.99 within 24 hours at http://amz-redeliver.example/x or it will be returned. Thanks"}, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(a.Evidence, func(l contacts.Line) bool { return l.Code == "reads_like_fraud" })
		if i < 0 || a.Evidence[i].Where == nil || a.Evidence[i].Where.Quote == "" {
			t.Fatalf("%s: no reading with its place among %+v", lang, a.Evidence)
		}
		if a.Verdict != "scam" && a.Verdict != "suspicious" || strings.Contains(a.Summary, a.Evidence[i].Title) {
			t.Errorf("%s: %s, %q", lang, a.Verdict, a.Summary)
		}
	}
}
