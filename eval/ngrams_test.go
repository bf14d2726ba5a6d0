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
	if s := row(t, unseen.Sets, "sms-uci"); s.Number != 2 || s.AtThousandth.Recall.Value != 1 {
		t.Errorf("texts: %+v", s)
	}
	for _, s := range unseen.Sets {
		if s.Channel != "sms" {
			t.Errorf("%s was measured, though it is not SMS", s.Name)
		}
	}
}
