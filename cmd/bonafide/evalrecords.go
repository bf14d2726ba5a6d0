package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"bonafide/cli"
	"bonafide/config"
	"bonafide/contact/term"
	"bonafide/data"
	measured "bonafide/eval/records"
	"bonafide/server"
)

// evalRecords fills a database with made-up reports and measures the whole
// server, as it is wired with default settings, over it.
func evalRecords(ctx context.Context, o cli.RecordsOptions, out, progress io.Writer) error {
	cfg := config.Default()
	cfg.Store.DSN, cfg.OCR.Enabled = o.DSN, false
	s, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	tables, err := term.Load(data.FS)
	if err != nil {
		return err
	}
	if err := measured.Fill(ctx, s, tables, measured.FillOptions{Reports: o.Records, Seed: o.Seed, Progress: func(done int) {
		if done%20_000 == 0 || done == o.Records {
			fmt.Fprintf(progress, "%d of %d reports\n", done, o.Records)
		}
	}}); err != nil {
		return err
	}
	house := measured.House{Engine: "SQLite", Reports: o.Records, Seed: o.Seed}
	if strings.HasPrefix(o.DSN, "postgres") {
		house.Engine = "PostgreSQL"
	}
	if house.Crew, err = server.People(cfg, s); err != nil {
		return err
	}
	srv, err := server.New(cfg, server.Options{Version: version, Store: s})
	if err != nil {
		return err
	}
	house.Handler = srv.Handler()
	r, err := measured.Measure(ctx, house, measured.Options{People: o.People, Every: o.Every, For: o.For, Searches: o.Searches})
	if err != nil {
		return err
	}
	if o.JSON {
		err = r.WriteJSON(out)
	} else {
		err = r.WriteText(out)
	}
	if err == nil && !r.Good() {
		err = errors.New("eval records: a bar was not reached, or something failed")
	}
	return err
}
