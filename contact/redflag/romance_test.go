package redflag_test

import (
	"strings"
	"testing"

	"bonafide/evidence"
)

// TestPhrasingsOfNeighbours measures the languages with a smaller set of flags:
// French, Spanish, Italian, Portuguese and Dutch. The held wordings were written
// before the compositions and not fitted to, but by the same author: they say
// that nothing broke, not how the flags do on the words of others.
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

// TestOneLexicon: a text whose language is certain is read with one lexicon, with
// and without its accents.
func TestOneLexicon(t *testing.T) {
	cat, fold := engine(t)
	tests := []struct {
		lang, text string
		want       evidence.Code
	}{
		{"fr", "L'accès à votre compte bancaire a été suspendu, confirmez d'urgence l'adresse et les informations de votre carte.", "theme_account_locked"},
		{"fr", "L'acces a votre compte bancaire a ete suspendu, confirmez d'urgence l'adresse et les informations de votre carte.", "theme_account_locked"},
		{"es", "Su cuenta ha sido suspendida temporalmente, haga clic en el enlace para confirmar su identidad antes de mañana.", "link_verify"},
		{"it", "L'accesso all'account della banca è stato sospeso, clicchi sul link e confermi i dati dell'utenza entro 24 ore.", "link_verify"},
		{"pt", "A sua encomenda ficou retida na alfândega, pague a taxa de 2,99 euros para que seja entregue ainda esta semana.", "asks_fee"},
		{"pt", "A sua encomenda ficou retida na alfandega, pague a taxa de 2,99 euros para que seja entregue ainda esta semana.", "asks_fee"},
		{"nl", "Uw betaalpas is om veiligheidsredenen geblokkeerd, klik op de link en bevestig uw gegevens binnen 24 uur.", "link_verify"},
	}
	for _, tt := range tests {
		found := flagsOf(cat, fold, tt.text)
		if _, ok := found[tt.want]; !ok {
			t.Errorf("%q does not raise %s", tt.text, tt.want)
		}
		for code, f := range found {
			if f.Source != "redflags/"+tt.lang {
				t.Errorf("%q: %s was found by %s", tt.text, code, f.Source)
			}
		}
	}
}

func neighbourFloors(recall, alarms float64) map[string]rateFloor {
	f := rateFloor{recall, alarms}
	return map[string]rateFloor{"fr": f, "es": f, "it": f, "pt": f, "nl": f}
}
