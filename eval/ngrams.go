package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"bonafide/contact/mail"
	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
	"bonafide/eval/ngram"
)

// taughtTexts are the sets of SMS of which the models of comparison are taught the
// train parts, as the model that ships is; taughtMails those of mails.
var (
	taughtTexts = []string{"sms-uci", "sms-mendeley_minus_uci", "sms-modesim"}
	taughtMails = []string{"mail-phishing_pot", "mail-spamassassin_ham", "mail-enron"}
)

// NGrams are variants that know nothing of the product: a plain learner fitted to
// the train parts of SMS, with and without modesim, and one fitted to those of mails.
// Each is measured on its channel alone, and none ships (package ngram says why).
func NGrams(library *corpus.Library) []Variant {
	short := func(name string, sets ...string) Variant {
		return Variant{Name: name, Channel: "sms", Make: func(ctx context.Context) (Checker, error) {
			texts, err := taught(ctx, library, sets, func(c *corpus.Contact) string { return c.Text })
			if err != nil {
				return nil, err
			}
			return ranker{ngram.Fit(texts)}, nil
		}}
	}
	return []Variant{short(FittedNGrams, taughtTexts...), short(UnseenNGrams, taughtTexts[:2]...),
		{Name: FittedMails, Channel: "mail", Make: func(ctx context.Context) (Checker, error) {
			texts, err := taught(ctx, library, taughtMails, func(c *corpus.Contact) string { return readable(c.Raw) })
			if err != nil {
				return nil, err
			}
			return ranker{ngram.FitLong(texts)}, nil
		}}}
}

// taught reads what a model of comparison learns from.
func taught(ctx context.Context, library *corpus.Library, sets []string, of func(*corpus.Contact) string) ([]ngram.Text, error) {
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
			if text := of(c); c.Label != corpus.Spam && !seen[text] {
				seen[text] = true
				texts = append(texts, ngram.Text{Text: text, Fraud: c.Label == corpus.Fraud})
			}
		}
	}
	return texts, nil
}

// readable is what the reader of a mail sees of it, subject first. Headers, which tell
// the year and the program, are no part of it.
func readable(raw []byte) string {
	c, err := mail.Read(raw, mail.Options{})
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range c.Parts {
		b.WriteString(p.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// ranker answers with a rank alone; its probability is not calibrated.
type ranker struct{ m *ngram.Model }

func (r ranker) Check(_ context.Context, req contacts.Request, _ contacts.Caller) (*contacts.Answer, error) {
	a := &contacts.Answer{Verdict: "unknown", Judged: true, Channel: req.Channel}
	text := req.Text
	if len(req.Raw) > 0 {
		text = readable(req.Raw)
	}
	score := r.m.Score(text)
	if a.Probability = 1 / (1 + math.Exp(-2*score)); score > 0 {
		a.Verdict = "suspicious"
	}
	return a, nil
}
