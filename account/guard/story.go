package guard

import (
	"slices"
	"strings"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
)

// Chapter is one step of the story of a takeover, as a person reads it.
type Chapter struct {
	// Step is the id in the policy, Title its text.
	Step, Title string
	Score       int64
	// Ago is how long before the event it was first seen; zero for the event itself.
	Ago time.Duration
	Now bool
}

// Story is the takeover as one story: what was found, in the order in which it
// happened, and how far it came.
type Story struct {
	Chapters []Chapter
	// Share is how much of the score that blocks was reached, 0 to 1.
	Share float64
}

// Tell returns the story of the decision in a language, the oldest step first.
func (d *Decision) Tell(p *policy.Policy, lang string) Story {
	var s Story
	for _, g := range d.Result.Story {
		if g.Step >= len(p.Steps) {
			continue
		}
		st := &p.Steps[g.Step]
		s.Chapters = append(s.Chapters, Chapter{Step: st.ID, Title: st.Title.In(lang), Score: g.Score, Ago: g.Since, Now: g.Now})
	}
	slices.SortStableFunc(s.Chapters, func(a, b Chapter) int { return int(min(max(b.Ago-a.Ago, -1), 1)) })
	if top := p.Mark(policy.Block); top > 0 {
		s.Share = min(float64(d.Score)/float64(top), 1)
	}
	return s
}

// Explain returns what an analyst reads: the reasons of this event.
func (d *Decision) Explain(p *policy.Policy, e *event.Event, lang string) string {
	return strings.Join(p.Reasons(&d.Result, e, lang), "; ")
}

// Orders are what the shop is asked to do for a while, the longest of each.
func (d *Decision) Orders(p *policy.Policy) []policy.ShopAction {
	var out []policy.ShopAction
	for _, h := range d.Hits {
		if h.Rule >= len(p.Rules) {
			continue
		}
		for _, s := range p.Rules[h.Rule].Shop {
			i := slices.IndexFunc(out, func(o policy.ShopAction) bool { return o.Do == s.Do })
			if i < 0 {
				out = append(out, s)
			} else {
				out[i].For = max(out[i].For, s.For)
			}
		}
	}
	return out
}
