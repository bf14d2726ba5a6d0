package accounts_test

import (
	"bytes"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
)

// TestOneBadLogKeepsNoOtherFromBeingRead: where the log of one tenant cannot be
// read, the others are read at the start, and it is told of how many not; the
// server is not ready where it is true of all.
func TestOneBadLogKeepsNoOtherFromBeingRead(t *testing.T) {
	s := newShop(t)
	bad := func(tenant access.Tenant) {
		if _, err := s.log.Append(t.Context(), eventlog.Event{Tenant: tenant, ID: "bad", Key: past.Strand(s.log, tenant).Key, Data: []byte("no event")}); err != nil {
			t.Fatal(err)
		}
	}
	bad("main") // which comes before other
	d := s.desk()
	err := d.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "tenant main: ") || strings.Contains(err.Error(), "tenant other") {
		t.Errorf("a start with a bad log: %v", err)
	}
	if n, of := d.Unread(); n != 1 || of != 2 || d.Ping(t.Context()) != nil {
		t.Errorf("%d of %d tenants unread, ping %v: want 1 of 2, and ready for the other", n, of, d.Ping(t.Context()))
	}
	bad("other")
	again := s.desk()
	err = again.Start(t.Context())
	if n, of := again.Unread(); err == nil || n != 2 || of != 2 || fault.KindOf(again.Ping(t.Context())) != fault.Temporary {
		t.Errorf("all logs are bad: %d of %d unread, ping %v", n, of, again.Ping(t.Context()))
	}
}

// TestAReadingThatFailedIsTriedAgain: a log that could be read the second time is
// not told of any more.
func TestAReadingThatFailedIsTriedAgain(t *testing.T) {
	s := newShop(t)
	s.send(s.desk(), boss, chain("a1", 0)...)
	log := &blind{Log: s.log}
	s.log, s.shelf = log, &pages{m: map[string][]byte{}}
	d := s.desk()
	log.reads.Store(1)
	if err := d.Start(t.Context()); err == nil {
		t.Fatal("a log that cannot be read is no error")
	}
	if n, _ := d.Unread(); n != 1 {
		t.Errorf("%d tenants unread: want 1", n)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, of := d.Unread(); n != 0 || of != 2 {
		t.Errorf("%d of %d tenants unread after the second time", n, of)
	}
}

// TestRefusedEventsAreCounted: of a submission that one event refuses all are
// counted, of one that skips the wrong ones only those.
func TestRefusedEventsAreCounted(t *testing.T) {
	s := newShop(t)
	counted := map[string]int{}
	s.change = func(c *accounts.Config) { c.Watch.Refused = func(reason string, n int) { counted[reason] += n } }
	d := s.desk()
	var body []byte
	for _, e := range chain("a1", 0)[:3] {
		body = append(append(body, e.JSON()...), '\n')
	}
	body = append(append([]byte("{}\n"), body...), "{}\n"...)
	for _, c := range []struct {
		batch accounts.Batch
		want  int
	}{
		{accounts.Batch{Body: body}, 5},
		{accounts.Batch{Body: body, Skip: true}, 2},
		{accounts.Batch{Body: nil}, 1},
		{accounts.Batch{Body: bytes.Repeat([]byte("1\n"), accounts.MaxEvents+10)}, accounts.MaxEvents + 1},
	} {
		counted["invalid"] = 0
		_, err := d.Submit(t.Context(), boss, c.batch)
		if counted["invalid"] != c.want || (err == nil) != c.batch.Skip {
			t.Errorf("%d events counted as refused (%v): want %d", counted["invalid"], err, c.want)
		}
	}
}
