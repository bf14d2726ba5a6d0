package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/account/secevent"
	"bonafide/account/window"
	"bonafide/config"
	"bonafide/desk/accounts"
	"bonafide/desk/policies"
	"bonafide/eventlog"
	"bonafide/eventlog/cold"
	"bonafide/eventlog/jetstream"
	"bonafide/eventlog/shelf"
	"bonafide/fault"
)

// Events is where events of accounts are kept: the log, snapshots beside it, and
// the key that identifiers are hashed with. A nil one takes none.
type Events struct {
	Log   eventlog.Log
	Shelf accounts.Shelf
	// Cold makes a store for keys of windows that have no room in memory.
	Cold func() (window.Cold, error)
	// Replays keeps the results of replays.
	Replays accounts.Shelf
	Key     []byte
}

// OpenEvents opens the log that the configuration names, and makes it where
// there is none; nil where the account guard is off.
func OpenEvents(ctx context.Context, cfg config.Config) (*Events, error) {
	if !cfg.Accounts.Enabled {
		return nil, nil
	}
	dir := cfg.EventsDir()
	log, err := jetstream.Open(ctx, jetstream.Options{Dir: dir})
	if err != nil {
		return nil, fmt.Errorf("open the log of events (accounts.dir): %w", err)
	}
	s, err := shelf.Open(filepath.Join(dir, "snapshots"))
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	results, err := shelf.Open(filepath.Join(dir, "replays"))
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	keys, err := cold.Open(filepath.Join(dir, "cold"), cold.Limits{})
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	key, err := eventsKey(ctx, cfg.Accounts.Key, dir, log)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &Events{Log: log, Shelf: s, Replays: results, Cold: keys.New, Key: key}, nil
}

// eventsKey is the configured key, or that of the folder, drawn when it is new.
// A log that has events already was hashed with a key: no other is drawn for it.
func eventsKey(ctx context.Context, configured, dir string, log eventlog.Log) ([]byte, error) {
	if configured != "" {
		return []byte(configured), nil
	}
	s, err := shelf.Open(dir)
	if err != nil {
		return nil, err
	}
	raw, err := s.Load("key")
	if err != nil {
		return nil, err
	}
	if raw == nil {
		for part := range log.Partitions() {
			last, err := log.Last(ctx, part)
			if err != nil {
				return nil, fmt.Errorf("look whether the log of events is new: %w", err)
			}
			if last > 0 {
				return nil, fault.New(fault.Invalid, "accounts.key", "open the log of events: the file key in its folder is missing, and the log has events whose identifiers were hashed with it: restore the file from a backup, or set accounts.key to what it held")
			}
		}
		raw = []byte(hex.EncodeToString(random(32)) + "\n")
		if err := s.Save("key", raw); err != nil {
			return nil, err
		}
	}
	key := []byte(strings.TrimSpace(string(raw)))
	if len(key) < 32 {
		return nil, fault.New(fault.Invalid, "accounts.key", "the file key in the folder of the log is damaged: restore it from a backup, or nothing of before is recognised")
	}
	return key, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Close closes the log.
func (e *Events) Close() error {
	if e == nil {
		return nil
	}
	return e.Log.Close()
}

// policyText reads the policy that decides: a path, or a name in the data.
func policyText(cfg config.Config) ([]byte, error) {
	name := cfg.Accounts.Policy
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("accounts.policy: %w", err)
		}
		return raw, nil
	}
	raw, err := fs.ReadFile(Knowledge(cfg.Data.Overlay), "account/policies/"+name+".yaml")
	if err != nil {
		return nil, fmt.Errorf("accounts.policy: there is no policy %q in the data: give the name of one of account/policies, or a path", name)
	}
	return raw, nil
}

// policing wires the desk of policies. It asks the desk of the account guard for
// the past, and tells it of changes, once that one is there.
func (s *Server) policing(cfg config.Config, opt Options) (*policies.Desk, error) {
	text, err := policyText(cfg)
	if err != nil {
		return nil, err
	}
	return policies.New(policies.Config{Store: opt.Store, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Shipped: text, TwoPersons: cfg.Accounts.TwoPersons,
		Changed: func(t access.Tenant) { s.accounts.PolicyChanged(t) }, History: s.history, Cold: opt.Events.Cold})
}

