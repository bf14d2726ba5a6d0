package custody

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// Ring is where the keyring is kept.
type Ring interface {
	// Ring is the keyring as it is now.
	Ring() *keyring.Ring
	// Change writes what change makes of it, while nobody else changes it.
	Change(change func(*keyring.Ring) (*keyring.Ring, error)) error
}

// Wrappable is a Ring in a file that a key service can wrap.
type Wrappable interface {
	// Wrapped names the key of the service that wraps the file; "" for none.
	Wrapped() (string, error)
	// Rewrite writes the same keyring anew, wrapped or plain, once note returned nil.
	Rewrite(plain bool, note func(*keyring.Ring) error) error
}

// KeysConfig is what the desk of keys works with.
type KeysConfig struct {
	Ring   Ring
	Sealer *keyring.Sealer
	Now    func() time.Time
	Random io.Reader
	// Follow is how long other servers may go on sealing with a key that is not
	// the active one any more: a key is retired no sooner.
	Follow time.Duration
	// Former opens the secret of an authenticator app that was sealed before there
	// was a keyring (people.Former); nil: there are none.
	Former func(owner, kept string) (string, error)
}

// Keys is the desk of the keyring: it tells the keys, changes them, and seals
// again what former keys sealed, while servers run. It is safe for concurrent use.
// Its rights are those of the console: whoever can read the keyring can open
// everything.
type Keys struct {
	store store.Store
	cfg   KeysConfig
}

// NewKeys makes a desk over a store, which stays its caller's to close.
func NewKeys(s store.Store, c KeysConfig) *Keys { return &Keys{store: s, cfg: c} }

// KeyUse is a key and how many values stand in the records that it sealed.
type KeyUse struct {
	keyring.Key
	Values int64
}

