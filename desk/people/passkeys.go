package people

import (
	"context"
	"encoding/base64"
	"time"

	"bonafide/access"
	"bonafide/desk/people/passkey"
	"bonafide/fault"
	"bonafide/store"
)

// PasskeysOn reports whether passkeys can be used at this address.
func (d *Desk) PasskeysOn() bool { return d.cfg.Passkeys != nil }

var errNoPasskeys = fault.New(fault.NotConfigured, "passkey", "passkeys need an https address: set server.base_url")

// Asked is a question for the browser's passkeys: Ask goes to the browser as
// JSON, Word comes back with its answer.
type Asked struct {
	Ask  []byte
	Word string
}

const passkeyFor = 5 * time.Minute

// remember keeps the state of a question; who is the zero value at a log-in.
func (d *Desk) remember(ctx context.Context, kind string, who Who, state []byte) (string, error) {
	word, err := d.word()
	if err != nil {
		return "", err
	}
	now := d.cfg.Now()
	return word, d.cfg.Store.Write(ctx, func(r store.Records) error {
		return r.Tickets.Add(ctx, store.Ticket{Kind: kind, Word: sum(word), Tenant: who.Tenant, Person: own(who), Data: string(state), Created: now, Expires: now.Add(passkeyFor)})
	})
}

// recall takes the state of a question: it is good for one answer.
func (d *Desk) recall(ctx context.Context, kind string, who Who, word string) ([]byte, error) {
	var t store.Ticket
	err := d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		t, err = r.Tickets.Take(ctx, kind, sum(word), d.cfg.Now())
		return err
	})
	if err != nil || t.Tenant != who.Tenant || t.Person != own(who) {
		return nil, startAgain(err)
	}
	return []byte(t.Data), nil
}

// AskPasskey makes the question for a log-in by passkey. It is the same for
// everybody.
func (d *Desk) AskPasskey(ctx context.Context) (Asked, error) {
	if d.cfg.Passkeys == nil {
		return Asked{}, errNoPasskeys
	}
	ask, state, err := d.cfg.Passkeys.AskLogin(d.cfg.Random)
	if err != nil {
		return Asked{}, err
	}
	word, err := d.remember(ctx, kindPasskey, Who{}, state)
	return Asked{Ask: ask, Word: word}, err
}

// PasskeyAnswer is what a browser made of a question.
type PasskeyAnswer struct {
	Word   string
	Answer []byte
	// Old is the token of the session that the browser has, which ends.
	Old string
}

// proof is a passkey that proved its person.
type proof struct {
	person store.Person
	key    store.Passkey
	data   string
}

// prove checks an answer and finds its person.
func (d *Desk) prove(ctx context.Context, a PasskeyAnswer) (proof, error) {
	if d.cfg.Passkeys == nil {
		return proof{}, errNoPasskeys
	}
	state, err := d.recall(ctx, kindPasskey, Who{}, a.Word)
	if err != nil {
		return proof{}, err
	}
	var p proof
	used, err := d.cfg.Passkeys.CheckLogin(state, a.Answer, func(id, _ []byte) (passkey.Holder, error) {
		err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
			if p.key, err = r.Passkeys.Find(ctx, base64.RawURLEncoding.EncodeToString(id)); err != nil {
				return err
			}
			p.person, err = r.People.Get(ctx, p.key.Tenant, p.key.Person)
			return err
		})
		if err != nil {
			return passkey.Holder{}, refusedIf(err)
		}
		return passkey.Holder{Handle: []byte(p.person.ID), Keys: []passkey.Key{{ID: id, Data: []byte(p.key.Data)}}}, nil
	})
	switch {
	case err != nil:
		return proof{}, err
	case p.person.Suspended:
		return proof{}, ErrRefused
	case used.Copied:
		return proof{}, fault.New(fault.Forbidden, "passkey", "its counter went back, so it may have been copied: log in another way and remove it")
	}
	p.data = string(used.Data)
	return p, nil
}

// use writes down that a passkey was used.
func (d *Desk) use(ctx context.Context, r store.Records, p proof) error {
	return r.Passkeys.Use(ctx, p.key.ID, p.data, d.cfg.Now())
}

