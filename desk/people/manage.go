package people

import (
	"context"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

func roleNames(roles []access.Role) string {
	out := make([]string, 0, len(roles))
	for _, r := range roles {
		out = append(out, string(r))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, " ")
}

// cleanRoles checks roles and puts them in the order of the table, each once.
func cleanRoles(roles []access.Role) ([]access.Role, error) {
	for _, r := range roles {
		if _, err := access.ParseRole(string(r)); err != nil {
			return nil, err
		}
	}
	out := slices.DeleteFunc(access.Roles(), func(r access.Role) bool { return !slices.Contains(roles, r) })
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "roles", "is empty: choose at least one role")
	}
	return out, nil
}

// all is what a right over the whole tenant is asked for.
func all(a access.Actor) access.Of { return access.Of{Tenant: a.Tenant} }

// People lists those who work here, newest first.
func (d *Desk) People(ctx context.Context, a access.Actor, page store.Page) ([]store.Person, store.Key, error) {
	if err := a.May(access.PeopleRead, all(a), d.cfg.Now()); err != nil {
		return nil, store.Key{}, err
	}
	var out []store.Person
	var next store.Key
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		out, next, err = r.People.List(ctx, a.Tenant, page)
		return err
	})
	return out, next, err
}

// Person returns somebody who works here.
func (d *Desk) Person(ctx context.Context, a access.Actor, id store.PersonID) (store.Person, error) {
	if err := a.May(access.PeopleRead, all(a), d.cfg.Now()); err != nil {
		return store.Person{}, err
	}
	var p store.Person
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		p, err = r.People.Get(ctx, a.Tenant, id)
		return err
	})
	return p, err
}

// ByLogin returns the person who logs in as login, for commands.
func (d *Desk) ByLogin(ctx context.Context, a access.Actor, login string) (store.Person, error) {
	if err := a.May(access.PeopleRead, all(a), d.cfg.Now()); err != nil {
		return store.Person{}, err
	}
	login, err := FoldLogin(login)
	if err != nil {
		return store.Person{}, err
	}
	var p store.Person
	err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		p, err = r.People.ByLogin(ctx, a.Tenant, login)
		return err
	})
	return p, err
}

// PersonChange is what may be changed of a person. Revision is that of the
// person as they were read.
type PersonChange struct {
	Name      string
	Roles     []access.Role
	Team      string
	Suspended bool
	Revision  int64
}

