package cold_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"bonafide/eventlog/cold"
)

// TestStoreIsAMap: whatever is put, taken and looked at, the store answers as a
// map that keeps its order, also beyond what waits in memory and when its file is
// written anew; what can say nothing any more goes then.
func TestStoreIsAMap(t *testing.T) {
	dir, err := cold.Open(t.TempDir(), cold.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := dir.New()
	if err != nil {
		t.Fatal(err)
	}
	type kept struct {
		raw   []byte
		until int64
		n     int
	}
	want := map[[17]byte]kept{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60_000 {
		var id [17]byte
		id[0], id[1], id[2] = byte(r.IntN(3)), byte(r.IntN(256)), byte(r.IntN(16))
		series, key := int(id[0]), [16]byte(id[1:])
		w, there := want[id]
		got, err := s.Get(series, key, true)
		if err != nil || there && w.until > int64(i) && !bytes.Equal(got, w.raw) || !there && got != nil {
			t.Fatalf("%d: %d bytes, %v: want %d", i, len(got), err, len(w.raw))
		}
		delete(want, id)
		if r.IntN(5) == 0 {
			continue
		}
		raw := bytes.Repeat([]byte{byte(i)}, 1+r.IntN(600))
		until := int64(i + r.IntN(40_000))
		if err := s.Put(series, key, until, int64(i), raw); err != nil {
			t.Fatal(err)
		}
		want[id] = kept{raw, until, i}
		if got, err := s.Get(series, key, false); err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("%d: looked at: %d bytes, %v", i, len(got), err)
		}
	}
	last := -1
	for k, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		id := [17]byte(append([]byte{byte(k.Series)}, k.Key[:]...))
		w, there := want[id]
		if !there || !bytes.Equal(w.raw, k.Raw) || w.until != k.Until || w.n <= last {
			t.Fatal("a key that is not there, or out of order")
		}
		last = w.n
		delete(want, id)
	}
	for _, w := range want {
		if w.until > 60_000 {
			t.Fatal("a key is missing")
		}
	}
	if s.Len(0)+s.Len(1)+s.Len(2) == 0 {
		t.Error("no key is left: this tested little")
	}
}

// TestBounds: beyond its limits a store refuses, and files that a killed program
// left are removed.
func TestBounds(t *testing.T) {
	path := t.TempDir()
	if err := os.WriteFile(filepath.Join(path, "keys-old"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := cold.Open(path, cold.Limits{Keys: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(path, "keys-old")); err == nil {
		t.Error("an old file is still there")
	}
	s, err := dir.New()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		if err := s.Put(0, [16]byte{byte(i)}, 1<<40, 0, []byte(fmt.Sprint(i))); (err == nil) != (i < 10) {
			t.Errorf("key %d of at most 10: %v", i, err)
		}
	}
	if s.Put(0, [16]byte{1}, 1<<40, 0, nil) == nil {
		t.Error("a key is kept twice")
	}
}
