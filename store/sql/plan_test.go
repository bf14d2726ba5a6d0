package sql_test

import (
	dbsql "database/sql"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// TestListsUseTheirIndex: SQLite reads each list through the index that was made
// for it. It decides without statistics, and a condition more can change its
// mind: then a page over a million reports takes a second.
func TestListsUseTheirIndex(t *testing.T) {
	dsn := storetest.SQLite().DSN(t)
	s, err := sql.Open(t.Context(), sql.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	db, err := dbsql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, c := range []struct{ file, query, plan string }{
		{"reports", "ListReports", "INDEX reports_by_time (tenant=?"},
		{"reports", "ListReportsOfStatus", "INDEX reports_by_status (tenant=? AND status=?"},
		{"reports", "CountReports", "COVERING INDEX reports_by_time (tenant=?"},
		{"reports", "CountReportsOfStatus", "COVERING INDEX reports_by_status (tenant=? AND status=?"},
		{"reports", "DueReports", "INDEX reports_due (retain_until"},
		{"search", "CountTerm", "INDEX report_terms_by_term (tenant=? AND term=?"},
		{"search", "EndOfScan", "INDEX report_terms_by_term (tenant=? AND term=?"},
		{"search", "SearchReports", "d USING COVERING INDEX report_terms_by_term (tenant=? AND term=?"},
		{"search", "SearchReports", "x2 USING COVERING INDEX report_terms_by_term (tenant=? AND term=? AND created=? AND id>? AND id<?"},
		{"search", "SearchReports", "x8 USING COVERING INDEX report_terms_by_term (tenant=? AND term=? AND created=? AND id>? AND id<?"},
		{"search", "StaleReports", "INDEX sqlite_autoindex_reports_1 ((tenant,id)>(?,?))"},
		{"people", "ListPeople", "INDEX people_by_time (tenant=?"},
		{"people", "GetPersonByLogin", "INDEX people_by_login (tenant=? AND login=?"},
		{"logins", "FindSession", "(token=?"},
		{"logins", "FindTicket", "(kind=? AND word=?"},
		{"logins", "FindKey", "INDEX api_keys_by_secret (secret=?"},
		{"decisions", "ListDecisions", "INDEX decisions_by_sequence (tenant=?"},
		{"decisions", "ListDecisionsOfAccount", "INDEX decisions_by_account (tenant=? AND account=?"},
		{"decisions", "DecisionsAfter", "INDEX decisions_by_sequence (tenant=?"},
		{"decisions", "DueDecisions", "INDEX decisions_due (retain_until"},
		{"decisions", "NewestDecision", "COVERING INDEX decisions_by_sequence (tenant=?"},
		{"couplings", "WaitingCouplings", "INDEX couplings_waiting"},
		{"couplings", "CouplingsOfAccount", "INDEX couplings_by_account (tenant=? AND account=?"},
		{"audit", "ListAuditOfObject", "INDEX audit_entries_by_object (tenant=? AND object=?"},
		{"audit", "ListAuditOfAction", "INDEX audit_entries_by_action (tenant=? AND action=?"},
		{"audit", "ListAuditOfActor", "INDEX audit_entries_by_actor (tenant=? AND actor=?"},
	} {
		raw, err := os.ReadFile("queries/" + c.file + ".sql.go")
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile("(?s)`-- name: " + c.query + " :[^\n]*\n(.*?)`").FindSubmatch(raw)
		if found == nil {
			t.Errorf("%s: no such query", c.query)
			continue
		}
		n := 0
		for _, p := range regexp.MustCompile(`\$(\d+)`).FindAllSubmatch(found[1], -1) {
			if i, err := strconv.Atoi(string(p[1])); err == nil {
				n = max(n, i)
			}
		}
		plan := explain(t, db, string(found[1]), n)
		if !strings.Contains(plan, c.plan) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s reads by\n%swant %s, without sorting", c.query, plan, c.plan)
		}
	}
}

// explain returns the steps of a query with n parameters.
func explain(t *testing.T, db *dbsql.DB, query string, n int) string {
	t.Helper()
	args := make([]any, n)
	for i := range args {
		args[i] = ""
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var b strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		b.WriteString("    " + step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
