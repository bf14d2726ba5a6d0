package people_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/data"
	"bonafide/desk/people"
	"bonafide/desk/people/onetime"
	"bonafide/desk/people/passkey"
	"bonafide/desk/people/passkey/passkeytest"
	"bonafide/desk/people/password"
	"bonafide/fault"
	"bonafide/outside/oidc"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

const (
	origin = "https://desk.shop.example"
	good   = "four words nobody says"
	other  = "another long line of words"
)

// clock is a clock that only a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) on(d time.Duration)      { c.mu.Lock(); c.t = c.t.Add(d); c.mu.Unlock() }
func newClock() *clock                   { return &clock{t: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }
func addr(s string) (f people.From)      { f.Address = netip.MustParseAddr(s); return f }
func kind(err error) fault.Kind          { return fault.KindOf(err) }
func isErr(err, want error) bool         { return errors.Is(err, want) }
func ctxOf(t testing.TB) context.Context { return t.Context() }

// counting counts transactions, to compare the work of two log-ins.
type counting struct {
	store.Store
	reads, writes atomic.Int64
}

func (c *counting) Read(ctx context.Context, f func(store.Records) error) error {
	c.reads.Add(1)
	return c.Store.Read(ctx, f)
}

func (c *counting) Write(ctx context.Context, f func(store.Records) error) error {
	c.writes.Add(1)
	return c.Store.Write(ctx, f)
}

// rig is a desk with everything around it in the hands of a test.
type rig struct {
	*people.Desk
	t      testing.TB
	clock  *clock
	store  *counting
	hasher *password.Hasher
	idp    *provider
}

type provider struct {
	who oidc.Identity
	err error
	q   oidc.Question
}

func (p *provider) Begin(_ context.Context, q oidc.Question) (string, error) {
	p.q = q
	if q.Since != 0 {
		return "https://idp.example/auth?prompt=login", nil
	}
	return "https://idp.example/auth", nil
}

func (p *provider) Finish(_ context.Context, code string, q oidc.Question) (oidc.Identity, error) {
	if code != "code" || q != p.q {
		return oidc.Identity{}, fault.New(fault.Invalid, "oidc", "no")
	}
	return p.who, p.err
}

func newRig(t testing.TB, change ...func(*people.Config)) *rig {
	t.Helper()
	return newRigAt(t, filepath.Join(t.TempDir(), "people.db"), change...)
}

func newRigAt(t testing.TB, dsn string, change ...func(*people.Config)) *rig {
	t.Helper()
	db, err := sql.Open(ctxOf(t), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := &rig{t: t, clock: newClock(), store: &counting{Store: db}, idp: &provider{}}
	if r.hasher, err = password.New(password.Cost{KiB: 8, Passes: 1, Lanes: 1}, 4); err != nil {
		t.Fatal(err)
	}
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	party, err := passkey.New(passkey.Config{Host: "desk.shop.example", Name: "Bonafide", Origins: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	c := people.Config{Store: r.store, Now: r.clock.now, Random: rand.Reader, Hasher: r.hasher, Rules: rules, Passkeys: party,
		Key: []byte(strings.Repeat("k", 32)),
		Federation: &people.Federation{Provider: r.idp, Name: "Staff", Tenant: "main",
			Groups: map[string]access.Role{"fraud": access.Analyst, "leads": access.Supervisor}}}
	for _, f := range change {
		f(&c)
	}
	if r.Desk, err = people.New(c); err != nil {
		t.Fatal(err)
	}
	return r
}

var home = people.From{Address: netip.MustParseAddr("192.0.2.7"), Agent: "Mozilla/5.0 (X11; Linux) Firefox/140.0"}

// must fails the test on an error.
func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// founded sets up the tenant "main" with the administrator "root@shop.example".
func (r *rig) founded() people.Admission {
	r.t.Helper()
	code, err := r.SetupCode(ctxOf(r.t))
	must(r.t, code, err)
	in, err := r.SetUp(ctxOf(r.t), people.Founding{Code: code, Tenant: "main", TenantName: "Main shop", Login: "Root@Shop.Example", Name: "Root", Lang: "en", Password: good}, home)
	return must(r.t, in, err)
}

func (r *rig) who(a people.Admission) people.Who {
	r.t.Helper()
	w, err := r.Who(ctxOf(r.t), a.Token, home)
	return must(r.t, w, err)
}

// hired invites somebody and lets them begin.
func (r *rig) hired(admin people.Who, login string, roles ...access.Role) people.Admission {
	r.t.Helper()
	word, err := r.Invite(ctxOf(r.t), admin.Actor, people.Invitation{Login: login, Name: "Some Body", Roles: roles})
	must(r.t, word, err)
	in, err := r.Begin(ctxOf(r.t), people.Start{Word: word, Password: other}, home)
	return must(r.t, in, err)
}

func (r *rig) login(login, pw string, from people.From) (people.Admission, error) {
	return r.LogIn(ctxOf(r.t), people.Credentials{Tenant: "main", Login: login, Password: pw}, from)
}

// actions are the audit actions of a tenant, oldest first.
func (r *rig) actions(t access.Tenant) []string {
	r.t.Helper()
	var out []string
	err := r.store.Store.Read(ctxOf(r.t), func(x store.Records) error {
		return x.Audit.Walk(ctxOf(r.t), t, 1, func(e store.Entry) error { out = append(out, e.Action); return nil })
	})
	must(r.t, out, err)
	return out
}

// withApp gives the person an authenticator app.
func (r *rig) withApp(w people.Who) (onetime.Secret, []string) {
	r.t.Helper()
	o, err := r.OfferApp(ctxOf(r.t), w)
	must(r.t, o, err)
	code, err := onetime.Secret(o.Secret).Code(r.clock.now())
	must(r.t, code, err)
	codes, err := r.AddApp(ctxOf(r.t), w, o.Word, code)
	return onetime.Secret(o.Secret), must(r.t, codes, err)
}

func TestFirstSetUp(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	if yes, err := r.Founded(ctx); err != nil || yes {
		t.Fatalf("founded: %v, %v", yes, err)
	}
	old, err := r.SetupCode(ctx)
	must(t, old, err)
	code, err := r.SetupCode(ctx)
	must(t, code, err)
	f := people.Founding{Code: code, Tenant: "main", TenantName: "Main", Login: "root@shop.example", Name: "Root", Password: good}
	for name, change := range map[string]func(*people.Founding){
		"no code":         func(f *people.Founding) { f.Code = "" },
		"wrong code":      func(f *people.Founding) { f.Code = "AAAA-AAAA-AAAA-AAAA" },
		"an earlier code": func(f *people.Founding) { f.Code = old },
		"weak password":   func(f *people.Founding) { f.Password = "password1234" },
		"bad tenant":      func(f *people.Founding) { f.Tenant = "../x" },
		"no name":         func(f *people.Founding) { f.Name = " \n" },
		"bad login":       func(f *people.Founding) { f.Login = "a b" },
	} {
		g := f
		change(&g)
		if _, err := r.SetUp(ctx, g, home); kind(err) != fault.Invalid && kind(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	in, err := r.SetUp(ctx, f, home)
	w := r.who(must(t, in, err))
	if !slices.Equal(w.Roles, []access.Role{access.Admin}) || w.Tenant != "main" || w.Method != people.ByPassword {
		t.Errorf("logged in as %+v", w)
	}
	if _, err := r.SetUp(ctx, f, home); err == nil {
		t.Error("the code was good twice")
	}
	if _, err := r.SetupCode(ctx); kind(err) != fault.Invalid {
		t.Errorf("a code after the set-up: %v", err)
	}
	if got := r.actions("main"); !slices.Equal(got, []string{"tenant.add", "person.add", "person.login"}) {
		t.Errorf("audit %v", got)
	}
}

func TestSetUpCodeCannotBeGuessed(t *testing.T) {
	r := newRig(t)
	code, err := r.SetupCode(ctxOf(t))
	must(t, code, err)
	f := people.Founding{Code: "AAAA-AAAA-AAAA-AAAA", Tenant: "main", TenantName: "Main", Login: "root", Name: "Root", Password: good}
	stopped := false
	for range 60 {
		_, err := r.SetUp(ctxOf(t), f, addr("198.51.100.9"))
		stopped = stopped || kind(err) == fault.Temporary
	}
	if !stopped {
		t.Error("60 guesses from one network were judged")
	}
	f.Code = code
	if _, err := r.SetUp(ctxOf(t), f, home); err != nil {
		t.Errorf("the operator was locked out by a stranger: %v", err)
	}
	r2 := newRig(t)
	code, _ = r2.SetupCode(ctxOf(t))
	f.Code = code
	r2.clock.on(25 * time.Hour)
	if _, err := r2.SetUp(ctxOf(t), f, home); err == nil {
		t.Error("a code of yesterday")
	}
}

func TestLogIn(t *testing.T) {
	r := newRig(t)
	r.founded()
	for _, login := range []string{"root@shop.example", " ROOT@shop.example ", "ｒoot@shop.example"} {
		if in, err := r.login(login, good, home); err != nil || in.Token == "" {
			t.Errorf("%q: %v", login, err)
		}
	}
	for name, c := range map[string]people.Credentials{
		"wrong password":   {Tenant: "main", Login: "root@shop.example", Password: other},
		"no password":      {Tenant: "main", Login: "root@shop.example"},
		"unknown":          {Tenant: "main", Login: "nobody@shop.example", Password: good},
		"other tenant":     {Tenant: "other", Login: "root@shop.example", Password: good},
		"no tenant":        {Login: "root@shop.example", Password: good},
		"no login":         {Tenant: "main", Password: good},
		"hostile login":    {Tenant: "main", Login: "' OR 1=1 --", Password: good},
		"endless password": {Tenant: "main", Login: "root@shop.example", Password: good + strings.Repeat("x", 1<<20)},
	} {
		if _, err := r.LogIn(ctxOf(t), c, addr("203.0.113.5")); !isErr(err, people.ErrRefused) && kind(err) != fault.Temporary {
			t.Errorf("%s: %v, want refused", name, err)
		}
	}
}

// TestNoEnumeration: a log-in that fails does the same work and gives the same
// answer, whether the name is known, unknown, suspended or without a password.
func TestNoEnumeration(t *testing.T) {
	r := newRig(t)
	admin := r.who(r.founded())
	r.hired(admin, "gone@shop.example", access.Analyst)
	gone, err := r.ByLogin(ctxOf(t), admin.Actor, "gone@shop.example")
	must(t, gone, err)
	if err := r.ChangePerson(ctxOf(t), admin.Actor, gone.ID, people.PersonChange{Name: gone.Name, Roles: gone.Roles, Suspended: true, Revision: gone.Revision}); err != nil {
		t.Fatal(err)
	}
	type work struct {
		hashes, reads, writes int64
		text                  string
	}
	measure := func(login, pw string, n byte) work {
		h, re, wr := r.hasher.Work(), r.store.reads.Load(), r.store.writes.Load()
		_, err := r.login(login, pw, people.From{Address: netip.AddrFrom4([4]byte{198, 51, n, 1})})
		return work{r.hasher.Work() - h, r.store.reads.Load() - re, r.store.writes.Load() - wr, err.Error()}
	}
	want := measure("root@shop.example", other, 0)
	if want.hashes != 1 {
		t.Errorf("a wrong password costs %d hashes", want.hashes)
	}
	for i, login := range []string{"unknown@shop.example", "gone@shop.example", "", "bad login \x00"} {
		if got := measure(login, other, byte(i+1)); got != want {
			t.Errorf("%q: %+v, a known name: %+v", login, got, want)
		}
	}
	// Also when it is too often.
	var known, unknown string
	for range 8 {
		_, e1 := r.login("root@shop.example", other, addr("203.0.113.1"))
		_, e2 := r.login("unknown@shop.example", other, addr("203.0.114.1"))
		known, unknown = known+e1.Error()+"\n", unknown+e2.Error()+"\n"
	}
	if known != unknown {
		t.Errorf("known:\n%s\nunknown:\n%s", known, unknown)
	}
}

// TestBruteForce: guesses are stopped, also many at a time, and the person
// whose name is guessed still gets in from their own browser.
func TestBruteForce(t *testing.T) {
	r := newRig(t)
	first := r.founded()
	from := addr("198.51.100.77")
	var judged atomic.Int64
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, err := r.login("root@shop.example", other, from); isErr(err, people.ErrRefused) {
				judged.Add(1)
			}
		})
	}
	wg.Wait()
	if n := judged.Load(); n != 5 {
		t.Errorf("%d guesses of one network were judged, want 5", n)
	}
	if _, err := r.login("root@shop.example", good, from); kind(err) != fault.Temporary {
		t.Errorf("the right password after too many wrong ones: %v", err)
	}
	for i := range 60 { // from everywhere
		_, _ = r.login("root@shop.example", other, people.From{Address: netip.AddrFrom4([4]byte{10, byte(i), 1, 1})})
	}
	before := r.hasher.Work()
	if _, err := r.login("root@shop.example", good, addr("10.200.1.1")); kind(err) != fault.Temporary || r.hasher.Work() != before {
		t.Errorf("an account under attack from everywhere, strange browser: %v", err)
	}
	mine := addr("198.51.100.77") // even from the network of the attacker
	mine.Device = first.Device
	if _, err := r.login("root@shop.example", good, mine); err != nil {
		t.Errorf("the victim is locked out: %v", err)
	}
	stolen := mine
	judged.Store(0)
	for range 30 {
		if _, err := r.login("root@shop.example", other, stolen); isErr(err, people.ErrRefused) {
			judged.Add(1)
		}
	}
	if n := judged.Load(); n != 10 {
		t.Errorf("%d guesses with the word of a known browser were judged, want 10", n)
	}
	r.clock.on(16 * time.Minute)
	if _, err := r.login("root@shop.example", good, from); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// TestNetworkThrottle: one network cannot try one password on many names.
func TestNetworkThrottle(t *testing.T) {
	r := newRig(t)
	r.founded()
	judged := 0
	for i := range 80 {
		f := people.From{Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})} // one /24
		if _, err := r.login("p"+strings.Repeat("x", i)+"@shop.example", "Winter2026Winter", f); isErr(err, people.ErrRefused) {
			judged++
		}
	}
	if judged != 50 {
		t.Errorf("%d guesses were judged, want 50", judged)
	}
}

func TestSecondFactor(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	w := r.who(r.founded())
	secret, recovery := r.withApp(w)
	first := func(from people.From) string {
		t.Helper()
		in, err := r.login("root@shop.example", good, from)
		if err != nil || in.Token != "" || in.Second == "" {
			t.Fatalf("%+v, %v", in, err)
		}
		return in.Second
	}
	second := func(word, code string, from people.From) error {
		in, err := r.Second(ctx, people.SecondStep{Word: word, Code: code}, from)
		if err == nil && in.Token == "" {
			t.Error("no token")
		}
		return err
	}
	code := func() string { c, err := secret.Code(r.clock.now()); return must(t, c, err) }
	if err := second(first(home), code(), home); kind(err) != fault.Forbidden {
		t.Errorf("the code that set the app up was good again: %v", err)
	}
	r.clock.on(30 * time.Second)
	c, word := code(), first(home)
	if err := second(word, c, home); err != nil {
		t.Fatal(err)
	}
	if err := second(word, c, home); err == nil {
		t.Error("the word of the first step was good twice")
	}
	if err := second(first(home), c, home); kind(err) != fault.Forbidden {
		t.Errorf("replay of a code: %v", err)
	}
	if err := second(first(home), recovery[0], home); err != nil {
		t.Errorf("recovery code: %v", err)
	}
	if err := second(first(home), recovery[0], home); kind(err) != fault.Forbidden {
		t.Errorf("recovery code twice: %v", err)
	}
	a, err := r.Account(ctx, w)
	if must(t, a, err).Recovery != onetime.Recoveries-1 {
		t.Errorf("%d recovery codes left", a.Recovery)
	}
	r.clock.on(30 * time.Second)
	word = first(home)
	r.clock.on(11 * time.Minute)
	if err := second(word, code(), home); err == nil {
		t.Error("the second step came after its time")
	}
	// Two at the same time with one code: one gets in.
	r.clock.on(2 * time.Hour)
	c = code()
	words := []string{first(home), first(home)}
	var in atomic.Int64
	var wg sync.WaitGroup
	for _, word := range words {
		wg.Go(func() {
			if second(word, c, home) == nil {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in with one code", in.Load())
	}
}

// TestCodeBruteForce: who has the password cannot try out codes, however often
// the first step is repeated.
func TestCodeBruteForce(t *testing.T) {
	r := newRig(t)
	w := r.who(r.founded())
	_, recovery := r.withApp(w)
	r.clock.on(time.Minute)
	wrong := 0
	from := addr("203.0.113.9")
	for range 10 {
		in, err := r.login("root@shop.example", good, from)
		if err != nil {
			continue
		}
		for range 10 {
			if _, err := r.Second(ctxOf(t), people.SecondStep{Word: in.Second, Code: "000000"}, from); err != nil && strings.HasPrefix(err.Error(), "code") {
				wrong++
			}
		}
	}
	if wrong > 10 {
		t.Errorf("%d codes were answered within an hour, want at most 10", wrong)
	}
	if _, err := r.Second(ctxOf(t), people.SecondStep{Word: "made up", Code: recovery[1]}, from); !isErr(err, people.ErrNoSession) {
		t.Errorf("a word that was made up: %v", err)
	}
	r.clock.on(61 * time.Minute)
	in, err := r.login("root@shop.example", good, from)
	must(t, in, err)
	if _, err := r.Second(ctxOf(t), people.SecondStep{Word: in.Second, Code: recovery[1]}, from); err != nil {
		t.Errorf("after an hour: %v", err)
	}
}

func TestSessions(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	in := r.founded()
	r.store.Store.Read(ctx, func(x store.Records) error { //nolint:errcheck // the inner check fails the test
		if _, err := x.Sessions.Find(ctx, store.Hash{}); kind(err) != fault.NotFound {
			t.Error(err)
		}
		return nil
	})
	// Fixation: a token that the browser had ends at log-in and is never taken over.
	planted := "planted-by-an-attacker"
	next, err := r.LogIn(ctx, people.Credentials{Tenant: "main", Login: "root@shop.example", Password: good, Old: planted}, home)
	if must(t, next, err).Token == planted {
		t.Error("a planted token became a session")
	}
	if _, err := r.Who(ctx, planted, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("planted: %v", err)
	}
	third, err := r.LogIn(ctx, people.Credentials{Tenant: "main", Login: "root@shop.example", Password: good, Old: in.Token}, home)
	must(t, third, err)
	if _, err := r.Who(ctx, in.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("the session before the log-in goes on: %v", err)
	}
	// List, end, end others, log out.
	w := r.who(third)
	a, err := r.Account(ctx, w)
	if len(must(t, a, err).Sessions) != 2 || a.Sessions[0].Agent != "Firefox, Linux" || a.Sessions[0].From != "192.0.2.0/24" {
		t.Fatalf("sessions %+v", a.Sessions)
	}
	nextID := r.who(next).Session
	if err := r.EndSession(ctx, w, store.PersonID(w.Person), nextID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Who(ctx, next.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("an ended session: %v", err)
	}
	if err := r.EndSession(ctx, w, store.PersonID(w.Person), "'; drop"); kind(err) != fault.NotFound {
		t.Errorf("no such session: %v", err)
	}
	if err := r.LogOut(ctx, third.Token, home); err != nil {
		t.Fatal(err)
	}
	if err := r.LogOut(ctx, third.Token, home); err != nil {
		t.Errorf("twice: %v", err)
	}
	if _, err := r.Who(ctx, third.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("logged out: %v", err)
	}
}

func TestSessionLimits(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	in := r.founded()
	for range 40 { // used all the time: it ends at the absolute limit only
		r.clock.on(17 * time.Minute)
		if _, err := r.Who(ctx, in.Token, home); err != nil {
			t.Fatalf("after %s: %v", r.clock.now(), err)
		}
	}
	r.clock.on(29 * time.Minute)
	_, err := r.Who(ctx, in.Token, home)
	must(t, 0, err)
	r.clock.on(25 * time.Minute)
	if _, err := r.Who(ctx, in.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("after twelve hours: %v", err)
	}
	idle, err := r.login("root@shop.example", good, home)
	must(t, idle, err)
	r.clock.on(31 * time.Minute)
	if _, err := r.Who(ctx, idle.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("idle: %v", err)
	}
	if err := r.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	fresh, err := r.login("root@shop.example", good, home)
	a, err2 := r.Account(ctx, r.who(must(t, fresh, err)))
	if must(t, a, err2); len(a.Sessions) != 1 {
		t.Errorf("%d sessions after the sweep", len(a.Sessions))
	}
}

// TestConfirm: dangerous acts ask for a fresh proof; it gives the session a new
// token and does not lengthen it.
func TestConfirm(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	in := r.founded()
	r.clock.on(access.FreshFor + time.Second)
	w := r.who(in)
	if err := r.SetPassword(ctx, w, other); !isErr(err, access.ErrConfirm) {
		t.Errorf("stale: %v", err)
	}
	if _, err := r.Confirm(ctx, w, other, home); !isErr(err, people.ErrRefused) {
		t.Errorf("wrong password: %v", err)
	}
	again, err := r.Confirm(ctx, w, good, home)
	if must(t, again, err); again.Token == in.Token || again.Until != in.Until {
		t.Errorf("%+v after %+v", again, in)
	}
	if _, err := r.Who(ctx, in.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("the token before: %v", err)
	}
	w = r.who(again)
	if err := r.SetPassword(ctx, w, "short"); kind(err) != fault.Invalid {
		t.Errorf("weak: %v", err)
	}
	elsewhere, err := r.login("root@shop.example", good, addr("203.0.113.80"))
	must(t, elsewhere, err)
	if err := r.SetPassword(ctx, w, other); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Who(ctx, elsewhere.Token, home); !isErr(err, people.ErrNoSession) {
		t.Errorf("a session of before the change: %v", err)
	}
	if _, err := r.login("root@shop.example", good, home); !isErr(err, people.ErrRefused) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := r.login("root@shop.example", other, home); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestPasskeys(t *testing.T) {
	r := newRig(t)
	ctx := ctxOf(t)
	w := r.who(r.founded())
	d := &passkeytest.Device{Origin: origin}
	add := func(w people.Who, d *passkeytest.Device) error {
		q, err := r.AskNewPasskey(ctx, w)
		if err != nil {
			return err
		}
		answer, err := d.New(q.Ask)
		must(t, answer, err)
		return r.AddPasskey(ctx, w, people.PasskeyAnswer{Word: q.Word, Answer: answer}, "Laptop")
	}
	if err := add(w, d); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	ask := func() people.PasskeyAnswer {
		t.Helper()
		q, err := r.AskPasskey(ctx)
		must(t, q, err)
		answer, err := d.Login(q.Ask)
		return people.PasskeyAnswer{Word: q.Word, Answer: must(t, answer, err)}
	}
	a := ask()
	in, err := r.LogInByPasskey(ctx, a, home)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	if got := r.who(in); got.Method != people.ByPasskey || got.Person != w.Person {
		t.Errorf("%+v", got)
	}
	if _, err := r.LogInByPasskey(ctx, a, home); err == nil {
		t.Error("replay of an answer")
	}
	a = ask()
	r.clock.on(6 * time.Minute)
	if _, err := r.LogInByPasskey(ctx, a, home); err == nil {
		t.Error("an answer after its time")
	}
	// The passkey gets in while the password is under attack.
	for range 30 {
		_, _ = r.login("root@shop.example", other, addr("203.0.113.200"))
	}
	if _, err := r.LogInByPasskey(ctx, ask(), addr("203.0.113.200")); err != nil {
		t.Errorf("passkey under attack: %v", err)
	}
	// Confirming by one's own passkey, not by another's.
	r.clock.on(time.Hour)
	in, err = r.LogInByPasskey(ctx, ask(), home)
	must(t, in, err)
	r.clock.on(20 * time.Minute)
	again, err := r.ConfirmByPasskey(ctx, r.who(in), ask(), home)
	must(t, again, err)
	admin := r.who(again)
	anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
	if _, err := r.ConfirmByPasskey(ctx, anna, ask(), home); !isErr(err, people.ErrRefused) {
		t.Errorf("confirmed by another's passkey: %v", err)
	}
	q, err := r.AskNewPasskey(ctx, admin)
	must(t, q, err)
	answer, err := (&passkeytest.Device{Origin: origin}).New(q.Ask)
	must(t, answer, err)
	if err := r.AddPasskey(ctx, anna, people.PasskeyAnswer{Word: q.Word, Answer: answer}, "x"); kind(err) != fault.NotFound {
		t.Errorf("an answer to another's question: %v", err)
	}
	acc, err := r.Account(ctx, admin)
	id := must(t, acc, err).Passkeys[0].ID
	if err := r.RemovePasskey(ctx, anna, id); kind(err) != fault.NotFound {
		t.Errorf("another's passkey was removed: %v", err)
	}
	if err := r.RemovePasskey(ctx, admin, id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.LogInByPasskey(ctx, ask(), home); !isErr(err, people.ErrRefused) {
		t.Errorf("a removed passkey: %v", err)
	}
	off := newRig(t, func(c *people.Config) { c.Passkeys = nil })
	if _, err := off.AskPasskey(ctx); kind(err) != fault.NotConfigured || off.PasskeysOn() {
		t.Errorf("no passkeys here: %v", err)
	}
}

// TestBothEngines: the same story on SQLite and PostgreSQL, with many who try at
// the same time.
func TestBothEngines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		r := newRigAt(t, e.DSN(t))
		ctx := t.Context()
		admin := r.who(r.founded())
		in := r.hired(admin, "anna@shop.example", access.Analyst)
		anna := r.who(in)
		var judged, begun atomic.Int64
		var wg sync.WaitGroup
		word, err := r.Invite(ctx, admin.Actor, people.Invitation{Login: "bert@shop.example", Name: "Bert", Roles: []access.Role{access.Editor}})
		must(t, word, err)
		for range 12 {
			wg.Go(func() {
				if _, err := r.login("anna@shop.example", good, addr("203.0.113.1")); isErr(err, people.ErrRefused) {
					judged.Add(1)
				}
				if _, err := r.Begin(ctx, people.Start{Word: word, Password: other}, home); err == nil {
					begun.Add(1)
				}
			})
		}
		wg.Wait()
		if judged.Load() != 5 || begun.Load() != 1 {
			t.Errorf("%d of 12 guesses were judged, want 5; an invitation let %d in, want 1", judged.Load(), begun.Load())
		}
		secret, _ := r.withApp(anna)
		r.clock.on(30 * time.Second)
		from := home
		from.Device = in.Device
		first, err := r.login("anna@shop.example", other, from)
		must(t, first, err)
		code, err := secret.Code(r.clock.now())
		must(t, code, err)
		last, err := r.Second(ctx, people.SecondStep{Word: first.Second, Code: code}, from)
		w := r.who(must(t, last, err))
		key, k, err := r.MakeKey(ctx, w, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.ReportRead}, Days: 3})
		must(t, key, err)
		fresh, _, err := r.RotateKey(ctx, w, k.ID)
		must(t, fresh, err)
		if _, err := r.Program(ctx, fresh, home); err != nil {
			t.Error(err)
		}
		p, err := r.Person(ctx, admin.Actor, store.PersonID(w.Person))
		must(t, p, err)
		must(t, 0, r.ChangePerson(ctx, admin.Actor, p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Suspended: true, Revision: p.Revision}))
		if _, err := r.Who(ctx, last.Token, home); !isErr(err, people.ErrNoSession) {
			t.Errorf("suspended: %v", err)
		}
		must(t, 0, r.Sweep(ctx))
		var entries int64
		must(t, 0, r.store.Store.Read(ctx, func(x store.Records) error {
			h, err := x.Audit.Head(ctx, "main")
			entries = h.Sequence
			return err
		}))
		if entries != int64(len(r.actions("main"))) || entries < 10 {
			t.Errorf("%d audit entries", entries)
		}
	})
}
