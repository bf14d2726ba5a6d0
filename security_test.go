package bonafide_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asvs are the requirements of OWASP ASVS 5.0.0 of levels 1 and 2: by section,
// the last number of it that is of one of both (all before it are, too).
var asvs = map[string]int{
	"1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
	"4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4,
	"10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
	"12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
	"15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}

// TestSecurityPage: docs/security.md judges each requirement once and with a
// reason, counts them rightly, and names no test that does not exist.
func TestSecurityPage(t *testing.T) {
	raw, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	seen, counts := map[string]bool{}, map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(page, -1) {
		id, judged := row[1], row[3]
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
		counts[judged]++
		if judged != "met" && judged != "partly" && judged != "not met" && judged != "n/a" {
			t.Errorf("%s is judged %q", id, judged)
		}
	}
	all := 0
	for section, last := range asvs {
		for n := 1; n <= last; n++ {
			all++
			if id := fmt.Sprintf("%s.%d", section, n); !seen[id] {
				t.Errorf("%s is not judged", id)
			}
		}
	}
	if all != 253 || len(seen) != all {
		t.Errorf("%d requirements, %d rows: want 253", all, len(seen))
	}
	told := fmt.Sprintf("Of 253: %d met, %d partly, %d not met, %d n/a.", counts["met"], counts["partly"], counts["not met"], counts["n/a"])
	if !strings.Contains(page, told) {
		t.Errorf("the page does not say %q", told)
	}
	there := tests(t)
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`").FindAllStringSubmatch(page, -1) {
		if !there[name[1]] {
			t.Errorf("%s is named and does not exist", name[1])
		}
	}
}

// tests are the names of all tests and fuzz targets.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				out[fn.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
