package people

import (
	"context"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/contact/term"
	"bonafide/fault"
	"bonafide/store"
)

// What people and their keys are called in data/retention.
const (
	KindPerson     = "person"
	KindInvitation = "invitation"
	KindAPIKey     = "api_key"
)

// KindSuspension is what the note of a suspension is called. Suspensions are kept
// with their person, so data/retention has no such kind.
const KindSuspension = "suspension"

// erasedName is what somebody is called whose record was anonymised.
const erasedName = "–"

// erasedLogin is the login of an anonymised record. Nobody can log in with it:
// it has neither password nor role, and is suspended.
func erasedLogin(id store.PersonID) string { return "erased-" + string(id) }

// Erased reports whether a person's record was anonymised.
func Erased(p store.Person) bool { return p.Login == erasedLogin(p.ID) }

// Requests is the desk's part in requests of persons: it finds, copies and
// erases people who work here for desk/privacy, which checks rights and writes
// the audit.
type Requests struct{ d *Desk }

// Requests returns the desk's part in requests of persons.
func (d *Desk) Requests() Requests { return Requests{d} }

// Kind is what people are called in data/retention.
func (Requests) Kind() string { return KindPerson }

// Ready does nothing: people are found as they are.
func (Requests) Ready(context.Context) error { return nil }

// inviteID marks the id of an invitation among those of people.
const inviteID = "invitation-"

// Find returns the people of the tenant, and those invited, whose login is the
// identifier, and, not Certain, whose name is.
func (q Requests) Find(ctx context.Context, r store.Records, t access.Tenant, s request.Subject) ([]request.Found, error) {
	login, noLogin := FoldLogin(s.Identifier)
	name := term.Named(s.Identifier)
	found := func(l, n string) (any, certain bool) {
		certain = noLogin == nil && l == login
		return certain || n != "" && term.Named(n) == name, certain
	}
	now := q.d.cfg.Now()
	holds, err := r.Holds.Open(ctx, t, now)
	if err != nil {
		return nil, err
	}
	var out []request.Found
	if err := q.each(ctx, r, t, func(p store.Person) error {
		if ok, certain := found(p.Login, p.Name); ok && !Erased(p) {
			_, held := q.d.kept(holds, p, now)
			out = append(out, request.Found{Kind: KindPerson, ID: string(p.ID), Created: p.Created, Certain: certain, Held: held, Hint: "works_here"})
		}
		return nil
	}); err != nil {
		return nil, err
	}
	open, err := r.Tickets.List(ctx, kindInvite, t, now)
	if err != nil {
		return nil, err
	}
	for _, x := range open {
		if i, err := unpack[Invitation](x.Data); err == nil {
			if ok, certain := found(i.Login, i.Name); ok {
				out = append(out, request.Found{Kind: KindPerson, ID: inviteID + x.ID, Created: x.Created, Certain: certain, Hint: "invited"})
			}
		}
	}
	return out, nil
}

// kept tells which hold keeps a person's record at a time.
func (d *Desk) kept(holds []store.Hold, p store.Person, now time.Time) (store.Hold, bool) {
	thing := store.Thing{Kind: KindPerson, ID: string(p.ID), Created: p.Created}
	return store.Keeps(holds, thing, now, func() []store.Hash {
		var keys [][]byte
		if len(d.cfg.Key) > 0 {
			keys = append([][]byte{d.cfg.Key}, d.cfg.FormerKeys...)
		}
		return store.Marks(keys, p.Tenant, []string{"m:" + p.Login, term.Named(p.Login), term.Named(p.Name)})
	})
}

// each calls f with all people of the tenant.
func (Requests) each(ctx context.Context, r store.Records, t access.Tenant, f func(store.Person) error) error {
	page := store.Page{}
	for {
		list, next, err := r.People.List(ctx, t, page)
		if err != nil {
			return err
		}
		for _, p := range list {
			if err := f(p); err != nil {
				return err
			}
		}
		if next.IsZero() {
			return nil
		}
		page.After = next
	}
}

