package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"bonafide/account/policy"
)

// House is a whole server that is measured over a loopback address.
type House struct {
	Handler http.Handler
	// Key may write events.
	Key string
	// Close ends the server; its folder is removed afterwards.
	Close func() error
}

// Whole is what the whole server bears over HTTP: checked, hashed, synced, decided,
// and stopped ones kept in the records. The client is in the same process and its
// work counts.
type Whole struct {
	// Batches of Batch events from four clients, each answered with all decisions.
	EventsPerSecond float64 `json:"batch_events_per_second"`
	// Stopped is how many of the events were not allowed.
	Events  int `json:"events"`
	Stopped int `json:"stopped"`
	// Single events at Rate a second from when they were due until their decision
	// was read, and the same for a request that keeps nothing.
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	PingP50 float64 `json:"ping_p50_ms"`
	PingP99 float64 `json:"ping_p99_ms"`
}

// doorway is the client's side of a house.
type doorway struct {
	http *http.Client
	base string
	key  string
}

// whole measures a server with default settings and the policy that is measured.
func (r *Result) whole(ctx context.Context, o Options, _ *policy.Policy, dir string) (err error) {
	if o.House == nil {
		return nil
	}
	file := filepath.Join(dir, "measured.yaml")
	if err := os.WriteFile(file, o.Policy, 0o600); err != nil {
		return err
	}
	h, err := o.House(ctx, dir, file)
	if err != nil {
		return err
	}
	defer func() {
		if bad := h.Close(); err == nil {
			err = bad
		}
	}()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h.Handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer func() { _ = srv.Close() }()
	d := doorway{base: "http://" + ln.Addr().String(), key: h.Key, http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	s := newStream(o.Seed, o.Accounts, o.Seconds*o.Rate+o.Batch*o.Batches*2, 2)
	r.Whole = &Whole{}
	if _, err := r.post(ctx, o, d, s.wires(o.Batch*max(o.Batches/10, 1))); err != nil { // connections, tables and files are made
		return err
	}
	raw := s.wires(o.Batch * o.Batches)
	r.Whole.Events = len(raw)
	start := time.Now()
	if r.Whole.Stopped, err = r.post(ctx, o, d, raw); err != nil {
		return err
	}
	r.Whole.EventsPerSecond = float64(len(raw)) / time.Since(start).Seconds()
	one := s.wires(o.Seconds * o.Rate)
	if r.Whole.P50, r.Whole.P99, err = punctually(ctx, o, len(one), func(i int) error {
		_, err := d.send(ctx, one[i])
		return err
	}); err != nil {
		return fmt.Errorf("single events: %w", err)
	}
	r.Whole.PingP50, r.Whole.PingP99, err = punctually(ctx, o, len(one), func(int) error { return d.ping(ctx) })
	return err
}

// post sends batches from four clients at a time and counts what was stopped.
func (r *Result) post(ctx context.Context, o Options, d doorway, raw [][]byte) (stopped int, err error) {
	const clients = 4
	work, errs := make(chan []byte, len(raw)/o.Batch+1), make(chan error, clients)
	for part := range slices.Chunk(raw, o.Batch) {
		work <- bytes.Join(part, []byte{'\n'})
	}
	close(work)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards stopped
	for range clients {
		wg.Go(func() {
			for part := range work {
				n, err := d.send(ctx, part)
				if err != nil {
					errs <- err
					return
				}
				mu.Lock()
				stopped += n
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return 0, fmt.Errorf("batches over HTTP: %w", err)
	default:
		return stopped, ctx.Err()
	}
}

// send posts events, one a line, and reads what was decided of them.
func (d doorway) send(ctx context.Context, body []byte) (stopped int, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/v1/events?"+url.Values{"decide": {"true"}, "lang": {"en"}}.Encode(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	q.Header.Set("Content-Type", "application/x-ndjson")
	q.Header.Set("Authorization", "Bearer "+d.key)
	res, err := d.http.Do(q)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	var got struct {
		Accepted int `json:"accepted"`
		Decided  []struct {
			Action string `json:"action"`
		} `json:"decisions"`
	}
	if err := json.Unmarshal(raw, &got); err != nil || res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d: %s", res.StatusCode, raw[:min(len(raw), 300)])
	}
	if want := bytes.Count(body, []byte{'\n'}) + 1; got.Accepted != want || len(got.Decided) != want {
		return 0, fmt.Errorf("%d events sent, %d accepted, %d answered", want, got.Accepted, len(got.Decided))
	}
	for _, e := range got.Decided {
		if e.Action != "allow" {
			stopped++
		}
	}
	return stopped, nil
}

// ping asks for what costs the server next to nothing: what is left is the way.
func (d doorway) ping(ctx context.Context) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := d.http.Do(q)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("healthz: status %s", strconv.Itoa(res.StatusCode))
	}
	return err
}

// punctually does n things at the rate, each when it is due whether those before
// are done or not, and tells how long after that they were done. The sender has a
// thread of its own, as in singles.
func punctually(ctx context.Context, o Options, n int, do func(i int) error) (p50, p99 float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	punctual()
	took, errs, slots := make([]time.Duration, n), make(chan error, n), make(chan struct{}, 256)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
		sleepUntil(due)
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := do(i); err != nil {
				errs <- err
			}
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	select {
	case err = <-errs:
	default:
		err = ctx.Err()
	}
	p50, p99 = quantiles(took)
	return p50, p99, err
}
