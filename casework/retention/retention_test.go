package retention_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/casework/retention"
	"bonafide/data"
)

// TestDocumentation: docs/privacy.md shows the table as it is. To renew it:
// BONAFIDE_UPDATE=1 go test ./casework/retention
func TestDocumentation(t *testing.T) {
	table, err := retention.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", "privacy.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- retention: printed from data/retention -->\n", "<!-- end of retention -->"
	before, rest, ok := strings.Cut(string(raw), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("docs/privacy.md has no %q and %q", begin, end)
	}
	want := before + begin + table.Markdown() + end + after
	if want == string(raw) {
		return
	}
	if os.Getenv("BONAFIDE_UPDATE") == "" {
		t.Fatal("docs/privacy.md is stale: BONAFIDE_UPDATE=1 go test ./casework/retention")
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLoadRefuses: a table that says too little, or keeps notes of erasures no
// longer than backups, is refused.
func TestLoadRefuses(t *testing.T) {
	raw, err := data.FS.ReadFile("retention/records.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"no date":                 {"as_of: 2026-11-22", ""},
		"a kind that is needed":   {"  attempt:\n", "  attempts:\n"},
		"no source":               {"    source: \"GDPR Art. 4(1).\"\n", ""},
		"a table twice":           {"tables: [attempts]", "tables: [tickets]"},
		"days without end":        {"days: 180", "days: 36500"},
		"nothing happens":         {"happens: keep", "happens: perhaps"},
		"goes with nothing":       {"with: report\n", "with: letter\n"},
		"backups outlive erasing": {"days: 90", "days: 1461"},
		"never erased":            {"days: 180", "days: 0"},
	} {
		text := strings.Replace(string(raw), change[0], change[1], 1)
		if text == string(raw) {
			t.Fatalf("%s: the shipped table has no %q", what, change[0])
		}
		if _, err := retention.Load(fstest.MapFS{"retention/records.yaml": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s: it was loaded", what)
		}
	}
	table, err := retention.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if got := table.Kind("report").Before(now); !got.Equal(now.AddDate(0, 0, -180)) || table.Of("sessions").Name != "session" || table.Of("none").Name != "" {
		t.Errorf("reports of before %s go; tables: %q, %q", got, table.Of("sessions").Name, table.Of("none").Name)
	}
}
