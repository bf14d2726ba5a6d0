package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/cli"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/fault"
)

func verifyLog(ctx context.Context, dir string) ([]cli.LogResult, error) {
	found, err := jetstream.Verify(ctx, dir)
	out := make([]cli.LogResult, len(found))
	for i, r := range found {
		out[i] = cli.LogResult(r)
	}
	return out, err
}

// seedLog is the command `log-seed DIR`: a log of two partitions, three events
// in the first and one in the second.
func seedLog() {
	ctx := context.Background()
	l, err := jetstream.Open(ctx, jetstream.Options{Dir: os.Args[1], Partitions: 2})
	fatal(err)
	for n, ids := range [][]string{{"one", "two", "three"}, {"four"}} {
		key := "a"
		for eventlog.Partition("main", key, 2) != n {
			key += "a"
		}
		for _, id := range ids {
			_, err := l.Append(ctx, eventlog.Event{Tenant: "main", ID: id, Key: key, Data: []byte("data of " + id)})
			fatal(err)
		}
	}
	fatal(l.Close())
}

// tamperLog is the command `log-tamper DIR`: one byte of the second event of
// the first partition is changed.
func tamperLog() {
	file := filepath.Join(os.Args[1], "jetstream", "$G", "streams", "p0", "msgs", "1.blk")
	raw, err := os.ReadFile(file)
	fatal(err)
	fatal(os.WriteFile(file, bytes.Replace(raw, []byte("data of two"), []byte("data of TWO"), 1), 0o600))
}

func openLog(ctx context.Context, dir string) (eventlog.Log, error) {
	if _, err := os.Stat(filepath.Join(dir, "partitions")); err != nil {
		return nil, fault.New(fault.Invalid, "", "log: the folder holds no log of events")
	}
	return jetstream.Open(ctx, jetstream.Options{Dir: dir})
}

// logEvents is the command `log-events DIR FILE`: the events of a file as a server
// writes them, in a log of three partitions, beside those of another tenant.
func logEvents() {
	ctx := context.Background()
	l, err := jetstream.Open(ctx, jetstream.Options{Dir: os.Args[1], Partitions: 3})
	fatal(err)
	raw, err := os.ReadFile(os.Args[2])
	fatal(err)
	for line := range bytes.Lines(raw) {
		e, err := event.Parse(line, event.Options{})
		fatal(err)
		for _, tenant := range []access.Tenant{"main", "neighbour"} {
			x := past.Entry(&e, "", time.Now())
			x.Tenant = tenant
			_, err = l.Append(ctx, x)
			fatal(err)
		}
	}
	fatal(l.Close())
}
