package contacts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/attachment"
	"bonafide/contact/brand"
	"bonafide/contact/envelope"
	"bonafide/contact/link"
	"bonafide/contact/mailauth"
	"bonafide/contact/mention"
	"bonafide/contact/message"
	"bonafide/contact/phone"
	"bonafide/contact/record"
	"bonafide/contact/text"
	"bonafide/contact/wording"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/ident"
)

// sight is one contact and all that was seen of it.
type sight struct {
	now      time.Time
	country  string
	lang     string
	contact  *contact.Contact
	readings []*text.Reading
	links    []link.Analysis
	numbers  []phone.Number
	mentions mention.Mentions
	claims   []brand.Claim
	findings []evidence.Finding
	claimed  []Claimed
	found    Found
	problems []string
	// forged: the mail does not come from the domain that its From names.
	forged bool
	// more counts further contacts in the same file that were not judged.
	more int
}

// brandName is whom the contact claims to be, or the word for a shop.
func (s *sight) brandName(lang string) string {
	if len(s.claimed) > 0 {
		return s.claimed[0].Name
	}
	return map[string]string{"de": "dem Shop", "ja": "お店"}[lang] + map[bool]string{true: "the shop"}[lang != "de" && lang != "ja"]
}

// look lets every room look at the contact.
func (d *Desk) look(ctx context.Context, req Request, who Caller, s *sight) error {
	c := s.contact
	for _, p := range c.Parts {
		s.readings = append(s.readings, text.Read(p, d.folding))
	}
	s.numbers = phone.Find(s.readings, phone.Options{Tables: d.phones, Region: req.Country})
	s.mentions = mention.Find(s.readings, d.formats)
	for _, l := range link.All(c, s.readings, d.links) {
		s.links = append(s.links, link.Analyse(l, d.links))
	}
	s.claims = d.brands.Claims(s.readings, c)
	d.name(req, s)
	auth := d.authenticate(ctx, s)
	identity := d.identify(s)
	s.forged = auth.DMARC == brand.Fail
	var e164s []ident.Phone
	for _, n := range s.numbers {
		e164s = append(e164s, n.E164)
	}
	s.add(text.Findings(s.readings)...)
	flagged, doubtful := d.flagged(s)
	s.add(flagged...)
	var reads []evidence.Finding
	if !d.without.Learned {
		reads = d.wording.Findings(wording.Input{Channel: s.contact.Channel, Readings: s.readings, Flagged: len(flagged) > 0})
	}
	if d.wording.Sure(reads) {
		s.add(doubtful...)
	}
	s.add(attachment.Findings(c)...)
	s.add(message.Findings(c)...)
	s.add(envelope.Findings(envelope.Input{Contact: c, Links: s.links, Free: d.brands.Freemail, OddTLD: d.links.OddTLD})...)
	s.add(d.labels.Findings(c)...)
	s.add(d.numbered(s, phone.Findings(c, s.numbers, phone.Book{
		Tables: d.phones, Officials: d.brands, Reports: d.reported, Home: req.Country, Proven: identity.Proven, Now: s.now,
	}))...)
	s.add(d.brands.Findings(brand.Input{
		Contact: c, Readings: s.readings, Links: s.links, Claims: s.claims, Auth: auth, Numbers: e164s, Found: s.findings, Country: req.Country,
	})...)
	s.add(mention.Findings(s.mentions, s.brandIDs(), d.formats)...)
	s.add(d.told(req, s)...)
	s.derive()
	s.add(reads...)
	books, err := d.consult(ctx, req, who, s)
	s.add(books...)
	d.gather(s)
	return err
}

func (s *sight) add(fs ...evidence.Finding) { s.findings = append(s.findings, fs...) }

func (s *sight) has(code evidence.Code) bool {
	return slices.ContainsFunc(s.findings, func(f evidence.Finding) bool { return f.Code == code })
}

// brandIDs are the brands that the contact claims to come from.
func (s *sight) brandIDs() []string {
	var out []string
	for _, c := range s.claimed {
		out = append(out, c.ID)
	}
	return out
}

