package config

import (
	"path/filepath"
	"strings"

	"bonafide/account/event"
)

// Accounts configures the account guard.
type Accounts struct {
	Enabled       bool   `koanf:"enabled" doc:"Take events of accounts in and decide them. With several servers on one database only one of them may."`
	Dir           string `koanf:"dir" doc:"Folder of the log of events, on a local disk; empty: \"events\" beside the SQLite file of store.dsn, else records/events."`
	Policy        string `koanf:"policy" doc:"Policy that decides as long as no other is live: the name of a file of data/account/policies, or the path of a YAML file."`
	TwoPersons    bool   `koanf:"two_persons" doc:"What one person wants live another person must agree to."`
	SkipUndecided bool   `koanf:"skip_undecided" doc:"Start although the policy that decided last cannot decide any more (its model is gone): what it had not decided is decided by none. For one start."`
	// HooksPrivate is for intranets and tests.
	HooksPrivate bool     `koanf:"webhooks_private" doc:"Let webhooks lead into private networks and to this machine; without it only addresses of the public internet are posted to."`
	Unknown      string   `koanf:"unknown_fields" doc:"What becomes of fields that the vocabulary of events does not know: refuse, or keep. What is kept stands in the log as it was sent."`
	Clear        []string `koanf:"clear_fields" doc:"Personal fields that are not hashed, by path (event.account, order.id): who reads decisions sees them. Changing this makes known accounts unknown."`
	Key          string   `koanf:"key" secret:"true" doc:"Key (at least 32 characters) that personal identifiers of events are hashed with. Empty: drawn at the first start and kept in the file key of the folder. With another key nothing of before is recognised."`
	Transmitters string   `koanf:"transmitters" doc:"YAML file with those whose security event tokens (CAEP, RISC) are believed, with issuer, audience and a file of their keys (docs/accounts.md, \"Security events of an identity provider\"); empty: no token is taken."`
	Owners       string   `koanf:"owner_keys" doc:"YAML file with the keys by which shops sign tokens that open the page of an account's owner (docs/accounts.md, \"The owner's page\"); empty: there is no such page."`
}

// EventsDir is where the log of events lies.
func (c *Config) EventsDir() string {
	switch {
	case c.Accounts.Dir != "":
		return c.Accounts.Dir
	case strings.Contains(c.Store.DSN, "://"):
		return filepath.Join("records", "events")
	}
	return filepath.Join(filepath.Dir(c.Store.DSN), "events")
}

// check returns what is wrong with the settings of the account guard.
func (a Accounts) check(bad func(key, format string, args ...any)) {
	if a.Unknown != "keep" && a.Unknown != "refuse" {
		bad("accounts.unknown_fields", "%q: want keep or refuse", a.Unknown)
	}
	if n := len(a.Key); n > 0 && n < 32 {
		bad("accounts.key", "%d characters: want at least 32", n)
	}
	if a.Policy == "" {
		bad("accounts.policy", "is empty: want the name of a policy or the path of one")
	}
	for _, f := range a.Clear {
		if field := event.FieldAt(f); field == nil || field.Class != event.Personal {
			bad("accounts.clear_fields", "%q is no personal field of the vocabulary", f)
		}
	}
}
