package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	reporting "bonafide/casework/report"
	"bonafide/contact/fingerprint"
	"bonafide/desk/contacts"
)

// Bounds of what is grouped and shown.
const (
	maxGrouped = 200_000
	maxGroups  = 20
	maxShared  = 5
)

// grouping gathers fingerprints while many contacts are checked.
type grouping struct {
	names    []string
	verdicts []string
	members  []fingerprint.Member
	// shown names each contact point for people, once.
	shown map[fingerprint.Mark]contacts.ContactPoint
	// left counts contacts beyond the bound.
	left int
}

// add keeps what grouping needs of an answer: no text of the contact.
func (g *grouping) add(name string, a *contacts.Answer) {
	if a.Fingerprint == nil {
		return
	}
	if len(g.members) == maxGrouped {
		g.left++
		return
	}
	sig, err := fingerprint.Parse(a.Fingerprint.Signature)
	if err != nil {
		return
	}
	if g.shown == nil {
		g.shown = map[fingerprint.Mark]contacts.ContactPoint{}
	}
	for i, m := range sig.Points() {
		if _, known := g.shown[m]; !known && i < len(a.Fingerprint.Points) {
			g.shown[m] = a.Fingerprint.Points[i]
		}
	}
	g.names = append(g.names, name)
	g.verdicts = append(g.verdicts, a.Verdict)
	g.members = append(g.members, fingerprint.Member{Signature: sig, Doubted: a.Verdict == "scam" || a.Verdict == "suspicious"})
}

// campaign is a group of contacts, in JSON.
type campaign struct {
	Size     int            `json:"size"`
	Verdicts map[string]int `json:"verdicts"`
	// Words is how much of their words the contacts share with the first one,
	// on average.
	Words  float64                 `json:"words"`
	Shared []contacts.ContactPoint `json:"shared"`
	Inputs []string                `json:"inputs"`
}

// campaigns groups what was gathered, the largest first.
func (g *grouping) campaigns(rules *fingerprint.Rules) []campaign {
	var out []campaign
	for _, group := range rules.Group(g.members) {
		c := campaign{Size: len(group), Verdicts: map[string]int{}, Shared: []contacts.ContactPoint{}}
		first := &g.members[group[0]]
		count := map[fingerprint.Mark]int{}
		for k, i := range group {
			c.Inputs = append(c.Inputs, g.names[i])
			c.Verdicts[g.verdicts[i]]++
			for _, m := range g.members[i].Signature.Points() {
				count[m]++
			}
			if k > 0 {
				c.Words += rules.Match(first, &g.members[i]).Words / float64(len(group)-1)
			}
		}
		var marks []fingerprint.Mark
		for m, n := range count {
			if n > 1 {
				marks = append(marks, m)
			}
		}
		slices.SortFunc(marks, func(a, b fingerprint.Mark) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
		for _, m := range marks[:min(len(marks), maxShared)] {
			c.Shared = append(c.Shared, g.shown[m])
		}
		out = append(out, c)
	}
	return out
}

// print writes the groups for people, below the summary.
func (g *grouping) print(w io.Writer, cs []campaign) {
	if len(cs) > 0 {
		fmt.Fprintf(w, "\nGroups of one campaign each, by words and where they lead: %d\n", len(cs))
	}
	for _, c := range cs[:min(len(cs), maxGroups)] {
		fmt.Fprintf(w, "%6d  such as %s (%s)\n", c.Size, c.Inputs[0], counted(c.Verdicts))
		var shared []string
		for _, p := range c.Shared {
			shown := p.Shown
			if p.Kind == fingerprint.Site.String() || p.Kind == fingerprint.Page.String() {
				shown = reporting.Defang(shown)
			}
			shared = append(shared, p.Kind+" "+shown)
		}
		shared = append(shared, fmt.Sprintf("%.0f %% of their words", 100*c.Words))
		fmt.Fprintf(w, "        share %s\n", strings.Join(shared, ", "))
	}
	if n := len(cs) - maxGroups; n > 0 {
		fmt.Fprintf(w, "        and %d smaller groups: --json lists all\n", n)
	}
	if g.left > 0 {
		fmt.Fprintf(w, "        %d contacts beyond the first %d were not grouped\n", g.left, maxGrouped)
	}
}

// counted writes counts in the order of their words: "2 scam 1 unknown".
func counted(count map[string]int) string {
	var words []string
	for v := range count {
		words = append(words, v)
	}
	slices.Sort(words)
	for i, v := range words {
		words[i] = fmt.Sprintf("%d %s", count[v], v)
	}
	return strings.Join(words, " ")
}
