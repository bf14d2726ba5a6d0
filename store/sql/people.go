package sql

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

type (
	// tenants are the organisations within a transaction, and so on.
	tenants    struct{ *session }
	settings   struct{ *session }
	people     struct{ *session }
	teams      struct{ *session }
	secrets    struct{ *session }
	passkeys   struct{ *session }
	identities struct{ *session }
)

var (
	_ store.Tenants    = tenants{}
	_ store.Settings   = settings{}
	_ store.People     = people{}
	_ store.Teams      = teams{}
	_ store.Secrets    = secrets{}
	_ store.Passkeys   = passkeys{}
	_ store.Identities = identities{}
)

// added turns the count of a statement that writes nothing on a conflict into
// an error.
func (s *session) added(ctx context.Context, what string, n int64, err error) error {
	if err != nil {
		return s.done(ctx, "add "+what, err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "", "%s of that name or id exists already: take another", what)
	}
	return nil
}

// changed turns the count of a statement that changes one record into an error.
func (s *session) changed(ctx context.Context, what string, n int64, err error) error {
	if err != nil {
		return s.done(ctx, "change "+what, err)
	}
	if n == 0 {
		return none(what)
	}
	return nil
}

func none(what string) error {
	return fault.New(fault.NotFound, "", "there is no such record (%s): it ended, or it never was", what)
}

// one reads a record and turns "no row" into "not found".
func one[R, T any](ctx context.Context, s *session, what string, query func() (R, error), to func(R) T) (out T, err error) {
	if s.failed != nil {
		return out, s.failed
	}
	row, err := query()
	if errors.Is(err, sql.ErrNoRows) {
		return out, none(what)
	}
	if err != nil {
		return out, s.done(ctx, "read "+what, err)
	}
	return to(row), nil
}

// many reads a list.
func many[R, T any](ctx context.Context, s *session, what string, query func() ([]R, error), to func(R) T) ([]T, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	rows, err := query()
	if err != nil {
		return nil, s.done(ctx, "list "+what, err)
	}
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		out = append(out, to(row))
	}
	return out, nil
}

