package dns

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A second process with the same file asks nothing, until the answers are too
// old; without servers what is not kept cannot be answered now.
func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.ndjson")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	open := func() *Store {
		t.Helper()
		s, err := OpenStore(StoreConfig{Path: path, Keep: 24 * time.Hour, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := newServer(t, standard(t))
	resolver := func() *Resolver {
		return testResolver(t, func(c *Config) { c.Store, c.Now = open(), clock }, s.addr)
	}
	all := func(r *Resolver) {
		t.Helper()
		if got, err := r.LookupTXT(ctx, "s1._domainkey.example.org"); err != nil || !cmp.Equal(got, []string{"v=DKIM1; p=AAAA"}) {
			t.Errorf("TXT: got %q, %v", got, err)
		}
		if mx, err := r.LookupMX(ctx, "example.org"); err != nil || len(mx) != 2 || mx[0].Host != "a.example.org." {
			t.Errorf("MX: got %v, %v", mx, err)
		}
		if ips, err := r.LookupIPAddr(ctx, "a.example.org"); err != nil || len(ips) != 2 || ips[1].String() != "2001:db8::1" {
			t.Errorf("addresses: got %v, %v", ips, err)
		}
		if names, err := r.LookupAddr(ctx, "192.0.2.1"); err != nil || !cmp.Equal(names, []string{"a.example.org."}) {
			t.Errorf("PTR: got %v, %v", names, err)
		}
		if _, err := r.LookupTXT(ctx, "none.example.org"); !isNotFound(err) {
			t.Errorf("no record: got %v", err)
		}
	}
	first := resolver()
	all(first)
	asked := first.Stats().Asked
	if asked != 6 {
		t.Errorf("the first asks %d questions: want 6", asked)
	}
	second := resolver()
	all(second)
	if got := second.Stats(); got.Asked != 0 || got.Hits != 6 {
		t.Errorf("the second: %+v: want no question and 6 hits", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v: want it readable by its owner alone", info.Mode(), err)
	}
	offline, err := New(Config{Store: open(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	all(offline)
	var unknown *net.DNSError
	if _, err := offline.LookupTXT(ctx, "other.example.org"); !asDNS(err, &unknown) || unknown.IsNotFound || !unknown.IsTemporary {
		t.Errorf("not kept, no server: got %v: want an error that may pass", err)
	}
	now = now.Add(2 * time.Hour) // that there is none is kept for an hour
	third := resolver()
	all(third)
	if got := third.Stats(); got.Asked != 1 {
		t.Errorf("two hours later: %+v: want one question", got)
	}
	now = now.Add(23 * time.Hour)
	if last := open(); len(last.byKey) > 1 {
		t.Errorf("a day later %d answers are left", len(last.byKey))
	}
}

func asDNS(err error, to **net.DNSError) bool {
	e, ok := err.(*net.DNSError)
	*to = e
	return ok
}

// Whatever stands in the file, it is read or left out; it never fails a check.
func TestStoreFile(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const good = `{"name":"a.example.org","type":"TXT","asked":"2026-11-22T11:00:00Z","text":["x"]}`
	for name, tt := range map[string]struct {
		text string
		want int
	}{
		"good":                     {good + "\n", 1},
		"no line end":              {good, 1},
		"the later line":           {good + "\n" + strings.Replace(good, `"x"`, `"y"`, 1) + "\n", 1},
		"half a line":              {good + "\n" + good[:40], 1},
		"not JSON":                 {"hello\n" + good + "\n", 1},
		"too old":                  {strings.Replace(good, "11-22", "11-20", 1), 0},
		"of the future":            {strings.Replace(good, "11-22", "11-29", 1), 0},
		"without a time":           {strings.Replace(good, `"asked":"2026-11-22T11:00:00Z",`, "", 1), 0},
		"a type that is not asked": {strings.Replace(good, "TXT", "SOA", 1), 0},
		"a name that is none":      {strings.Replace(good, "a.example.org", "a b/c", 1), 0},
		"a long line":              {good + "\n" + strings.Repeat("x", 2<<20), 1},
		"empty":                    {"", 0},
	} {
		path := filepath.Join(t.TempDir(), "cache.ndjson")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		conf := StoreConfig{Path: path, Now: func() time.Time { return now }}
		s, err := OpenStore(conf)
		if err != nil || len(s.byKey) != tt.want {
			t.Errorf("%s: %d answers, %v: want %d", name, len(s.byKey), err, tt.want)
			continue
		}
		again, err := OpenStore(conf)
		if err != nil || len(again.byKey) != tt.want {
			t.Errorf("%s: written anew %d answers, %v: want %d", name, len(again.byKey), err, tt.want)
		}
		if name == "the later line" {
			if a, _ := again.get(question{"a.example.org", kinds()["TXT"]}); !cmp.Equal(a.texts, []string{"y"}) {
				t.Errorf("%s: got %q", name, a.texts)
			}
		}
	}
	for _, bad := range []StoreConfig{{}, {Path: t.TempDir()}, {Path: filepath.Join(t.TempDir(), "none", "x")}, {Path: "x", Keep: -1}} {
		if _, err := OpenStore(bad); err == nil {
			t.Errorf("%+v is taken: want an error", bad)
		}
	}
}
