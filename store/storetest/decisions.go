package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// NewDecision makes a decision that can be kept, for tests.
func NewDecision(t access.Tenant, id string, made time.Time) store.Decision {
	return store.Decision{Tenant: t, ID: store.DecisionID(id), Made: made, Happened: made.Add(-time.Second), Place: 7, Type: "order.placed", Account: "acc-1",
		Purchase: "order-1", Action: "hold", Score: 90, Digest: strings.Repeat("ab", 32), Rules: []string{"mfa_absent"}, Body: []byte{1, 0, 255},
		Event: `{"id":"注文"}`, RetainUntil: made.AddDate(0, 13, 0), Revision: 1}
}

func addDecisions(t teller, s store.Store, list ...store.Decision) (added int) {
	t.Helper()
	write(t, s, func(ctx context.Context, r store.Records) (err error) {
		added, err = r.Decisions.Add(ctx, list)
		return err
	})
	return added
}

// decisionsComeBack: as they were kept, once each, in the order in which they
// were added whatever their times say.
func decisionsComeBack(t *testing.T, s store.Store) {
	early := NewDecision("main", "d3", day.Add(-time.Hour))
	early.Rules, early.Purchase = nil, ""
	list := []store.Decision{NewDecision("main", "d1", day), NewDecision("main", "d2", day), early, NewDecision("main", "d1", day), NewDecision("other", "d1", day)}
	if n := addDecisions(t, s, list...); n != 4 {
		t.Errorf("%d added: want 4, one comes twice", n)
	}
	again := NewDecision("main", "d2", day)
	again.Action = "block"
	if n := addDecisions(t, s, again); n != 0 {
		t.Errorf("a decision that is there was added again")
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		var last int64
		got, err := r.Decisions.After(ctx, "main", 0, 10)
		for i, x := range got {
			if x.Sequence <= last {
				t.Errorf("sequence %d after %d", x.Sequence, last)
			}
			last = x.Sequence
			x.Sequence = 0
			if d := gocmp.Diff(list[i], x); d != "" {
				t.Errorf("decision %d came back changed:\n%s", i, d)
			}
		}
		if n, err := r.Decisions.Newest(ctx, "main"); err != nil || len(got) != 3 || n != last {
			t.Errorf("%d decisions, newest %d, %v: want 3, %d", len(got), n, err, last)
		}
		if n, err := r.Decisions.Newest(ctx, "nobody"); n != 0 || err != nil {
			t.Errorf("newest of nobody: %d, %v", n, err)
		}
		_, err2 := r.Decisions.Get(ctx, "nobody", "d1")
		wantKind(t, "another tenant", err2, fault.NotFound)
		return err
	})
}

// decisionsRefused: what cannot be kept is refused and nothing of it told.
func decisionsRefused(t *testing.T, s store.Store) {
	for name, spoil := range map[string]func(*store.Decision){
		"no tenant": func(d *store.Decision) { d.Tenant = "" }, "an id with a slash": func(d *store.Decision) { d.ID = "../secret" },
		"allow": func(d *store.Decision) { d.Action = "allow" }, "no body": func(d *store.Decision) { d.Body = nil },
		"no digest": func(d *store.Decision) { d.Digest = "secret" }, "no end": func(d *store.Decision) { d.RetainUntil = time.Time{} },
		"NUL in the event": func(d *store.Decision) { d.Event = "secret\x00" }, "no place": func(d *store.Decision) { d.Place = 0 },
		"a label of nobody": func(d *store.Decision) { d.Label = "secret" },
	} {
		d := NewDecision("main", "d", day)
		spoil(&d)
		err := s.Write(t.Context(), func(r store.Records) error { _, err := r.Decisions.Add(t.Context(), []store.Decision{d}); return err })
		wantKind(t, name, err, fault.Invalid)
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error holds what was refused: %v", name, err)
		}
	}
}

// decisionsListed: pages hold each that the filter lets through once.
func decisionsListed(t *testing.T, s store.Store) {
	var all []store.Decision
	for i := range 20 {
		d := NewDecision("main", fmt.Sprintf("d%02d", i), day.Add(time.Duration(i)*time.Minute))
		d.Account = fmt.Sprintf("acc-%d", i%3)
		if i%4 == 0 {
			d.Action = "block"
		}
		all = append(all, d)
	}
	addDecisions(t, s, append(slices.Clone(all), NewDecision("other", "d00", day))...)
	write(t, s, func(ctx context.Context, r store.Records) error {
		for _, id := range []store.DecisionID{"d04", "d05"} {
			d, err := r.Decisions.Get(ctx, "main", id)
			if err != nil {
				return err
			}
			d.Assigned, d.Label, d.LabelledBy, d.Labelled = "p-1", store.LabelFraud, "p-2", day
			if d.Revision, err = r.Decisions.Assign(ctx, d); err != nil {
				return err
			}
			if n, err := r.Decisions.SetLabel(ctx, d); n != 3 || err != nil {
				t.Errorf("revision %d, %v: want 3", n, err)
			}
			_, err = r.Decisions.SetLabel(ctx, d)
			wantKind(t, "a revision of before", err, fault.Conflict)
			d.ID = "nobody"
			_, err = r.Decisions.Assign(ctx, d)
			wantKind(t, "no such decision", err, fault.NotFound)
		}
		return nil
	})
	for name, c := range map[string]struct {
		change func(*store.DecisionFilter)
		want   int
	}{
		"all": {func(*store.DecisionFilter) {}, 20}, "blocks": {func(f *store.DecisionFilter) { f.Action = "block" }, 5},
		"of an account": {func(f *store.DecisionFilter) { f.Account = "acc-1" }, 7}, "of nobody": {func(f *store.DecisionFilter) { f.Assigned = "" }, 18},
		"of somebody": {func(f *store.DecisionFilter) { f.Assigned = "p-1" }, 2}, "fraud": {func(f *store.DecisionFilter) { f.Label = "fraud" }, 2},
		"blocks without label": {func(f *store.DecisionFilter) { f.Action, f.Label = "block", "" }, 4},
		"since":                {func(f *store.DecisionFilter) { f.Since = day.Add(15 * time.Minute) }, 5},
		"fraud of an account":  {func(f *store.DecisionFilter) { f.Account, f.Label = "acc-2", "fraud" }, 1},
	} {
		f := store.AnyDecision()
		c.change(&f)
		read(t, s, func(ctx context.Context, r store.Records) error {
			var got []store.DecisionID
			for before := int64(0); ; {
				list, next, err := r.Decisions.List(ctx, "main", f, before, 3)
				if err != nil {
					return err
				}
				for _, d := range list {
					got = append(got, d.ID)
				}
				if before = next; next == 0 {
					break
				}
			}
			if !slices.IsSortedFunc(got, func(a, b store.DecisionID) int { return strings.Compare(string(b), string(a)) }) || len(slices.Compact(slices.Clone(got))) != c.want {
				t.Errorf("%s: %v, want %d, newest first", name, got, c.want)
			}
			return nil
		})
	}
}