// Add keeps a new tenant.
func (r tenants) Add(ctx context.Context, t store.Tenant) error {
	if err := errors.Join(t.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddTenant(ctx, queries.AddTenantParams{ID: string(t.ID), Name: t.Name, Created: store.Micros(t.Created)})
	return r.added(ctx, "a tenant", n, err)
}

// Get returns a tenant.
func (r tenants) Get(ctx context.Context, id access.Tenant) (store.Tenant, error) {
	return one(ctx, r.session, "a tenant", func() (queries.Tenant, error) { return r.q.GetTenant(ctx, string(id)) }, tenant)
}

// List returns all tenants.
func (r tenants) List(ctx context.Context) ([]store.Tenant, error) {
	return many(ctx, r.session, "tenants", func() ([]queries.Tenant, error) { return r.q.ListTenants(ctx) }, tenant)
}

// Rename gives a tenant another name.
func (r tenants) Rename(ctx context.Context, id access.Tenant, name string) error {
	t := store.Tenant{ID: id, Name: name, Created: time.Unix(1, 0)} // the time is not written
	if err := errors.Join(t.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.RenameTenant(ctx, queries.RenameTenantParams{Name: name, ID: string(id)})
	return r.changed(ctx, "a tenant", n, err)
}

func tenant(row queries.Tenant) store.Tenant {
	return store.Tenant{ID: access.Tenant(row.ID), Name: row.Name, Created: store.Time(row.Created)}
}

// Add keeps a new person.
func (r people) Add(ctx context.Context, p store.Person) error {
	if err := errors.Join(p.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddPerson(ctx, queries.AddPersonParams{Tenant: string(p.Tenant), ID: string(p.ID), Login: p.Login, Name: p.Name, Lang: p.Lang,
		Roles: store.RolesText(p.Roles), Team: p.Team, Suspended: flag(p.Suspended), Created: store.Micros(p.Created)})
	return r.added(ctx, "a person", n, err)
}

// Get returns a person.
func (r people) Get(ctx context.Context, t access.Tenant, id store.PersonID) (store.Person, error) {
	return one(ctx, r.session, "a person", func() (queries.Person, error) {
		return r.q.GetPerson(ctx, queries.GetPersonParams{Tenant: string(t), ID: string(id)})
	}, person)
}

// ByLogin returns the person with a login.
func (r people) ByLogin(ctx context.Context, t access.Tenant, login string) (store.Person, error) {
	return one(ctx, r.session, "a person", func() (queries.Person, error) {
		return r.q.GetPersonByLogin(ctx, queries.GetPersonByLoginParams{Tenant: string(t), Login: login})
	}, person)
}

// Update writes what may change of a person.
func (r people) Update(ctx context.Context, p store.Person) (int64, error) {
	if err := errors.Join(p.Check(), r.failed); err != nil {
		return 0, err
	}
	revision, err := r.q.UpdatePerson(ctx, queries.UpdatePersonParams{Login: p.Login, Name: p.Name, Lang: p.Lang, Roles: store.RolesText(p.Roles),
		Team: p.Team, Suspended: flag(p.Suspended), Tenant: string(p.Tenant), ID: string(p.ID), Revision: p.Revision})
	if !errors.Is(err, sql.ErrNoRows) {
		return revision, r.done(ctx, "change a person", err)
	}
	if _, err := r.Get(ctx, p.Tenant, p.ID); err != nil {
		return 0, err
	}
	return 0, fault.New(fault.Conflict, "revision", "is not the kept one, or the login is another's: read the person again")
}

// List returns a page of people, newest first.
func (r people) List(ctx context.Context, t access.Tenant, p store.Page) ([]store.Person, store.Key, error) {
	by := queries.ListPeopleParams{Tenant: string(t), KeyCreated: math.MaxInt64, KeyID: p.After.ID, Most: int32(p.Size()) + 1}
	if !p.After.IsZero() {
		by.KeyCreated = store.Micros(p.After.When)
	}
	out, err := many(ctx, r.session, "people", func() ([]queries.Person, error) { return r.q.ListPeople(ctx, by) }, person)
	var next store.Key
	if len(out) > p.Size() {
		out = out[:p.Size()]
		last := out[len(out)-1]
		next = store.Key{When: last.Created, ID: string(last.ID)}
	}
	return out, next, err
}

// CountActive counts people with a role who are not suspended.
func (r people) CountActive(ctx context.Context, t access.Tenant, role access.Role) (int64, error) {
	if _, err := access.ParseRole(string(role)); err != nil {
		return 0, err
	}
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.CountActive(ctx, queries.CountActiveParams{Tenant: string(t), Pattern: `%"` + string(role) + `"%`})
	return n, r.done(ctx, "count people", err)
}

func person(row queries.Person) store.Person {
	return store.Person{Tenant: access.Tenant(row.Tenant), ID: store.PersonID(row.ID), Login: row.Login, Name: row.Name, Lang: row.Lang,
		Roles: store.ParseRoles(row.Roles), Team: row.Team, Suspended: row.Suspended != 0, Created: store.Time(row.Created), Revision: row.Revision}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Add keeps a new team.
func (r teams) Add(ctx context.Context, t store.Team) error {
	if err := errors.Join(t.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddTeam(ctx, queries.AddTeamParams{Tenant: string(t.Tenant), ID: t.ID, Name: t.Name, Created: store.Micros(t.Created)})
	return r.added(ctx, "a team", n, err)
}

// List returns the teams of a tenant.
func (r teams) List(ctx context.Context, t access.Tenant) ([]store.Team, error) {
	return many(ctx, r.session, "teams", func() ([]queries.Team, error) { return r.q.ListTeams(ctx, string(t)) }, func(row queries.Team) store.Team {
		return store.Team{Tenant: access.Tenant(row.Tenant), ID: row.ID, Name: row.Name, Created: store.Time(row.Created)}
	})
}

// Remove removes a team.
func (r teams) Remove(ctx context.Context, t access.Tenant, id string) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.RemoveTeam(ctx, queries.RemoveTeamParams{Tenant: string(t), ID: id})
	if err := r.changed(ctx, "a team", n, err); err != nil {
		return err
	}
	return r.done(ctx, "take people out of a team", r.q.LeaveTeam(ctx, queries.LeaveTeamParams{Tenant: string(t), Team: id}))
}

// Get returns a person's factors; the zero value where there are none.
func (r secrets) Get(ctx context.Context, t access.Tenant, id store.PersonID) (store.Factors, error) {
	f, err := one(ctx, r.session, "factors", func() (queries.Factor, error) {
		return r.q.GetFactors(ctx, queries.GetFactorsParams{Tenant: string(t), Person: string(id)})
	}, func(row queries.Factor) store.Factors {
		return store.Factors{Password: row.Password, PasswordChanged: store.Time(row.PasswordChanged), TOTP: row.Totp, Step: row.Step}
	})
	if fault.KindOf(err) == fault.NotFound {
		return store.Factors{}, nil
	}
	return f, err
}

// SetPassword sets the hash of a password.
func (r secrets) SetPassword(ctx context.Context, t access.Tenant, id store.PersonID, hash string, when time.Time) error {
	if err := errors.Join(owner(t, id), store.CheckText("password", hash, 500), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "set a password", r.q.SetPassword(ctx, queries.SetPasswordParams{Tenant: string(t), Person: string(id), Password: hash, PasswordChanged: store.Micros(when)}))
}

// SetTOTP sets the sealed secret of an authenticator app.
func (r secrets) SetTOTP(ctx context.Context, t access.Tenant, id store.PersonID, sealed string, step int64) error {
	if err := errors.Join(owner(t, id), store.CheckText("totp", sealed, store.MaxTOTP), r.failed); err != nil {
		return err
	}
	return r.done(ctx, "set an authenticator", r.q.SetTOTP(ctx, queries.SetTOTPParams{Tenant: string(t), Person: string(id), Totp: sealed, Step: step}))
}

// UseStep writes down that the code of a step was used.
func (r secrets) UseStep(ctx context.Context, t access.Tenant, id store.PersonID, step int64) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.UseStep(ctx, queries.UseStepParams{Step: step, Tenant: string(t), Person: string(id)})
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "code", "was used before: wait for the next one")
	}
	return r.done(ctx, "use a code", err)
}

// SetRecovery replaces the recovery codes.
func (r secrets) SetRecovery(ctx context.Context, t access.Tenant, id store.PersonID, sums []store.Hash) error {
	if err := errors.Join(owner(t, id), r.failed); err != nil {
		return err
	}
	if err := r.q.DropRecovery(ctx, queries.DropRecoveryParams{Tenant: string(t), Person: string(id)}); err != nil {
		return r.done(ctx, "drop recovery codes", err)
	}
	for _, s := range sums {
		if err := r.q.AddRecovery(ctx, queries.AddRecoveryParams{Tenant: string(t), Person: string(id), Hash: s.String()}); err != nil {
			return r.done(ctx, "add a recovery code", err)
		}
	}
	return nil
}

// UseRecovery removes a recovery code.
func (r secrets) UseRecovery(ctx context.Context, t access.Tenant, id store.PersonID, sum store.Hash) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.UseRecovery(ctx, queries.UseRecoveryParams{Tenant: string(t), Person: string(id), Hash: sum.String()})
	return r.changed(ctx, "a recovery code", n, err)
}

