package records

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/eval/clock"
	"bonafide/fault"
	"bonafide/store"
)

// Crew is what measuring needs of the desk of people: to let them in.
type Crew interface {
	ByLogin(ctx context.Context, a access.Actor, login string) (store.Person, error)
	Invite(ctx context.Context, a access.Actor, i people.Invitation) (string, error)
	NewStart(ctx context.Context, a access.Actor, id store.PersonID, reason string) (string, error)
	Begin(ctx context.Context, s people.Start, from people.From) (people.Admission, error)
}

// House is the server that is measured.
type House struct {
	// Handler is the whole server, Crew its desk of people.
	Handler http.Handler
	Crew    Crew
	// Engine is what keeps the records, as the result names it.
	Engine string
	// Reports is how many were made with Seed.
	Reports int
	Seed    uint64
}

// Options say how it is measured.
type Options struct {
	// People open a page each Every, for For.
	People     int
	Every, For time.Duration
	// Searches is how many searches of each kind there are.
	Searches int
}

// warm is how often each person opens a page before it counts.
const warm = 1

// client is one browser on the loopback address.
type client struct {
	http *http.Client
	base string
}

// Measure serves the house on a loopback address, logs people in, and measures
// pages, then searches, one at a time.
func Measure(ctx context.Context, h House, o Options) (*Result, error) {
	if h.Reports < 1 || o.People < 1 || o.Every <= 0 || o.Searches < 1 {
		return nil, fault.New(fault.Invalid, "", "reports, people, interval and searches are all at least 1")
	}
	tokens, err := admit(ctx, h.Crew, o.People)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("records: listen: %w", err)
	}
	srv := &http.Server{Handler: h.Handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer func() { _ = srv.Close() }()
	c := client{base: "http://" + ln.Addr().String(), http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: o.People},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	r := &Result{Engine: h.Engine, Reports: h.Reports, People: o.People, Every: o.Every.Seconds(), Processors: processors()}
	if err := c.pages(ctx, h, o, tokens, r); err != nil {
		return nil, err
	}
	for _, k := range kinds() {
		line, err := c.search(ctx, h, k, o.Searches, tokens[0])
		if err != nil {
			return nil, err
		}
		r.Searches = append(r.Searches, line)
	}
	return r, nil
}

// admit gives each person a session, anew where they were made by an earlier
// run.
func admit(ctx context.Context, crew Crew, n int) ([]string, error) {
	console := people.Console(Tenant)
	var out []string
	for i := range n {
		login := fmt.Sprintf("eval-%04d", i)
		var word string
		p, err := crew.ByLogin(ctx, console, login)
		switch {
		case err == nil:
			word, err = crew.NewStart(ctx, console, p.ID, "measured again")
		case fault.KindOf(err) == fault.NotFound:
			word, err = crew.Invite(ctx, console, people.Invitation{Login: login, Name: "Eval", Roles: []access.Role{access.Analyst}})
		}
		if err != nil {
			return nil, fmt.Errorf("records: invite: %w", err)
		}
		in, err := crew.Begin(ctx, people.Start{Word: word, Password: "made up for measuring only"}, people.From{Address: netip.MustParseAddr("127.0.0.1")})
		if err != nil {
			return nil, fmt.Errorf("records: log in: %w", err)
		}
		out = append(out, in.Token)
	}
	return out, nil
}

// open reads a page whole and returns how long it took.
func (c client) open(ctx context.Context, path, token string) (body string, took time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return "", 0, err
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: token})
	start := time.Now()
	res, err := c.http.Do(r)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	took = time.Since(start)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("records: %s answered %d", strings.SplitN(path, "?", 2)[0], res.StatusCode)
	}
	return string(raw), took, err
}

// page is what a person opens next.
func page(h House, r *rand.Rand) (kind, path string) {
	some := Made(h.Seed, r.IntN(h.Reports)).Report
	after := url.QueryEscape(store.Key{When: some.Created, ID: string(some.ID)}.String())
	switch n := r.IntN(10); {
	case n < 3:
		return "list, first page", "/reports"
	case n < 4:
		return "list, a page in the middle", "/reports?after=" + after
	case n < 5:
		return "list of a state", "/reports?status=" + string([]store.ReportStatus{store.ReportNew, store.ReportOpen}[r.IntN(2)])
	case n < 6:
		return "list of a rare channel", "/reports?channel=letter"
	}
	return "one report", "/reports/" + string(some.ID)
}

