package contacts

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/access"
	"bonafide/casework/report"
	"bonafide/contact/brand"
	"bonafide/evidence"
	"bonafide/fault"
)

// Caller is who asks. An operator (the command line on the server's own
// machine) may name the person whose books are consulted; anybody else needs a
// voucher of the shop.
type Caller struct {
	Operator bool
	// Of is that person; only an operator's is looked at.
	Of *access.Person
}

// ReceiverQuery asks for receivers.
type ReceiverQuery struct {
	Country, Region, Kind, Lang string
	// At decides open or closed; zero means now.
	At time.Time
}

// BrandName is a brand in a list.
type BrandName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Brand is a brand's profile with the names of its data file, each fact with
// source, status and dates.
type Brand map[string]any

// Fact is a dated fact with its source.
type Fact struct {
	ID         string   `json:"id"`
	Brand      string   `json:"brand,omitempty"`
	Topic      string   `json:"topic,omitempty"`
	Country    string   `json:"country,omitempty"`
	Year       int      `json:"year,omitempty"`
	Text       string   `json:"text"`
	Amount     float64  `json:"amount,omitempty"`
	Unit       string   `json:"unit,omitempty"`
	Status     string   `json:"status"`
	AsOf       string   `json:"as_of,omitempty"`
	ValidFrom  string   `json:"valid_from,omitempty"`
	ValidUntil string   `json:"valid_until,omitempty"`
	Source     []string `json:"source"`
	// Stale: older than 24 months, shown with its age.
	Stale bool `json:"stale,omitempty"`
}

// Brands lists all brands.
func (d *Desk) Brands() []BrandName {
	out := []BrandName{}
	for _, p := range d.brands.Profiles() {
		out = append(out, BrandName{p.ID, p.Name.In("en")})
	}
	return out
}

// Profile returns a brand's profile for pages; nil when there is none.
func (d *Desk) Profile(id string) *brand.Profile { return d.brands.Profile(id) }

// Brand returns a profile as data. Report addresses stand in the order that
// holds at the time: those valid first, former ones after.
func (d *Desk) Brand(id string, at time.Time) (Brand, error) {
	p := d.brands.Profile(strings.ToLower(id))
	if p == nil {
		return nil, fault.New(fault.NotFound, "", "no brand %q: GET /v1/brands lists all", clipText(id, 40))
	}
	if at.IsZero() {
		at = d.cfg.Now()
	}
	shown := *p
	shown.ReportAddresses = p.Reports("", at)
	raw, err := yaml.Marshal(&shown)
	if err != nil {
		return nil, err
	}
	var out Brand
	if err := yaml.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	delete(out, "claim")
	delete(out, "tokens")
	return out, nil
}

