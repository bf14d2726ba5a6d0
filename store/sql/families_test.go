package sql_test

import (
	"slices"
	"testing"

	"bonafide/casework/retention"
	"bonafide/data"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// staysBehind are the tables that neither a backup nor an export has, with the
// reason.
var staysBehind = map[string]string{
	"probe":            "one row that every database has",
	"sessions":         "what ended since must not open anything again: people log in anew",
	"tickets":          "what was used since must not be good again; invitations are made anew",
	"attempts":         "counts of failed log-ins, which end by themselves",
	"report_terms":     "made again from the reports by the sweep of desk/reports",
	"report_indexed":   "tells the sweep which reports are searchable, as the one above",
	"goose_db_version": "tells the version of the tables, which stands in the first line of a file",
}

// TestEveryTableIsMoved: a table that a migration adds is declared as a family,
// with every column, or it is named above; and a family has a table.
func TestEveryTableIsMoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		d, err := sql.Open(t.Context(), sql.Config{DSN: e.DSN(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		tables, err := d.Columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range store.Families() {
			var names []string
			tenants := 0
			for _, field := range f.Fields {
				names = append(names, field.Name)
				if field.Kind == store.FieldTenant {
					tenants++
				}
			}
			slices.Sort(names)
			if there := tables[f.Name]; !slices.Equal(there, names) {
				t.Errorf("family %s has the fields %v, its table the columns %v", f.Name, names, there)
			}
			if tenants != 1 || f.Check == nil {
				t.Errorf("family %s has %d fields of a tenant and check %v: want one of each", f.Name, tenants, f.Check != nil)
			}
			delete(tables, f.Name)
		}
		for table := range tables {
			if staysBehind[table] == "" {
				t.Errorf("table %s is in no family: declare it in store.Families, or say here why it stays behind", table)
			}
		}
	})
}

// TestEveryTableHasItsTime: each table of the database stands in one kind of
// data/retention, which says how long its rows are kept and on what basis; and a
// kind names only tables that there are.
func TestEveryTableHasItsTime(t *testing.T) {
	kept, err := retention.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	d, err := sql.Open(t.Context(), sql.Config{DSN: storetest.SQLite().DSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	tables, err := d.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for table := range tables {
		if kept.Of(table).Name == "" {
			t.Errorf("table %s is in no kind of data/retention/records.yaml: say how long its rows are kept, and why", table)
		}
	}
	for _, k := range kept.Kinds() {
		for _, table := range k.Tables {
			if _, ok := tables[table]; !ok {
				t.Errorf("the kind %s names the table %s, which is none", k.Name, table)
			}
		}
	}
}
