package contacts_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"bonafide/desk/contacts"
)

// row is one case of a requirement: what is asked and what must be seen.
type row struct {
	name string
	req  contacts.Request
	// is: one of these verdicts; not: none of these.
	is, not []string
	// codes must, lacks must not be among the evidence (of any weight).
	codes, lacks []string
	goals        []string
	// first: the steps begin so; steps: they contain these; before: pairs
	// "a<b" of steps in this order.
	first, steps []string
	before       []string
	receivers    []string
	// promise: this code cites this promise.
	promise map[string]string
	// says: the whole answer as JSON contains these.
	says []string
	// check looks at what the fields above cannot say.
	check func(t *testing.T, a *contacts.Answer)
}

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func at(s string) *contacts.Moment {
	t, err := contacts.ParseMoment(s)
	if err != nil {
		panic(err)
	}
	return contacts.MomentOf(t)
}

// TestRequirements proves the rows of the founding requirements, one subtest
// each: `go test ./desk/contacts -run Requirements -v` lists them.
func TestRequirements(t *testing.T) {
	d := newDesk(t)
	rows := requirements()
	var ids []string
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			for _, r := range rows[id] {
				a, err := d.Check(context.Background(), r.req, contacts.Caller{})
				if err != nil {
					t.Errorf("%s: %v", r.name, err)
					continue
				}
				r.judge(t, a)
			}
		})
	}
	for id, where := range provenElsewhere() {
		t.Run(id, func(t *testing.T) { t.Log("proven by " + where) })
	}
	for id, why := range notYet() {
		t.Run(id, func(t *testing.T) { t.Log("not yet met: " + why) })
	}
}

// TestRequirementsAreComplete: every row whose area is this is proven
// here, elsewhere, or listed as not yet met.
func TestRequirementsAreComplete(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/acceptance/requirements.json")
	if err != nil {
		t.Skip("the list of requirements is not beside this checkout (../shared): completeness cannot be compared")
	}
	var list struct {
		Requirements []struct{ ID, Area string }
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	rows, elsewhere, open := requirements(), provenElsewhere(), notYet()
	for _, r := range list.Requirements {
		if !strings.Contains(r.Area, "contact") && !strings.Contains(r.Area, "playbook") && !strings.Contains(r.Area, "data") {
			continue
		}
		if len(rows[r.ID]) == 0 && elsewhere[r.ID] == "" && open[r.ID] == "" {
			t.Errorf("%s (%s) has no test", r.ID, r.Area)
		}
	}
}

func codesOf(a *contacts.Answer) []string {
	var out []string
	for _, l := range a.Evidence {
		out = append(out, l.Code)
	}
	return out
}

func stepsOf(a *contacts.Answer) []string {
	var out []string
	for _, s := range a.NextSteps {
		out = append(out, s.Code)
	}
	return out
}

func (r row) judge(t *testing.T, a *contacts.Answer) {
	t.Helper()
	codes, steps := codesOf(a), stepsOf(a)
	bad := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: "+format+"\n  verdict %s %.2f, rules %v, evidence %v", append(append([]any{r.name}, args...), a.Verdict, a.Probability, a.Rules, codes)...)
	}
	if len(r.is) > 0 && !slices.Contains(r.is, a.Verdict) {
		bad("verdict %s, want %v", a.Verdict, r.is)
	}
	if slices.Contains(r.not, a.Verdict) {
		bad("verdict %s is excluded", a.Verdict)
	}
	for _, c := range r.codes {
		if !slices.Contains(codes, c) {
			bad("no evidence %s", c)
		}
	}
	for _, c := range r.lacks {
		if slices.Contains(codes, c) {
			bad("evidence %s must not be there", c)
		}
	}
	for _, g := range r.goals {
		if !slices.Contains(a.Goals, g) {
			bad("goals %v lack %s", a.Goals, g)
		}
	}
	if len(r.first) > len(steps) || !slices.Equal(steps[:len(r.first)], r.first) {
		bad("steps begin %v, want %v", steps[:min(5, len(steps))], r.first)
	}
	for _, s := range r.steps {
		if !slices.Contains(steps, s) {
			bad("steps %v lack %s", steps, s)
		}
	}
	for _, pair := range r.before {
		x, y, _ := strings.Cut(pair, "<")
		if i, j := slices.Index(steps, x), slices.Index(steps, y); i < 0 || j < 0 || i > j {
			bad("step %s must come before %s: %v", x, y, steps)
		}
	}
	for _, id := range r.receivers {
		if !slices.ContainsFunc(a.ReportTo, func(x contacts.Receiver) bool { return x.ID == id }) {
			bad("receivers lack %s", id)
		}
	}
	for code, id := range r.promise {
		if !slices.ContainsFunc(a.Evidence, func(l contacts.Line) bool {
			return l.Code == code && l.Promise != nil && l.Promise.ID == id && l.Promise.AsOf != "" && len(l.Promise.Source) > 0
		}) {
			bad("%s does not cite promise %s with source and date", code, id)
		}
	}
	raw, _ := json.Marshal(a)
	for _, s := range r.says {
		if !strings.Contains(string(raw), s) {
			bad("the answer does not say %q", s)
		}
	}
	if r.check != nil {
		r.check(t, a)
	}
	if len(a.Evidence) == 0 && a.Verdict != "unknown" {
		bad("a verdict without evidence")
	}
}