func clipText(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// Facts lists all dated facts.
func (d *Desk) Facts(lang string) []Fact {
	out := []Fact{}
	for _, f := range d.brands.AllFacts() {
		text := f.Text.In(lang)
		if text == "" {
			text = f.Fact
		}
		out = append(out, Fact{
			ID: f.ID, Brand: f.Brand, Topic: f.Topic, Country: f.Country, Year: f.Year, Text: text, Amount: f.Amount, Unit: f.Unit,
			Status: string(f.Status), AsOf: string(f.AsOf), ValidFrom: string(f.ValidFrom), ValidUntil: string(f.ValidUntil),
			Source: d.sources(f.Source), Stale: d.brands.Stale(&f.Origin, d.cfg.Now()),
		})
	}
	return out
}

// sources writes source ids as people can follow them.
func (d *Desk) sources(ids []string) []string {
	out := []string{}
	for _, id := range ids {
		if s, ok := d.brands.Source(id); ok && s.What != "" {
			out = append(out, id+": "+s.What)
		} else {
			out = append(out, id)
		}
	}
	return out
}

// kindsOfMatter lists the kinds of receivers that can be asked for.
func kindsOfMatter() []string {
	return []string{"mail", "call", "sms", "chat", "website", "money_lost", "remote_access", "card_used",
		"identity_theft", "account_takeover", "gift_card", "advice"}
}

// Receivers lists whom to report to. Without a country, those of all
// countries; without a kind, all kinds.
func (d *Desk) Receivers(q ReceiverQuery) ([]Receiver, error) {
	if q.At.IsZero() {
		q.At = d.cfg.Now()
	}
	kinds := kindsOfMatter()
	if q.Kind != "" {
		if !slices.Contains(kinds, q.Kind) {
			return nil, fault.New(fault.Invalid, "kind", "%q is none of %s", clipText(q.Kind, 30), strings.Join(kinds, ", "))
		}
		kinds = []string{q.Kind}
	}
	out := []Receiver{}
	if q.Country == "" && q.Kind == "" {
		for _, r := range d.receivers.All() {
			out = append(out, d.receiver(r, q.Lang, q.At))
		}
		return out, nil
	}
	for _, r := range d.receivers.For(report.Query{Country: strings.ToUpper(q.Country), Region: q.Region, Kinds: kinds}) {
		out = append(out, d.receiver(r, q.Lang, q.At))
	}
	return out, nil
}

// Countries lists the countries that have receivers of their own.
func (d *Desk) Countries() []string { return d.receivers.Countries() }

// Situations lists what may already have happened: ids for AlreadyDone.
func (d *Desk) Situations(lang string) []CodeText {
	out := []CodeText{}
	for _, p := range d.playbooks.Playbooks() {
		out = append(out, CodeText{p.ID, p.Title.In(lang)})
	}
	return out
}

// GaveKinds lists the kinds of data that may have been given: ids for Gave.
func (d *Desk) GaveKinds(lang string) []CodeText {
	out := []CodeText{}
	for _, g := range d.playbooks.Gave() {
		out = append(out, CodeText{g.ID, g.Text.In(lang)})
	}
	return out
}

// FlagTitles lists red flags of some categories, for the taps of a call: ids
// for Call.Asked and Call.Knew.
func (d *Desk) FlagTitles(lang string, ids ...string) []CodeText {
	out := []CodeText{}
	for _, id := range ids {
		if w, ok := d.table.Weight(evidence.Code(id)); ok {
			out = append(out, CodeText{id, w.Title.In(lang)})
		}
	}
	return out
}

// Codes lists all evidence codes with their weights, for documentation.
func (d *Desk) Codes() *evidence.Table { return d.table }

// brokenPromise is a promise with its brand's name.
type brokenPromise struct {
	ID, Brand, AsOf, Status string
	Text                    brand.Text
	Source                  []string
}

// promiseBroken returns the claimed brand's promise that a finding breaks. A
// promise that is not confirmed is never cited.
func (d *Desk) promiseBroken(e evidence.Evidence, s *sight) (brokenPromise, bool) {
	if e.Bits <= 0 {
		return brokenPromise{}, false
	}
	covers := map[evidence.Code][]string{"asks_card_bank": {"asks_card_bank", "asks_card", "asks_bank"},
		"attachment_prompt": {"attachment_risky"}, "payment_prompt_missing": {"theme_payment_update"}}[e.Code]
	covers = append(covers, string(e.Code))
	if e.Code == "link_ip_or_hidden" && e.Args["how"] == "ip" {
		covers = append(covers, "link_ip")
	}
	for _, p := range d.profilesFor(s) {
		for _, pr := range p.Promises {
			if !pr.Status.Shown() || !slices.ContainsFunc(pr.Covers, func(c string) bool { return slices.Contains(covers, c) }) {
				continue
			}
			asOf := string(pr.AsOf)
			for _, src := range pr.Source {
				if info, ok := d.brands.Source(src); ok && asOf == "" {
					asOf = string(info.AsOf)
				}
			}
			return brokenPromise{pr.ID, p.Name.In(s.lang), asOf, string(pr.Status), pr.Text, d.sources(pr.Source)}, true
		}
	}
	return brokenPromise{}, false
}

// menuPath is the way to a screen of the shop.
type menuPath struct {
	Path        []string
	Unconfirmed bool
	AsOf        string
}

// menu returns the way to a screen of the claimed brand, or of the first brand
// that has one.
func (d *Desk) menu(s *sight, id, lang string) (menuPath, bool) {
	for _, p := range d.profilesFor(s) {
		way, valid, ok := p.Way(id, lang, s.now)
		if !ok {
			continue
		}
		if !valid && len(way.Path) > 0 && way.Status != brand.Unverified {
			return menuPath{}, false // it held once; the step says what to do instead
		}
		return menuPath{Path: way.Path, Unconfirmed: !valid, AsOf: string(way.AsOf)}, len(way.Path) > 0
	}
	return menuPath{}, false
}

// season returns the season of the claimed brand that the contact fell in.
func (d *Desk) season(s *sight) (brand.Season, bool) {
	at := s.contact.At
	if at.IsZero() {
		return brand.Season{}, false
	}
	for _, f := range d.brands.AllFacts() {
		if f.Topic == "season" && slices.Contains(f.Months, int(at.Month())) && (f.Brand == "" || slices.Contains(s.brandIDs(), f.Brand)) {
			name := f.Text.In(s.lang)
			if name == "" {
				name = f.Fact
			}
			return brand.Season{Name: name, When: string(f.AsOf)}, true
		}
	}
	return brand.Season{}, false
}

// profilesFor are the brands that the contact claims to be; where it names
// none, those with a full profile: what a big shop never asks is worth knowing
// anyway.
func (d *Desk) profilesFor(s *sight) []*brand.Profile {
	var out []*brand.Profile
	for _, id := range s.brandIDs() {
		if p := d.brands.Profile(id); p != nil {
			out = append(out, p)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, p := range d.brands.Profiles() {
		if p.Level == "full" {
			out = append(out, p)
		}
	}
	return out
}

// ReportMail writes a report on a contact to a receiver as a mail with the
// original attached. It checks the contact again: nothing was kept.
func (d *Desk) ReportMail(ctx context.Context, req Request, receiver string) ([]byte, error) {
	r, ok := d.receivers.Find(receiver)
	if !ok {
		return nil, fault.New(fault.NotFound, "receiver", "no receiver %q", clipText(receiver, 40))
	}
	if err := d.normalise(&req); err != nil {
		return nil, err
	}
	s, err := d.read(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := d.look(ctx, req, Caller{}, s); err != nil {
		return nil, err
	}
	es, _ := d.table.Weigh(s.findings)
	lang := report.Language(r, req.Lang)
	raw, err := d.receivers.Mail(r, d.reportFacts(req, s, es, lang), lang, req.Raw, req.Filename)
	if err != nil {
		return nil, fault.New(fault.Invalid, "receiver", "%s", err.Error())
	}
	return raw, nil
}
