package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/config"
	"bonafide/desk/people"
	"bonafide/eval/load"
	"bonafide/server"
)

// evalLoad measures how many events the account guard bears.
func evalLoad(ctx context.Context, o cli.LoadOptions, out io.Writer) error {
	lo := load.Options{Seed: o.Seed, Accounts: o.Accounts, Events: o.Events, Decide: o.Decide, Replay: o.Replay, Seconds: o.Seconds, Rate: o.Rate,
		Batch: o.Batch, Batches: o.Batches, Peers: o.Peers, Flood: o.Flood, Dir: o.Dir, House: guardHouse}
	if terminal(os.Stderr) {
		lo.Progress = func(what string) { fmt.Fprintln(os.Stderr, "measuring:", what) }
	}
	if o.Policy != "" {
		raw, err := os.ReadFile(o.Policy)
		if err != nil {
			return err
		}
		lo.Policy = raw
	}
	r, err := load.Run(ctx, lo)
	if err != nil {
		return err
	}
	if o.JSON {
		return r.WriteJSON(out)
	}
	return r.WriteText(out)
}

// guardHouse is a server with default settings, records and log in dir, and one
// person whose key may write events.
func guardHouse(ctx context.Context, dir, policy string) (h load.House, err error) {
	cfg := config.Default()
	cfg.Store.DSN, cfg.OCR.Enabled = filepath.Join(dir, "records.db"), false
	cfg.Accounts.Dir, cfg.Accounts.Policy = filepath.Join(dir, "accounts"), policy
	records, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return h, err
	}
	events, err := server.OpenEvents(ctx, cfg)
	if err != nil {
		return h, errors.Join(err, records.Close())
	}
	var srv *server.Server
	h.Close = func() error {
		var bad error
		if srv != nil {
			bad = srv.Close()
		}
		return errors.Join(bad, events.Close(), records.Close())
	}
	crew, err := server.People(cfg, records)
	if err == nil {
		h.Key, err = eventKey(ctx, crew)
	}
	if err == nil {
		srv, err = server.New(cfg, server.Options{Version: version, Store: records, Events: events})
	}
	if err != nil {
		return h, errors.Join(err, h.Close())
	}
	h.Handler = srv.Handler()
	return h, nil
}

// eventKey sets the server up and makes a key that may write events.
func eventKey(ctx context.Context, crew *people.Desk) (string, error) {
	here := people.From{Address: netip.MustParseAddr("127.0.0.1")}
	code, err := crew.SetupCode(ctx)
	if err != nil {
		return "", err
	}
	in, err := crew.SetUp(ctx, people.Founding{Code: code, Tenant: "eval-load", TenantName: "Eval", Login: "eval", Name: "Eval", Lang: "en",
		Password: "made up for measuring only"}, here)
	if err != nil {
		return "", err
	}
	who, err := crew.Who(ctx, in.Token, here)
	if err != nil {
		return "", err
	}
	secret, _, err := crew.MakeKey(ctx, who, people.KeyWish{Name: "eval", Scopes: []access.Permission{access.EventWrite}, Days: 1})
	return secret, err
}
