package people

import (
	"context"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// attempt is one try to log in, counted before it is judged, so that many tries
// at the same time do not slip through. Whoever guesses is slowed down; the
// person whose name is guessed is not locked out: a browser that logged in
// before is counted by itself, and a passkey is not counted at all.
type attempt struct {
	keys []count
	// known: the browser logged this account in before.
	known bool
}

type count struct {
	key   store.Hash
	limit int64
	wait  time.Duration
}

// secondWindow is how long wrong codes of a second factor count.
const secondWindow = time.Hour

// deviceFor is how long a browser is known after a log-in.
const deviceFor = 180 * 24 * time.Hour

// knows reports whether a browser logged the person in before.
func (d *Desk) knows(ctx context.Context, r store.Records, p store.Person, from From) (bool, error) {
	t, err := r.Tickets.Find(ctx, kindDevice, sum(from.Device), d.cfg.Now())
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && t.Person == p.ID && t.Tenant == p.Tenant && p.ID != "", err
}

// tries lists what an attempt counts on.
func (d *Desk) tries(t access.Tenant, login string, known bool, from From) attempt {
	account := []string{string(t), login}
	if known {
		return attempt{known: true, keys: []count{{d.trace(append(account, "known", from.Device)...), d.lim.Known, d.lim.Window}}}
	}
	return attempt{keys: []count{
		{d.trace(append(account, "pair", from.network())...), d.lim.PerPair, d.lim.Window},
		{d.trace("network", from.network()), d.lim.PerNetwork, d.lim.Window},
		{d.trace(append(account, "account")...), d.lim.PerAccount, d.lim.Window},
	}}
}

// note counts an attempt within a transaction. It returns how long to wait when
// a limit is passed; zero when the attempt may go on. It writes no audit entry:
// strangers must not be able to fill the audit; a log-in that succeeds says how
// many failed before.
func (d *Desk) note(ctx context.Context, r store.Records, a attempt) (wait time.Duration, err error) {
	now := d.cfg.Now()
	for _, c := range a.keys {
		n, err := r.Attempts.Note(ctx, c.key, 1, now, c.wait)
		if err != nil {
			return 0, err
		}
		_, began, err := r.Attempts.Count(ctx, c.key, now, c.wait)
		if err != nil {
			return 0, err
		}
		if left := c.wait - now.Sub(began); n > c.limit && left > wait {
			wait = left
		}
	}
	return wait, nil
}

// failures tells for an audit entry how many attempts failed before this one.
func (d *Desk) failures(ctx context.Context, r store.Records, a attempt) (string, error) {
	last := a.keys[len(a.keys)-1]
	n, _, err := r.Attempts.Count(ctx, last.key, d.cfg.Now(), last.wait)
	if err != nil || n <= 1 {
		return "", err
	}
	return fmt.Sprintf("after %d failed attempts", n-1), nil
}

// forgive takes back what an attempt counted, after it succeeded: what an
// account got wrong before is forgotten, what its network did is not.
func (d *Desk) forgive(ctx context.Context, r store.Records, a attempt) error {
	for i, c := range a.keys {
		var err error
		if i == 1 {
			_, err = r.Attempts.Note(ctx, c.key, -1, d.cfg.Now(), c.wait)
		} else {
			err = r.Attempts.Clear(ctx, c.key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// FieldLogIn is the field of the error that asks to wait after too many wrong
// attempts; other errors of its kind mean that the records cannot be reached.
const FieldLogIn = "log-in"

// tooMany asks to wait. It says the same of a name that nobody has.
func tooMany(wait time.Duration) error {
	minutes := int(wait/time.Minute) + 1
	return fault.New(fault.Temporary, FieldLogIn, "there were too many wrong attempts: wait %d minutes, or log in with a passkey or from a browser that you used here before", minutes)
}
