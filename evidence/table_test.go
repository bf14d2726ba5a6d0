package evidence_test

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/evidence"
)

const groups = `
as_of: "2026-11-22"
slope: 1
prior: {"": -1, call: 0}
dilution: {power: 1, full: {"": 100}, nobody: {mail: {short: 10, full: 10, share: 0.5}}}
groups: {link: {for: 5, against: 1}, books: {for: 1, against: 9}}
`

const codes = `
as_of: "2026-11-22"
codes:
  bad_link: {group: link, kind: strong, bits: 4, title: {en: a, de: a, ja: a}, text: {en: "host {host}", de: a, ja: a}}
  odd_link: {group: link, kind: weak, bits: 3, title: {en: a, de: a, ja: a}, text: {en: a, de: a, ja: a}}
  in_books: {group: books, kind: proof, bits: -12, title: {en: a, de: a, ja: a}, text: {en: a, de: a, ja: a}}
`

func table(t *testing.T, groups, codes string) (*evidence.Table, error) {
	t.Helper()
	return evidence.LoadTable(fstest.MapFS{"evidence/groups.yaml": {Data: []byte(groups)}, "evidence/x.yaml": {Data: []byte(codes)}})
}

func TestSumIsCappedByGroup(t *testing.T) {
	tab, err := table(t, groups, codes)
	if err != nil {
		t.Fatal(err)
	}
	sum := func(channel string, fs ...evidence.Finding) float64 {
		es, unknown := tab.Weigh(fs)
		if len(unknown) > 0 {
			t.Fatalf("unknown codes %v", unknown)
		}
		return tab.Sum(channel, es)
	}
	bad, odd, book := evidence.Finding{Code: "bad_link"}, evidence.Finding{Code: "odd_link"}, evidence.Finding{Code: "in_books"}
	for _, tt := range []struct {
		name    string
		channel string
		fs      []evidence.Finding
		want    float64
	}{
		{"prior alone", "mail", nil, -1},
		{"prior of the channel", "call", nil, 0},
		{"one", "call", []evidence.Finding{bad}, 4},
		{"twice the same counts once", "call", []evidence.Finding{bad, bad}, 4},
		{"capped", "call", []evidence.Finding{bad, odd}, 5},
		{"against, capped", "call", []evidence.Finding{book}, -9},
		{"groups add up", "call", []evidence.Finding{bad, odd, book}, -4},
		{"half strength", "call", []evidence.Finding{{Code: "bad_link", Strength: 0.5}}, 2},
		{"the stronger of two", "call", []evidence.Finding{{Code: "bad_link", Strength: 0.5}, bad}, 4},
	} {
		if got := sum(tt.channel, tt.fs...); got != tt.want {
			t.Errorf("%s: %g bits, want %g", tt.name, got, tt.want)
		}
	}
	if p := tab.Probability(0); p != 0.5 {
		t.Errorf("probability of 0 bits: %g, want 0.5", p)
	}
	if p := tab.Probability(3); math.Abs(p-8.0/9) > 1e-12 {
		t.Errorf("probability of 3 bits: %g, want 8/9", p)
	}
}

func TestDilution(t *testing.T) {
	tab, err := table(t, groups, codes)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		channel string
		n       int
		claimed bool
		want    float64
	}{{"sms", 100, false, 1}, {"sms", 400, false, 0.25}, {"mail", 10, false, 1}, {"mail", 11, false, 0.5 * 10 / 11}, {"mail", 100, true, 1}, {"mail", 200, true, 0.5}} {
		if got := tab.Dilution(tt.channel, tt.n, tt.claimed); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s, %d bytes, claimed %v: %g, want %g", tt.channel, tt.n, tt.claimed, got, tt.want)
		}
	}
}

func TestUnknownCodesAreReported(t *testing.T) {
	tab, err := table(t, groups, codes)
	if err != nil {
		t.Fatal(err)
	}
	es, unknown := tab.Weigh([]evidence.Finding{{Code: "nobody_knows"}, {Code: "bad_link"}})
	if len(es) != 1 || len(unknown) != 1 || unknown[0] != "nobody_knows" {
		t.Errorf("weighed %v, unknown %v", es, unknown)
	}
}

func TestLoadNamesTheMistake(t *testing.T) {
	for name, tt := range map[string]struct{ groups, codes, want string }{
		"unknown group":  {groups, strings.Replace(codes, "group: books", "group: bookz", 1), "bookz"},
		"unknown kind":   {groups, strings.Replace(codes, "kind: proof", "kind: prof", 1), "prof"},
		"missing German": {groups, strings.Replace(codes, "title: {en: a, de: a, ja: a}", "title: {en: a, ja: a}", 1), `"de"`},
		"too heavy":      {groups, strings.Replace(codes, "bits: -12", "bits: -99", 1), "at most 20"},
		"typing mistake": {groups, strings.Replace(codes, "group: books", "grup: books", 1), "grup"},
		"slope":          {strings.Replace(groups, "slope: 1", "slope: 0", 1), codes, "slope"},
	} {
		if _, err := table(t, tt.groups, tt.codes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that names %s", name, err, tt.want)
		}
	}
}

func TestFill(t *testing.T) {
	args := map[string]string{"host": "a.example", "n": "3"}
	for in, want := range map[string]string{"{host} has {n}": "a.example has 3", "no blank": "no blank", "{missing}": "…", "open {host": "open {host", "": ""} {
		if got := evidence.Fill(in, args); got != want {
			t.Errorf("Fill(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestShippedTable: the shipped table loads, and the blanks of every sentence
// are the same in all languages but for arguments that carry a language.
func TestShippedTable(t *testing.T) {
	tab, err := evidence.LoadTable(os.DirFS("../data"))
	if err != nil {
		t.Fatal(err)
	}
	blank := regexp.MustCompile(`\{([a-z]+)(_(en|de|ja))?\}`)
	for _, c := range tab.Codes() {
		w, _ := tab.Weight(c)
		set := func(lang string) string {
			seen := map[string]bool{}
			for _, m := range blank.FindAllStringSubmatch(w.Text[lang], -1) {
				seen[m[1]] = true
			}
			out := ""
			for _, k := range []string{"brand", "host", "count", "name", "how", "line", "date", "number", "hours", "reason", "by"} {
				if seen[k] {
					out += k + " "
				}
			}
			return out
		}
		if set("en") != set("de") || set("en") != set("ja") {
			t.Errorf("%s: blanks differ: en %q, de %q, ja %q", c, set("en"), set("de"), set("ja"))
		}
		if w.Kind == evidence.Weak && w.Bits > 2 {
			t.Errorf("%s: weak evidence of %g bits", c, w.Bits)
		}
	}
}
