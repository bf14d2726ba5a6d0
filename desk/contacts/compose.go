package contacts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/casework/playbook"
	"bonafide/casework/report"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/locale"
)

// voiced tells channels that come by voice from those that are written.
func voiced(c contact.Channel) bool { return c == contact.Call || c == contact.Voicemail }

// compose writes the answer from what was seen and decided.
func (d *Desk) compose(req Request, s *sight, es []evidence.Evidence, v verdict.Verdict) *Answer {
	lang := req.Lang
	a := &Answer{
		Verdict: string(v.Outcome), Probability: round(v.Probability, 5), Score: round(v.Bits, 3), Goals: []string{},
		Judged:  len(req.Raw) > 0 || strings.TrimSpace(req.Text+req.Words+req.From) != "" || req.Call != nil,
		Channel: string(s.contact.Channel), Lang: lang, Country: req.Country, Rules: v.Rules,
		Brands: s.claimed, Found: s.found, Evidence: []Line{}, Unsettled: []CodeText{}, NextSteps: []Step{}, ReportTo: []Receiver{},
		Fingerprint: d.fingerprint(s), Disclaimer: d.texts.Notes["disclaimer"].In(lang),
	}
	for _, g := range v.Goals {
		a.Goals = append(a.Goals, string(g))
		a.GoalTexts = append(a.GoalTexts, d.texts.Goals[string(g)].In(lang))
	}
	for _, e := range es {
		a.Evidence = append(a.Evidence, d.line(e, s, lang))
	}
	sit := d.situation(req, s, es, v)
	elsewhere := d.playbooks.Elsewhere(sit)
	for _, u := range v.Unsettled {
		if !elsewhere || !slices.Contains(ofShops, u) {
			a.Unsettled = append(a.Unsettled, CodeText{u, d.texts.Unsettled[u].In(lang)})
		}
	}
	a.Action = d.action(req, s, v, elsewhere).In(lang)
	if s.contact.Call != nil && s.contact.Call.Ongoing {
		a.Say = d.texts.Say["call"].In(lang)
	}
	a.Summary = d.summary(s, es, v, lang)
	a.Marked = mark(s, es)
	if req.Brief {
		return a
	}
	a.NextSteps, a.CallBack = d.steps(sit, s, lang)
	a.ReportTo = d.receiversFor(req, s, es, sit, lang)
	linkSteps(a)
	for _, f := range d.playbooks.Ready() {
		a.HaveReady = append(a.HaveReady, ReadyField{f.ID, f.Text.In(lang), f.Where.In(lang), f.Keep})
	}
	a.Notes = d.notes(req, s, es, lang)
	return a
}

func round(f float64, digits int) float64 {
	s, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
	return s
}

// line writes one piece of evidence for the reader.
func (d *Desk) line(e evidence.Evidence, s *sight, lang string) Line {
	w, _ := d.table.Weight(e.Code)
	l := Line{
		Code: string(e.Code), Bits: round(e.Bits, 2), Kind: string(e.Kind), Severity: string(w.Severity),
		Title: w.Title.In(lang), Text: evidence.Fill(w.Text.In(lang), locale.Args(lang, e.Args)), Why: w.Why.In(lang), Source: w.Source,
	}
	if e.Where != (evidence.Where{}) {
		where := e.Where
		l.Where = &where
	}
	if p, ok := d.promiseBroken(e, s); ok {
		l.Promise = &Promise{ID: p.ID, Brand: p.Brand, Text: p.Text.In(lang), Source: p.Source, AsOf: p.AsOf, Status: p.Status}
	}
	return l
}

// action is the one thing to do now.
func (d *Desk) action(req Request, s *sight, v verdict.Verdict, elsewhere bool) evidence.Text {
	c := s.contact
	kind := "message"
	if voiced(c.Channel) {
		kind = "call"
	}
	switch {
	case c.Call != nil && c.Call.Ongoing && v.Outcome != verdict.Genuine:
		return d.texts.Actions["ongoing"]
	case v.Outcome == verdict.GenuineAlarm:
		return d.texts.Actions["genuine_alarm"]
	case seriouslyDone(req.AlreadyDone) || len(req.Gave)+len(s.doneInWords()) > 0:
		return d.texts.Actions["done"]
	}
	if t, ok := d.texts.Actions[string(v.Outcome)+"_elsewhere"]; ok && elsewhere {
		return t
	}
	return d.texts.Actions[string(v.Outcome)+"_"+kind]
}

// ofShops is what settles nothing where no shop is in play.
var ofShops = []string{"look_in_orders", "message_center", "ask_the_shop"}

