package sql

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"bonafide/fault"
)

// migrations are the tables, each file a step that never changes once released.
//
//go:embed migrations/*.sql
var migrations embed.FS

// provider applies the migrations to a database.
func (d *DB) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if d.engine.name == "postgres" {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, d.writer, dir, options...)
}

// latest is the version of the tables that this program works with.
func (d *DB) latest() (int64, error) {
	p, err := d.provider()
	if err != nil {
		return 0, err
	}
	sources := p.ListSources()
	return sources[len(sources)-1].Version, nil
}

// version is that of the tables there are; 0 when there are none.
func (d *DB) version(ctx context.Context) (int64, error) {
	var there int64
	find := "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	if d.engine.name == "postgres" {
		find = "SELECT count(to_regclass('goose_db_version'))"
	}
	if err := d.writer.QueryRowContext(ctx, find).Scan(&there); err != nil || there == 0 {
		return 0, err
	}
	var v sql.NullInt64
	err := d.writer.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&v)
	return v.Int64, err
}

// migrate brings the tables up to this program's version. Two servers that
// start together wait for each other: by a lock on PostgreSQL; on SQLite the
// loser of the race looks again.
func (d *DB) migrate(ctx context.Context) error {
	var err error
	for range 5 {
		if err = d.up(ctx); err == nil || fault.KindOf(err) == fault.Invalid || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return err
}

func (d *DB) up(ctx context.Context) error {
	switch behind, err := d.behind(ctx); {
	case err != nil:
		return err
	case !behind:
		return nil
	}
	p, err := d.provider()
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return failure("bring the tables up to date", during(ctx, err))
	}
	return nil
}

// behind reports whether the tables are of an older version than this program.
// Those of a newer one are refused.
func (d *DB) behind(ctx context.Context) (bool, error) {
	v, err := d.version(ctx)
	if err != nil {
		return false, failure("read the version of the tables", during(ctx, err))
	}
	want, err := d.latest()
	if err != nil {
		return false, failure("read the migrations", err)
	}
	if v > want {
		return false, fault.New(fault.Invalid, "store.dsn", "leads to records of a newer Bonafide (tables %d, this program knows %d): run that version", v, want)
	}
	if v > 0 {
		if err := d.noGap(ctx, v); err != nil {
			return false, err
		}
	}
	return v < want, nil
}

// noGap refuses tables on which a step is missing though later ones were taken, as
// a build between two versions leaves them: what this program asks of the missing
// step is not there, and it cannot be taken after the later ones. Names of steps hold
// no data of anybody.
func (d *DB) noGap(ctx context.Context, newest int64) error {
	taken, err := d.taken(ctx)
	if err != nil {
		return failure("read the version of the tables", during(ctx, err))
	}
	p, err := d.provider()
	if err != nil {
		return failure("read the migrations", err)
	}
	var missing []string
	for _, s := range p.ListSources() {
		if s.Version < newest && !taken[s.Version] {
			missing = append(missing, path.Base(s.Path))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "store.dsn", "leads to records on which %s is missing, though later steps up to %05d were taken: they were made by a build between two versions. Nothing was changed. Run the build that they were last used with, or name a new database and restore a backup into it that this version made", strings.Join(missing, ", "), newest)
}

// taken are the steps that the tables have.
func (d *DB) taken(ctx context.Context) (map[int64]bool, error) {
	rows, err := d.writer.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE is_applied")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[int64]bool{}
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out[v] = true
	}
	return out, rows.Err()
}

// checkVersion refuses tables that are not of this program's version.
func (d *DB) checkVersion(ctx context.Context) error {
	behind, err := d.behind(ctx)
	if err == nil && behind {
		err = fault.New(fault.Invalid, "store.dsn", "leads to records that this version has not been started on yet: start the server once, which brings them up to date")
	}
	return err
}
