package sql

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// subjectKeys are the keys of subjects within a transaction.
type subjectKeys struct{ *session }

var _ store.SubjectKeys = subjectKeys{}

// Make keeps a key where there is none.
func (k subjectKeys) Make(ctx context.Context, x store.SubjectKey) (store.SubjectKey, error) {
	if err := errors.Join(x.Check(), k.failed); err != nil {
		return store.SubjectKey{}, err
	}
	if err := k.q.AddSubjectKey(ctx, queries.AddSubjectKeyParams{Tenant: string(x.Tenant), Subject: x.Subject, Secret: x.Secret, Created: store.Micros(x.Created)}); err != nil {
		return store.SubjectKey{}, k.done(ctx, "keep a key", err)
	}
	return k.Get(ctx, x.Tenant, x.Subject)
}

// Get returns the key of a subject.
func (k subjectKeys) Get(ctx context.Context, t access.Tenant, subject string) (store.SubjectKey, error) {
	if k.failed != nil {
		return store.SubjectKey{}, k.failed
	}
	row, err := k.q.GetSubjectKey(ctx, queries.GetSubjectKeyParams{Tenant: string(t), Subject: subject})
	if errors.Is(err, sql.ErrNoRows) {
		return store.SubjectKey{}, fault.New(fault.NotFound, "", "there is no key of this subject")
	}
	if err != nil {
		return store.SubjectKey{}, k.done(ctx, "read a key", err)
	}
	return store.SubjectKey{Tenant: access.Tenant(row.Tenant), Subject: row.Subject, Secret: row.Secret, Created: store.Time(row.Created), Destroyed: store.Time(row.Destroyed)}, nil
}

// Destroy removes the secret of a subject's key.
func (k subjectKeys) Destroy(ctx context.Context, t access.Tenant, subject string, when time.Time) error {
	x := store.SubjectKey{Tenant: t, Subject: subject, Created: when, Destroyed: when}
	if err := errors.Join(x.Check(), k.failed); err != nil {
		return err
	}
	return k.done(ctx, "destroy a key", k.q.DestroySubjectKey(ctx, queries.DestroySubjectKeyParams{Tenant: string(t), Subject: subject, Destroyed: store.Micros(when)}))
}

// List returns which subjects have a key.
func (k subjectKeys) List(ctx context.Context, t access.Tenant, after string, limit int) ([]string, error) {
	if k.failed != nil {
		return nil, k.failed
	}
	out, err := k.q.ListSubjectKeys(ctx, queries.ListSubjectKeysParams{Tenant: string(t), After: after, Most: int32(store.Page{Limit: limit}.Size())})
	return out, k.done(ctx, "list keys", err)
}

// seals are sealed values as they stand. Like those of mover, its statements are
// made from what store.Families declares.
type seals struct{ *session }

var _ store.Seals = seals{}

// keyOrder are the fields of a family's primary key, tenant first: texts all.
func keyOrder(f *store.Family) (at []int, names []string, err error) {
	for _, tenant := range []bool{true, false} {
		for i, field := range f.Fields {
			if is := field.Kind == store.FieldTenant; is == tenant && (is || field.Key) {
				if !is && field.Kind != store.FieldText {
					return nil, nil, fault.New(fault.Internal, f.Name, "has sealed fields and a key that is no text")
				}
				at, names = append(at, i), append(names, field.Name)
			}
		}
	}
	return at, names, nil
}

// Outdated reads rows with a value that the prefix does not begin. The order is
// that of the primary key, so that no page sorts.
func (k seals) Outdated(ctx context.Context, f *store.Family, prefix string, after store.Row, limit int) (out []store.Row, err error) {
	if k.failed != nil {
		return nil, k.failed
	}
	at, keys, err := keyOrder(f)
	if err != nil || len(f.Sealed) == 0 {
		return nil, err
	}
	args := []any{prefix, len(prefix)}
	var b strings.Builder
	b.WriteString("SELECT ")
	names(&b, f)
	b.WriteString(" FROM " + f.Name + " WHERE (")
	for i, name := range f.Sealed {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteString(name + " <> '' AND substr(" + name + ", 1, CAST($2 AS INTEGER)) <> $1")
	}
	b.WriteString(")")
	if after != nil {
		var marks []string
		for _, i := range at {
			args = append(args, after[i])
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		b.WriteString(" AND (" + strings.Join(keys, ", ") + ") > (" + strings.Join(marks, ", ") + ")")
	}
	b.WriteString(" ORDER BY " + strings.Join(keys, ", ") + " LIMIT " + strconv.Itoa(max(1, limit)))
	rows, err := k.tx.QueryContext(ctx, b.String(), args...)
	if err != nil {
		return nil, k.done(ctx, "read "+f.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := scan(f, rows.Scan)
		if err != nil {
			return nil, k.done(ctx, "read "+f.Name, err)
		}
		out = append(out, row)
	}
	return out, k.done(ctx, "read "+f.Name, rows.Err())
}

// Replace writes the sealed fields of a row that nobody changed meanwhile.
func (k seals) Replace(ctx context.Context, f *store.Family, old, now store.Row) (bool, error) {
	if err := errors.Join(k.failed, f.CheckKinds(old), f.CheckKinds(now)); err != nil {
		return false, err
	}
	at, keys, err := keyOrder(f)
	if err != nil || len(f.Sealed) == 0 {
		return false, err
	}
	var args []any
	mark := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var set, where []string
	for i, field := range f.Fields {
		if slices.Contains(f.Sealed, field.Name) {
			set = append(set, field.Name+" = "+mark(now[i]))
			where = append(where, field.Name+" = "+mark(old[i]))
		}
	}
	for n, i := range at {
		where = append(where, keys[n]+" = "+mark(old[i]))
	}
	res, err := k.tx.ExecContext(ctx, "UPDATE "+f.Name+" SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " AND "), args...)
	if err != nil {
		return false, k.done(ctx, "write "+f.Name, err)
	}
	n, err := res.RowsAffected()
	return n == 1, k.done(ctx, "write "+f.Name, err)
}

// Count counts values by the key that they are sealed with.
func (k seals) Count(ctx context.Context, f *store.Family, t access.Tenant) (map[string]int64, error) {
	out := map[string]int64{}
	if k.failed != nil {
		return nil, k.failed
	}
	for _, name := range f.Sealed {
		var b strings.Builder
		b.WriteString("SELECT mark, count(*) FROM (SELECT CASE WHEN substr(" + name + ", 1, " + strconv.Itoa(len(keyring.Mark)) + ") = '" + keyring.Mark +
			"' THEN substr(" + name + ", 1, " + strconv.Itoa(keyring.MarkSize) + ") ELSE '' END AS mark FROM " + f.Name)
		where(&b, f, t)
		if t == "" {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(name + " <> '') AS marked GROUP BY mark")
		if err := k.tally(ctx, f, b.String(), of(t), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k seals) tally(ctx context.Context, f *store.Family, query string, args []any, into map[string]int64) error {
	rows, err := k.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return k.done(ctx, "count "+f.Name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var mark string
		var n int64
		if err := rows.Scan(&mark, &n); err != nil {
			return k.done(ctx, "count "+f.Name, err)
		}
		into[mark] += n
	}
	return k.done(ctx, "count "+f.Name, rows.Err())
}
