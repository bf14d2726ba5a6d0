package cli_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/desk/custody"
	"bonafide/store"
	storesql "bonafide/store/sql"
)

// openAudit opens the records that the variable RECORDS of a script names.
func openAudit(ctx context.Context, _ string) (cli.Auditor, func() error, error) {
	s, err := storesql.Open(ctx, storesql.Config{DSN: recordsDSN(), Existing: true})
	if err != nil {
		return nil, nil, err
	}
	return custody.New(s), s.Close, nil
}

// seedAudit is the command `audit-seed TENANT…`: three entries for each tenant
// at a fixed time, so that a script can name their hashes.
func seedAudit() {
	ctx := context.Background()
	s, err := storesql.Open(ctx, storesql.Config{DSN: os.Getenv("RECORDS")})
	fatal(err)
	for _, tenant := range os.Args[1:] {
		for i := range 3 {
			fatal(s.Write(ctx, func(r store.Records) error {
				_, err := r.Audit.Append(ctx, store.Deed{Tenant: access.Tenant(tenant), When: time.Date(2026, 11, 22, 12, i, 0, 0, time.UTC),
					Actor: "p-7f3a", Action: "report.add", Object: fmt.Sprint("report:r", i+1)})
				return err
			}))
		}
	}
	fatal(s.Close())
}

// tamperAudit is the command `audit-tamper STATEMENT`: what somebody with all
// rights over the database might do.
func tamperAudit() {
	db, err := sql.Open("sqlite", os.Getenv("RECORDS"))
	fatal(err)
	_, err = db.Exec(os.Args[1])
	fatal(err)
	fatal(db.Close())
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
