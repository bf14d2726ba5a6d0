// Package playbook tells what to do now, by what has already happened: steps
// merged from all situations that were ticked, the most urgent first, with the
// branches that country, role, data given and the state of a payment make.
//
// It is pure knowledge: steps and branches are data with source and date. It
// does not know receivers (casework/report) nor a brand's menus; a step only
// names the kind of receiver or the menu, and a desk joins them.
//
//	plan := book.Plan(playbook.Situation{Done: []string{"installed_remote"}, Country: "GB"})
package playbook

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/evidence"
)

// Urgency is how soon a step must be done.
type Urgency string

// The urgencies, most urgent first.
const (
	Now   Urgency = "now"
	Hour  Urgency = "hour"
	Today Urgency = "today"
	Week  Urgency = "week"
	Watch Urgency = "watch"
)

// rank orders urgencies; unknown ones come last.
func (u Urgency) rank() int {
	return slices.Index([]Urgency{Now, Hour, Today, Week, Watch}, u)
}

// Situation is what is known of the person and of what happened. Zero values
// mean not known.
type Situation struct {
	// Done are ids of playbooks; Gave kinds of data that were given.
	Done, Gave []string
	// Settled: the card charge has been settled. Nil: not known.
	Settled *bool
	// Running: orders are still being placed, or not known to have stopped.
	Running bool
	// Ongoing: the person is on the phone now.
	Ongoing bool
	// Shop: the contact names a shop, a brand or an order.
	Shop bool
	// Country (ISO 3166-1), Region (ISO 3166-2 or a name), Role (buyer, seller,
	// business), Channel and Outcome of the contact that was checked.
	Country, Region, Role, Channel, Outcome string
	// Codes of the evidence found.
	Codes []string
	// At is the time for which knowledge must be valid; zero: no bound.
	At time.Time

	elsewhere bool // see Elsewhere
}

// Step is one thing to do.
type Step struct {
	Code    string
	Urgency Urgency
	// Who does it: self, helper, or the role or kind of a receiver.
	Who []string
	// HaveReady are ids of ready fields or plain words.
	HaveReady []string
	Text      evidence.Text
	// Details are sub-steps, in order.
	Details map[string][]string
	// Menu names a menu path of the shop that the step is done in.
	Menu string
	// Kinds are kinds of receivers beside those that Who names.
	Kinds []string
	Note  evidence.Text
	AsOf  string
	// Unconfirmed: shown with a mark.
	Unconfirmed bool
	Source      []string
}

// Playbook is one situation with its steps.
type Playbook struct {
	ID        string        `yaml:"id"`
	Title     evidence.Text `yaml:"title"`
	Situation evidence.Text `yaml:"situation"`
	Note      string        `yaml:"note"`
	Steps     []Entry       `yaml:"steps"`
}

// Entry is a step of a playbook with its urgency.
type Entry struct {
	Step    string  `yaml:"step"`
	Urgency Urgency `yaml:"urgency"`
}

// Field is one thing to have at hand when calling.
type Field struct {
	ID    string        `yaml:"id"`
	Text  evidence.Text `yaml:"text"`
	Where evidence.Text `yaml:"where"`
	// Keep false: have it at hand, but do not write it down here.
	Keep   bool     `yaml:"keep"`
	Source []string `yaml:"source"`
}

// stepFile is a step as it stands in the data.
type stepFile struct {
	Who         []string            `yaml:"who"`
	HaveReady   []string            `yaml:"have_ready"`
	Text        evidence.Text       `yaml:"text"`
	Details     map[string][]string `yaml:"details"`
	Menu        string              `yaml:"menu"`
	Kinds       []string            `yaml:"kinds"`
	Note        evidence.Text       `yaml:"note"`
	AsOf        string              `yaml:"as_of"`
	Unconfirmed bool                `yaml:"unconfirmed"`
	Source      []string            `yaml:"source"`
	// Variants replace text, details, note and date where they fit.
	Variants []variant `yaml:"variants"`
}

