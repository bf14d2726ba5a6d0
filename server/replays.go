package server

import (
	"time"

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
		Shelf: opt.Events.Replays, Failed: func(what string, err error) { opt.Log.Warn("replays: "+what, "cause", err.Error()) }})
}