// seriouslyDone reports whether more has happened than receiving something.
func seriouslyDone(done []string) bool {
	return slices.ContainsFunc(done, func(id string) bool { return id != "only_received" })
}

// summary is the verdict in a sentence, with its weightiest reason.
func (d *Desk) summary(s *sight, es []evidence.Evidence, v verdict.Verdict, lang string) string {
	key := string(v.Outcome)
	args := map[string]string{"brand": s.brandName(lang), "reason": d.reason(es, v, lang)}
	if v.Outcome == verdict.Unknown && hasCode(es, "order_match") {
		key = "unknown_match"
	}
	return evidence.Fill(d.texts.Summaries[key].In(lang), args)
}

// reason names the evidence that decided: that of the rule, else the heaviest
// on the verdict's side.
func (d *Desk) reason(es []evidence.Evidence, v verdict.Verdict, lang string) string {
	if len(v.Rules) > 0 {
		if code, ok := strings.CutPrefix(v.Rules[0], "stands_alone:"); ok {
			w, _ := d.table.Weight(evidence.Code(code))
			return w.Title.In(lang)
		}
	}
	fraud := v.Outcome == verdict.Scam || v.Outcome == verdict.Suspicious
	for _, read := range []bool{false, true} { // what can be pointed at comes before how the text reads
		for _, e := range es {
			if e.Bits != 0 && (e.Bits > 0) == fraud && (e.Group == evidence.Model) == read {
				w, _ := d.table.Weight(e.Code)
				return w.Title.In(lang)
			}
		}
	}
	for _, e := range es {
		w, _ := d.table.Weight(e.Code)
		return w.Title.In(lang)
	}
	return "…"
}

func hasCode(es []evidence.Evidence, codes ...evidence.Code) bool {
	return slices.ContainsFunc(es, func(e evidence.Evidence) bool { return slices.Contains(codes, e.Code) })
}

// situation is what the playbooks need to know.
func (d *Desk) situation(req Request, s *sight, es []evidence.Evidence, v verdict.Verdict) playbook.Situation {
	sit := playbook.Situation{
		Done: req.AlreadyDone, Gave: req.Gave, Settled: req.Settled, Country: req.Country, Region: req.Region,
		Role: req.Role, Channel: string(s.contact.Channel), Outcome: string(v.Outcome), At: s.now,
		Ongoing: s.contact.Call != nil && s.contact.Call.Ongoing,
		Shop:    len(s.claimed)+len(s.found.Orders) > 0 || s.contact.Channel == contact.OrderNotice,
		Running: slices.ContainsFunc(req.AlreadyDone, func(id string) bool { return id == "account_taken_over" || id == "order_hidden" }),
	}
	for _, id := range s.doneInWords() {
		if !slices.Contains(sit.Done, id) {
			sit.Done = append(slices.Clip(sit.Done), id)
		}
	}
	if !seriouslyDone(sit.Done) {
		sit.Done = slices.DeleteFunc(slices.Clone(sit.Done), func(id string) bool { return id == "only_received" })
	}
	for _, e := range es {
		if e.Bits >= 0 {
			sit.Codes = append(sit.Codes, string(e.Code))
		}
	}
	return sit
}

// steps writes the plan for the reader.
func (d *Desk) steps(sit playbook.Situation, s *sight, lang string) ([]Step, []CodeText) {
	out := []Step{}
	for _, p := range d.playbooks.Plan(sit) {
		st := Step{
			Code: p.Code, Text: p.Text.In(lang), Urgency: string(p.Urgency), When: d.playbooks.Label(p.Urgency, lang),
			HaveReady: d.readyTexts(p.HaveReady, lang), Details: p.Details[lang], Note: p.Note.In(lang),
			Unconfirmed: p.Unconfirmed, AsOf: p.AsOf, who: append(slices.Clone(p.Who), p.Kinds...),
		}
		if st.Details == nil && p.Menu != "" {
			if m, ok := d.menu(s, p.Menu, lang); ok {
				st.Details, st.Unconfirmed, st.AsOf = m.Path, m.Unconfirmed, m.AsOf
			}
		}
		out = append(out, st)
	}
	var back []CodeText
	for _, c := range d.playbooks.CallBackLines(sit) {
		back = append(back, CodeText{c.Code, c.Text.In(lang)})
	}
	return out, back
}

// readyTexts turns ids of ready fields into words; plain words stay.
func (d *Desk) readyTexts(ids []string, lang string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, d.playbooks.ReadyText(id, lang))
	}
	return out
}

