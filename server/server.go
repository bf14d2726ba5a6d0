// Package server wires Bonafide together: configuration, data, the outside
// world, the desk and the doors. It is the one place where every wire can be
// followed; it holds no rule of its own.
//
//	srv, err := server.New(cfg, server.Options{Version: "1.0"})
//	err = srv.Run(ctx)
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"bonafide/access"
	"bonafide/api"
	"bonafide/config"
	"bonafide/contact/record"
	"bonafide/data"
	"bonafide/desk/accounts"
	orderbook "bonafide/desk/accounts/books"
	"bonafide/desk/accounts/coupling"
	"bonafide/desk/accounts/hooks"
	"bonafide/desk/accounts/leaks"
	"bonafide/desk/accounts/lists"
	"bonafide/desk/contacts"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/policies"
	"bonafide/desk/privacy"
	"bonafide/desk/replays"
	"bonafide/desk/reports"
	"bonafide/desk/system"
	"bonafide/ident"
	"bonafide/outside/speech"
	"bonafide/store"
	"bonafide/web"
)

// Options are what the command line adds to the configuration.
type Options struct {
	Version string
	// Demo serves example contacts on the page.
	Demo bool
	Log  *slog.Logger
	// Out is where a person reads how to start.
	Out io.Writer
	// Store keeps the records; nil: none are kept. It stays the caller's to close.
	Store store.Store
	// Events is the log of events of accounts; nil: none are taken. It needs Store,
	// and stays the caller's to close, after the server.
	Events *Events
}

// Server is a wired server.
type Server struct {
	cfg   config.Config
	opt   Options
	http  http.Handler
	meter *metrics
	ready atomic.Bool
	probe *probe
	// people, reports and privacy are nil where no records are kept.
	people  *people.Desk
	reports *reports.Desk
	privacy *privacy.Desk
	// keeper is who is handed the heads of the audit chains; nil: nobody.
	keeper custody.Keeper
	// routes are the patterns of all routes.
	routes []string
	// started is when the server was wired, swept how the last sweep ended.
	started time.Time
	swept   atomic.Pointer[swept]
	lim     *limiter
	// accounts, replays, policies and lists are nil where no events are taken.
	accounts *accounts.Desk
	replays  *replays.Desk
	policies *policies.Desk
	lists    *lists.Desk
	hooks    *hooks.Desk
	coupling *coupling.Desk
}

// Desk wires a contact desk from a configuration. observe may be nil; own are
// the orders of the one person that it works for, nil when it works for many.
func Desk(cfg config.Config, observe func(channel, verdict string), own []record.Order) (*contacts.Desk, error) {
	fsys := Knowledge(cfg.Data.Overlay)
	vouchers, err := access.NewVouchers(cfg.Books.VoucherKey)
	if err != nil {
		return nil, err
	}
	c := contacts.Config{
		Data: fsys, Now: time.Now, Vouchers: vouchers, TrustedHosts: cfg.MailAuth.TrustedHosts, Observe: observe, OwnOrders: own,
		FingerprintKey: []byte(cfg.Prints.Key),
	}
	for _, s := range cfg.MailAuth.TrustedSealers {
		c.TrustedSealers = append(c.TrustedSealers, ident.Domain(s))
	}
	c.Mailboxes = cfg.MailAuth.Mailboxes
	if c.TrustedNets, err = cfg.MailAuth.Networks(); err != nil {
		return nil, err
	}
	if c.Resolver, err = resolver(cfg.MailAuth); err != nil {
		return nil, err
	}
	if cfg.OCR.Enabled {
		c.Pictures = pictures{ocrReader(cfg.OCR)}
	}
	if cfg.Speech.URL != "" {
		client, err := speech.New(speech.Config{URL: cfg.Speech.URL, Key: cfg.Speech.Key, Model: cfg.Speech.Model, Timeout: cfg.Speech.Timeout})
		if err != nil {
			return nil, err
		}
		c.Speech = audio{client}
	}
	if err := books(cfg.Books, fsys, &c); err != nil {
		return nil, err
	}
	if err := calls(cfg.Calls, fsys, &c); err != nil {
		return nil, err
	}
	return contacts.New(c)
}