// List tells the keys of the ring, oldest first, and how many values are not
// sealed though they can be. A key that is not on the ring and has sealed values
// is told with no state.
func (k *Keys) List(ctx context.Context) (keys []KeyUse, plain int64, err error) {
	used := map[string]int64{}
	err = k.store.Read(ctx, func(r store.Records) error {
		used, err = uses(ctx, r)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, x := range k.cfg.Ring.Ring().Keys() {
		keys = append(keys, KeyUse{x, used[x.ID]})
		delete(used, x.ID)
	}
	plain = used[""]
	delete(used, "")
	for _, id := range slices.Sorted(maps.Keys(used)) {
		keys = append(keys, KeyUse{keyring.Key{ID: id}, used[id]})
	}
	return keys, plain, nil
}

// Wrapped names the key of a service that wraps the file of the keyring; "" for
// none.
func (k *Keys) Wrapped() (string, error) {
	if w, ok := k.cfg.Ring.(Wrappable); ok {
		return w.Wrapped()
	}
	return "", nil
}

// Wrap has the key service that is configured wrap the file of the keyring, anew
// where it did before; plain: it is written as it is, for nobody to wrap. The keys
// stay the same, and the act is noted.
func (k *Keys) Wrap(ctx context.Context, plain bool) error {
	w, ok := k.cfg.Ring.(Wrappable)
	if !ok {
		return fault.New(fault.Invalid, "keys.ring", "is in no file that could be wrapped")
	}
	return w.Rewrite(plain, func(r *keyring.Ring) error {
		id, err := r.Active()
		if err != nil {
			return err
		}
		return k.note(ctx, "keys.wrap", id, map[bool]string{true: "plain", false: "by the key service"}[plain])
	})
}

// uses counts the values of all families by the id of their key.
func uses(ctx context.Context, r store.Records) (map[string]int64, error) {
	out := map[string]int64{}
	for _, f := range store.Families() {
		n, err := r.Seals.Count(ctx, &f, "")
		if err != nil {
			return nil, err
		}
		for mark, n := range n {
			id, _ := keyring.KeyOf(mark)
			out[id] += n
		}
	}
	return out, nil
}

// Add puts a new key onto the ring, which seals nothing yet, and returns its id.
func (k *Keys) Add(ctx context.Context) (id string, err error) {
	err = k.cfg.Ring.Change(func(r *keyring.Ring) (next *keyring.Ring, err error) {
		if next, id, err = r.Add(k.cfg.Random, k.cfg.Now()); err == nil {
			err = k.note(ctx, "keys.add", id, "")
		}
		return next, err
	})
	return id, err
}

// Rotate makes another key the active one and seals everything with it (Reseal).
// Its entry in the audit is there before the ring changes, so that one that is
// killed in between and continued has it, too.
func (k *Keys) Rotate(ctx context.Context, progress func(Resealed)) (Resealed, error) {
	err := k.cfg.Ring.Change(func(r *keyring.Ring) (next *keyring.Ring, err error) {
		var id string
		if next, id, err = r.Rotate(k.cfg.Random, k.cfg.Now()); err == nil {
			err = k.note(ctx, "keys.rotate", id, "")
		}
		return next, err
	})
	if err == nil {
		err = k.settled(ctx, k.cfg.Ring.Ring())
	}
	if err != nil {
		return Resealed{}, err
	}
	return k.Reseal(ctx, progress)
}

// settled waits until every server that follows the file of the ring seals with
// the active key.
func (k *Keys) settled(ctx context.Context, r *keyring.Ring) error {
	for _, x := range r.Keys() {
		// Times of keys are whole seconds.
		if wait := x.Activated.Add(k.cfg.Follow + time.Second).Sub(k.cfg.Now()); x.State == keyring.Active && wait > 0 && k.cfg.Follow > 0 {
			select {
			case <-time.After(min(wait, k.cfg.Follow+time.Second)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// note appends an entry to the chain of each tenant: keys are everybody's.
func (k *Keys) note(ctx context.Context, action, id, why string) error {
	return k.store.Write(ctx, func(r store.Records) error {
		tenants, err := r.Tenants.List(ctx)
		for _, t := range tenants {
			if err == nil {
				_, err = r.Audit.Append(ctx, k.deed(t.ID, action, id, why))
			}
		}
		return err
	})
}

func (k *Keys) deed(t access.Tenant, action, id, why string) store.Deed {
	return store.Deed{Tenant: t, When: k.cfg.Now(), Actor: console, Action: action, Object: "key:" + id, Why: why, From: "console"}
}

// Resealed tells what was sealed again.
type Resealed struct {
	// Key is the active key.
	Key string
	// Rows are records that were sealed again, by family.
	Rows map[string]int64
	// Failed are records with a value that does not open, because it was damaged;
	// they stay as they are. Why is what was wrong with the first one.
	Failed int64
	Why    error
}

// resealAtOnce is how many records one transaction seals again: others write in
// between.
const resealAtOnce = 200

// Reseal seals with the active key what is not, in small transactions, each with
// its entry in the audit, while servers run. It can be ended at any time and goes
// on where it was when it is called again: what is sealed already is passed over.
// progress, which may be nil, is told after each transaction. The error of a
// damaged value comes at the end, that of a missing key at once.
func (k *Keys) Reseal(ctx context.Context, progress func(Resealed)) (Resealed, error) {
	out := Resealed{Rows: map[string]int64{}}
	var err error
	if out.Key, err = k.cfg.Sealer.Active(); err != nil {
		return out, err
	}
	for _, f := range store.Families() {
		if len(f.Sealed) == 0 {
			continue
		}
		if err := k.family(ctx, &f, &out, progress); err != nil {
			return out, fmt.Errorf("keys: seal %s again: %w", f.Name, err)
		}
	}
	if out.Failed > 0 {
		return out, fmt.Errorf("keys: %d records hold a value that does not open and stay as they are; the first one: %w", out.Failed, out.Why)
	}
	return out, nil
}

func (k *Keys) family(ctx context.Context, f *store.Family, out *Resealed, progress func(Resealed)) error {
	var after store.Row
	for {
		var rows []store.Row
		if err := k.store.Read(ctx, func(r store.Records) (err error) {
			rows, err = r.Seals.Outdated(ctx, f, keyring.Prefix(out.Key), after, resealAtOnce)
			return err
		}); err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1]
		if err := k.batch(ctx, f, rows, out); err != nil {
			return err
		}
		if progress != nil {
			progress(*out)
		}
	}
}

// batch seals some rows again, in one transaction with its entries.
func (k *Keys) batch(ctx context.Context, f *store.Family, rows []store.Row, out *Resealed) error {
	fresh := make([]store.Row, len(rows))
	var failed int64
	for i, row := range rows {
		var err error
		if fresh[i], err = again(ctx, k.cfg.Sealer, k.cfg.Former, f, row); fault.KindOf(err) == fault.Internal && err != nil && ctx.Err() == nil {
			if failed++; out.Why == nil {
				out.Why = err
			}
		} else if err != nil {
			return err
		}
	}
	done := map[access.Tenant]int64{}
	if err := k.store.Write(ctx, func(r store.Records) error {
		for i, row := range rows {
			if fresh[i] == nil {
				continue
			}
			ok, err := r.Seals.Replace(ctx, f, row, fresh[i])
			if err != nil {
				return err
			}
			if ok { // else somebody changed it meanwhile, and so sealed it
				done[f.Tenant(row)]++
			}
		}
		for _, t := range slices.Sorted(maps.Keys(done)) {
			if _, err := r.Audit.Append(ctx, k.deed(t, "keys.reseal", out.Key, fmt.Sprintf("%d of %s", done[t], f.Name))); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	out.Failed += failed
	for _, n := range done {
		out.Rows[f.Name] += n
	}
	return nil
}

func placeOf(f *store.Family, field string, r store.Row) keyring.Place {
	return keyring.Place{Tenant: string(f.Tenant(r)), Family: f.Name, Field: field, Record: f.RecordOf(r)}
}