// kindsOf tells which kinds of receivers a situation calls for, most urgent
// first.
func kindsOf(sit playbook.Situation) []string {
	byDone := map[string][]string{
		"installed_remote": {"remote_access", "money_lost"}, "paid_transfer": {"money_lost"}, "paid_giftcard": {"gift_card", "money_lost"},
		"gave_card": {"card_used"}, "card_charged": {"card_used", "account_takeover"}, "gave_otp": {"account_takeover"},
		"account_taken_over": {"account_takeover"}, "order_hidden": {"account_takeover", "card_used"},
		"typed_password": {"account_takeover"}, "gave_identity": {"identity_theft"},
	}
	byGave := map[string]string{"card": "card_used", "bank": "money_lost", "ssn": "identity_theft", "tax_id": "identity_theft",
		"id_card": "identity_theft", "drivers_licence": "identity_theft", "passport": "identity_theft"}
	byChannel := map[string]string{"call": "call", "voicemail": "call", "sms": "sms", "chat": "chat", "web": "website",
		"mail": "mail", "order_notice": "mail", "letter": "mail", "screenshot": "mail"}
	var kinds []string
	for _, id := range sit.Done {
		kinds = append(kinds, byDone[id]...)
	}
	for _, g := range sit.Gave {
		if k := byGave[g]; k != "" {
			kinds = append(kinds, k)
		}
	}
	if sit.Outcome == string(verdict.GenuineAlarm) {
		kinds = append(kinds, "account_takeover", "card_used")
	}
	if sit.Outcome != string(verdict.Genuine) {
		kinds = append(kinds, byChannel[sit.Channel])
	}
	if len(sit.Done)+len(sit.Gave) > 0 {
		kinds = append(kinds, "advice")
	}
	return slices.DeleteFunc(kinds, func(k string) bool { return k == "" })
}

// maxReceivers bounds the list that a frightened person is shown.
const maxReceivers = 10