// pages lets everybody open pages at their own beat.
func (c client) pages(ctx context.Context, h House, o Options, tokens []string, out *Result) error {
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	var wg sync.WaitGroup
	var first error
	visits := max(1, int(o.For/o.Every))
	cpu, stop := clock.CPU(), watchMemory()
	start := time.Now()
	for i, token := range tokens {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(h.Seed, uint64(i)|1<<40))
			at := start.Add(o.Every * time.Duration(i) / time.Duration(len(tokens)))
			for n := range visits + warm {
				if !sleep(ctx, time.Until(at.Add(time.Duration(n)*o.Every))) {
					return
				}
				kind, path := page(h, r)
				_, d, err := c.open(ctx, path, token)
				mu.Lock()
				if err != nil {
					out.Failed++
					if first == nil {
						first = err
					}
				} else if n >= warm {
					took[kind] = append(took[kind], d)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	whole := time.Since(start)
	out.Resident = stop()
	out.CPU = (clock.CPU() - cpu).Seconds() / whole.Seconds()
	if err := ctx.Err(); err != nil {
		return err
	}
	if first != nil && len(took) == 0 {
		return first
	}
	var all []time.Duration
	for _, kind := range slices.Sorted(keysOf(took)) {
		out.Pages = append(out.Pages, lineOf(kind, took[kind]))
		all = append(all, took[kind]...)
	}
	out.Pages = append(out.Pages, lineOf(allPages, all))
	return nil
}

// sleep waits; false when the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// kind is one kind of search: what is asked of a sample, "" when it has none.
type kind struct {
	name string
	of   func(s Sample, i int) string
	// filter is added to the address.
	filter string
	// hits: something must be found.
	hits bool
}

func kinds() []kind {
	always := func(q string) func(Sample, int) string { return func(Sample, int) string { return q } }
	return []kind{
		{"number in another writing", func(s Sample, _ int) string { return s.Spoken }, "", true},
		{"order", func(s Sample, _ int) string { return s.Order }, "", true},
		{"mail address", func(s Sample, _ int) string { return s.Mail }, "", true},
		{"domain", func(s Sample, _ int) string { return s.Domain }, "", true},
		{"two words", func(s Sample, _ int) string { return s.Words }, "", true},
		{"Japanese, two characters", func(s Sample, _ int) string { return s.Pair }, "", true},
		{"Japanese, six characters", func(s Sample, _ int) string { return s.Run }, "", true},
		{"a word of one text in five", always("account"), "", true},
		{"two words of many texts", always("account order"), "", true},
		{"four characters of many texts", always("注文番号"), "", true},
		{"a word of many, and a rare state", always("account"), "&status=new", true},
		{"nothing is found", func(_ Sample, i int) string { return fmt.Sprintf("xq%dqx", i) }, "", false},
		{"two words of many that never meet", always("account アカ"), "", false},
	}
}

// search measures one kind of search, each for something else where there is
// something else.
func (c client) search(ctx context.Context, h House, k kind, n int, token string) (Line, error) {
	r := rand.New(rand.NewPCG(h.Seed, 1<<41))
	var took []time.Duration
	hits := 0
	for tries := 0; len(took) < n && tries < 200*n; tries++ {
		q := k.of(Made(h.Seed, r.IntN(h.Reports)), tries)
		if q == "" {
			continue
		}
		body, d, err := c.open(ctx, "/reports?q="+url.QueryEscape(q)+k.filter, token)
		if err != nil {
			return Line{}, fmt.Errorf("records: search: %s: %w", k.name, err)
		}
		if strings.Contains(body, `href="/reports/`) {
			hits++
		}
		took = append(took, d)
	}
	line := lineOf(k.name, took)
	line.Wrong = hits
	if k.hits {
		line.Wrong = len(took) - hits
	}
	return line, nil
}