// Copied is what a person gets of what is kept of them here.
type Copied struct {
	ID       store.PersonID `json:"id"`
	Login    string         `json:"login"`
	Name     string         `json:"name"`
	Lang     string         `json:"lang,omitempty"`
	Roles    []access.Role  `json:"roles"`
	Team     string         `json:"team,omitempty"`
	Created  time.Time      `json:"created_at"`
	Password bool           `json:"has_password"`
	App      bool           `json:"has_authenticator"`
	Sessions []CopiedUse    `json:"sessions,omitempty"`
	Passkeys []CopiedUse    `json:"passkeys,omitempty"`
	Keys     []CopiedUse    `json:"api_keys,omitempty"`
	Accounts []CopiedUse    `json:"accounts_at_providers,omitempty"`
	// Acts are the audit entries of what they did, the newest first, at most
	// MaxActs.
	Acts []CopiedAct `json:"acts,omitempty"`
}

// CopiedUse is a session, passkey, key or account of a person.
type CopiedUse struct {
	Name    string    `json:"name"`
	From    string    `json:"from,omitempty"`
	Created time.Time `json:"created_at"`
	Used    time.Time `json:"used_at,omitzero"`
}

// CopiedAct is one audit entry of a person.
type CopiedAct struct {
	When   time.Time `json:"when"`
	Action string    `json:"action"`
	Object string    `json:"object,omitempty"`
	From   string    `json:"from,omitempty"`
}

// MaxActs is how many audit entries a copy holds at most.
const MaxActs = 5000

// Copy returns all that is kept of somebody who works here, but what would open
// their account.
func (q Requests) Copy(ctx context.Context, r store.Records, t access.Tenant, f request.Found) (any, error) {
	id := f.ID
	if ticket, ok := strings.CutPrefix(id, inviteID); ok {
		i, _, err := q.invitation(ctx, r, t, ticket)
		return Copied{Login: i.Login, Name: i.Name, Lang: i.Lang, Roles: i.Roles, Team: i.Team}, err
	}
	p, err := r.People.Get(ctx, t, store.PersonID(id))
	if err != nil {
		return nil, err
	}
	out := Copied{ID: p.ID, Login: p.Login, Name: p.Name, Lang: p.Lang, Roles: p.Roles, Team: p.Team, Created: p.Created}
	factors, err := r.Secrets.Get(ctx, t, p.ID)
	if err != nil {
		return nil, err
	}
	out.Password, out.App = factors.Password != "", factors.TOTP != ""
	if err := q.uses(ctx, r, p, &out); err != nil {
		return nil, err
	}
	var before int64
	for len(out.Acts) < MaxActs {
		list, next, err := r.Audit.List(ctx, t, store.AuditFilter{Actor: store.Actor(p.ID)}, before, store.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out.Acts = append(out.Acts, CopiedAct{e.When, e.Action, e.Object, e.From})
		}
		if before = next; next == 0 {
			break
		}
	}
	return out, nil
}

// uses fills in by what a person is there.
func (q Requests) uses(ctx context.Context, r store.Records, p store.Person, out *Copied) error {
	sessions, err := r.Sessions.List(ctx, p.Tenant, p.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, CopiedUse{s.Method + ", " + s.Agent, s.From, s.Created, s.Seen})
	}
	passkeys, err := r.Passkeys.List(ctx, p.Tenant, p.ID)
	if err != nil {
		return err
	}
	for _, k := range passkeys {
		out.Passkeys = append(out.Passkeys, CopiedUse{Name: k.Name, Created: k.Created, Used: k.Used})
	}
	keys, err := q.d.keysOf(ctx, r, p.Tenant, p.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, CopiedUse{Name: k.Name, Created: k.Created, Used: k.Used})
	}
	accounts, err := r.Identities.List(ctx, p.Tenant, p.ID)
	for _, i := range accounts {
		out.Accounts = append(out.Accounts, CopiedUse{Name: i.Issuer + " " + i.Subject, Created: i.Created})
	}
	return err
}

func (q Requests) invitation(ctx context.Context, r store.Records, t access.Tenant, id string) (i Invitation, ticket store.Ticket, err error) {
	open, err := r.Tickets.List(ctx, kindInvite, t, q.d.cfg.Now())
	if err != nil {
		return i, ticket, err
	}
	n := slices.IndexFunc(open, func(x store.Ticket) bool { return x.ID == id })
	if n < 0 || id == "" {
		return i, ticket, fault.New(fault.NotFound, "", "there is no such invitation: it was used, or its time is over")
	}
	i, err = unpack[Invitation](open[n].Data)
	return i, open[n], err
}