type variant struct {
	When        condition           `yaml:"when"`
	From        string              `yaml:"from"`
	Until       string              `yaml:"until"`
	Text        evidence.Text       `yaml:"text"`
	Details     map[string][]string `yaml:"details"`
	Note        evidence.Text       `yaml:"note"`
	AsOf        string              `yaml:"as_of"`
	Unconfirmed bool                `yaml:"unconfirmed"`
	Source      []string            `yaml:"source"`
}

// condition holds when every field that is given fits.
type condition struct {
	Done    []string `yaml:"done"`
	Gave    []string `yaml:"gave"`
	Country []string `yaml:"country"`
	Role    []string `yaml:"role"`
	Channel []string `yaml:"channel"`
	Outcome []string `yaml:"outcome"`
	Codes   []string `yaml:"codes"`
	Settled *bool    `yaml:"settled"`
	Running *bool    `yaml:"running"`
	Ongoing *bool    `yaml:"ongoing"`
	// Nothing: nothing has been done or given.
	Nothing *bool `yaml:"nothing"`
	// Elsewhere: no shop is in play.
	Elsewhere *bool `yaml:"elsewhere"`
}

// branch changes a plan where its condition holds.
type branch struct {
	When    condition `yaml:"when"`
	Add     []Entry   `yaml:"add"`
	Drop    []string  `yaml:"drop"`
	Move    string    `yaml:"move"`
	Before  string    `yaml:"before"`
	Urgency Urgency   `yaml:"urgency"`
	Why     string    `yaml:"why"`
	Source  []string  `yaml:"source"`
}

type urgencyFile struct {
	Within string        `yaml:"within"`
	Label  evidence.Text `yaml:"label"`
}

type file struct {
	AsOf      string                  `yaml:"as_of"`
	Urgency   map[Urgency]urgencyFile `yaml:"urgency"`
	Rules     []string                `yaml:"rules"`
	Ready     []Field                 `yaml:"ready"`
	Steps     map[string]stepFile     `yaml:"steps"`
	Playbooks []Playbook              `yaml:"playbooks"`
	Branches  []branch                `yaml:"branches"`
	Gave      []GaveKind              `yaml:"gave"`
	CallBack  []CallBack              `yaml:"call_back"`
	// ShopCodes are evidence of which a shop is in play though none is named.
	ShopCodes []string `yaml:"shop_codes"`
	// OtherCodes are evidence of which none is in play unless one is named.
	OtherCodes []string `yaml:"other_codes"`
	// ReadyWords says in all languages what steps name in plain English words.
	ReadyWords map[string]evidence.Text `yaml:"ready_words"`
	Sources    map[string]any           `yaml:"sources"`
}

// GaveKind is a kind of data that a person may have given away.
type GaveKind struct {
	ID   string        `yaml:"id"`
	Text evidence.Text `yaml:"text"`
}

// CallBack is one line of the procedure by which to reach the real shop or
// bank.
type CallBack struct {
	Code string        `yaml:"code"`
	When condition     `yaml:"when"`
	Text evidence.Text `yaml:"text"`
}

// Book is all playbooks. It does not change after Load and may be used by many
// goroutines.
type Book struct{ f file }

// Load reads playbooks/*.yaml and checks that every step that is named exists
// and has its text in all languages.
func Load(fsys fs.FS) (*Book, error) {
	names, err := fs.Glob(fsys, "playbooks/*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("playbook: find files under playbooks/: none found (%v)", err)
	}
	b := &Book{f: file{Urgency: map[Urgency]urgencyFile{}, Steps: map[string]stepFile{}, ReadyWords: map[string]evidence.Text{}}}
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("playbook: %w", err)
		}
		var f file
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		if err := dec.Decode(&f); err != nil {
			return nil, fmt.Errorf("playbook: read %s: %w", name, err)
		}
		if err := b.merge(f); err != nil {
			return nil, fmt.Errorf("playbook: %s: %w", name, err)
		}
	}
	return b, b.check()
}

