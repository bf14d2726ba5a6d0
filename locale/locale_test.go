package locale_test

import (
	"os"
	"strings"
	"testing"

	"bonafide/locale"
)

func TestLanguagesAreComplete(t *testing.T) {
	texts, err := locale.Load(os.DirFS("../data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range texts.Keys() {
		en := strings.Count(texts.Get("en", key), "{")
		for _, lang := range texts.Languages() {
			if n := strings.Count(texts.Get(lang, key), "{"); n != en {
				t.Errorf("%s: %s has %d blanks, English has %d", key, lang, n, en)
			}
		}
	}
}

func TestPick(t *testing.T) {
	texts, err := locale.Load(os.DirFS("../data"))
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{
		"de-AT,de;q=0.9,en;q=0.5": "de", "ja": "ja", "fr-FR,fr;q=0.9": "en", "": "en", "fr;q=0.9,de;q=0.8": "de", ";;;": "en",
		strings.Repeat("x", 4000): "en",
	} {
		if got := texts.Pick(accept, "en"); got != want {
			t.Errorf("Pick(%.30q) = %s, want %s", accept, got, want)
		}
	}
}