// name notes whom the contact claims to be, with the address and help page
// that its reader can type.
func (d *Desk) name(req Request, s *sight) {
	for _, cl := range d.brands.Claimed(s.claims) {
		p := d.brands.Profile(cl.Brand)
		if p == nil || slices.ContainsFunc(s.claimed, func(c Claimed) bool { return c.ID == cl.Brand }) {
			continue
		}
		c := Claimed{ID: p.ID, Name: p.Name.In(s.lang), Site: string(p.Shop(req.Country))}
		for _, h := range p.Help(req.Country, "identify") {
			c.Help = h.Address
			break
		}
		s.claimed = append(s.claimed, c)
		if len(s.claimed) == 3 {
			return
		}
	}
}

// authenticate checks the signatures of a mail and adds what they show.
func (d *Desk) authenticate(ctx context.Context, s *sight) brand.Auth {
	if s.contact.Mail == nil || d.without.Authentication {
		return brand.Auth{}
	}
	var resolver mailauth.Resolver
	if d.cfg.Resolver != nil {
		resolver = d.cfg.Resolver()
		defer aside(ctx)()
	}
	in := d.trust
	in.Mail, in.Resolver, in.Now = s.contact.Mail, resolver, s.now
	r := mailauth.Check(ctx, in)
	s.add(mailauth.Findings(r, func(dom ident.Domain) (string, bool) {
		id, _, ok := d.brands.OfficialDomain(dom)
		return id, ok
	})...)
	return authOf(r)
}

// trusted collects whose lines in a mail are believed: hosts and networks of
// the operator, mailbox providers that are named, forwarders of the data.
func trusted(cfg Config) (mailauth.Input, error) {
	in := mailauth.Input{TrustedHosts: cfg.TrustedHosts, TrustedSealers: slices.Clone(cfg.TrustedSealers), TrustedNets: slices.Clone(cfg.TrustedNets)}
	sealers, err := mailauth.LoadSealers(cfg.Data)
	if err != nil {
		return in, err
	}
	in.Believe(sealers)
	receivers, err := mailauth.LoadReceivers(cfg.Data)
	if err != nil {
		return in, err
	}
	var known []string
	for _, r := range receivers {
		if r.Sure() {
			known = append(known, r.ID)
		}
	}
	for _, id := range cfg.Mailboxes {
		i := slices.IndexFunc(receivers, func(r mailauth.Receiver) bool { return r.ID == id && r.Sure() })
		if i < 0 {
			return in, fault.New(fault.Invalid, "mail_auth.mailboxes", "%q is none of %s (data/mailauth/receivers.yaml; one that is unverified is not believed)", clipText(id, 40), strings.Join(known, ", "))
		}
		in.Trust(receivers[i])
	}
	return in, nil
}

// authOf is what a check says to the brands. A forwarder that is trusted and
// saw the mail pass explains its failure here, and proves nothing, for it may
// have changed the text. What was left open, such as a key that is no longer
// published, is no failure of the sender.
func authOf(r mailauth.Result) brand.Auth {
	sum := r.Summary()
	if sum.ARCTrusted && !sum.Aligned || r.Changed {
		return brand.Auth{}
	}
	auth := brand.Auth{DMARC: sum.DMARC, Aligned: sum.Aligned, Partial: sum.Partial, SPF: sum.SPF, DKIM: sum.DKIM, DKIMDomains: sum.DKIMDomains}
	open := r.DMARC.Value == mailauth.NotChecked || r.DMARC.Value == mailauth.TempError
	if open && !sum.Aligned && !sum.FromTrustedHeader {
		auth = brand.Auth{}
	}
	if r.DMARC.Value == mailauth.NotChecked && claimsFailure(r) {
		auth.DMARC = brand.Fail
	}
	return auth
}

// claimsFailure reports whether the mail itself carries a DMARC failure that
// nobody vouches for. A pass of that kind is worth nothing, because the sender
// may have written it; a failure is believed, because nobody forges one
// against themselves.
func claimsFailure(r mailauth.Result) bool {
	for _, a := range r.Claimed {
		for _, m := range a.Results {
			if m.Name == "dmarc" && m.Value.String() == brand.Fail {
				return true
			}
		}
	}
	return false
}