// CountRecovery counts the recovery codes that are left.
func (r secrets) CountRecovery(ctx context.Context, t access.Tenant, id store.PersonID) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.q.CountRecovery(ctx, queries.CountRecoveryParams{Tenant: string(t), Person: string(id)})
	return n, r.done(ctx, "count recovery codes", err)
}

// owner refuses what belongs to nobody.
func owner(t access.Tenant, id store.PersonID) error {
	probe := store.Team{Tenant: t, ID: string(id), Name: "-"}
	return probe.Check()
}

// Add keeps a new passkey.
func (r passkeys) Add(ctx context.Context, k store.Passkey) error {
	if err := errors.Join(k.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddPasskey(ctx, queries.AddPasskeyParams{ID: k.ID, Tenant: string(k.Tenant), Person: string(k.Person), Name: k.Name, Data: k.Data,
		Created: store.Micros(k.Created), Used: store.Micros(k.Used)})
	return r.added(ctx, "a passkey", n, err)
}

// Find returns the passkey of an id.
func (r passkeys) Find(ctx context.Context, id string) (store.Passkey, error) {
	return one(ctx, r.session, "a passkey", func() (queries.Passkey, error) { return r.q.FindPasskey(ctx, id) }, passkey)
}

// List returns a person's passkeys.
func (r passkeys) List(ctx context.Context, t access.Tenant, p store.PersonID) ([]store.Passkey, error) {
	return many(ctx, r.session, "passkeys", func() ([]queries.Passkey, error) {
		return r.q.ListPasskeys(ctx, queries.ListPasskeysParams{Tenant: string(t), Person: string(p)})
	}, passkey)
}

// Use writes what a log-in made of a passkey.
func (r passkeys) Use(ctx context.Context, id, data string, when time.Time) error {
	if err := errors.Join(store.CheckText("passkey.data", data, 64<<10), r.failed); err != nil {
		return err
	}
	n, err := r.q.UsePasskey(ctx, queries.UsePasskeyParams{Data: data, Used: store.Micros(when), ID: id})
	return r.changed(ctx, "a passkey", n, err)
}

// Remove removes a passkey of a person.
func (r passkeys) Remove(ctx context.Context, t access.Tenant, p store.PersonID, id string) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.RemovePasskey(ctx, queries.RemovePasskeyParams{Tenant: string(t), Person: string(p), ID: id})
	return r.changed(ctx, "a passkey", n, err)
}