// history is the past as it is replayed, with what people here said of decisions.
func (s *Server) history(ctx context.Context, t access.Tenant, since time.Time) (iter.Seq2[event.Event, error], *replay.Labels, error) {
	events, labels, err := s.accounts.History(ctx, t, since)
	if err == nil {
		err = s.accounts.Found(ctx, t, labels)
	}
	return events, labels, err
}

// guard wires the desk of the account guard, which decides by what is live in the
// desk of policies.
func (s *Server) guard(cfg config.Config, opt Options) (*accounts.Desk, error) {
	text, err := policyText(cfg)
	if err != nil {
		return nil, err
	}
	c := accounts.Config{Store: opt.Store, Log: opt.Events.Log, Shelf: opt.Events.Shelf, Cold: opt.Events.Cold, Key: opt.Events.Key, Data: Knowledge(cfg.Data.Overlay), Policy: text,
		Live: s.policies.Live, Candidate: s.policies.Candidate, RollBack: s.policies.RollBackBurst, Burst: s.policies.Guardrails().Burst,
		SkipUndecided: cfg.Accounts.SkipUndecided, Clear: cfg.Accounts.Clear, Now: time.Now, Watch: accounts.Watch{
			Decided: func(t event.Type, a policy.Action) {
				s.meter.events.WithLabelValues(string(t), a.String()).Inc()
			},
			Refused: func(reason string, n int) {
				if n > 0 {
					s.meter.refused.WithLabelValues(reason).Add(float64(n))
				}
			},
			TokenRefused: s.meter.tokens.Inc,
			Reading: func(at, last eventlog.Position) {
				opt.Log.Info("accounts: reading the log of events", "at", uint64(at), "of", uint64(last))
			},
			Answered: func(d time.Duration) { s.meter.decided.Observe(d.Seconds()) },
			Failed:   func(what string, err error) { opt.Log.Warn("accounts: "+what, "cause", err.Error()) },
		}}
	if cfg.Accounts.Unknown == "keep" {
		c.Unknown = event.Keep
	}
	if c.Transmitters, err = transmitters(cfg.Accounts.Transmitters); err != nil {
		return nil, err
	}
	d, err := accounts.New(c)
	if err != nil {
		return nil, err
	}
	s.meter.waiting(d.Waiting)
	s.meter.windows(d.Windows)
	s.meter.unread(d.Unread)
	return d, nil
}

// transmitters reads those whose security event tokens are believed; nil where none
// are configured. Files of keys are named from the folder of the file that names them.
func transmitters(name string) (*secevent.Transmitters, error) {
	if name == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("accounts.transmitters: %w", err)
	}
	t, err := secevent.Read(raw, func(keys string) ([]byte, error) {
		if keys == "" {
			return nil, errors.New("no file is named: want that of a JSON Web Key Set")
		}
		if !filepath.IsAbs(keys) {
			keys = filepath.Join(filepath.Dir(name), keys)
		}
		return os.ReadFile(keys)
	})
	if err != nil {
		return nil, fmt.Errorf("accounts.transmitters: %w", err)
	}
	return t, nil
}

// owners wires the page of accounts' owners; nil where no keys are configured.
func owners(cfg config.Config, d *accounts.Desk) (*accounts.Owners, error) {
	if cfg.Accounts.Owners == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(cfg.Accounts.Owners)
	if err != nil {
		return nil, fmt.Errorf("accounts.owner_keys: %w", err)
	}
	keys, err := access.ReadOwnerKeys(raw)
	if err != nil {
		return nil, fmt.Errorf("accounts.owner_keys: %w", err)
	}
	return accounts.NewOwners(d, keys)
}

// readLog brings the account guard up to the end of its log, before the first
// event comes. What fails is told, and tried again, since a server that is not ready
// gets no event that would try it.
func (s *Server) readLog(ctx context.Context) {
	if s.accounts == nil {
		return
	}
	go func() {
		for wait := readAgain; ; wait = min(2*wait, readAgainMost) {
			err := errors.Join(s.accounts.Start(ctx), s.lists.Start(ctx))
			if err == nil || ctx.Err() != nil {
				return
			}
			s.opt.Log.Warn("accounts: read the log of events; it is tried again", "in", wait.String(), "cause", err.Error())
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
	}()
}

// Bounds of how long is waited before what of the log could not be read is read
// again: that may take minutes of a processor.
const (
	readAgain     = 5 * time.Second
	readAgainMost = 10 * time.Minute
)
