package callid

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"bonafide/evidence"
	"bonafide/ident"
)

func TestFindings(t *testing.T) {
	w := newWorld(t)
	ours := func(p ident.Phone) (string, bool) { return "shop", p == caller }
	for _, tt := range []struct {
		name     string
		header   string
		change   func(*Input)
		official func(ident.Phone) (string, bool)
		want     []evidence.Code
	}{
		{"nothing given", "", nil, ours, nil},
		{"A", w.identity(t, nil), nil, nil, []evidence.Code{codeFull}},
		{"A, a brand's number", w.identity(t, nil), nil, ours, []evidence.Code{codeOfficial}},
		{"A, a brand's number, perhaps copied from another call", w.identity(t, nil), func(in *Input) { in.Called = "" }, ours, []evidence.Code{codeFull}},
		{"B, a brand's number", w.identity(t, set("attest", "B")), nil, ours, []evidence.Code{codePartial}},
		{"C", w.identity(t, set("attest", "C")), nil, ours, []evidence.Code{codeGateway}},
		{"no level", signToken(t, w.company.key, `{"alg":"ES256","typ":"passport","x5u":"`+url+`"}`, claims(t, nil)), nil, ours, []evidence.Code{codeSigned}},
		{"false", changed(w.identity(t, nil)), nil, ours, []evidence.Code{codeFailed}},
		{"other number", w.identity(t, nil), func(in *Input) { in.Caller = "+12155550000" }, ours, []evidence.Code{codeOtherNumber}},
		{"other call", w.identity(t, nil), func(in *Input) { in.Called = "+12155550000" }, ours, []evidence.Code{codeOtherCall}},
		{"stale", w.identity(t, nil), func(in *Input) { in.At = in.At.AddDate(0, 0, 1) }, ours, []evidence.Code{codeStale}},
		{"nothing configured", w.identity(t, nil), func(in *Input) { in.Trust = Trust{} }, ours, []evidence.Code{codeNotChecked}},
		{"a name", w.identity(t, set("rcd", map[string]any{"nam": "Bank"})), nil, nil, []evidence.Code{codeFull, codeRich}},
	} {
		in := w.in
		in.Headers = []string{tt.header}
		if tt.change != nil {
			tt.change(&in)
		}
		var got []evidence.Code
		for _, f := range Findings(Check(in), tt.official) {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestEvidenceIsDescribed: every code has its entry, its sentences ask for
// nothing that a finding does not bring, none weighs more than a hint, and none
// is a proof.
func TestEvidenceIsDescribed(t *testing.T) {
	raw, err := os.ReadFile("../../data/evidence/callid.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Sources map[string]string
		Codes   map[evidence.Code]struct {
			Group       string
			Kind        evidence.Kind
			Bits        float64
			Source      []string
			Title, Text map[string]string
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	all := []evidence.Code{codeFull, codeOfficial, codePartial, codeGateway, codeSigned, codeFailed, codeOtherNumber, codeOtherCall, codeStale, codeNotChecked, codeDiverted, codeRich}
	blank := regexp.MustCompile(`\{(\w+)\}`)
	for _, c := range all {
		e := file.Codes[c]
		if e.Group != "number" || e.Kind == evidence.Proof || e.Bits < -1 || e.Bits > 2.5 || len(e.Source) == 0 {
			t.Errorf("%s: %+v: want a hint in the group of numbers", c, e)
		}
		for _, s := range e.Source {
			if file.Sources[s] == "" {
				t.Errorf("%s: source %s is not explained", c, s)
			}
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if e.Title[lang] == "" || e.Text[lang] == "" {
				t.Errorf("%s: nothing in %s", c, lang)
			}
			for _, m := range blank.FindAllStringSubmatch(e.Title[lang]+e.Text[lang], -1) {
				if m[1] != "number" && (m[1] != "brand" || c != codeOfficial) {
					t.Errorf("%s, %s: nothing fills {%s}", c, lang, m[1])
				}
			}
		}
	}
	if len(file.Codes) != len(all) {
		t.Errorf("%d codes described: want %d", len(file.Codes), len(all))
	}
	for _, c := range []evidence.Code{codeFull, codePartial, codeGateway, codeSigned, codeNotChecked, codeDiverted, codeRich} {
		if file.Codes[c].Bits != 0 {
			t.Errorf("%s weighs %g bits: want 0", c, file.Codes[c].Bits)
		}
	}
}
