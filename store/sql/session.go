package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// session is one transaction. After a failed statement it does nothing more:
// PostgreSQL refuses, and SQLite may have rolled back already, so that a further
// statement would stand alone.
type session struct {
	q *queries.Queries
	// tx is what q works with, for the few statements that name their table.
	tx     queries.DBTX
	engine engine
	// puts are the statements that write rows, by family; they end with tx.
	puts   map[string]*sql.Stmt
	failed error
}

// records gives the families within a transaction.
func (s *session) records() store.Records {
	return store.Records{Reports: reports{s}, Search: search{s}, Audit: audit{s},
		Tenants: tenants{s}, Settings: settings{s}, People: people{s}, Teams: teams{s}, Secrets: secrets{s}, Passkeys: passkeys{s}, Identities: identities{s},
		Sessions: sessions{s}, Tickets: tickets{s}, Attempts: attempts{s}, APIKeys: apiKeys{s},
		Policies: policies{s}, Decisions: decisions{s}, GuardPolicies: guardPolicies{s}, GuardLists: guardLists{s}, Couplings: couplings{s}, Webhooks: webhooks{s},
		Holds: holds{s}, Erasures: erasures{s}, Certificates: certificates{s},
		SubjectKeys: subjectKeys{s}, Mover: mover{s}, Seals: seals{s}}
}

// pingWait is how long Ping waits for its turn among the writers.
const pingWait = 500 * time.Millisecond

// Ping reports whether records can be read and written now: it writes the row
// of a probe, so that a full disk or a copy that only reads is seen. Where another
// writer is at work for longer than a moment, such as an import, records can be
// written, and it is enough that they can be read.
func (d *DB) Ping(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, pingWait)
	defer cancel()
	err := d.writeWith(wait, d.pinger, func(s *session) error {
		n, err := s.q.TouchProbe(ctx)
		if err == nil && n != 1 {
			return lostProbe()
		}
		return s.done(ctx, "try to keep something", err)
	})
	if err == nil || ctx.Err() != nil || wait.Err() == nil && !busy(err) {
		return err
	}
	return d.read(ctx, func(s *session) error {
		n, err := s.q.SeeProbe(ctx)
		if err == nil && n != 1 {
			return lostProbe()
		}
		return s.done(ctx, "try to read something", err)
	})
}

func lostProbe() error {
	return fault.New(fault.Internal, "", "store: the row of the probe is gone: restore the database from a backup")
}

// busy tells that another writer of the file is at work.
func busy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == 5 // SQLITE_BUSY
}

// Write runs f in one transaction, after all that were begun before.
func (d *DB) Write(ctx context.Context, f func(store.Records) error) error {
	return d.write(ctx, func(s *session) error { return f(s.records()) })
}

func (d *DB) write(ctx context.Context, f func(*session) error) error {
	return d.writeWith(ctx, d.writer, f)
}

func (d *DB) writeWith(ctx context.Context, pool *sql.DB, f func(*session) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return failure("begin a change", during(ctx, err))
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	if d.engine.begin != "" {
		if _, err := tx.ExecContext(ctx, d.engine.begin); err != nil {
			return failure("wait for other changes", during(ctx, err))
		}
	}
	s := &session{q: queries.New(tx), tx: tx, engine: d.engine}
	if err := f(s); err != nil {
		return err
	}
	if s.failed != nil {
		return s.failed
	}
	if err := tx.Commit(); err != nil {
		return failure("keep a change", during(ctx, err))
	}
	return nil
}

// Read runs f on one state of the records.
func (d *DB) Read(ctx context.Context, f func(store.Records) error) error {
	return d.read(ctx, func(s *session) error { return f(s.records()) })
}

func (d *DB) read(ctx context.Context, f func(*session) error) error {
	tx, err := d.reader.BeginTx(ctx, d.engine.reading)
	if err != nil {
		return failure("begin to read", during(ctx, err))
	}
	defer func() { _ = tx.Rollback() }()
	s := &session{q: queries.New(tx), tx: tx, engine: d.engine}
	if err := f(s); err != nil {
		return err
	}
	return s.failed
}

// done turns the error of a statement into one of the contract. Any but "no
// row" ends the session.
func (s *session) done(ctx context.Context, what string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = failure(what, during(ctx, err))
	if s.failed == nil {
		s.failed = err
	}
	return err
}

// during puts the end of the context before what the driver made of it.
func during(ctx context.Context, err error) error {
	if c := ctx.Err(); c != nil {
		return c
	}
	return err
}

// failure is an error with a kind. Its text holds the code of the database, not
// its message: that may quote a record.
func failure(what string, err error) error {
	var ours *fault.Error
	// The end of the caller's context comes bare, from during; a time limit of the
	// driver's own comes wrapped, and is no different from a network that fails.
	if errors.As(err, &ours) || err == context.Canceled || err == context.DeadlineExceeded {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var connect *pgconn.ConnectError
	var network net.Error
	kind, text := fault.Internal, "the database failed"
	switch {
	case errors.As(err, &pg):
		kind, text = postgresKind(pg.Code)
		text += " (SQLSTATE " + pg.Code + ")"
	case errors.As(err, &lite):
		kind, text = sqliteKind(lite.Code())
		text += fmt.Sprintf(" (SQLite %d)", lite.Code())
	case errors.As(err, &connect), errors.As(err, &network), pgconn.SafeToRetry(err), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, driver.ErrBadConn):
		kind, text = fault.Temporary, "the database cannot be reached: check that it runs and that store.dsn leads to it"
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		kind, text = fault.Temporary, "the connection to the database ended: try again"
	}
	return &fault.Error{Kind: kind, Text: "store: " + what + ": " + text, Cause: err}
}

// postgresKind tells the kind of a SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func postgresKind(code string) (fault.Kind, string) {
	switch {
	case len(code) != 5:
	case code == "23505":
		return fault.Conflict, "it exists already"
	case code == "53100":
		return fault.Temporary, "the disk of the database is full: make room, it goes on by itself"
	case code[:2] == "53":
		return fault.Temporary, "the database has no connection or memory left: try again"
	case code[:2] == "08", code[:2] == "57", code[:2] == "40", code == "55P03", code == "25P03":
		return fault.Temporary, "the database stopped or gave way: try again"
	case code[:2] == "28", code == "3D000", code == "42501":
		return fault.Invalid, "the database refuses user, password or name: check store.dsn"
	}
	return fault.Internal, "the database failed"
}

// sqliteKind tells the kind of a result code (https://sqlite.org/rescode.html);
// the lower eight bits are the primary code.
func sqliteKind(code int) (fault.Kind, string) {
	switch {
	case code == 2067 || code == 1555: // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
		return fault.Conflict, "it exists already"
	case code&0xff == 13: // SQLITE_FULL
		return fault.Temporary, "the disk is full: make room, it goes on by itself"
	case code&0xff == 5 || code&0xff == 6: // SQLITE_BUSY, SQLITE_LOCKED
		return fault.Temporary, "another process keeps the file locked: try again"
	case code&0xff == 10 || code&0xff == 14: // SQLITE_IOERR, SQLITE_CANTOPEN
		return fault.Temporary, "the file of records cannot be read or written: check its disk and its rights"
	case code&0xff == 11 || code&0xff == 26: // SQLITE_CORRUPT, SQLITE_NOTADB
		return fault.Internal, "the file of records is damaged or no file of SQLite: restore it from a backup"
	}
	return fault.Internal, "the database failed"
}