func (d *Desk) receiversFor(req Request, s *sight, es []evidence.Evidence, sit playbook.Situation, lang string) []Receiver {
	rs := d.receivers.For(report.Query{Country: req.Country, Region: req.Region, Kinds: kindsOf(sit)})
	if sit.Settled != nil && *sit.Settled {
		slices.SortStableFunc(rs, func(a, b report.Receiver) int { return boolInt(b.Role == "bank") - boolInt(a.Role == "bank") })
	}
	if d.playbooks.Elsewhere(sit) && len(sit.Done)+len(sit.Gave) == 0 {
		rs = slices.DeleteFunc(rs, func(r report.Receiver) bool { return r.Role == "platform" })
	}
	out := []Receiver{}
	facts := map[string]report.Facts{} // by language: most receivers share one
	for _, r := range rs[:min(len(rs), maxReceivers)] {
		w := d.receiver(r, lang, s.now)
		if r.Role != "infrastructure" && r.Role != "bank" {
			in := report.Language(r, lang)
			if _, ok := facts[in]; !ok {
				facts[in] = d.reportFacts(req, s, es, in).Prepared()
			}
			w.Report = d.receivers.Text(r, facts[in], in)
		}
		out = append(out, w)
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// receiver turns a receiver into what people are shown. A number may be tapped
// only when it was confirmed.
func (d *Desk) receiver(r report.Receiver, lang string, at time.Time) Receiver {
	r = r.For(lang)
	w := Receiver{
		ID: r.ID, Name: r.Name, Role: r.Role, Web: r.Web, Mail: r.Mail, SMS: r.SMS, Phone: r.Phone, Hours: r.Hours,
		Open: d.receivers.Open(r, at), Wants: r.Wants, Note: r.Note, Former: r.Former, Status: r.Status, AsOf: r.AsOf,
		Source: r.Source, Unconfirmed: r.Unconfirmed || r.Status == "unverified" || stale(r.AsOf, r.Status, at),
	}
	if !w.Unconfirmed {
		w.Tap = r.Tap
	}
	return w
}

// stale: a fact known only from a founding document and older than 24 months
// is shown as unconfirmed.
func stale(asOf, status string, at time.Time) bool {
	if status != "seed" || len(asOf) < 4 || at.IsZero() {
		return false
	}
	day := asOf
	switch len(asOf) {
	case 4:
		day += "-12-31"
	case 7:
		day += "-28"
	}
	t, err := time.Parse(time.DateOnly, day)
	return err == nil && at.After(t.AddDate(2, 0, 0))
}

// reportFacts are what a report can say of this contact.
func (d *Desk) reportFacts(req Request, s *sight, es []evidence.Evidence, lang string) report.Facts {
	f := report.Facts{
		Brand: s.brandName(lang), Country: req.Country, Channel: string(s.contact.Channel), Words: req.Words, At: s.contact.At,
		Sender: strings.TrimSpace(s.contact.Sender.Name + " " + bracket(s.contact.Sender.Mail.String())), Number: s.contact.Sender.Number,
		Orders: s.found.Orders, Amounts: s.found.Amounts, Attached: s.contact.Channel == contact.Mail && len(req.Raw) > 0,
	}
	if len(s.claimed) == 0 {
		f.Brand = ""
	}
	for _, p := range s.contact.Parts {
		if p.Name == "subject" {
			f.Subject = p.Text
		} else if p.Kind == contact.Said && f.Text == "" {
			f.Text = p.Text
		}
	}
	for _, e := range es {
		w, _ := d.table.Weight(e.Code)
		if e.Bits > 0 && w.Category != "" && w.Category != "style" {
			f.Claimed = append(f.Claimed, w.Title.In(lang))
		}
	}
	for _, n := range s.found.Numbers {
		f.Indicators = append(f.Indicators, n.E164)
	}
	for _, l := range s.found.Links {
		f.Links = append(f.Links, report.Defang(l.Host))
	}
	f.Indicators = append(f.Indicators, f.Links...)
	for _, id := range req.AlreadyDone {
		for _, p := range d.playbooks.Playbooks() {
			if p.ID == id {
				f.Gave = append(f.Gave, p.Title.In(lang))
			}
		}
	}
	return f
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return "<" + s + ">"
}

// linkSteps names, for every step, the receivers in the list that it is done
// with.
func linkSteps(a *Answer) {
	for i := range a.NextSteps {
		for _, r := range a.ReportTo {
			if slices.Contains(a.NextSteps[i].who, r.Role) {
				a.NextSteps[i].Receivers = append(a.NextSteps[i].Receivers, r.ID)
			}
		}
	}
}

// notes are what the reader should know beside the evidence.
func (d *Desk) notes(req Request, s *sight, es []evidence.Evidence, lang string) []string {
	var out []string
	note := func(key string, args map[string]string) {
		out = append(out, evidence.Fill(d.texts.Notes[key].In(lang), args))
	}
	out = append(out, s.problems...)
	if s.more > 0 {
		note("more", map[string]string{"count": fmt.Sprint(s.more)})
	}
	if hasCode(es, "accent_noted") {
		note("accent", nil)
	}
	if voiced(s.contact.Channel) && len(s.claimed) > 0 {
		note("calls_back", nil)
	}
	if season, ok := d.season(s); ok {
		note("season", map[string]string{"season": strings.TrimRight(season.Name, ".。"), "as_of": season.When})
	}
	if s.contact.Expected == contact.Yes {
		note("expected_no_proof", nil)
	}
	if req.Role == "business" || req.Recipients > 1 {
		note("business", map[string]string{"recipients": fmt.Sprint(max(req.Recipients, 1))})
	}
	return out
}

// mark cuts the parts that people read at the places of evidence.
func mark(s *sight, es []evidence.Evidence) []MarkedPart {
	var out []MarkedPart
	for _, p := range s.contact.Parts {
		if p.Kind == contact.Hidden || p.Text == "" {
			continue
		}
		out = append(out, MarkedPart{Name: p.Name, Runs: runs(p, es)})
	}
	return out
}

// maxMarked bounds how much of a part is shown with marks, in bytes.
const maxMarked = 20000

func runs(p contact.Part, es []evidence.Evidence) []Run {
	text := p.Text[:min(len(p.Text), maxMarked)]
	cuts := []int{0, len(text)}
	var marks []evidence.Evidence
	for _, e := range es {
		if e.Where.Part != p.Name || e.Where.End <= e.Where.Start || e.Where.End > len(text) || e.Bits == 0 {
			continue
		}
		marks = append(marks, e)
		cuts = append(cuts, e.Where.Start, e.Where.End)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []Run
	for i := 0; i+1 < len(cuts); i++ {
		r := Run{Text: text[cuts[i]:cuts[i+1]]}
		for _, e := range marks {
			if e.Where.Start <= cuts[i] && e.Where.End >= cuts[i+1] {
				r.Codes = append(r.Codes, string(e.Code))
				r.For = r.For || e.Bits > 0
			}
		}
		out = append(out, r)
	}
	return out
}