// decisionsCounted: labels by rule, counts by action, ends and erasure.
func decisionsCounted(t *testing.T, s store.Store) {
	a, b := NewDecision("main", "a", day), NewDecision("main", "b", day.Add(time.Minute))
	b.Account, b.RetainUntil = "acc-2", day.AddDate(1, 0, 0)
	addDecisions(t, s, a, b, NewDecision("other", "a", day))
	write(t, s, func(ctx context.Context, r store.Records) error {
		a.Label, a.Revision = store.LabelGood, 1
		_, err := r.Decisions.SetLabel(ctx, a)
		if err != nil {
			return err
		}
		rules, err := r.Decisions.LabelledRules(ctx, "main", time.Time{})
		if d := gocmp.Diff([]store.RuleCount{{Rules: []string{"mfa_absent"}, Label: store.LabelGood, Amount: 1}}, rules); d != "" || err != nil {
			t.Errorf("labels by rules: %v\n%s", err, d)
		}
		counts, err := r.Decisions.Counts(ctx, "main", time.Time{})
		if d := gocmp.Diff([]store.ActionCount{{Action: "hold", Amount: 1}, {Action: "hold", Label: store.LabelGood, Amount: 1}}, counts); d != "" || err != nil {
			t.Errorf("counts: %v\n%s", err, d)
		}
		due, err := r.Decisions.Due(ctx, day.AddDate(1, 0, 1), store.Decision{}, 10)
		if err != nil || len(due) != 1 || due[0].ID != b.ID {
			t.Errorf("due: %v, %v: want b", due, err)
		}
		if due, err = r.Decisions.Due(ctx, day.AddDate(1, 0, 1), b, 10); err != nil || len(due) != 0 {
			t.Errorf("due after the last: %v, %v: want none", due, err)
		}
		err = r.Decisions.Erase(ctx, "main", b.ID)
		if left, _, _ := r.Decisions.List(ctx, "main", store.AnyDecision(), 0, 10); err != nil || len(left) != 1 {
			t.Errorf("%d left, %v: want 1", len(left), err)
		}
		wantKind(t, "erased twice", r.Decisions.Erase(ctx, "main", b.ID), fault.NotFound)
		wantKind(t, "of another tenant", r.Decisions.Erase(ctx, "nobody", a.ID), fault.NotFound)
		return nil
	})
}

// guardPoliciesKept: by time, the latest first, found by digest.
func guardPoliciesKept(t *testing.T, s store.Store) {
	p := store.GuardPolicy{Tenant: "main", Since: 1, Digest: strings.Repeat("0a", 32), Name: "takeover", Version: 1, Body: "policy: 注", Made: day}
	q := p
	q.Since, q.Digest, q.Version, q.Made = 9, strings.Repeat("0b", 32), 2, day.Add(time.Hour)
	lost := q // the log began again: what decided the lost one stays
	lost.Since, lost.Made = 1, day.Add(2*time.Hour)
	write(t, s, func(ctx context.Context, r store.Records) error {
		for _, x := range []store.GuardPolicy{p, q, q, lost} {
			if err := r.GuardPolicies.Put(ctx, x); err != nil {
				return err
			}
		}
		got, err := r.GuardPolicies.List(ctx, "main")
		if d := gocmp.Diff([]store.GuardPolicy{lost, q, p}, got); d != "" || err != nil {
			t.Errorf("policies: %v\n%s", err, d)
		}
		one, err := r.GuardPolicies.Get(ctx, "main", p.Digest)
		if d := gocmp.Diff(p, one); d != "" || err != nil {
			t.Errorf("policy: %v\n%s", err, d)
		}
		_, err = r.GuardPolicies.Get(ctx, "other", p.Digest)
		wantKind(t, "another tenant", err, fault.NotFound)
		newest, err := r.GuardPolicies.Get(ctx, "main", q.Digest)
		if d := gocmp.Diff(lost, newest); d != "" || err != nil {
			t.Errorf("the newest of a digest: %v\n%s", err, d)
		}
		p.Digest = "x"
		wantKind(t, "no digest", r.GuardPolicies.Put(ctx, p), fault.Invalid)
		return nil
	})
}
