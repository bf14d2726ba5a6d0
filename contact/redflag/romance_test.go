package redflag_test

import (
	"strings"
	"testing"
)

// TestPhrasingsOfNeighbours measures the languages with a smaller set of flags:
// French, Spanish, Italian, Portuguese and Dutch. The held wordings were written
// before the compositions and are not fitted to.
func TestPhrasingsOfNeighbours(t *testing.T) {
	cat, fold := engine(t)
	sets := []struct {
		name, path string
		show       bool
		floor      map[string]rateFloor
	}{
		{"cases", "../../data/redflags/cases/%.yaml", *show, neighbourFloors(0.95, 0.02)},
		{"held", "../../data/redflags/cases/%.held.yaml", false, neighbourFloors(0.95, 0.02)},
	}
	for _, lang := range []string{"fr", "es", "it", "pt", "nl"} {
		if *onlyLang != "" && lang != *onlyLang {
			continue
		}
		for _, s := range sets {
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				got := measure(t, cat, fold, strings.Replace(s.path, "%", lang, 1), s.show)
				if *onlyFlag != "" {
					return
				}
				floor := s.floor[lang]
				if got.recall() < floor.recall || got.alarmed() > floor.alarms {
					t.Errorf("recall %.3f (floor %.3f), false alarms %.3f (at most %.3f)", got.recall(), floor.recall, got.alarmed(), floor.alarms)
				}
			})
		}
	}
}

func neighbourFloors(recall, alarms float64) map[string]rateFloor {
	f := rateFloor{recall, alarms}
	return map[string]rateFloor{"fr": f, "es": f, "it": f, "pt": f, "nl": f}
}
