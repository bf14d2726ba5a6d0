package accounts_test

import (
	"bytes"
	"maps"
	"testing"

	"bonafide/desk/accounts"
)

// TestAnOldSnapshotOfAPolicyThatReturns: policies A, B and A again. With the
// snapshot of the first A, or none, the last A keeps nothing of B's events; and
// B, which lost its snapshot, keeps nothing of A's.
func TestAnOldSnapshotOfAPolicyThatReturns(t *testing.T) {
	s := newShop(t)
	events := chain("a1", 0)
	a := s.policy
	b := a
	for from, to := range map[string]string{"version: 4": "version: 5", "challenge: 50": "challenge: 5000", "hold: 80": "hold: 8000", "block: 120": "block: 12000"} {
		b = bytes.Replace(b, []byte(from), []byte(to), 1)
	}
	kept := func(d *accounts.Desk) int {
		t.Helper()
		list, err := d.List(t.Context(), boss, accounts.AllDecisions("en"))
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Decisions)
	}
	d := s.desk()
	s.send(d, boss, events[:3]...)
	first := kept(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	old := maps.Clone(s.shelf.m)
	s.policy = b
	d = s.desk()
	s.send(d, boss, events[3:]...)
	if n := kept(d); n != first {
		t.Fatalf("policy B decides so that %d are kept: the test wants %d", n, first)
	}
	for round, shelf := range []map[string][]byte{old, old, {}} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		s.policy, s.shelf.m = a, maps.Clone(shelf)
		d = s.desk()
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := kept(d); n != first {
			t.Errorf("start %d: %d decisions are kept, want %d: A decided what B had", round, n, first)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.policy, s.shelf.m = b, map[string][]byte{}
	d = s.desk()
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := kept(d); n != first {
		t.Errorf("A without a snapshot finished what B had decided: %d, want %d", n, first)
	}
}
