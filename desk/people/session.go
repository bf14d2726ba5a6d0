package people

import (
	"context"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/casework/retention"
	"bonafide/fault"
	"bonafide/store"
)

// The kinds of tickets.
const (
	kindSetup   = "setup"
	kindInvite  = "invite"
	kindReset   = "reset"
	kindSecond  = "second"
	kindDevice  = "device"
	kindPasskey = "passkey"
	kindNewKey  = "new-passkey"
	kindTOTP    = "totp"
	kindOIDC    = "oidc"
)

// How a person logged in.
const (
	ByPassword = "password"
	ByTOTP     = "password+code"
	ByRecovery = "password+recovery"
	ByPasskey  = "passkey"
	ByProvider = "provider"
)

// ErrNoSession means that nobody is logged in: no token, or one whose session
// ended.
var ErrNoSession = fault.New(fault.Forbidden, "", "you are not logged in, or your session ended: log in")

// ErrRefused is the one answer to every log-in that fails: it does not tell
// whether the name is known, has a password, or is suspended.
var ErrRefused = fault.New(fault.Forbidden, "", "name or password is not right: try again, or ask an administrator for a new start")

// Admission is what the browser gets after a step of a log-in. Either Token or
// Second is set.
type Admission struct {
	// Token is the word of a new session, for a cookie that ends at Until.
	Token string
	Until time.Time
	// Device is the word by which the browser is known again, for a cookie that
	// ends at DeviceUntil; empty: it has one.
	Device      string
	DeviceUntil time.Time
	// Second asks for a code of the authenticator app: the word goes with it.
	Second string
}

// Who is a person who is logged in.
type Who struct {
	access.Actor
	Name, Login, Lang string
	// Session is the id of the session, Method how it was begun.
	Session, Method string
	session         store.Session
}

// entrance is what a session is made from.
type entrance struct {
	person store.Person
	method string
	from   From
	// old is the token of a session that the new one takes the place of.
	old string
	// first is done in the same transaction; its text goes into the audit.
	first func(store.Records) (why string, err error)
}

// admit begins a session. Its token is always new, so that one that somebody
// planted in the browser is worth nothing, and one that the browser had ends.
func (d *Desk) admit(ctx context.Context, e entrance) (Admission, error) {
	s, token, err := d.newSession(e.person, e.method, e.from)
	if err != nil {
		return Admission{}, err
	}
	out := Admission{Token: token}
	device, err := d.word()
	if err != nil {
		return Admission{}, err
	}
	err = d.write(ctx, func(r store.Records) error {
		deed := store.Deed{Tenant: s.Tenant, When: s.Created, Actor: store.Actor(s.Person), Action: "person.login", Object: "session:" + s.ID, From: s.From}
		if e.first != nil {
			if deed.Why, err = e.first(r); err != nil {
				return err
			}
		}
		p, err := r.People.Get(ctx, s.Tenant, s.Person)
		if err != nil || p.Suspended {
			return refusedIf(err)
		}
		c, err := d.conditions(ctx, r, s.Tenant)
		if err != nil {
			return err
		}
		out.Until = s.Created.Add(c.absolute)
		if err := d.endToken(ctx, r, e.old); err != nil {
			return err
		}
		if err := r.Sessions.Add(ctx, s); err != nil {
			return err
		}
		known, err := d.knows(ctx, r, p, e.from)
		if err != nil {
			return err
		}
		if !known {
			out.Device, out.DeviceUntil = device, s.Created.Add(deviceFor)
			t := store.Ticket{Kind: kindDevice, Word: sum(device), ID: s.ID, Tenant: s.Tenant, Person: s.Person, Created: s.Created, Expires: out.DeviceUntil}
			if err := r.Tickets.Add(ctx, t); err != nil {
				return err
			}
		}
		deed.Why = join(e.method, deed.Why)
		_, err = r.Audit.Append(ctx, deed)
		return err
	})
	if err != nil {
		return Admission{}, err
	}
	return out, nil
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + ", " + b
}

// refusedIf is ErrRefused for what must not be told apart, else the error.
func refusedIf(err error) error {
	if err == nil || fault.KindOf(err) == fault.NotFound {
		return ErrRefused
	}
	return err
}

func (d *Desk) newSession(p store.Person, method string, from From) (store.Session, string, error) {
	token, err := d.word()
	if err != nil {
		return store.Session{}, "", err
	}
	id, err := d.id()
	if err != nil {
		return store.Session{}, "", err
	}
	now := d.cfg.Now()
	return store.Session{Tenant: p.Tenant, Person: p.ID, ID: id, Token: sum(token), Method: method, Agent: from.kind(), From: from.network(),
		Created: now, Seen: now, Confirmed: now}, token, nil
}

// endToken ends the session of a token if there is one.
func (d *Desk) endToken(ctx context.Context, r store.Records, token string) error {
	if token == "" {
		return nil
	}
	s, err := r.Sessions.Find(ctx, sum(token))
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return r.Sessions.End(ctx, s.Tenant, s.Person, s.ID)
}

// touchEvery is how often the use of a session or key is written down; touchFor is
// how long somebody waits for it; touches is how many are written at a time.
const (
	touchEvery = time.Minute
	touchFor   = 200 * time.Millisecond
	touches    = 8
)

