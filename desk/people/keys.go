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

// keyPrefix begins every API key, so that one that leaked into a repository is
// recognised.
const keyPrefix = "bonafide_"

// Bounds of API keys. maxKeys is how many of somebody's keys are good at a time;
// while they are rotated, each may have its former one beside it.
const (
	MaxKeyDays = 366
	maxKeys    = 50
)

// KeyWish is a key that somebody wants for a program.
type KeyWish struct {
	Name   string
	Scopes []access.Permission
	// Days is how long the key is good.
	Days int
}

// MakeKey makes a key that speaks for the person who asks: within the scopes,
// and never more than they may themselves. The secret is shown this once.
func (d *Desk) MakeKey(ctx context.Context, who Who, w KeyWish) (secret string, k store.APIKey, err error) {
	now := d.cfg.Now()
	if err := who.May(access.KeyManage, mine(who), now); err != nil {
		return "", k, err
	}
	if k.Name, err = cleanName("name", w.Name); err != nil {
		return "", k, err
	}
	if w.Days < 1 || w.Days > MaxKeyDays {
		return "", k, fault.New(fault.Invalid, "days", "is how long the key is good: want 1 to %d", MaxKeyDays)
	}
	if k.Scopes, err = cleanScopes(who.Actor, w.Scopes); err != nil {
		return "", k, err
	}
	k.Tenant, k.Person, k.Created, k.Expires = who.Tenant, own(who), now, now.Add(time.Duration(w.Days)*24*time.Hour)
	if secret, err = d.keySecret(&k); err != nil {
		return "", k, err
	}
	deed := d.deed(who.Actor, "key.make", "key:"+k.ID)
	deed.Why = scopeNames(k.Scopes)
	return secret, k, d.change(ctx, deed, func(r store.Records) error {
		if err := room(ctx, r, k, maxKeys); err != nil {
			return err
		}
		return r.APIKeys.Add(ctx, k)
	})
}

// room refuses a new key of somebody who has so many that are good.
func room(ctx context.Context, r store.Records, k store.APIKey, most int) error {
	list, err := r.APIKeys.Live(ctx, k.Tenant, k.Person, k.Created)
	if err == nil && len(list) >= most {
		err = fault.New(fault.Invalid, "key", "you have %d: end one that nothing uses first", len(list))
	}
	return err
}

// buryKey notes when a key ends or ended, so that no backup of before opens it
// again.
func buryKey(ctx context.Context, r store.Records, t access.Tenant, id string, ends time.Time) error {
	return r.Erasures.Add(ctx, store.Erasure{Tenant: t, Kind: KindAPIKey, Mark: store.Buried(t, KindAPIKey, id), Erased: ends})
}

func (d *Desk) keySecret(k *store.APIKey) (string, error) {
	id, err := d.id()
	if err != nil {
		return "", err
	}
	word, err := d.word()
	if err != nil {
		return "", err
	}
	secret := keyPrefix + word
	k.ID, k.Secret = id, sum(secret)
	return secret, nil
}

// cleanScopes refuses scopes that a key cannot have or its person has not.
func cleanScopes(a access.Actor, scopes []access.Permission) ([]access.Permission, error) {
	var out []access.Permission
	for _, rule := range access.Rules() {
		if !slices.Contains(scopes, rule.Permission) {
			continue
		}
		if rule.Confirm && !rule.ByKey || !a.Can(rule.Permission) {
			return nil, fault.New(fault.Invalid, "scopes", "%s cannot be given to a key: you have it not, or it needs a person", rule.Permission)
		}
		out = append(out, rule.Permission)
	}
	if len(out) == 0 || len(out) < len(slices.Compact(slices.Sorted(slices.Values(scopes)))) {
		return nil, fault.New(fault.Invalid, "scopes", "is empty or names what does not exist: docs/access.md lists all")
	}
	return out, nil
}

func scopeNames(scopes []access.Permission) string {
	out := make([]string, 0, len(scopes))
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, " ")
}

// live reports whether a key is good at a time.
func live(k store.APIKey, now time.Time) bool {
	return now.Before(k.Expires) && (k.Ended.IsZero() || now.Before(k.Ended))
}

// Grace is how long the old secret of a rotated key stays good, so that programs
// can be given the new one.
const Grace = 24 * time.Hour

// RotateKey makes a key with the same name, scopes and length of life; the old
// one ends after Grace, and is not rotated again until then. The new secret is
// shown this once. Both keys have their audit entry.
func (d *Desk) RotateKey(ctx context.Context, who Who, id string) (secret string, k store.APIKey, err error) {
	now := d.cfg.Now()
	if err := who.May(access.KeyManage, mine(who), now); err != nil {
		return "", k, err
	}
	deed := d.deed(who.Actor, "key.rotate", "key:"+store.Named(id))
	err = d.change(ctx, deed, func(r store.Records) error {
		old, err := r.APIKeys.Get(ctx, who.Tenant, id)
		if err != nil || old.Person != own(who) || !live(old, now) {
			return noKey(err)
		}
		if !old.Ended.IsZero() {
			return fault.New(fault.Conflict, "key", "is being replaced already: rotate the new one, or end this one")
		}
		k = old
		k.Created, k.Expires, k.Used, k.Ended = now, now.Add(old.Expires.Sub(old.Created)), time.Time{}, time.Time{}
		if k.Scopes, err = cleanScopes(who.Actor, old.Scopes); err != nil {
			return err
		}
		if secret, err = d.keySecret(&k); err != nil {
			return err
		}
		if err := room(ctx, r, k, 2*maxKeys); err != nil {
			return err
		}
		return d.replaceKey(ctx, r, who.Actor, old, k)
	})
	return secret, k, err
}

