package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/desk/people/onetime"
	"bonafide/fault"
	"bonafide/store"
)

// issuer is what an authenticator app shows.
const issuer = "Bonafide"

// Account is what a person sees of their own.
type Account struct {
	Person store.Person
	// Tenant is the name of the organisation.
	Tenant string
	// HasPassword and HasApp tell which ways there are beside passkeys.
	HasPassword, HasApp bool
	PasswordChanged     time.Time
	// Recovery is how many recovery codes are left.
	Recovery   int64
	Passkeys   []store.Passkey
	Identities []store.Identity
	Sessions   []store.Session
	Keys       []store.APIKey
}

// mine is what a person's own things belong to.
func mine(who Who) access.Of { return access.Of{Tenant: who.Tenant, Owner: who.Person} }

// own is the person's id.
func own(who Who) store.PersonID { return store.PersonID(who.Person) }

// Account returns what a person sees of their own.
func (d *Desk) Account(ctx context.Context, who Who) (Account, error) {
	if err := who.May(access.AccountRead, mine(who), d.cfg.Now()); err != nil {
		return Account{}, err
	}
	var a Account
	var c conditions
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if a.Person, err = r.People.Get(ctx, who.Tenant, own(who)); err != nil {
			return err
		}
		t, err := r.Tenants.Get(ctx, who.Tenant)
		if err != nil {
			return err
		}
		a.Tenant = t.Name
		f, err := r.Secrets.Get(ctx, who.Tenant, own(who))
		if err != nil {
			return err
		}
		a.HasPassword, a.HasApp, a.PasswordChanged = f.Password != "", f.TOTP != "", f.PasswordChanged
		if a.Recovery, err = r.Secrets.CountRecovery(ctx, who.Tenant, own(who)); err != nil {
			return err
		}
		if a.Passkeys, err = r.Passkeys.List(ctx, who.Tenant, own(who)); err != nil {
			return err
		}
		if a.Identities, err = r.Identities.List(ctx, who.Tenant, own(who)); err != nil {
			return err
		}
		if a.Sessions, err = r.Sessions.List(ctx, who.Tenant, own(who)); err != nil {
			return err
		}
		if c, err = d.conditions(ctx, r, who.Tenant); err != nil {
			return err
		}
		a.Keys, err = d.keysOf(ctx, r, who.Tenant, own(who))
		return err
	})
	now := d.cfg.Now()
	a.Sessions = slices.DeleteFunc(a.Sessions, func(s store.Session) bool {
		return c.over(s, now)
	})
	return a, err
}

// SetPassword sets a person's own password and ends their other sessions.
func (d *Desk) SetPassword(ctx context.Context, who Who, chosen string) error {
	now := d.cfg.Now()
	if err := who.May(access.AccountChange, mine(who), now); err != nil {
		return err
	}
	hash, err := d.newPassword(ctx, chosen, who.Login, who.Name, string(who.Tenant))
	if err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "password.set", "person:"+who.Person), func(r store.Records) error {
		if err := r.Secrets.SetPassword(ctx, who.Tenant, own(who), hash, now); err != nil {
			return err
		}
		if err := dropBegun(ctx, r, who.Tenant, own(who)); err != nil {
			return err
		}
		_, err := r.Sessions.EndOthers(ctx, who.Tenant, own(who), who.Session)
		return err
	})
}

// dropBegun ends what was begun and would still let somebody in: a log-in that
// waits for its second step, and a link to begin anew that nobody used.
func dropBegun(ctx context.Context, r store.Records, t access.Tenant, p store.PersonID) error {
	for _, kind := range []string{kindSecond, kindReset} {
		if _, err := r.Tickets.Drop(ctx, kind, t, p, ""); err != nil {
			return err
		}
	}
	return nil
}

// AppOffer is a new secret for an authenticator app, before the person has
// shown that the app has it.
type AppOffer struct {
	// Word goes with the code into AddApp.
	Word string
	// Secret is for typing, Address what the picture says, Picture a QR code (PNG).
	Secret, Address string
	Picture         []byte
}

// appFor is how long the set-up of an app may take.
const appFor = 15 * time.Minute

// OfferApp makes a secret for an authenticator app.
func (d *Desk) OfferApp(ctx context.Context, who Who) (AppOffer, error) {
	now := d.cfg.Now()
	if err := who.May(access.AccountChange, mine(who), now); err != nil {
		return AppOffer{}, err
	}
	secret, err := onetime.NewSecret(d.cfg.Random)
	if err != nil {
		return AppOffer{}, err
	}
	sealed, err := d.box.seal(d.cfg.Random, string(secret), boxOwner(who))
	if err != nil {
		return AppOffer{}, err
	}
	o := AppOffer{Secret: string(secret), Address: secret.Address(issuer, who.Login)}
	if o.Word, err = d.word(); err != nil {
		return AppOffer{}, err
	}
	if o.Picture, err = secret.Picture(issuer, who.Login); err != nil {
		return AppOffer{}, err
	}
	return o, d.cfg.Store.Write(ctx, func(r store.Records) error {
		f, err := r.Secrets.Get(ctx, who.Tenant, own(who))
		if err != nil {
			return err
		}
		if f.Password == "" {
			return fault.New(fault.Invalid, "password", "is not set: an app is a second step after a password; a passkey needs none")
		}
		if _, err := r.Tickets.Drop(ctx, kindTOTP, who.Tenant, own(who), ""); err != nil {
			return err
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindTOTP, Word: sum(o.Word), Tenant: who.Tenant, Person: own(who), Data: sealed, Created: now, Expires: now.Add(appFor)})
	})
}

func boxOwner(who Who) string { return string(who.Tenant) + "/" + who.Person }

