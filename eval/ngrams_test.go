package eval_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/eval"
	"bonafide/eval/corpus"
)

// TestNGramsLearnFromTrainPartsAlone fits the models of comparison to texts of our
// own and ranks others with them; they are asked for texts alone.
func TestNGramsLearnFromTrainPartsAlone(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for i := range 12 {
		fmt.Fprintf(&b, `{"id":"f%d","label":1,"text":"URGENT! Prize %d waits, call 09055501%02d now","part":"train"}`+"\n", i, 100+i, i)
		fmt.Fprintf(&b, `{"id":"h%d","label":0,"text":"see you at %d then, bring the book","part":"train"}`+"\n", i, i)
	}
	b.WriteString(`{"id":"t1","label":1,"text":"URGENT! Call 0905550199 for a prize","part":"test"}` + "\n")
	b.WriteString(`{"id":"t2","label":0,"text":"bring it when I see you","part":"test"}` + "\n")
	set := zipped(t, b.Bytes())
	l, err := corpus.Open(fstest.MapFS{
		"sms-uci.jsonl.gz": set, "sms-mendeley_minus_uci.jsonl.gz": set,
		"calls-own.jsonl.gz": texts(t, "c legit en Hello, this is the library."),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Measure(context.Background(), scripted{}, l, eval.Options{Part: corpus.Test, Variants: eval.NGrams(l), Bars: true})
	if err != nil {
		t.Fatal(err)
	}
	fitted, unseen := r.Variants[0], r.Variants[1]
	if !strings.Contains(fitted.Missing, "sms-modesim is not there") || unseen.Missing != "" {
		t.Fatalf("missing are %q and %q", fitted.Missing, unseen.Missing)
	}
	if mails := r.Variants[2]; !strings.Contains(mails.Missing, "mail-phishing_pot is not there") {
		t.Errorf("of mails is missing %q", mails.Missing)
	}
	if s := row(t, unseen.Sets, "sms-uci"); s.Number != 2 || s.AtThousandth.Recall.Value != 1 {
		t.Errorf("texts: %+v", s)
	}
	for _, s := range unseen.Sets {
		if s.Channel != "sms" {
			t.Errorf("%s was measured, though it is not SMS", s.Name)
		}
	}
}

// TestNGramsOfMails: mails are learned from by what their readers see, and ranked.
func TestNGramsOfMails(t *testing.T) {
	t.Parallel()
	const head = "Subject: %s\nContent-Type: text/plain\n\n%s\n"
	var fraud, honest []string
	for i := range 12 {
		fraud = append(fraud, fmt.Sprintf("f%d phish "+head, i, "Your account is locked", fmt.Sprintf("Confirm your password within %d hours at the link below.", i+1)))
		honest = append(honest, fmt.Sprintf("h%d ham "+head, i, "Minutes of the meeting", fmt.Sprintf("Attached are the minutes, point %d is open.", i+1)))
	}
	l, err := corpus.Open(fstest.MapFS{
		"mail-phishing_pot.train.tar.gz":     mails(t, fraud...),
		"mail-enron.train.tar.gz":            mails(t, honest[:6]...),
		"mail-spamassassin_ham.train.tar.gz": mails(t, honest[6:]...),
		"mail-phishing_pot.test.tar.gz":      mails(t, fmt.Sprintf("t1 phish "+head, "Locked", "Your password: confirm it at the link below.")),
		"mail-enron.test.tar.gz":             mails(t, fmt.Sprintf("t2 ham "+head, "Meeting", "The minutes are attached.")),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Measure(context.Background(), scripted{}, l, eval.Options{Part: corpus.Test, Variants: eval.NGrams(l)[2:]})
	if err != nil {
		t.Fatal(err)
	}
	v := r.Variants[0]
	if v.Missing != "" || len(v.Channels) == 0 {
		t.Fatalf("%+v", v)
	}
	if c := v.Channels[0]; c.Number != 2 || c.Recall == nil || c.Recall.Value != 1 || c.FalseAlarms.Value != 0 {
		t.Errorf("mails: %+v", c)
	}
}
