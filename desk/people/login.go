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

// Credentials are what a person types to log in.
type Credentials struct {
	Tenant          access.Tenant
	Login, Password string
	// Old is the token of the session that the browser has, which ends.
	Old string
}

// maxPassword bounds what is hashed, in bytes.
const maxPassword = 1024

// nobody stands for a person who does not exist, so that looking them up costs
// as much.
const nobody = store.PersonID("nobody")

// judged is what was found out about somebody who tries a password.
type judged struct {
	person  store.Person
	factors store.Factors
	attempt attempt
}

// judge counts an attempt and compares the password. Known and unknown names,
// with or without a password, cost the same: one transaction, one hash.
func (d *Desk) judge(ctx context.Context, c Credentials, from From) (judged, error) {
	login, err := FoldLogin(c.Login)
	if err != nil {
		login = "?"
	}
	var j judged
	var wait time.Duration
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		p, err := r.People.ByLogin(ctx, c.Tenant, login)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		j.person = p
		id := p.ID
		if id == "" {
			id = nobody
		}
		known, err := d.knows(ctx, r, p, from)
		if err != nil {
			return err
		}
		j.attempt = d.tries(c.Tenant, login, known, from)
		if wait, err = d.note(ctx, r, j.attempt); err != nil {
			return err
		}
		j.factors, err = r.Secrets.Get(ctx, c.Tenant, id)
		return err
	})
	if err != nil {
		return j, err
	}
	if wait > 0 {
		return j, tooMany(wait)
	}
	given := password.Clean(c.Password[:min(len(c.Password), maxPassword)])
	ok, err := d.cfg.Hasher.Verify(ctx, j.factors.Password, given)
	if err != nil {
		return j, err
	}
	if !ok || j.person.ID == "" || j.person.Suspended || len(c.Password) > maxPassword {
		return j, ErrRefused
	}
	return j, nil
}

// LogIn logs a person in by password. Where they have an authenticator app the
// Admission asks for a second factor.
func (d *Desk) LogIn(ctx context.Context, c Credentials, from From) (Admission, error) {
	j, err := d.judge(ctx, c, from)
	if err != nil {
		return Admission{}, err
	}
	if j.factors.TOTP != "" {
		return d.askSecond(ctx, j)
	}
	fresh, err := d.rehash(ctx, j.factors.Password, c.Password)
	if err != nil {
		return Admission{}, err
	}
	return d.admit(ctx, entrance{person: j.person, method: ByPassword, from: from, old: c.Old, first: func(r store.Records) (string, error) {
		if fresh != "" {
			if err := r.Secrets.SetPassword(ctx, j.person.Tenant, j.person.ID, fresh, j.factors.PasswordChanged); err != nil {
				return "", err
			}
		}
		why, err := d.failures(ctx, r, j.attempt)
		if err != nil {
			return "", err
		}
		return why, d.forgive(ctx, r, j.attempt)
	}})
}

// rehash makes the hash of a known password at today's cost, if it was made at
// another.
func (d *Desk) rehash(ctx context.Context, hash, given string) (string, error) {
	if !d.cfg.Hasher.Outdated(hash) {
		return "", nil
	}
	return d.cfg.Hasher.Hash(ctx, d.cfg.Random, password.Clean(given))
}

// secondFor is how long the second step of a log-in may take.
const secondFor = 10 * time.Minute

// maxTries is how many wrong codes one log-in may give.
const maxTries = 5

// askSecond begins the second step. What the password got wrong before is not
// forgiven yet: that is done when the whole log-in succeeds.
func (d *Desk) askSecond(ctx context.Context, j judged) (Admission, error) {
	word, err := d.word()
	if err != nil {
		return Admission{}, err
	}
	now := d.cfg.Now()
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindSecond, Word: sum(word), Tenant: j.person.Tenant, Person: j.person.ID, Created: now, Expires: now.Add(secondFor)})
	})
	return Admission{Second: word}, err
}

// errCode is a code that is not right, was used before, or came too late.
var errCode = fault.New(fault.Forbidden, "code", "is not right, or was used before: wait for the next code and type that one; after several wrong ones begin again")

// SecondStep is the second factor of a log-in: the word of the first step and
// what the person typed, a code of the app or a recovery code.
type SecondStep struct {
	Word, Code string
	// Old is the token of the session that the browser has, which ends.
	Old string
}

