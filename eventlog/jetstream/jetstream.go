// Package jetstream is the log of events on disk: one stream of an embedded
// NATS JetStream server for each partition, synced before an append is
// acknowledged. Events are written at once when a partition is idle; what
// arrives while a write is in flight goes together into the next frame.
//
// It opens no port, is not a message bus for others, and holds its folder
// alone: a second program that opens the same folder is refused.
//
//	log, err := jetstream.Open(ctx, jetstream.Options{Dir: "events"})
package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"bonafide/eventlog"
	"bonafide/fault"
)

// Options are how a log is opened. Zero values mean the defaults.
type Options struct {
	// Dir is the folder of the log; it is made where it is missing.
	Dir string
	// Partitions is their number when the log is made (default 8). Later it
	// may be 0 or must be the same.
	Partitions int
	// Window is for how many of the newest events of a partition a repetition
	// is recognised, also after a restart (default 65,536; about 60 bytes each).
	Window int
	// MaxQueue bounds the events that wait in one partition; beyond, appends
	// are refused with fault.Temporary (default 16,384).
	MaxQueue int
}

const (
	maxQueueBytes = 32 << 20
	// writeTimeout is how long one write may take before the disk is taken for hung.
	writeTimeout = 20 * time.Second
	// reopenPause is the least time between two attempts to open the store anew.
	reopenPause = 200 * time.Millisecond
)

// Log is a log on disk. Make one with Open.
type Log struct {
	o     Options
	lock  *os.File
	parts []*partition
	wg    sync.WaitGroup

	// mu is held for reading while the store is used, and for writing while it
	// is opened anew. It guards what follows.
	mu      sync.RWMutex
	srv     *server.Server
	nc      *nats.Conn
	js      jetstream.JetStream
	failed  error     // why the store must be opened anew
	retried time.Time // the last attempt to do so
	closed  bool
}

