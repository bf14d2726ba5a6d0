package storetest

import (
	"context"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

func policyText(t access.Tenant, digest string) store.PolicyText {
	return store.PolicyText{Tenant: t, Name: "takeover", Version: 1, Digest: strings.Repeat(digest, 32), Body: "policy: 注", Made: day, Author: "p-1"}
}

// policiesLive: a text is numbered, moves from state to state with its history,
// and only one of a tenant is live or candidate.
func policiesLive(t *testing.T, s store.Store) {
	a, b := policyText("main", "0a"), policyText("main", "0b")
	write(t, s, func(ctx context.Context, r store.Records) error {
		for i, x := range []store.PolicyText{a, b, policyText("other", "0a")} {
			n, err := r.Policies.Add(ctx, x, "because")
			if want := int64(1 + i%2); err != nil || n != want {
				t.Errorf("text %d: number %d (want %d), %v", i, n, want, err)
			}
		}
		_, err := r.Policies.Add(ctx, a, "again")
		wantKind(t, "the very text again", err, fault.Conflict)
		bad := a
		bad.Digest = "x"
		_, err = r.Policies.Add(ctx, bad, "")
		wantKind(t, "no digest", err, fault.Invalid)
		_, err = r.Policies.Current(ctx, "main", store.PolicyLive)
		wantKind(t, "nothing is live", err, fault.NotFound)
		_, err = r.Policies.Current(ctx, "main", store.PolicyDraft)
		wantKind(t, "many are drafts", err, fault.Invalid)
		return nil
	})
	step := store.PolicyStep{Tenant: "main", Number: 1, Sequence: 2, State: store.PolicyLive, Actor: "p-2", Made: day, Why: "it holds", Proof: `{"cases":3}`}
	write(t, s, func(ctx context.Context, r store.Records) error {
		if err := r.Policies.Move(ctx, step); err != nil {
			return err
		}
		wantKind(t, "an old revision", r.Policies.Move(ctx, step), fault.Conflict)
		other := step
		other.Number = 2
		wantKind(t, "a second live one", r.Policies.Move(ctx, other), fault.Conflict)
		other.State = store.PolicyShadow
		if err := r.Policies.Move(ctx, other); err != nil {
			return err
		}
		other.Sequence, other.State = 3, store.PolicyProposed
		if err := r.Policies.Move(ctx, other); err != nil {
			return err
		}
		back := step
		back.Sequence, back.State = 3, store.PolicyShadow
		wantKind(t, "a second candidate", r.Policies.Move(ctx, back), fault.Conflict)
		back.Tenant, back.Number = "other", 2
		wantKind(t, "another tenant's text", r.Policies.Move(ctx, back), fault.NotFound)
		back.State = "gone"
		wantKind(t, "no state", r.Policies.Move(ctx, back), fault.Invalid)
		return nil
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		a.Number, a.State, a.Revision = 1, store.PolicyLive, 2
		live, err := r.Policies.Current(ctx, "main", store.PolicyLive)
		if d := gocmp.Diff(a, live); d != "" || err != nil {
			t.Errorf("live: %v\n%s", err, d)
		}
		if c, err := r.Policies.Current(ctx, "main", store.PolicyShadow); err != nil || c.Number != 2 || c.State != store.PolicyProposed || c.Revision != 3 {
			t.Errorf("candidate: %+v, %v", c, err)
		}
		list, next, err := r.Policies.List(ctx, "main", 0, 1)
		if err != nil || len(list) != 1 || list[0].Number != 2 || list[0].Body != "" || next != 2 {
			t.Errorf("first page: %+v, next %d, %v", list, next, err)
		}
		if list, next, err = r.Policies.List(ctx, "main", next, 1); err != nil || len(list) != 1 || list[0].Number != 1 || next != 0 {
			t.Errorf("second page: %+v, next %d, %v", list, next, err)
		}
		steps, err := r.Policies.Steps(ctx, "main", 1)
		want := []store.PolicyStep{{Tenant: "main", Number: 1, Sequence: 1, State: store.PolicyDraft, Actor: "p-1", Made: day, Why: "because"}, step}
		if d := gocmp.Diff(want, steps); d != "" || err != nil {
			t.Errorf("steps: %v\n%s", err, d)
		}
		_, err = r.Policies.Get(ctx, "other", 2)
		wantKind(t, "another tenant", err, fault.NotFound)
		return nil
	})
}
