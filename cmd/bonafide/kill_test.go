package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/config"
	"bonafide/desk/accounts"
	"bonafide/desk/people"
	"bonafide/eventlog"
	"bonafide/eventlog/jetstream"
	"bonafide/server"
	"bonafide/store"
)

var kills = flag.Int("kills", 2, "how often TestKilledServer ends the whole server with SIGKILL while clients post events")

// shopper posts the events of its own accounts, one submission after the other.
type shopper struct {
	run     *killed
	name    string
	n       int
	pending []event.Event // sent, and not answered
	decide  bool
}

// killed is a server that is killed, and what its clients know.
type killed struct {
	t    *testing.T
	o    *operator
	key  string
	mu   sync.Mutex // guards what follows
	sent map[string]event.Event
	said map[string]accounts.EventAnswer // what was decided, by event
	acks int
}

// next makes the next events: a login without the second step, a change, and
// gift cards that are hidden, on ever new accounts.
func (s *shopper) next() (out []event.Event) {
	for range []int{1, 1, 1, 7}[rand.IntN(4)] {
		account := fmt.Sprintf("%s-%d", s.name, s.n/8)
		e := event.Event{ID: fmt.Sprintf("%s-e%d", s.name, s.n), Source: "kill", Time: time.Now().UTC().Truncate(time.Microsecond), Subject: account,
			Context: event.Context{Account: account, Device: "d-" + account, Country: "JP"}}
		switch k := s.n % 8; k {
		case 0:
			e.Type, e.Login = event.LoginTried, event.Login{Success: true, MFA: "none", Enrolled: true}
		case 1:
			e.Type, e.Credential = event.CredentialChange, event.Credential{Type: "phone_sms", Change: "update", MFA: "none"}
		default:
			e.Type, e.Order.ID = event.OrderHidden, fmt.Sprintf("o-%s-%d", s.name, s.n/2)
			if k%2 == 0 {
				e.Type, e.Order = event.OrderPlaced, event.Order{ID: e.Order.ID, Amount: 5000, Currency: "JPY", Payment: "card",
					Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Digital: true, Recipient: "mule"}}}
			}
		}
		s.n++
		out = append(out, e)
	}
	return out
}

// shop posts until the server is gone. What was not answered is posted again
// first; nobody knows whether it was kept.
func (s *shopper) shop() {
	for {
		if len(s.pending) == 0 {
			s.pending, s.decide = s.next(), rand.IntN(3) > 0
		}
		got, err := s.run.post(s.pending, s.decide)
		if err != nil {
			return
		}
		s.run.note(s.pending, got, s.decide)
		s.pending = nil
	}
}

// post sends events; with an error nothing is known of them.
func (k *killed) post(events []event.Event, decide bool) (got accounts.Taken, err error) {
	var b bytes.Buffer
	for i := range events {
		b.Write(events[i].JSON())
		b.WriteByte('\n')
	}
	r, err := http.NewRequest(http.MethodPost, fmt.Sprintf("%s/v1/events?lang=en&decide=%t", k.o.base, decide), &b)
	if err != nil {
		return got, err
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Authorization", "Bearer "+k.key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return got, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, raw)
	}
	if err == nil {
		err = json.Unmarshal(raw, &got)
	}
	return got, err
}

// note keeps what was answered; what was answered before must be the same.
func (k *killed) note(events []event.Event, got accounts.Taken, decide bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acks++
	if got.Accepted != len(events) || decide && len(got.Answers) != len(events) {
		k.t.Errorf("%d of %d events were accepted, %d decided", got.Accepted, len(events), len(got.Answers))
	}
	for i := range events {
		k.sent[events[i].ID] = events[i]
		if decide {
			k.same(got.Answers[i], &events[i])
		}
	}
}

// same compares an answer with the one of before, if there is one. The caller
// holds mu. What is older than the policy's lateness is only known as kept or
// allowed, so then the action is compared.
func (k *killed) same(a accounts.EventAnswer, e *event.Event) {
	a.Repeated = false
	was, ok := k.said[e.ID]
	if !ok {
		k.said[e.ID] = a
		return
	}
	one, _ := json.Marshal(was)
	two, _ := json.Marshal(a)
	if old := time.Since(e.Time) > 9*time.Minute; was.Action != a.Action || !old && !bytes.Equal(one, two) {
		k.t.Errorf("%s was decided\n%s\nand then\n%s", e.ID, one, two)
	}
}

