package server

import (
	"errors"
	"testing"

	"bonafide/access"
	"bonafide/desk/accounts"
)

type results struct {
	got []string
	err error
}

func (r *results) Forget(t access.Tenant, account string) (int, error) {
	r.got = append(r.got, string(t)+" "+account)
	return 1, r.err
}

// TestErasureReachesReplays: what replays keep of an account goes with it, by the
// hash that they know; one that cannot is told to the operator.
func TestErasureReachesReplays(t *testing.T) {
	kept, failed := &results{err: errors.New("the disk is full")}, 0
	guarding{new(accounts.Desk), kept, func(error) { failed++ }}.Forgotten("main", "account-name", "hash")
	if len(kept.got) != 1 || kept.got[0] != "main hash" || failed != 1 {
		t.Errorf("%q, failed %d times", kept.got, failed)
	}
}
