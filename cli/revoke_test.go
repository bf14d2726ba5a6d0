package cli_test

import (
	"context"
	"crypto/sha256"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/store"
	storesql "bonafide/store/sql"
)

// seedAccess is the command `access-seed`: the person of person-seed gets an API key,
// and somebody else an invitation.
func seedAccess() {
	ctx := context.Background()
	h, done, err := openHouse(ctx)
	fatal(err)
	console := people.Console("main")
	_, err = h.people.Invite(ctx, console, people.Invitation{Login: "new@shop.example", Name: "Nia New", Roles: []access.Role{access.Analyst}})
	fatal(err)
	fatal(done())
	db, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN()})
	fatal(err)
	now := time.Now()
	fatal(db.Write(ctx, func(r store.Records) error {
		p, err := r.People.ByLogin(ctx, "main", "ann@shop.example")
		if err != nil {
			return err
		}
		return r.APIKeys.Add(ctx, store.APIKey{Tenant: "main", Person: p.ID, ID: "k-1", Name: "shop", Secret: sha256.Sum256([]byte("secret")), Scopes: []access.Permission{access.EventWrite},
			Created: now, Expires: time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC)})
	}))
	fatal(db.Close())
}