// told turns what the person ticked or answered into findings: a tick is as
// good as words, and says where it comes from.
func (d *Desk) told(req Request, s *sight) []evidence.Finding {
	var out []evidence.Finding
	tick := func(list []string) {
		for _, id := range list {
			if w, ok := d.table.Weight(evidence.Code(id)); ok && w.Category != "" {
				out = append(out, evidence.Finding{Code: evidence.Code(id), Where: evidence.Where{Part: "call"}, Source: "told"})
			}
		}
	}
	if c := s.contact.Call; c != nil {
		tick(c.Asked)
		tick(c.Knew)
		if len(c.Knew) > 0 && !slices.ContainsFunc(out, func(f evidence.Finding) bool { return f.Code == "knows_order_details" }) {
			out = append(out, evidence.Finding{Code: "knows_order_details", Where: evidence.Where{Part: "call"}, Source: "told"})
		}
	}
	return out
}

// flagged finds red flags. What the other side wrote is judged by what it
// wrote: of the person's own words beside it only what they tell of themselves
// counts, or the story of a fraud would convict the honest notice of it. Where
// there are only words, they are the account of the contact.
func (d *Desk) flagged(s *sight) (fs, doubtful []evidence.Finding) {
	var told, written []*text.Reading
	for _, r := range s.readings {
		switch {
		case r.Part.Kind != contact.Told:
			if strings.TrimSpace(r.Part.Text) != "" {
				written = append(written, r)
			}
		case r.Part.Name == "transcript:me" || !voiced(s.contact.Channel):
			told = append(told, r)
		default:
			written = append(written, r)
		}
	}
	if len(written) == 0 {
		written, told = told, nil
	}
	fs, doubtful = d.flags.FindAll(written, s.contact.Channel)
	fs, doubtful = d.dilute(s, fs), d.dilute(s, doubtful)
	for _, f := range d.flags.Find(told, s.contact.Channel) {
		if w, ok := d.table.Weight(f.Code); ok && (w.Category == "" || w.Category == "account" || f.Code == "official_number_searched") {
			fs = append(fs, f)
		}
	}
	return fs, doubtful
}

// numbered dilutes what numbers in a long mail say, and where nobody is
// claimed to speak: every honest signature has a telephone number.
func (d *Desk) numbered(s *sight, fs []evidence.Finding) []evidence.Finding {
	for i := range fs {
		if fs[i].Code == "callback_number" && len(s.claimed) == 0 && s.contact.Channel == contact.Mail {
			fs[i].Strength = max(fs[i].Strength, 0.01) * 0.2
		}
	}
	return d.dilute(s, fs)
}

// dilute lets what stands in a long text count less: some words of every kind
// stand there by chance.
func (d *Desk) dilute(s *sight, fs []evidence.Finding) []evidence.Finding {
	size := 0
	for _, r := range s.readings {
		if k := r.Part.Kind; k != contact.Told && k != contact.Hidden || voiced(s.contact.Channel) {
			size += r.Size()
		}
	}
	claimed := len(s.claimed) > 0 || slices.ContainsFunc(fs, func(f evidence.Finding) bool {
		return f.Code == "impersonated_staff" || f.Code == "fake_department" || f.Code == "impersonates_authority"
	})
	for i := range fs {
		share := d.table.Dilution(string(s.contact.Channel), size, claimed)
		if share == 1 {
			continue
		}
		if fs[i].Strength == 0 {
			fs[i].Strength = 1
		}
		fs[i].Strength *= share
		fs[i].Diluted = share
	}
	return fs
}

// derive draws what follows from findings of several rooms.
func (s *sight) derive() {
	c := s.contact
	if c.StartedByUser == contact.NotSaid && s.has("user_started") {
		c.StartedByUser = contact.Yes
	}
	if c.StartedByUser == contact.Yes && !s.has("user_started") {
		s.add(evidence.Finding{Code: "user_started", Source: "told"})
	}
	if c.StartedByUser == contact.No {
		s.findings = slices.DeleteFunc(s.findings, func(f evidence.Finding) bool { return f.Code == "user_started" })
	}
	for _, f := range s.findings {
		if strings.HasPrefix(string(f.Code), "attachment_") && f.Code != "attachment_prompt" && f.Code != "attachment_ordinary" {
			s.add(evidence.Finding{Code: "attachment_prompt", Args: map[string]string{"words": f.Args["name"]}, Where: f.Where, Source: f.Source})
			break
		}
	}
}

// doneInWords are the playbooks whose situation the person tells in words.
func (s *sight) doneInWords() []string {
	var out []string
	for _, f := range s.findings {
		if id, ok := strings.CutPrefix(string(f.Code), "done_"); ok {
			out = append(out, id)
		}
	}
	return out
}

