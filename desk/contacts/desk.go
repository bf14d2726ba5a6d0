// Package contacts is the contact desk: one use case, "is this contact really
// from the shop, and what do I do now?". It reads what was given into a
// Contact, lets every room look at it, weighs what they found, decides, and
// writes the answer in the reader's language with next steps and receivers of
// a report.
//
// It keeps nothing: a check leaves no trace in the server. It fetches nothing
// that a contact contains. It does not render: the doors do.
//
//	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: time.Now})
//	answer, err := desk.Check(ctx, contacts.Request{Channel: "call", Text: "…"}, contacts.Caller{})
package contacts

import (
	"context"
	"io/fs"
	"net/netip"
	"runtime"
	"time"

	"bonafide/access"
	"bonafide/casework/playbook"
	"bonafide/casework/report"
	"bonafide/contact/attachment"
	"bonafide/contact/brand"
	"bonafide/contact/call"
	"bonafide/contact/callid"
	"bonafide/contact/fingerprint"
	"bonafide/contact/image"
	"bonafide/contact/link"
	"bonafide/contact/mailauth"
	"bonafide/contact/mention"
	"bonafide/contact/message"
	"bonafide/contact/phone"
	"bonafide/contact/record"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
	"bonafide/contact/textmodel"
	"bonafide/contact/verdict"
	"bonafide/contact/wording"
	"bonafide/evidence"
	"bonafide/ident"
)

// PictureReader reads the text in a picture (PNG). It returns a fault of kind
// NotConfigured when no program for it is installed, with the command that
// installs it.
type PictureReader interface {
	ReadPicture(ctx context.Context, png []byte) (string, error)
}

// Transcriber turns audio into text. It returns a fault of kind NotConfigured
// when no address for it is configured.
type Transcriber interface {
	Transcribe(ctx context.Context, filename string, audio []byte) (string, error)
}

// OrderBook is the shop's own list of orders: those tied to a person. An empty list
// says that the person has none; nil, that it is not known. A book that knows numbers
// only as hashes names those among the numbers that the contact named.
type OrderBook interface {
	OrdersOf(ctx context.Context, p record.Person, named []ident.Order) ([]record.Order, error)
}

// Register is the shop's own list of contacts that it made: those to the
// numbers and addresses of one person, between two times.
type Register interface {
	ContactsTo(ctx context.Context, to []string, from, until time.Time) (record.Book, error)
}

// Config is what a desk is made of. Data and Now are required; the rest may be
// missing, and the answer then says what was not looked at.
type Config struct {
	Data fs.FS
	// Now is the clock: it decides opening hours and the age of facts, never
	// a verdict.
	Now      func() time.Time
	Pictures PictureReader
	Speech   Transcriber
	Orders   OrderBook
	Outbound Register
	// RegisterKey opens hashed receivers in the outbound register.
	RegisterKey []byte
	// FingerprintKey makes fingerprints such that only who has it can test
	// what they were made of; empty: anybody can.
	FingerprintKey []byte
	Vouchers       *access.Vouchers
	// OwnOrders are orders of the one person that this desk works for, as the
	// command line is given them; nil when it works for many.
	OwnOrders []record.Order
	// Resolver gives a resolver for one mail; nil means offline.
	Resolver       func() mailauth.Resolver
	TrustedHosts   []string
	TrustedSealers []ident.Domain
	// CallTrust is what signatures of calls are checked with; empty: they are
	// not checked.
	CallTrust callid.Trust
	// Reports is the register of reported numbers; nil: the one in Data.
	Reports phone.Reports
	// TrustedNets are networks of the trusted hosts, Mailboxes ids of
	// data/mailauth/receivers.yaml whose own lines in a mail are believed.
	TrustedNets []netip.Prefix
	Mailboxes   []string
	// Observe is told channel and verdict of each check, for counting.
	Observe func(channel, verdict string)
}

// AlsoOrders gives a book of orders where the configuration has none. Call it before
// the desk is used.
func (d *Desk) AlsoOrders(b OrderBook) {
	if d.cfg.Orders == nil {
		d.cfg.Orders = b
	}
}

// Desk answers checks. It may be used by many goroutines.
type Desk struct {
	cfg       Config
	folding   *text.Folding
	brands    *brand.Book
	links     *link.Lists
	phones    *phone.Tables
	reported  phone.Reports
	formats   *mention.Formats
	labels    *call.Labels
	kinds     *attachment.Kinds
	layouts   *image.Layouts
	words     *message.Words
	flags     *redflag.Catalogue
	wording   *wording.Book
	records   *record.Records
	prints    *fingerprint.Rules
	table     *evidence.Table
	rules     *verdict.Rules
	playbooks *playbook.Book
	receivers *report.Directory
	// trust is what of a mail's own lines is believed.
	trust mailauth.Input
	texts *sentences
	turns turns
	// without is set by Without alone.
	without Ablation
}

