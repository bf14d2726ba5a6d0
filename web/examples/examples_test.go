package examples_test

import (
	"testing"
	"testing/fstest"

	"bonafide/data"
	"bonafide/web/examples"
)

// Each language has examples to try, whole ones; a file that is none is told.
func TestLoad(t *testing.T) {
	all, err := examples.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "de", "ja"} {
		if len(all[lang]) == 0 {
			t.Errorf("%s has none", lang)
		}
		for _, e := range all[lang] {
			if e.Title == "" || e.Channel == "" || e.Text == "" && e.Words == "" {
				t.Errorf("%s: %+v is not whole", lang, e)
			}
		}
	}
	for name, fsys := range map[string]fstest.MapFS{"no file": {}, "no YAML": {"demo/examples.yaml": {Data: []byte("\t")}}} {
		if _, err := examples.Load(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
