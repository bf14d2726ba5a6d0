// Package people is the desk of those who work here: who they are, how they
// prove it, what they may do and for how long. It sets up the first
// administrator, invites, logs in by password, authenticator app, passkey or
// identity provider, keeps sessions and API keys, and manages roles.
//
// It checks every right itself (access), so that no door can forget to, writes
// an audit entry with every change in the same transaction, and tells nobody
// who asks to log in whether a name is known.
//
// It is not for shoppers who check a contact: that needs no log-in.
//
//	in, err := desk.LogIn(ctx, people.Credentials{Tenant: "main", Login: "anna", Password: p}, from)
//	who, err := desk.Actor(ctx, in.Token, from)
package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bonafide/access"
	"bonafide/desk/people/passkey"
	"bonafide/desk/people/password"
	"bonafide/fault"
	"bonafide/outside/oidc"
	"bonafide/store"
)

// Provider is what the desk needs of an identity provider.
type Provider interface {
	Begin(ctx context.Context, q oidc.Question) (string, error)
	Finish(ctx context.Context, code string, q oidc.Question) (oidc.Identity, error)
}

// Federation says what follows from an identity provider's answer.
type Federation struct {
	Provider Provider
	// Name is what the log-in page calls the provider.
	Name string
	// Tenant is whose people it logs in.
	Tenant access.Tenant
	// Groups gives roles to groups of the provider. Who logs in there and is in none
	// of them is refused and loses the roles that they have here; who is gets these
	// roles at every log-in, no others. The provider is asked at log-ins alone: who
	// does not log in there keeps what they have until somebody takes it here.
	Groups map[string]access.Role
}

// Limits bound sessions and guesses. The zero value of a field means its
// default.
type Limits struct {
	// Idle ends a session that is not used, Absolute ends any.
	Idle, Absolute time.Duration
	// Window is how long failed attempts count. Within it, so many are let
	// through: of one account from one network, of one network, of one account
	// from browsers that it never logged in from, and from one that it did.
	Window                                 time.Duration
	PerPair, PerNetwork, PerAccount, Known int64
}

func (l Limits) filled() Limits {
	orTime := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	orCount := func(n *int64, v int64) {
		if *n <= 0 {
			*n = v
		}
	}
	orTime(&l.Idle, 30*time.Minute)
	orTime(&l.Absolute, 12*time.Hour)
	orTime(&l.Window, 15*time.Minute)
	orCount(&l.PerPair, 5)
	orCount(&l.PerNetwork, 50)
	orCount(&l.PerAccount, 20)
	orCount(&l.Known, 10)
	return l
}

// Config is what a desk works with. Store, Now, Random, Hasher and Rules are
// needed.
type Config struct {
	Store  store.Store
	Now    func() time.Time
	Random io.Reader
	Hasher *password.Hasher
	Rules  *password.Rules
	// Passkeys is nil where the address of the pages does not allow any.
	Passkeys   *passkey.Party
	Federation *Federation
	// Key seals authenticator secrets; FormerKeys still open those of before.
	// Without a key they are kept as they are.
	// Marks of persons in holds are made with them, too.
	Key        []byte
	FormerKeys [][]byte
	// SealedBelow: the store seals authenticator secrets itself (store/sealed), so
	// they are given to it open; Key and FormerKeys open those of before.
	SealedBelow bool
	Limits      Limits
	// SecondFor are the roles whose people need a second factor: who logged in
	// by password alone and has no authenticator app can only add one.
	SecondFor []access.Role
}

// Desk is the desk of people. It is safe for concurrent use.
type Desk struct {
	cfg Config
	lim Limits
	box sealer
	// touching holds a place for each use that is being written down.
	touching chan struct{}
	known    known
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Now == nil || c.Random == nil || c.Hasher == nil || c.Rules == nil {
		return nil, errors.New("people: store, clock, randomness, hasher and rules are all needed")
	}
	box, err := newSealer(c.Key, c.FormerKeys)
	if err != nil {
		return nil, err
	}
	if f := c.Federation; f != nil {
		if _, err := access.ParseTenant(string(f.Tenant)); err != nil {
			return nil, fmt.Errorf("people: identity provider: %w", err)
		}
		for group, r := range f.Groups {
			if _, err := access.ParseRole(string(r)); err != nil || group == "" {
				return nil, fmt.Errorf("people: identity provider: group %q: %w", group, err)
			}
		}
	}
	return &Desk{cfg: c, lim: c.Limits.filled(), box: box, touching: make(chan struct{}, touches)}, nil
}

