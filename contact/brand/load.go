package brand

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"bonafide/contact/text"
	"bonafide/evidence"
	"bonafide/ident"
)

// Files of data/brands that are not profiles.
const (
	sourcesFile = "sources.yaml"
	factsFile   = "facts.yaml"
	claimsFile  = "claims.yaml"
	hostsFile   = "hosts.yaml"
	mailFile    = "mail.yaml"
	howFile     = "how.yaml"
)

type header struct {
	AsOf   Date   `yaml:"as_of"`
	Source string `yaml:"source"`
}

// Source is where facts are from.
type Source struct {
	URL  string `yaml:"url"`
	What string `yaml:"what"`
	AsOf Date   `yaml:"as_of"`
	Kind string `yaml:"kind"`
}

type sources struct {
	AsOf         Date              `yaml:"as_of"`
	Schema       string            `yaml:"schema"`
	LanguageNote string            `yaml:"language_note"`
	Statuses     map[Status]string `yaml:"statuses"`
	Usage        []string          `yaml:"usage"`
	StaleMonths  int               `yaml:"stale_months"`
	Sources      map[string]Source `yaml:"sources"`
}

type claimRules struct {
	header     `yaml:",inline"`
	Strength   map[string]float64  `yaml:"strength"`
	WeakFactor float64             `yaml:"weak_factor"`
	ClaimsFrom float64             `yaml:"claims_from"`
	StartBytes int                 `yaml:"start_bytes"`
	Phrases    map[string][]string `yaml:"phrases"`
	Loose      map[string][]string `yaml:"loose"`
	ReplyMarks []string            `yaml:"reply_marks"`
	Messengers []string            `yaml:"messengers"`
}

// Allowed is a domain that is not judged as an imitation, and why.
type Allowed struct {
	Host   ident.Domain `yaml:"host"`
	Why    string       `yaml:"why"`
	Source string       `yaml:"source"`
}

type factor struct {
	Claimed float64 `yaml:"claimed"`
	Plain   float64 `yaml:"plain"`
}

type hostRules struct {
	header   `yaml:",inline"`
	Strength map[string]float64 `yaml:"strength"`
	Lures    []string           `yaml:"lures"`
	Words    []string           `yaml:"words"`
	Allow    []Allowed          `yaml:"allow"`
	Hidden   map[string]factor  `yaml:"hidden"`
	Foreign  map[string]float64 `yaml:"foreign"`
	Odd      map[string]float64 `yaml:"odd"`
	Slip     slipRules          `yaml:"slip"`
}

// slipRules are the least lengths of names, in letters, for which a slip of
// the pen is looked for; shorter names lie too close to ordinary words.
type slipRules struct {
	One       int `yaml:"one"`         // one letter wrong
	OneInWord int `yaml:"one_in_word"` // the same for names that count only as words
	Two       int `yaml:"two"`         // two letters wrong
	TwoLured  int `yaml:"two_lured"`   // two letters wrong beside a word that lures
	Inside    int `yaml:"inside"`      // look-alike letters within a longer label
	Same      int `yaml:"same"`        // a subdomain that looks the same
}

type service struct {
	Domain ident.Domain `yaml:"domain"`
	Name   string       `yaml:"name"`
	What   string       `yaml:"what"`
}

type mailRules struct {
	header   `yaml:",inline"`
	Freemail []string            `yaml:"freemail"`
	Services []service           `yaml:"services"`
	Partners map[string][]string `yaml:"partners"`
	Factors  map[string]float64  `yaml:"factors"`
	// Alarms, Reach and Never tell when an authentic mail contradicts its
	// sender: codes of findings, and bytes of text.
	Alarms []evidence.Code `yaml:"alarms"`
	Reach  int             `yaml:"reach"`
	Never  []evidence.Code `yaml:"never"`
}

type howWords struct {
	header    `yaml:",inline"`
	Lookalike map[string]Text `yaml:"lookalike"`
	Hidden    map[string]Text `yaml:"hidden"`
	Odd       map[string]Text `yaml:"odd"`
	Forged    map[string]Text `yaml:"forged"`
	// Contradicts holds blanks of the finding that it speaks of.
	Contradicts map[string]Text `yaml:"contradicts"`
}

