package evidence

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Severity ranks red flags as the people of a helpline speak of them.
type Severity string

// The severities. Low never decides, medium adds up, two high ones make a scam
// likely, a critical one may stand alone.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Text is a sentence for people in the languages of the product.
type Text map[string]string

// In returns the sentence in a language, in English where that is missing.
func (t Text) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	return t["en"]
}

// Weight is what the table says of one code.
type Weight struct {
	Group string   `yaml:"group"`
	Kind  Kind     `yaml:"kind"`
	Bits  float64  `yaml:"bits"`
	Goals []string `yaml:"goals"`
	// Source is where the knowledge behind the code is from.
	Source []string `yaml:"source"`
	Title  Text     `yaml:"title"`
	Text   Text     `yaml:"text"`
	// Why says what such a finding means for the reader; may be missing.
	Why Text `yaml:"why"`
	// Category, Severity, StandsAlone, KeepsAlone are set for red flags.
	// StandsAlone: with an unsolicited contact this one is enough. KeepsAlone:
	// even when the person started the contact.
	Category    string   `yaml:"category"`
	Severity    Severity `yaml:"severity"`
	StandsAlone bool     `yaml:"stands_alone"`
	KeepsAlone  bool     `yaml:"keeps_alone"`
}

// Cap bounds what one group may add to the sum, in bits.
type Cap struct {
	For     float64 `yaml:"for"`
	Against float64 `yaml:"against"`
}

// Model is the group of evidence that models of whole texts give.
const Model = "model"

// Table holds the weights of all codes. It does not change after LoadTable and
// may be used by many goroutines.
type Table struct {
	codes  map[Code]Weight
	groups map[string]Cap
	// Prior is the log-odds of fraud in bits before anything was looked at, by
	// channel; "" is the default.
	prior map[string]float64
	// priorRead is the same for a contact whose text a model read: where there
	// is evidence of the group "model".
	priorRead map[string]float64
	// Slope scales the summed bits to calibrated log-odds.
	slope float64
	// dilution says how words in long texts count less.
	dilution dilution
}

type dilution struct {
	// Full is the length of a text, by channel, up to which what it says counts
	// whole; Power is how fast it counts less beyond.
	Full  map[string]float64 `yaml:"full"`
	Power float64            `yaml:"power"`
	// Alone is down to which share, by channel, what a text says may still stand
	// alone: a request that suffices does so in a long call too.
	Alone map[string]float64 `yaml:"alone"`
	// Nobody is the same, by channel, for a contact that claims to be nobody
	// whom we know: beyond Short bytes its words count Share at most.
	Nobody map[string]struct {
		Short float64 `yaml:"short"`
		Full  float64 `yaml:"full"`
		Share float64 `yaml:"share"`
	} `yaml:"nobody"`
}

type tableFile struct {
	AsOf    string          `yaml:"as_of"`
	Codes   map[Code]Weight `yaml:"codes"`
	Sources map[string]any  `yaml:"sources"`
	Note    string          `yaml:"note"`
}

type groupsFile struct {
	AsOf   string             `yaml:"as_of"`
	Source string             `yaml:"source"`
	Prior  map[string]float64 `yaml:"prior"`
	// PriorRead: a model that read the whole text knows how ordinary it is.
	PriorRead map[string]float64 `yaml:"prior_read"`
	Slope     float64            `yaml:"slope"`
	Groups    map[string]Cap     `yaml:"groups"`
	// Dilution: in a long text some words of every kind stand by chance.
	Dilution dilution `yaml:"dilution"`
}

// GroupsFile is the file of priors and caps; every other file of the folder
// holds codes.
const GroupsFile = "evidence/groups.yaml"

// LoadTable reads evidence/*.yaml from fsys. It returns an error that names
// file and code when a code stands twice, lacks a sentence in a language, or
// names a group or kind that does not exist.
func LoadTable(fsys fs.FS) (*Table, error) {
	t := &Table{codes: map[Code]Weight{}}
	var g groupsFile
	if err := decode(fsys, GroupsFile, &g); err != nil {
		return nil, err
	}
	t.groups, t.prior, t.priorRead, t.slope = g.Groups, g.Prior, g.PriorRead, g.Slope
	t.dilution = g.Dilution
	if t.slope <= 0 || t.slope > 2 {
		return nil, fmt.Errorf("evidence: %s: slope %g: want above 0, at most 2", GroupsFile, t.slope)
	}
	names, err := fs.Glob(fsys, "evidence/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("evidence: list files: %w", err)
	}
	for _, name := range names {
		if name == GroupsFile {
			continue
		}
		var f tableFile
		if err := decode(fsys, name, &f); err != nil {
			return nil, err
		}
		for code, w := range f.Codes {
			if _, twice := t.codes[code]; twice {
				return nil, fmt.Errorf("evidence: %s: code %s stands in two files: keep one", name, code)
			}
			if err := t.check(w); err != nil {
				return nil, fmt.Errorf("evidence: %s: code %s: %w", name, code, err)
			}
			t.codes[code] = w
		}
	}
	return t, nil
}

func decode(fsys fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("evidence: read %s: %w", name, err)
	}
	return nil
}