// asksPayment reports whether the contact wants new payment data.
func (s *sight) asksPayment() bool {
	return s.has("asks_card_bank") || s.has("asks_payment_update") || s.has("theme_unfulfilled_order")
}

// consult asks the books: the person's own orders as given, and the shop's for
// whom it vouches or whom an operator names. Nobody else's books are opened.
func (d *Desk) consult(ctx context.Context, req Request, who Caller, s *sight) ([]evidence.Finding, error) {
	if d.without.Orders {
		return nil, nil
	}
	q := record.Question{
		Channel: s.contact.Channel, At: s.contact.At, Mentions: mentionsOf(s.mentions, s.contact.At), Orders: ordersOf(req.Orders),
		AsksPayment: s.asksPayment(), PaymentPrompt: answerOf(req.PaymentPrompt), Key: d.cfg.RegisterKey,
	}
	if q.At.IsZero() {
		q.At = s.now
	}
	if d.cfg.OwnOrders != nil {
		q.Orders = append(q.Orders, d.cfg.OwnOrders...)
	}
	person, vouched, err := d.person(req, who)
	if err != nil {
		return nil, err
	}
	if vouched && d.cfg.Orders != nil {
		back := aside(ctx)
		shop, err := d.cfg.Orders.OrdersOf(ctx, recordPerson(person), q.Mentions.Orders)
		back()
		if err != nil {
			s.problems = append(s.problems, d.texts.Problems["orders"].In(s.lang))
		} else if shop != nil {
			// An empty list is an answer too: this person has no orders.
			q.Orders = append(append([]record.Order{}, q.Orders...), shop...)
		}
	}
	if to := append(slices.Clone(person.Phones), person.Mails...); vouched && d.cfg.Outbound != nil && len(to) > 0 {
		q.Claim = record.ClaimOf(s.contact, s.firstBrand(), req.SpokenCode, to)
		from, until := d.records.Span(q.Claim)
		back := aside(ctx)
		book, err := d.cfg.Outbound.ContactsTo(ctx, to, from, until)
		back()
		if err != nil {
			s.problems = append(s.problems, d.texts.Problems["register"].In(s.lang))
		} else {
			q.Book = &book
		}
	}
	fs := d.records.Findings(q)
	return append(fs, d.denied(s, fs)...), nil
}

func (s *sight) firstBrand() string {
	if len(s.claimed) == 0 {
		return ""
	}
	return s.claimed[0].ID
}

// denied: the person says that they did not order what the books show.
func (d *Desk) denied(s *sight, books []evidence.Finding) []evidence.Finding {
	if !s.has("user_denies_order") {
		return nil
	}
	for _, f := range books {
		if f.Code == "order_match" || f.Code == "order_match_archived" || f.Code == "order_match_hidden" {
			return []evidence.Finding{{Code: "order_not_mine", Args: f.Args, Source: "told"}}
		}
	}
	return nil
}

func recordPerson(person access.Person) record.Person {
	p := record.Person{Account: person.Account}
	for _, n := range person.Phones {
		p.Phones = append(p.Phones, ident.Phone(n))
	}
	for _, m := range person.Mails {
		if a, err := ident.ParseMail(m); err == nil {
			p.Mails = append(p.Mails, a)
		}
	}
	if len(person.Household) > 0 {
		p.Household = person.Household[0]
	}
	return p
}

// person returns whom the shop vouches for. A voucher that does not hold is an
// error, not a stranger: whoever has one must learn that it is not believed.
func (d *Desk) person(req Request, who Caller) (access.Person, bool, error) {
	if who.Operator && who.Of != nil {
		return *who.Of, true, nil
	}
	if d.cfg.Vouchers == nil || req.Voucher == "" {
		return access.Person{}, false, nil
	}
	p, err := d.cfg.Vouchers.Check(req.Voucher, d.cfg.Now())
	switch {
	case errors.Is(err, access.ErrNoVoucher):
		return access.Person{}, false, nil
	case err != nil:
		return access.Person{}, false, fault.New(fault.Forbidden, "voucher", "does not hold: ask the shop for a fresh one")
	}
	return p, true, nil
}

func answerOf(b *bool) contact.Answer {
	switch {
	case b == nil:
		return contact.NotSaid
	case *b:
		return contact.Yes
	}
	return contact.No
}