// Load reads the profiles and lists of brands/*.yaml and the folding of texts
// from shipped, then lays every local file system over it in the given order: a
// local file of the same name overrides the fields that it gives (a list as a
// whole), a new brands/<id>.yaml adds a brand. Unknown keys, unknown statuses
// and sources, and doubled domains are errors that name the file and the line.
func Load(shipped fs.FS, local ...fs.FS) (*Book, error) {
	folding, err := text.LoadFolding(shipped)
	if err != nil {
		return nil, fmt.Errorf("brand: %w", err)
	}
	b := &Book{folding: folding, profiles: map[string]*Profile{}}
	layers := append([]fs.FS{shipped}, local...)
	for i, layer := range layers {
		if err := b.read(layer, i == 0); err != nil {
			return nil, err
		}
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, b.index()
}

// read takes the files of one layer. Only the shipped layer must be whole.
func (b *Book) read(layer fs.FS, shipped bool) error {
	lists := map[string]any{
		sourcesFile: &b.sources, claimsFile: &b.claims, hostsFile: &b.hosts,
		mailFile: &b.mail, howFile: &b.how,
	}
	names, err := fs.Glob(layer, "brands/*.yaml")
	if err != nil {
		return fmt.Errorf("brand: list brands/*.yaml: %w", err)
	}
	if shipped {
		for name := range lists {
			if !slices.Contains(names, "brands/"+name) {
				return fmt.Errorf("brand: brands/%s is missing", name)
			}
		}
	}
	for _, name := range names {
		base := path.Base(name)
		switch into, isList := lists[base]; {
		case isList:
			err = decode(layer, name, into)
		case base == factsFile:
			err = b.readFacts(layer, name)
		default:
			err = b.readProfile(layer, name, strings.TrimSuffix(base, ".yaml"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) readProfile(layer fs.FS, name, id string) error {
	p := b.profiles[id]
	if p == nil {
		p = &Profile{ID: id}
		b.order = append(b.order, id)
	}
	if err := decode(layer, name, p); err != nil {
		return err
	}
	if p.ID != id {
		return fmt.Errorf("brand: %s: id %q: want the name of the file, %q", name, p.ID, id)
	}
	b.profiles[id] = p
	return nil
}

// readFacts adds facts; one of the same id replaces the earlier.
func (b *Book) readFacts(layer fs.FS, name string) error {
	var f struct {
		AsOf  Date   `yaml:"as_of"`
		Facts []Fact `yaml:"facts"`
	}
	if err := decode(layer, name, &f); err != nil {
		return err
	}
	for _, x := range f.Facts {
		if i := slices.IndexFunc(b.facts, func(y Fact) bool { return y.ID == x.ID }); i >= 0 {
			b.facts[i] = x
		} else {
			b.facts = append(b.facts, x)
		}
	}
	return nil
}

// decode reads one YAML file strictly onto what is there already.
func decode(fsys fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("brand: read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("brand: %s: %w", name, err)
	}
	return nil
}

// check refuses data that cannot be right.
func (b *Book) check() error {
	for _, id := range b.order {
		p := b.profiles[id]
		if p.Name["en"] == "" || len(p.Domains) == 0 || len(p.Tokens) == 0 {
			return fmt.Errorf("brand: brands/%s.yaml: want a name in en, at least one domain and one token", id)
		}
		for _, o := range p.origins() {
			if err := b.checkOrigin(o.what, o.Origin); err != nil {
				return fmt.Errorf("brand: brands/%s.yaml: %w", id, err)
			}
		}
		if err := p.checkValues(); err != nil {
			return fmt.Errorf("brand: brands/%s.yaml: %w", id, err)
		}
	}
	for i := range b.facts {
		f := &b.facts[i]
		if err := b.checkOrigin(f.ID, &f.Origin); err != nil {
			return fmt.Errorf("brand: brands/%s: %w", factsFile, err)
		}
		if f.Brand != "" && b.profiles[f.Brand] == nil {
			return fmt.Errorf("brand: brands/%s: %s: no profile %q", factsFile, f.ID, f.Brand)
		}
	}
	return nil
}

func (b *Book) checkOrigin(what string, o *Origin) error {
	if _, ok := b.sources.Statuses[o.Status]; !ok {
		return fmt.Errorf("%s: status %q: want one of those in %s", what, o.Status, sourcesFile)
	}
	if len(o.Source) == 0 {
		return fmt.Errorf("%s: no source", what)
	}
	for _, s := range o.Source {
		if _, ok := b.sources.Sources[s]; !ok && !strings.Contains(s, "://") {
			return fmt.Errorf("%s: source %q: want an id of %s or an address", what, s, sourcesFile)
		}
	}
	for _, d := range []Date{o.ValidFrom, o.ValidUntil} {
		if _, ok := d.Start(); d != "" && !ok {
			return fmt.Errorf("%s: date %q: want 2023, 2023-09 or 2023-09-14, with ~ before it if it is about right", what, d)
		}
	}
	return nil
}

func (p *Profile) checkValues() error {
	for _, n := range p.Numbers {
		if _, err := ident.ParsePhone(string(n.Number)); err != nil {
			return fmt.Errorf("number %s: %w", n.Display, err)
		}
		if err := n.Hours.check(); err != nil {
			return fmt.Errorf("number %s: %w", n.Display, err)
		}
	}
	for _, t := range p.Tokens {
		if !slices.Contains([]string{"word", "lure", "edge", "anywhere"}, t.In) || t.Word == "" {
			return fmt.Errorf("token %q: in %q: want word, lure, edge or anywhere", t.Word, t.In)
		}
	}
	for _, x := range slices.Concat(p.Identifiers.OrderNumber, p.Identifiers.Tracking) {
		if _, err := regexp.Compile(x.Pattern); err != nil {
			return fmt.Errorf("identifier %q: %w", x.Pattern, err)
		}
	}
	return nil
}

type named struct {
	what string
	*Origin
}

// origins lists the origin of every fact of the profile.
func (p *Profile) origins() []named {
	var out []named
	add := func(what string, o *Origin) { out = append(out, named{what, o}) }
	for i := range p.LegalNames {
		add("legal_names "+p.LegalNames[i].Name, &p.LegalNames[i].Origin)
	}
	for i := range p.Domains {
		add("domain "+string(p.Domains[i].Domain), &p.Domains[i].Origin)
	}
	if len(p.OwnTLDs.Values) > 0 {
		add("own_tlds", &p.OwnTLDs.Origin)
	}
	for i := range p.Rules {
		add("domain_rules "+p.Rules[i].ID, &p.Rules[i].Origin)
	}
	for i := range p.NeverProof {
		add("never_proof "+string(p.NeverProof[i].Domain), &p.NeverProof[i].Origin)
	}
	for i := range p.Fakes {
		add("known_fakes "+string(p.Fakes[i].Host), &p.Fakes[i].Origin)
	}
	for i := range p.MailDomains {
		add("mail_domains "+p.MailDomains[i].For, &p.MailDomains[i].Origin)
	}
	for i := range p.Senders {
		add("sender "+p.Senders[i].Local, &p.Senders[i].Origin)
	}
	return append(out, p.moreOrigins()...)
}

func (p *Profile) moreOrigins() []named {
	var out []named
	add := func(what string, o *Origin) { out = append(out, named{what, o}) }
	for i := range p.SMSSenders {
		add("sms_sender "+p.SMSSenders[i].ID, &p.SMSSenders[i].Origin)
	}
	for i := range p.SMSFacts {
		add("sms_fact "+p.SMSFacts[i].Country, &p.SMSFacts[i].Origin)
	}
	for i := range p.Numbers {
		add("number "+p.Numbers[i].Display, &p.Numbers[i].Origin)
	}
	for i := range p.ScamNumbers {
		add("scam_number of "+p.ScamNumbers[i].Country, &p.ScamNumbers[i].Origin)
	}
	for i := range p.Promises {
		add("promise "+p.Promises[i].ID, &p.Promises[i].Origin)
	}
	for i := range p.ReportAddresses {
		add("report_address "+p.ReportAddresses[i].Value, &p.ReportAddresses[i].Origin)
	}
	for i := range p.HelpPages {
		add("help_page "+p.HelpPages[i].Topic, &p.HelpPages[i].Origin)
	}
	for i := range p.UIPaths {
		add("ui_path "+p.UIPaths[i].ID, &p.UIPaths[i].Origin)
	}
	for i := range p.ArchivedHistory {
		add("archived_orders_history "+p.ArchivedHistory[i].When, &p.ArchivedHistory[i].Origin)
	}
	for i := range p.Identifiers.OrderNumber {
		add("order_number", &p.Identifiers.OrderNumber[i].Origin)
	}
	for i := range p.Identifiers.Tracking {
		add("tracking", &p.Identifiers.Tracking[i].Origin)
	}
	for i := range p.Seasons {
		add("season "+p.Seasons[i].Name, &p.Seasons[i].Origin)
	}
	for i := range p.Facts {
		add("fact "+p.Facts[i].ID, &p.Facts[i].Origin)
	}
	return out
}
