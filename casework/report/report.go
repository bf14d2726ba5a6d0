// Package report knows whom to report to and whom to ask, by country and kind
// of matter, whether they are open now, and writes the report: a text in the
// receiver's language and order of fields, or a mail with the original
// attached.
//
// It is pure knowledge and text: it sends nothing. Receivers are data with
// source and date; what is unconfirmed says so.
//
//	rs := dir.For(report.Query{Country: "GB", Kinds: []string{"call"}})
package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/evidence"
)

// Receiver is somebody to report to or to ask.
type Receiver struct {
	ID      string `yaml:"id"`
	Country string `yaml:"country"`
	Region  string `yaml:"region"`
	Name    string `yaml:"name"`
	// Role: bank, platform, report, advice or infrastructure.
	Role  string   `yaml:"role"`
	Kinds []string `yaml:"kinds"`
	Web   string   `yaml:"web"`
	Mail  string   `yaml:"mail"`
	SMS   string   `yaml:"sms"`
	Phone string   `yaml:"phone"`
	// Tap is the number as a telephone dials it.
	Tap       string    `yaml:"tap"`
	Hours     string    `yaml:"hours"`
	Opening   []Opening `yaml:"opening"`
	Wants     []string  `yaml:"wants"`
	Fields    []string  `yaml:"fields"`
	Languages []string  `yaml:"languages"`
	Former    string    `yaml:"former"`
	Note      string    `yaml:"note"`
	Status    string    `yaml:"status"`
	// StatusNote says more about the status.
	StatusNote  string   `yaml:"status_note"`
	AsOf        string   `yaml:"as_of"`
	Source      []string `yaml:"source"`
	Unconfirmed bool     `yaml:"unconfirmed"`
	// In is what is ours about the receiver in other languages: labels, hours,
	// remarks. Proper names and addresses stay.
	In map[string]Wording `yaml:"in"`
}

// Wording is what readers of another language see of a receiver; what is empty
// stays as it is.
type Wording struct {
	Name  string   `yaml:"name"`
	Web   string   `yaml:"web"`
	SMS   string   `yaml:"sms"`
	Phone string   `yaml:"phone"`
	Hours string   `yaml:"hours"`
	Wants []string `yaml:"wants"`
}

// For returns the receiver as readers of a language see it.
func (r Receiver) For(lang string) Receiver {
	w, ok := r.In[lang]
	if !ok {
		return r
	}
	r.Name, r.Web, r.SMS = cmp.Or(w.Name, r.Name), cmp.Or(w.Web, r.Web), cmp.Or(w.SMS, r.SMS)
	r.Phone, r.Hours = cmp.Or(w.Phone, r.Phone), cmp.Or(w.Hours, r.Hours)
	if len(w.Wants) > 0 {
		r.Wants = w.Wants
	}
	return r
}

// Opening is one span of hours on certain days, local time of a zone.
type Opening struct {
	Days string `yaml:"days"`
	From string `yaml:"from"`
	To   string `yaml:"to"`
	Zone string `yaml:"zone"`
}

// Directory is all receivers. It does not change after Load.
type Directory struct {
	receivers []Receiver
	byID      map[string]*Receiver
	routing   map[string]map[string][]string
	texts     texts
	zones     map[string]*time.Location
}

type directoryFile struct {
	AsOf      string                         `yaml:"as_of"`
	Receivers []Receiver                     `yaml:"receivers"`
	Routing   map[string]map[string][]string `yaml:"routing"`
	Formats   []any                          `yaml:"formats"`
	Sources   map[string]any                 `yaml:"sources"`
}

type texts struct {
	AsOf     string                   `yaml:"as_of"`
	Source   []string                 `yaml:"source"`
	Subject  evidence.Text            `yaml:"subject"`
	Intro    evidence.Text            `yaml:"intro"`
	Closing  evidence.Text            `yaml:"closing"`
	Somebody evidence.Text            `yaml:"somebody"`
	Attached evidence.Text            `yaml:"attached"`
	Category evidence.Text            `yaml:"category"`
	Fields   map[string]evidence.Text `yaml:"fields"`
	Channels map[string]evidence.Text `yaml:"channels"`
}

// Load reads receivers/receivers.yaml and receivers/report.yaml and checks that
// every id, field and time zone in them exists.
func Load(fsys fs.FS) (*Directory, error) {
	var f directoryFile
	d := &Directory{byID: map[string]*Receiver{}, zones: map[string]*time.Location{}}
	if err := read(fsys, "receivers/receivers.yaml", &f); err != nil {
		return nil, err
	}
	if err := read(fsys, "receivers/report.yaml", &d.texts); err != nil {
		return nil, err
	}
	d.receivers, d.routing = f.Receivers, f.Routing
	for i := range d.receivers {
		r := &d.receivers[i]
		if d.byID[r.ID] != nil || r.Name == "" || r.Status == "" {
			return nil, fmt.Errorf("report: receiver %q stands twice or lacks name or status", r.ID)
		}
		d.byID[r.ID] = r
		if err := d.check(r); err != nil {
			return nil, fmt.Errorf("report: receiver %s: %w", r.ID, err)
		}
	}
	for country, kinds := range d.routing {
		for kind, ids := range kinds {
			for _, id := range ids {
				if d.byID[id] == nil {
					return nil, fmt.Errorf("report: routing of %s, %s: no receiver %q", country, kind, id)
				}
			}
		}
	}
	return d, nil
}

