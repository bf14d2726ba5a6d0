package corpus

import (
	"regexp"
	"strings"
	"testing"
)

// TestCheckedLabels: each label has a short reason, without what only the text
// of a mail could have given.
func TestCheckedLabels(t *testing.T) {
	labels, err := shippedChecked()
	if err != nil {
		t.Fatal(err)
	}
	private := regexp.MustCompile(`@|https?:|\d{4,}`)
	n := 0
	for set, ls := range labels {
		if !strings.HasPrefix(set, "mail-") {
			t.Errorf("labels of %s: only mails were read", set)
		}
		for id, l := range ls {
			n++
			if len(l.Why) > 120 || private.MatchString(l.Why) {
				t.Errorf("%s %s: reason %q is long or holds an address or number", set, id, l.Why)
			}
		}
	}
	if n < 55 {
		t.Errorf("%d labels: some were lost", n)
	}
	for _, bad := range []string{"labels: {s: {a: {is: maybe, why: x}}}", "labels: {s: {a: {is: marketing}}}", "labels: []"} {
		if _, err := readChecked(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestCheckedSelector(t *testing.T) {
	fraud := &Contact{Set: "s", ID: "hard-1", Label: Fraud, Checked: Impersonation}
	other := &Contact{Set: "s", ID: "easy-1", Label: Fraud}
	ham := &Contact{Set: "s", ID: "hard-2", Label: Legitimate}
	for _, c := range []struct {
		s    Selector
		want [3]bool
	}{
		{Selector{Set: "s", Checked: Impersonation}, [3]bool{true, false, true}},
		{Selector{Set: "s", ID: "hard-"}, [3]bool{true, false, true}},
		{Selector{Set: "s", Label: Legitimate}, [3]bool{false, false, true}},
	} {
		if got := [3]bool{c.s.Picks(fraud), c.s.Picks(other), c.s.Picks(ham)}; got != c.want {
			t.Errorf("%+v picks %v, want %v", c.s, got, c.want)
		}
	}
	l := &Library{Subsets: []Subset{{BothParts: true, Of: []Selector{{Set: "s", Checked: Impersonation}}}}, Pairs: []Pair{{BothParts: true, Fraud: []Selector{{Set: "r"}}}}}
	if !l.BothParts(fraud) || l.BothParts(other) || !l.AnyBothParts("s") || !l.AnyBothParts("r") || l.AnyBothParts("q") {
		t.Error("groups of both parts are not found")
	}
}