// New wires a server.
func New(cfg config.Config, opt Options) (*Server, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Server{cfg: cfg, opt: opt, meter: newMetrics(), probe: newProbe(opt.Store), started: time.Now()}
	if x, ok := opt.Store.(interface{ Watch(func(error)) }); ok { // store/sealed
		x.Watch(func(err error) { opt.Log.Warn("keys: nothing is sealed", "cause", err.Error()) })
	}
	desk, err := Desk(cfg, func(channel, verdict string) { s.meter.verdicts.WithLabelValues(channel, verdict).Inc() }, nil)
	if err != nil {
		return nil, err
	}
	mux := &routes{mux: http.NewServeMux()}
	lim := newLimiter(cfg.Limits.RatePerMinute, cfg.Limits.Concurrent, cfg.Server.TrustProxy)
	s.lim = lim
	programs := api.Options{BodyBytes: cfg.Limits.BodyBytes, Version: opt.Version, Client: lim.address}
	options := web.Options{
		Lang: cfg.Reader.Lang, Country: cfg.Reader.Country, BodyBytes: cfg.Limits.BodyBytes, BaseURL: cfg.Server.BaseURL,
		Demo: opt.Demo, Version: opt.Version, Client: lim.address,
	}
	if s.keeper, err = anchorKeeper(cfg); err != nil {
		return nil, err
	}
	if opt.Store != nil {
		if s.people, err = People(cfg, opt.Store); err != nil {
			return nil, err
		}
		if s.reports, err = Reports(cfg, opt.Store); err != nil {
			return nil, err
		}
		options.People, programs.Programs = s.people, s.people
		options.Reports, programs.Reports = s.reports, s.reports
		if options.Settings, err = s.settings(desk.Countries()); err != nil {
			return nil, err
		}
		options.Ledger = custody.NewLedger(opt.Store, time.Now)
		if options.System, err = system.New(system.Config{Store: opt.Store, Now: time.Now, Facts: s.facts}); err != nil {
			return nil, err
		}
		if opt.Events != nil {
			if err := s.guarded(cfg, desk, &options, &programs); err != nil {
				return nil, err
			}
		}
		if s.privacy, err = Privacy(cfg, opt.Store, s.people, s.reports, opt.Events, s.running(), s.lists); err != nil {
			return nil, err
		}
		options.Privacy, programs.Privacy = s.privacy, s.privacy
	}
	for path, item := range api.Register(mux.mux, desk, programs).Paths {
		mux.describe(path, map[string]bool{http.MethodGet: item.Get != nil, http.MethodPost: item.Post != nil, http.MethodPut: item.Put != nil,
			http.MethodPatch: item.Patch != nil, http.MethodDelete: item.Delete != nil})
	}
	mux.list = append(mux.list, "GET /openapi.json", "GET /openapi.yaml")
	pages, err := web.New(desk, Knowledge(cfg.Data.Overlay), options)
	if err != nil {
		return nil, err
	}
	pages.Register(mux)
	s.health(mux)
	s.routes = mux.list
	s.http = logged(opt.Log, s.meter, pseudonym(lim.address), headers(strings.HasPrefix(Base(cfg), "https://"), lim.limit(deadline(cfg.Limits.Timeout, mux.mux))))
	s.ready.Store(true)
	return s, nil
}

