package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"bonafide/cli"
	"bonafide/eval/load"
)

// evalLoad measures how many events the account guard bears.
func evalLoad(ctx context.Context, o cli.LoadOptions, out io.Writer) error {
	lo := load.Options{Seed: o.Seed, Accounts: o.Accounts, Events: o.Events, Decide: o.Decide, Replay: o.Replay, Seconds: o.Seconds, Rate: o.Rate,
		Batch: o.Batch, Batches: o.Batches, Peers: o.Peers, Flood: o.Flood, Dir: o.Dir}
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
