// Package oidc asks an identity provider of the operator's who somebody is
// (OpenID Connect Core 1.0, authorization code with PKCE): Entra, Keycloak,
// Google and the like. Nothing is asked before the operator configures one.
//
// It decides nothing: which account and which roles follow from the answer is
// desk/people's.
//
//	p, err := oidc.New(oidc.Config{Issuer: "https://login.example.com", ...})
//	url, err := p.Begin(ctx, question)
//	who, err := p.Finish(ctx, code, question)
package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"bonafide/fault"
)

// Config names a provider.
type Config struct {
	// Issuer is the provider's address; its settings are read from there.
	Issuer string
	// ID and Secret are what the provider gave this server.
	ID, Secret string
	// Return is the address of our page to which it sends people back.
	Return string
	// GroupsClaim is the claim that lists groups; empty: "groups".
	GroupsClaim string
	// Scopes are asked for beside openid, email and profile.
	Scopes []string
	// Timeout bounds every call to the provider; 0: ten seconds.
	Timeout time.Duration
	// Now is the time against which answers are checked; nil: the clock.
	Now func() time.Time
}

// Question is what one log-in keeps until its answer. State, Nonce and Verifier
// are random words of at least 128 bits, used once.
type Question struct {
	State, Nonce, Verifier string
	// Since, where it is not 0, asks for a new proof of who the person is: the
	// provider must have seen one since then (seconds since 1970).
	Since int64
}

// skew is how far the provider's clock may be behind ours.
const skew = time.Minute

// Identity is whom the provider names. Subject never changes within Issuer and
// is all that may be relied on to find the person again.
type Identity struct {
	Issuer, Subject string
	Mail, Name      string
	// MailVerified: the provider has checked that the mail is the person's.
	MailVerified bool
	Groups       []string
}

// Provider is one identity provider. It reads the provider's settings when
// first asked, so that a provider that is down does not keep the server from
// starting. Safe for concurrent use.
type Provider struct {
	cfg    Config
	client *http.Client

	mu   sync.Mutex
	read *oidc.Provider // guarded by mu
}

// MaxGroups is how many groups of an answer are looked at.
const MaxGroups = 1000

// New makes a provider without asking it.
func New(c Config) (*Provider, error) {
	if c.Issuer == "" || c.ID == "" || c.Return == "" {
		return nil, fault.New(fault.Invalid, "oidc", "needs issuer, client id and the address of this server (server.base_url)")
	}
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Provider{cfg: c, client: &http.Client{Timeout: c.Timeout, CheckRedirect: stay}}, nil
}

// stay follows no redirect: what the operator named is asked, and nobody else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (p *Provider) settings(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil {
		// The library keeps this context for reading keys later: it must not end.
		got, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.cfg.Issuer)
		if err != nil {
			return nil, nil, unreachable(err)
		}
		p.read = got
	}
	return p.read, &oauth2.Config{ClientID: p.cfg.ID, ClientSecret: p.cfg.Secret, Endpoint: p.read.Endpoint(), RedirectURL: p.cfg.Return,
		Scopes: append([]string{oidc.ScopeOpenID, "email", "profile"}, p.cfg.Scopes...)}, nil
}

// Begin returns the provider's address to which the person is sent.
func (p *Provider) Begin(ctx context.Context, q Question) (string, error) {
	_, auth, err := p.settings(ctx)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(q.Nonce), oauth2.S256ChallengeOption(q.Verifier)}
	if q.Since != 0 {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return auth.AuthCodeURL(q.State, opts...), nil
}

// Finish exchanges the code that the person brought back for who they are.
func (p *Provider) Finish(ctx context.Context, code string, q Question) (Identity, error) {
	read, auth, err := p.settings(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := auth.Exchange(ctx, code, oauth2.VerifierOption(q.Verifier))
	if err != nil {
		return Identity{}, refused(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, refused(fmt.Errorf("the answer holds no id_token"))
	}
	id, err := read.Verifier(&oidc.Config{ClientID: p.cfg.ID, Now: p.cfg.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, refused(err)
	}
	if q.Nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(q.Nonce)) != 1 {
		return Identity{}, refused(fmt.Errorf("the nonce is of another log-in"))
	}
	if err := fresh(id, q.Since); err != nil {
		return Identity{}, err
	}
	return p.identity(id)
}

// fresh refuses an answer about an older log-in. The browser holds the address
// in which a new one was asked for and may have changed it; auth_time is signed
// (OpenID Connect Core 1.0, 2 and 3.1.2.1).
func fresh(id *oidc.IDToken, since int64) error {
	if since == 0 {
		return nil
	}
	var proof struct {
		Time *float64 `json:"auth_time"`
	}
	if err := id.Claims(&proof); err != nil {
		return refused(err)
	}
	if proof.Time == nil || *proof.Time < float64(since)-skew.Seconds() {
		return refused(fmt.Errorf("the provider does not say that the person proved anew who they are (auth_time)"))
	}
	return nil
}

func (p *Provider) identity(id *oidc.IDToken) (Identity, error) {
	var known struct {
		Mail     string `json:"email"`
		Verified any    `json:"email_verified"`
		Name     string `json:"name"`
	}
	var all map[string]json.RawMessage
	if err := id.Claims(&known); err != nil {
		return Identity{}, refused(err)
	}
	if err := id.Claims(&all); err != nil {
		return Identity{}, refused(err)
	}
	// Some providers send "true" as a text (Amazon Cognito).
	who := Identity{Issuer: id.Issuer, Subject: id.Subject, Mail: known.Mail, Name: known.Name, MailVerified: known.Verified == true || known.Verified == "true"}
	if raw, ok := all[p.cfg.GroupsClaim]; ok {
		var one string
		if json.Unmarshal(raw, &who.Groups) != nil && json.Unmarshal(raw, &one) == nil {
			who.Groups = []string{one}
		}
	}
	who.Groups = slices.Clip(who.Groups[:min(len(who.Groups), MaxGroups)])
	return who, nil
}

func unreachable(cause error) error {
	e := fault.New(fault.Temporary, "oidc", "the identity provider does not answer: try again, or log in another way")
	e.Cause = cause
	return e
}

func refused(cause error) error {
	e := fault.New(fault.Invalid, "oidc", "the identity provider's answer does not hold: begin the log-in again")
	e.Cause = cause
	return e
}
