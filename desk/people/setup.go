package people

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/desk/people/onetime"
	"bonafide/desk/people/password"
	"bonafide/fault"
	"bonafide/store"
)

// setupFor is how long the code of the first set-up is good.
const setupFor = 24 * time.Hour

// setupTenant owns the code of the first set-up, before there is a tenant.
const setupTenant = access.Tenant("setup")

// Founded reports whether the server has a tenant; without one it waits for its
// first set-up.
func (d *Desk) Founded(ctx context.Context) (bool, error) {
	list, err := d.Tenants(ctx)
	return len(list) > 0, err
}

// Tenants lists the tenants of this server, for its operator and to find the
// one that a person logs in to.
func (d *Desk) Tenants(ctx context.Context) ([]store.Tenant, error) {
	var out []store.Tenant
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		out, err = r.Tenants.List(ctx)
		return err
	})
	return out, err
}

// SetupCode makes the code with which the first administrator sets the server
// up in the browser; earlier codes end. It is shown to the operator only, and
// good once. After the first set-up it is Invalid.
func (d *Desk) SetupCode(ctx context.Context) (string, error) {
	codes, err := onetime.NewRecovery(d.cfg.Random)
	if err != nil {
		return "", err
	}
	h, err := codeSum(codes[0])
	if err != nil {
		return "", err
	}
	now := d.cfg.Now()
	return codes[0], d.cfg.Store.Write(ctx, func(r store.Records) error {
		if list, err := r.Tenants.List(ctx); err != nil || len(list) > 0 {
			return orFounded(err)
		}
		if _, err := r.Tickets.Drop(ctx, kindSetup, setupTenant, "", ""); err != nil {
			return err
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindSetup, Word: h, Tenant: setupTenant, Created: now, Expires: now.Add(setupFor)})
	})
}

func orFounded(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, "setup", "was done before: log in, or use `bonafide admin reset` when nobody can")
}

// codeSum is the hash of a typed set-up code.
func codeSum(code string) (store.Hash, error) {
	s, ok := onetime.RecoverySum(code)
	if !ok {
		return store.Hash{}, errSetup
	}
	return store.ParseHash(s)
}

var errSetup = fault.New(fault.Forbidden, "code", "is not the one that the server printed when it started: look there, or start it again for a new one")

// Founding is the first set-up: the code that the server printed, the tenant,
// and its first administrator.
type Founding struct {
	Code                        string
	Tenant                      access.Tenant
	TenantName                  string
	Login, Name, Lang, Password string
}

// SetUp makes the first tenant and its first administrator, and logs them in.
func (d *Desk) SetUp(ctx context.Context, f Founding, from From) (Admission, error) {
	h, err := codeSum(f.Code)
	if err != nil {
		return Admission{}, err
	}
	now := d.cfg.Now()
	// The code first, so that a stranger learns nothing from other errors; it is
	// used up only when all goes well.
	var wait time.Duration
	var found bool
	a := attempt{keys: []count{{d.trace("setup", from.network()), d.lim.PerNetwork, d.lim.Window}}}
	err = d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		if wait, err = d.note(ctx, r, a); err != nil {
			return err
		}
		_, err = r.Tickets.Find(ctx, kindSetup, h, now)
		found = err == nil
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return Admission{}, err
	case wait > 0:
		return Admission{}, tooMany(wait)
	case !found:
		return Admission{}, errSetup
	}
	t, p, err := d.founding(f)
	if err != nil {
		return Admission{}, err
	}
	hash, err := d.newPassword(ctx, f.Password, p.Login, p.Name, t.Name, string(t.ID))
	if err != nil {
		return Admission{}, err
	}
	return d.admit(ctx, entrance{person: p, method: ByPassword, from: from, first: func(r store.Records) (string, error) {
		if list, err := r.Tenants.List(ctx); err != nil || len(list) > 0 {
			return "", orFounded(err)
		}
		if _, err := r.Tickets.Take(ctx, kindSetup, h, now); err != nil {
			return "", errSetup
		}
		if err := d.found(ctx, r, t, p, store.Actor(p.ID), from.network()); err != nil {
			return "", err
		}
		return "first set-up", r.Secrets.SetPassword(ctx, p.Tenant, p.ID, hash, now)
	}})
}

// founding checks what was typed and makes the records of it.
func (d *Desk) founding(f Founding) (store.Tenant, store.Person, error) {
	var t store.Tenant
	id, err := access.ParseTenant(string(f.Tenant))
	if err != nil {
		return t, store.Person{}, err
	}
	if t.Name, err = cleanName("tenant_name", f.TenantName); err != nil {
		return t, store.Person{}, err
	}
	t.ID, t.Created = id, d.cfg.Now()
	p, err := d.newPerson(id, f.Login, f.Name, f.Lang, []access.Role{access.Admin})
	return t, p, err
}

// found adds a tenant and its first administrator, with entries.
func (d *Desk) found(ctx context.Context, r store.Records, t store.Tenant, p store.Person, by store.Actor, from string) error {
	if err := r.Tenants.Add(ctx, t); err != nil {
		return err
	}
	if err := r.People.Add(ctx, p); err != nil {
		return err
	}
	for _, deed := range []store.Deed{{Action: "tenant.add", Object: "tenant:" + string(t.ID)}, {Action: "person.add", Object: "person:" + string(p.ID), Why: "admin"}} {
		deed.Tenant, deed.When, deed.Actor, deed.From = t.ID, d.cfg.Now(), by, from
		if _, err := r.Audit.Append(ctx, deed); err != nil {
			return err
		}
	}
	return nil
}

// newPerson makes the record of a person from what was typed.
func (d *Desk) newPerson(t access.Tenant, login, name, lang string, roles []access.Role) (store.Person, error) {
	login, err := FoldLogin(login)
	if err != nil {
		return store.Person{}, err
	}
	if name, err = cleanName("name", name); err != nil {
		return store.Person{}, err
	}
	id, err := d.id()
	if err != nil {
		return store.Person{}, err
	}
	p := store.Person{Tenant: t, ID: store.PersonID(id), Login: login, Name: name, Lang: lang, Roles: roles, Created: d.cfg.Now()}
	return p, p.Check()
}

// newPassword checks a password that a person chose and hashes it.
func (d *Desk) newPassword(ctx context.Context, chosen string, about ...string) (string, error) {
	if err := d.cfg.Rules.Check(chosen[:min(len(chosen), maxPassword+1)], about...); err != nil {
		return "", err
	}
	return d.cfg.Hasher.Hash(ctx, d.cfg.Random, password.Clean(chosen))
}
