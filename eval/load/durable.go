package load

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
)

// wire is an event as a shop sends it.
func wire(e *event.Event) []byte {
	data := map[string]any{"account": e.Context.Account, "device": e.Context.Device, "ip": e.Context.IP, "country": e.Context.Country}
	switch e.Type {
	case event.LoginTried:
		data["login"] = map[string]any{"success": e.Login.Success, "mfa": e.Login.MFA, "enrolled": e.Login.Enrolled}
	case event.OrderPlaced:
		data["order"] = map[string]any{"id": e.Order.ID, "amount": e.Order.Amount, "currency": e.Order.Currency, "payment": e.Order.Payment, "card": e.Order.Card, "channel": e.Order.Channel}
	case event.CredentialChange:
		data["credential"] = map[string]any{"type": e.Credential.Type, "change": e.Credential.Change, "mfa": e.Credential.MFA, "by": e.Credential.By}
	case event.OrderHidden:
		data["order"] = map[string]any{"id": e.Order.ID}
	case event.SessionRevoked:
		data["session_change"] = map[string]any{"by": e.Session.By}
	}
	raw, _ := json.Marshal(map[string]any{"specversion": "1.0", "id": e.ID, "source": e.Source, "type": string(e.Type), "time": e.Time.Format(time.RFC3339Nano), "data": data}) // texts and numbers always can
	return raw
}

// line is the guard with its log, as one tenant has it: what is synced is
// decided in the order of the log.
type line struct {
	log eventlog.Log
	g   *guard.Guard
	mu  sync.Mutex // guards g
}

// take parses events, syncs them together and decides them; it tells when they
// were synced.
func (l *line) take(ctx context.Context, raw [][]byte) (synced time.Time, err error) {
	events := make([]event.Event, len(raw))
	records := make([]eventlog.Event, len(raw))
	for i := range raw {
		if events[i], err = event.Parse(raw[i], event.Options{}); err != nil {
			return synced, err
		}
		records[i] = eventlog.Event{Tenant: "main", ID: events[i].Key(), Key: "main", Data: raw[i]}
	}
	if _, err := l.log.Append(ctx, records...); err != nil {
		return synced, err
	}
	synced = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		l.g.Decide(&events[i])
	}
	return synced, nil
}

// durable measures single events at a rate, then batches as fast as they go.
func (r *Result) durable(ctx context.Context, o Options, p *policy.Policy, dir string) error {
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		return err
	}
	log, err := jetstream.Open(ctx, jetstream.Options{Dir: dir + "/events"})
	if err != nil {
		return err
	}
	l := &line{log: log, g: g}
	s := newStream(o.Seed, o.Accounts, o.Seconds*o.Rate+o.Batch*o.Batches, 2)
	raw := s.wires(o.Seconds * o.Rate)
	if err = r.singles(ctx, o, l, raw); err == nil {
		err = r.floor(ctx, o, dir, raw[:min(len(raw), 2000)])
	}
	if err == nil {
		err = r.batches(ctx, o, l, s)
	}
	if bad := log.Close(); err == nil {
		err = bad
	}
	return err
}

// singles sends events at the times when they are due, whether those before
// were answered or not; what waits is counted as waiting.
// The sender has a thread of its own, as if it were another program.
func (r *Result) singles(ctx context.Context, o Options, l *line, raw [][]byte) error {
	n := len(raw)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	punctual()
	synced, decided, late := make([]time.Duration, n), make([]time.Duration, n), make([]time.Duration, n)
	errs := make(chan error, n)
	slots := make(chan struct{}, 256)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
		sleepUntil(due)
		if ctx.Err() != nil {
			break
		}
		late[i] = time.Since(due)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			at, err := l.take(ctx, raw[i:i+1])
			synced[i], decided[i] = at.Sub(due), time.Since(due)
			if err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	spent := time.Since(start)
	select {
	case err := <-errs:
		return fmt.Errorf("single events: %w", err)
	default:
	}
	d := &r.Durable
	d.Rate, d.Done = o.Rate, float64(n)/spent.Seconds()
	d.AppendP50, d.AppendP99 = quantiles(synced)
	d.DecidedP50, d.DecidedP99 = quantiles(decided)
	d.Floor.LateP50, d.Floor.LateP99 = quantiles(late)
	return ctx.Err()
}

func (s *stream) wires(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		var e event.Event
		s.next(&e)
		out[i] = wire(&e)
	}
	return out
}

// batches sends from four clients at a time.
func (r *Result) batches(ctx context.Context, o Options, l *line, s *stream) error {
	const clients = 4
	raw := s.wires(o.Batch * o.Batches)
	work, errs := make(chan [][]byte, o.Batches), make(chan error, clients)
	for part := range slices.Chunk(raw, o.Batch) {
		work <- part
	}
	close(work)
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for part := range work {
				if _, err := l.take(ctx, part); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	spent := time.Since(start).Seconds()
	select {
	case err := <-errs:
		return fmt.Errorf("batches: %w", err)
	default:
	}
	r.Durable.Batch, r.Durable.BatchesPerSec, r.Durable.EventsPerSecond = o.Batch, float64(o.Batches)/spent, float64(len(raw))/spent
	return nil
}

// quantiles are the median and the 99th percentile in milliseconds.
func quantiles(all []time.Duration) (p50, p99 float64) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))]) / float64(time.Millisecond) }
	return at(.5), at(.99)
}