// Second finishes a log-in by a code of the authenticator app or a recovery
// code. Each is good once; so is the word.
func (d *Desk) Second(ctx context.Context, step SecondStep, from From) (Admission, error) {
	now := d.cfg.Now()
	var t store.Ticket
	var p store.Person
	var f store.Factors
	var a attempt
	var tries int64
	var wait time.Duration
	err := d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		if t, err = r.Tickets.Find(ctx, kindSecond, sum(step.Word), now); err != nil {
			return err
		}
		if p, err = r.People.Get(ctx, t.Tenant, t.Person); err != nil {
			return err
		}
		if f, err = r.Secrets.Get(ctx, t.Tenant, t.Person); err != nil {
			return err
		}
		if tries, err = r.Tickets.Try(ctx, kindSecond, sum(step.Word)); err != nil {
			return err
		}
		if a, err = d.secondTries(ctx, r, p, from); err != nil {
			return err
		}
		wait, err = d.note(ctx, r, a)
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		return Admission{}, ErrNoSession
	case err != nil:
		return Admission{}, err
	case wait > 0:
		return Admission{}, tooMany(wait)
	case tries > maxTries:
		return Admission{}, errCode
	}
	method, use, err := d.code(f, p, step.Code)
	if err != nil {
		return Admission{}, err
	}
	return d.admit(ctx, entrance{person: p, method: method, from: from, old: step.Old, first: func(r store.Records) (string, error) {
		if _, err := r.Tickets.Take(ctx, kindSecond, sum(step.Word), now); err != nil {
			return "", refusedIf(err)
		}
		if err := use(ctx, r); err != nil {
			return "", codeError(err)
		}
		why, err := d.failures(ctx, r, a)
		if err != nil {
			return "", err
		}
		if err := d.forgive(ctx, r, a); err != nil {
			return "", err
		}
		known, err := d.knows(ctx, r, p, from)
		if err != nil {
			return "", err
		}
		return why, d.forgive(ctx, r, d.tries(p.Tenant, p.Login, known, from))
	}})
}

// secondTries counts codes apart from passwords: a right password must not give
// new guesses at the code.
func (d *Desk) secondTries(ctx context.Context, r store.Records, p store.Person, from From) (attempt, error) {
	known, err := d.knows(ctx, r, p, from)
	if err != nil {
		return attempt{}, err
	}
	key := d.trace(string(p.Tenant), string(p.ID), "second")
	if known {
		key = d.trace(string(p.Tenant), string(p.ID), "second", from.Device)
	}
	return attempt{known: known, keys: []count{{key, d.lim.Known, secondWindow}}}, nil
}

// codeError tells a code that was used meanwhile as any other wrong one.
func codeError(err error) error {
	if k := fault.KindOf(err); k == fault.Conflict || k == fault.NotFound {
		return errCode
	}
	return err
}

// code judges a code and returns how to use it up; using fails when somebody
// else was faster.
func (d *Desk) code(f store.Factors, p store.Person, typed string) (method string, use func(context.Context, store.Records) error, err error) {
	if s, ok := onetime.RecoverySum(typed); ok {
		h, err := store.ParseHash(s)
		return ByRecovery, func(ctx context.Context, r store.Records) error { return r.Secrets.UseRecovery(ctx, p.Tenant, p.ID, h) }, err
	}
	if f.TOTP == "" {
		return "", nil, errCode
	}
	secret, err := d.box.open(f.TOTP, string(p.Tenant)+"/"+string(p.ID))
	if err != nil {
		return "", nil, err
	}
	step, ok := onetime.Secret(secret).Match(typed, d.cfg.Now(), f.Step)
	if !ok {
		return "", nil, errCode
	}
	return ByTOTP, func(ctx context.Context, r store.Records) error { return r.Secrets.UseStep(ctx, p.Tenant, p.ID, step) }, nil
}

// Confirm is a new proof of identity within a session, by password. The session
// gets a new token.
func (d *Desk) Confirm(ctx context.Context, who Who, given string, from From) (Admission, error) {
	j, err := d.judge(ctx, Credentials{Tenant: who.Tenant, Login: who.Login, Password: given}, from)
	if err != nil {
		return Admission{}, err
	}
	if string(j.person.ID) != who.Person {
		return Admission{}, ErrRefused
	}
	return d.renew(ctx, who, from, func(r store.Records) error { return d.forgive(ctx, r, j.attempt) })
}
