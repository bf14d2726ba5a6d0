package keyring_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/fault"
	"bonafide/keyring"
)

var (
	day  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	body = keyring.Place{Tenant: "main", Family: "reports", Field: "body", Record: "r1"}
)

func must[T any](t testing.TB) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

func ring(t testing.TB) *keyring.Ring { return must[*keyring.Ring](t)(keyring.New(rand.Reader, day)) }

// TestSealedValuesOpen: whatever a text is, it opens as it was where it was
// sealed, its beginning opens from the first bytes, and it holds nothing of it.
func TestSealedValuesOpen(t *testing.T) {
	s := keyring.NewSealer(ring(t), rand.Reader)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.StringN(1, 20, -1), func(x string) string { return strings.Repeat(x, 60) })).Draw(t, "text")
		p := keyring.Place{Tenant: rapid.SampledFrom([]string{"main", "other"}).Draw(t, "tenant"), Family: "reports", Field: "body", Record: rapid.String().Draw(t, "record")}
		v, err := s.Seal(context.Background(), p, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(context.Background(), p, v); err != nil || got != text {
			t.Fatalf("%q opens as %q, %v", text, got, err)
		}
		cut := v[:min(len(v), keyring.HeadBytes)]
		if got, err := s.OpenHead(context.Background(), p, cut); err != nil || got != keyring.Head(text) {
			t.Fatalf("the beginning of %q opens as %q, %v", text, got, err)
		}
		if len(v) > keyring.SealedSize(len(text)) {
			t.Errorf("%d bytes are sealed to %d: more than SealedSize says", len(text), len(v))
		}
		if len(text) > 8 && strings.Contains(v, text) {
			t.Error("a sealed value holds its text")
		}
		q := p
		q.Record += "x"
		if _, err := s.Open(context.Background(), q, v); text != "" && err == nil {
			t.Error("a value opens in another record")
		}
	})
}

// TestPlaces: each part of the place is authenticated, and letters cannot move
// between parts.
func TestPlaces(t *testing.T) {
	s := keyring.NewSealer(ring(t), rand.Reader)
	v := must[string](t)(s.Seal(t.Context(), body, "text"))
	for _, p := range []keyring.Place{{"other", "reports", "body", "r1"}, {"main", "cases", "body", "r1"}, {"main", "reports", "note", "r1"},
		{"main", "reports", "body", "r2"}, {"main", "reports", "bod", "yr1"}, {"main\x00reports", "", "body", "r1"}, {}} {
		if got, err := s.Open(t.Context(), p, v); err == nil {
			t.Errorf("at %v it opens as %q", p, got)
		}
	}
}

// TestRotation: what a former key sealed opens, a new value is sealed with the
// new key, and a destroyed key opens nothing.
func TestRotation(t *testing.T) {
	r := ring(t)
	first := must[string](t)(r.Active())
	old := must[string](t)(keyring.NewSealer(r, rand.Reader).Seal(t.Context(), body, "text"))
	r, added, err := r.Add(rand.Reader, day)
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := r.Active(); id != first {
		t.Errorf("a key that was added is active: %s", id)
	}
	r, id, err := r.Rotate(rand.Reader, day.AddDate(0, 1, 0))
	if err != nil || id != added {
		t.Fatalf("rotation to %s, %v: want to the key that was added", id, err)
	}
	if _, other, err := r.Rotate(rand.Reader, day); err != nil || other == added || other == first {
		t.Errorf("a further rotation to %s, %v: want to a new key", other, err)
	}
	s := keyring.NewSealer(r, rand.Reader)
	if got, err := s.Open(t.Context(), body, old); err != nil || got != "text" {
		t.Errorf("the old value opens as %q, %v", got, err)
	}
	now := must[string](t)(s.Seal(t.Context(), body, "text"))
	if by, ok := keyring.KeyOf(now); !ok || by != added || !strings.HasPrefix(now, keyring.Prefix(added)) || len(keyring.Prefix(added)) != keyring.MarkSize {
		t.Errorf("a new value is sealed by %s: want %s", by, added)
	}
	if _, err := r.Destroy(added, day); fault.KindOf(err) != fault.Conflict {
		t.Errorf("destroying the active key: %v", err)
	}
	if _, err := r.Destroy("00000000", day); fault.KindOf(err) != fault.NotFound {
		t.Errorf("destroying an unknown key: %v", err)
	}
	r = must[*keyring.Ring](t)(r.Destroy(first, day))
	if _, err := keyring.NewSealer(r, rand.Reader).Open(t.Context(), body, old); fault.KindOf(err) != fault.NotConfigured || !strings.Contains(err.Error(), "destroyed on 2026-11-22") {
		t.Errorf("a value of a destroyed key: %v", err)
	}
	if bytes.Contains(r.Bytes(), []byte(`"state": "destroyed",`+"\n"+`      "secret"`)) {
		t.Error("the file holds the secret of a destroyed key")
	}
	back := must[*keyring.Ring](t)(keyring.Parse(r.Bytes()))
	if !bytes.Equal(back.Bytes(), r.Bytes()) {
		t.Error("a ring does not come back from its file as it was")
	}
	s = keyring.NewSealer(back, rand.Reader)
	if got, err := s.Open(t.Context(), body, now); err != nil || got != "text" {
		t.Errorf("after the file was read again it opens as %q, %v", got, err)
	}
	s.Forget()
	if got, err := s.Open(t.Context(), body, now); err != nil || got != "text" {
		t.Errorf("after data keys were forgotten it opens as %q, %v", got, err)
	}
}

