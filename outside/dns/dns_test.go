package dns

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"bonafide/contact/mailauth"
)

var (
	_ mailauth.Resolver = (*Resolver)(nil)
	_ mailauth.Resolver = (*Message)(nil)
	_ mailauth.Resolver = (*Zone)(nil)
)

var ctx = context.Background()

func TestOffUnlessSwitchedOn(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("the zero Config makes a resolver that asks: want an error")
	}
	if _, err := New(Config{Servers: []string{"dns.example.org"}}); err == nil {
		t.Error("a server that is a name is taken: want an error")
	}
}

func TestLookups(t *testing.T) {
	s := newServer(t, standard(t))
	r := testResolver(t, nil, s.addr)
	got, err := r.LookupTXT(ctx, "S1._domainkey.Example.org.")
	if err != nil || !cmp.Equal(got, []string{"v=DKIM1; p=AAAA"}) {
		t.Errorf("TXT: got %q, %v", got, err)
	}
	got, err = r.LookupTXT(ctx, "alias.example.org")
	if err != nil || !cmp.Equal(got, []string{"this"}) {
		t.Errorf("TXT behind an alias: got %q, %v", got, err)
	}
	mx, err := r.LookupMX(ctx, "example.org")
	if err != nil || len(mx) != 2 || mx[0].Host != "a.example.org." || mx[0].Pref != 10 {
		t.Errorf("MX: got %v, %v", mx, err)
	}
	ips, err := r.LookupIPAddr(ctx, "a.example.org")
	if err != nil || len(ips) != 2 || ips[0].String() != "192.0.2.1" || ips[1].String() != "2001:db8::1" {
		t.Errorf("addresses: got %v, %v", ips, err)
	}
	names, err := r.LookupAddr(ctx, "192.0.2.1")
	if err != nil || !cmp.Equal(names, []string{"a.example.org."}) {
		t.Errorf("PTR: got %v, %v", names, err)
	}
}

func TestLongAnswerOverTCP(t *testing.T) {
	s := newServer(t, standard(t))
	r := testResolver(t, nil, s.addr)
	got, err := r.LookupTXT(ctx, "long.example.org")
	if err != nil || len(got) != 1 || len(got[0]) != 510 {
		t.Errorf("got %q, %v: want one text of 510 bytes", got, err)
	}
	if s.tcpAsked.Load() != 1 {
		t.Errorf("asked over TCP %d times: want once", s.tcpAsked.Load())
	}
}

func TestErrorKinds(t *testing.T) {
	s := newServer(t, standard(t))
	r := testResolver(t, nil, s.addr)
	for name, temporary := range map[string]bool{"none.example.org": false, "broken.example.org": true, "silent.example.org": true} {
		_, err := r.LookupTXT(ctx, name)
		var dns *net.DNSError
		if !errors.As(err, &dns) || dns.IsTemporary != temporary || dns.IsNotFound == temporary {
			t.Errorf("%s: got %v: want temporary %v", name, err, temporary)
		}
		if err != nil && strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error names the question: %v", name, err)
		}
	}
}

func TestSecondServer(t *testing.T) {
	good := newServer(t, standard(t))
	bad := newServer(t, func(q dnsmessage.Question, id uint16, _ bool) []byte {
		return message(t, id, q, dnsmessage.RCodeRefused, false)
	})
	r := testResolver(t, nil, bad.addr, good.addr)
	if _, err := r.LookupTXT(ctx, "s1._domainkey.example.org"); err != nil {
		t.Errorf("the second server was not asked: %v", err)
	}
}

func TestForeignAnswersArePassedOver(t *testing.T) {
	var asked atomic.Int32
	s := newServer(t, func(q dnsmessage.Question, id uint16, _ bool) []byte {
		forged := q
		if asked.Add(1) == 1 {
			forged.Name = dnsmessage.MustNewName("evil.example.")
			return message(t, id, forged, dnsmessage.RCodeSuccess, false, txt("evil.example.", 60, "forged"))
		}
		return message(t, id^1, q, dnsmessage.RCodeSuccess, false, txt(q.Name.String(), 60, "forged"))
	})
	r := testResolver(t, func(c *Config) { c.Timeout = 50 * time.Millisecond }, s.addr)
	if got, err := r.LookupTXT(ctx, "s1._domainkey.example.org"); err == nil {
		t.Errorf("an answer to another question or id was taken: %q", got)
	}
}