// touch writes down that a session or key was used, if that goes soon. What is
// kept can be read while nothing can be written, or somebody writes for long, such
// as an import: then a session lives from when its use was last written down. It
// does not wait for the store itself, because SQLite does not let go of a file that
// another process has locked before its own time is over.
func (d *Desk) touch(ctx context.Context, write func(context.Context, store.Records) error) error {
	select {
	case d.touching <- struct{}{}:
	default:
		return nil // others wait already
	}
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), touchFor)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		err := d.cfg.Store.Write(soon, func(r store.Records) error { return write(soon, r) })
		if soon.Err() != nil || fault.KindOf(err) == fault.Temporary {
			err = nil
		}
		<-d.touching
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-soon.Done():
	}
	select {
	case err := <-done: // it ended soon after all
		return err
	default:
		return nil
	}
}

// Who returns who is logged in with a token; ErrNoSession if nobody. Roles are
// those of this moment: what an administrator changes holds at once.
func (d *Desk) Who(ctx context.Context, token string, from From) (Who, error) {
	if token == "" || len(token) > 100 {
		return Who{}, ErrNoSession
	}
	now := d.cfg.Now()
	var s store.Session
	var p store.Person
	var lacking bool
	var c conditions
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if s, err = r.Sessions.Find(ctx, sum(token)); err != nil {
			return err
		}
		if p, err = r.People.Get(ctx, s.Tenant, s.Person); err != nil {
			return err
		}
		if c, err = d.conditions(ctx, r, s.Tenant); err != nil {
			return err
		}
		lacking, err = c.lacking(ctx, r, p, s.Method)
		return err
	})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Who{}, err
	}
	if err != nil || p.Suspended || c.over(s, now) {
		return Who{}, ErrNoSession
	}
	if now.Sub(s.Seen) >= touchEvery {
		err := d.touch(ctx, func(ctx context.Context, r store.Records) error { return r.Sessions.Touch(ctx, s.Token, now) })
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return Who{}, err
		}
	}
	return Who{Actor: access.Actor{Tenant: p.Tenant, Person: string(p.ID), Roles: p.Roles, Confirmed: s.Confirmed, Lacking: lacking, From: from.network()},
		Name: p.Name, Login: p.Login, Lang: p.Lang, Session: s.ID, Method: s.Method, session: s}, nil
}

// lacking tells whether a person still has to add the second factor that their
// roles ask for. An app that was added in this session counts: from now on no
// log-in by password goes without it.
func (c conditions) lacking(ctx context.Context, r store.Records, p store.Person, method string) (bool, error) {
	if method != ByPassword || !slices.ContainsFunc(p.Roles, func(x access.Role) bool { return slices.Contains(c.second, x) }) {
		return false, nil
	}
	f, err := r.Secrets.Get(ctx, p.Tenant, p.ID)
	return f.TOTP == "", err
}

// LogOut ends the session of a token. That there is none is no error.
func (d *Desk) LogOut(ctx context.Context, token string, from From) error {
	who, err := d.Who(ctx, token, from)
	if err != nil {
		if fault.KindOf(err) == fault.Forbidden {
			return nil
		}
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "session.end", "session:"+who.Session), func(r store.Records) error {
		return d.endToken(ctx, r, token)
	})
}

// renew gives a session a new token and the time of a new proof of identity;
// the old token ends with it.
func (d *Desk) renew(ctx context.Context, who Who, from From, first func(store.Records) error) (Admission, error) {
	s, token, err := d.newSession(store.Person{Tenant: who.Tenant, ID: store.PersonID(who.Person)}, who.Method, from)
	if err != nil {
		return Admission{}, err
	}
	s.Created = who.session.Created // the absolute limit stays
	var c conditions
	err = d.change(ctx, d.deed(who.Actor, "session.confirm", "session:"+s.ID), func(r store.Records) (err error) {
		if c, err = d.conditions(ctx, r, s.Tenant); err != nil {
			return err
		}
		if err := first(r); err != nil {
			return err
		}
		if err := r.Sessions.End(ctx, s.Tenant, s.Person, who.Session); err != nil {
			return err
		}
		return r.Sessions.Add(ctx, s)
	})
	if err != nil {
		return Admission{}, err
	}
	return Admission{Token: token, Until: s.Created.Add(c.absolute)}, nil
}

// Sweep removes what is past its time: sessions, tickets, counts of attempts.
func (d *Desk) Sweep(ctx context.Context) error {
	_, err := d.Expire(ctx, false)
	return err
}

// Expire is Sweep with counts: those of sessions and of tickets, of the whole
// server, because many tickets belong to no tenant. A dry one removes nothing and
// counts what would go.
func (d *Desk) Expire(ctx context.Context, dry bool) ([]retention.Count, error) {
	now := d.cfg.Now()
	var out []retention.Count
	err := store.Try(ctx, d.cfg.Store, dry, func(r store.Records) error {
		idle, absolute, err := d.longest(ctx, r)
		if err != nil {
			return err
		}
		sessions, err := r.Sessions.Sweep(ctx, now.Add(-idle), now.Add(-absolute))
		if err != nil {
			return err
		}
		tickets, err := r.Tickets.Sweep(ctx, now)
		if err != nil {
			return err
		}
		if err := r.Attempts.Sweep(ctx, now.Add(-max(d.lim.Window, secondWindow))); err != nil {
			return err
		}
		out = []retention.Count{{Kind: "session", Erased: sessions}, {Kind: "ticket", Erased: tickets}}
		return nil
	})
	return out, err
}