// guarded wires the account guard with what stands on it.
func (s *Server) guarded(cfg config.Config, check *contacts.Desk, options *web.Options, programs *api.Options) (err error) {
	if s.policies, err = s.policing(cfg, s.opt); err != nil {
		return err
	}
	if s.accounts, err = s.guard(cfg, s.opt); err != nil {
		return err
	}
	programs.Accounts, programs.Policies, s.probe.log = s.accounts, s.policies, s.accounts.Ping
	options.Accounts, options.Policies, options.Unhurried = s.accounts, s.policies, api.Unhurried
	if own, err := owners(cfg, s.accounts); err != nil {
		return err
	} else if own != nil {
		options.Owners, programs.Owners = own, own
	}
	check.AlsoOrders(orderbook.New(orderbook.Config{Guard: s.accounts, Tenant: access.Tenant(cfg.Reports.Tenant), Store: s.opt.Store, Now: time.Now}))
	if s.replays, err = s.replaying(cfg, s.opt); err != nil {
		return err
	}
	options.Replays, programs.Replays = s.replays, s.replays
	if s.lists, err = lists.New(lists.Config{Guard: s.accounts, Store: s.opt.Store, Now: time.Now}); err != nil {
		return err
	}
	options.Lists, programs.Lists = s.lists, s.lists
	if s.hooks, err = hooks.New(hooks.Config{Guard: s.accounts, Store: s.opt.Store, Now: time.Now, Private: cfg.Accounts.HooksPrivate, Failed: s.warn, Tried: s.meter.posted}); err != nil {
		return err
	}
	s.meter.hooks(s.hooks.Tally)
	options.Hooks, programs.Hooks = s.hooks, s.hooks
	if s.coupling, err = coupling.New(coupling.Config{Guard: s.accounts, Store: s.opt.Store, Now: time.Now, Failed: s.warn}); err != nil {
		return err
	}
	s.reports.Tell(s.coupling)
	options.Couples, programs.Couples = s.coupling, s.coupling
	found, err := leaks.New(leaks.Config{Store: s.opt.Store, Log: s.opt.Events.Log, Data: Knowledge(cfg.Data.Overlay), Key: s.opt.Events.Key, Clear: cfg.Accounts.Clear, Now: time.Now})
	options.Leaks, programs.Leaks = found, found
	return err
}

// deadline bounds the work of one request.
func deadline(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := api.Hurried(r.Context(), d)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// routes is a mux that remembers the patterns of its routes, so that a test can
// ask for a row for each.
type routes struct {
	mux  *http.ServeMux
	list []string
}

// Handle adds a route.
func (r *routes) Handle(pattern string, h http.Handler) {
	r.list = append(r.list, pattern)
	r.mux.Handle(pattern, h)
}

// HandleFunc adds a route.
func (r *routes) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r.Handle(pattern, http.HandlerFunc(h))
}

// describe notes the routes of a path that the API serves by itself.
func (r *routes) describe(path string, methods map[string]bool) {
	for m, there := range methods {
		if there {
			r.list = append(r.list, m+" "+path)
		}
	}
}

func (s *Server) health(mux web.Mux) {
	plain := func(w http.ResponseWriter, code int, text string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text+"\n")
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !s.ready.Load() {
			plain(w, http.StatusServiceUnavailable, "stopping")
			return
		}
		if err := s.probe.check(r.Context(), time.Now()); err != nil {
			s.opt.Log.Warn("not ready: records or events cannot be kept", "cause", err.Error())
			plain(w, http.StatusServiceUnavailable, "not ready: records or events cannot be kept")
			return
		}
		text := "ready"
		if s.accounts != nil {
			if n, _ := s.accounts.Unread(); n > 0 {
				text = fmt.Sprintf("ready; events of %d tenants are refused: their log or policy cannot be read", n)
			}
		}
		plain(w, http.StatusOK, text)
	})
}

// Handler returns the whole server as a handler, for tests.
func (s *Server) Handler() http.Handler { return s.http }