// ChangePerson changes name, roles, team and suspension. It holds at once: a
// suspended person's sessions end, their keys do nothing. The last
// administrator stays one.
func (d *Desk) ChangePerson(ctx context.Context, a access.Actor, id store.PersonID, c PersonChange) error {
	if err := a.May(access.PeopleChange, all(a), d.cfg.Now()); err != nil {
		return err
	}
	roles, err := cleanRoles(c.Roles)
	if err != nil {
		return err
	}
	name, err := cleanName("name", c.Name)
	if err != nil {
		return err
	}
	return d.write(ctx, func(r store.Records) error {
		p, err := r.People.Get(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		if err := d.keepsAdmin(ctx, r, p, roles, c.Suspended); err != nil {
			return err
		}
		if err := d.inTeam(ctx, r, a.Tenant, c.Team); err != nil {
			return err
		}
		deed := d.deed(a, "person.change", "person:"+string(id))
		deed.Why = difference(p, roles, c)
		if c.Suspended != p.Suspended {
			if err := d.suspend(ctx, r, p, c.Suspended); err != nil {
				return err
			}
		}
		p.Name, p.Roles, p.Team, p.Suspended, p.Revision = name, roles, c.Team, c.Suspended, c.Revision
		if _, err := r.People.Update(ctx, p); err != nil {
			return err
		}
		_, err = r.Audit.Append(ctx, deed)
		return err
	})
}

// suspend ends the sessions of a person and what was begun, and notes that they are suspended, so that
// no backup of before lets them in again; or drops the note.
func (d *Desk) suspend(ctx context.Context, r store.Records, p store.Person, suspended bool) error {
	mark := store.Buried(p.Tenant, KindSuspension, string(p.ID))
	if !suspended {
		return r.Erasures.Drop(ctx, p.Tenant, KindSuspension, mark)
	}
	if err := dropBegun(ctx, r, p.Tenant, p.ID); err != nil {
		return err
	}
	if _, err := r.Sessions.EndOthers(ctx, p.Tenant, p.ID, ""); err != nil {
		return err
	}
	return r.Erasures.Add(ctx, store.Erasure{Tenant: p.Tenant, Kind: KindSuspension, Mark: mark, Erased: d.cfg.Now()})
}

// difference says for the audit what changed, without names.
func difference(p store.Person, roles []access.Role, c PersonChange) string {
	var out []string
	if !slices.Equal(p.Roles, roles) {
		out = append(out, "roles: "+roleNames(p.Roles)+" → "+roleNames(roles))
	}
	if p.Team != c.Team {
		out = append(out, "team")
	}
	if p.Name != c.Name {
		out = append(out, "name")
	}
	if p.Suspended != c.Suspended {
		out = append(out, map[bool]string{true: "suspended", false: "let back"}[c.Suspended])
	}
	return strings.Join(out, "; ")
}

// keepsAdmin refuses to take the last administrator away.
func (d *Desk) keepsAdmin(ctx context.Context, r store.Records, p store.Person, roles []access.Role, suspended bool) error {
	was := slices.Contains(p.Roles, access.Admin) && !p.Suspended
	if !was || slices.Contains(roles, access.Admin) && !suspended {
		return nil
	}
	n, err := r.People.CountActive(ctx, p.Tenant, access.Admin)
	if err != nil {
		return err
	}
	if n <= 1 {
		return fault.New(fault.Invalid, "roles", "would leave nobody who manages people: make somebody else an administrator first")
	}
	return nil
}

func (d *Desk) inTeam(ctx context.Context, r store.Records, t access.Tenant, team string) error {
	if team == "" {
		return nil
	}
	list, err := r.Teams.List(ctx, t)
	if err == nil && !slices.ContainsFunc(list, func(x store.Team) bool { return x.ID == team }) {
		return fault.New(fault.NotFound, "team", "does not exist: choose one of the list")
	}
	return err
}

// Teams lists the teams of the tenant.
func (d *Desk) Teams(ctx context.Context, a access.Actor) ([]store.Team, error) {
	if err := a.May(access.PeopleRead, all(a), d.cfg.Now()); err != nil {
		return nil, err
	}
	var out []store.Team
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		out, err = r.Teams.List(ctx, a.Tenant)
		return err
	})
	return out, err
}

// AddTeam makes a team.
func (d *Desk) AddTeam(ctx context.Context, a access.Actor, name string) error {
	if err := a.May(access.TeamManage, all(a), d.cfg.Now()); err != nil {
		return err
	}
	name, err := cleanName("team", name)
	if err != nil {
		return err
	}
	id, err := d.id()
	if err != nil {
		return err
	}
	return d.change(ctx, d.deed(a, "team.add", "team:"+id), func(r store.Records) error {
		return r.Teams.Add(ctx, store.Team{Tenant: a.Tenant, ID: id, Name: name, Created: d.cfg.Now()})
	})
}

// RemoveTeam dissolves a team; its people are in none afterwards.
func (d *Desk) RemoveTeam(ctx context.Context, a access.Actor, id string) error {
	if err := a.May(access.TeamManage, all(a), d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(a, "team.remove", "team:"+store.Named(id)), func(r store.Records) error {
		return r.Teams.Remove(ctx, a.Tenant, id)
	})
}

// How long a link to begin is good.
const (
	inviteFor = 7 * 24 * time.Hour
	resetFor  = 24 * time.Hour
)

// Invitation is whom an administrator invites. It is personal.
type Invitation struct {
	Login, Name, Lang string
	Roles             []access.Role
	Team              string
}

// Invite makes a link with which somebody sets themselves up; the word of it is
// shown this once and good once, for a week. An invitation of the same login
// ends.
func (d *Desk) Invite(ctx context.Context, a access.Actor, i Invitation) (word string, err error) {
	now := d.cfg.Now()
	if err := a.May(access.PeopleInvite, all(a), now); err != nil {
		return "", err
	}
	if i.Roles, err = cleanRoles(i.Roles); err != nil {
		return "", err
	}
	p, err := d.newPerson(a.Tenant, i.Login, i.Name, i.Lang, i.Roles)
	if err != nil {
		return "", err
	}
	i.Login, i.Name = p.Login, p.Name
	data, err := pack(i)
	if err != nil {
		return "", err
	}
	if word, err = d.word(); err != nil {
		return "", err
	}
	deed := d.deed(a, "person.invite", "invitation:"+string(p.ID))
	deed.Why = roleNames(i.Roles)
	return word, d.change(ctx, deed, func(r store.Records) error {
		_, err := r.People.ByLogin(ctx, a.Tenant, i.Login)
		if err == nil {
			return fault.New(fault.Conflict, "login", "is somebody's who works here: choose another, or make a new start for them")
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err := d.inTeam(ctx, r, a.Tenant, i.Team); err != nil {
			return err
		}
		open, err := r.Tickets.List(ctx, kindInvite, a.Tenant, now)
		if err != nil {
			return err
		}
		for _, t := range open {
			if was, err := unpack[Invitation](t.Data); err == nil && was.Login == i.Login {
				if _, err := r.Tickets.Drop(ctx, kindInvite, a.Tenant, "", t.ID); err != nil {
					return err
				}
			}
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindInvite, Word: sum(word), ID: string(p.ID), Tenant: a.Tenant, Data: data, Created: now, Expires: now.Add(inviteFor)})
	})
}

