package keyfile_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/outside/keyfile"
)

// service is a key service that can be gone.
type service struct {
	gone  error
	asked int
}

func (s *service) Name() string { return "transit/made-up" }

func (s *service) Encrypt(_ context.Context, plain []byte) (string, error) {
	s.asked++
	return hex.EncodeToString(plain), s.gone
}

func (s *service) Decrypt(_ context.Context, wrapped string) ([]byte, error) {
	s.asked++
	if s.gone != nil {
		return nil, s.gone
	}
	return hex.DecodeString(wrapped)
}

var away = fault.New(fault.Temporary, "keys.kms.address", "cannot be reached")

func wrapped(t *testing.T) (*keyfile.File, *service, string) {
	t.Helper()
	s, path := &service{}, filepath.Join(t.TempDir(), "keyring.json")
	f, err := keyfile.MakeWith(path, s, rand.Reader, day)
	if err != nil {
		t.Fatal(err)
	}
	return f, s, path
}

// TestWrappedFile: no key stands in a file that a service wraps, nobody opens it
// without the service, and it is asked for the file only, not for values.
func TestWrappedFile(t *testing.T) {
	f, s, path := wrapped(t)
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("secret")) || !bytes.Contains(raw, []byte("transit/made-up")) {
		t.Fatalf("%v: the file says %s", err, raw)
	}
	if name, err := f.Wrapped(); name != "transit/made-up" || err != nil {
		t.Errorf("wrapped by %q, %v", name, err)
	}
	if _, err := keyfile.Open(path); fault.KindOf(err) != fault.NotConfigured || !strings.Contains(err.Error(), "transit/made-up") {
		t.Errorf("opened without the service: %v", err)
	}
	was := s.asked
	id, sealed, err := f.Wrap(t.Context(), rand.Reader, make([]byte, 32), nil)
	for range 3 {
		f.LookNow()
		if err == nil {
			_, err = f.Unwrap(t.Context(), id, sealed, nil)
		}
	}
	if err != nil || s.asked != was {
		t.Errorf("%v; values asked the service %d times", err, s.asked-was)
	}
	if err := f.Change(rotate); err != nil {
		t.Fatal(err)
	}
	again, err := keyfile.OpenWith(path, s)
	if err != nil || len(again.Ring().Keys()) != 2 {
		t.Fatalf("after a rotation: %v", err)
	}
	if _, err := again.Unwrap(t.Context(), id, sealed, nil); err != nil {
		t.Errorf("what was sealed before: %v", err)
	}
}

// TestWrappedFileWithoutItsService: who runs goes on, who starts says why it cannot,
// and the service is not asked at each value.
func TestWrappedFileWithoutItsService(t *testing.T) {
	f, s, path := wrapped(t)
	id, sealed, err := f.Wrap(t.Context(), rand.Reader, make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keyfile.OpenWith(path, s)
	if err != nil {
		t.Fatal(err)
	}
	s.gone = away
	f.LookNow()
	if _, err := f.Unwrap(t.Context(), id, sealed, nil); err != nil {
		t.Errorf("who runs cannot open: %v", err)
	}
	if _, err := f.Active(); err != nil {
		t.Errorf("who runs cannot seal with a file that did not change: %v", err)
	}
	if _, err := keyfile.OpenWith(path, s); fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("who starts: %v", err)
	}
	if err := f.Change(rotate); fault.KindOf(err) != fault.Temporary {
		t.Errorf("a rotation: %v", err)
	}
	// Another server rotates while the service is there for it: this one does not seal
	// with a key that may be none any more, opens, and waits.
	s.gone = nil
	if err := other.Change(rotate); err != nil {
		t.Fatal(err)
	}
	s.gone = away
	f.LookNow()
	was := s.asked
	for range 5 {
		if _, err := f.Active(); fault.KindOf(err) != fault.Temporary {
			t.Errorf("seals with a key of before: %v", err)
		}
		if _, err := f.Unwrap(t.Context(), "00000000", sealed, nil); err == nil {
			t.Error("an unknown key opens")
		}
	}
	if _, err := f.Unwrap(t.Context(), id, sealed, nil); err != nil || s.asked-was != 1 {
		t.Errorf("%v; the service was asked %d times while it was gone: want once", err, s.asked-was)
	}
	s.gone = nil
	f.LookNow()
	if got, err := f.Active(); err != nil || got == id {
		t.Errorf("when it is back: %v, active %s", err, got)
	}
}

// TestRewrite: a keyring of before is wrapped and can come back, with the same keys;
// what cannot be noted is not done.
func TestRewrite(t *testing.T) {
	_, path := make1(t)
	s := &service{}
	f, err := keyfile.OpenWith(path, s)
	if err != nil {
		t.Fatal(err)
	}
	id, err := f.Active()
	if err != nil {
		t.Fatal(err)
	}
	fine := func(*keyring.Ring) error { return nil }
	if err := f.Rewrite(false, func(*keyring.Ring) error { return away }); fault.KindOf(err) != fault.Temporary {
		t.Errorf("not noted: %v", err)
	}
	if name, err := f.Wrapped(); name != "" || err != nil {
		t.Errorf("wrapped by %q, %v", name, err)
	}
	for _, plain := range []bool{false, false, true} {
		if err := f.Rewrite(plain, fine); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil || bytes.Contains(raw, []byte("secret")) != plain {
			t.Errorf("plain %v: %v\n%s", plain, err, raw)
		}
		if got, err := f.Active(); got != id || err != nil {
			t.Errorf("another key: %s, %v", got, err)
		}
	}
	without, err := keyfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := without.Rewrite(false, fine); fault.KindOf(err) != fault.Conflict {
		t.Errorf("wrapped by nobody: %v", err)
	}
}

// TestDamagedWrap: whatever stands in a wrapped file is refused and not a panic.
func TestDamagedWrap(t *testing.T) {
	_, s, path := wrapped(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"another version": strings.Replace(string(good), `"version": 1`, `"version": 2`, 1),
		"nothing":         `{"format":"bonafide-keyring-wrapped","version":1,"service":"x","wrapped":""}`,
		"no keyring":      `{"format":"bonafide-keyring-wrapped","version":1,"service":"x","wrapped":"` + hex.EncodeToString([]byte("hello")) + `"}`,
		"too long":        `{"format":"bonafide-keyring-wrapped","version":1,"wrapped":"` + base64.StdEncoding.EncodeToString(make([]byte, 400_000)) + `"}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyfile.OpenWith(path, s); err == nil {
			t.Errorf("%s: opened", what)
		}
	}
}