// LogInByPasskey logs in whoever the passkey names. A passkey is both factors.
func (d *Desk) LogInByPasskey(ctx context.Context, a PasskeyAnswer, from From) (Admission, error) {
	p, err := d.prove(ctx, a)
	if err != nil {
		return Admission{}, err
	}
	return d.admit(ctx, entrance{person: p.person, method: ByPasskey, from: from, old: a.Old, first: func(r store.Records) (string, error) {
		return "", d.use(ctx, r, p)
	}})
}

// ConfirmByPasskey is a new proof of identity within a session, by a passkey of
// the same person. The session gets a new token.
func (d *Desk) ConfirmByPasskey(ctx context.Context, who Who, a PasskeyAnswer, from From) (Admission, error) {
	p, err := d.prove(ctx, a)
	if err != nil {
		return Admission{}, err
	}
	if p.person.ID != own(who) || p.person.Tenant != who.Tenant {
		return Admission{}, ErrRefused
	}
	return d.renew(ctx, who, from, func(r store.Records) error { return d.use(ctx, r, p) })
}

// holder is the person as passkeys see them.
func (d *Desk) holder(ctx context.Context, who Who) (passkey.Holder, error) {
	h := passkey.Holder{Handle: []byte(who.Person), Name: who.Login, Show: who.Name}
	err := d.cfg.Store.Read(ctx, func(r store.Records) error {
		keys, err := r.Passkeys.List(ctx, who.Tenant, own(who))
		for _, k := range keys {
			h.Keys = append(h.Keys, passkey.Key{Data: []byte(k.Data)})
		}
		return err
	})
	return h, err
}

// AskNewPasskey makes the question for a new passkey of the person.
func (d *Desk) AskNewPasskey(ctx context.Context, who Who) (Asked, error) {
	if d.cfg.Passkeys == nil {
		return Asked{}, errNoPasskeys
	}
	if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
		return Asked{}, err
	}
	h, err := d.holder(ctx, who)
	if err != nil {
		return Asked{}, err
	}
	ask, state, err := d.cfg.Passkeys.AskNew(h)
	if err != nil {
		return Asked{}, err
	}
	word, err := d.remember(ctx, kindNewKey, who, state)
	return Asked{Ask: ask, Word: word}, err
}

// AddPasskey adds the passkey of an answer under a name.
func (d *Desk) AddPasskey(ctx context.Context, who Who, a PasskeyAnswer, name string) error {
	if d.cfg.Passkeys == nil {
		return errNoPasskeys
	}
	now := d.cfg.Now()
	if err := who.May(access.AccountChange, mine(who), now); err != nil {
		return err
	}
	name, err := cleanName("passkey", name)
	if err != nil {
		return err
	}
	state, err := d.recall(ctx, kindNewKey, who, a.Word)
	if err != nil {
		return err
	}
	h, err := d.holder(ctx, who)
	if err != nil {
		return err
	}
	k, err := d.cfg.Passkeys.CheckNew(h, state, a.Answer)
	if err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "passkey.add", "person:"+who.Person), func(r store.Records) error {
		return r.Passkeys.Add(ctx, store.Passkey{Tenant: who.Tenant, Person: own(who), ID: base64.RawURLEncoding.EncodeToString(k.ID), Name: name, Data: string(k.Data), Created: now})
	})
}

// RemovePasskey removes a passkey of the person's own.
func (d *Desk) RemovePasskey(ctx context.Context, who Who, id string) error {
	if err := who.May(access.AccountChange, mine(who), d.cfg.Now()); err != nil {
		return err
	}
	return d.change(ctx, d.deed(who.Actor, "passkey.remove", "person:"+who.Person), func(r store.Records) error {
		if err := d.lastWay(ctx, r, who); err != nil {
			return err
		}
		return r.Passkeys.Remove(ctx, who.Tenant, own(who), id)
	})
}

// lastWay refuses to remove the only way in.
func (d *Desk) lastWay(ctx context.Context, r store.Records, who Who) error {
	f, err := r.Secrets.Get(ctx, who.Tenant, own(who))
	if err != nil {
		return err
	}
	keys, err := r.Passkeys.List(ctx, who.Tenant, own(who))
	if err != nil {
		return err
	}
	ties, err := r.Identities.List(ctx, who.Tenant, own(who))
	if err != nil {
		return err
	}
	if f.Password == "" && len(keys)+len(ties) <= 1 {
		return fault.New(fault.Invalid, "passkey", "is your only way in: set a password or add another first")
	}
	return nil
}
