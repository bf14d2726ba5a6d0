package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
	"bonafide/eval/ngram"
)

// taughtTexts are the sets of SMS of which the models of comparison are taught the
// train parts, as the model that ships is.
var taughtTexts = []string{"sms-uci", "sms-mendeley_minus_uci", "sms-modesim"}

// NGrams are variants that know nothing of the product: a plain learner fitted to
// the train parts of SMS, with and without modesim. They are measured on SMS alone
// and never ship (package ngram says why).
func NGrams(library *corpus.Library) []Variant {
	variant := func(name string, sets ...string) Variant {
		return Variant{Name: name, Channel: "sms", Make: func(ctx context.Context) (Checker, error) { return fitNGrams(ctx, library, sets) }}
	}
	return []Variant{variant(FittedNGrams, taughtTexts...), variant(UnseenNGrams, taughtTexts[:2]...)}
}

func fitNGrams(ctx context.Context, library *corpus.Library, sets []string) (Checker, error) {
	var texts []ngram.Text
	seen := map[string]bool{}
	for _, name := range sets {
		i := slices.IndexFunc(library.Sets, func(s corpus.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("eval: fit n-grams: the set %s is not there; give the folder of the corpora with --data", name)
		}
		for c, err := range library.Contacts(library.Sets[i], corpus.Query{Part: corpus.Train}) {
			if err != nil {
				return nil, fmt.Errorf("eval: fit n-grams: %w", err)
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if c.Label != corpus.Spam && !seen[c.Text] {
				seen[c.Text] = true
				texts = append(texts, ngram.Text{Text: c.Text, Fraud: c.Label == corpus.Fraud})
			}
		}
	}
	return ranker{ngram.Fit(texts)}, nil
}

// ranker answers with a rank alone; its probability is not calibrated.
type ranker struct{ m *ngram.Model }

func (r ranker) Check(_ context.Context, req contacts.Request, _ contacts.Caller) (*contacts.Answer, error) {
	a := &contacts.Answer{Verdict: "unknown", Judged: true, Channel: req.Channel}
	score := r.m.Score(req.Text)
	if a.Probability = 1 / (1 + math.Exp(-2*score)); score > 0 {
		a.Verdict = "suspicious"
	}
	return a, nil
}