// Run serves until the context ends, then finishes what is under way.
func (s *Server) Run(ctx context.Context) error {
	ln, err := net.Listen("tcp", s.cfg.Server.Address)
	if err != nil {
		return fmt.Errorf("server: listen on %s: %w (set server.address to another port)", s.cfg.Server.Address, err)
	}
	srv := &http.Server{
		Handler: s.http, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
		WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
	}
	stopMetrics, err := s.serveMetrics()
	if err != nil {
		_ = ln.Close()
		return err
	}
	defer stopMetrics()
	s.greet(ln.Addr())
	s.inviteSetUp(ctx)
	stopSweeping := s.sweep(ctx)
	defer stopSweeping()
	defer s.anchor(ctx)()
	s.readLog(ctx)
	if s.coupling != nil {
		defer s.coupling.Start(ctx)()
		defer s.hooks.Start(ctx)()
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("server: %w", err)
	case <-ctx.Done():
	}
	s.ready.Store(false)
	if s.accounts != nil {
		s.accounts.End() // streams would outlast the shutdown
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fmt.Errorf("server: stop: %w", err), s.Close())
	}
	return s.Close()
}

// Close decides and keeps what was taken in, for who never ran the server; Run
// does it by itself.
func (s *Server) Close() error {
	if s.accounts == nil {
		return nil
	}
	return errors.Join(s.replays.Close(), s.accounts.Close())
}

// serveMetrics opens the loopback listener of /metrics. A port in use is no
// reason not to serve people: it is logged.
func (s *Server) serveMetrics() (stop func(), err error) {
	if s.cfg.Server.Metrics == "" {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", s.cfg.Server.Metrics)
	if err != nil {
		s.opt.Log.Warn("metrics are off: the address cannot be listened on", "address", s.cfg.Server.Metrics, "cause", err.Error())
		return func() {}, nil
	}
	srv := &http.Server{Handler: s.meter.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	return func() { _ = srv.Close() }, nil
}

// greet tells a person where to go and what is not there.
func (s *Server) greet(addr net.Addr) {
	if s.opt.Out == nil {
		return
	}
	_, port, _ := net.SplitHostPort(addr.String())
	fmt.Fprintf(s.opt.Out, "\nBonafide %s is ready: http://localhost:%s\n", s.opt.Version, port)
	fmt.Fprintf(s.opt.Out, "  pages   http://localhost:%s/      API  http://localhost:%s/openapi.json\n", port, port)
	if s.cfg.Server.Metrics != "" {
		fmt.Fprintf(s.opt.Out, "  metrics http://%s/metrics (this machine only)\n", s.cfg.Server.Metrics)
	}
	if s.cfg.OCR.Enabled {
		if st := ocrReader(s.cfg.OCR).Available(); !st.OK || len(st.Missing) > 0 {
			fmt.Fprintf(s.opt.Out, "  Screenshots cannot be read yet. This installs what is missing:\n    %s\n", st.Hint)
		}
	}
	if s.opt.Demo && s.accounts != nil {
		fmt.Fprintf(s.opt.Out, "  Account guard: make an API key with event.write at http://localhost:%s/account, then\n    bin/bonafide events data/demo/events.ndjson --server http://localhost:%s --key KEY\n", port, port)
	}
	fmt.Fprintln(s.opt.Out, "  Nothing that people enter for a check is kept. Stop with Ctrl+C.")
}

// Knowledge is the shipped data with the files of an overlay folder over it: a
// file of the same path replaces the shipped one.
func Knowledge(overlay string) fs.FS {
	if overlay == "" {
		return data.FS
	}
	return layered{os.DirFS(overlay), data.FS}
}

// layered looks a file up in the upper file system first.
type layered struct{ upper, lower fs.FS }

// Open opens the upper file of that name if there is one.
func (l layered) Open(name string) (fs.File, error) {
	f, err := l.upper.Open(name)
	if err != nil {
		return l.lower.Open(name)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return l.lower.Open(name)
	}
	return f, nil
}

// Glob finds the files of both.
func (l layered) Glob(pattern string) ([]string, error) {
	seen := map[string]bool{}
	for _, sys := range []fs.FS{l.lower, l.upper} {
		names, err := fs.Glob(sys, pattern)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			seen[path.Clean(n)] = true
		}
	}
	out := make([]string, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	sort.Strings(out)
	return out, nil
}
