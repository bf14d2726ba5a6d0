package store

import (
	"context"
	"encoding/json"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Tenant is an organisation on this server, as it is kept.
type Tenant struct {
	ID      access.Tenant
	Name    string
	Created time.Time
}

// Tenants are the organisations. There are few: lists have no pages.
type Tenants interface {
	// Add keeps a new tenant; one that exists is a Conflict.
	Add(ctx context.Context, t Tenant) error
	// Get returns a tenant.
	Get(ctx context.Context, id access.Tenant) (Tenant, error)
	// List returns all tenants by id.
	List(ctx context.Context) ([]Tenant, error)
	// Rename gives a tenant another name; its id stays.
	Rename(ctx context.Context, id access.Tenant, name string) error
}

// PersonID names a person: chance, so that nobody can guess one and an audit
// entry that holds it is a pseudonym. The same form as a ReportID.
type PersonID string

// Person is somebody who can log in. Login and Name are personal.
type Person struct {
	Tenant access.Tenant
	ID     PersonID
	// Login is what the person logs in as, in the form that two spellings of it
	// have in common; one person of the tenant has it.
	Login string
	Name  string
	// Lang is the language in which the person reads (BCP 47); may be empty.
	Lang  string
	Roles []access.Role
	// Team is the id of a team, or empty.
	Team string
	// Suspended people cannot log in; what they did stays theirs.
	Suspended bool
	Created   time.Time
	// Revision counts the changes; 1 when added.
	Revision int64
}

// People are those who can log in.
type People interface {
	// Add keeps a new person with revision 1. A login or id that the tenant has
	// is a Conflict.
	Add(ctx context.Context, p Person) error
	// Get returns a person of the tenant.
	Get(ctx context.Context, t access.Tenant, id PersonID) (Person, error)
	// ByLogin returns the person of the tenant that logs in as login.
	ByLogin(ctx context.Context, t access.Tenant, login string) (Person, error)
	// Update writes login, name, language, roles, team and suspension, and counts
	// the revision, which it returns. A Conflict says that somebody else changed
	// the person since they were read, or that another has the login.
	Update(ctx context.Context, p Person) (revision int64, err error)
	// List returns a page of the tenant's people, newest first, and the key of
	// the next page.
	List(ctx context.Context, t access.Tenant, p Page) ([]Person, Key, error)
	// CountActive returns how many people of the tenant have the role and are not
	// suspended.
	CountActive(ctx context.Context, t access.Tenant, r access.Role) (int64, error)
}

// Team is a group of people of one tenant.
type Team struct {
	Tenant  access.Tenant
	ID      string
	Name    string
	Created time.Time
}

// Teams are the groups of people. A tenant has few: lists have no pages.
type Teams interface {
	// Add keeps a new team; an id or name that the tenant has is a Conflict.
	Add(ctx context.Context, t Team) error
	// List returns the tenant's teams by name.
	List(ctx context.Context, t access.Tenant) ([]Team, error)
	// Remove removes a team; its people are in none afterwards.
	Remove(ctx context.Context, t access.Tenant, id string) error
}

// Factors are the secrets by which a person proves who they are. The zero value
// belongs to somebody who has none.
type Factors struct {
	// Password is a hash in PHC form; empty: none.
	Password        string
	PasswordChanged time.Time
	// TOTP is the sealed secret of an authenticator app; empty: none.
	TOTP string
	// Step is the last step of time whose code was used.
	Step int64
}

// MaxTOTP is how many bytes the sealed secret of an authenticator app has at most.
const MaxTOTP = 4096

// Secrets keeps passwords, authenticator secrets and recovery codes. A
// person without any has the zero Factors: that is no error, so that looking
// somebody up costs the same for those who do not exist.
type Secrets interface {
	// Get returns a person's factors.
	Get(ctx context.Context, t access.Tenant, id PersonID) (Factors, error)
	// SetPassword sets the password's hash; "" removes it.
	SetPassword(ctx context.Context, t access.Tenant, id PersonID, hash string, when time.Time) error
	// SetTOTP sets the sealed secret and the step that was used to confirm it; ""
	// removes it.
	SetTOTP(ctx context.Context, t access.Tenant, id PersonID, sealed string, step int64) error
	// UseStep writes down that the code of a step was used. A Conflict says that
	// it, or a later one, was used before.
	UseStep(ctx context.Context, t access.Tenant, id PersonID, step int64) error
	// SetRecovery replaces the recovery codes by those of these sums.
	SetRecovery(ctx context.Context, t access.Tenant, id PersonID, sums []Hash) error
	// UseRecovery removes a recovery code; NotFound when there is none such.
	UseRecovery(ctx context.Context, t access.Tenant, id PersonID, sum Hash) error
	// CountRecovery returns how many recovery codes are left.
	CountRecovery(ctx context.Context, t access.Tenant, id PersonID) (int64, error)
}

// Passkey is a passkey of a person. ID is the browser's, base64url; Data is
// what package passkey keeps of it.
type Passkey struct {
	Tenant access.Tenant
	Person PersonID
	ID     string
	// Name is how the person calls it.
	Name          string
	Data          string
	Created, Used time.Time
}

// Passkeys are the passkeys of all people.
type Passkeys interface {
	// Add keeps a new passkey; an id that anybody has is a Conflict.
	Add(ctx context.Context, k Passkey) error
	// Find returns the passkey with an id, whosever it is: it is what a log-in
	// begins with.
	Find(ctx context.Context, id string) (Passkey, error)
	// List returns a person's passkeys, oldest first.
	List(ctx context.Context, t access.Tenant, p PersonID) ([]Passkey, error)
	// Use writes what a log-in made of the passkey.
	Use(ctx context.Context, id, data string, when time.Time) error
	// Remove removes a passkey of the person.
	Remove(ctx context.Context, t access.Tenant, p PersonID, id string) error
}

// Identity ties a person to an account at an identity provider.
type Identity struct {
	Issuer, Subject string
	Tenant          access.Tenant
	Person          PersonID
	Created         time.Time
}

// Identities are accounts at identity providers.
type Identities interface {
	// Add ties an account to a person; one that is tied already is a Conflict.
	Add(ctx context.Context, i Identity) error
	// Find returns whom an account is tied to, of whatever tenant.
	Find(ctx context.Context, issuer, subject string) (Identity, error)
	// List returns the accounts tied to a person.
	List(ctx context.Context, t access.Tenant, p PersonID) ([]Identity, error)
	// Remove unties an account of the person.
	Remove(ctx context.Context, t access.Tenant, p PersonID, issuer, subject string) error
}

// Check returns what is wrong with a tenant, nil if it can be kept.
func (t *Tenant) Check() error {
	if _, err := access.ParseTenant(string(t.ID)); err != nil {
		return err
	}
	if t.Name == "" || Micros(t.Created) <= 0 {
		return fault.New(fault.Invalid, "tenant", "lacks its name or when it was made: both are needed")
	}
	return CheckText("tenant.name", t.Name, 200)
}

// Check returns what is wrong with a person, nil if they can be kept. No error
// holds a value of theirs.
func (p *Person) Check() error {
	if err := checkOwner(p.Tenant, p.ID); err != nil {
		return err
	}
	if p.Login == "" || Micros(p.Created) <= 0 {
		return fault.New(fault.Invalid, "login", "is missing, or when the person was added: both are needed")
	}
	for _, r := range p.Roles {
		if _, err := access.ParseRole(string(r)); err != nil {
			return err
		}
	}
	return checkTexts([]field{{"login", p.Login, 254}, {"name", p.Name, 200}, {"lang", p.Lang, 35}, {"team", p.Team, 64}})
}

// Check returns what is wrong with a team, nil if it can be kept.
func (t *Team) Check() error {
	if err := checkOwner(t.Tenant, PersonID(t.ID)); err != nil {
		return err
	}
	if t.Name == "" {
		return fault.New(fault.Invalid, "name", "of the team is missing")
	}
	return CheckText("name", t.Name, 200)
}

// Check returns what is wrong with a passkey, nil if it can be kept.
func (k *Passkey) Check() error {
	if err := checkOwner(k.Tenant, k.Person); err != nil {
		return err
	}
	if k.ID == "" || k.Data == "" {
		return fault.New(fault.Invalid, "passkey", "lacks its id or data: register it again")
	}
	return checkTexts([]field{{"passkey", k.ID, 1400}, {"passkey.name", k.Name, 100}, {"passkey.data", k.Data, 64 << 10}})
}

// Check returns what is wrong with an identity, nil if it can be kept.
func (i *Identity) Check() error {
	if err := checkOwner(i.Tenant, i.Person); err != nil {
		return err
	}
	if i.Issuer == "" || i.Subject == "" {
		return fault.New(fault.Invalid, "identity", "lacks issuer or subject: both are needed")
	}
	return checkTexts([]field{{"issuer", i.Issuer, 500}, {"subject", i.Subject, 500}})
}

// RolesText is how roles are kept: a JSON list.
func RolesText(roles []access.Role) string {
	raw, _ := json.Marshal(append([]access.Role{}, roles...)) // a list of texts always can
	return string(raw)
}

// ParseRoles reads what RolesText wrote. What it cannot read is no role: a
// damaged record takes rights away and gives none.
func ParseRoles(s string) []access.Role {
	var out []access.Role
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}

type field struct {
	name, text string
	limit      int
}

func checkTexts(fields []field) error {
	for _, f := range fields {
		if err := CheckText(f.name, f.text, f.limit); err != nil {
			return err
		}
	}
	return nil
}

// checkOwner refuses a record that belongs to nobody.
func checkOwner(t access.Tenant, id PersonID) error {
	if _, err := access.ParseTenant(string(t)); err != nil {
		return err
	}
	if !plainID(string(id)) {
		return fault.New(fault.Invalid, "id", "is not 1 to 64 letters, digits, hyphens and underscores")
	}
	return nil
}
