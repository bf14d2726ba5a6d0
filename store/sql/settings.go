package sql

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// Get returns the settings of a tenant.
func (r settings) Get(ctx context.Context, t access.Tenant) (store.TenantSettings, error) {
	got, err := one(ctx, r.session, "settings", func() (queries.Setting, error) { return r.q.GetSettings(ctx, string(t)) },
		func(row queries.Setting) store.TenantSettings {
			return store.TenantSettings{Tenant: access.Tenant(row.Tenant), Lang: row.Lang, Country: row.Country, SecondFor: store.ParseRoles(row.SecondFor),
				Idle: time.Duration(row.Idle) * time.Second, Absolute: time.Duration(row.Absolute) * time.Second, Notice: row.Notice,
				Changed: store.Time(row.Changed), Revision: row.Revision}
		})
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return store.TenantSettings{Tenant: t}, nil
	}
	return got, err
}

// Put writes the settings of a tenant.
func (r settings) Put(ctx context.Context, s store.TenantSettings) (int64, error) {
	if err := errors.Join(s.Check(), r.failed); err != nil {
		return 0, err
	}
	revision, err := r.q.PutSettings(ctx, queries.PutSettingsParams{Tenant: string(s.Tenant), Lang: s.Lang, Country: s.Country,
		SecondFor: store.RolesText(s.SecondFor), Idle: int64(s.Idle / time.Second), Absolute: int64(s.Absolute / time.Second), Notice: s.Notice,
		Changed: store.Micros(s.Changed), Revision: s.Revision})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict, "", "the settings were changed meanwhile: look at them again")
	}
	return revision, r.done(ctx, "write settings", err)
}

// About tells what the records stand in.
func (d *DB) About(ctx context.Context) (store.About, error) {
	out := store.About{Engine: d.engine.name, File: d.file}
	release, size := "SELECT sqlite_version()", "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if d.engine.name == "postgres" {
		release, size = "SHOW server_version", "SELECT pg_database_size(current_database())"
	}
	for _, q := range []struct {
		text string
		into any
	}{{release, &out.Release}, {size, &out.Bytes}, {"SELECT max(version_id) FROM goose_db_version", &out.Tables}} {
		if err := d.reader.QueryRowContext(ctx, q.text).Scan(q.into); err != nil {
			return out, failure("ask the database what it is", during(ctx, err))
		}
	}
	return out, nil
}