// ask sends all acknowledged events again: each is known, and decided as before.
func (k *killed) ask(what string) {
	k.t.Helper()
	list := make([]event.Event, 0, len(k.sent))
	for _, e := range k.sent {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for part := range slices.Chunk(list, 500) {
		got, err := k.post(part, true)
		if err != nil {
			k.t.Fatalf("%s: %v", what, err)
		}
		if got.Repeated != len(part) {
			k.t.Errorf("%s: of %d acknowledged events %d are known", what, len(part), got.Repeated)
		}
		k.note(part, got, true)
	}
}

// start starts the program and waits until it is ready.
func (k *killed) start() *exec.Cmd {
	k.t.Helper()
	c := exec.Command(filepath.Join(k.o.dir, "bin", "bonafide"), "serve")
	out := &screen{}
	c.Dir, c.Env, c.Stdout, c.Stderr = k.o.dir, k.o.env, out, out
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	for range 1200 {
		if res, err := http.Get(k.o.base + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return c
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	_ = c.Process.Kill()
	k.t.Fatalf("the server does not answer:\n%s", out)
	return nil
}

// newKilled makes a folder with a tenant and the key of its shop.
func newKilled(t *testing.T) (*killed, config.Config) {
	o := newOperator(t)
	dsn := filepath.Join(o.dir, "records", "bonafide.db")
	o.env = append(o.env, "BONAFIDE_STORE_DSN="+dsn)
	cfg := config.Default()
	cfg.Store.DSN = dsn
	records, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	boss := access.Actor{Tenant: "main", Person: "p-1", Roles: []access.Role{access.Supervisor}, Confirmed: now}
	if err := records.Write(t.Context(), func(r store.Records) error {
		if err := r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: now}); err != nil {
			return err
		}
		return r.People.Add(t.Context(), store.Person{Tenant: "main", ID: "p-1", Login: "anna", Name: "Anna", Roles: boss.Roles, Created: now, Revision: 1})
	}); err != nil {
		t.Fatal(err)
	}
	staff, err := server.People(cfg, records)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := staff.MakeKey(t.Context(), people.Who{Actor: boss}, people.KeyWish{Name: "shop", Days: 1, Scopes: []access.Permission{access.EventWrite, access.DecisionRead}})
	if err != nil {
		t.Fatal(err)
	}
	if err := records.Close(); err != nil {
		t.Fatal(err)
	}
	return &killed{t: t, o: o, key: key, sent: map[string]event.Event{}, said: map[string]accounts.EventAnswer{}}, cfg
}

// TestKilledServer ends the whole server with SIGKILL at random moments while
// four clients post events. After each start all that was acknowledged is known
// and decided as it was; in the end the log verifies, holds each event once, and
// decided again from its beginning it gives the same answers. A longer run:
//
//	go test ./cmd/bonafide -run TestKilledServer -kills 100 -timeout 1h
func TestKilledServer(t *testing.T) {
	k, cfg := newKilled(t)
	shoppers := make([]*shopper, 4)
	for i := range shoppers {
		shoppers[i] = &shopper{run: k, name: fmt.Sprint("s", i)}
	}
	for n := range *kills {
		c := k.start()
		if n > 0 {
			k.ask(fmt.Sprintf("after kill %d", n))
		}
		before := k.acks
		var wg sync.WaitGroup
		for _, s := range shoppers {
			wg.Go(s.shop)
		}
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
		wg.Wait()
		if k.acks == before {
			t.Errorf("nothing was acknowledged in run %d: it tested nothing", n+1)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	c := k.start()
	k.ask("after the last kill")
	k.end(c)
	k.whole(cfg.EventsDir())
	// Without snapshots the log is decided again from its beginning.
	if err := os.RemoveAll(filepath.Join(cfg.EventsDir(), "snapshots")); err != nil {
		t.Fatal(err)
	}
	c = k.start()
	k.ask("decided again from the beginning")
	k.end(c)
	stopped := 0
	for _, a := range k.said {
		if a.Action != "allow" {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("nothing was ever stopped: the comparison shows nothing")
	}
	t.Logf("%d kills, %d submissions acknowledged, %d events, %d of them stopped", *kills, k.acks, len(k.sent), stopped)
}

func (k *killed) end(c *exec.Cmd) {
	k.t.Helper()
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		k.t.Errorf("the server ended with %v", err)
	}
}

// whole verifies the log and looks that no event is in it twice.
func (k *killed) whole(dir string) {
	k.t.Helper()
	results, err := jetstream.Verify(k.t.Context(), dir)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, r := range results {
		if r.Broken != "" {
			k.t.Errorf("verify: %+v", r)
		}
	}
	l, err := jetstream.Open(k.t.Context(), jetstream.Options{Dir: dir})
	if err != nil {
		k.t.Fatal(err)
	}
	seen := map[string]bool{}
	for part := range l.Partitions() {
		for from := uint64(1); ; {
			list, err := l.Read(k.t.Context(), part, eventlog.Position(from), 1000)
			if err != nil {
				k.t.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			for _, r := range list {
				if seen[r.ID] {
					k.t.Errorf("an event is in the log twice, the second time at %d", r.Position)
				}
				seen[r.ID] = true
			}
			from += uint64(len(list))
		}
	}
	if len(seen) < len(k.sent) {
		k.t.Errorf("the log holds %d events: %d were acknowledged", len(seen), len(k.sent))
	}
	if err := l.Close(); err != nil {
		k.t.Error(err)
	}
}
