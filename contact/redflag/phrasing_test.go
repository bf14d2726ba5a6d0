package redflag_test

import (
	"flag"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
	"bonafide/evidence"
)

var (
	show     = flag.Bool("show", false, "print every miss and every false alarm of the phrasing test")
	onlyLang = flag.String("lang", "", "phrasing test: only this language")
	onlyFlag = flag.String("flag", "", "phrasing test: only this flag")
)

// phrasings is a file of wordings: per flag what must raise it and what must
// not.
type phrasings struct {
	AsOf  string                  `yaml:"as_of"`
	Flags map[string]flagWordings `yaml:"flags"`
}

type flagWordings struct {
	Hit  []string `yaml:"hit"`
	Miss []string `yaml:"miss"`
}

// wordings reads a file: YAML, or lines as in training/redflags ("# flag",
// "+ raises it", "- must not").
func wordings(t *testing.T, path string) (p phrasings) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".yaml") {
		if err := yaml.Unmarshal(raw, &p); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return p
	}
	p.Flags = map[string]flagWordings{}
	flag := ""
	for _, l := range strings.Split(string(raw), "\n") {
		f := p.Flags[flag]
		switch said, ok := strings.CutPrefix(l, "+ "); {
		case strings.HasPrefix(l, "# "):
			flag = l[2:]
			continue
		case ok:
			f.Hit = append(f.Hit, said)
		case strings.HasPrefix(l, "- "):
			f.Miss = append(f.Miss, l[2:])
		default:
			continue
		}
		p.Flags[flag] = f
	}
	return p
}

type rate struct{ hits, positives, alarms, negatives int }

func (r *rate) add(o rate) {
	r.hits += o.hits
	r.positives += o.positives
	r.alarms += o.alarms
	r.negatives += o.negatives
}

func (r rate) recall() float64  { return float64(r.hits) / float64(max(r.positives, 1)) }
func (r rate) alarmed() float64 { return float64(r.alarms) / float64(max(r.negatives, 1)) }

func engine(t testing.TB) (*redflag.Catalogue, *text.Folding) {
	t.Helper()
	fsys := os.DirFS("../../data")
	cat, err := redflag.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := text.LoadFolding(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return cat, fold
}

func flagsOf(cat *redflag.Catalogue, fold *text.Folding, s string) map[evidence.Code]evidence.Finding {
	r := text.Read(contact.Part{Name: "body", Text: s}, fold)
	out := map[evidence.Code]evidence.Finding{}
	for _, f := range cat.Find([]*text.Reading{r}, contact.Unknown) {
		out[f.Code] = f
	}
	return out
}

func measure(t *testing.T, cat *redflag.Catalogue, fold *text.Folding, path string, print bool) (total rate) {
	t.Helper()
	p := wordings(t, path)
	var names []string
	for f := range p.Flags {
		names = append(names, f)
	}
	sort.Strings(names)
	for _, f := range names {
		if *onlyFlag != "" && f != *onlyFlag {
			continue
		}
		var r rate
		for _, s := range p.Flags[f].Hit {
			r.positives++
			if _, ok := flagsOf(cat, fold, s)[evidence.Code(f)]; ok {
				r.hits++
			} else if print {
				t.Logf("missed %s: %s", f, s)
			}
		}
		for _, s := range p.Flags[f].Miss {
			r.negatives++
			if got, ok := flagsOf(cat, fold, s)[evidence.Code(f)]; ok {
				r.alarms++
				if print {
					t.Logf("FALSE ALARM %s: %s  [%s]", f, s, got.Where.Quote)
				}
			}
		}
		if print && (r.hits < r.positives || r.alarms > 0) {
			t.Logf("%-28s recall %d/%d, false alarms %d/%d", f, r.hits, r.positives, r.alarms, r.negatives)
		}
		total.hits += r.hits
		total.positives += r.positives
		total.alarms += r.alarms
		total.negatives += r.negatives
	}
	t.Logf("%s: recall %d/%d = %.3f, false alarms %d/%d = %.3f", filepath.Base(path),
		total.hits, total.positives, total.recall(), total.alarms, total.negatives, total.alarmed())
	return total
}

// bar is what the red flags are to reach on wordings that nobody who wrote them
// has seen: the share raised at least, and of legitimate look-alikes at most.
const barRecall, barAlarms = 0.80, 0.02

// TestPhrasings measures each language on the wordings that ship with it
// (cases, to which the compositions were fitted and from which the models
// learned) and on wordings by other authors that were kept closed: "unseen",
// whose totals were looked at while the compositions were written, and "closed",
// written later and looked at only in total. It fails when a language falls
// below its floor, or on the closed wordings and all closed ones together below
// the bar; docs/evaluation.md has the table.
func TestPhrasings(t *testing.T) {
	cat, fold := engine(t)
	sets := []struct {
		name, path string
		show       bool
		floor      map[string]rateFloor
	}{
		{"cases", "../../data/redflags/cases/%.yaml", *show, floors(0.95, 0.03)},
		{"dev", "../../data/redflags/cases/%.dev.yaml", *show, floors(0.90, 0.04)},
		{"held", "../../data/redflags/cases/%.held.yaml", *show, floors(0.87, 0.04)},
		{"more", "../../data/redflags/cases/%.more.yaml", *show, floors(0.94, 0.03)},
		{"own", "../../data/redflags/cases/%.own.yaml", *show, floors(0.90, 0.03)},
		{"unseen", "testdata/unseen/%.yaml", false, unseenFloors()},
		{"closed", "testdata/closed/%.txt", false, floors(barRecall, barAlarms)},
	}
	for _, lang := range []string{"en", "de", "ja"} {
		if *onlyLang != "" && lang != *onlyLang {
			continue
		}
		var together rate
		for _, s := range sets {
			if s.name == "own" && lang == "de" {
				continue // the German writer kept no set of their own
			}
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				got := measure(t, cat, fold, strings.Replace(s.path, "%", lang, 1), s.show)
				if *onlyFlag != "" {
					return
				}
				floor := s.floor[lang]
				if got.recall() < floor.recall || got.alarmed() > floor.alarms {
					t.Errorf("recall %.3f (floor %.3f), false alarms %.3f (at most %.3f)", got.recall(), floor.recall, got.alarmed(), floor.alarms)
				}
				if s.name == "unseen" || s.name == "closed" {
					together.add(got)
				}
				if s.name == "unseen" && (got.recall() < barRecall || got.alarmed() > barAlarms) {
					t.Logf("the bar of %.2f and %.2f is not met on this set alone", barRecall, barAlarms)
				}
			})
		}
		t.Logf("%s: both closed sets together: recall %.3f, false alarms %.3f", lang, together.recall(), together.alarmed())
		if *onlyFlag == "" && together.positives > 0 && (together.recall() < barRecall || together.alarmed() > barAlarms) {
			t.Errorf("%s: the bar of %.2f and %.2f is not met", lang, barRecall, barAlarms)
		}
	}
}

type rateFloor struct{ recall, alarms float64 }

func floors(recall, alarms float64) map[string]rateFloor {
	f := rateFloor{recall, alarms}
	return map[string]rateFloor{"en": f, "de": f, "ja": f}
}

// unseenFloors are the rates on unseen wordings when they were last measured,
// less a point or two.
func unseenFloors() map[string]rateFloor {
	return map[string]rateFloor{"en": {0.79, 0.03}, "de": {0.83, 0.02}, "ja": {0.74, 0.03}}
}