// New loads all knowledge. An error names the file that does not hold
// together.
func New(cfg Config) (*Desk, error) {
	d := &Desk{cfg: cfg, turns: make(turns, runtime.GOMAXPROCS(0))}
	steps := []func() error{
		func() (err error) { d.folding, err = text.LoadFolding(cfg.Data); return },
		func() (err error) { d.brands, err = brand.Load(cfg.Data); return },
		func() (err error) { d.links, err = link.Load(cfg.Data); return },
		func() (err error) { d.phones, err = phone.Load(cfg.Data); return },
		func() (err error) { d.reported, err = d.reports(); return },
		func() (err error) { d.formats, err = mention.Load(cfg.Data); return },
		func() (err error) { d.labels, err = call.Load(cfg.Data); return },
		func() (err error) { d.kinds, err = attachment.Load(cfg.Data); return },
		func() (err error) { d.layouts, err = image.Load(cfg.Data); return },
		func() (err error) { d.words, err = message.Load(cfg.Data); return },
		func() (err error) { d.flags, err = redflag.Load(cfg.Data); return },
		func() (err error) { d.wording, err = wording.Load(cfg.Data); return },
		func() (err error) { d.records, err = record.Load(cfg.Data); return },
		func() (err error) { d.prints, err = fingerprint.Load(cfg.Data); return },
		func() (err error) { d.table, err = evidence.LoadTable(cfg.Data); return },
		func() (err error) { d.playbooks, err = playbook.Load(cfg.Data); return },
		func() (err error) { d.receivers, err = report.Load(cfg.Data); return },
		func() (err error) { d.texts, err = loadSentences(cfg.Data); return },
		func() (err error) { d.trust, err = trusted(cfg); return },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	d.prints = d.prints.With(cfg.FingerprintKey)
	// What a disguise hides is worth undoing where somebody looks for it.
	d.folding = d.folding.With(append(d.flags.Words(), d.brands.Words()...))
	var err error
	d.rules, err = verdict.LoadRules(cfg.Data, d.table)
	return d, err
}

// reports returns the register of reported numbers.
func (d *Desk) reports() (phone.Reports, error) {
	if d.cfg.Reports != nil {
		return d.cfg.Reports, nil
	}
	return phone.LoadReports(d.cfg.Data, phone.ReportsFile)
}

// Check answers one question. Errors are faults: Invalid names the field that
// is wrong, TooLarge the limit, NotConfigured what the operator would have to
// switch on. A contact that cannot be told gives no error but the verdict
// unknown.
func (d *Desk) Check(ctx context.Context, req Request, who Caller) (*Answer, error) {
	if err := d.normalise(&req); err != nil {
		return nil, err
	}
	ctx, leave, err := d.turns.enter(ctx, &req)
	if err != nil {
		return nil, err
	}
	defer leave()
	s, err := d.read(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := d.look(ctx, req, who, s); err != nil {
		return nil, err
	}
	es, _ := d.table.Weigh(s.findings)
	es = d.without.keep(es)
	v := d.rules.Decide(verdict.Input{Contact: s.contact, Evidence: es, Table: d.table})
	if d.cfg.Observe != nil {
		d.cfg.Observe(string(s.contact.Channel), string(v.Outcome))
	}
	return d.compose(req, s, es, v), nil
}

// Sample returns what the models of whole texts see of a contact, and its
// language. It is for training them: it asks no books and decides nothing.
func (d *Desk) Sample(ctx context.Context, req Request) (textmodel.Text, string, error) {
	if err := d.normalise(&req); err != nil {
		return textmodel.Text{}, "", err
	}
	s, err := d.read(ctx, req)
	if err != nil {
		return textmodel.Text{}, "", err
	}
	if err := d.look(ctx, req, Caller{}, s); err != nil {
		return textmodel.Text{}, "", err
	}
	t, lang := wording.Sample(wording.Input{Channel: s.contact.Channel, Readings: s.readings})
	return t, lang, nil
}

// WithModel returns a desk that shares this one's knowledge but for the model of
// whole texts of one kind of channel. It is for measuring.
func (d *Desk) WithModel(m *textmodel.Whole) *Desk {
	c := *d
	c.wording = d.wording.With(m)
	return &c
}
