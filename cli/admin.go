package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// Directory is what admin needs of the desk of people to let people in.
type Directory interface {
	Tenants(ctx context.Context) ([]store.Tenant, error)
	FirstAdmin(ctx context.Context, a access.Actor, f people.Founding) (word string, err error)
	NewStart(ctx context.Context, a access.Actor, id store.PersonID, reason string) (word string, err error)
	ByLogin(ctx context.Context, a access.Actor, login string) (store.Person, error)
	People(ctx context.Context, a access.Actor, page store.Page) ([]store.Person, store.Key, error)
	SetupCode(ctx context.Context) (string, error)
}

// Keyring is what admin needs of the desk of people to keep people out.
type Keyring interface {
	EndSessions(ctx context.Context, who people.Who, person store.PersonID) (int64, error)
	Keys(ctx context.Context, a access.Actor) ([]store.APIKey, error)
	EndKey(ctx context.Context, a access.Actor, id string) error
}

// Admin is the desk of people as the command line uses it.
type Admin interface {
	Directory
	Keyring
}

type adminCmd struct {
	Tenant string `help:"Tenant; may be left out where there is only one." placeholder:"NAME"`

	Create    adminCreateCmd   `cmd:"" help:"Make an administrator, and the tenant where there is none; print a link to begin."`
	Reset     adminResetCmd    `cmd:"" help:"Print a link with which somebody who cannot log in begins anew."`
	People    adminPeopleCmd   `cmd:"" help:"List who works here."`
	Sessions  adminSessionsCmd `cmd:"" help:"End all sessions of a person."`
	Keys      adminKeysCmd     `cmd:"" help:"List API keys."`
	EndKey    adminEndKeyCmd   `cmd:"" help:"End an API key at once."`
	SetupCode adminCodeCmd     `cmd:"" help:"Print a new code for the first set-up in the browser."`
}

type adminCreateCmd struct {
	Login      string `arg:"" help:"What the person logs in as: a mail address or a name."`
	Name       string `help:"How the person is called; empty: as the login."`
	TenantName string `help:"What the tenant is called, where it is made; empty: as its id."`
}

type adminResetCmd struct {
	Login  string `arg:"" help:"What the person logs in as."`
	Reason string `help:"Why; it is kept in the audit." required:""`
}

type adminSessionsCmd struct {
	Login string `arg:"" help:"What the person logs in as."`
}

type adminEndKeyCmd struct {
	ID string `arg:"" help:"Id of the key, as the list shows it."`
}

type (
	adminPeopleCmd struct{}
	adminKeysCmd   struct{}
	adminCodeCmd   struct{}
)

// firstTenant is the tenant of who names none.
const firstTenant = access.Tenant("main")

// run runs one of the admin commands.
func (c *adminCmd) run(ctx context.Context, command, config string, env Env) (err error) {
	desk, base, done, err := env.Admin(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if command == "admin setup-code" {
		code, err := desk.SetupCode(ctx)
		if err == nil {
			fmt.Fprintf(env.Stdout, "%s\nType it at %s/setup within a day; earlier codes have ended.\n", code, base)
		}
		return err
	}
	tenant, err := c.tenant(ctx, desk)
	if err != nil {
		return err
	}
	a := people.Console(tenant)
	switch command {
	case "admin create <login>":
		return c.create(ctx, desk, a, base, env)
	case "admin reset <login>":
		p, err := desk.ByLogin(ctx, a, c.Reset.Login)
		if err != nil {
			return unknownLogin(err)
		}
		word, err := desk.NewStart(ctx, a, p.ID, c.Reset.Reason)
		if err == nil {
			fmt.Fprintf(env.Stdout, "%s/begin/%s\nGood once, for a day. It sets a new password and removes authenticator app, passkeys, sessions and keys.\n", base, word)
		}
		return err
	case "admin people":
		return listPeople(ctx, desk, a, env)
	case "admin sessions <login>":
		p, err := desk.ByLogin(ctx, a, c.Sessions.Login)
		if err != nil {
			return unknownLogin(err)
		}
		n, err := desk.EndSessions(ctx, people.Who{Actor: a}, p.ID)
		if err == nil {
			fmt.Fprintf(env.Stdout, "%d sessions ended\n", n)
		}
		return err
	case "admin keys":
		return listKeys(ctx, desk, a, env)
	case "admin end-key <id>":
		if err := desk.EndKey(ctx, a, c.EndKey.ID); err != nil {
			return err
		}
		fmt.Fprintln(env.Stdout, "ended")
	}
	return nil
}

func unknownLogin(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.NotFound, "login", "nobody of the tenant logs in so: `bonafide admin people` lists all")
	}
	return err
}

// tenant is the one that the flag names, else the only one there is.
func (c *adminCmd) tenant(ctx context.Context, desk Admin) (access.Tenant, error) {
	if c.Tenant != "" {
		return access.ParseTenant(c.Tenant)
	}
	list, err := desk.Tenants(ctx)
	switch {
	case err != nil:
		return "", err
	case len(list) == 0:
		return firstTenant, nil
	case len(list) > 1:
		return "", fault.New(fault.Invalid, "--tenant", "is needed: there are %d tenants", len(list))
	}
	return list[0].ID, nil
}

func (c *adminCmd) create(ctx context.Context, desk Admin, a access.Actor, base string, env Env) error {
	f := people.Founding{Tenant: a.Tenant, TenantName: c.Create.TenantName, Login: c.Create.Login, Name: c.Create.Name}
	if f.TenantName == "" {
		f.TenantName = string(a.Tenant)
	}
	if f.Name == "" {
		f.Name = f.Login
	}
	word, err := desk.FirstAdmin(ctx, a, f)
	if err == nil {
		fmt.Fprintf(env.Stdout, "%s/begin/%s\nGood once, for a day: open it to set a password.\n", base, word)
	}
	return err
}

func listPeople(ctx context.Context, desk Admin, a access.Actor, env Env) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOGIN\tNAME\tROLES\tSINCE\tSTATE")
	var page store.Page
	for {
		list, next, err := desk.People(ctx, a, page)
		if err != nil {
			return err
		}
		for _, p := range list {
			roles := make([]string, 0, len(p.Roles))
			for _, r := range p.Roles {
				roles = append(roles, string(r))
			}
			state := "active"
			if p.Suspended {
				state = "suspended"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Login, p.Name, strings.Join(roles, " "), p.Created.Format(time.DateOnly), state)
		}
		if next.IsZero() {
			return w.Flush()
		}
		page.After = next
	}
}

func listKeys(ctx context.Context, desk Admin, a access.Actor, env Env) error {
	list, err := desk.Keys(ctx, a)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSCOPES\tENDS\tLAST USED")
	for _, k := range list {
		scopes := make([]string, 0, len(k.Scopes))
		for _, s := range k.Scopes {
			scopes = append(scopes, string(s))
		}
		ends, used := k.Expires, "never"
		if !k.Ended.IsZero() {
			ends = k.Ended
		}
		if !k.Used.IsZero() {
			used = k.Used.Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, strings.Join(scopes, " "), ends.Format(time.DateTime), used)
	}
	return w.Flush()
}