// Erase anonymises a person's record and removes all that proved them: sessions,
// keys, passkeys, accounts at providers, password, authenticator. The id stays, a
// pseudonym that audit entries name. The last administrator stays.
func (q Requests) Erase(ctx context.Context, r store.Records, t access.Tenant, f request.Found, e request.Erasing) ([]request.Part, error) {
	id := f.ID
	if ticket, ok := strings.CutPrefix(id, inviteID); ok {
		if _, _, err := q.invitation(ctx, r, t, ticket); err != nil {
			return nil, err
		}
		n, err := r.Tickets.Drop(ctx, kindInvite, t, "", ticket)
		return []request.Part{{Code: "tickets", Count: n}}, err
	}
	p, err := r.People.Get(ctx, t, store.PersonID(id))
	if err != nil {
		return nil, err
	}
	if !e.Force {
		holds, err := r.Holds.Open(ctx, t, e.When)
		if err != nil {
			return nil, err
		}
		if h, kept := q.d.kept(holds, p, e.When); kept {
			return nil, store.Held(h)
		}
		if err := q.d.keepsAdmin(ctx, r, p, nil, true); err != nil {
			return nil, err
		}
	}
	parts, err := q.unprove(ctx, r, p)
	if err != nil {
		return nil, err
	}
	p.Login, p.Name, p.Lang, p.Team, p.Roles, p.Suspended = erasedLogin(p.ID), erasedName, "", "", nil, true
	if _, err := r.People.Update(ctx, p); err != nil {
		return nil, err
	}
	err = r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: KindPerson, Mark: store.Buried(t, KindPerson, id), Erased: e.When})
	return append([]request.Part{{Code: "person", Count: 1}}, parts...), err
}

// unprove removes all by which a person is let in.
func (q Requests) unprove(ctx context.Context, r store.Records, p store.Person) ([]request.Part, error) {
	sessions, err := r.Sessions.EndOthers(ctx, p.Tenant, p.ID, "")
	if err != nil {
		return nil, err
	}
	keys, err := r.APIKeys.Remove(ctx, p.Tenant, p.ID, time.Time{})
	if err != nil {
		return nil, err
	}
	var tickets int64
	for _, kind := range []string{kindReset, kindSecond, kindDevice, kindNewKey, kindTOTP} {
		n, err := r.Tickets.Drop(ctx, kind, p.Tenant, p.ID, "")
		if err != nil {
			return nil, err
		}
		tickets += n
	}
	proofs, err := q.forget(ctx, r, p)
	return []request.Part{{Code: "proofs", Count: proofs}, {Code: "sessions", Count: sessions}, {Code: "api_keys", Count: keys}, {Code: "tickets", Count: tickets}}, err
}

// forget removes passkeys, accounts at providers, password and authenticator.
func (q Requests) forget(ctx context.Context, r store.Records, p store.Person) (n int64, err error) {
	passkeys, err := r.Passkeys.List(ctx, p.Tenant, p.ID)
	if err != nil {
		return 0, err
	}
	for _, k := range passkeys {
		if err := r.Passkeys.Remove(ctx, p.Tenant, p.ID, k.ID); err != nil {
			return 0, err
		}
	}
	accounts, err := r.Identities.List(ctx, p.Tenant, p.ID)
	if err != nil {
		return 0, err
	}
	for _, i := range accounts {
		if err := r.Identities.Remove(ctx, p.Tenant, p.ID, i.Issuer, i.Subject); err != nil {
			return 0, err
		}
	}
	factors, err := r.Secrets.Get(ctx, p.Tenant, p.ID)
	if err != nil {
		return 0, err
	}
	n = int64(len(passkeys) + len(accounts))
	if factors.Password != "" {
		n++
		if err := r.Secrets.SetPassword(ctx, p.Tenant, p.ID, "", time.Time{}); err != nil {
			return 0, err
		}
	}
	if factors.TOTP != "" {
		n++
		if err := r.Secrets.SetTOTP(ctx, p.Tenant, p.ID, "", 0); err != nil {
			return 0, err
		}
	}
	return n, r.Secrets.SetRecovery(ctx, p.Tenant, p.ID, nil)
}

// Walk calls f with the ids of all people of the tenant whose records are not
// anonymised.
func (q Requests) Walk(ctx context.Context, r store.Records, t access.Tenant, f func(id string) error) error {
	return q.each(ctx, r, t, func(p store.Person) error {
		if Erased(p) {
			return nil
		}
		return f(string(p.ID))
	})
}
