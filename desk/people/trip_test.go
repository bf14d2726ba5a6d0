package people_test

import (
	"context"
	"testing"

	"bonafide/desk/people"
	"bonafide/outside/oidc"
	"bonafide/store"
)

// writes counts the turns to write.
type writes struct {
	store.Store
	n *int
}

func (w writes) Write(ctx context.Context, f func(store.Records) error) error {
	*w.n++
	return w.Store.Write(ctx, f)
}

// TestStrangersTripWritesNothing: whoever comes back from the provider without a
// word of ours takes no turn to write from those who work.
func TestStrangersTripWritesNothing(t *testing.T) {
	n := 0
	r := newRig(t, func(c *people.Config) {
		c.Federation = &people.Federation{Provider: &provider{who: oidc.Identity{Issuer: "i", Subject: "s"}}, Name: "SSO", Tenant: "main"}
		c.Store = writes{c.Store, &n}
	})
	before := n
	for _, word := range []string{"", "made up", "00000000000000000000000000000000"} {
		if _, _, err := r.FinishTrip(ctxOf(t), people.Who{}, people.Return{Word: word, State: "s", Code: "code"}, home); err == nil {
			t.Errorf("%q: taken", word)
		}
	}
	if n != before {
		t.Errorf("%d turns to write, want none", n-before)
	}
}
