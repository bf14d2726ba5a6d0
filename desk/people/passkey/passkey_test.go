package passkey_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"bonafide/desk/people/passkey"
	"bonafide/desk/people/passkey/passkeytest"
	"bonafide/fault"
)

const origin = "https://desk.shop.example"

func party(t testing.TB) *passkey.Party {
	t.Helper()
	p, err := passkey.New(passkey.Config{Host: "desk.shop.example", Name: "Bonafide", Origins: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%v)", err, errors.Unwrap(err))
		}
		return v
	}
}

// register makes a passkey of a device.
func register(t testing.TB, p *passkey.Party, d *passkeytest.Device, h passkey.Holder) passkey.Key {
	t.Helper()
	ask, state, err := p.AskNew(h)
	if err != nil {
		t.Fatal(err)
	}
	answer := must[[]byte](t)(d.New(ask))
	return must[passkey.Key](t)(p.CheckNew(h, state, answer))
}

func TestPasskey(t *testing.T) {
	p := party(t)
	anna := passkey.Holder{Handle: []byte("a handle that is chance"), Name: "anna", Show: "Anna"}
	d := &passkeytest.Device{Origin: origin}
	anna.Keys = []passkey.Key{register(t, p, d, anna)}
	find := func(id, handle []byte) (passkey.Holder, error) {
		if !bytes.Equal(id, anna.Keys[0].ID) || !bytes.Equal(handle, anna.Handle) {
			t.Errorf("asked for %x of %q", id, handle)
		}
		return anna, nil
	}
	ask, state, err := p.AskLogin(rand.Reader)
	if err != nil || strings.Contains(string(ask), "anna") || strings.Contains(string(ask), "allowCredentials") {
		t.Fatalf("the question names who is known here: %s, %v", ask, err)
	}
	answer := must[[]byte](t)(d.Login(ask))
	used := must[passkey.Used](t)(p.CheckLogin(state, answer, find))
	if used.Copied || !bytes.Equal(used.ID, anna.Keys[0].ID) {
		t.Errorf("used %+v", used)
	}
	anna.Keys[0] = used.Key

	refuse := func(name string, change func(d *passkeytest.Device), state []byte, ask []byte) {
		t.Helper()
		other := *d
		change(&other)
		answer := must[[]byte](t)(other.Login(ask))
		if _, err := p.CheckLogin(state, answer, find); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	ask2, state2, _ := p.AskLogin(rand.Reader)
	refuse("a page of a phisher", func(d *passkeytest.Device) { d.Origin = "https://desk-shop.example" }, state2, ask2)
	refuse("a person not verified", func(d *passkeytest.Device) { d.Unverified = true }, state2, ask2)
	refuse("an answer to another question", func(*passkeytest.Device) {}, state, ask2)
	stranger := &passkeytest.Device{Origin: origin}
	register(t, p, stranger, anna)
	forged := must[[]byte](t)(stranger.Login(ask2))
	if _, err := p.CheckLogin(state2, forged, func(_, _ []byte) (passkey.Holder, error) { return anna, nil }); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key that was not kept: %v", err)
	}
	ghost := errors.New("nobody")
	if _, err := p.CheckLogin(state2, must[[]byte](t)(d.Login(ask2)), func(_, _ []byte) (passkey.Holder, error) { return passkey.Holder{}, ghost }); !errors.Is(err, ghost) {
		t.Errorf("nobody found: %v", err)
	}
	if _, err := p.CheckLogin(state2, must[[]byte](t)(d.Login(ask2)), func(_, _ []byte) (passkey.Holder, error) {
		return passkey.Holder{Handle: []byte("another"), Keys: anna.Keys}, nil
	}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("handle of another person: %v", err)
	}

	copied := *d
	copied.Counter = 0
	ask3, state3, _ := p.AskLogin(rand.Reader)
	if used, err := p.CheckLogin(state3, must[[]byte](t)(copied.Login(ask3)), find); err != nil || !used.Copied {
		t.Errorf("a counter that went back: %+v, %v", used, err)
	}
}

func TestHostileAnswers(t *testing.T) {
	p := party(t)
	h := passkey.Holder{Handle: []byte("handle"), Name: "n", Show: "N"}
	_, state, _ := p.AskNew(h)
	_, loginState, _ := p.AskLogin(rand.Reader)
	for _, bad := range []string{"", "{}", "[]", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 1000), strings.Repeat("x", passkey.MaxAnswer+1)} {
		if _, err := p.CheckNew(h, state, []byte(bad)); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge {
			t.Errorf("new, %.30q: %v", bad, err)
		}
		if _, err := p.CheckLogin(loginState, []byte(bad), nil); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge {
			t.Errorf("log-in, %.30q: %v", bad, err)
		}
	}
	h.Keys = make([]passkey.Key, passkey.MaxKeys)
	for i := range h.Keys {
		h.Keys[i].Data = []byte("{}")
	}
	if _, _, err := p.AskNew(h); fault.KindOf(err) != fault.Invalid {
		t.Errorf("one key too many: %v", err)
	}
	if _, _, err := p.AskLogin(strings.NewReader("")); err == nil {
		t.Error("a question without randomness")
	}
	if _, err := passkey.New(passkey.Config{}); err == nil {
		t.Error("a party without host")
	}
}

// FuzzAnswers: whatever a browser sends, it neither ends the program nor counts
// as a passkey.
func FuzzAnswers(f *testing.F) {
	p := party(f)
	h := passkey.Holder{Handle: []byte("handle"), Name: "n", Show: "N"}
	d := &passkeytest.Device{Origin: origin}
	ask, _, err := p.AskNew(h)
	if err != nil {
		f.Fatal(err)
	}
	made := must[[]byte](f)(d.New(ask))
	login, _, err := p.AskLogin(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	used := must[[]byte](f)(d.Login(login))
	_, state, err := p.AskNew(h) // of other questions
	if err != nil {
		f.Fatal(err)
	}
	_, loginState, err := p.AskLogin(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(made)
	f.Add(used)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if _, err := p.CheckNew(h, state, answer); err == nil {
			t.Error("a new passkey out of nothing")
		}
		if _, err := p.CheckLogin(loginState, answer, func(_, _ []byte) (passkey.Holder, error) { return h, nil }); err == nil {
			t.Error("logged in by nothing")
		}
	})
}
