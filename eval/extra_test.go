package eval_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"bonafide/contact/mailauth"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval"
	"bonafide/eval/corpus"
	"bonafide/eval/simulate"
)

func TestBoundedFalseAlarms(t *testing.T) {
	r := measure(t, eval.Options{})
	calls := row(t, r.Channels, "calls")
	// The highest legitimate value is 0.9: only the fraud of 0.95 lies above.
	if l := calls.AtHundredth; l == nil || l.Allowed != 0 || l.Recall.Hits != 1 || l.Recall.Of != 6 {
		t.Errorf("recall at 1 %% is %+v", l)
	}
	if calls.Calibration == nil || calls.Calibration.Count != 8 {
		t.Errorf("calibration is %+v", calls.Calibration)
	}
	if ftc := row(t, r.Sets, "calls-robocall_ftc"); ftc.AtHundredth != nil || ftc.Calibration != nil {
		t.Error("a set without legitimate contacts has a threshold")
	}
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "no error at all") {
		t.Error("the report does not say that the rate means no error at all")
	}
}

func TestWorst(t *testing.T) {
	r := measure(t, eval.Options{})
	var got []string
	for _, m := range r.Worst {
		got = append(got, m.ID)
	}
	// By distance from the truth; failed checks of fraud count as 0.
	if s := strings.Join(got, " "); s != "e f d h c i" {
		t.Errorf("worst are %s", s)
	}
}

func TestVariants(t *testing.T) {
	r := measure(t, eval.Options{Variants: []eval.Variant{{Name: "half", Desk: scripted{}}, {Name: "none", Missing: "not shipped"}}})
	if len(r.Variants) != 2 || row(t, r.Variants[0].Channels, "calls").Number != 10 || r.Variants[1].Channels != nil {
		t.Fatalf("variants are %+v", r.Variants)
	}
	var b bytes.Buffer
	if err := r.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "| half | calls |") || !strings.Contains(b.String(), "not measured: not shipped") {
		t.Errorf("the table of variants lacks something:\n%s", b.String())
	}
}

func TestPicturesStandBesideThePage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "evaluation.md")
	if err := os.WriteFile(page, []byte("<!-- table -->\n<!-- /table -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := measure(t, eval.Options{}).WriteInto(page); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(page)
	if !bytes.Contains(text, []byte("(images/reliability-calls.svg)")) || bytes.Contains(text, []byte("reliability-sms")) {
		t.Errorf("the page shows other diagrams than those that there are:\n%s", text)
	}
	if svg, err := os.ReadFile(filepath.Join(filepath.Dir(page), "images", "reliability-calls.svg")); err != nil || !bytes.HasPrefix(svg, []byte("<svg")) {
		t.Errorf("no diagram: %v", err)
	}
}

// TestFullReport runs disguises, orders, both parts and bars with the real desk
// on contacts of our own, under the names of real sets.
func TestFullReport(t *testing.T) {
	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	genuine := "x.eml ham From: Shop <post@shop.example>\r\nTo: a@example.net\r\nSubject: Order\r\n\r\nYour order 302-1234567-1234567 was sent today.\r\n"
	l, err := corpus.Open(fstest.MapFS{
		"sms-uci.jsonl.gz": texts(t,
			"a fraud en Amazon: your account is locked. Confirm your password at http://amazon-verify.example now.",
			"b legit en Running ten minutes late, see you at the cafe."),
		"mail-shop_legit.test.tar.gz":  mails(t, genuine),
		"mail-shop_legit.train.tar.gz": mails(t, strings.Replace(genuine, "x.eml", "y.eml", 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	keyed := func() (eval.Checker, error) {
		keys, err := eval.NewKeys()
		if err != nil {
			return nil, err
		}
		return contacts.New(contacts.Config{Data: data.FS, Now: time.Now, Resolver: func() mailauth.Resolver { asked++; return keys }})
	}
	r, err := eval.Measure(context.Background(), desk, l, eval.Options{Part: corpus.Test, Bars: true, Timed: keyed, Obfuscate: simulate.Kinds(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// The other part is not timed; SMS have no names to look up.
	if mail := row(t, r.Sets, "mail-shop_legit"); mail.Timed == nil || mail.Timed.Contacts != 1 || asked != 1 {
		t.Errorf("timed mails: %+v, a resolver asked for %d times", mail.Timed, asked)
	}
	if b := r.Bars[8]; !strings.HasPrefix(b.Reached, "mails") || !strings.Contains(b.Reached, "SMS") {
		t.Errorf("bar 9: %+v", b)
	}
	if s := row(t, r.Subsets, "genuine shop and courier mails, both parts"); s.Number != 2 || !s.BothParts || s.FalseAlarms.Hits != 0 {
		t.Errorf("both parts: %+v", s)
	}
	if s := row(t, r.Channels, "mail"); s.Number != 1 {
		t.Errorf("the other part counts for its channel: %+v", s)
	}
	if len(r.Orders) != 1 || r.Orders[0].Number != 2 || r.Orders[0].Shown.Hits != 2 || r.Orders[0].After.Hits != 0 {
		t.Errorf("orders: %+v", r.Orders)
	}
	kinds := map[string]bool{}
	for _, d := range r.Disguises {
		kinds[d.Kind] = true
		if d.Loss.Of != 1 || d.Loss.Before.Hits != 1 {
			t.Errorf("disguise %+v", d)
		}
	}
	if !kinds["l33t"] || kinds["qr-only"] {
		t.Errorf("disguises of a text are %v", kinds)
	}
	if len(r.Bars) != 13 {
		t.Fatalf("%d bars", len(r.Bars))
	}
	if b := r.Bars[0]; b.Met == nil || !*b.Met || !strings.HasPrefix(b.Reached, "0 of 2") {
		t.Errorf("bar 1: %+v", b)
	}
	if b := r.Bars[10]; b.Met != nil || b.Reached != "" || !strings.Contains(b.Command, "Vectors") {
		t.Errorf("bar 11, which this command does not measure: %+v", b)
	}
	var page bytes.Buffer
	if err := r.WriteMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### Bars", "rspamd", "### Disguised copies", "### With the person's orders"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestNamesOfBars: groups that bars rest on exist in the description of the
// sets; a typing error would silently leave a bar unmeasured.
func TestNamesOfBars(t *testing.T) {
	l, err := corpus.Open(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range l.Subsets {
		names[s.Name] = true
	}
	for _, p := range l.Pairs {
		names[p.Name] = true
	}
	for _, n := range eval.NamesOfBars() {
		if !names[n] {
			t.Errorf("no group %q in corpus/sets.yaml", n)
		}
	}
}