func (b *Book) merge(f file) error {
	for k, v := range f.Urgency {
		b.f.Urgency[k] = v
	}
	for k, v := range f.Steps {
		if _, twice := b.f.Steps[k]; twice {
			return fmt.Errorf("step %s stands twice", k)
		}
		b.f.Steps[k] = v
	}
	for k, v := range f.ReadyWords {
		b.f.ReadyWords[k] = v
	}
	b.f.Ready = append(b.f.Ready, f.Ready...)
	b.f.Playbooks = append(b.f.Playbooks, f.Playbooks...)
	b.f.Branches = append(b.f.Branches, f.Branches...)
	b.f.Gave = append(b.f.Gave, f.Gave...)
	b.f.CallBack = append(b.f.CallBack, f.CallBack...)
	b.f.ShopCodes = append(b.f.ShopCodes, f.ShopCodes...)
	b.f.OtherCodes = append(b.f.OtherCodes, f.OtherCodes...)
	return nil
}

func (b *Book) check() error {
	for code, s := range b.f.Steps {
		for _, word := range s.HaveReady {
			if b.ReadyText(word, "ja") == word {
				return fmt.Errorf("playbook: step %s: %q is neither a ready field nor among ready_words", code, word)
			}
		}
		for _, lang := range []string{"en", "de", "ja"} {
			if s.Text[lang] == "" {
				return fmt.Errorf("playbook: step %s has no text in %q", code, lang)
			}
		}
		for _, v := range s.Variants {
			for _, day := range []string{v.From, v.Until} {
				if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
					return fmt.Errorf("playbook: step %s: date %q: want YYYY-MM-DD", code, day)
				}
			}
		}
	}
	entries := func(where string, es []Entry) error {
		for _, e := range es {
			if _, ok := b.f.Steps[e.Step]; !ok || e.Urgency.rank() < 0 {
				return fmt.Errorf("playbook: %s: step %q with urgency %q does not exist", where, e.Step, e.Urgency)
			}
		}
		return nil
	}
	for _, p := range b.f.Playbooks {
		if err := entries(p.ID, p.Steps); err != nil {
			return err
		}
	}
	for i, br := range b.f.Branches {
		if err := entries(fmt.Sprintf("branch %d", i+1), br.Add); err != nil {
			return err
		}
		for _, s := range append(slices.Clone(br.Drop), br.Move, br.Before) {
			if _, ok := b.f.Steps[s]; s != "" && !ok {
				return fmt.Errorf("playbook: branch %d: no step %q", i+1, s)
			}
		}
	}
	return nil
}

// Playbooks lists all playbooks in the order in which people are asked.
func (b *Book) Playbooks() []Playbook { return slices.Clone(b.f.Playbooks) }

// Has reports whether a playbook of that id exists.
func (b *Book) Has(id string) bool {
	return slices.ContainsFunc(b.f.Playbooks, func(p Playbook) bool { return p.ID == id })
}

// Gave lists the kinds of data that a person may have given away.
func (b *Book) Gave() []GaveKind { return slices.Clone(b.f.Gave) }

// Ready lists what to have at hand when calling.
func (b *Book) Ready() []Field { return slices.Clone(b.f.Ready) }

// ReadyText returns in a language what a step says to have ready: the text of a
// ready field, or of a word.
func (b *Book) ReadyText(id, lang string) string {
	for _, f := range b.f.Ready {
		if f.ID == id {
			return f.Text.In(lang)
		}
	}
	if t, ok := b.f.ReadyWords[id]; ok {
		return t.In(lang)
	}
	return id
}

// Label returns an urgency in words, with its longest time.
func (b *Book) Label(u Urgency, lang string) string { return b.f.Urgency[u].Label.In(lang) }
