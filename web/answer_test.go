package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bonafide/contact/brand"
	"bonafide/desk/contacts"
)

func TestPercentIsNeverCertain(t *testing.T) {
	for p, want := range map[float64][2]string{
		0: {"1", "result.probability.under"}, 0.004: {"1", "result.probability.under"}, 0.006: {"1", "result.probability"},
		0.25: {"25", "result.probability"}, 0.994: {"99", "result.probability"}, 0.996: {"99", "result.probability.over"}, 1: {"99", "result.probability.over"},
	} {
		if n, key := percent(p); n != want[0] || key != want[1] {
			t.Errorf("%v: %s in %s, want %v", p, n, key, want)
		}
	}
}

// TestCannotTellShowsNoSecondVerdict: beside "cannot tell" no bare chance stands.
func TestCannotTellShowsNoSecondVerdict(t *testing.T) {
	for _, c := range []struct {
		verdict string
		p       float64
		key     string
	}{{"unknown", 0.98, "result.estimate.weak"}, {"unknown", 0.02, "result.estimate.none"}, {"scam", 0.98, "result.probability"}} {
		if d := arrange(&contacts.Answer{Verdict: c.verdict, Probability: c.p}); d.ChanceKey != c.key || d.Percent == "" {
			t.Errorf("%s, %v: %q %q", c.verdict, c.p, d.ChanceKey, d.Percent)
		}
	}
}

func TestFoldNeverHidesASingleEntry(t *testing.T) {
	for n, want := range map[int]int{0: 0, 2: 2, 3: 3, 4: 4, 5: 3, 9: 3} {
		first, rest := fold(make([]int, n), 3)
		if len(first) != want || len(first)+len(rest) != n {
			t.Errorf("of %d entries %d stand open and %d are folded", n, len(first), len(rest))
		}
	}
}

// The number of a piece of evidence stands once, where its place ends; an
// overlap ends where its last run ends.
func TestMarksEndOnce(t *testing.T) {
	a := &contacts.Answer{
		Evidence: []contacts.Line{{Code: "a", Bits: 3}, {Code: "nowhere", Bits: 2}, {Code: "against", Bits: -4}, {Code: "b", Bits: 1}},
		Marked: []contacts.MarkedPart{{Runs: []contacts.Run{
			{Text: "x"}, {Text: "one", Codes: []string{"a"}, For: true}, {Text: "two", Codes: []string{"a", "b"}, For: true},
			{Text: "three", Codes: []string{"b"}, For: true}, {Text: "four", Codes: []string{"against"}}}}},
	}
	d := arrange(a)
	want := [][]marked{{{Text: "x"}, {Text: "one", Seen: true, For: true}, {Text: "two", Seen: true, For: true, Ends: []int{1}},
		{Text: "three", Seen: true, For: true, Ends: []int{2}}, {Text: "four", Seen: true, Ends: []int{3}}}}
	if diff := cmp.Diff(want, d.Parts); diff != "" {
		t.Error(diff)
	}
	got := map[string]int{}
	for _, n := range append(append(d.For, d.ForMore...), d.Against...) {
		got[n.Code] = n.Number
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "nowhere": 0, "b": 2, "against": 3}, got); diff != "" {
		t.Error(diff)
	}
}

// A promise of a brand that the contact does not claim to be says nothing.
func TestPromiseOfAnotherBrandIsLeftOut(t *testing.T) {
	for brand, kept := range map[string]bool{"Amazon": true, "DHL": false} {
		a := &contacts.Answer{Brands: []contacts.Claimed{{ID: "amazon", Name: "Amazon"}},
			Evidence: []contacts.Line{{Code: "x", Bits: 1, Promise: &contacts.Promise{Brand: brand}}}}
		if d := arrange(a); (d.For[0].Promise != nil) != kept || a.Evidence[0].Promise == nil {
			t.Errorf("the promise of %s: %v", brand, d.For[0].Promise)
		}
	}
}

func TestUrgentStepsStandOpen(t *testing.T) {
	var steps []contacts.Step
	for _, u := range []string{"now", "now", "hour", "today", "week", "week"} {
		steps = append(steps, contacts.Step{Urgency: u, When: u, Receivers: []string{"bank", "unknown"}})
	}
	us := urgencies(&contacts.Answer{NextSteps: steps, ReportTo: []contacts.Receiver{{ID: "bank", Name: "Your bank"}}})
	got := map[string]bool{}
	for _, u := range us {
		got[u.Code] = u.Open
	}
	if diff := cmp.Diff(map[string]bool{"now": true, "hour": true, "today": false, "week": false}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]contacts.CodeText{{Code: "bank", Text: "Your bank"}}, us[0].Steps[0].With); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyConfirmedAddressesAreLinks(t *testing.T) {
	for _, c := range []struct {
		r          contacts.Receiver
		site, mail way
	}{
		{contacts.Receiver{Web: "report.example.com/path", Mail: "a.b@example.com"}, way{"report.example.com/path", "https://report.example.com/path", ""}, way{"a.b@example.com", "mailto:a.b@example.com", ""}},
		{contacts.Receiver{Web: "report.example.com", Mail: "a@example.com", Unconfirmed: true}, way{Text: "report.example.com"}, way{Text: "a@example.com"}},
		{contacts.Receiver{Web: "example.com/a (example.co.uk/a)"}, way{"example.com/a", "https://example.com/a", "(example.co.uk/a)"}, way{}},
		{contacts.Receiver{Web: "javascript:alert(1)", Mail: "a@b@c, d"}, way{Text: "javascript:alert(1)"}, way{Text: "a@b@c, d"}},
		{contacts.Receiver{Web: "a.example, b.example"}, way{Text: "a.example, b.example"}, way{}},
	} {
		if diff := cmp.Diff([]way{c.site, c.mail}, []way{site(c.r), mailbox(c.r)}); diff != "" {
			t.Errorf("%+v: %s", c.r, diff)
		}
	}
}

func TestSmallWords(t *testing.T) {
	for in, want := range map[any]string{"2025-11": "2025-11", "date unknown": "", "": "", brand.Date("2026"): "2026"} {
		if got := dated(in); got != want {
			t.Errorf("dated(%v) = %q", in, got)
		}
	}
	if got := source([]string{"seed1: seed: Amazon calls", "https://example.com/a"}); got != "Amazon calls; https://example.com/a" {
		t.Error(got)
	}
	if script("消費者ホットライン") != "ja" || script("Bank – 24/7") != "" {
		t.Error("the script of a name")
	}
	if got := groups("+918066055000"); got != "+918 066 055 000" {
		t.Error(got)
	}
}
