package onetime_test

import (
	"bytes"
	"crypto/rand"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/desk/people/onetime"
)

// TestVectors: RFC 6238, appendix B, the last six of the eight digits.
func TestVectors(t *testing.T) {
	secret := onetime.Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") // "12345678901234567890"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := secret.Code(time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s, %v, want %s", at, got, err, want)
		}
		for _, typed := range []string{want, want[:3] + " " + want[3:], strings.Map(func(r rune) rune { return r - '0' + '０' }, want)} {
			if step, ok := secret.Match(typed, time.Unix(at, 0), 0); !ok || step != at/30 {
				t.Errorf("at %d: %q: %d, %v", at, typed, step, ok)
			}
		}
	}
}

// TestReplay: whatever the order of clocks, a code is accepted at most once
// when the last step is kept, and never outside of its periods.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret, err := onetime.NewSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(1_800_000_000, 0)
		var last int64
		used := map[int64]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "tries") {
			made := start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "made")) * time.Second)
			at := start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "at")) * time.Second)
			code, _ := secret.Code(made)
			step, ok := secret.Match(code, at, last)
			if !ok {
				continue
			}
			if used[step] || step <= last {
				t.Fatalf("step %d accepted twice", step)
			}
			if d := at.Unix()/30 - made.Unix()/30; (d > 1 || d < -1) && step == made.Unix()/30 {
				t.Fatalf("a code %d periods away was accepted", d)
			}
			used[step], last = true, step
		}
	})
	secret, _ := onetime.NewSecret(rand.Reader)
	for _, bad := range []string{"", "12345", "1234567", "abcdef", "½½½½½½", strings.Repeat("1", 9000)} {
		if _, ok := secret.Match(bad, time.Unix(1_800_000_000, 0), 0); ok {
			t.Errorf("%.20q: accepted", bad)
		}
	}
}

func TestAddress(t *testing.T) {
	secret := onetime.Secret("GEZDGNBVGY3TQOJQ")
	u, err := url.Parse(secret.Address("Shop & Söhne", "anna+x@shop.example"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Shop & Söhne:anna+x@shop.example" || u.Query().Get("secret") != string(secret) || u.Query().Get("issuer") != "Shop & Söhne" {
		t.Errorf("%v, %v", u, err)
	}
	raw, err := secret.Picture("Shop", "anna")
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != 240 {
		t.Errorf("picture: %v", err)
	}
}

func TestRecovery(t *testing.T) {
	codes, err := onetime.NewRecovery(rand.Reader)
	if err != nil || len(codes) != onetime.Recoveries {
		t.Fatalf("%v, %v", codes, err)
	}
	sums := map[string]bool{}
	for _, c := range codes {
		sum, ok := onetime.RecoverySum(c)
		again, _ := onetime.RecoverySum(" " + strings.ToLower(strings.ReplaceAll(c, "-", " ")))
		if !ok || sum != again || sums[sum] || strings.Contains(sum, c[:4]+c[5:9]) {
			t.Errorf("%s: %s, %v", c, sum, ok)
		}
		sums[sum] = true
	}
	for _, bad := range []string{"", "123456", "ABCD-EFGH-JKLM", "ABCD-EFGH-JKLM-NPQ1", strings.Repeat("A", 9000)} {
		if _, ok := onetime.RecoverySum(bad); ok {
			t.Errorf("%.20q: taken for a code", bad)
		}
	}
	if _, err := onetime.NewRecovery(strings.NewReader("")); err == nil {
		t.Error("codes without randomness")
	}
	if _, err := onetime.NewSecret(strings.NewReader("short")); err == nil {
		t.Error("a secret without randomness")
	}
}
