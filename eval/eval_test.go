package eval_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval"
	"bonafide/eval/corpus"
)

// scripted is a desk that answers by what stands in the contact: "verdict
// probability" as its last two words.
type scripted struct{}

func (scripted) Check(_ context.Context, req contacts.Request, _ contacts.Caller) (*contacts.Answer, error) {
	words := strings.Fields(req.Text + string(req.Raw))
	a := &contacts.Answer{Verdict: words[len(words)-2], Rules: []string{"sum"}}
	if a.Verdict == "panic" {
		panic("private words")
	}
	if a.Verdict == "error" {
		return nil, errors.New("private words")
	}
	if _, err := fmt.Sscan(words[len(words)-1], &a.Probability); err != nil {
		return nil, err
	}
	a.Marked = []contacts.MarkedPart{{Name: "body", Runs: []contacts.Run{{Text: req.Text + string(req.Raw)}}}}
	a.Evidence = []contacts.Line{{Code: "code_heavy", Bits: 4, Text: "private words"}, {Code: "code_light", Bits: 1}, {Code: "code_heavy", Bits: 0.5}, {Code: "code_against", Bits: -2}}
	return a, nil
}

func zipped(t *testing.T, content []byte) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

// texts makes a set from lines of "id label lang words…".
func texts(t *testing.T, lines ...string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	for _, l := range lines {
		f := strings.SplitN(l, " ", 4)
		raw, err := json.Marshal(map[string]any{"id": f[0], "label": map[string]int{"fraud": 1}[f[1]], "lang": f[2], "text": f[3], "part": "test", "amazon": f[0] == "a"})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(raw, '\n'))
	}
	return zipped(t, b.Bytes())
}

