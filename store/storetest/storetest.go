// Package storetest is the one conformance suite of the contracts in package
// store, run over every engine, and what such tests need: engines with empty
// databases, and a PostgreSQL of the test's own.
//
// Only tests import it. A new record family adds its tests here, as functions
// of the list in Run, not beside an implementation.
//
//	func TestConformance(t *testing.T) { storetest.Each(t, storetest.Run) }
package storetest

import (
	"context"
	dbsql "database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
)

// Engine is one kind of database to run tests on.
type Engine struct {
	// Name is sqlite or postgres.
	Name string
	// DSN makes an empty database that goes with the test.
	DSN func(t testing.TB) string
	// Postgres is the server of the engine; nil for SQLite.
	Postgres *Postgres
	// Over puts a layer over a store that was opened; nil: none.
	Over func(store.Store) store.Store
}

// Open opens an empty store that is closed with the test.
func (e Engine) Open(t testing.TB) store.Store {
	t.Helper()
	return e.OpenAt(t, e.DSN(t))
}

// OpenAt opens the store at a DSN; it is closed with the test.
func (e Engine) OpenAt(t testing.TB, dsn string) store.Store {
	t.Helper()
	s, err := sql.Open(t.Context(), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatalf("open an empty database of %s: %v", e.Name, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if e.Over != nil {
		return e.Over(s)
	}
	return s
}

// Exec runs a statement in the database of a DSN past all of our code, as
// somebody with the rights of an administrator would.
func (e Engine) Exec(t testing.TB, dsn, statement string) {
	t.Helper()
	if e.Postgres != nil {
		e.Postgres.Exec(t, dsn, statement)
		return
	}
	db, err := dbsql.Open("sqlite", dsn)
	if err == nil {
		_, err = db.ExecContext(t.Context(), statement)
	}
	if err != nil {
		t.Fatalf("sqlite: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// SQLite is the engine that needs nothing installed.
func SQLite() Engine {
	return Engine{Name: "sqlite", DSN: func(t testing.TB) string {
		t.Helper()
		return filepath.Join(t.TempDir(), "records", "bonafide.db")
	}}
}

// Each runs a test on every engine as a subtest. Where PostgreSQL is missing its
// subtest says so and is skipped, or fails in CI.
func Each(t *testing.T, f func(t *testing.T, e Engine)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite()) })
	t.Run("postgres", func(t *testing.T) {
		p := StartPostgres(t)
		f(t, Engine{Name: "postgres", DSN: p.DSN, Postgres: p})
	})
}

// Elsewhere is a tenant whose records may be in the databases that Run is given,
// so that copies with contents can be tried: no test of the suite is about it.
const Elsewhere access.Tenant = "elsewhere"

// Run runs the suite on an engine.
func Run(t *testing.T, e Engine) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"what is kept comes back", roundTrip},
		{"what cannot be kept is refused", refusals},
		{"an id is unique within a tenant", uniqueness},
		{"another tenant finds nothing", foreignTenant},
		{"pages hold every record once", paging},
		{"a list gives the beginning of texts", excerpts},
		{"a page is not moved by newer records", pagingWhileAdding},
		{"updates see what they change", updates},
		{"reports that are due, counted and erased", dueAndErased},
		{"a search finds what has all its terms", searching},
		{"what a report is found by goes with it", searchKept},
		{"searches of many reports end", searchMany},
		{"a transaction is kept whole or not at all", transactions},
		{"a failed transaction does nothing more", failedSession},
		{"a read sees one state", snapshot},
		{"writers take turns", writersTakeTurns},
		{"a long write does not say that nothing can be kept", pinging},
		{"a read cannot write", readCannotWrite},
		{"the end of the context ends the work", cancellation},
		{"a panic keeps nothing", panics},
		{"chains are gapless and of one tenant each", chains},
		{"audit entries are listed", auditList},
		{"concurrent entries make one chain", concurrentChain},
		{"rows move as they stand", rowsMove},
		{"people come back", peopleComeBack},
		{"people that cannot be kept are refused", peopleRefused},
		{"pages of people hold each once", peoplePages},
		{"teams, and what proves people", teamsAndFactors},
		{"passkeys and identities belong to one", passkeysAndIdentities},
		{"sessions end", sessionsEnd},
		{"a ticket is taken once", ticketsOnce},
		{"failed attempts are counted", attemptsCount},
		{"keys of programs", keysOfPrograms},
		{"policies and their steps", policiesLive},
		{"settings count their changes", settingsCount},
		{"keys of subjects", keysOfSubjects},
		{"sealed values are counted and replaced", sealsChange},
		{"couplings wait, and go with report or account", couplingsWait},
		{"webhooks keep their place, and what was given up", webhooksKept},
		{"decisions come back once", decisionsComeBack},
		{"decisions that cannot be kept are refused", decisionsRefused},
		{"decisions are listed by filters", decisionsListed},
		{"decisions are counted and erased", decisionsCounted},
		{"policies that decided", guardPoliciesKept},
		{"lists and their entries", listsKept},
		{"keys of programs are removed", keysRemoved},
		{"an old key is good behind any number of newer ones", keysAreAllAsked},
		{"reports without their texts", outlines},
		{"holds hold until they are released", holdsHold},
		{"an old hold holds behind any number of newer ones", holdsAreAllAsked},
		{"erasures are noted once", erasuresNoted},
		{"certificates come back", certificatesComeBack},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, e.Open(t)) })
	}
}

// day is the day on which tests take place.
var day = time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.UTC)

// NewReport makes a report that can be kept, for tests.
func NewReport(t access.Tenant, id string, created time.Time) store.Report {
	return store.Report{
		Tenant: t, ID: store.ReportID(id), Created: created, Channel: "sms", Lang: "en", Country: "DE", Text: "AMZ: call 1-888-555-0147",
		Outcome: "scam", Probability: 0.97, Codes: nil, Consent: "2026-11", Status: store.ReportNew, RetainUntil: created.AddDate(0, 6, 0), Revision: 1,
	}
}

// NewDeed makes the deed of somebody who did something to a report, for tests.
func NewDeed(t access.Tenant, action, id string, when time.Time) store.Deed {
	return store.Deed{Tenant: t, When: when, Actor: "p-7f3a", Action: action, Object: "report:" + id, From: "web"}
}

// teller is what a failed test is told to: a testing.T or a rapid.T.
type teller interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// write runs f in a transaction and fails the test when that fails.
func write(t teller, s store.Store, f func(context.Context, store.Records) error) {
	t.Helper()
	ctx := context.Background()
	if err := s.Write(ctx, func(r store.Records) error { return f(ctx, r) }); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// read runs f in a reading transaction and fails the test when that fails.
func read(t teller, s store.Store, f func(context.Context, store.Records) error) {
	t.Helper()
	ctx := context.Background()
	if err := s.Read(ctx, func(r store.Records) error { return f(ctx, r) }); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// add keeps reports.
func add(t teller, s store.Store, reports ...store.Report) {
	t.Helper()
	write(t, s, func(ctx context.Context, r store.Records) error {
		for _, x := range reports {
			if err := r.Reports.Add(ctx, x); err != nil {
				return fmt.Errorf("add %s: %w", x.ID, err)
			}
		}
		return nil
	})
}

// wantKind fails the test when an error is not of a kind.
func wantKind(t teller, what string, err error, k fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != k {
		t.Errorf("%s: error %v (kind %d): want kind %d", what, err, fault.KindOf(err), k)
	}
}