// gather lists what the contact mentions, for people.
func (d *Desk) gather(s *sight) {
	f := &s.found
	for _, o := range s.mentions.Orders {
		f.Orders = append(f.Orders, string(o.Number))
	}
	for _, a := range s.mentions.Amounts {
		f.Amounts = append(f.Amounts, money(a.Minor, a.Currency))
	}
	for _, i := range s.mentions.Items {
		f.Items = append(f.Items, i.Name)
	}
	for _, t := range s.mentions.Dates {
		f.Dates = append(f.Dates, t.In(s.contact.At).Format("01-02"))
	}
	for _, n := range d.allNumbers(s) {
		seen := NumberSeen{E164: string(n.E164), Country: n.Region, Area: d.phones.Area(n.E164, s.lang), Type: string(n.Type)}
		if seen.Report = d.reportOf(n.E164, s); seen.Report != nil {
			seen.Reports = seen.Report.Count
		}
		if n.E164 == "" {
			seen.E164 = n.Raw
		}
		if !slices.ContainsFunc(f.Numbers, func(x NumberSeen) bool { return x.E164 == seen.E164 }) {
			f.Numbers = append(f.Numbers, seen)
		}
	}
	for _, a := range s.links {
		if l := (LinkSeen{Host: a.Name(), Domain: string(a.Registrable), Text: a.Link.Text}); !slices.Contains(f.Links, l) {
			f.Links = append(f.Links, l)
		}
	}
	for _, a := range s.contact.Attachments {
		f.Files = append(f.Files, a.Name)
	}
	const most = 20
	f.Orders, f.Amounts, f.Items, f.Dates = clip(f.Orders, most), clip(f.Amounts, most), clip(f.Items, most), clip(f.Dates, most)
	f.Numbers, f.Links, f.Files = clip(f.Numbers, most), clip(f.Links, most), clip(f.Files, most)
}

// allNumbers are the number shown and those in the text.
func (d *Desk) allNumbers(s *sight) []phone.Number {
	var out []phone.Number
	if s.contact.Sender.Number != "" {
		if n, err := d.phones.Parse(s.contact.Sender.Number, s.country); err == nil {
			out = append(out, n)
		}
	}
	return append(out, s.numbers...)
}

func clip[S ~[]E, E any](s S, n int) S { return s[:min(len(s), n)] }

// money writes an amount as people read it.
func money(minor int64, currency string) string {
	switch currency {
	case "JPY", "KRW":
		return strings.TrimSpace(fmt.Sprintf("%d %s", minor, currency))
	}
	return strings.TrimSpace(fmt.Sprintf("%d.%02d %s", minor/100, minor%100, currency))
}

func mentionsOf(m mention.Mentions, at time.Time) record.Mentions {
	var out record.Mentions
	for _, o := range m.Orders {
		out.Orders = append(out.Orders, o.Number)
		out.Places = append(out.Places, o.Where)
	}
	for _, a := range m.Amounts {
		out.Amounts = append(out.Amounts, record.Amount{Minor: a.Minor, Currency: a.Currency})
	}
	for _, i := range m.Items {
		out.Items = append(out.Items, i.Name)
		out.Places = append(out.Places, i.Where)
	}
	for _, t := range m.Dates {
		out.Dates = append(out.Dates, t.In(at))
	}
	return out
}

// ordersOf turns the orders of a request into those of the books; nil stays
// nil, because "no list" and "an empty list" say different things.
func ordersOf(in []Order) []record.Order {
	if in == nil {
		return nil
	}
	out := make([]record.Order, 0, len(in))
	for _, o := range in {
		r := record.Order{
			ID: ident.Order(o.ID), PlacedAt: o.PlacedAt.Time(), Currency: strings.ToUpper(o.Currency), Status: record.Status(o.Status),
			Archived: o.Archived, Digital: o.Digital, PaymentRevisionPending: o.PaymentRevision,
		}
		if o.Household != "" {
			r.Household = record.SameHousehold
			if strings.Contains(strings.ToLower(string(o.Household)), "phone") {
				r.Household = record.SamePhone
			}
		}
		for _, i := range o.Items {
			r.Items = append(r.Items, record.Item{Name: i.Name, AmountMinor: i.AmountMinor})
			r.TotalMinor += i.AmountMinor
		}
		out = append(out, r)
	}
	return out
}
