package people

import (
	"context"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/store"
)

// Revoked counts what Revoke ended.
type Revoked struct {
	Keys        int64 `json:"keys"`
	Sessions    int64 `json:"sessions"`
	Invitations int64 `json:"invitations"`
}

// Revoke ends all that opens something without a secret of a person: the API keys of
// all tenants, their sessions, open invitations, new starts, and browsers that are
// known. What leaked with a backup is of no use for that any more; passwords,
// authenticator apps and passkeys stay. Log-ins that are half done and visits of
// owners, of which the records have hashes only, end by themselves within the hour.
// Each tenant gets an audit entry. It runs
// within the transaction that restores a copy.
func Revoke(ctx context.Context, r store.Records, now time.Time) (all Revoked, err error) {
	tenants, err := r.Tenants.List(ctx)
	if err != nil {
		return all, err
	}
	for _, t := range tenants {
		one, err := revoke(ctx, r, t.ID, now)
		if err != nil {
			return all, fmt.Errorf("people: end what opens accounts of %s: %w", t.ID, err)
		}
		deed := store.Deed{Tenant: t.ID, When: now, Actor: "system console", Action: "access.revoke", Object: "tenant:" + string(t.ID), From: "console",
			Why: fmt.Sprintf("%d keys, %d sessions, %d invitations", one.Keys, one.Sessions, one.Invitations)}
		if _, err := r.Audit.Append(ctx, deed); err != nil {
			return all, err
		}
		all.Keys, all.Sessions, all.Invitations = all.Keys+one.Keys, all.Sessions+one.Sessions, all.Invitations+one.Invitations
	}
	return all, nil
}

func revoke(ctx context.Context, r store.Records, t access.Tenant, now time.Time) (out Revoked, err error) {
	keys, err := r.APIKeys.Live(ctx, t, "", now)
	if err != nil {
		return out, err
	}
	for _, k := range keys {
		if err := r.APIKeys.End(ctx, t, k.ID, now); err != nil {
			return out, err
		}
		if err := buryKey(ctx, r, t, k.ID, now); err != nil {
			return out, err
		}
		out.Keys++
	}
	for more := true; more; {
		open, err := r.Tickets.List(ctx, kindInvite, t, now)
		if err != nil {
			return out, err
		}
		for _, i := range open {
			if _, err := r.Tickets.Drop(ctx, kindInvite, t, "", i.ID); err != nil {
				return out, err
			}
		}
		out.Invitations += int64(len(open))
		more = len(open) == store.MaxPage
	}
	return out, (Requests{}).each(ctx, r, t, func(x store.Person) error {
		p := x.ID
		n, err := r.Sessions.EndOthers(ctx, t, p, "")
		if err != nil {
			return err
		}
		out.Sessions += n
		starts, err := r.Tickets.Drop(ctx, kindReset, t, p, "")
		if err != nil {
			return err
		}
		out.Invitations += starts
		for _, kind := range []string{kindSecond, kindDevice, kindTOTP, kindNewKey} {
			if _, err := r.Tickets.Drop(ctx, kind, t, p, ""); err != nil {
				return err
			}
		}
		return nil
	})
}
