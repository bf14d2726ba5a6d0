package custody

import (
	"context"
	"fmt"
	"time"

	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
)

// Retire destroys a key that seals nothing any more, for a reason. What stands in
// backups under it can never be read again. It is a Conflict while values stand
// under it, and for the active key. Values are counted again while nobody else
// changes the ring, and once more when all servers know that the key is destroyed:
// if somebody sealed with it until then, it comes back and the answer is Conflict.
func (k *Keys) Retire(ctx context.Context, id, why string) error {
	ring := k.cfg.Ring.Ring()
	if _, err := ring.Destroy(id, k.cfg.Now()); err != nil {
		return err
	}
	if err := k.settled(ctx, ring); err != nil {
		return err
	}
	if err := k.unused(ctx, id); err != nil {
		return err
	}
	if err := k.note(ctx, "keys.retire", id, why); err != nil {
		return err
	}
	var before *keyring.Ring
	if err := k.cfg.Ring.Change(func(r *keyring.Ring) (*keyring.Ring, error) {
		if err := k.unused(ctx, id); err != nil {
			return nil, err
		}
		before = r
		return r.Destroy(id, k.cfg.Now())
	}); err != nil {
		return err
	}
	return k.lastLook(context.WithoutCancel(ctx), before, id)
}

// unused is a Conflict while values stand under a key.
func (k *Keys) unused(ctx context.Context, id string) error {
	return k.store.Read(ctx, func(r store.Records) error {
		used, err := uses(ctx, r)
		if err == nil && used[id] > 0 {
			err = fault.New(fault.Conflict, "key", "still seals %d values: `bonafide keys rotate --continue` seals them with the active key", used[id])
		}
		return err
	})
}

// lastLook counts once more when every server follows the ring without the key,
// and brings the key back unless nothing stands under it. It is not to be ended.
func (k *Keys) lastLook(ctx context.Context, before *keyring.Ring, id string) error {
	for _, x := range before.Keys() {
		if x.ID == id && x.State == keyring.Destroyed { // it was before: there is nothing to bring back
			return nil
		}
	}
	time.Sleep(k.cfg.Follow)
	err := k.unused(ctx, id)
	if err == nil {
		return nil
	}
	if back := k.cfg.Ring.Change(func(r *keyring.Ring) (*keyring.Ring, error) { return r.Restore(before, id) }); back != nil {
		return fmt.Errorf("keys: key %s is destroyed, may still seal values, and cannot be brought back (%w): bring the keyring back from its copy at once; %w", id, back, err)
	}
	if noted := k.note(ctx, "keys.retire.undone", id, ""); noted != nil {
		return fmt.Errorf("%w (and it could not be written into the audit: %w)", err, noted)
	}
	return err
}
