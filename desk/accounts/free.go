package accounts

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// KindEvent is what events in the log are called in data/retention, KindDecision
// decisions.
const (
	KindEvent    = past.KindEvent
	KindDecision = past.KindDecision
)

// accountKey is the key of an account; erased: it was destroyed.
type accountKey struct {
	secret keyring.Secret
	erased bool
}

// maxKeys is how many keys of accounts are held in memory.
const maxKeys = 1 << 16

// subjectOf is the pseudonym of an account, as events have it: that itself, and
// its hash where accounts stay clear.
func (d *Desk) subjectOf(t access.Tenant, account string) (string, error) {
	return SubjectOf(d.cfg.Key, t, d.cfg.Clear, account)
}

// sealFree seals what was cut out of events under the keys of their accounts.
// Where the account was erased it is dropped, and that is said in its place.
func (d *Desk) sealFree(ctx context.Context, t access.Tenant, events []event.Event, apart []map[string]string) ([]string, error) {
	out := make([]string, len(events))
	names := make([]string, len(events))
	var need []string
	for i := range events {
		if len(apart[i]) == 0 {
			continue
		}
		var err error
		if names[i], err = d.subjectOf(t, events[i].Context.Account); err != nil {
			return nil, err
		}
		need = append(need, names[i])
	}
	if len(need) == 0 {
		return out, nil
	}
	keys, err := d.accountKeys(ctx, t, need)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if names[i] == "" {
			continue
		}
		k := keys[names[i]]
		if k.erased {
			out[i] = past.Erased
			continue
		}
		raw, err := json.Marshal(apart[i])
		if err == nil {
			out[i], err = k.secret.Seal(rand.Reader, past.FreeOf(t, names[i], &events[i]).Place(), string(raw))
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// accountKeys returns the keys of accounts and makes those that are not there.
// One that another process destroyed since seals what nobody can open: that is
// erased, too.
func (d *Desk) accountKeys(ctx context.Context, t access.Tenant, names []string) (map[string]accountKey, error) {
	out := map[string]accountKey{}
	var missing []string
	d.mu.Lock()
	for _, n := range names {
		if k, ok := d.keys[past.Subject{Tenant: t, Name: n}]; ok {
			out[n] = k
		} else if _, twice := out[n]; !twice {
			missing, out[n] = append(missing, n), accountKey{}
		}
	}
	d.mu.Unlock()
	if len(missing) == 0 {
		return out, nil
	}
	if err := d.cfg.Store.Write(ctx, func(r store.Records) error {
		for _, n := range missing {
			k, err := accountKeyOf(ctx, r, d.subjects(), past.Subject{Tenant: t, Name: n})
			if err != nil {
				return err
			}
			out[n] = k
		}
		return nil
	}); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.keys)+len(missing) > maxKeys {
		clear(d.keys)
	}
	for _, n := range missing {
		d.keys[past.Subject{Tenant: t, Name: n}] = out[n]
	}
	return out, nil
}

// accountKeyOf is the key of an account; an account that was erased gets none,
// though a backup brought back records of before.
func accountKeyOf(ctx context.Context, r store.Records, subjects store.Subjects, s past.Subject) (accountKey, error) {
	erased, err := r.Erasures.Has(ctx, s.Tenant, KindEvent, store.Buried(s.Tenant, KindEvent, s.Name))
	if err != nil || erased {
		return accountKey{erased: erased}, err
	}
	secret, err := subjects.Secret(ctx, r, s.Tenant, s.Name)
	if errors.Is(err, keyring.ErrErased) {
		return accountKey{erased: true}, nil
	}
	return accountKey{secret: secret}, err
}

func (d *Desk) subjects() store.Subjects {
	return store.Subjects{Random: rand.Reader, Now: d.cfg.Now}
}

// Forgotten drops what is held in memory of an account that was erased.
func (d *Desk) Forgotten(t access.Tenant, name, account string) {
	d.mu.Lock()
	delete(d.keys, past.Subject{Tenant: t, Name: name})
	l := d.lanes[t]
	d.mu.Unlock()
	if l == nil {
		return
	}
	select {
	case <-l.ready:
		l.trail.Forget(account)
	default: // it reads the log; what it finds of the account is not shown
	}
}

// SettleAll waits until what was decided of all tenants can be read. fault.Temporary:
// a moment is over, and some of it still waits for the records.
func (d *Desk) SettleAll(ctx context.Context) error {
	d.mu.Lock()
	tenants := slices.Collect(maps.Keys(d.lanes))
	d.mu.Unlock()
	for _, t := range tenants {
		if !d.settle(ctx, t) {
			return fault.New(fault.Temporary, "", "decisions wait to be kept, and would be missing: try again in a moment, and look at the database where that lasts")
		}
	}
	return nil
}

// openFree opens what was kept apart of an account's events, and leaves out those
// that came before it was erased, if it was. What cannot be opened any more stays
// sealed.
func (d *Desk) openFree(ctx context.Context, r store.Records, t access.Tenant, account string, list []past.Logged) ([]past.Logged, *time.Time, error) {
	name, err := d.subjectOf(t, account)
	if err != nil {
		return nil, nil, err
	}
	return past.Open(ctx, r, d.subjects(), past.Subject{Tenant: t, Name: name}, list)
}

// unerased leaves out events that came before their account was erased.
func (d *Desk) unerased(ctx context.Context, t access.Tenant, account string, list []past.Logged) (out []past.Logged, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		out, _, err = d.openFree(ctx, r, t, account, list)
		return err
	})
	return out, err
}

// readShown reads events of an account that came since it was erased, if it was.
func (l *lane) readShown(ctx context.Context, account string, places []eventlog.Position) ([]event.Event, error) {
	list, err := l.logged(ctx, places)
	if err == nil {
		list, err = l.desk.unerased(ctx, l.tenant, account, list)
	}
	return eventsOf(list), err
}

// dropErased leaves out accounts that were erased: nobody is led to them.
func (d *Desk) dropErased(ctx context.Context, t access.Tenant, by map[string]*LinkedAccount) error {
	return d.cfg.Store.Read(ctx, func(r store.Records) error {
		for account := range by {
			name, err := d.subjectOf(t, account)
			if err != nil {
				return err
			}
			when, err := past.ErasedAt(ctx, r, past.Subject{Tenant: t, Name: name})
			if err != nil {
				return err
			}
			if !when.IsZero() {
				delete(by, account)
			}
		}
		return nil
	})
}

// SubjectOf is the pseudonym of an account, as events have it.
func SubjectOf(key []byte, t access.Tenant, clear []string, account string) (string, error) {
	if !slices.Contains(clear, "event.account") {
		return account, nil
	}
	s, err := SealerOf(key, t, nil)
	if err != nil {
		return "", err
	}
	return s.Named(account)["account"], nil
}