// mails makes an archive from lines of "path label words…".
func mails(t *testing.T, lines ...string) *fstest.MapFile {
	t.Helper()
	var b, labels bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(name, content string) {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range lines {
		f := append(strings.SplitN(l, " ", 3), "")
		fmt.Fprintf(&labels, `{"path":%q,"label":%q,"amazon_from":"0","amazon_subject":"0","amazon_body":"0"}`+"\n", f[0], f[1])
		put(f[0], f[2])
	}
	put("labels.jsonl", labels.String())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(t, b.Bytes())
}

func folder(t *testing.T) fstest.MapFS {
	return fstest.MapFS{
		"calls-robocall_ftc.jsonl.gz": texts(t,
			"a fraud en private words scam 0.95", "b fraud en private words suspicious 0.7", "c fraud en private words unknown 0.2",
			"d fraud en private words genuine 0.02", "e fraud en private words panic 0", "f fraud en private words error 0"),
		"calls-bothbosu_multi.jsonl.gz": texts(t,
			"g legit en private words unknown 0.1", "h legit en private words scam 0.9", "i legit en private words suspicious 0.6", "j legit ? private words unknown 0.1"),
		"mail-spamassassin_spam.test.tar.gz": mails(t, "1 spam private words scam 0.9", "2 spam private words unknown 0.1", "3 spam"),
	}
}

func measure(t *testing.T, o eval.Options) *eval.Report {
	t.Helper()
	l, err := corpus.Open(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	o.Part, o.Day = corpus.Test, "2026-11-22"
	r, err := eval.Measure(context.Background(), scripted{}, l, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func row(t *testing.T, rows []eval.Row, name string) eval.Row {
	t.Helper()
	for _, r := range rows {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no row %q", name)
	return eval.Row{}
}

func TestRows(t *testing.T) {
	r := measure(t, eval.Options{})
	ftc := row(t, r.Sets, "calls-robocall_ftc")
	if ftc.Number != 6 || ftc.Recall.Hits != 2 || ftc.Recall.Of != 6 || ftc.Cleared.Hits != 1 || ftc.FalseAlarms != nil || ftc.Area != nil {
		t.Errorf("robocalls: %+v", ftc)
	}
	if c := ftc.Confusion["fraud"]; c["scam"] != 1 || c["unknown"] != 1 || c["genuine"] != 1 || c["failed"] != 2 {
		t.Errorf("confusion is %v", ftc.Confusion)
	}
	if own := row(t, r.Sets, "calls-bothbosu_multi"); own.Recall != nil || own.FalseAlarms.Hits != 2 || own.FalseAlarms.Of != 4 {
		t.Errorf("legitimate calls: %+v", own)
	}
	spam := row(t, r.Sets, "mail-spamassassin_spam")
	if spam.Goal || spam.Recall != nil || spam.SpamCalled.Hits != 1 || spam.SpamCalled.Of != 2 || spam.Empty != 1 || spam.Number != 2 {
		t.Errorf("spam: %+v", spam)
	}
	calls := row(t, r.Channels, "calls")
	if calls.Recall.Hits != 2 || calls.FalseAlarms.Hits != 2 || calls.Area == nil || calls.Area.Positives != 6 {
		t.Errorf("calls: %+v", calls)
	}
	if real := row(t, r.Channels, "calls, real sets alone"); real.Number != 6 || real.FalseAlarms != nil {
		t.Errorf("real calls: %+v", real)
	}
	for _, c := range r.Channels {
		if c.Channel == "mail" {
			t.Errorf("a set that is no goal counts for its channel: %+v", c)
		}
	}
	if amazon := row(t, r.Subsets, "robocalls that pose as Amazon"); amazon.Number != 1 || amazon.Recall.Hits != 1 {
		t.Errorf("subset: %+v", amazon)
	}
}

func TestPairsAndCalibration(t *testing.T) {
	r := measure(t, eval.Options{})
	if len(r.Pairs) != 1 || r.Pairs[0].Area.Positives != 6 || r.Pairs[0].Area.Negatives != 4 {
		t.Fatalf("pairs are %+v", r.Pairs)
	}
	// Failed checks have probability 0: of 24 pairs 4+3+2 are won; none tied.
	if got := r.Pairs[0].Area.Value; got != 9.0/24 {
		t.Errorf("area is %v, want %v", got, 9.0/24)
	}
	if c := r.Calibration["calls"]; c.Count != 8 {
		t.Errorf("calibration takes %d calls, want the 8 that were answered", c.Count)
	}
}

func TestLanguages(t *testing.T) {
	r := measure(t, eval.Options{Language: func(s string) (string, float64) {
		if !strings.Contains(s, "private") {
			t.Errorf("the language is asked of %q", s)
		}
		return "de", 0.9
	}})
	if de := row(t, r.Languages, "calls de"); de.Number != 1 || de.Detected != 1 {
		t.Errorf("German: %+v", de)
	}
	if en := row(t, r.Languages, "calls en"); en.Number != 9 || en.Detected != 0 {
		t.Errorf("English: %+v", en)
	}
	unsure := measure(t, eval.Options{Language: func(string) (string, float64) { return "de", 0.2 }})
	row(t, unsure.Languages, "calls not told")
}

func TestMistakes(t *testing.T) {
	r := measure(t, eval.Options{Errors: 1})
	var got []string
	for _, m := range r.Mistakes {
		got = append(got, m.Kind+" "+m.ID)
	}
	if s := strings.Join(got, ", "); s != "false_alarm h, failed e, cleared d, missed c" {
		t.Errorf("errors are %s", s)
	}
	if c := r.Mistakes[0].Codes; len(c) != 4 || c[0] != "code_heavy +4.0" || c[3] != "code_against -2.0" {
		t.Errorf("codes are %v", c)
	}
	for _, c := range r.Codes {
		want := eval.CodeCount{}
		switch c.Set + " " + c.Code {
		case "calls-bothbosu_multi code_heavy":
			want = eval.CodeCount{Legitimate: 4, FalseAlarms: 2, Heaviest: 2}
		case "calls-bothbosu_multi code_light":
			want = eval.CodeCount{Legitimate: 4, FalseAlarms: 2}
		case "calls-robocall_ftc code_heavy", "calls-robocall_ftc code_light":
			want = eval.CodeCount{Fraud: 4}
		case "mail-spamassassin_spam code_heavy", "mail-spamassassin_spam code_light":
		default:
			t.Errorf("unexpected count %+v", c)
		}
		want.Set, want.Code = c.Set, c.Code
		if c != want {
			t.Errorf("count is %+v, want %+v", c, want)
		}
	}
}

// TestNoText: no way of writing holds a word of a contact, of an error or of a
// sentence about it.
func TestNoText(t *testing.T) {
	r := measure(t, eval.Options{Errors: 10})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":     func(b *bytes.Buffer) error { return r.WriteText(b) },
		"markdown": func(b *bytes.Buffer) error { return r.WriteMarkdown(b) },
		"json":     func(b *bytes.Buffer) error { return r.WriteJSON(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if b.Len() < 1000 || strings.Contains(b.String(), "private") {
			t.Errorf("%s (%d bytes) is short or holds text of a contact", name, b.Len())
		}
		if name != "json" && !strings.Contains(b.String(), "Not measured, because not in the folder: calls-bothbosu_single, ") {
			t.Errorf("%s does not tell which sets are missing", name)
		}
	}
}

// TestRepeats: whichever worker is first, the report is the same but for times.
func TestRepeats(t *testing.T) {
	plain := func() string {
		r := measure(t, eval.Options{Errors: 10})
		r.Speed, r.PeakMemory = eval.Speed{}, 0
		for i := range r.Sets {
			r.Sets[i].Speed = nil
		}
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first := plain()
	for range 5 {
		if again := plain(); again != first {
			t.Fatalf("two runs differ:\n%s\n%s", first, again)
		}
	}
}

func TestChoice(t *testing.T) {
	r := measure(t, eval.Options{Sets: []string{"calls-robocall_ftc", "sms-uci"}})
	if len(r.Sets) != 1 || strings.Join(r.Missing, " ") != "sms-uci" {
		t.Errorf("measured %d sets, missing %v", len(r.Sets), r.Missing)
	}
	l, _ := corpus.Open(folder(t))
	if _, err := eval.Measure(context.Background(), scripted{}, l, eval.Options{Part: corpus.Test, Sets: []string{"sms-typo"}}); err == nil || !strings.Contains(err.Error(), "calls-bothbosu_multi") {
		t.Errorf("a set that does not exist gives %v: want the list of sets", err)
	}
	none, _ := corpus.Open(fstest.MapFS{})
	if _, err := eval.Measure(context.Background(), scripted{}, none, eval.Options{Part: corpus.Test}); err == nil {
		t.Error("an empty folder is measured")
	}
}

func TestEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	l, _ := corpus.Open(folder(t))
	if _, err := eval.Measure(ctx, scripted{}, l, eval.Options{Part: corpus.Test}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled measurement gives %v", err)
	}
}

func TestWriteInto(t *testing.T) {
	r := measure(t, eval.Options{})
	path := filepath.Join(t.TempDir(), "evaluation.md")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# Before\n\n<!-- table -->\nstale words\n<!-- /table -->\n\nAfter\n")
	var first string
	for range 2 { // a second run replaces the first
		if err := r.WriteInto(path); err != nil {
			t.Fatal(err)
		}
		raw, _ := os.ReadFile(path)
		got := string(raw)
		if first != "" && got != first {
			t.Errorf("a second run does not replace the first:\n%s", got)
		}
		first = got
		if !strings.HasPrefix(got, "# Before\n\n<!-- table -->\n") || !strings.HasSuffix(got, "\n<!-- /table -->\n\nAfter\n") || strings.Contains(got, "stale") {
			t.Errorf("page is\n%s", got)
		}
	}
	write("# No block\n")
	if err := r.WriteInto(path); err == nil {
		t.Error("a page without the block is written to")
	}
}

// TestWithTheShippedDesk runs the real desk over a few contacts of our own.
func TestWithTheShippedDesk(t *testing.T) {
	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	l, err := corpus.Open(fstest.MapFS{
		"sms-own.jsonl.gz": texts(t,
			"a fraud en Amazon: your account is locked. Confirm your card at http://amazon-verify.example now.",
			"b legit en Running ten minutes late, see you at the cafe."),
		"mail-own.test.tar.gz": mails(t, "m.eml ham From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: Sunday\r\n\r\nShall we walk to the lake?\r\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Measure(context.Background(), desk, l, eval.Options{Part: corpus.Test, Errors: 5})
	if err != nil {
		t.Fatal(err)
	}
	if s := row(t, r.Sets, "sms-own"); s.Recall.Hits != 1 || s.FalseAlarms.Hits != 0 {
		t.Errorf("texts: %+v, errors %+v", s.Confusion, r.Mistakes)
	}
	if s := row(t, r.Sets, "mail-own"); s.Number != 1 || s.FalseAlarms.Hits != 0 || s.Confusion["legitimate"]["failed"] != 0 {
		t.Errorf("mails: %+v, errors %+v", s.Confusion, r.Mistakes)
	}
}
