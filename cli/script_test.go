package cli_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bonafide/cli"
	"bonafide/contact/mailauth"
	"bonafide/contact/record"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/outside/dns"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bonafide": run, "audit-seed": seedAudit, "audit-tamper": tamperAudit, "keys-seed": seedKeys, "person-seed": seedPerson, "access-seed": seedAccess, "log-seed": seedLog, "log-tamper": tamperLog, "log-events": logEvents,
		"follow": follow, "end-first": endFirst})
}

// run is the command with a desk at a fixed time.
func run() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "test", Lang: "en",
		Open: func(_ string, o cli.Overrides) (cli.Checker, error) {
			c := contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }}
			if o.Orders != "" {
				records, err := record.Load(data.FS)
				if err != nil {
					return nil, err
				}
				f, err := os.Open(o.Orders)
				if err != nil {
					return nil, err
				}
				defer func() { _ = f.Close() }()
				if c.OwnOrders, _, err = records.ReadOrders(f, record.Limits{}); err != nil {
					return nil, err
				}
			}
			if o.DNSFile != "" {
				zone, err := dns.File(o.DNSFile)
				if err != nil {
					return nil, err
				}
				c.Resolver = func() mailauth.Resolver { return zone }
			}
			if o.Mailbox != "" {
				c.Mailboxes = []string{o.Mailbox}
			}
			return contacts.New(c)
		},
		Serve:       func(context.Context, string, bool) error { return errors.New("not in this test") },
		CheckConfig: func(string) (string, error) { return "good\n", nil },
		ConfigDocs:  func() string { return "docs\n" },
		CodesDocs:   func() (string, error) { return "codes\n", nil },
		AccessDocs:  func() string { return "access\n" },
		Audit:       openAudit,
		Records:     openRecords,
		Keys:        openKeys,
		Admin:       openAdmin,
		Privacy:     openPrivacy,
		Later:       later,
		VerifyLog:   verifyLog,
		OpenLog:     openLog,
	}))
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
