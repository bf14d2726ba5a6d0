package eval

import (
	"context"
	"slices"
	"strings"

	"bonafide/eval/corpus"
	"bonafide/eval/score"
	"bonafide/eval/simulate"
	"bonafide/fault"
)

// disguises checks copies of all fraud in mails and texts. Calls are left out:
// nobody speaks in look-alike letters.
func (m measurer) disguises(ctx context.Context, t *tally) error {
	if len(m.opt.Obfuscate) == 0 {
		return nil
	}
	maker, err := simulate.New()
	if err != nil {
		return fault.New(fault.Internal, "", "%s", err.Error())
	}
	caught, lang := map[[2]string]bool{}, map[[2]string]string{}
	for i := range t.all {
		r := &t.all[i]
		key := [2]string{r.contact.Set, r.contact.ID}
		caught[key], lang[key] = r.alarmed(), r.lang
	}
	groups := map[[2]string]*score.Pairs{}
	count := func(kind simulate.Kind, group string, first, second bool) {
		key := [2]string{string(kind), group}
		if groups[key] == nil {
			groups[key] = &score.Pairs{}
		}
		groups[key].Add(first, second)
	}
	for _, s := range m.sets {
		if !s.About.Goal || s.Channel == "calls" {
			continue
		}
		fraud := func(c *corpus.Contact) bool { return c.Label == corpus.Fraud }
		answers, err := checkSet(ctx, m.library, s, m.query(m.opt.Part), fraud, func(c *corpus.Contact) []copied {
			return m.copies(ctx, maker, s, c, lang[[2]string{s.Name, c.ID}])
		})
		if err != nil {
			return err
		}
		for _, cs := range answers {
			for _, c := range cs {
				first := caught[[2]string{s.Name, c.id}]
				count(c.kind, s.Channel, first, c.alarmed)
				count(c.kind, s.Name, first, c.alarmed)
				if c.checked == corpus.Impersonation {
					count(c.kind, "impersonates Amazon, hand-checked", first, c.alarmed)
				}
			}
		}
	}
	for _, k := range m.opt.Obfuscate {
		for _, g := range sortedGroups(groups) {
			if p, ok := groups[[2]string{string(k), g}]; ok {
				t.report.Disguises = append(t.report.Disguises, Disguise{Kind: string(k), Group: g, Loss: score.NewLoss(*p), Escaped: share(p.First, p.Both+p.First)})
			}
		}
	}
	return nil
}

// copied is what was said of one copy.
type copied struct {
	id      string
	kind    simulate.Kind
	checked corpus.Checked
	alarmed bool
}

// copies makes and checks the copies of one contact.
func (m measurer) copies(ctx context.Context, maker *simulate.Maker, s corpus.Set, c *corpus.Contact, lang string) (out []copied) {
	if len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
		return nil
	}
	for _, k := range m.opt.Obfuscate {
		o, ok := maker.Copy(k, simulate.Original{ID: c.ID, Lang: lang, Raw: c.Raw, Text: c.Text}, m.opt.Seed)
		if !ok {
			continue
		}
		disguised := *c
		disguised.Raw, disguised.Text = o.Raw, o.Text
		r := m.checkOne(ctx, s, &disguised)
		out = append(out, copied{c.ID, k, c.Checked, r.alarmed()})
	}
	return out
}

// sortedGroups lists channels first, then the rest by name.
func sortedGroups(groups map[[2]string]*score.Pairs) []string {
	var out []string
	for key := range groups {
		if !slices.Contains(out, key[1]) {
			out = append(out, key[1])
		}
	}
	rank := func(g string) int {
		if i := slices.Index(channels[:], g); i >= 0 {
			return i
		}
		return len(channels)
	}
	slices.SortFunc(out, func(a, b string) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return out
}
