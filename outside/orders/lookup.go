package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bonafide/contact/record"
	"bonafide/outside/local"
)

// LookupConfig says where a shop answers. Zero values mean the default.
type LookupConfig struct {
	// Records reads the answers; needed.
	Records *record.Records
	// URL is the base address; "/orders" and "/contacts" stand below it. Plain
	// http is accepted for loopback only, unless AllowPlain.
	URL        string
	AllowPlain bool
	// Key is sent as bearer token; empty for none.
	Key string
	// HashKey, if set, hides receivers from the shop's access logs: addresses
	// are sent as record.Hash gives them.
	HashKey []byte
	// Timeout ends one lookup; default 5 s.
	Timeout time.Duration
	// MaxAnswer is the size of an answer; default 4 MiB.
	MaxAnswer int64
	// Client sends the requests; default a client of its own that follows no
	// redirects.
	Client *http.Client
}

// Lookup asks a shop's lookup address:
//
//	GET {base}/orders?account=…&phone=…&mail=…&address=…&household=…&business=…&since=…&limit=…
//	GET {base}/contacts?to=…&from=…&until=…
//
// The answers are JSON: orders as an array of record.Order or an object with
// the array "orders"; contacts as record.Book. 204 means none. Times are RFC
// 3339. It is safe for concurrent use and keeps nothing.
type Lookup struct {
	cfg  LookupConfig
	base *url.URL
}

// NewLookup makes a client and checks its configuration.
func NewLookup(cfg LookupConfig) (*Lookup, error) {
	if cfg.Records == nil {
		return nil, errors.New("orders: lookup: the tables of contact/record are missing")
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("orders: address of the shop's lookup: want https://host/path, without user and password")
	}
	if u.Scheme == "http" && !cfg.AllowPlain && !local.Host(u.Hostname()) {
		return nil, errors.New("orders: address of the shop's lookup is http on another machine: use https, or allow plain http for a private network")
	}
	u.RawQuery, u.Fragment = "", ""
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.MaxAnswer <= 0 {
		cfg.MaxAnswer = 4 << 20
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Lookup{cfg: cfg, base: u}, nil
}

// Orders implements Source. Orders whose holder is named and is not tied to the
// person are left out, whatever the shop answers.
func (l *Lookup) Orders(ctx context.Context, q Query) ([]record.Order, error) {
	if q.Person.IsZero() {
		return nil, ErrNobody
	}
	v := url.Values{}
	p := q.Person
	set(v, "account", p.Account)
	set(v, "household", p.Household)
	set(v, "business", p.Business)
	for _, n := range p.Phones {
		v.Add("phone", l.hidden(string(n)))
	}
	for _, m := range p.Mails {
		v.Add("mail", l.hidden(m.String()))
	}
	for _, a := range p.Addresses {
		v.Add("address", l.hidden(a))
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	b, err := l.get(ctx, "orders", v)
	if err != nil {
		return nil, err
	}
	list, _, err := l.cfg.Records.ReadOrders(bytes.NewReader(unwrapOrders(b)), record.Limits{Bytes: l.cfg.MaxAnswer, Rows: 10 * maxOrders})
	if err != nil {
		return nil, fmt.Errorf("orders: answer of the lookup: %w: %w", ErrUnavailable, err)
	}
	kept := make([]record.Order, 0, len(list))
	for _, o := range list {
		if o.Holder.IsZero() {
			kept = append(kept, o)
		} else if tie, ok := p.Tied(o.Holder); ok {
			o.Household = tie
			kept = append(kept, o)
		}
	}
	return pick(kept, q), nil
}

// unwrapOrders takes the array out of {"orders": […]}.
func unwrapOrders(b []byte) []byte {
	var env struct {
		Orders json.RawMessage `json:"orders"`
	}
	if t := bytes.TrimSpace(b); len(t) > 0 && t[0] == '{' && json.Unmarshal(t, &env) == nil && len(env.Orders) > 0 {
		return env.Orders
	}
	return b
}

// Contacts implements Register. Entries for other receivers are left out,
// whatever the shop answers.
func (l *Lookup) Contacts(ctx context.Context, q ContactQuery) (record.Book, error) {
	if len(q.To) == 0 {
		return record.Book{}, ErrNobody
	}
	v := url.Values{}
	for _, to := range q.To {
		v.Add("to", l.hidden(to))
	}
	v.Set("from", q.From.UTC().Format(time.RFC3339))
	v.Set("until", q.Until.UTC().Format(time.RFC3339))
	b, err := l.get(ctx, "contacts", v)
	if err != nil || len(b) == 0 {
		return record.Book{}, err
	}
	var book record.Book
	if err := json.Unmarshal(b, &book); err != nil {
		return record.Book{}, fmt.Errorf("orders: answer of the lookup is no register: %w", ErrUnavailable)
	}
	return book.For(q.To, l.cfg.HashKey, q.From, q.Until), nil
}

func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

func (l *Lookup) hidden(s string) string {
	if len(l.cfg.HashKey) == 0 {
		return s
	}
	return record.Hash(l.cfg.HashKey, s)
}

// get asks and returns the bounded answer; nil for 204.
func (l *Lookup) get(ctx context.Context, what string, v url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Timeout)
	defer cancel()
	u := l.base.JoinPath(what)
	u.RawQuery = v.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("orders: ask for %s: %w", what, ErrUnavailable)
	}
	req.Header.Set("Accept", "application/json")
	if l.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+l.cfg.Key)
	}
	resp, err := l.cfg.Client.Do(req)
	if err != nil {
		// The error of net/http quotes the address with the person's number.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, fmt.Errorf("orders: ask for %s: %w: %w", what, ErrUnavailable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNoContent:
		return nil, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("orders: ask for %s: %w", what, ErrRefused)
	default:
		return nil, fmt.Errorf("orders: ask for %s: status %d: %w", what, resp.StatusCode, ErrUnavailable)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, l.cfg.MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("orders: read the answer: %w: %w", ErrUnavailable, err)
	}
	if int64(len(b)) > l.cfg.MaxAnswer {
		return nil, fmt.Errorf("orders: answer of more than %d bytes: %w", l.cfg.MaxAnswer, ErrUnavailable)
	}
	return b, nil
}
