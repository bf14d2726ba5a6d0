package main

import (
	"context"

	"bonafide/cli"
	"bonafide/eventlog/jetstream"
)

// verifyLog walks the frames of the log of events in a folder.
func verifyLog(ctx context.Context, dir string) ([]cli.LogResult, error) {
	found, err := jetstream.Verify(ctx, dir)
	out := make([]cli.LogResult, len(found))
	for i, r := range found {
		out[i] = cli.LogResult(r)
	}
	return out, err
}
