package people

import (
	"context"

	"bonafide/fault"
	"bonafide/store"
)

// Beginning is what the page of a link to begin shows.
type Beginning struct {
	// New: the person is invited; else they begin anew.
	New         bool
	Login, Name string
	// Tenant is the name of the organisation.
	Tenant string
}

// errLink is the one answer to every link that is not good.
var errLink = fault.New(fault.NotFound, "", "this link was used, or its time is over: ask an administrator for a new one")

// linked is what a link leads to.
type linked struct {
	ticket store.Ticket
	person store.Person
	tenant store.Tenant
	fresh  bool
}

// link finds what a word leads to.
func (d *Desk) link(ctx context.Context, r store.Records, word string) (linked, error) {
	now := d.cfg.Now()
	var l linked
	t, err := r.Tickets.Find(ctx, kindInvite, sum(word), now)
	if l.fresh = err == nil; !l.fresh {
		if fault.KindOf(err) != fault.NotFound {
			return l, err
		}
		if t, err = r.Tickets.Find(ctx, kindReset, sum(word), now); err != nil {
			return l, linkError(err)
		}
	}
	l.ticket = t
	if l.tenant, err = r.Tenants.Get(ctx, t.Tenant); err != nil {
		return l, linkError(err)
	}
	if !l.fresh {
		l.person, err = r.People.Get(ctx, t.Tenant, t.Person)
		if err == nil && l.person.Suspended {
			return l, errLink
		}
		return l, linkError(err)
	}
	i, err := unpack[Invitation](t.Data)
	l.person = store.Person{Tenant: t.Tenant, ID: store.PersonID(t.ID), Login: i.Login, Name: i.Name, Lang: i.Lang, Roles: i.Roles, Team: i.Team, Created: now}
	return l, err
}

func linkError(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return errLink
	}
	return err
}

// Beginning returns what the page of a link shows, without using it up.
func (d *Desk) Beginning(ctx context.Context, word string) (Beginning, error) {
	var l linked
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		l, err = d.link(ctx, r, word)
		return err
	})
	if err != nil {
		return Beginning{}, err
	}
	return Beginning{New: l.fresh, Login: l.person.Login, Name: l.person.Name, Tenant: l.tenant.Name}, nil
}

// Start is what a person types on the page of a link.
type Start struct {
	Word, Password, Lang string
	// Old is the token of the session that the browser has, which ends.
	Old string
}

// Begin uses a link up: it makes the invited person, or gives one a new start,
// with a new password and everything else that proved them gone: sessions,
// known browsers, authenticator app, recovery codes, passkeys, ties to an
// identity provider, keys. Then it logs them in.
func (d *Desk) Begin(ctx context.Context, s Start, from From) (Admission, error) {
	var l linked
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		l, err = d.link(ctx, r, s.Word)
		return err
	})
	if err != nil {
		return Admission{}, err
	}
	hash, err := d.newPassword(ctx, s.Password, l.person.Login, l.person.Name, l.tenant.Name)
	if err != nil {
		return Admission{}, err
	}
	if l.fresh && s.Lang != "" {
		l.person.Lang = s.Lang
	}
	return d.admit(ctx, entrance{person: l.person, method: ByPassword, from: from, old: s.Old, first: func(r store.Records) (string, error) {
		if l.fresh {
			return "invitation", d.join(ctx, r, l, hash, from)
		}
		return "new start", d.startOver(ctx, r, l, hash, from)
	}})
}

func (d *Desk) join(ctx context.Context, r store.Records, l linked, hash string, from From) error {
	now := d.cfg.Now()
	if _, err := r.Tickets.Take(ctx, kindInvite, l.ticket.Word, now); err != nil {
		return linkError(err)
	}
	if d.inTeam(ctx, r, l.person.Tenant, l.person.Team) != nil {
		l.person.Team = "" // dissolved since
	}
	if err := r.People.Add(ctx, l.person); err != nil {
		return err
	}
	deed := store.Deed{Tenant: l.person.Tenant, When: now, Actor: store.Actor(l.person.ID), Action: "person.add", Object: "person:" + string(l.person.ID),
		Why: "invitation: " + roleNames(l.person.Roles), From: from.network()}
	if _, err := r.Audit.Append(ctx, deed); err != nil {
		return err
	}
	return r.Secrets.SetPassword(ctx, l.person.Tenant, l.person.ID, hash, now)
}

func (d *Desk) startOver(ctx context.Context, r store.Records, l linked, hash string, from From) error {
	now, t, p := d.cfg.Now(), l.person.Tenant, l.person.ID
	if _, err := r.Tickets.Take(ctx, kindReset, l.ticket.Word, now); err != nil {
		return linkError(err)
	}
	if err := d.dropProofs(ctx, r, l.person); err != nil {
		return err
	}
	if err := r.Secrets.SetPassword(ctx, t, p, hash, now); err != nil {
		return err
	}
	_, err := r.Audit.Append(ctx, store.Deed{Tenant: t, When: now, Actor: store.Actor(p), Action: "person.new_start", Object: "person:" + string(p), From: from.network()})
	return err
}

// dropProofs removes everything that proved a person.
func (d *Desk) dropProofs(ctx context.Context, r store.Records, x store.Person) error {
	now, t, p := d.cfg.Now(), x.Tenant, x.ID
	if _, err := r.Sessions.EndOthers(ctx, t, p, ""); err != nil {
		return err
	}
	for _, kind := range []string{kindDevice, kindSecond, kindTOTP, kindNewKey} {
		if _, err := r.Tickets.Drop(ctx, kind, t, p, ""); err != nil {
			return err
		}
	}
	if err := r.Secrets.SetTOTP(ctx, t, p, "", 0); err != nil {
		return err
	}
	if err := r.Secrets.SetRecovery(ctx, t, p, nil); err != nil {
		return err
	}
	keys, err := r.Passkeys.List(ctx, t, p)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := r.Passkeys.Remove(ctx, t, p, k.ID); err != nil {
			return err
		}
	}
	ties, err := r.Identities.List(ctx, t, p)
	if err != nil {
		return err
	}
	for _, i := range ties {
		if err := r.Identities.Remove(ctx, t, p, i.Issuer, i.Subject); err != nil {
			return err
		}
	}
	programs, err := r.APIKeys.Live(ctx, t, p, now)
	for _, k := range programs {
		if err := r.APIKeys.End(ctx, t, k.ID, now); err != nil {
			return err
		}
		if err := buryKey(ctx, r, t, k.ID, now); err != nil {
			return err
		}
	}
	return err
}
