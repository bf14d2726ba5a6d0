package phone

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/contact"
	"bonafide/evidence"
	"bonafide/ident"
)

func loadRegister(t testing.TB, name, body string) *ReportFile {
	t.Helper()
	f, err := LoadReports(fstest.MapFS{name: {Data: []byte(body)}}, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// TestReportsContract is what every register must do. entries are loaded by
// load; a register that comes later runs the same.
func TestReportsContract(t *testing.T) {
	entries := []Report{
		{Number: "+12065550147", Count: 7, First: "2026-01", Last: "2026-11-02", Source: "own", Expires: day(2027, 11, 3)},
		{Number: "+12065550148", Count: 90, First: "2026", Last: "2026", Source: "own", Expires: day(2028, 1, 1), Contested: true, Note: "forged, says its holder"},
		{Number: "+12065550149", Count: 50, First: "2017", Last: "2017", Source: "own", Expires: day(2019, 1, 1), Historic: true},
		{Number: "+13125550160", Count: 9, First: "2026", Last: "2026", Source: "own", Expires: day(2028, 1, 1), Contested: true},
	}
	yaml := "numbers:\n"
	lines := ""
	for _, e := range entries {
		fields := `"number": "` + string(e.Number) + `", "count": ` + map[int]string{7: "7", 90: "90", 50: "50", 9: "9"}[e.Count] + `, "first": "` + e.First + `", "last": "` + e.Last + `", "source": "own", "note": "` + e.Note + `"`
		if e.Contested {
			fields += `, "contested": true`
		}
		if e.Historic {
			fields += `, "historic": true`
		}
		yaml += "  - {" + fields + "}\n"
		lines += "{" + fields + "}\r\n\n"
	}
	for name, load := range map[string]func() Reports{
		"yaml":   func() Reports { return loadRegister(t, "r.yaml", yaml) },
		"ndjson": func() Reports { return loadRegister(t, "r.ndjson", lines) },
		"layers": func() Reports {
			return loadRegister(t, "r.jsonl", lines).Over(loadRegister(t, "empty.yml", "numbers: []"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := load()
			for _, want := range entries {
				got, ok := r.Number(want.Number)
				if !ok {
					t.Fatalf("%s is not there", want.Number)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
			if _, ok := r.Number("+12065550100"); ok {
				t.Error("a number that nobody reported is reported")
			}
			for p, want := range map[ident.Phone]ident.Phone{
				"+12065550100": "+12065550147", // neither the contested one with more reports nor the historic one
				"+12065550147": "+12065550149", // not itself
				"+13125550161": "",             // contested neighbours do not count
				"+14155550100": "",
			} {
				if got, ok := r.Block(p); got.Number != want || ok != (want != "") {
					t.Errorf("the block of %s: %q, %v: want %q", p, got.Number, ok, want)
				}
			}
		})
	}
}

// TestEveryReportEnds: without a date of its own an entry ends twelve months
// after its last report.
func TestEveryReportEnds(t *testing.T) {
	f := loadRegister(t, "r.yaml", `
numbers:
  - {number: "+12065550141", count: 1, last: "2024", source: x}
  - {number: "+12065550142", count: 1, last: "2024-02", source: x}
  - {number: "+12065550143", count: 1, last: "2024-02-28", source: x}
  - {number: "+12065550144", count: 1, last: "2024-02-28", source: x, expires: "2024-03-01"}
`)
	for p, ends := range map[ident.Phone]time.Time{
		"+12065550141": day(2026, 1, 1), "+12065550142": day(2025, 3, 1), "+12065550143": day(2025, 3, 1), "+12065550144": day(2024, 3, 1),
	} {
		r, _ := f.Number(p)
		if r.Standing(ends.Add(-time.Second)) != Current || r.Standing(ends) != Expired {
			t.Errorf("%s ends %s: want %s", p, r.Expires, ends)
		}
	}
}

// TestOver: an operator can contest, end or replace an entry that was shipped.
func TestOver(t *testing.T) {
	shipped := loadRegister(t, "r.yaml", `numbers: [{number: "+12065550147", count: 9, last: "2026", source: shipped}, {number: "+13125550160", count: 2, last: "2026", source: shipped}]`)
	own := loadRegister(t, "r.ndjson", `{"number": "+12065550147", "count": 9, "last": "2026", "source": "own", "contested": true}`)
	both := own.Over(shipped)
	if r, _ := both.Number("+12065550147"); !r.Contested || r.Source != "own" {
		t.Errorf("got %+v: want the operator's entry", r)
	}
	if r, ok := both.Number("+13125550160"); !ok || r.Source != "shipped" {
		t.Errorf("got %+v: want the shipped entry beside it", r)
	}
	if _, ok := both.Block("+12065550148"); ok {
		t.Error("the neighbour of a number that the operator contests is still held against it")
	}
	if r, _ := shipped.Number("+12065550147"); r.Contested {
		t.Error("the lower register was changed")
	}
}

// TestEndsWithoutATime: who does not say when a contact came is not shown an
// old entry as a fresh one.
func TestEndsWithoutATime(t *testing.T) {
	tb, _ := tables(t)
	book := Book{Tables: tb, Reports: reports(t), Home: "US", Now: day(2030, 1, 1)}
	got := Findings(&contact.Contact{Channel: contact.Call, Call: &contact.CallFacts{Number: "+12065550147"}}, nil, book)
	if len(got) != 1 || got[0].Code != codeHistoric || got[0].Args["count"] != "7" || got[0].Args["first"] != "2026-01" || got[0].Args["last"] != "2026-11-02" {
		t.Errorf("%+v: want an entry that ended, with its count and dates", got)
	}
}

// TestProven: of a number that is not forged nobody is told that it may be.
func TestProven(t *testing.T) {
	tb, _ := tables(t)
	c := &contact.Contact{Channel: contact.Call, At: day(2026, 11, 22), Call: &contact.CallFacts{Number: "+81120899543"}}
	if got := Findings(c, nil, Book{Tables: tb, Officials: officials{}, Home: "JP", Proven: true}); len(got) != 0 {
		t.Errorf("%+v: want nothing", got)
	}
	c.Call.Number = "206-555-0147"
	var codes []evidence.Code
	for _, f := range Findings(c, nil, Book{Tables: tb, Officials: officials{}, Reports: reports(t), Home: "US", Proven: true}) {
		codes = append(codes, f.Code)
	}
	if d := cmp.Diff([]evidence.Code{codeReported}, codes); d != "" {
		t.Errorf("a number that is not forged was reported all the same (-want +got):\n%s", d)
	}
}

func TestNDJSONRefused(t *testing.T) {
	good := `{"number": "+12065550147", "count": 1, "last": "2026", "source": "x"}`
	for name, body := range map[string]string{
		"broken": `{"number": "+12065550147"`, "two in a line": good + good, "more behind": good + "]", "field": strings.Replace(good, "count", "counts", 1), "list": "[" + good + "]",
		"twice": good + "\n" + good, "text": strings.Replace(good, "1,", `"1",`, 1),
	} {
		_, err := LoadReports(fstest.MapFS{"r.ndjson": {Data: []byte(body)}}, "r.ndjson")
		if err == nil || strings.Contains(err.Error(), "2065550") {
			t.Errorf("%s: error %v: want one without the number", name, err)
		}
	}
	if _, err := LoadReports(fstest.MapFS{"r.csv": {Data: []byte(good)}}, "r.csv"); err == nil {
		t.Error("a file of another kind: want an error")
	}
}

// FuzzReports: a register comes from elsewhere.
func FuzzReports(f *testing.F) {
	f.Add(`{"number": "+12065550147", "count": 1, "last": "2026", "source": "x"}`, true)
	f.Add(register, false)
	f.Fuzz(func(t *testing.T, body string, lines bool) {
		name := map[bool]string{true: "r.ndjson", false: "r.yaml"}[lines]
		r, err := LoadReports(fstest.MapFS{name: {Data: []byte(body)}}, name)
		if err != nil {
			return
		}
		for p, e := range r.numbers {
			if e.Count < 1 || e.Expires.IsZero() || e.Source == "" {
				t.Fatalf("%s: %+v", p, e)
			}
			r.Block(p)
		}
	})
}
