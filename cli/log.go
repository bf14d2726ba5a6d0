package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// LogResult is what was found of one partition of a log of events.
type LogResult struct {
	Partition      int
	Frames, Events uint64
	// Unfinished are bytes at the end that were never acknowledged.
	Unfinished int64
	// Broken names the first broken frame; empty if all hold.
	Broken string
}

type logCmd struct {
	Verify logVerifyCmd `cmd:"" help:"Walk the frames of all partitions, count them, and name the first that is broken; exit code 1 if there is one."`
}

type logVerifyCmd struct {
	Dir string `help:"Folder of the log." required:"" type:"existingdir" placeholder:"DIR"`
}

// errBrokenLog ends `log verify` when a frame does not hold.
var errBrokenLog = errors.New("log: a partition does not hold: keep a copy of the folder as it is, and restore it from a backup")

// run prints a line for each partition and one for all.
func (c *logVerifyCmd) run(ctx context.Context, env Env) error {
	results, err := env.VerifyLog(ctx, c.Dir)
	if err != nil {
		return err
	}
	return printLog(results, env.Stdout)
}

func printLog(results []LogResult, w io.Writer) (err error) {
	var frames, events uint64
	for _, r := range results {
		frames, events = frames+r.Frames, events+r.Events
		switch {
		case r.Broken != "":
			err = errBrokenLog
			fmt.Fprintf(w, "partition %d: BROKEN at %s; before it %d frames, %d events\n", r.Partition, r.Broken, r.Frames, r.Events)
		case r.Unfinished > 0:
			fmt.Fprintf(w, "partition %d: %d frames, %d events, all hold; %d bytes of a write that was never acknowledged\n", r.Partition, r.Frames, r.Events, r.Unfinished)
		default:
			fmt.Fprintf(w, "partition %d: %d frames, %d events, all hold\n", r.Partition, r.Frames, r.Events)
		}
	}
	fmt.Fprintf(w, "%d partitions, %d frames, %d events\n", len(results), frames, events)
	return err
}