// Open opens the log of a folder or makes it, and learns which events were
// written last.
func Open(ctx context.Context, o Options) (*Log, error) {
	if o.Window <= 0 {
		o.Window = 1 << 16
	}
	if o.MaxQueue <= 0 {
		o.MaxQueue = 1 << 14
	}
	if o.Dir == "" {
		return nil, fault.New(fault.Invalid, "", "eventlog: open: no folder is named: give one")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("eventlog: make the folder of the log: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	n, err := partitions(o.Dir, o.Partitions)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l := &Log{o: o, lock: lock}
	for i := range n {
		p := &partition{log: l, index: i, name: "p" + strconv.Itoa(i), recent: eventlog.NewRecent(o.Window)}
		p.wake = sync.NewCond(&p.mu)
		l.parts = append(l.parts, p)
	}
	if err := l.start(ctx); err != nil {
		l.stop()
		return nil, errors.Join(err, lock.Close())
	}
	for _, p := range l.parts {
		l.wg.Go(p.run)
	}
	return l, nil
}

// partitions reads the number of partitions of a folder, or writes it there.
func partitions(dir string, want int) (int, error) {
	file := filepath.Join(dir, "partitions")
	raw, err := os.ReadFile(file)
	if err == nil {
		n, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if err != nil || n < 1 || n > eventlog.MaxPartitions {
			return 0, fault.New(fault.Internal, "", "eventlog: open: the file partitions is damaged: restore the folder from a backup")
		}
		if want != 0 && want != n {
			return 0, fault.New(fault.Invalid, "", "eventlog: open: the log has %d partitions, not %d: the number never changes", n, want)
		}
		return n, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("eventlog: open: read the number of partitions: %w", err)
	}
	if want == 0 {
		want = 8
	}
	if want < 1 || want > eventlog.MaxPartitions {
		return 0, fault.New(fault.Invalid, "", "eventlog: open with %d partitions: want 1 to %d", want, eventlog.MaxPartitions)
	}
	if err := writeSynced(file+".new", []byte(strconv.Itoa(want)+"\n")); err != nil {
		return 0, fmt.Errorf("eventlog: open: write the number of partitions: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return 0, fmt.Errorf("eventlog: open: write the number of partitions: %w", err)
	}
	return want, syncDir(dir)
}

func writeSynced(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// start starts the server and brings every partition up to what is on disk.
// The caller holds mu or is alone.
func (l *Log) start(ctx context.Context) error {
	srv, err := server.NewServer(&server.Options{ServerName: "bonafide-eventlog", DontListen: true, JetStream: true,
		StoreDir: l.o.Dir, SyncAlways: true, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 60,
		MaxPayload: eventlog.MaxFrameBytes + 64<<10, NoSigs: true, NoLog: true, DisableJetStreamBanner: true})
	if err != nil {
		return fmt.Errorf("eventlog: make the store: %w", err)
	}
	l.srv = srv
	srv.Start()
	if !srv.ReadyForConnections(30 * time.Second) {
		return l.why("open the store", errors.New("it did not start within 30 s"))
	}
	if l.nc, err = nats.Connect("", nats.InProcessServer(srv), nats.NoReconnect(), nats.Timeout(10*time.Second)); err != nil {
		return l.why("open the store", err)
	}
	if l.js, err = jetstream.New(l.nc, jetstream.WithDefaultTimeout(writeTimeout)); err != nil {
		return l.why("open the store", err)
	}
	for _, p := range l.parts {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	l.failed = nil
	return nil
}

// stop ends the server. The caller holds mu or is alone.
func (l *Log) stop() {
	if l.nc != nil {
		l.nc.Close()
	}
	if l.srv != nil {
		l.srv.Shutdown()
		l.srv.WaitForShutdown()
	}
	l.nc, l.srv = nil, nil
}

// why makes the error of a write or start that failed: a full disk is named.
func (l *Log) why(what string, cause error) error {
	if full(l.o.Dir, cause) {
		return &fault.Error{Kind: fault.Temporary, Text: "eventlog: " + what + ": the disk is full: make room; it goes on by itself", Cause: cause}
	}
	return &fault.Error{Kind: fault.Temporary, Text: "eventlog: " + what + ": the store failed: look at its disk; it tries again by itself", Cause: cause}
}

// full tells whether the disk is full, by the error or by trying: the store
// hides the cause of some of its errors.
func full(dir string, cause error) bool {
	if errors.Is(cause, syscall.ENOSPC) || cause != nil && strings.Contains(cause.Error(), "no space left") {
		return true
	}
	file := filepath.Join(dir, "probe")
	err := writeSynced(file, make([]byte, 256<<10))
	_ = os.Remove(file)
	return errors.Is(err, syscall.ENOSPC)
}

// ready opens the store anew if it failed; with an error it cannot be used.
func (l *Log) ready(ctx context.Context) error {
	l.mu.RLock()
	failed, closed := l.failed, l.closed
	l.mu.RUnlock()
	if closed {
		return eventlog.ErrClosed
	}
	if failed == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return eventlog.ErrClosed
	case l.failed == nil:
		return nil
	case time.Since(l.retried) < reopenPause:
		return l.failed
	}
	if full(l.o.Dir, nil) {
		l.retried = time.Now()
		l.failed = l.why("append", syscall.ENOSPC)
		return l.failed
	}
	l.stop()
	err := l.start(ctx)
	l.retried = time.Now()
	if err != nil {
		l.failed = err
	}
	return err
}

// fail notes that the store must be opened anew.
func (l *Log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
	}
}

// Append queues events in their partitions and waits until all are on disk. When
// ctx ends first, they may still be written.
func (l *Log) Append(ctx context.Context, events ...eventlog.Event) ([]eventlog.Receipt, error) {
	if err := eventlog.Check(events); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	calls := map[int]*call{}
	out := make([]eventlog.Receipt, len(events))
	for i := range events {
		n := eventlog.Partition(events[i].Tenant, events[i].Key, len(l.parts))
		if calls[n] == nil {
			calls[n] = &call{}
		}
		e := events[i]
		e.Data = bytes.Clone(e.Data) // it may be written after ctx has ended
		calls[n].events = append(calls[n].events, e)
		calls[n].places = append(calls[n].places, i)
	}
	for n, c := range calls {
		c.receipts, c.done = make([]eventlog.Receipt, len(c.events)), make(chan struct{})
		// Once it is queued, c belongs to the writer until done is closed.
		if err := l.parts[n].enqueue(c); err != nil {
			c.err = err
			close(c.done)
		}
	}
	var failed error
	for _, c := range calls {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.done:
		}
		if c.err != nil {
			failed = c.err
			continue
		}
		for j, place := range c.places {
			out[place] = c.receipts[j]
		}
	}
	if failed != nil {
		return nil, failed
	}
	return out, nil
}

// Last is the newest durable position of a partition.
func (l *Log) Last(ctx context.Context, partition int) (eventlog.Position, error) {
	if err := eventlog.CheckRead(l, partition, 1); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return 0, eventlog.ErrClosed
	}
	p := l.parts[partition]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, ctx.Err()
}

// Partitions is how many there are.
func (l *Log) Partitions() int { return len(l.parts) }

// Ping tells whether the store works and the disk has room; a store that failed
// is opened anew.
func (l *Log) Ping(ctx context.Context) error {
	if err := l.ready(ctx); err != nil {
		return err
	}
	if full(l.o.Dir, nil) {
		return l.why("ping", syscall.ENOSPC)
	}
	return ctx.Err()
}

// Close writes what waits, ends the store and frees the folder.
func (l *Log) Close() error {
	for _, p := range l.parts {
		p.close()
	}
	l.wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.stop()
	return l.lock.Close()
}
