package server

import (
	"context"
	"time"

	"bonafide/config"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
)

// keeper hands heads to the address of audit.anchor.url.
type keeper struct{ *webhook.Sender }

func (k keeper) Keep(ctx context.Context, id string, body []byte) error {
	return k.Send(ctx, webhook.Message{ID: id, Body: body})
}

// anchorKeeper is where heads are kept; nil where nothing is configured.
func anchorKeeper(cfg config.Config) (custody.Keeper, error) {
	a := cfg.Audit.Anchor
	if a.URL == "" {
		return nil, nil
	}
	s, err := webhook.New(webhook.Config{URL: a.URL, Secret: a.Secret})
	if err != nil {
		return nil, err
	}
	return keeper{s}, nil
}

// Anchor hands the heads of the audit chains to the configured address, once.
func Anchor(ctx context.Context, cfg config.Config) (heads []store.Head, err error) {
	k, err := anchorKeeper(cfg)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, fault.New(fault.NotConfigured, "audit.anchor.url", "names no address to which heads are handed")
	}
	d, done, err := Custody(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if bad := done(); err == nil {
			err = bad
		}
	}()
	return d.Anchor(ctx, time.Now(), k)
}

// anchor hands the heads over now and then, until stop is called or the context
// ends. What is not taken is logged; the next heads hold what those would have.
func (s *Server) anchor(ctx context.Context) (stop func()) {
	if s.keeper == nil || s.opt.Store == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	desk := custody.New(s.opt.Store)
	go func() {
		defer close(done)
		tick := time.NewTicker(s.cfg.Audit.Anchor.Interval)
		defer tick.Stop()
		for {
			if _, err := desk.Anchor(ctx, time.Now(), s.keeper); err != nil && ctx.Err() == nil {
				s.opt.Log.Warn("audit: heads are not kept elsewhere", "cause", err.Error())
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}
