package people

import (
	"context"
	"crypto/subtle"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/outside/oidc"
	"bonafide/store"
)

// ProviderName is what the identity provider is called; "" where there is none.
func (d *Desk) ProviderName() string {
	if d.cfg.Federation == nil {
		return ""
	}
	return d.cfg.Federation.Name
}

// What a trip to the identity provider is for.
const (
	TripLogIn   = "login"
	TripConfirm = "confirm"
	TripTie     = "tie"
)

const tripFor = 10 * time.Minute

// trip is what is kept while a person is at the provider.
type trip struct {
	For string
	oidc.Question
}

// Trip is a visit to the identity provider: the browser goes to Address and
// keeps Word in a cookie, so that nobody can finish a trip that another began.
type Trip struct{ Address, Word string }

var errNoProvider = fault.New(fault.NotConfigured, "provider", "no identity provider is configured: log in another way")

// BeginTrip begins a visit to the identity provider: to log in (who is the zero
// value), to confirm, or to tie an account there to the person.
func (d *Desk) BeginTrip(ctx context.Context, purpose string, who Who) (Trip, error) {
	f := d.cfg.Federation
	if f == nil {
		return Trip{}, errNoProvider
	}
	switch {
	case purpose == TripLogIn && !who.LoggedIn(), purpose == TripConfirm && who.LoggedIn():
	case purpose == TripTie && who.LoggedIn():
		if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
			return Trip{}, err
		}
	default:
		return Trip{}, ErrNoSession
	}
	var words [4]string
	for i := range words {
		var err error
		if words[i], err = d.word(); err != nil {
			return Trip{}, err
		}
	}
	t := trip{For: purpose, Question: oidc.Question{State: words[1], Nonce: words[2], Verifier: words[3]}}
	if purpose == TripConfirm {
		t.Since = d.cfg.Now().Unix()
	}
	address, err := f.Provider.Begin(ctx, t.Question)
	if err != nil {
		return Trip{}, err
	}
	data, err := pack(t)
	if err != nil {
		return Trip{}, err
	}
	now := d.cfg.Now()
	return Trip{Address: address, Word: words[0]}, d.cfg.Store.Write(ctx, func(r store.Records) error {
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindOIDC, Word: sum(words[0]), Tenant: who.Tenant, Person: own(who), Data: data, Created: now, Expires: now.Add(tripFor)})
	})
}

// Return is what a person brings back from the provider. Word is of the cookie,
// Old the token of the session that the browser has.
type Return struct{ Word, State, Code, Old string }

// FinishTrip ends a visit to the identity provider. It returns what the visit
// was for, and an Admission but for a tie. It is good once.
func (d *Desk) FinishTrip(ctx context.Context, who Who, ret Return, from From) (string, Admission, error) {
	f := d.cfg.Federation
	if f == nil {
		return "", Admission{}, errNoProvider
	}
	// Anybody may come here: who brings no word of ours costs no turn to write.
	err := d.cfg.Store.Read(ctx, func(r store.Records) error {
		_, err := r.Tickets.Find(ctx, kindOIDC, sum(ret.Word), d.cfg.Now())
		return err
	})
	if err != nil {
		return "", Admission{}, startAgain(err)
	}
	var ticket store.Ticket
	err = d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		ticket, err = r.Tickets.Take(ctx, kindOIDC, sum(ret.Word), d.cfg.Now())
		return err
	})
	if err != nil {
		return "", Admission{}, startAgain(err)
	}
	t, err := unpack[trip](ticket.Data)
	if err != nil {
		return "", Admission{}, err
	}
	if subtle.ConstantTimeCompare([]byte(t.State), []byte(ret.State)) != 1 || t.For != TripLogIn && (ticket.Tenant != who.Tenant || ticket.Person != own(who)) {
		return "", Admission{}, startAgain(nil)
	}
	id, err := f.Provider.Finish(ctx, ret.Code, t.Question)
	if err != nil {
		return "", Admission{}, err
	}
	switch t.For {
	case TripTie:
		return t.For, Admission{}, d.tie(ctx, who, id)
	case TripConfirm:
		a, err := d.renew(ctx, who, from, func(r store.Records) error {
			tied, err := r.Identities.Find(ctx, id.Issuer, id.Subject)
			if err != nil || tied.Person != own(who) || tied.Tenant != who.Tenant {
				return refusedIf(err)
			}
			return nil
		})
		return t.For, a, err
	}
	a, err := d.logInAs(ctx, id, from, ret.Old)
	return t.For, a, err
}

// tie ties an account at the provider to the person who is logged in.
func (d *Desk) tie(ctx context.Context, who Who, id oidc.Identity) error {
	if who.Tenant != d.cfg.Federation.Tenant {
		return errNoProvider
	}
	if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "identity.add", "person:"+who.Person), func(r store.Records) error {
		return r.Identities.Add(ctx, store.Identity{Issuer: id.Issuer, Subject: id.Subject, Tenant: who.Tenant, Person: own(who), Created: d.cfg.Now()})
	})
}

