package orders

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/contact"
	"bonafide/contact/record"
	"bonafide/ident"
)

func records(t testing.TB) *record.Records {
	t.Helper()
	r, err := record.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

const ordersCSV = `order id,account,phone,placed at,item,total,currency
112-1,acc-son,+4930555010,2026-11-20 10:00,City bicycle,199.99,EUR
112-2,acc-son,+4930555010,2026-10-20 10:00,Helmet,29.99,EUR
112-3,acc-x,+4930555099,2026-11-20 10:00,Secret,9.99,EUR
112-4,,,2026-11-20 10:00,Nobody's,9.99,EUR
`

const registerNDJSON = `{"covers":{"channel":"call","brand":"shop","from":"2026-11-01T00:00:00Z","until":"2026-11-21T00:00:00Z"}}
{"channel":"call","at":"2026-11-20T16:00:00Z","to":"+4930555010","from":"+49305550199"}
{"channel":"call","at":"2026-11-20T16:00:00Z","to":"+4930555099","from":"+49305550199"}
{"channel":"call","at":"2026-11-10T16:00:00Z","to":"+4930555010","from":"+49305550199"}
`

func write(t testing.TB, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func files(t testing.TB) *Files {
	t.Helper()
	f, err := OpenFiles(FilesConfig{Records: records(t), Orders: []string{write(t, "orders.csv", ordersCSV)}, Register: []string{write(t, "register.ndjson", registerNDJSON)}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shop is a server that answers from files, as a shop would, and checks the key.
func shop(t testing.TB, f *Files) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret-key" || r.Method != http.MethodGet {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		q := r.URL.Query()
		var answer any
		switch r.URL.Path {
		case "/v1/orders":
			p := record.Person{Account: q.Get("account")}
			for _, n := range q["phone"] {
				p.Phones = append(p.Phones, ident.Phone(n))
			}
			since, _ := time.Parse(time.RFC3339, q.Get("since"))
			list, err := f.Orders(r.Context(), Query{Person: p, Since: since})
			if err != nil {
				t.Error(err)
			}
			answer = map[string]any{"orders": list}
		case "/v1/contacts":
			from, _ := time.Parse(time.RFC3339, q.Get("from"))
			until, _ := time.Parse(time.RFC3339, q.Get("until"))
			book, err := f.Contacts(r.Context(), ContactQuery{To: q["to"], From: from, Until: until})
			if err != nil {
				t.Error(err)
			}
			answer = book
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func lookup(t testing.TB, url string, change func(*LookupConfig)) *Lookup {
	t.Helper()
	cfg := LookupConfig{Records: records(t), URL: url, Key: "secret-key"}
	if change != nil {
		change(&cfg)
	}
	l, err := NewLookup(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestContract runs over every implementation.
func TestContract(t *testing.T) {
	f := files(t)
	srv := shop(t, f)
	for name, b := range map[string]interface {
		Source
		Register
	}{"files": f, "lookup": lookup(t, srv.URL+"/v1", nil)} {
		t.Run(name, func(t *testing.T) { contract(t, b) })
	}
}

func contract(t *testing.T, b interface {
	Source
	Register
}) {
	ctx := context.Background()
	parent := record.Person{Account: "acc-parent", Phones: []ident.Phone{"+4930555010"}}
	list, err := b.Orders(ctx, Query{Person: parent})
	if err != nil || len(list) != 2 || list[0].ID != "112-1" || list[0].Household != record.SamePhone {
		t.Errorf("orders by the same phone: %+v, %v; want two, latest first, with the tie", list, err)
	}
	if list, err := b.Orders(ctx, Query{Person: parent, Since: at("2026-11-01 00:00")}); err != nil || len(list) != 1 {
		t.Errorf("since November: %d orders, %v; want 1", len(list), err)
	}
	if list, err := b.Orders(ctx, Query{Person: parent, Limit: 1}); err != nil || len(list) != 1 {
		t.Errorf("limit 1: %d orders, %v", len(list), err)
	}
	if list, err := b.Orders(ctx, Query{Person: record.Person{Account: "acc-none"}}); err != nil || list == nil || len(list) != 0 {
		t.Errorf("person without orders: %v, %v; want an empty list that is not nil", list, err)
	}
	if _, err := b.Orders(ctx, Query{}); !errors.Is(err, ErrNobody) {
		t.Errorf("query for nobody: %v, want ErrNobody", err)
	}
	q := ContactQuery{To: []string{"+49 30 555010"}, From: at("2026-11-20 15:00"), Until: at("2026-11-20 17:00")}
	book, err := b.Contacts(ctx, q)
	if err != nil || len(book.Entries) != 1 || len(book.Covers) != 1 {
		t.Errorf("contacts: %+v, %v; want one entry of this person and the coverage", book, err)
	}
	if _, err := b.Contacts(ctx, ContactQuery{From: q.From, Until: q.Until}); !errors.Is(err, ErrNobody) {
		t.Errorf("contacts of nobody: %v, want ErrNobody", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := b.Orders(ended, Query{Person: parent}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v, want context.Canceled", err)
	}
}

// TestToFindings goes from the files to what is said.
func TestToFindings(t *testing.T) {
	f, r := files(t), records(t)
	cl := record.Claim{Channel: contact.Call, Brand: "shop", At: at("2026-11-20 16:05"), To: []string{"+4930555010"}, From: "+49305550199"}
	from, until := r.Span(cl)
	book, err := f.Contacts(context.Background(), ContactQuery{To: cl.To, From: from, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	fs := r.Findings(record.Question{Channel: cl.Channel, At: cl.At, Claim: cl, Book: &book})
	if len(fs) != 1 || fs[0].Code != "outbound_match" {
		t.Errorf("findings %v, want outbound_match", fs)
	}
}

func TestReload(t *testing.T) {
	path := write(t, "orders.csv", ordersCSV)
	f, err := OpenFiles(FilesConfig{Records: records(t), Orders: []string{path}, Check: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	person := record.Person{Account: "acc-x"}
	count := func() int {
		list, err := f.Orders(context.Background(), Query{Person: person})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := count(); n != 1 {
		t.Fatalf("%d orders at first, want 1", n)
	}
	change := func(text string, age time.Duration) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	change(ordersCSV+"112-5,acc-x,,2026-11-21 10:00,New,1.00,EUR\n", time.Second)
	if n := count(); n != 2 || f.Status().Orders != 5 {
		t.Errorf("%d orders after a change, status %+v; want 2 of 5", n, f.Status())
	}
	change("colour,size\n", 2*time.Second)
	if n := count(); n != 2 || f.Status().Err == nil {
		t.Errorf("%d orders with a broken file, status %+v; want the old ones and an error", n, f.Status())
	}
	change(ordersCSV, 3*time.Second)
	if n := count(); n != 1 || f.Status().Err != nil {
		t.Errorf("%d orders after repair, error %v; want 1, none", n, f.Status().Err)
	}
}

func TestOpenFilesRefuses(t *testing.T) {
	for name, cfg := range map[string]FilesConfig{
		"missing": {Orders: []string{"/nowhere/private/orders.csv"}},
		"folder":  {Orders: []string{t.TempDir()}},
		"columns": {Register: []string{write(t, "r.csv", "a,b\n1,2\n")}},
		"tables":  {},
	} {
		if name != "tables" {
			cfg.Records = records(t)
		}
		if _, err := OpenFiles(cfg); err == nil || strings.Contains(err.Error(), "/nowhere/") {
			t.Errorf("%s: %v, want an error without the path", name, err)
		}
	}
}

func TestCoverageUntilWritten(t *testing.T) {
	path := write(t, "r.ndjson", registerNDJSON)
	written := at("2026-11-21 12:00")
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFiles(FilesConfig{Records: records(t), Register: []string{path}, Covers: []record.Coverage{{Channel: contact.SMS, From: at("2026-11-01 00:00")}}})
	if err != nil {
		t.Fatal(err)
	}
	book, err := f.Contacts(context.Background(), ContactQuery{To: []string{"x@example.org"}})
	if err != nil || len(book.Covers) != 2 || !book.Covers[1].Until.Equal(written) {
		t.Errorf("covers %+v, %v: want the time at which the file was written", book.Covers, err)
	}
}

func TestLookupErrors(t *testing.T) {
	person := record.Person{Phones: []ident.Phone{"+4930555010"}}
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want error
	}{
		"key":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, ErrRefused},
		"down": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, ErrUnavailable},
		"redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://x.example")
			w.WriteHeader(302)
		}, ErrUnavailable},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, ErrUnavailable},
		"long":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat(" ", 5000))) }, ErrUnavailable},
		"slow":    {func(http.ResponseWriter, *http.Request) { time.Sleep(200 * time.Millisecond) }, context.DeadlineExceeded},
	} {
		srv := httptest.NewServer(tc.h)
		l := lookup(t, srv.URL, func(c *LookupConfig) { c.MaxAnswer = 1000; c.Timeout = 100 * time.Millisecond })
		_, err := l.Orders(context.Background(), Query{Person: person})
		if !errors.Is(err, tc.want) || strings.Contains(err.Error(), "555010") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %v without the person's number", name, err, tc.want)
		}
		srv.Close()
	}
}

func TestLookupDropsStrangers(t *testing.T) {
	var query string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		if r.URL.Path == "/contacts" {
			_, _ = w.Write([]byte(`{"entries":[{"channel":"call","at":"2026-11-20T16:00:00Z","to":"+4930555099"}]}`))
			return
		}
		_, _ = w.Write([]byte(`[{"id":"1","placed_at":"2026-11-20T10:00:00Z","holder":{"account":"somebody"}},{"id":"2","placed_at":"2026-11-20T10:00:00Z","holder":{"phones":["+49 30 555010"]}},{"id":"3","placed_at":"2026-11-20T10:00:00Z"}]`))
	}))
	defer srv.Close()
	l := lookup(t, srv.URL, func(c *LookupConfig) { c.HashKey = []byte("key") })
	list, err := l.Orders(context.Background(), Query{Person: record.Person{Phones: []ident.Phone{"+4930555010"}}})
	if err != nil || len(list) != 2 || list[0].ID != "2" || list[1].ID != "3" {
		t.Errorf("orders %+v, %v: want those of the person and those without a holder", list, err)
	}
	if strings.Contains(query, "555010") {
		t.Errorf("the query %s shows the number", query)
	}
	book, err := l.Contacts(context.Background(), ContactQuery{To: []string{"+4930555010"}, From: at("2026-11-20 00:00"), Until: at("2026-11-21 00:00")})
	if err != nil || len(book.Entries) != 0 {
		t.Errorf("contacts %+v, %v: want none of another receiver", book, err)
	}
}

func TestLookupConfig(t *testing.T) {
	for _, u := range []string{"", "shop.example", "http://shop.example", "ftp://shop.example", "https://u:pw@shop.example"} {
		if _, err := NewLookup(LookupConfig{Records: records(t), URL: u}); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("address %q: %v, want a refusal without its content", u, err)
		}
	}
}