// Open is an invitation that nobody has used yet.
type Open struct {
	Invitation
	ID      string
	Expires time.Time
}

// Invitations lists the invitations that nobody has used yet.
func (d *Desk) Invitations(ctx context.Context, a access.Actor) ([]Open, error) {
	if err := a.May(access.PeopleRead, all(a), d.cfg.Now()); err != nil {
		return nil, err
	}
	var list []store.Ticket
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		list, err = r.Tickets.List(ctx, kindInvite, a.Tenant, d.cfg.Now())
		return err
	})
	var out []Open
	for _, t := range list {
		i, bad := unpack[Invitation](t.Data)
		if bad != nil {
			return nil, bad
		}
		out = append(out, Open{Invitation: i, ID: t.ID, Expires: t.Expires})
	}
	return out, err
}

// Withdraw ends an invitation.
func (d *Desk) Withdraw(ctx context.Context, a access.Actor, id string) error {
	if err := a.May(access.PeopleInvite, all(a), d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(a, "person.withdraw", "invitation:"+store.Named(id)), func(r store.Records) error {
		n, err := r.Tickets.Drop(ctx, kindInvite, a.Tenant, "", id)
		if err == nil && n == 0 || id == "" {
			return fault.New(fault.NotFound, "", "there is no such invitation: it was used, or its time is over")
		}
		return err
	})
}

// NewStart makes a link with which a person who cannot log in any more sets a
// new password; the word of it is shown this once and good once, for a day. It
// changes nothing before it is used.
func (d *Desk) NewStart(ctx context.Context, a access.Actor, id store.PersonID, reason string) (word string, err error) {
	now := d.cfg.Now()
	why, err := a.Because(access.PeopleReset, all(a), reason, now)
	if err != nil {
		return "", err
	}
	if word, err = d.word(); err != nil {
		return "", err
	}
	deed := d.deed(a, "person.reset", "person:"+store.Named(string(id)))
	deed.Why = string(why)
	return word, d.change(ctx, deed, func(r store.Records) error {
		p, err := r.People.Get(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		if p.Suspended {
			return fault.New(fault.Invalid, "person", "is suspended: let them back first")
		}
		if _, err := r.Tickets.Drop(ctx, kindReset, a.Tenant, id, ""); err != nil {
			return err
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindReset, Word: sum(word), Tenant: a.Tenant, Person: id, Created: now, Expires: now.Add(resetFor)})
	})
}

// FirstAdmin makes a tenant where there is none of that name, and an
// administrator who begins with a link, for `bonafide admin create`. The word
// of the link is returned.
func (d *Desk) FirstAdmin(ctx context.Context, a access.Actor, f Founding) (word string, err error) {
	if !a.Console || a.Tenant != f.Tenant {
		return "", fault.New(fault.Forbidden, "", "only the server's own command line makes an administrator out of nothing")
	}
	t, p, err := d.founding(f)
	if err != nil {
		return "", err
	}
	if word, err = d.word(); err != nil {
		return "", err
	}
	return word, d.write(ctx, func(r store.Records) error {
		_, err := r.Tenants.Get(ctx, t.ID)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			err = d.found(ctx, r, t, p, "system console", "console")
		case err == nil:
			if err = r.People.Add(ctx, p); err == nil {
				deed := d.deed(a, "person.add", "person:"+string(p.ID))
				deed.Why = roleNames(p.Roles)
				_, err = r.Audit.Append(ctx, deed)
			}
		}
		if err != nil {
			return err
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindReset, Word: sum(word), Tenant: t.ID, Person: p.ID, Created: t.Created, Expires: t.Created.Add(resetFor)})
	})
}
