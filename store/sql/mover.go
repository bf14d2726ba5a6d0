package sql

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"bonafide/access"
	"bonafide/store"
)

// mover moves rows as they stand. Its statements are made from what
// store.Families declares, never from what a file says: names of tables and
// columns cannot be given as values.
type mover struct{ *session }

var _ store.Mover = mover{}

// Version is that of the tables.
func (m mover) Version(ctx context.Context) (int64, error) {
	if m.failed != nil {
		return 0, m.failed
	}
	var v int64
	err := m.tx.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&v)
	return v, m.done(ctx, "read the version of the tables", err)
}

// Walk reads the rows of a family in the order of their bytes.
func (m mover) Walk(ctx context.Context, f *store.Family, t access.Tenant, each func(store.Row) error) (err error) {
	if m.failed != nil {
		return m.failed
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	names(&b, f)
	b.WriteString(" FROM " + f.Name)
	where(&b, f, t)
	b.WriteString(" ORDER BY " + m.order(f))
	rows, err := m.tx.QueryContext(ctx, b.String(), of(t)...)
	if err != nil {
		return m.done(ctx, "read "+f.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := scan(f, rows.Scan)
		if err != nil {
			return m.done(ctx, "read "+f.Name, err)
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return m.done(ctx, "read "+f.Name, rows.Err())
}

// order is by tenant and key. PostgreSQL orders texts by the language of the
// database unless it is told not to (collation "C"); SQLite never does.
func (m mover) order(f *store.Family) string {
	var tenant, key []string
	for _, field := range f.Fields {
		name := field.Name
		if m.engine.name == "postgres" && (field.Kind == store.FieldText || field.Kind == store.FieldTenant) {
			name += ` COLLATE "C"`
		}
		if field.Kind == store.FieldTenant {
			tenant = []string{name}
		} else if field.Key {
			key = append(key, name)
		}
	}
	return strings.Join(append(tenant, key...), ", ")
}

// scan reads a row with the Go types of its fields.
func scan(f *store.Family, read func(...any) error) (store.Row, error) {
	into := make([]any, len(f.Fields))
	for i, field := range f.Fields {
		switch field.Kind {
		case store.FieldTenant, store.FieldText, store.FieldList:
			into[i] = new(string)
		case store.FieldReal:
			into[i] = new(float64)
		default:
			into[i] = new(int64)
		}
	}
	if err := read(into...); err != nil {
		return nil, err
	}
	row := make(store.Row, len(into))
	for i, v := range into {
		switch v := v.(type) {
		case *string:
			row[i] = *v
		case *float64:
			row[i] = *v
		case *int64:
			row[i] = *v
		}
	}
	return row, nil
}

// Put adds a row.
func (m mover) Put(ctx context.Context, f *store.Family, r store.Row) error {
	if m.failed != nil {
		return m.failed
	}
	if err := f.CheckKinds(r); err != nil {
		return err
	}
	put := m.puts[f.Name]
	if put == nil {
		var err error
		if put, err = m.tx.PrepareContext(ctx, insert(f)); err != nil {
			return m.done(ctx, "write "+f.Name, err)
		}
		if m.puts == nil {
			m.puts = map[string]*sql.Stmt{}
		}
		m.puts[f.Name] = put
	}
	_, err := put.ExecContext(ctx, r...)
	return m.done(ctx, "write "+f.Name, err)
}

// insert is the statement that writes a row.
func insert(f *store.Family) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + f.Name + " (")
	names(&b, f)
	b.WriteString(") VALUES (")
	for i := range f.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}

// Holds reports whether there is a row.
func (m mover) Holds(ctx context.Context, f *store.Family, t access.Tenant) (bool, error) {
	if m.failed != nil {
		return false, m.failed
	}
	var b strings.Builder
	b.WriteString("SELECT count(*) FROM (SELECT 1 FROM " + f.Name)
	where(&b, f, t)
	b.WriteString(" LIMIT 1) AS found")
	var n int64
	err := m.tx.QueryRowContext(ctx, b.String(), of(t)...).Scan(&n)
	return n > 0, m.done(ctx, "look for "+f.Name, err)
}

func names(b *strings.Builder, f *store.Family) {
	for i, field := range f.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(field.Name)
	}
}

// where narrows a statement to one tenant; of gives its value.
func where(b *strings.Builder, f *store.Family, t access.Tenant) {
	for _, field := range f.Fields {
		if field.Kind == store.FieldTenant && t != "" {
			b.WriteString(" WHERE " + field.Name + " = $1")
		}
	}
}

func of(t access.Tenant) []any {
	if t == "" {
		return nil
	}
	return []any{string(t)}
}
