// Package access says who may see and do what: roles and permissions in one
// table (Rules), whose rights end at their tenant (Actor.May), what is masked
// until somebody gives a reason (Actor.Unmask), and for whom the shop vouches,
// so that their entries in its books may be consulted (Vouchers). Desks ask it;
// doors only hand on who asks.
//
//	if err := actor.May(access.ReportRead, access.Of{Tenant: r.Tenant, Owner: r.By}, now); err != nil {
//		return nil, err // "not found" for another tenant's
//	}
//
// It is not for log-ins: who somebody is, desk/people finds out.
package access

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Person is whom the shop vouches for: the account id and the ways to reach
// them that may be looked up in the outbound register. All may be pseudonyms
// of the shop's own.
type Person struct {
	Account string   `json:"account"`
	Phones  []string `json:"phones"`
	Mails   []string `json:"mails"`
	// Household are account ids of people of the same household or business.
	Household []string `json:"household"`
}

// Vouchers checks tokens signed by the shop: JSON Web Tokens (RFC 7519) with
// HMAC-SHA-256, audience "bonafide", an expiry at most MaxAge ahead.
type Vouchers struct{ key []byte }

// MaxAge is the longest life of a voucher: it opens a person's books and
// should not outlive the visit.
const MaxAge = 15 * time.Minute

const audience = "bonafide"

// ErrNoVoucher means that no voucher was given, or that the server has no key
// to check one with.
var ErrNoVoucher = errors.New("access: no voucher")

// NewVouchers takes the key that shop and server share; an empty key refuses
// every voucher. A key shorter than 32 bytes is an error.
func NewVouchers(key string) (*Vouchers, error) {
	if key != "" && len(key) < 32 {
		return nil, fmt.Errorf("access: voucher key of %d bytes: want at least 32", len(key))
	}
	return &Vouchers{key: []byte(key)}, nil
}

type claims struct {
	jwt.RegisteredClaims
	Person
}

// Check returns the person that a token vouches for at a time.
func (v *Vouchers) Check(token string, now time.Time) (Person, error) {
	if token == "" || len(v.key) == 0 {
		return Person{}, ErrNoVoucher
	}
	if len(token) > 8<<10 {
		return Person{}, fmt.Errorf("access: voucher of %d bytes: want at most 8192", len(token))
	}
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return Person{}, fmt.Errorf("access: voucher: %w", err)
	}
	if c.ExpiresAt.After(now.Add(MaxAge)) {
		return Person{}, fmt.Errorf("access: voucher is valid for more than %s: ask the shop for a fresh one", MaxAge)
	}
	if c.Account == "" {
		return Person{}, errors.New("access: voucher names no account")
	}
	return c.Person, nil
}

// Sign makes a voucher, as the shop does it; for demonstrations and tests.
func (v *Vouchers) Sign(p Person, expires time.Time) (string, error) {
	if len(v.key) == 0 {
		return "", ErrNoVoucher
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{Audience: jwt.ClaimStrings{audience}, ExpiresAt: jwt.NewNumericDate(expires)},
		Person:           p,
	}).SignedString(v.key)
}
