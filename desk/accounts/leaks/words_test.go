package leaks

import (
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/casework/compromise"
	"bonafide/data"
)

// TestNumbers: as people of each language write them.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		x        float64
		lang, as string
	}{{30, "en", "30"}, {29.96, "en", "30"}, {17.84, "de", "17,8"}, {.02, "en", "0.02"}, {.02, "de", "0,02"}, {0, "ja", "0"}, {3e-21, "ja", "3·10⁻²¹"}, {60, "de", "60"}} {
		if got := Number(c.x, c.lang); got != c.as {
			t.Errorf("%g in %s is %q, want %q", c.x, c.lang, got, c.as)
		}
	}
	w := words{lang: "de"}
	if w.count(1234567) != "1.234.567" || w.count(12) != "12" {
		t.Errorf("%s, %s", w.count(1234567), w.count(12))
	}
}

// TestEveryOutcomeIsTold: whatever comes out is told in each language with all its
// numbers filled in, and says what to do next.
func TestEveryOutcomeIsTold(t *testing.T) {
	r, err := load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	x := compromise.Finding{Party: compromise.Party{Kind: "seller", Name: "ab12"}, Same: []compromise.Party{{Kind: "courier", Name: "v"}}, Explains: []compromise.Party{{Kind: "warehouse", Name: "w"}, {Kind: "channel", Name: "app"}},
		Victims: 18, Expected: .6, Share: .6, Base: .02, Ratio: 30, Low: 17.8, High: 47.4, P: 1e-20, Adjusted: 1e-19}
	for _, lang := range []string{"en", "de", "ja"} {
		said := map[string]bool{}
		for _, rep := range []compromise.Report{
			{Outcome: compromise.Found, Affected: 30, Others: 2500, Tried: 7, Findings: []compromise.Finding{x}}, {Outcome: compromise.None, Affected: 30, Others: 2500, Visible: 6},
			{Outcome: compromise.CannotTell, Lacks: compromise.FewAffected}, {Outcome: compromise.CannotTell, Lacks: compromise.FewOthers, Affected: 12}, {Outcome: compromise.CannotTell, Lacks: compromise.NoParties, Affected: 12},
			{Outcome: compromise.CannotTell, Lacks: compromise.FewKnown, Affected: 12},
		} {
			f := Found{Report: rep, Unlinked: 3, Given: map[string]string{"ab12": "North & Co"}}
			r.explain(&f, lang)
			text := strings.Join(append(f.Explanation, f.Next...), "\n")
			if len(f.Explanation) == 0 || len(f.Next) == 0 || strings.ContainsAny(text, "{}") || said[f.Explanation[0]] {
				t.Errorf("%s, %s %s: %q", lang, rep.Outcome, rep.Lacks, text)
			}
			said[f.Explanation[0]] = true
			if rep.Outcome == compromise.Found && (!strings.Contains(text, "North & Co") || strings.Contains(text, "ab12") || !strings.Contains(text, " v") || !strings.Contains(text, "app")) {
				t.Errorf("%s does not name all: %q", lang, text)
			}
		}
	}
	f := Found{Report: compromise.Report{Outcome: compromise.None}}
	if r.explain(&f, "fr"); !strings.HasPrefix(f.Explanation[0], "No party") {
		t.Errorf("a language that is not there: %q", f.Explanation)
	}
}

// TestRulesAreChecked: numbers that would name somebody on little are refused.
func TestRulesAreChecked(t *testing.T) {
	raw, err := data.FS.ReadFile("account/leaks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{"min_victims: 5", "min_victims: 2"}, {"min_known: 3", "min_known: 9"}, {"min_ratio: 2", "min_ratio: 0.5"}, {"rate: 0.05", "rate: 1"}, {"within_days: 14", "within_days: 0"},
		{"max_days: 120", "max_days: 4000"}, {"max_orders: 1000000", "max_orders: 0"}, {"max_reports: 100000", "max_reports: 0"}, {"as_of: 2026-11-23", "as_of:"}, {"    none: ", "    nothing: "}, {"seller: \"Verkäufer\", ", ""}} {
		text := strings.Replace(string(raw), change[0], change[1], 1)
		if text == string(raw) {
			t.Fatalf("the file has no %q", change[0])
		}
		if _, err := load(fstest.MapFS{"account/leaks.yaml": {Data: []byte(text)}}); err == nil {
			t.Errorf("%q is taken", change[1])
		}
	}
	if _, err := load(fstest.MapFS{}); err == nil {
		t.Error("no file is taken")
	}
}
