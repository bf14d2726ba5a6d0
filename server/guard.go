package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"bonafide/access"
)

// contentPolicy allows nothing but our own files: no inline script or style,
// no third party, no frame, no form to elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; font-src 'self'; " +
	"form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// headers sets the security headers of every answer (OWASP Secure Headers).
// https: people reach the server by https, maybe through a proxy.
func headers(https bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if https || r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if !strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

type requestID struct{}

// RequestID returns the id of the request that a context belongs to.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
	size int64
}

// WriteHeader remembers the status.
func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Write counts the bytes.
func (s *status) Write(b []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	n, err := s.ResponseWriter.Write(b)
	s.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// logged gives every request an id, logs one line without personal data (no
// address, no query, no body), counts it, and turns a panic into a 500.
//
// What was refused for who asks, or for asking too often, is a warning of its
// own kind, with a pseudonym of where it came from.
func logged(log *slog.Logger, m *metrics, from func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		_, _ = rand.Read(raw[:])
		id := hex.EncodeToString(raw[:])
		w.Header().Set("X-Request-Id", id)
		s := &status{ResponseWriter: w}
		start := time.Now()
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.Error("panic", "request_id", id, "path", route(r), "cause", p, "stack", string(debug.Stack()))
				if s.code == 0 {
					http.Error(s, "Internal error. The request id helps to find it: "+id, http.StatusInternalServerError)
				}
			}
			took := time.Since(start)
			m.request(route(r), r.Method, s.code, took)
			log.Info("request", "request_id", id, "method", r.Method, "path", route(r), "status", s.code,
				"bytes", s.size, "ms", took.Milliseconds())
			if what := refusal(s.code); what != "" {
				log.Warn("security", "event", what, "request_id", id, "method", r.Method, "path", route(r), "status", s.code, "from", from(r))
			}
		}()
		next.ServeHTTP(s, r.WithContext(context.WithValue(r.Context(), requestID{}, id)))
	})
}

// refusal names what a status says about who asks; "" when nothing.
func refusal(code int) string {
	switch code {
	case http.StatusUnauthorized:
		return "key refused"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusTooManyRequests:
		return "too many"
	case http.StatusRequestEntityTooLarge:
		return "too large"
	}
	return ""
}

// pseudonym names the network that a client is in, so that what comes from one
// place can be seen together while the server runs: a keyed hash whose key is
// drawn at each start and kept nowhere.
func pseudonym(address func(*http.Request) string) func(*http.Request) string {
	var key [32]byte
	_, _ = rand.Read(key[:])
	return func(r *http.Request) string {
		network := address(r)
		if a, err := netip.ParseAddr(network); err == nil {
			network = access.Network(a)
		}
		mac := hmac.New(sha256.New, key[:])
		_, _ = mac.Write([]byte(network))
		return hex.EncodeToString(mac.Sum(nil)[:6])
	}
}

// route is the path as it may be logged and counted: one of our own, so that
// nothing that a stranger puts into a path reaches a log or a metric.
func route(r *http.Request) string {
	for _, known := range []string{"/v1/contacts/check", "/v1/brands", "/v1/receivers", "/v1/facts", "/v1/situations", "/v1/key", "/v1/reports", "/v1/events", "/v1/decisions", "/v1/accounts", "/v1/policies", "/v1/replays", "/v1/privacy", "/v1/lists", "/v1/leaks", "/v1/webhooks", "/static",
		"/check", "/share", "/report", "/now", "/call", "/helper", "/done", "/about", "/facts", "/receivers", "/brands", "/country",
		"/setup", "/login", "/logout", "/begin", "/confirm", "/account", "/people", "/reports", "/report-this",
		"/audit", "/system", "/decisions", "/accounts", "/mine", "/v1/mine", "/policies", "/privacy", "/replays", "/leaks", "/lists", "/webhooks", "/settings", "/styleguide", "/styleguide.css",
		"/openapi.json", "/openapi.yaml", "/healthz", "/readyz", "/manifest.webmanifest", "/sw.js"} {
		if r.URL.Path == known || strings.HasPrefix(r.URL.Path, known+"/") {
			return known
		}
	}
	if r.URL.Path == "/" {
		return "/"
	}
	return "other"
}

