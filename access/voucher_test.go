package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bonafide/access"
)

func TestVouchers(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	key := strings.Repeat("k", 32)
	v, err := access.NewVouchers(key)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(p access.Person, at time.Time) string {
		s, err := v.Sign(p, at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	anna := access.Person{Account: "a-1", Phones: []string{"+4915100000000"}}
	good := sign(anna, now.Add(5*time.Minute))
	p, err := v.Check(good, now)
	if err != nil || p.Account != "a-1" || len(p.Phones) != 1 {
		t.Fatalf("good voucher: %+v, %v", p, err)
	}
	other, _ := access.NewVouchers(strings.Repeat("x", 32))
	none, _ := access.NewVouchers("")
	for name, check := range map[string]func() error{
		"expired":         func() error { _, err := v.Check(good, now.Add(6*time.Minute)); return err },
		"other key":       func() error { _, err := other.Check(good, now); return err },
		"too long a life": func() error { _, err := v.Check(sign(anna, now.Add(time.Hour)), now); return err },
		"nobody":          func() error { _, err := v.Check(sign(access.Person{}, now.Add(time.Minute)), now); return err },
		"unsigned": func() error {
			_, err := v.Check("eyJhbGciOiJub25lIn0."+strings.Split(good, ".")[1]+".", now)
			return err
		},
		"huge":      func() error { _, err := v.Check(strings.Repeat("a", 9000), now); return err },
		"no key":    func() error { _, err := none.Check(good, now); return err },
		"no token":  func() error { _, err := v.Check("", now); return err },
		"short key": func() error { _, err := access.NewVouchers("short"); return err },
	} {
		if check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := v.Check("", now); !errors.Is(err, access.ErrNoVoucher) {
		t.Errorf("no token: %v, want ErrNoVoucher", err)
	}
}