// From is where a request comes from, as the door sees it.
type From struct {
	// Address is the client's; only its network is kept.
	Address netip.Addr
	// Agent is what the browser calls itself; only its kind is kept.
	Agent string
	// Device is the word that a browser keeps after a log-in, by which the desk
	// knows it again and lets it in while strangers guess.
	Device string
}

// network is the part of an address that is kept: a /24, or /48 of IPv6. It is
// enough to see that a session comes from elsewhere.
func (f From) network() string { return access.Network(f.Address) }

// kind is the browser and system in a few words.
func (f From) kind() string {
	find := func(of ...string) string {
		for _, name := range of {
			if strings.Contains(f.Agent, name) {
				return strings.TrimSuffix(name, "/")
			}
		}
		return ""
	}
	browser := find("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/", "curl/")
	system := find("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
	return strings.Trim(browser+", "+system, ", ")
}

// words are the tokens that we hand out: 256 bits of chance.
func (d *Desk) word() (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(d.cfg.Random, raw); err != nil {
		return "", fmt.Errorf("people: draw a word: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// id draws the name of a record: 128 bits of chance that open nothing.
func (d *Desk) id() (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(d.cfg.Random, raw); err != nil {
		return "", fmt.Errorf("people: draw an id: %w", err)
	}
	return fmt.Sprintf("%x", raw), nil
}

// sum is what is kept of a word.
func sum(word string) store.Hash { return sha256.Sum256([]byte(word)) }

// trace is the key under which attempts are counted: with the desk's key nobody
// who reads the records can try names or addresses out.
func (d *Desk) trace(parts ...string) store.Hash {
	mac := hmac.New(sha256.New, d.cfg.Key)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return store.Hash(mac.Sum(nil))
}

// MaxLogin is the longest name to log in as, in bytes (RFC 5321 for a mailbox).
const MaxLogin = 254

// FoldLogin is a login in the form that two spellings of it have in common.
// What cannot be a login is Invalid.
func FoldLogin(s string) (string, error) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	bad := strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	if n := utf8.RuneCountInString(s); bad || n < 3 || len(s) > MaxLogin || !utf8.ValidString(s) {
		return "", fault.New(fault.Invalid, "login", "is no name to log in as: take a mail address, or 3 to %d letters and digits without spaces", MaxLogin)
	}
	return s, nil
}

// maxName is the longest name of a person, team or tenant, in characters.
const maxName = 60

// cleanName checks what a person, team or tenant is called.
func cleanName(field, s string) (string, error) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	bad := strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	if s == "" || bad || utf8.RuneCountInString(s) > maxName || !utf8.ValidString(s) {
		return "", fault.New(fault.Invalid, field, "is missing or no name: write 1 to %d characters", maxName)
	}
	return s, nil
}

// deed is the audit entry of what an actor does.
func (d *Desk) deed(a access.Actor, action, object string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: object, From: a.From}
}

// change does f with its audit entry. What is known of keys is let go before and
// after: nothing of before is believed, however far the change comes.
func (d *Desk) change(ctx context.Context, deed store.Deed, f func(store.Records) error) error {
	d.known.forget()
	defer d.known.forget()
	return store.Change(ctx, d.cfg.Store, deed, f)
}

// write is change for what appends its own audit entries.
func (d *Desk) write(ctx context.Context, f func(store.Records) error) error {
	d.known.forget()
	defer d.known.forget()
	return d.cfg.Store.Write(ctx, f)
}

// Console is the actor of the server's own command line.
func Console(t access.Tenant) access.Actor {
	return access.Actor{Tenant: t, Console: true, From: "console"}
}
