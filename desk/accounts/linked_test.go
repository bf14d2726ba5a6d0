package accounts_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/eventlog"
	"bonafide/fault"
)

// counted is a log that counts reads.
type counted struct {
	eventlog.Log
	reads atomic.Int64
}

func (c *counted) Read(ctx context.Context, part int, from eventlog.Position, limit int) ([]eventlog.Record, error) {
	c.reads.Add(1)
	return c.Log.Read(ctx, part, from, limit)
}

// TestLinked: accounts that share something are found, those of other tenants are
// not, and it is told how far was looked.
func TestLinked(t *testing.T) {
	s := newShop(t)
	log := &counted{Log: s.log}
	s.log = log
	d := s.desk()
	order := func(m time.Duration, account, device, card, to string) event.Event {
		e := at(m*time.Minute, event.OrderPlaced, account, device)
		e.Order = event.Order{ID: fmt.Sprint("o", m, account), Amount: 5000, Currency: "JPY", Card: card, Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Recipient: to}}}
		return e
	}
	s.send(d, boss, order(1, "a", "d1", "c1", "r1"), order(2, "b", "d1", "c9", "r1"), order(3, "b", "d2", "c9", "r9"), order(4, "c", "d3", "c1", "r3"), order(5, "stranger", "d4", "c4", "r4"))
	s.send(d, who("other", access.Supervisor), order(6, "x", "d1", "c1", "r1"))
	login := at(7*time.Minute, event.LoginTried, "a", "d1")
	login.Login, login.Context.Session = event.Login{Success: true, MFA: "totp"}, "s1"
	revoked := at(9*time.Minute, event.SessionRevoked, "a", "d1")
	revoked.Context.Session = "s1"
	report := at(10*time.Minute, event.ContactReported, "a", "")
	report.Contact = event.Contact{ID: "r-17", Channel: "sms", Verdict: "scam"}
	s.send(d, boss, login, at(8*time.Minute, event.LoginTried, "a", "d7"), revoked, report)
	got, err := d.Linked(t.Context(), analyst, "a")
	if err != nil || len(got.Linked) != 2 || !got.Whole || got.More || got.Looked != 9 || got.Since.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
	if b := got.Linked[0]; !slices.Equal(b.Shares, []string{"device", "recipient"}) || b.Events != 1 {
		t.Errorf("the one that shares most: %+v", b)
	}
	if c := got.Linked[1]; !slices.Equal(c.Shares, []string{"card"}) {
		t.Errorf("the other: %+v", c)
	}
	if again, err := d.Linked(t.Context(), analyst, got.Account); err != nil || len(again.Linked) != 2 {
		t.Errorf("by its hash: %+v, %v", again, err)
	}
	_, err = d.Linked(t.Context(), analyst, "nobody")
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("nobody: %v", err)
	}
	if _, err = d.Linked(t.Context(), who("main", access.Admin), "a"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an administrator: %v", err)
	}
	before := log.reads.Load()
	line, err := d.Account(t.Context(), analyst, "a", "en")
	if err != nil || len(line.Moments) != 5 || log.reads.Load()-before != 1 {
		t.Errorf("%d events by %d reads, %v: want one read", len(line.Moments), log.reads.Load()-before, err)
	}
	if len(line.Sessions) != 1 || line.Sessions[0].Proved != "totp" || !line.Sessions[0].Revoked || line.Sessions[0].Events != 2 || len(line.Sessions[0].Devices) != 1 {
		t.Errorf("sessions: %+v", line.Sessions)
	}
	if len(line.Devices) != 2 || line.Devices[0].Events != 3 || line.Devices[0].Sessions != 1 || line.Devices[1].Events != 1 {
		t.Errorf("devices: %+v", line.Devices)
	}
	if len(line.Contacts) != 1 || line.Contacts[0].Report != "r-17" {
		t.Errorf("contacts: %+v", line.Contacts)
	}
}