func TestOnlyPlainNames(t *testing.T) {
	s := newServer(t, standard(t))
	r := testResolver(t, nil, s.addr)
	for _, name := range []string{
		"", ".", "localhost", "example", "a..example.org", "192.0.2.1", "a b.example.org", "a/b.example.org",
		"x.local", "x.onion", "ä.example.org", strings.Repeat("a", 64) + ".example.org",
		strings.Repeat("a.", 130) + "example.org", "host.example.org:53", "a@example.org", "a.example.org\x00",
	} {
		if _, err := r.LookupTXT(ctx, name); !isNotFound(err) {
			t.Errorf("%q: got %v: want not found", name, err)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("%d questions left the house", n)
	}
}

func TestCache(t *testing.T) {
	s := newServer(t, standard(t))
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	r := testResolver(t, func(c *Config) { c.Now = func() time.Time { return now }; c.CacheSize = 2 }, s.addr)
	ask := func(name string, want int64) {
		t.Helper()
		r.LookupTXT(ctx, name)
		if got := s.asked.Load(); got != want {
			t.Fatalf("%s: %d questions so far: want %d", name, got, want)
		}
	}
	ask("s1._domainkey.example.org", 1)
	ask("s1._domainkey.example.org", 1)
	now = now.Add(59 * time.Second)
	ask("s1._domainkey.example.org", 1)
	now = now.Add(time.Second) // its TTL is 60 s
	ask("s1._domainkey.example.org", 2)
	ask("none.example.org", 3)
	now = now.Add(119 * time.Second)
	ask("none.example.org", 3)
	now = now.Add(time.Second) // the SOA says 120 s
	ask("none.example.org", 4)
	ask("alias.example.org", 5)
	ask("s1._domainkey.example.org", 6)
	ask("none.example.org", 7) // pushed out: room for two only
	if st := r.Stats(); st.Hits != 3 || st.Asked != 7 {
		t.Errorf("stats %+v: want 3 hits, 7 asked", st)
	}
}

func TestTTLIsBounded(t *testing.T) {
	r := testResolver(t, nil, "127.0.0.1")
	if got := r.keep(answer{state: found, ttl: 1000 * time.Hour}); got != time.Hour {
		t.Errorf("an answer is kept %v: want at most an hour", got)
	}
	if got := r.keep(answer{state: missing, ttl: time.Hour}); got != 5*time.Minute {
		t.Errorf("a negative answer is kept %v: want at most five minutes", got)
	}
}

func TestOneQuestionAtATime(t *testing.T) {
	release := make(chan struct{})
	inner := standard(t)
	s := newServer(t, func(q dnsmessage.Question, id uint16, tcp bool) []byte { <-release; return inner(q, id, tcp) })
	r := testResolver(t, func(c *Config) { c.Timeout = 5 * time.Second }, s.addr)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := r.LookupTXT(ctx, "s1._domainkey.example.org"); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	close(release)
	wg.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times: want once for all", n)
	}
}

func TestGivingUpDoesNotWait(t *testing.T) {
	s := newServer(t, func(dnsmessage.Question, uint16, bool) []byte { return nil })
	r := testResolver(t, func(c *Config) { c.Timeout = time.Second; c.Attempts = 1 }, s.addr)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := r.LookupTXT(short, "silent.example.org")
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsTimeout || time.Since(start) > 30*time.Second {
		t.Errorf("got %v after %v: want a timeout at once", err, time.Since(start))
	}
}

func TestPerMessageBound(t *testing.T) {
	s := newServer(t, standard(t))
	r := testResolver(t, func(c *Config) { c.MaxPerMessage = 3 }, s.addr)
	m := r.ForMessage()
	for i := range 5 {
		_, err := m.LookupTXT(ctx, "s1._domainkey.example.org")
		if (err != nil) != (i >= 3) {
			t.Errorf("question %d: got %v", i+1, err)
		}
	}
	if _, err := r.ForMessage().LookupIPAddr(ctx, "a.example.org"); err != nil {
		t.Errorf("another mail has its own bound: %v", err)
	}
}

func TestSystemServers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	os.WriteFile(path, []byte("# c\nsearch example.org\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n"), 0o600)
	got, err := systemServers(path)
	if err != nil || !cmp.Equal(got, []string{"192.0.2.53", "2001:db8::53"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if a, err := serverAddr("2001:db8::53"); err != nil || a != "[2001:db8::53]:53" {
		t.Errorf("got %v, %v", a, err)
	}
}

func FuzzRead(f *testing.F) {
	q := dnsmessage.Question{Name: dnsmessage.MustNewName("a.example.org."), Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET}
	f.Add(message(f, 7, q, dnsmessage.RCodeSuccess, false, txt("a.example.org.", 60, "v=spf1 -all")))
	f.Add(message(f, 7, q, dnsmessage.RCodeNameError, false))
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, kind := range []dnsmessage.Type{dnsmessage.TypeTXT, dnsmessage.TypeMX, dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypePTR} {
			a, _, err := read(packet, 7, question{"a.example.org", kind})
			if err == nil && a.state == found && len(a.texts)+len(a.mx)+len(a.ips) == 0 {
				t.Errorf("found without a record")
			}
		}
	})
}
