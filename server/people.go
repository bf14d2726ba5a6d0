package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/config"
	"bonafide/desk/people"
	"bonafide/desk/people/passkey"
	"bonafide/desk/people/password"
	"bonafide/desk/reports"
	"bonafide/desk/settings"
	"bonafide/locale"
	"bonafide/outside/leaked"
	"bonafide/outside/oidc"
	"bonafide/store"
	"bonafide/store/sealed"
)

// hashesAtOnce bounds the memory of log-ins: each hash takes 64 MiB.
const hashesAtOnce = 4

// returnPath is where an identity provider sends people back to.
const returnPath = "/login/provider/return"

// Base is the address of the pages: server.base_url, else the local one.
func Base(cfg config.Config) string {
	if cfg.Server.BaseURL != "" {
		return strings.TrimSuffix(cfg.Server.BaseURL, "/")
	}
	_, port, err := net.SplitHostPort(cfg.Server.Address)
	if err != nil || port == "0" {
		port = "8080"
	}
	return "http://localhost:" + port
}

// People wires the desk of those who work here.
func People(cfg config.Config, s store.Store) (*people.Desk, error) {
	hasher, err := password.New(password.DefaultCost(), hashesAtOnce)
	if err != nil {
		return nil, err
	}
	rules, err := password.LoadRules(Knowledge(cfg.Data.Overlay))
	if err != nil {
		return nil, err
	}
	if cfg.People.Leaked != "" {
		set, err := leaked.Open(cfg.People.Leaked) // open as long as the process lives
		if err != nil {
			return nil, err
		}
		rules.Refuse(set)
	}
	_, below := s.(*sealed.Store)
	c := people.Config{Store: s, Now: time.Now, Random: rand.Reader, Hasher: hasher, Rules: rules, Key: []byte(cfg.People.Key), SealedBelow: below,
		Limits: people.Limits{Idle: cfg.People.Idle, Absolute: cfg.People.Absolute}}
	c.FormerKeys = formerKeys(cfg)
	for _, r := range cfg.People.SecondFor {
		c.SecondFor = append(c.SecondFor, access.Role(r))
	}
	if c.Passkeys, err = passkeys(cfg); err != nil {
		return nil, err
	}
	if cfg.People.Issuer != "" {
		provider, err := oidc.New(oidc.Config{Issuer: cfg.People.Issuer, ID: cfg.People.ClientID, Secret: cfg.People.Secret, Return: Base(cfg) + returnPath,
			GroupsClaim: cfg.People.Claim})
		if err != nil {
			return nil, err
		}
		groups, err := cfg.People.Roles()
		if err != nil {
			return nil, err
		}
		c.Federation = &people.Federation{Provider: provider, Name: cfg.People.Provider, Tenant: access.Tenant(cfg.People.Tenant), Groups: groups}
	}
	return people.New(c)
}

// settings wires the desk of what tenants decide.
func (s *Server) settings(countries []string) (*settings.Desk, error) {
	texts, err := locale.Load(Knowledge(s.cfg.Data.Overlay))
	if err != nil {
		return nil, err
	}
	c := settings.Config{Store: s.opt.Store, Now: time.Now, Langs: texts.Languages(), Countries: countries, Idle: s.cfg.People.Idle,
		Absolute: s.cfg.People.Absolute, Public: access.Tenant(s.cfg.Reports.Tenant)}
	for _, r := range s.cfg.People.SecondFor {
		c.Floor = append(c.Floor, access.Role(r))
	}
	return settings.New(c)
}

// Reports wires the desk of contact reports.
func Reports(cfg config.Config, s store.Store) (*reports.Desk, error) {
	return reports.New(reports.Config{Store: s, Data: Knowledge(cfg.Data.Overlay), Now: time.Now, Random: rand.Reader, Key: []byte(cfg.People.Key), FormerKeys: formerKeys(cfg),
		Tenant: access.Tenant(cfg.Reports.Tenant),
		Limits: reports.Limits{PerNetwork: cfg.Reports.PerNetwork, PerTenant: cfg.Reports.PerTenant}})
}

// passkeys checks passkeys for the address of the pages. Browsers know them on
// https and on this machine only; elsewhere there are none.
func passkeys(cfg config.Config) (*passkey.Party, error) {
	u, err := url.Parse(Base(cfg))
	if err != nil || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, err
	}
	return passkey.New(passkey.Config{Host: u.Hostname(), Name: "Bonafide", Origins: []string{u.Scheme + "://" + u.Host}})
}

// inviteSetUp prints the code of the first set-up while nobody has done it.
func (s *Server) inviteSetUp(ctx context.Context) {
	if s.people == nil || s.opt.Out == nil {
		return
	}
	founded, err := s.people.Founded(ctx)
	if err != nil || founded {
		s.warn("look for the first set-up", err)
		return
	}
	code, err := s.people.SetupCode(ctx)
	if err != nil {
		s.warn("make the code of the first set-up", err)
		return
	}
	fmt.Fprintf(s.opt.Out, "  Nobody can log in yet. Set up the first administrator at %s/setup with this code:\n    %s\n", Base(s.cfg), code)
}

func (s *Server) warn(what string, err error) {
	if err != nil {
		s.opt.Log.Warn("people: "+what, "cause", err.Error())
	}
}

// sweepEvery is how often what is past its time is removed.
const sweepEvery = 10 * time.Minute

// sweep removes what is past its time and makes searchable what is not, now and
// then, until stop is called or the context ends.
func (s *Server) sweep(ctx context.Context) (stop func()) {
	if s.people == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.sweepOnce(ctx)
		s.sealPlain(ctx)
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.sweepOnce(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

// sweepOnce removes what is past its time, and remembers whether it could.
func (s *Server) sweepOnce(ctx context.Context) {
	_, past := s.privacy.Retain(ctx, false)
	reports := s.reports.Tidy(ctx)
	s.warn("erase what is past its time", past)
	s.warn("look after the reports", reports)
	if s.lists != nil {
		lists := s.lists.Start(ctx)
		s.warn("bring what is taken off lists into the log of events", lists)
		reports = errors.Join(reports, lists)
	}
	s.swept.Store(&swept{time.Now(), past != nil || reports != nil})
}

// swept is how the last sweep ended.
type swept struct {
	when   time.Time
	failed bool
}
