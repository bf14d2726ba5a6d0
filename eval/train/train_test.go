package train_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/contact/redflag"
	"bonafide/contact/textmodel"
	"bonafide/data"
	"bonafide/eval/corpus"
	"bonafide/eval/train"
	"bonafide/evidence"
)

func sources(texts fstest.MapFS) train.Sources {
	return train.Sources{Texts: texts, Data: data.FS, Corpora: &corpus.Library{}}
}

func TestLines(t *testing.T) {
	src := sources(fstest.MapFS{
		"redflags/ja.x.txt": {Data: []byte("# asks_password\n+ パスワードを教えて || urgency_deadline, secrecy\n\n- パスワードは聞きません\n")},
		"redflags/de.x.txt": {Data: []byte("# asks_password\n+ nicht unsere Sprache\n")},
	})
	got, err := train.Lines(src, "ja")
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Text != "パスワードを教えて" || !got[0].Does || got[0].Flag != "asks_password" || got[0].Author != "x" || strings.Join(got[0].Also, " ") != "urgency_deadline secrecy" {
		t.Errorf("first line: %+v", got[0])
	}
	if got[1].Does || got[1].Text != "パスワードは聞きません" {
		t.Errorf("second line: %+v", got[1])
	}
	if len(got) < 3 || got[2].Author != "cases" {
		t.Error("the cases that ship are missing")
	}
}

func TestLinesRefuse(t *testing.T) {
	for name, raw := range map[string]string{
		"no sign": "# asks_password\nwithout a sign\n",
		"no flag": "+ before any flag\n",
	} {
		if _, err := train.Lines(sources(fstest.MapFS{"redflags/en.x.txt": {Data: []byte(raw)}}), "en"); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: error %v, want one that names the line", name, err)
		}
	}
}

func TestFlagsRefuse(t *testing.T) {
	_, err := train.Flags(sources(fstest.MapFS{"redflags/ja.x.txt": {Data: []byte("# no_such_flag\n+ text\n")}}), "ja")
	if err == nil || !strings.Contains(err.Error(), "no_such_flag") {
		t.Errorf("error %v, want one that names the flag", err)
	}
	if _, err := train.Flags(sources(nil), "en"); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("error %v, want one that says what to give", err)
	}
	if _, err := train.Flags(sources(nil), "xx"); err == nil {
		t.Error("a language without red flags was trained")
	}
}

// TestShippedModels: every file can be read, knows every flag of its language
// that has compositions, and all together are small.
func TestShippedModels(t *testing.T) {
	cat, err := redflag.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, lang := range []string{"en", "de", "ja"} {
		raw, err := data.FS.ReadFile(redflag.ModelFile(lang))
		if err != nil {
			t.Fatal(err)
		}
		total += len(raw)
		m, err := textmodel.Read(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Flags {
			if !slices.Contains(cat.Flags(lang), evidence.Code(f)) {
				t.Errorf("%s: the model knows the flag %s, the compositions do not", lang, f)
			}
		}
		if len(m.Flags) < 43 {
			t.Errorf("%s: the model knows %d flags", lang, len(m.Flags))
		}
	}
	if total > 4<<20 {
		t.Errorf("the models are %d bytes together, at most 4 MiB", total)
	}
}
