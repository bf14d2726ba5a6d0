package cli_test

import (
	"context"
	"crypto/rand"
	"time"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/data"
	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/people/password"
	"bonafide/desk/privacy"
	"bonafide/desk/reports"
	"bonafide/store"
	storesql "bonafide/store/sql"
)

// house is the desks over the records that a script names, at a fixed time.
type house struct {
	privacy *privacy.Desk
	people  *people.Desk
	reports *reports.Desk
}

func openHouse(ctx context.Context) (h house, done func() error, err error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN()})
	if err != nil {
		return h, nil, err
	}
	hasher, err := password.New(password.Cost{KiB: 8, Passes: 1, Lanes: 1}, 1)
	fatal(err)
	rules, err := password.LoadRules(data.FS)
	fatal(err)
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	h.people, err = people.New(people.Config{Store: s, Now: now, Random: rand.Reader, Hasher: hasher, Rules: rules})
	fatal(err)
	h.reports, err = reports.New(reports.Config{Store: s, Data: data.FS, Now: now, Random: rand.Reader})
	fatal(err)
	h.privacy, err = privacy.New(privacy.Config{Store: s, Data: data.FS, Now: now, Random: rand.Reader,
		Holders: []privacy.Holder{h.reports.Requests(), h.people.Requests(), people.Keys{}}, Expirers: []privacy.Expirer{h.reports, h.people}})
	return h, s.Close, err
}

func openPrivacy(ctx context.Context, _ string, _ bool) (cli.Privacy, func() error, error) {
	h, done, err := openHouse(ctx)
	return h.privacy, done, err
}

// later reads what was erased in the records at a DSN.
func later(ctx context.Context, _, dsn string) (store.Later, error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: dsn, Existing: true})
	if err != nil {
		return store.Later{}, err
	}
	defer func() { _ = s.Close() }()
	return custody.New(s).Later(ctx)
}

// seedPerson is the command `person-seed`: the tenant main with an administrator
// and an analyst, and three reports, two of which hold one telephone number.
func seedPerson() {
	ctx := context.Background()
	h, done, err := openHouse(ctx)
	fatal(err)
	console := people.Console("main")
	_, err = h.people.FirstAdmin(ctx, console, people.Founding{Tenant: "main", TenantName: "Main", Login: "boss@shop.example", Name: "Bea Boss"})
	fatal(err)
	word, err := h.people.Invite(ctx, console, people.Invitation{Login: "ann@shop.example", Name: "Ann Analyst", Roles: []access.Role{access.Analyst}})
	fatal(err)
	_, err = h.people.Begin(ctx, people.Start{Word: word, Password: "four words nobody says"}, people.From{})
	fatal(err)
	for _, text := range []string{"Anna Schmidt: call 030 55501234 now", "Your parcel waits, call +49 (30) 555 01234", "Your account is blocked"} {
		draft, consent, err := h.reports.Draft(ctx, reports.Checked{Channel: "sms", Country: "DE", Text: text, Outcome: "scam", Probability: 0.9}, "en")
		fatal(err)
		_, err = h.reports.Send(ctx, reports.Wish{Draft: draft, Consent: consent.Version, Agreed: true}, reports.From{Door: "web", Network: "n"})
		fatal(err)
	}
	fatal(done())
}
