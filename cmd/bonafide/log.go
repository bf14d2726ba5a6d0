package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"bonafide/cli"
	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/fault"
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

// openLog opens the log in a folder, and makes none where there is none.
func openLog(ctx context.Context, dir string) (eventlog.Log, error) {
	if _, err := os.Stat(filepath.Join(dir, "partitions")); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "", "log: the folder holds no log of events: name the one with the file partitions")
	}
	return jetstream.Open(ctx, jetstream.Options{Dir: dir})
}