func (t *Table) check(w Weight) error {
	if _, ok := t.groups[w.Group]; !ok {
		return fmt.Errorf("group %q is not in %s", w.Group, GroupsFile)
	}
	if w.Kind != Proof && w.Kind != Strong && w.Kind != Weak {
		return fmt.Errorf("kind %q: want proof, strong or weak", w.Kind)
	}
	if math.Abs(w.Bits) > 20 {
		return fmt.Errorf("%g bits: want at most 20", w.Bits)
	}
	for _, lang := range []string{"en", "de", "ja"} {
		if w.Title[lang] == "" || w.Text[lang] == "" {
			return fmt.Errorf("no title or text in %q", lang)
		}
	}
	return nil
}

// Weight returns what the table says of a code.
func (t *Table) Weight(c Code) (Weight, bool) {
	w, ok := t.codes[c]
	return w, ok
}

// Codes returns all codes, sorted.
func (t *Table) Codes() []Code {
	out := make([]Code, 0, len(t.codes))
	for c := range t.codes {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// Dilution returns how much words found in a text of so many bytes count, 0 to
// 1: the longer a text, the more of its words raise a flag by chance. claimed
// tells whether the contact claims to be somebody whom fraudsters imitate;
// words of one that does not say less.
func (t *Table) Dilution(channel string, bytes int, claimed bool) float64 {
	n := float64(bytes)
	if nobody, ok := t.dilution.Nobody[channel]; ok && !claimed {
		if n <= nobody.Short {
			return 1
		}
		return nobody.Share * math.Min(1, nobody.Full/n)
	}
	full, ok := t.dilution.Full[channel]
	if !ok {
		full = t.dilution.Full[""]
	}
	if full <= 0 || n <= full {
		return 1
	}
	return math.Pow(full/n, t.dilution.Power)
}

// MayStandAlone reports whether evidence of which the length of its text left a
// share may decide by itself, as its code says.
func (t *Table) MayStandAlone(channel string, share float64) bool {
	least, ok := t.dilution.Alone[channel]
	if !ok {
		least = t.dilution.Alone[""]
	}
	return share == 0 || share >= least
}

// Weigh gives findings their weights. Of several findings with one code the
// strongest is kept, at its first place. A code that the table does not know
// weighs nothing and is reported in unknown: a mistake of ours, not of the
// contact's. The result is ordered by weight, heaviest first, then by code.
func (t *Table) Weigh(fs []Finding) (es []Evidence, unknown []Code) {
	at := map[Code]int{}
	for _, f := range fs {
		w, ok := t.codes[f.Code]
		if !ok {
			unknown = append(unknown, f.Code)
			continue
		}
		strength := f.Strength
		if strength <= 0 || strength > 1 {
			strength = 1
		}
		e := Evidence{Finding: f, Bits: w.Bits * strength, Kind: w.Kind, Group: w.Group}
		if i, have := at[f.Code]; have {
			if math.Abs(e.Bits) > math.Abs(es[i].Bits) {
				es[i] = e
			}
			continue
		}
		at[f.Code] = len(es)
		es = append(es, e)
	}
	sort.SliceStable(es, func(i, j int) bool {
		a, b := math.Abs(es[i].Bits), math.Abs(es[j].Bits)
		if a != b {
			return a > b
		}
		return es[i].Code < es[j].Code
	})
	return es, unknown
}

// Sum adds evidence up to log-odds of fraud in bits: the prior of the channel
// plus each group's total, bounded by the group's cap on either side.
func (t *Table) Sum(channel string, es []Evidence) float64 {
	prior, ok := t.prior[channel]
	if !ok {
		prior = t.prior[""]
	}
	if read, ok := t.priorRead[channel]; ok && slices.ContainsFunc(es, func(e Evidence) bool { return e.Group == Model }) {
		prior = read
	}
	type total struct{ pro, con float64 }
	sums := map[string]*total{}
	var names []string
	for _, e := range es {
		s := sums[e.Group]
		if s == nil {
			s = &total{}
			sums[e.Group] = s
			names = append(names, e.Group)
		}
		if e.Bits > 0 {
			s.pro += e.Bits
		} else {
			s.con -= e.Bits
		}
	}
	sort.Strings(names) // one order of addition, one result
	bits := prior
	for _, g := range names {
		c := t.groups[g]
		bits += math.Min(sums[g].pro, c.For) - math.Min(sums[g].con, c.Against)
	}
	return bits
}

// Probability turns summed bits into a calibrated probability of fraud between
// 0 and 1.
func (t *Table) Probability(bits float64) float64 {
	return 1 / (1 + math.Exp2(-t.slope*bits))
}

// Fill puts the arguments of a finding into a sentence: "{host}" becomes
// args["host"]. A blank without an argument becomes "…".
func Fill(sentence string, args map[string]string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(sentence, '{')
		if open < 0 {
			b.WriteString(sentence)
			return b.String()
		}
		end := strings.IndexByte(sentence[open:], '}')
		if end < 0 {
			b.WriteString(sentence)
			return b.String()
		}
		b.WriteString(sentence[:open])
		if v, ok := args[sentence[open+1:open+end]]; ok && v != "" {
			b.WriteString(v)
		} else {
			b.WriteString("…")
		}
		sentence = sentence[open+end+1:]
	}
}
