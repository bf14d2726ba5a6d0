package keyfile_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
)

var day = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func make1(t *testing.T) (*keyfile.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "records", "keyring.json")
	f, err := keyfile.Make(path, rand.Reader, day)
	if err != nil {
		t.Fatal(err)
	}
	return f, path
}

func rotate(r *keyring.Ring) (*keyring.Ring, error) {
	next, _, err := r.Rotate(rand.Reader, day)
	return next, err
}

// TestFileIsItsOwnersOnly: the file is made so that only its owner can read it,
// one that others can read is refused, and none is made over another.
func TestFileIsItsOwnersOnly(t *testing.T) {
	f, path := make1(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, %v: want 0600", info.Mode(), err)
	}
	if _, err := keyfile.Make(path, rand.Reader, day); fault.KindOf(err) != fault.Conflict {
		t.Errorf("made over another: %v", err)
	}
	if err := f.Change(rotate); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after a change the file has the mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keyfile.Open(path); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "others") {
		t.Errorf("a file that others can read: %v", err)
	}
	if _, err := keyfile.Open(path + "x"); fault.KindOf(err) != fault.NotFound || strings.Contains(err.Error(), path) {
		t.Errorf("no file: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyring-*"))
	if len(left) > 0 {
		t.Errorf("left beside it: %v", left)
	}
}

// TestServersFollow: a process that has the keyring open opens at once what
// another sealed with a key that it just added, and soon seals with it itself.
func TestServersFollow(t *testing.T) {
	admin, path := make1(t)
	server, err := keyfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p := keyring.Place{Tenant: "main", Family: "reports", Field: "body", Record: "r1"}
	before, err := keyring.NewSealer(server, rand.Reader).Seal(t.Context(), p, "text")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Change(rotate); err != nil {
		t.Fatal(err)
	}
	v, err := keyring.NewSealer(admin, rand.Reader).Seal(t.Context(), p, "text")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []string{v, before} {
		if got, err := keyring.NewSealer(server, rand.Reader).Open(t.Context(), p, x); err != nil || got != "text" {
			t.Errorf("the server reads %q, %v", got, err)
		}
	}
	want, _ := admin.Active()
	if got, _ := server.Active(); got != want {
		t.Errorf("the server seals with %s: want %s", got, want)
	}
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.Change(rotate); err == nil {
		t.Error("a damaged file was changed")
	}
}

// TestNoSealWithoutTheNewest: a server that sees that the file changed and cannot
// read it seals nothing, says so once, opens what it can, and goes on when it can
// read the file again.
func TestNoSealWithoutTheNewest(t *testing.T) {
	admin, path := make1(t)
	server, err := keyfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var warned []error
	server.Watch(func(err error) { warned = append(warned, err) })
	sealer := keyring.NewSealer(server, rand.Reader)
	sealer.Watch(func(err error) { warned = append(warned, err) })
	p := keyring.Place{Tenant: "main", Family: "reports", Field: "body", Record: "r1"}
	kept, err := sealer.Seal(t.Context(), p, "text")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Change(rotate); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func() error{
		"others may read it": func() error { return os.Chmod(path, 0o644) },
		"it is damaged":      func() error { return os.WriteFile(path, []byte("damaged"), 0o600) },
		"it is gone":         func() error { return os.Remove(path) },
	} {
		warned = nil
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			server.LookNow()
			if v, err := sealer.Seal(t.Context(), p, "more"); fault.KindOf(err) != fault.Temporary || v != "" {
				t.Errorf("%s: sealed %q, %v: want Temporary", what, v, err)
			}
			if _, _, err := server.Wrap(t.Context(), rand.Reader, make([]byte, 32), nil); fault.KindOf(err) != fault.Temporary {
				t.Errorf("%s: wrapped: %v", what, err)
			}
			if got, err := sealer.Open(t.Context(), p, kept); err != nil || got != "text" {
				t.Errorf("%s: opens %q, %v", what, got, err)
			}
		}
		if len(warned) != 1 || strings.Contains(warned[0].Error(), path) {
			t.Errorf("%s: warned %v: want once, without the path", what, warned)
		}
		_ = os.Remove(path)
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		server.LookNow()
		want, _ := admin.Active()
		if got, err := server.Active(); err != nil || got != want {
			t.Errorf("%s, then mended: seals with %s, %v", what, got, err)
		}
		// The next way to spoil it must be seen as a change.
		if err := os.Chtimes(path, day, day); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChangesTakeTurns: of many that change the file at once none is lost.
func TestChangesTakeTurns(t *testing.T) {
	_, path := make1(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			f, err := keyfile.Open(path)
			if err == nil {
				err = f.Change(rotate)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, err := keyfile.Open(path)
	if err != nil || len(f.Ring().Keys()) != 9 {
		t.Errorf("%d keys, %v: want 9", len(f.Ring().Keys()), err)
	}
	no := errors.New("no")
	if err := f.Change(func(*keyring.Ring) (*keyring.Ring, error) { return nil, no }); !errors.Is(err, no) {
		t.Error(err)
	}
}

// TestGivenRing: a keyring that was given as a text seals, and is not changed.
func TestGivenRing(t *testing.T) {
	made, _ := make1(t)
	f, err := keyfile.Given(string(made.Ring().Bytes()))
	if err != nil || f.Path() != "" {
		t.Fatal(err)
	}
	if err := f.Change(rotate); fault.KindOf(err) != fault.Invalid {
		t.Errorf("changed: %v", err)
	}
	if a, _ := f.Active(); a == "" {
		t.Error("no active key")
	}
	if _, err := keyfile.Given("x"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no ring: %v", err)
	}
}