// roles are those that a person's groups give, in the order of the table.
func (f *Federation) roles(groups []string) []access.Role {
	var out []access.Role
	for _, r := range access.Roles() {
		for g, role := range f.Groups {
			if role == r && slices.Contains(groups, g) && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// errNotTied is for somebody whose mail is known here already. Their account is
// not taken by the mail alone: who runs a provider could then take any.
var errNotTied = fault.New(fault.Forbidden, "provider", "your account here is not tied to the identity provider yet: log in another way and tie it on your account page")

// logInAs logs in whom the provider names: the person tied to that account, or a
// new one where the provider's groups give a role.
func (d *Desk) logInAs(ctx context.Context, id oidc.Identity, from From, old string) (Admission, error) {
	f := d.cfg.Federation
	roles := f.roles(id.Groups)
	if len(roles) == 0 {
		if err := d.outOfGroups(ctx, id, from); err != nil {
			return Admission{}, err
		}
		return Admission{}, fault.New(fault.Forbidden, "provider", "none of your groups at the identity provider has a role here: ask an administrator")
	}
	var p store.Person
	var fresh bool
	err := d.cfg.Store.Read(ctx, func(r store.Records) error {
		tied, err := r.Identities.Find(ctx, id.Issuer, id.Subject)
		if fault.KindOf(err) == fault.NotFound {
			fresh = true
			return nil
		}
		if err != nil || tied.Tenant != f.Tenant {
			return refusedIf(err)
		}
		p, err = r.People.Get(ctx, tied.Tenant, tied.Person)
		return err
	})
	if err != nil {
		return Admission{}, err
	}
	if fresh {
		if p, err = d.fromProvider(id, roles); err != nil {
			return Admission{}, err
		}
	}
	return d.admit(ctx, entrance{person: p, method: ByProvider, from: from, old: old, first: func(r store.Records) (string, error) {
		if fresh {
			return "new", d.addFromProvider(ctx, r, p, id, from)
		}
		return "", d.follow(ctx, r, p, roles, from)
	}})
}

// outOfGroups takes all roles from the person tied to an account that is in no group
// any more, whichever way they log in; the first log-in with a group gives them
// back. Whom the provider names and nobody here is tied to costs no write.
func (d *Desk) outOfGroups(ctx context.Context, id oidc.Identity, from From) error {
	tied := func(r store.Records) (p store.Person, err error) {
		i, err := r.Identities.Find(ctx, id.Issuer, id.Subject)
		if err == nil && i.Tenant == d.cfg.Federation.Tenant {
			p, err = r.People.Get(ctx, i.Tenant, i.Person)
		}
		if fault.KindOf(err) == fault.NotFound && err != nil {
			err = nil
		}
		return p, err
	}
	var p store.Person
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		p, err = tied(r)
		return err
	})
	if err != nil || len(p.Roles) == 0 {
		return err
	}
	return d.write(ctx, func(r store.Records) error {
		if p, err = tied(r); err != nil || len(p.Roles) == 0 {
			return err
		}
		return d.follow(ctx, r, p, nil, from)
	})
}

// fromProvider makes the record of somebody who comes for the first time.
func (d *Desk) fromProvider(id oidc.Identity, roles []access.Role) (store.Person, error) {
	if !id.MailVerified {
		return store.Person{}, fault.New(fault.Forbidden, "provider", "the identity provider has not checked your mail address: ask an administrator for an invitation")
	}
	name := id.Name
	if name == "" {
		name = id.Mail
	}
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName])
	}
	return d.newPerson(d.cfg.Federation.Tenant, id.Mail, name, "", roles)
}

func (d *Desk) addFromProvider(ctx context.Context, r store.Records, p store.Person, id oidc.Identity, from From) error {
	if _, err := r.Tenants.Get(ctx, p.Tenant); err != nil {
		return err
	}
	if err := r.People.Add(ctx, p); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return errNotTied
		}
		return err
	}
	if err := r.Identities.Add(ctx, store.Identity{Issuer: id.Issuer, Subject: id.Subject, Tenant: p.Tenant, Person: p.ID, Created: p.Created}); err != nil {
		return err
	}
	_, err := r.Audit.Append(ctx, store.Deed{Tenant: p.Tenant, When: p.Created, Actor: store.Actor(p.ID), Action: "person.add", Object: "person:" + string(p.ID),
		Why: "identity provider: " + roleNames(p.Roles), From: from.network()})
	return err
}

// follow gives the person the roles that the provider's groups give today.
func (d *Desk) follow(ctx context.Context, r store.Records, p store.Person, roles []access.Role, from From) error {
	p, err := r.People.Get(ctx, p.Tenant, p.ID)
	if err != nil || slices.Equal(p.Roles, roles) {
		return err
	}
	if err := d.keepsAdmin(ctx, r, p, roles, p.Suspended); err != nil {
		return err
	}
	before := roleNames(p.Roles)
	p.Roles = roles
	if _, err := r.People.Update(ctx, p); err != nil {
		return err
	}
	_, err = r.Audit.Append(ctx, store.Deed{Tenant: p.Tenant, When: d.cfg.Now(), Actor: "system provider", Action: "person.change", Object: "person:" + string(p.ID),
		Why: "roles: " + before + " → " + roleNames(roles), From: from.network()})
	return err
}
