package server

import (
	"context"
	"crypto/rand"
	"time"

	"bonafide/config"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
	"bonafide/outside/transit"
	"bonafide/store"
	"bonafide/store/sealed"
)

// Keyring opens the keyring that the configuration names; NotFound where there
// is none yet.
func Keyring(cfg config.Config) (*keyfile.File, error) {
	if cfg.Keys.Ring != "" {
		return keyfile.Given(cfg.Keys.Ring)
	}
	s, err := wrapping(cfg)
	if err != nil {
		return nil, err
	}
	return keyfile.OpenWith(cfg.KeyFile(), s)
}

// wrapping is the key service that wraps the file of the keyring; nil: none.
func wrapping(cfg config.Config) (keyfile.Service, error) {
	k := cfg.Keys.KMS
	if k.Address == "" {
		return nil, nil //nolint:nilnil // none is configured
	}
	return transit.New(transit.Config{Address: k.Address, Mount: k.Mount, Key: k.Key, Namespace: k.Namespace, TokenFile: k.TokenFile})
}

// seal puts the sealing layer over records, and makes the keyring at the first
// start. Where values were sealed before and the keyring is not there, or lacks
// their key, it refuses: a new one would open nothing.
func seal(ctx context.Context, cfg config.Config, db store.Store) (*sealed.Store, error) {
	file, err := Keyring(cfg)
	made := fault.KindOf(err) == fault.NotFound && err != nil
	if err != nil && !made {
		return nil, err
	}
	used, err := sealedBy(ctx, db)
	if err != nil {
		return nil, err
	}
	switch {
	case made && len(used) > 0:
		return nil, fault.New(fault.NotConfigured, "keys.file", "names no keyring, and records were sealed with key %s: bring its keyring back from where it is kept (it is not in the backup of the records)", used[0])
	case made:
		var service keyfile.Service
		if service, err = wrapping(cfg); err != nil {
			return nil, err
		}
		file, err = keyfile.MakeWith(cfg.KeyFile(), service, rand.Reader, time.Now())
		if fault.KindOf(err) == fault.Conflict && err != nil { // another server of this machine was faster
			file, err = Keyring(cfg)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := holds(file.Ring(), used); err != nil {
		return nil, err
	}
	return over(db, file), nil
}

// over puts the sealing layer over records.
func over(db store.Store, w keyring.Wrapper) *sealed.Store {
	return sealed.New(db, keyring.NewSealer(w, rand.Reader), time.Now, rand.Reader)
}

// sealedBy tells the keys that seal what opens others: those of tenants and
// subjects, and secrets of log-ins. Of reports it need not look at each: with the
// first one comes the key of its tenant's index.
func sealedBy(ctx context.Context, db store.Store) (ids []string, err error) {
	err = db.Read(ctx, func(r store.Records) error {
		for _, f := range store.Families() {
			if !f.Secret || len(f.Sealed) == 0 {
				continue
			}
			n, err := r.Seals.Count(ctx, &f, "")
			if err != nil {
				return err
			}
			for mark := range n {
				if id, ok := keyring.KeyOf(mark); ok {
					ids = append(ids, id)
				}
			}
		}
		return nil
	})
	return ids, err
}

// holds refuses a keyring that lacks a key that is in use.
func holds(r *keyring.Ring, used []string) error {
	for _, id := range used {
		there := false
		for _, k := range r.Keys() {
			there = there || k.ID == id && k.State != keyring.Destroyed
		}
		if !there {
			return fault.New(fault.NotConfigured, "keys", "lack key %s, with which records were sealed: bring the keyring back from where it is kept; several servers need the same one", id)
		}
	}
	return nil
}

// sealPlain seals, at the start, what was kept before there was a keyring, and
// goes on with a rotation that was ended.
func (s *Server) sealPlain(ctx context.Context) {
	if _, ok := s.opt.Store.(*sealed.Store); !ok {
		return
	}
	file, err := Keyring(s.cfg)
	if err != nil {
		s.warn("seal what is not sealed", err)
		return
	}
	desk, err := keys(s.cfg, s.opt.Store, file)
	if err == nil {
		_, err = desk.Reseal(ctx, nil)
	}
	if ctx.Err() == nil {
		s.warn("seal what is not sealed", err)
	}
}
