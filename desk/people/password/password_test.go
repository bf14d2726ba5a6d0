package password_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bonafide/data"
	"bonafide/desk/people/password"
	"bonafide/fault"
)

var cheap = password.Cost{KiB: 8, Passes: 1, Lanes: 1}

func hasher(t testing.TB) *password.Hasher {
	t.Helper()
	h, err := password.New(cheap, 2)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashAndVerify(t *testing.T) {
	h, ctx := hasher(t), context.Background()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.String().Draw(t, "password")
		hash, err := h.Hash(ctx, rand.Reader, p)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := h.Verify(ctx, hash, p); err != nil || !ok {
			t.Fatalf("the right password: %v, %v", ok, err)
		}
		if ok, err := h.Verify(ctx, hash, p+"x"); err != nil || ok {
			t.Fatalf("another password: %v, %v", ok, err)
		}
		again, _ := h.Hash(ctx, rand.Reader, p)
		if again == hash {
			t.Fatal("two hashes of one password are equal: no salt")
		}
	})
}

// TestEqualWork: nobody and a person without password cost as much as a person
// with one; the decoy is never equal, not even to what it was made of.
func TestEqualWork(t *testing.T) {
	h, ctx := hasher(t), context.Background()
	hash, _ := h.Hash(ctx, rand.Reader, "right")
	for _, c := range []struct{ hash, given string }{{hash, "right"}, {hash, "wrong"}, {"", "right"}, {"", ""}} {
		before := h.Work()
		ok, err := h.Verify(ctx, c.hash, c.given)
		if err != nil || ok != (c.hash != "" && c.given == "right") {
			t.Errorf("%+v: %v, %v", c, ok, err)
		}
		if n := h.Work() - before; n != 1 {
			t.Errorf("%+v: %d hashes, want 1", c, n)
		}
	}
}

func TestHostileHashes(t *testing.T) {
	h := hasher(t)
	for _, bad := range []string{"x", "$argon2id$", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAA", "$argon2id$v=19$m=64,t=4000000,p=1$AAAAAAAAAAA$AAAA",
		"$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$", "$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$!!$AA"} {
		before := h.Work()
		if ok, err := h.Verify(context.Background(), bad, "x"); ok || err == nil {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
		if h.Work() != before {
			t.Errorf("%q: was computed", bad)
		}
	}
	other, _ := password.New(password.Cost{KiB: 16, Passes: 1, Lanes: 1}, 1)
	hash, _ := other.Hash(context.Background(), rand.Reader, "p")
	if ok, err := h.Verify(context.Background(), hash, "p"); !ok || err != nil {
		t.Errorf("a hash of another cost: %v, %v", ok, err)
	}
	if !h.Outdated(hash) || other.Outdated(hash) {
		t.Error("a hash is outdated where the cost differs")
	}
	if _, err := password.New(password.Cost{}, 1); err == nil {
		t.Error("no cost: accepted")
	}
}

func TestStrength(t *testing.T) {
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	about := []string{"Anna Muster", "anna.muster@shop.example"}
	for _, good := range []string{"correct horse battery staple", "Kaffee ohne Milch am Dienstag", "きのうの夜は雨がふっていました", "xK9#mQ2$vL7p", "tüpfel-quark-9-zebra"} {
		if err := rules.Check(good, about...); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "short", "password1234", "P@ssw0rd2026!", "aaaaaaaaaaaaaaaa", "qwertyuiop123456", "abcdefghijkl", "123456789012",
		"annamuster2026", "Anna.Muster!!", "Passwort2025Passwort", "1q2w3e4r5t6y", "パスワードパスワード2026", strings.Repeat("long word ", 30)} {
		err := rules.Check(bad, about...)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v, want invalid", bad, err)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
	if password.Clean("Ａé") != password.Clean("Ae\u0301") {
		t.Error("one password on two keyboards is two")
	}
}

type leaks struct{ err error }

func (l leaks) Has(p string) (bool, error) {
	return p == "four words by chance" || p == "ｗｉｄｅ words by chance", l.err
}

// TestLeaked: what leaked is refused in the form in which it was typed and in
// the one in which it is kept; a set that cannot be asked lets nothing pass.
func TestLeaked(t *testing.T) {
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	rules.Refuse(leaks{})
	for _, bad := range []string{"four words by chance", "ｆour words by chance", "ｗｉｄｅ words by chance"} {
		if err := rules.Check(bad); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := rules.Check("five other words by chance"); err != nil {
		t.Error(err)
	}
	rules.Refuse(leaks{err: errors.New("disk")})
	if err := rules.Check("five other words by chance"); err == nil || fault.KindOf(err) == fault.Invalid {
		t.Errorf("a set that cannot be read: %v", err)
	}
}