func read(fsys fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("report: read %s: %w", name, err)
	}
	return nil
}

func (d *Directory) check(r *Receiver) error {
	for lang, w := range r.In {
		if len(w.Wants) > 0 && len(w.Wants) != len(r.Wants) {
			return fmt.Errorf("wants has %d entries in %s, not %d", len(w.Wants), lang, len(r.Wants))
		}
	}
	for _, f := range r.Fields {
		if _, ok := d.texts.Fields[f]; !ok {
			return fmt.Errorf("no text for field %q", f)
		}
	}
	for _, o := range r.Opening {
		loc, err := time.LoadLocation(o.Zone)
		if err != nil {
			return fmt.Errorf("time zone: %w", err)
		}
		d.zones[o.Zone] = loc
		if _, _, err := o.minutes(); err != nil {
			return err
		}
	}
	return nil
}

// All lists every receiver, in the order of the file.
func (d *Directory) All() []Receiver { return slices.Clone(d.receivers) }

// Find returns the receiver of an id.
func (d *Directory) Find(id string) (Receiver, bool) {
	r, ok := d.byID[id]
	if !ok {
		return Receiver{}, false
	}
	return *r, true
}

// Countries lists the countries that have a routing of their own, sorted.
func (d *Directory) Countries() []string {
	var out []string
	for c := range d.routing {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// Query asks for receivers.
type Query struct {
	// Country (ISO 3166-1) and Region (ISO 3166-2, or a county's name) of the
	// person; empty: not known, then only those of all countries are named.
	Country, Region string
	// Kinds of matter, most urgent first: mail, call, sms, chat, website,
	// money_lost, remote_access, card_used, identity_theft, account_takeover,
	// gift_card, advice.
	Kinds []string
}

// For returns the receivers for a query: each once, first by kind, within a
// kind by the routing of the country; those bound to a region only when the
// region fits, and then ahead of the country's.
func (d *Directory) For(q Query) []Receiver {
	var out []Receiver
	add := func(id string) {
		r := d.byID[id]
		if r == nil || !regionFits(r, q.Region) || slices.ContainsFunc(out, func(x Receiver) bool { return x.ID == id }) {
			return
		}
		out = append(out, *r)
	}
	routing, ok := d.routing[q.Country]
	for _, kind := range q.Kinds {
		if ok {
			for _, id := range routing[kind] {
				add(id)
			}
			continue
		}
		for _, r := range d.receivers {
			if r.Country == "*" && slices.Contains(r.Kinds, kind) {
				add(r.ID)
			}
		}
	}
	return out
}

// regionFits: a receiver of one region is named only to people of that region.
// Its region is an ISO 3166-2 code with further names behind it:
// "US-CO (Arapahoe; Douglas …)".
func regionFits(r *Receiver, region string) bool {
	if r.Region == "" {
		return true
	}
	if region == "" {
		return false
	}
	have, want := strings.ToLower(r.Region), strings.ToLower(region)
	for _, part := range strings.FieldsFunc(want, func(c rune) bool { return c == ',' || c == ' ' || c == '/' }) {
		if len(part) > 2 && strings.Contains(have, part) {
			return true
		}
	}
	code := strings.Fields(have)[0]
	return strings.HasPrefix(code, want) || strings.HasPrefix(want, code) || strings.TrimPrefix(code, strings.ToLower(r.Country)+"-") == want
}

func (o Opening) minutes() (from, to int, err error) {
	from, ok := clock(o.From)
	if !ok {
		return 0, 0, fmt.Errorf("opening from %q: want HH:MM", o.From)
	}
	if to, ok = clock(o.To); !ok {
		return 0, 0, fmt.Errorf("opening to %q: want HH:MM", o.To)
	}
	if o.Days != "Mo-Fr" && o.Days != "Mo-Su" || from >= to || to > 24*60 {
		return 0, 0, fmt.Errorf("opening %s %s-%s: want Mo-Fr or Mo-Su and from before to", o.Days, o.From, o.To)
	}
	return from, to, nil
}

// clock reads "HH:MM" as minutes.
func clock(s string) (minutes int, ok bool) {
	hour, minute, ok := strings.Cut(s, ":")
	h, err1 := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	return h*60 + m, ok && err1 == nil && err2 == nil
}

// Open tells whether a receiver is open at a time: "open", "closed", or "" when
// its hours are not known. Public holidays are not known.
func (d *Directory) Open(r Receiver, at time.Time) string {
	if len(r.Opening) == 0 || at.IsZero() {
		return ""
	}
	for _, o := range r.Opening {
		local := at.In(d.zones[o.Zone])
		from, to, _ := o.minutes()
		minute := local.Hour()*60 + local.Minute()
		weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		if minute >= from && minute < to && !(weekend && o.Days == "Mo-Fr") {
			return "open"
		}
	}
	return "closed"
}
