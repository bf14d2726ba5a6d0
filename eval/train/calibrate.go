package train

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"

	"bonafide/contact/verdict"
	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
)

// bins is into how many equal parts contacts are cut, by their sum of evidence,
// before a channel's knots are drawn.
const bins = 24

// kindOf is the kind of channel of a set, as models call it.
var kindOf = map[string]string{"mail": "mail", "sms": "sms", "calls": "call"}

// sum is one contact: its evidence in bits, and what it is.
type sum struct {
	bits  float64
	fraud bool
}

// calibrate measures what share of contacts with a sum of evidence is fraud, on
// the train parts of all sets, with models that had not seen the contact.
func calibrate(ctx context.Context, src Sources, desk *contacts.Desk, all map[string]*Trained) (verdict.Calibration, error) {
	sums := map[string][]sum{}
	for _, s := range src.Corpora.Sets {
		kind := kindOf[s.Channel]
		t := all[kind]
		whole := desk.WithModel(t.Model)
		var parts []*contacts.Desk
		for _, m := range t.Folds {
			parts = append(parts, desk.WithModel(m))
		}
		_, learned := wholeSets[kind][s.Name]
		for c, err := range src.Corpora.Contacts(s, corpus.Query{Part: corpus.Train}) {
			if err != nil {
				return nil, err
			}
			if c.Label == corpus.Spam || len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
				continue
			}
			d := whole
			if learned {
				d = parts[t.partOf(s.Name+" "+c.ID)]
			}
			a, err := d.Check(ctx, asked(kind, c), contacts.Caller{})
			if err != nil {
				return nil, fmt.Errorf("train: check a contact of %s: %w", s.Name, err)
			}
			sums[kind] = append(sums[kind], sum{a.Score, c.Label == corpus.Fraud})
		}
	}
	out := verdict.Calibration{}
	var pooled []sum
	for kind, all := range sums {
		out[kind] = knots(all)
		pooled = append(pooled, all...)
	}
	out[""] = knots(pooled)
	out["chat"], out["voicemail"] = out["sms"], out["call"]
	return out, nil
}

// knots cuts contacts into bins by their sums and pools neighbours until the
// shares of fraud rise (pool adjacent violators; Zadrozny, Elkan 2002).
func knots(all []sum) []verdict.Knot {
	slices.SortFunc(all, func(a, b sum) int {
		switch {
		case a.bits < b.bits:
			return -1
		case a.bits > b.bits:
			return 1
		}
		return one(a.fraud) - one(b.fraud)
	})
	type bin struct{ n, fraud, bits float64 }
	var out []bin
	mean := func(b bin) float64 { return b.bits / b.n }
	share := func(b bin) float64 { return (b.fraud + 0.5) / (b.n + 1) }
	for from := 0; from < len(all); {
		to := min(len(all), from+max(1, len(all)/bins))
		for to < len(all) && all[to].bits == all[to-1].bits { // one sum, one bin
			to++
		}
		var b bin
		for _, s := range all[from:to] {
			b.n++
			b.bits += s.bits
			b.fraud += float64(one(s.fraud))
		}
		out = append(out, b)
		from = to
		for len(out) > 1 && share(out[len(out)-2]) >= share(out[len(out)-1]) {
			a, b := out[len(out)-2], out[len(out)-1]
			out = append(out[:len(out)-2], bin{a.n + b.n, a.fraud + b.fraud, a.bits + b.bits})
		}
	}
	var knots []verdict.Knot
	for _, b := range out {
		knots = append(knots, verdict.Knot{Bits: round(mean(b), 2), P: round(share(b), 4)})
	}
	return knots
}

func round(v float64, digits int) float64 {
	by := 1.0
	for range digits {
		by *= 10
	}
	if v < 0 {
		return -float64(int(-v*by+0.5)) / by
	}
	return float64(int(v*by+0.5)) / by
}

func writeKnots(c verdict.Calibration, name string) error {
	var b strings.Builder
	b.WriteString(`# What probability of fraud a sum of evidence means, by channel (contact/verdict).
# Measured, not set: written by "bonafide train contact --whole" from the train parts
# of the corpora (docs/evaluation.md), with models that had not seen the contact. It
# holds for that mix of fraud and honest contacts, half and half in mails and calls, one
# fraud in six texts: whoever asks about a contact doubts it already.
as_of: "2026-11-22"
source: "train parts of the corpora; data/models/README.md"
channels:
`)
	var names []string
	for n := range c {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(&b, "  %q:\n", n)
		for _, k := range c[n] {
			fmt.Fprintf(&b, "    - {bits: %g, p: %g}\n", k.Bits, k.P)
		}
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
