package sql

import (
	"context"
	"database/sql"
	"strings"
)

// Early opens a database and brings its tables to an earlier version.
func Early(ctx context.Context, dsn string, version int64) (*DB, error) {
	d, err := connect(Config{DSN: dsn})
	if err != nil {
		return nil, err
	}
	p, err := d.provider()
	if err != nil {
		return nil, err
	}
	_, err = p.UpTo(ctx, version)
	return d, err
}

// Versions lists the versions of the tables that there are.
func Versions() ([]int64, error) {
	p, err := (&DB{writer: &sql.DB{}}).provider()
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, s := range p.ListSources() {
		out = append(out, s.Version)
	}
	return out, nil
}

// Raw runs statements, separated by ";\n", past the contracts.
func (d *DB) Raw(ctx context.Context, statements string) error {
	for _, s := range strings.Split(statements, ";\n") {
		if strings.TrimSpace(s) == "" {
			continue
		}
		if _, err := d.writer.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Rows counts the rows of each table but that of the migrations.
func (d *DB) Rows(ctx context.Context) (map[string]int, error) {
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'"
	if d.engine.name == "postgres" {
		list = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'"
	}
	rows, err := d.writer.QueryContext(ctx, list)
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out[name] = 0
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for name := range out {
		var n int
		if err := d.writer.QueryRowContext(ctx, "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

// Columns lists the columns of each table, sorted.
func (d *DB) Columns(ctx context.Context) (map[string][]string, error) {
	list := "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
	if d.engine.name == "postgres" {
		list = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, column_name COLLATE "C"`
	}
	rows, err := d.writer.QueryContext(ctx, list)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		out[table] = append(out[table], column)
	}
	return out, rows.Err()
}