// limiter bounds how many checks one client address starts in a minute and how
// many run at the same time. Addresses are kept in memory only, as long as
// they matter.
type limiter struct {
	perMinute  int
	proxies    int
	slots      chan struct{}
	programs   chan struct{}
	mu         sync.Mutex
	clients    map[string]*client // guarded by mu
	lastSwept  time.Time          // guarded by mu
	maxClients int
}

type client struct {
	lim  *rate.Limiter
	seen time.Time
}

func newLimiter(perMinute, concurrent, proxies int) *limiter {
	return &limiter{perMinute: perMinute, proxies: proxies, slots: make(chan struct{}, concurrent),
		programs: make(chan struct{}, atOnce), clients: map[string]*client{}, maxClients: 100_000}
}

// allow reports whether a client may start a check now.
func (l *limiter) allow(addr string, now time.Time) bool {
	if l.perMinute == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if since := now.Sub(l.lastSwept); since > time.Minute || len(l.clients) >= l.maxClients && since > time.Second {
		for a, c := range l.clients {
			if now.Sub(c.seen) > 2*time.Minute {
				delete(l.clients, a)
			}
		}
		l.lastSwept = now
	}
	c := l.clients[addr]
	if c == nil {
		if len(l.clients) >= l.maxClients {
			return false
		}
		c = &client{lim: rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), max(l.perMinute/2, 1))}
		l.clients[addr] = c
	}
	c.seen = now
	return c.lim.AllowN(now, 1)
}

// address is the client's address: a /64 for IPv6, so that one connection does
// not count as many clients. Each trusted proxy adds whom it heard from, to the
// last X-Forwarded-For line or as a line of its own (RFC 9110 5.3 makes both one
// list); what stands before was written by whoever asked. Where the list is too
// short or holds no address there, the connection's own address counts.
func (l *limiter) address(r *http.Request) string {
	from, own := hop(r.RemoteAddr)
	if l.proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(hops) - l.proxies; i >= 0 {
			if told, ok := hop(strings.TrimSpace(hops[i])); ok {
				from, own = told, true
			}
		}
	}
	switch {
	case !own:
		return r.RemoteAddr
	case from.Is6():
		return netip.PrefixFrom(from, 64).Masked().Addr().String()
	default:
		return from.String()
	}
}

// hop reads an address, with or without a port.
func hop(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		with, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = with.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// limit guards the requests that cost something: every POST.
func (l *limiter) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		if keyed(r.URL.Path) {
			l.program(w, r, next)
			return
		}
		if !l.allow(l.address(r), time.Now()) {
			w.Header().Set("Retry-After", "30")
			refuse(w, r, http.StatusTooManyRequests, "Too many checks from this address. Please wait half a minute and try again.")
			return
		}
		select {
		case l.slots <- struct{}{}:
			defer func() { <-l.slots }()
		case <-time.After(5 * time.Second):
			w.Header().Set("Retry-After", "5")
			refuse(w, r, http.StatusServiceUnavailable, "The server is busy. Please try again in a few seconds.")
			return
		case <-r.Context().Done():
			return
		}
		next.ServeHTTP(w, r)
	})
}

// keyed tells that a path is for programs with a key, which send many at a time.
func keyed(path string) bool {
	return path == "/v1/events" || strings.HasPrefix(path, "/v1/decisions/") || strings.HasPrefix(path, "/v1/lists/")
}

// atOnce is how many requests of programs are at work at the same time.
const atOnce = 256

// program bounds programs by how many are at work, not by their addresses.
func (l *limiter) program(w http.ResponseWriter, r *http.Request, next http.Handler) {
	select {
	case l.programs <- struct{}{}:
		defer func() { <-l.programs }()
		next.ServeHTTP(w, r)
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, r, http.StatusTooManyRequests, "Too many requests at the same time. Please send many events in one, or try again in a second.")
	}
}

// refuse answers in the form that the caller reads: problem+json for the API,
// text for people.
func refuse(w http.ResponseWriter, r *http.Request, code int, text string) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"title":"` + http.StatusText(code) + `","status":` + itoa(code) + `,"detail":"` + text + `"}` + "\n"))
		return
	}
	http.Error(w, text, code)
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}
