package store_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/fault"
	"bonafide/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestHashIsForEver: the hash of an entry never changes, or no chain that was
// written before would verify. It was computed once by hand of the format in
// docs/decisions/2026-11-22-records.md.
func TestHashIsForEver(t *testing.T) {
	e := store.Entry{Deed: store.Deed{Tenant: "main", When: noon, Actor: "p-7f3a", Action: "report.add", Object: "report:r1"}, Sequence: 1}
	if got, want := e.Sum().String(), "fa46232f17934749b4eb22031d223218e331559b1cb2008571e98a45984b8860"; got != want {
		t.Errorf("hash %s: want %s", got, want)
	}
}

// TestEveryFieldIsHashed: no two entries that differ in anything have one hash.
func TestEveryFieldIsHashed(t *testing.T) {
	base := store.Entry{Deed: store.Deed{Tenant: "main", When: noon, Actor: "ab", Action: "cd", Object: "ef", Why: "gh", From: "ij"}, Sequence: 2, Prev: store.Hash{1}}
	seen := map[store.Hash]string{base.Sum(): "the entry itself"}
	for name, change := range map[string]func(*store.Entry){
		"tenant": func(e *store.Entry) { e.Tenant = "mai" }, "when": func(e *store.Entry) { e.When = e.When.Add(time.Microsecond) },
		"actor": func(e *store.Entry) { e.Actor = "a" }, "action": func(e *store.Entry) { e.Action = "bcd" },
		"object": func(e *store.Entry) { e.Object = "" }, "why": func(e *store.Entry) { e.Why = "efgh" }, "from": func(e *store.Entry) { e.From = "hij" },
		"sequence": func(e *store.Entry) { e.Sequence++ }, "previous hash": func(e *store.Entry) { e.Prev[31]++ },
		"a letter moved over": func(e *store.Entry) { e.Actor, e.Action = "a", "bcd" },
	} {
		e := base
		change(&e)
		if other, ok := seen[e.Sum()]; ok {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[e.Sum()] = name
	}
	e := base
	e.Hash = store.Hash{9}
	if e.Sum() != base.Sum() {
		t.Error("the hash depends on itself")
	}
}

func TestKeysReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := store.Key{When: store.Time(rapid.Int64Range(0, 1<<52).Draw(t, "micros")), ID: rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(t, "id")}
		back, err := store.ParseKey(k.String())
		if err != nil || back != k {
			t.Fatalf("%v reads back as %v, %v", k, back, err)
		}
	})
	if k, err := store.ParseKey(""); err != nil || !k.IsZero() || k.String() != "" {
		t.Errorf("the zero key: %v, %v", k, err)
	}
}

// FuzzParseKey: a key comes from an address, so from anybody.
func FuzzParseKey(f *testing.F) {
	f.Add(store.Key{When: noon, ID: "r1"}.String())
	f.Add("MSA")
	f.Add("_w")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := store.ParseKey(s)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v: want Invalid", err)
			}
			return
		}
		if again, err := store.ParseKey(k.String()); err != nil || again != k {
			t.Errorf("%v reads back as %v, %v", k, again, err)
		}
	})
}

// FuzzParseHash: an anchor comes from a file.
func FuzzParseHash(f *testing.F) {
	f.Add(strings.Repeat("ab", 32))
	f.Add("xyz")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := store.ParseHash(s); err == nil && h.String() != strings.ToLower(s) {
			t.Errorf("%q reads back as %q", s, h)
		}
	})
}

func TestTimesAreRoundedDown(t *testing.T) {
	for _, c := range []struct {
		in   time.Time
		want int64
	}{{time.Time{}, 0}, {noon.Add(1999 * time.Nanosecond), noon.UnixMicro() + 1}, {time.UnixMicro(-1), -1}} {
		if got := store.Micros(c.in); got != c.want {
			t.Errorf("Micros(%v) = %d: want %d", c.in, got, c.want)
		}
	}
	if !store.Time(0).IsZero() {
		t.Error("0 is not the zero time")
	}
}
