// Package corpus reads the labelled sets that Bonafide is measured on, as they
// are: archives of raw mails with a list of labels, and compressed JSON lines of
// texts. It streams: nothing is unpacked to disk, and one contact at a time is
// in memory.
//
// It judges nothing and counts nothing, and it never writes: what it reads are
// other people's messages.
//
//	library, err := corpus.Open(os.DirFS("corpora"))
//	for c, err := range library.Contacts(set, corpus.Query{Part: "train", Limit: 300}) { … }
package corpus

import (
	"bytes"
	_ "embed" // the description of the sets
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Label is what a contact truly is.
type Label string

// The labels. Spam is advertising that impersonates nobody: neither catching
// nor missing it is a goal.
const (
	Fraud      Label = "fraud"
	Legitimate Label = "legitimate"
	Spam       Label = "spam"
)

// Parts of a set: Train may be learned from, Test only reported on.
const (
	Train = "train"
	Test  = "test"
)

// Set is one labelled set.
type Set struct {
	// Name is that of the file without part and ending: "sms-uci".
	Name string
	// Channel is what the name begins with: "mail", "sms" or "calls".
	Channel string
	About   About
}

// About describes a set.
type About struct {
	// Origin is "real", "translated", "synthetic", or "" when not known.
	Origin string `yaml:"origin" json:"origin,omitempty"`
	// Goal: catching its fraud is what Bonafide is for.
	Goal bool   `yaml:"goal" json:"goal"`
	What string `yaml:"what" json:"what,omitempty"`
}

// Contact is one labelled contact. Raw is set for mails, Text for the others.
type Contact struct {
	Set   string
	ID    string
	Label Label
	// Class is the set's own finer label, Lang its language if it tells one.
	Class string
	Lang  string
	// Amazon stands in From or subject of a mail, or in a text.
	Amazon bool
	// Checked is what a person found it to be who read it; "" for most.
	Checked Checked
	Raw     []byte
	Text    string
}

// Selector picks contacts of a set.
type Selector struct {
	Set string `yaml:"set"`
	// Amazon true picks only contacts that bear the name.
	Amazon bool `yaml:"amazon"`
	// Class picks only contacts of the set's own class; empty picks all.
	Class string `yaml:"class"`
	// Checked picks only fraud that a person found to be this; legitimate
	// contacts are not concerned.
	Checked Checked `yaml:"checked"`
	// ID picks only contacts whose id begins so.
	ID string `yaml:"id"`
	// Label picks only contacts of a label; empty picks all.
	Label Label `yaml:"label"`
}

// Subset is a part of sets that is reported by itself.
type Subset struct {
	Name string     `yaml:"name"`
	Of   []Selector `yaml:"of"`
	// BothParts: the other part of the sets is measured with it, because one
	// part alone is too small to tell anything.
	BothParts bool `yaml:"both_parts"`
}

// Pair is a comparison of the fraud of some sets with the legitimate contacts
// of others.
type Pair struct {
	Name       string     `yaml:"name"`
	Fraud      []Selector `yaml:"fraud"`
	Legitimate []Selector `yaml:"legitimate"`
	BothParts  bool       `yaml:"both_parts"`
}

// Library is a folder of sets.
type Library struct {
	// Sets are those that are there, by channel (mail, sms, calls) and name.
	Sets []Set
	// Missing names described sets that are not there.
	Missing []string
	Subsets []Subset
	Pairs   []Pair

	fsys    fs.FS
	checked map[string]map[string]checkedLabel
}

//go:embed sets.yaml
var described []byte

// channels in the order in which sets are listed.
var channels = [...]string{"mail", "sms", "calls"}

// Open looks for sets in the root of a folder.
func Open(fsys fs.FS) (*Library, error) {
	var d struct {
		AsOf    string           `yaml:"as_of"`
		Source  string           `yaml:"source"`
		Sets    map[string]About `yaml:"sets"`
		Subsets []Subset         `yaml:"subsets"`
		Pairs   []Pair           `yaml:"pairs"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(described))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("corpus: read sets.yaml: %w", err)
	}
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("corpus: list the folder: %w", err)
	}
	checked, err := shippedChecked()
	if err != nil {
		return nil, err
	}
	l := &Library{Subsets: d.Subsets, Pairs: d.Pairs, fsys: fsys, checked: checked}
	found := map[string]bool{}
	for _, f := range files {
		name, channel, ok := setOf(f.Name())
		if !ok || found[name] {
			continue
		}
		found[name] = true
		about, known := d.Sets[name]
		if !known {
			about.Goal = true
		}
		l.Sets = append(l.Sets, Set{Name: name, Channel: channel, About: about})
	}
	slices.SortFunc(l.Sets, func(a, b Set) int {
		if c := slices.Index(channels[:], a.Channel) - slices.Index(channels[:], b.Channel); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	for name := range d.Sets {
		if !found[name] {
			l.Missing = append(l.Missing, name)
		}
	}
	slices.Sort(l.Missing)
	return l, nil
}

// setOf takes a file name apart; ok is false for files that are no sets.
func setOf(file string) (name, channel string, ok bool) {
	if name, ok = strings.CutSuffix(file, ".tar.gz"); ok {
		short, train := strings.CutSuffix(name, "."+Train)
		short, test := strings.CutSuffix(short, "."+Test)
		return short, "mail", strings.HasPrefix(short, "mail-") && train != test
	}
	if name, ok = strings.CutSuffix(file, ".jsonl.gz"); ok {
		channel, _, ok = strings.Cut(name, "-")
		return name, channel, ok && (channel == "sms" || channel == "calls")
	}
	return "", "", false
}

// Picks reports whether a selector picks a contact.
func (s Selector) Picks(c *Contact) bool {
	return s.Set == c.Set && (!s.Amazon || c.Amazon) && (s.Class == "" || c.Label != Fraud || s.Class == c.Class) &&
		(s.Checked == "" || c.Label != Fraud || s.Checked == c.Checked) && strings.HasPrefix(c.ID, s.ID) && (s.Label == "" || s.Label == c.Label)
}

// Any reports whether one of several selectors picks a contact.
func Any(selectors []Selector, c *Contact) bool {
	return slices.ContainsFunc(selectors, func(s Selector) bool { return s.Picks(c) })
}

// BothParts reports whether a contact belongs to a group that is measured over
// both parts.
func (l *Library) BothParts(c *Contact) bool {
	for _, s := range l.Subsets {
		if s.BothParts && Any(s.Of, c) {
			return true
		}
	}
	for _, p := range l.Pairs {
		if p.BothParts && (Any(p.Fraud, c) || Any(p.Legitimate, c)) {
			return true
		}
	}
	return false
}

// AnyBothParts reports whether a set has contacts of such a group.
func (l *Library) AnyBothParts(set string) bool {
	of := func(s Selector) bool { return s.Set == set }
	return slices.ContainsFunc(l.Subsets, func(s Subset) bool { return s.BothParts && slices.ContainsFunc(s.Of, of) }) ||
		slices.ContainsFunc(l.Pairs, func(p Pair) bool {
			return p.BothParts && (slices.ContainsFunc(p.Fraud, of) || slices.ContainsFunc(p.Legitimate, of))
		})
}
