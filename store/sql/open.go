// Package sql keeps records in SQLite or PostgreSQL, with one SQL text and one
// set of migrations for both. SQLite is a file and needs nothing installed;
// PostgreSQL is for those who have one, or run several servers.
//
// It is not for queries of one engine alone: what only one can do is done in
// open.go (how it is opened) or not at all. The SQL stands in queries, the
// tables in migrations.
//
//	s, err := sql.Open(ctx, sql.Config{DSN: "records/bonafide.db"})
//	defer s.Close()
package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"bonafide/fault"
	"bonafide/store"
)

// Config says where the records are.
type Config struct {
	// DSN is the path of a SQLite file, with or without "sqlite:" before it, or
	// an address postgres://user:password@host/database. It may hold a password
	// and never stands in an error.
	DSN string
	// Existing refuses to make a database or to change its tables: for commands
	// that look at records while a server may be running.
	Existing bool
	// Fresh makes a database where there are no tables, and refuses to change
	// those of another version: for restoring and importing.
	Fresh bool
	// Readers is how many reads run at the same time; 0: four per processor.
	Readers int
}

// DB is an open store of records. It implements store.Store.
type DB struct {
	engine engine
	// writer has one connection: writers of this process wait in line here.
	writer, reader *sql.DB
	// pinger is for Ping: the writer, and for SQLite a connection that does not wait
	// for long.
	pinger *sql.DB
	// file is where SQLite keeps the records; "" for PostgreSQL.
	file string
}

// engine is what differs between the two databases.
type engine struct {
	name string
	// begin is run first in a transaction that writes, so that one runs after the
	// other across processes; "" where the driver does it.
	begin string
	// reading are the options of a transaction that reads.
	reading *sql.TxOptions
}

// writerLock is the key of the advisory lock of PostgreSQL that a writer holds
// to the end of its transaction.
const writerLock = "SELECT pg_advisory_xact_lock(7092475219083)"

var _ store.Store = (*DB)(nil)

// Open opens the records, makes the file of SQLite if there is none, and brings
// the tables to the version of this program. It refuses tables of a newer one.
func Open(ctx context.Context, c Config) (*DB, error) {
	d, err := connect(c)
	if err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, c); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// connect makes the pools; nothing is changed yet.
func connect(c Config) (*DB, error) {
	if c.Readers <= 0 {
		c.Readers = 4 * runtime.NumCPU()
	}
	var d *DB
	var err error
	scheme, rest, _ := strings.Cut(c.DSN, ":")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		d, err = connectPostgres(c.DSN)
	case strings.HasPrefix(rest, "//"):
		return nil, fault.New(fault.Invalid, "store.dsn", "begins with an unknown kind of address: want the path of a file for SQLite, or postgres://user@host/database")
	default:
		d, err = connectSQLite(strings.TrimPrefix(c.DSN, "sqlite:"), c.Existing)
	}
	if err != nil {
		return nil, err
	}
	d.writer.SetMaxOpenConns(1)
	d.writer.SetMaxIdleConns(1)
	if d.pinger == nil {
		d.pinger = d.writer
	} else {
		d.pinger.SetMaxOpenConns(1)
		d.pinger.SetConnMaxIdleTime(time.Minute)
	}
	d.reader.SetMaxOpenConns(c.Readers)
	d.reader.SetMaxIdleConns(c.Readers)
	d.reader.SetConnMaxIdleTime(5 * time.Minute)
	return d, nil
}

// connectSQLite opens a file that only its owner can read. What is erased is
// overwritten (secure_delete), what is acknowledged is synced (synchronous=FULL
// syncs the log at each commit; https://sqlite.org/pragma.html#pragma_synchronous).
// The writer may hold 32 MiB of pages, so that a large change, such as a restore,
// does not write the same page many times.
func connectSQLite(path string, existing bool) (*DB, error) {
	abs, err := filepath.Abs(path)
	if path == "" || err != nil {
		return nil, fault.New(fault.Invalid, "store.dsn", "names no file: want the path of a file for SQLite, or postgres://user@host/database")
	}
	if err := makeFile(abs, existing); err != nil {
		return nil, err
	}
	address := func(lock string, pragmas ...string) string {
		v := url.Values{"_txlock": {lock}, "_dqs": {"0"}, "_pragma": append([]string{"foreign_keys(1)"}, pragmas...)}
		return (&url.URL{Scheme: "file", Path: abs, RawQuery: v.Encode()}).String()
	}
	d := &DB{engine: engine{name: "sqlite"}, file: abs}
	if d.writer, err = sql.Open("sqlite", address("immediate", "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)", "cache_size(-32768)")); err != nil {
		return nil, failure("open the file of records", err)
	}
	if d.reader, err = sql.Open("sqlite", address("deferred", "busy_timeout(10000)", "query_only(1)")); err != nil {
		return nil, failure("open the file of records", err)
	}
	if d.pinger, err = sql.Open("sqlite", address("immediate", fmt.Sprintf("busy_timeout(%d)", pingWait.Milliseconds()), "synchronous(FULL)")); err != nil {
		return nil, failure("open the file of records", err)
	}
	return d, nil
}

// makeFile makes an empty file of records in a folder of their own.
func makeFile(path string, existing bool) error {
	_, err := os.Stat(path)
	if existing && errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.NotFound, "store.dsn", "names a file that does not exist: nothing has been kept there yet (start the server once, or set store.dsn)")
	}
	if err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return noFile(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return noFile(err)
	}
	return f.Close()
}

func noFile(err error) error {
	return &fault.Error{Kind: fault.Invalid, Field: "store.dsn", Cause: err,
		Text: "names a file that cannot be made: set it to a path in a folder that the server may write to"}
}

// connectPostgres opens a server. The writer waits its turn by an advisory lock
// that ends with the transaction, or with the connection.
func connectPostgres(dsn string) (*DB, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fault.New(fault.Invalid, "store.dsn", "is no address of PostgreSQL that can be read: want postgres://user:password@host:5432/database")
	}
	for name, value := range map[string]string{"application_name": "bonafide", "idle_in_transaction_session_timeout": "60000"} {
		if c.RuntimeParams[name] == "" {
			c.RuntimeParams[name] = value
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	return &DB{
		engine: engine{name: "postgres", begin: writerLock, reading: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}},
		writer: stdlib.OpenDB(*c), reader: stdlib.OpenDB(*c),
	}, nil
}

// prepare checks that the database keeps what it acknowledges, and its tables.
func (d *DB) prepare(ctx context.Context, c Config) error {
	if d.engine.name == "postgres" {
		for _, setting := range []string{"fsync", "synchronous_commit"} {
			var value string
			if err := d.writer.QueryRowContext(ctx, "SHOW "+setting).Scan(&value); err != nil {
				return failure("reach PostgreSQL", err)
			}
			if value == "off" {
				return fault.New(fault.Invalid, "store.dsn", "leads to a PostgreSQL with %s=off, which acknowledges what is not on disk: set it to on", setting)
			}
		}
	}
	if c.Fresh {
		v, err := d.version(ctx)
		if err != nil {
			return failure("read the version of the tables", during(ctx, err))
		}
		c.Existing = v != 0
	}
	if c.Existing {
		return d.checkVersion(ctx)
	}
	return d.migrate(ctx)
}

// Close ends all use.
func (d *DB) Close() error {
	return errors.Join(d.reader.Close(), d.pinger.Close(), d.writer.Close())
}