// TestFilesThatAreNoRing: each is refused, with an error that holds no key.
func TestFilesThatAreNoRing(t *testing.T) {
	good := string(ring(t).Bytes())
	var f map[string]any
	if err := json.Unmarshal([]byte(good), &f); err != nil {
		t.Fatal(err)
	}
	secret := f["keys"].([]any)[0].(map[string]any)["secret"].(string)
	for what, text := range map[string]string{
		"nothing":      "",
		"no JSON":      "keys",
		"another file": `{"format":"bonafide-records"}`,
		"version 2":    strings.Replace(good, `"version": 1`, `"version": 2`, 1),
		"goes on":      good + good,
		"no active":    strings.Replace(good, `"active"`, `"decrypt-only"`, 1),
		"state":        strings.Replace(good, `"active"`, `"open"`, 1),
		"short secret": strings.Replace(good, secret, secret[:20], 1),
		"id":           strings.Replace(good, `"id": "`, `"id": "X`, 1),
		"unknown":      strings.Replace(good, `"id"`, `"name": "x", "id"`, 1),
		"too long":     good + strings.Repeat(" ", keyring.MaxFile),
		"no keys":      `{"format":"bonafide-keyring","version":1,"keys":[]}`,
	} {
		_, err := keyring.Parse([]byte(text))
		if k := fault.KindOf(err); err == nil || k != fault.Invalid && k != fault.TooLarge || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// broken is a key service that does not answer, or answers wrongly.
type broken struct {
	id      string
	wrapped []byte
	err     error
}

func (b broken) Active() (string, error) { return "0a0b0c0d", nil }
func (b broken) Wrap(context.Context, io.Reader, []byte, []byte) (string, []byte, error) {
	return b.id, b.wrapped, b.err
}
func (b broken) Unwrap(context.Context, string, []byte, []byte) ([]byte, error) {
	return []byte("short"), b.err
}

// TestKeyServices: what a key service answers is checked, and its errors come up.
func TestKeyServices(t *testing.T) {
	down := fault.New(fault.Temporary, "", "the key service does not answer")
	for what, b := range map[string]broken{"an error": {err: down}, "a foreign id": {id: "arn:key", wrapped: []byte("x")}, "nothing": {id: "0a0b0c0d"},
		"too much": {id: "0a0b0c0d", wrapped: make([]byte, 1001)}} {
		_, err := keyring.NewSealer(b, rand.Reader).Seal(t.Context(), body, "text")
		if err == nil || what == "an error" && !errors.Is(err, down) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := keyring.NewSealer(broken{id: "0a0b0c0d", wrapped: []byte("x")}, rand.Reader)
	v := must[string](t)(s.Seal(t.Context(), body, "text"))
	if _, err := s.Open(t.Context(), body, v); err == nil {
		t.Error("a data key of five bytes opens a value")
	}
}

// FuzzOpen: whatever stands in a record, opening it does not panic, and nothing
// but what was sealed opens.
func FuzzOpen(f *testing.F) {
	chance := mathrand.NewChaCha8([32]byte{}) // the same values in every process
	r := must[*keyring.Ring](f)(keyring.New(chance, day))
	s := keyring.NewSealer(r, chance)
	good := must[string](f)(s.Seal(f.Context(), body, strings.Repeat("text ", 200)))
	f.Add(good)
	f.Add("sealed:1:")
	f.Add("sealed:1:0a0b0c0d:::")
	f.Add(good[:100])
	f.Add("plain")
	f.Fuzz(func(t *testing.T, v string) {
		got, err := s.Open(t.Context(), body, v)
		if keyring.IsSealed(v) && err == nil && v != good {
			t.Errorf("%q opens as %q", v, got)
		}
		if !keyring.IsSealed(v) && (err != nil || got != v) {
			t.Errorf("the plain value %q reads as %q, %v", v, got, err)
		}
		_, _ = s.OpenHead(t.Context(), body, v)
		if id, ok := keyring.KeyOf(v); ok && !strings.HasPrefix(v, keyring.Prefix(id)) {
			t.Errorf("%q is said to be of key %s", v, id)
		}
	})
}

// FuzzParse: whatever stands in a file, reading it does not panic, and what is
// read is written so that it reads the same.
func FuzzParse(f *testing.F) {
	chance := mathrand.NewChaCha8([32]byte{}) // the same values in every process
	r := must[*keyring.Ring](f)(keyring.New(chance, day))
	f.Add(r.Bytes())
	r, _, _ = r.Rotate(chance, day)
	f.Add(r.Bytes())
	f.Add([]byte(`{"format":"bonafide-keyring","version":1,"keys":[{"id":"0a0b0c0d","state":"destroyed","created":"2026-11-22T12:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := keyring.Parse(raw)
		if err != nil {
			return
		}
		if _, err := r.Active(); err != nil {
			t.Error(err)
		}
		back, err := keyring.Parse(r.Bytes())
		if err != nil || !bytes.Equal(back.Bytes(), r.Bytes()) {
			t.Errorf("what was read does not come back: %v", err)
		}
	})
}

// FuzzSubject: the same for values under the key of a subject.
func FuzzSubject(f *testing.F) {
	key, chance := keyring.Secret{1}, mathrand.NewChaCha8([32]byte{})
	good := must[string](f)(key.Seal(chance, body, "text"))
	f.Add(good)
	f.Add("subject:1:")
	f.Fuzz(func(t *testing.T, v string) {
		if got, err := key.Open(body, v); err == nil && v != good {
			t.Errorf("%q opens as %q", v, got)
		}
		if s, err := keyring.ParseSecret(v); err == nil && s.String() != v {
			t.Errorf("%q is read as a secret that is written otherwise", v)
		}
	})
}
