package corpus_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/eval/corpus"
)

func zipped(t *testing.T, content string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

// archive makes an archive of names and contents, in that order.
func archive(t *testing.T, files ...[2]string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Typeflag: tar.TypeReg, Size: int64(len(f[1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(t, b.String())
}

const texts = `{"id":"a","label":1,"cls":"smishing","text":"Pay here","lang":"en","part":"train","amazon":true}
{"id":"b","label":0,"cls":"ham","text":"See you","lang":"?","part":"test","amazon":false}

{"id":"c","label":0,"cls":"ham","text":"Hallo","lang":"de","part":"train","amazon":false}
`

func folder(t *testing.T) fstest.MapFS {
	return fstest.MapFS{
		"README.md":            {Data: []byte("words")},
		"further-part.enc":     {Data: []byte{1, 2}},
		"sms-uci.jsonl.gz":     zipped(t, texts),
		"calls-own.jsonl.gz":   zipped(t, texts),
		"other-own.jsonl.gz":   zipped(t, texts),
		"mail-whole.tar.gz":    archive(t),
		"mail-own.test.tar.gz": archive(t, [2]string{"labels.jsonl", ""}),
		"mail-own.train.tar.gz": archive(t,
			[2]string{"x/1.eml", "From: one\r\n\r\n"}, [2]string{"2.eml", "From: two\r\n\r\n"}, [2]string{"3.eml", "Subject: three\r\n\r\n"},
			[2]string{"labels.jsonl", `{"path":"x/1.eml","label":"phish","amazon_from":"0","amazon_subject":"1","amazon_body":"0"}
{"path":"2.eml","label":"ham","amazon_from":"0","amazon_subject":"0","amazon_body":"1"}
{"path":"3.eml","label":"spam","amazon_from":"0","amazon_subject":"0","amazon_body":"0"}
`}),
	}
}

func set(t *testing.T, l *corpus.Library, name string) corpus.Set {
	t.Helper()
	i := slices.IndexFunc(l.Sets, func(s corpus.Set) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no set %s among %v", name, l.Sets)
	}
	return l.Sets[i]
}

func read(t *testing.T, l *corpus.Library, name string, q corpus.Query) []corpus.Contact {
	t.Helper()
	var out []corpus.Contact
	for c, err := range l.Contacts(set(t, l, name), q) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, *c)
	}
	return out
}

func TestOpen(t *testing.T) {
	l, err := corpus.Open(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range l.Sets {
		names = append(names, s.Channel+" "+s.Name)
	}
	if got := strings.Join(names, ", "); got != "mail mail-own, sms sms-uci, calls calls-own" {
		t.Errorf("sets are %s", got)
	}
	if slices.Contains(l.Missing, "sms-uci") || !slices.Contains(l.Missing, "mail-enron") || !slices.IsSorted(l.Missing) {
		t.Errorf("missing are %v", l.Missing)
	}
	if a := set(t, l, "sms-uci").About; a.Origin != "real" || !a.Goal {
		t.Errorf("sms-uci is described as %+v", a)
	}
	if a := set(t, l, "mail-own").About; a.Origin != "" || !a.Goal {
		t.Errorf("a set nobody described is %+v", a)
	}
	if len(l.Pairs) == 0 || len(l.Subsets) == 0 {
		t.Error("no pairs or subsets are described")
	}
}

func TestTexts(t *testing.T) {
	l, _ := corpus.Open(folder(t))
	got := read(t, l, "sms-uci", corpus.Query{Part: corpus.Train})
	if len(got) != 2 || got[0].ID != "a" || got[0].Label != corpus.Fraud || !got[0].Amazon || got[0].Text != "Pay here" ||
		got[0].Class != "smishing" || got[1].Label != corpus.Legitimate || got[1].Lang != "de" {
		t.Errorf("train part is %+v", got)
	}
	if got := read(t, l, "sms-uci", corpus.Query{Part: corpus.Test}); len(got) != 1 || got[0].ID != "b" || got[0].Lang != "" {
		t.Errorf("test part is %+v", got)
	}
}

func TestMails(t *testing.T) {
	l, _ := corpus.Open(folder(t))
	got := read(t, l, "mail-own", corpus.Query{Part: corpus.Train})
	var lines []string
	for _, c := range got {
		lines = append(lines, c.ID+" "+string(c.Label))
	}
	if s := strings.Join(lines, ", "); s != "x/1.eml fraud, 2.eml legitimate, 3.eml spam" {
		t.Fatalf("mails are %s", s)
	}
	if string(got[1].Raw) != "From: two\r\n\r\n" || !got[0].Amazon || got[1].Amazon {
		t.Errorf("mails are %+v", got)
	}
	if got := read(t, l, "mail-own", corpus.Query{Part: corpus.Test}); len(got) != 0 {
		t.Errorf("the empty part has %d mails", len(got))
	}
}

func TestAbsentPartIsEmpty(t *testing.T) {
	f := folder(t)
	delete(f, "mail-own.test.tar.gz")
	l, _ := corpus.Open(f)
	if got := read(t, l, "mail-own", corpus.Query{Part: corpus.Test}); len(got) != 0 {
		t.Errorf("a part that is not there has %d mails", len(got))
	}
}

// TestSample: the sample has the size asked for, repeats, depends on the seed,
// keeps the order of the file, and a larger one contains a smaller one.
func TestSample(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		b.WriteString(`{"id":"` + string(rune('a'+i%26)) + strings.Repeat("x", i) + `","label":0,"part":"train","text":"t"}` + "\n")
	}
	l, _ := corpus.Open(fstest.MapFS{"sms-uci.jsonl.gz": zipped(t, b.String())})
	ids := func(limit int, seed uint64) (out []string) {
		for _, c := range read(t, l, "sms-uci", corpus.Query{Part: corpus.Train, Limit: limit, Seed: seed}) {
			out = append(out, c.ID)
		}
		return out
	}
	a, again, other, more := ids(20, 1), ids(20, 1), ids(20, 2), ids(40, 1)
	if len(a) != 20 || !slices.Equal(a, again) || slices.Equal(a, other) || len(more) != 40 {
		t.Errorf("samples of %d, %d, %d, %d; repeats: %v", len(a), len(again), len(other), len(more), slices.Equal(a, again))
	}
	if !slices.IsSortedFunc(a, func(x, y string) int { return len(x) - len(y) }) {
		t.Error("a sample is not in the order of the file")
	}
	for _, id := range a {
		if !slices.Contains(more, id) {
			t.Errorf("a larger sample lacks one of the smaller")
		}
	}
	if got := ids(500, 1); len(got) != 200 {
		t.Errorf("a limit above the size gives %d", len(got))
	}
}

func TestStopEarly(t *testing.T) {
	l, _ := corpus.Open(folder(t))
	for _, name := range []string{"sms-uci", "mail-own"} {
		n := 0
		for _, err := range l.Contacts(set(t, l, name), corpus.Query{Part: corpus.Train}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			break
		}
		if n != 1 {
			t.Errorf("%s: %d contacts", name, n)
		}
	}
}

func TestBroken(t *testing.T) {
	label := `{"path":"1.eml","label":"ham"}`
	for name, c := range map[string]struct {
		file string
		data *fstest.MapFile
		want string
	}{
		"no gzip":            {"sms-uci.jsonl.gz", &fstest.MapFile{Data: []byte("plain text that nobody compressed")}, "gzip"},
		"cut gzip":           {"sms-uci.jsonl.gz", &fstest.MapFile{Data: zipped(t, texts).Data[:40]}, "unexpected EOF"},
		"no JSON":            {"sms-uci.jsonl.gz", zipped(t, "secret words\n"), "line 1"},
		"no label":           {"sms-uci.jsonl.gz", zipped(t, `{"id":"a","part":"train"}`), "label 0 or 1"},
		"label 2":            {"sms-uci.jsonl.gz", zipped(t, `{"id":"a","label":2,"part":"train"}`), "label 0 or 1"},
		"no list":            {"mail-own.train.tar.gz", archive(t, [2]string{"1.eml", "x"}), "no labels.jsonl"},
		"unlabelled mail":    {"mail-own.train.tar.gz", archive(t, [2]string{"1.eml", "x"}, [2]string{"2.eml", "x"}, [2]string{"labels.jsonl", label}), "2.eml has no line"},
		"mail not there":     {"mail-own.train.tar.gz", archive(t, [2]string{"labels.jsonl", label}), "1 of 1 labelled"},
		"listed twice":       {"mail-own.train.tar.gz", archive(t, [2]string{"1.eml", "x"}, [2]string{"labels.jsonl", label + "\n" + label}), "twice"},
		"word of its own":    {"mail-own.train.tar.gz", archive(t, [2]string{"1.eml", "x"}, [2]string{"labels.jsonl", `{"path":"1.eml","label":"odd"}`}), "phish, ham or spam"},
		"no archive in gzip": {"mail-own.train.tar.gz", zipped(t, strings.Repeat("x", 2000)), "tar"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := corpus.Open(fstest.MapFS{c.file: c.data})
			if err != nil {
				t.Fatal(err)
			}
			var last error
			for _, err := range l.Contacts(l.Sets[0], corpus.Query{Part: corpus.Train}) {
				last = err
			}
			if last == nil || !strings.Contains(last.Error(), c.want) || !strings.Contains(last.Error(), c.file) {
				t.Errorf("error is %v: want one with %q and the file", last, c.want)
			}
			if last != nil && strings.Contains(last.Error(), "secret") {
				t.Error("the error holds text of a contact")
			}
		})
	}
}

func TestUnknownPart(t *testing.T) {
	l, _ := corpus.Open(folder(t))
	for _, err := range l.Contacts(l.Sets[0], corpus.Query{Part: "further"}) {
		if err == nil {
			t.Fatal("a part that does not exist is read")
		}
	}
}

func TestSelector(t *testing.T) {
	smish := &corpus.Contact{Set: "s", Label: corpus.Fraud, Class: "smishing"}
	spam := &corpus.Contact{Set: "s", Label: corpus.Fraud, Class: "spam", Amazon: true}
	ham := &corpus.Contact{Set: "s", Label: corpus.Legitimate, Class: "ham"}
	for _, c := range []struct {
		s    corpus.Selector
		want [3]bool
	}{
		{corpus.Selector{Set: "s"}, [3]bool{true, true, true}},
		{corpus.Selector{Set: "r"}, [3]bool{}},
		{corpus.Selector{Set: "s", Class: "smishing"}, [3]bool{true, false, true}},
		{corpus.Selector{Set: "s", Amazon: true}, [3]bool{false, true, false}},
	} {
		got := [3]bool{c.s.Picks(smish), c.s.Picks(spam), c.s.Picks(ham)}
		if got != c.want {
			t.Errorf("%+v picks %v, want %v", c.s, got, c.want)
		}
	}
}

// TestDescriptionsName sets that can exist: a typing error in sets.yaml would
// silently drop a comparison.
func TestDescriptionsNameSets(t *testing.T) {
	l, err := corpus.Open(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, ss []corpus.Selector) {
		for _, s := range ss {
			if !slices.Contains(l.Missing, s.Set) {
				t.Errorf("%s names the set %q, which is not described", what, s.Set)
			}
		}
	}
	for _, s := range l.Subsets {
		check(s.Name, s.Of)
	}
	for _, p := range l.Pairs {
		check(p.Name, p.Fraud)
		check(p.Name, p.Legitimate)
	}
}

// TestSharedCorpora reads the first contacts of every real set beside the
// project, where they are there.
func TestSharedCorpora(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped: the labelled corpora are not beside this project (shared/corpora); tiny archives above test the reading")
	}
	l, err := corpus.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range l.Sets {
		if s.Name == "mail-phishing_pot" {
			continue // large; the other archives have the same form
		}
		n := 0
		for c, err := range l.Contacts(s, corpus.Query{Part: corpus.Train, Limit: 5, Seed: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			if c.ID == "" || c.Set != s.Name || c.Label == "" {
				t.Errorf("%s: %q lacks an id or label", s.Name, c.ID)
			}
			n++
		}
		if n != 5 {
			t.Errorf("%s: %d contacts, want 5", s.Name, n)
		}
	}
}