// replaceKey keeps a key in place of another, which ends after Grace.
func (d *Desk) replaceKey(ctx context.Context, r store.Records, a access.Actor, old, k store.APIKey) error {
	ends := k.Created.Add(Grace)
	if err := r.APIKeys.End(ctx, old.Tenant, old.ID, ends); err != nil {
		return err
	}
	if err := buryKey(ctx, r, old.Tenant, old.ID, ends); err != nil {
		return err
	}
	if err := r.APIKeys.Add(ctx, k); err != nil {
		return err
	}
	made := d.deed(a, "key.make", "key:"+k.ID)
	made.Why = "in place of " + old.ID + ": " + scopeNames(k.Scopes)
	_, err := r.Audit.Append(ctx, made)
	return err
}

func noKey(err error) error {
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return fault.New(fault.NotFound, "", "there is no such key, or it ended: make a new one")
}

// EndKey ends a key at once: one's own, or anybody's for an administrator.
func (d *Desk) EndKey(ctx context.Context, a access.Actor, id string) error {
	now := d.cfg.Now()
	return d.change(ctx, d.deed(a, "key.end", "key:"+store.Named(id)), func(r store.Records) error {
		k, err := r.APIKeys.Get(ctx, a.Tenant, id)
		if err != nil {
			if denied := a.May(access.KeyManage, access.Of{Tenant: a.Tenant, Owner: a.Person}, now); denied != nil {
				return denied
			}
			return noKey(err)
		}
		if err := a.May(access.KeyManage, access.Of{Tenant: k.Tenant, Owner: string(k.Person)}, now); err != nil {
			return err
		}
		if err := r.APIKeys.End(ctx, a.Tenant, id, now); err != nil {
			return err
		}
		return buryKey(ctx, r, a.Tenant, id, now)
	})
}

// Keys lists the keys of the whole tenant, for who may manage all: all that are
// good, and of those that ended as many as are among the newest store.MaxPage.
func (d *Desk) Keys(ctx context.Context, a access.Actor) ([]store.APIKey, error) {
	if err := a.May(access.KeyManage, all(a), d.cfg.Now()); err != nil {
		return nil, err
	}
	var out []store.APIKey
	err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		out, err = d.keysOf(ctx, r, a.Tenant, "")
		return err
	})
	return out, err
}

// keysOf are the keys of a person, of all for "", as they are shown.
func (d *Desk) keysOf(ctx context.Context, r store.Records, t access.Tenant, p store.PersonID) ([]store.APIKey, error) {
	now := d.cfg.Now()
	out, err := r.APIKeys.Live(ctx, t, p, now)
	if err != nil {
		return nil, err
	}
	newest, err := r.APIKeys.List(ctx, t, p)
	for _, k := range newest {
		if !live(k, now) {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b store.APIKey) int { return b.Created.Compare(a.Created) })
	return out, err
}

// ErrKey is the one answer to every key that is not good.
var ErrKey = fault.New(fault.Forbidden, "", "this key is unknown, has ended, or its person cannot log in: make a new one")

// Program returns who a key speaks for; ErrKey where it is not good.
func (d *Desk) Program(ctx context.Context, secret string, from From) (access.Actor, error) {
	if !strings.HasPrefix(secret, keyPrefix) || len(secret) > 200 {
		return access.Actor{}, ErrKey
	}
	now := d.cfg.Now()
	k, p, err := d.owner(ctx, sum(secret), now)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return access.Actor{}, err
	}
	if err != nil || p.Suspended || !live(k, now) {
		return access.Actor{}, ErrKey
	}
	if now.Sub(k.Used) >= touchEvery {
		err := d.touch(ctx, func(ctx context.Context, r store.Records) error { return r.APIKeys.Touch(ctx, k.Secret, now) })
		if err != nil {
			return access.Actor{}, err
		}
		d.known.forget()
	}
	return access.Actor{Tenant: k.Tenant, Person: string(k.Person), Roles: p.Roles, Key: k.ID, Scopes: k.Scopes, From: from.network()}, nil
}

// owner reads a key and its person, or knows them from a moment ago.
func (d *Desk) owner(ctx context.Context, h store.Hash, now time.Time) (k store.APIKey, p store.Person, err error) {
	seen, era, ok := d.known.find(h, now)
	if ok {
		return seen.key, seen.person, nil
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		if k, err = r.APIKeys.Find(ctx, h); err != nil {
			return err
		}
		p, err = r.People.Get(ctx, k.Tenant, k.Person)
		return err
	})
	if err == nil {
		d.known.keep(h, knownKey{k, p, now}, era)
	}
	return k, p, err
}
