package server

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/config"
	"bonafide/desk/replays"
)

// replaying wires the desk of replays.
func (s *Server) replaying(cfg config.Config, opt Options) (*replays.Desk, error) {
	text, err := policyText(cfg)
	if err != nil {
		return nil, err
	}
	return replays.New(replays.Config{Store: opt.Store, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Shipped: text, History: s.history, Cold: opt.Events.Cold,
		Erased: s.erased, Shelf: opt.Events.Replays, Failed: func(what string, err error) { opt.Log.Warn("replays: "+what, "cause", err.Error()) }})
}

// erased tells when an account was erased; s.accounts is made later than who asks.
func (s *Server) erased(ctx context.Context, t access.Tenant, account string) (time.Time, error) {
	return s.accounts.ErasedAt(ctx, t, account)
}
