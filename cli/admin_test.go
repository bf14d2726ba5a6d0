package cli_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/data"
	"bonafide/desk/people"
	"bonafide/desk/people/password"
	storesql "bonafide/store/sql"
)

// openPeople opens the desk of people over the records that the variable
// RECORDS names, at a fixed time.
func openPeople(ctx context.Context) (*people.Desk, func() error, error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN()})
	if err != nil {
		return nil, nil, err
	}
	hasher, err := password.New(password.Cost{KiB: 8, Passes: 1, Lanes: 1}, 1)
	if err != nil {
		return nil, nil, err
	}
	rules, err := password.LoadRules(data.FS)
	if err != nil {
		return nil, nil, err
	}
	d, err := people.New(people.Config{Store: s, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		Random: rand.Reader, Hasher: hasher, Rules: rules})
	return d, s.Close, err
}

func openAdmin(ctx context.Context, _ string) (cli.Admin, string, func() error, error) {
	d, done, err := openPeople(ctx)
	return d, "https://desk.shop.example", done, err
}

// follow is the command `follow FILE`: somebody opens the link in a file, sets a
// password and makes a key. It prints their roles.
func follow() {
	ctx := context.Background()
	d, done, err := openPeople(ctx)
	fatal(err)
	link, err := os.ReadFile(os.Args[1])
	fatal(err)
	word := strings.TrimPrefix(strings.Fields(string(link))[0], "https://desk.shop.example/begin/")
	in, err := d.Begin(ctx, people.Start{Word: word, Password: "four words nobody says"}, people.From{})
	fatal(err)
	who, err := d.Who(ctx, in.Token, people.From{})
	fatal(err)
	_, _, err = d.MakeKey(ctx, who, people.KeyWish{Name: "robot", Scopes: []access.Permission{access.PeopleRead}, Days: 7})
	fatal(err)
	fmt.Println(who.Roles)
	fatal(done())
}

// endFirst is the command `end-first FILE`: it ends the first key of a list.
func endFirst() {
	list, err := os.ReadFile(os.Args[1])
	fatal(err)
	os.Args = []string{"bonafide", "admin", "end-key", strings.Fields(strings.Split(string(list), "\n")[1])[0]}
	run()
}