func passkey(row queries.Passkey) store.Passkey {
	return store.Passkey{Tenant: access.Tenant(row.Tenant), Person: store.PersonID(row.Person), ID: row.ID, Name: row.Name, Data: row.Data,
		Created: store.Time(row.Created), Used: store.Time(row.Used)}
}

// Add ties an account at a provider to a person.
func (r identities) Add(ctx context.Context, i store.Identity) error {
	if err := errors.Join(i.Check(), r.failed); err != nil {
		return err
	}
	n, err := r.q.AddIdentity(ctx, queries.AddIdentityParams{Issuer: i.Issuer, Subject: i.Subject, Tenant: string(i.Tenant), Person: string(i.Person), Created: store.Micros(i.Created)})
	return r.added(ctx, "an identity", n, err)
}

// Find returns whom an account is tied to.
func (r identities) Find(ctx context.Context, issuer, subject string) (store.Identity, error) {
	return one(ctx, r.session, "an identity", func() (queries.Identity, error) {
		return r.q.FindIdentity(ctx, queries.FindIdentityParams{Issuer: issuer, Subject: subject})
	}, identity)
}

// List returns the accounts tied to a person.
func (r identities) List(ctx context.Context, t access.Tenant, p store.PersonID) ([]store.Identity, error) {
	return many(ctx, r.session, "identities", func() ([]queries.Identity, error) {
		return r.q.ListIdentities(ctx, queries.ListIdentitiesParams{Tenant: string(t), Person: string(p)})
	}, identity)
}

// Remove unties an account of a person.
func (r identities) Remove(ctx context.Context, t access.Tenant, p store.PersonID, issuer, subject string) error {
	if r.failed != nil {
		return r.failed
	}
	n, err := r.q.RemoveIdentity(ctx, queries.RemoveIdentityParams{Tenant: string(t), Person: string(p), Issuer: issuer, Subject: subject})
	return r.changed(ctx, "an identity", n, err)
}

func identity(row queries.Identity) store.Identity {
	return store.Identity{Issuer: row.Issuer, Subject: row.Subject, Tenant: access.Tenant(row.Tenant), Person: store.PersonID(row.Person), Created: store.Time(row.Created)}
}