// Offered returns an offer again, for the page after a wrong code.
func (d *Desk) Offered(ctx context.Context, who Who, word string) (AppOffer, error) {
	var t store.Ticket
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		t, err = r.Tickets.Find(ctx, kindTOTP, sum(word), d.cfg.Now())
		return err
	})
	if err != nil || t.Person != own(who) || t.Tenant != who.Tenant {
		return AppOffer{}, startAgain(err)
	}
	text, err := d.box.open(t.Data, boxOwner(who))
	if err != nil {
		return AppOffer{}, err
	}
	secret := onetime.Secret(text)
	picture, err := secret.Picture(issuer, who.Login)
	return AppOffer{Word: word, Secret: text, Address: secret.Address(issuer, who.Login), Picture: picture}, err
}

// startAgain is for a ticket that is over or another's.
func startAgain(err error) error {
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return fault.New(fault.NotFound, "", "this took too long, or was done already: begin again")
}

// AddApp makes an offered secret the person's second factor when the code shows
// that the app has it. It returns recovery codes, which are shown this once.
func (d *Desk) AddApp(ctx context.Context, who Who, word, code string) ([]string, error) {
	now := d.cfg.Now()
	if err := who.May(access.AccountChange, mine(who), now); err != nil {
		return nil, err
	}
	o, err := d.Offered(ctx, who, word)
	if err != nil {
		return nil, err
	}
	step, ok := onetime.Secret(o.Secret).Match(code, now, 0)
	if !ok {
		return nil, fault.New(fault.Invalid, "code", "is not the one that the app shows now: check the clock of the device, then type the next code")
	}
	codes, sums, err := d.recovery()
	if err != nil {
		return nil, err
	}
	err = d.change(ctx, d.deed(who.Actor, "app.add", "person:"+who.Person), func(r store.Records) error {
		t, err := r.Tickets.Take(ctx, kindTOTP, sum(word), now)
		if err != nil {
			return startAgain(err)
		}
		kept := t.Data
		if d.cfg.SealedBelow {
			kept = openMark + o.Secret
		}
		if err := r.Secrets.SetTOTP(ctx, who.Tenant, own(who), kept, step); err != nil {
			return err
		}
		if _, err := r.Sessions.EndOthers(ctx, who.Tenant, own(who), who.Session); err != nil {
			return err
		}
		return r.Secrets.SetRecovery(ctx, who.Tenant, own(who), sums)
	})
	return codes, err
}

// RemoveApp removes the authenticator app and the recovery codes.
func (d *Desk) RemoveApp(ctx context.Context, who Who) error {
	if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "app.remove", "person:"+who.Person), func(r store.Records) error {
		if err := r.Secrets.SetTOTP(ctx, who.Tenant, own(who), "", 0); err != nil {
			return err
		}
		return r.Secrets.SetRecovery(ctx, who.Tenant, own(who), nil)
	})
}

// NewRecovery replaces the recovery codes; the new ones are shown this once.
func (d *Desk) NewRecovery(ctx context.Context, who Who) ([]string, error) {
	if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
		return nil, err
	}
	codes, sums, err := d.recovery()
	if err != nil {
		return nil, err
	}
	return codes, d.change(ctx, d.deed(who.Actor, "recovery.set", "person:"+who.Person), func(r store.Records) error {
		f, err := r.Secrets.Get(ctx, who.Tenant, own(who))
		if err != nil {
			return err
		}
		if f.TOTP == "" {
			return fault.New(fault.Invalid, "code", "recovery codes stand in for an authenticator app: add the app first")
		}
		return r.Secrets.SetRecovery(ctx, who.Tenant, own(who), sums)
	})
}

func (d *Desk) recovery() (codes []string, sums []store.Hash, err error) {
	if codes, err = onetime.NewRecovery(d.cfg.Random); err != nil {
		return nil, nil, err
	}
	for _, c := range codes {
		s, _ := onetime.RecoverySum(c)
		h, err := store.ParseHash(s)
		if err != nil {
			return nil, nil, err
		}
		sums = append(sums, h)
	}
	return codes, sums, nil
}

// EndSession ends a session of the person's own; of another's for who may.
func (d *Desk) EndSession(ctx context.Context, who Who, person store.PersonID, id string) error {
	if err := who.May(access.SessionRevoke, access.Of{Tenant: who.Tenant, Owner: string(person)}, d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "session.end", "session:"+store.Named(id)), func(r store.Records) error {
		return r.Sessions.End(ctx, who.Tenant, person, id)
	})
}

// EndSessions ends all sessions of a person but the one that asks, and forgets
// the browsers that they used. It returns how many sessions ended.
func (d *Desk) EndSessions(ctx context.Context, who Who, person store.PersonID) (n int64, err error) {
	if err := who.May(access.SessionRevoke, access.Of{Tenant: who.Tenant, Owner: string(person)}, d.cfg.Now()); err != nil {
		return 0, err
	}
	keep := ""
	if own(who) == person {
		keep = who.Session
	}
	err = d.change(ctx, d.deed(who.Actor, "session.end_all", "person:"+store.Named(string(person))), func(r store.Records) error {
		if _, err := r.People.Get(ctx, who.Tenant, person); err != nil {
			return err
		}
		if _, err := r.Tickets.Drop(ctx, kindDevice, who.Tenant, person, ""); err != nil {
			return err
		}
		n, err = r.Sessions.EndOthers(ctx, who.Tenant, person, keep)
		return err
	})
	return n, err
}

// pack and unpack keep what a ticket carries as JSON.
func pack(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("people: ticket: %w", err)
	}
	return string(raw), nil
}

func unpack[T any](data string) (v T, err error) {
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return v, fmt.Errorf("people: ticket: %w", err)
	}
	return v, nil
}
