package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/desk/accounts/coupling"
	"bonafide/desk/contacts"
	"bonafide/desk/reports"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
)

// ReportsDesk is the desk of contact reports as the pages use it.
type ReportsDesk interface {
	Draft(ctx context.Context, c reports.Checked, lang string) (string, reports.Consent, error)
	Send(ctx context.Context, w reports.Wish, from reports.From) (reports.Receipt, error)
	List(ctx context.Context, a access.Actor, q reports.Query) (reports.Listing, error)
	Open(ctx context.Context, a access.Actor, id store.ReportID) (reports.View, error)
	Unmask(ctx context.Context, a access.Actor, id store.ReportID, reason string) (reports.View, error)
	SetStatus(ctx context.Context, a access.Actor, id store.ReportID, status store.ReportStatus, revision int64) error
	Export(ctx context.Context, a access.Actor, w reports.ExportWish) (*reports.Export, error)
	Erase(ctx context.Context, a access.Actor, id store.ReportID, reason string) (reports.Certificate, error)
}

// CouplesDesk ties reports to accounts, as the pages use it.
type CouplesDesk interface {
	Tie(ctx context.Context, a access.Actor, id store.ReportID, w coupling.Tie) (coupling.Tied, error)
}

// reportDraft is a report that waits in the reader's browser for their
// agreement.
type reportDraft struct {
	reports.Consent
	Sealed string
}

// draft seals what was checked, so that it can be reported without being
// entered again; nil where reports are not taken or there is nothing to report.
// The check itself never fails for it.
func (w *Web) draft(r *http.Request, req contacts.Request, a *contacts.Answer) *reportDraft {
	if w.opt.Reports == nil || !a.Judged {
		return nil
	}
	sealed, consent, err := w.opt.Reports.Draft(r.Context(), reports.CheckedOf(reports.Shown{
		Channel: a.Channel, Country: a.Country, From: req.From, Number: callNumber(req), Parts: parts(a), Outcome: a.Verdict, Probability: a.Probability,
		Codes: codes(a), Fingerprint: signature(a), Orders: a.Found.Orders}), w.language(r))
	if err != nil {
		return nil
	}
	return &reportDraft{Consent: consent, Sealed: sealed}
}

func callNumber(req contacts.Request) string {
	if req.Call == nil {
		return ""
	}
	return req.Call.Number
}

func parts(a *contacts.Answer) []string {
	var out []string
	for _, p := range a.Marked {
		var b strings.Builder
		for _, r := range p.Runs {
			b.WriteString(r.Text)
		}
		out = append(out, b.String())
	}
	return out
}

func codes(a *contacts.Answer) []evidence.Code {
	out := make([]evidence.Code, 0, len(a.Evidence))
	for _, l := range a.Evidence {
		out = append(out, evidence.Code(l.Code))
	}
	return out
}

func signature(a *contacts.Answer) string {
	if a.Fingerprint == nil {
		return ""
	}
	return a.Fingerprint.Signature
}

// network is the part of the client's address that reports are counted by.
func (v *visit) network() string {
	a := v.from().Address.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}.String()
	}
	return p.String()
}

// taken reports whether reports are there at all.
func (v *visit) taken() error {
	if v.opt.Reports == nil {
		return fault.New(fault.NotFound, "", "reports are not taken here")
	}
	return nil
}

// reportThis keeps what the reader agreed to send. Who is logged in here sends
// it like everybody else: a report is tied to nobody.
func (v *visit) reportThis() error {
	if err := v.taken(); err != nil {
		return err
	}
	got, err := v.opt.Reports.Send(v.r.Context(), reports.Wish{Draft: v.field("draft"), Consent: v.field("consent"), Agreed: v.field("agree") == "yes"},
		reports.From{Door: "web", Network: v.network()})
	if err == nil {
		v.render(v.rw, v.r, http.StatusOK, "reported", "reported.title", got)
		return nil
	}
	keys := map[string]string{"consent": "reported.error.consent", "draft": "reported.error.draft", "report": "reported.error.wait"}
	var f *fault.Error
	if !errors.As(err, &f) || keys[f.Field] == "" {
		return err
	}
	_, code, _ := v.problem(err)
	if f.Kind == fault.Temporary {
		v.rw.Header().Set("Retry-After", "3600")
	}
	v.render(v.rw, v.r, code, "error", "error.title", errorData{Text: v.texts.Get(v.language(v.r), keys[f.Field]), Detail: f.Error()})
	return nil
}

// reportsPage is how many reports a page lists.
const reportsPage = 25

// choice is one field of the filter.
type choice struct {
	Name, Chosen string
	Values       []string
	Text         func(string) string
}

// reportsData is the list of reports.
type reportsData struct {
	reports.Listing
	Q, From, Until string
	Selects        []choice
	// Narrowed: something is chosen beside the search.
	Narrowed bool
	// More is the address of the next page.
	More string
	// Kept are the fields by which an export asks for the same.
	Kept map[string]string
}

// day reads a day of a form; the zero time where there is none.
func day(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1971 || t.Year() > 9000 {
		return time.Time{}, fault.New(fault.Invalid, name, "is no day: want YYYY-MM-DD")
	}
	return t, nil
}

// query reads the filter and search from an address or a form.
func (v *visit) query(get func(string) string) (q reports.Query, err error) {
	q.Search = strings.TrimSpace(get("q"))
	q.Filter = store.ReportFilter{Status: store.ReportStatus(get("status")), Outcome: verdict.Outcome(get("outcome")), Channel: contact.Channel(get("channel")), Lang: get("lang_of")}
	if q.Filter.From, err = day("from", get("from")); err != nil {
		return q, err
	}
	if q.Filter.Until, err = day("until", get("until")); err != nil {
		return q, err
	}
	if !q.Filter.Until.IsZero() {
		q.Filter.Until = q.Filter.Until.AddDate(0, 0, 1) // the day itself is meant, too
	}
	return q, nil
}

func names[T ~string](list []T) []string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func (v *visit) reports() error {
	if err := v.taken(); err != nil {
		return err
	}
	asked := v.r.URL.Query()
	get := func(name string) string { return clip(asked.Get(name), 1000) }
	lang := v.language(v.r)
	text := func(prefix string) func(string) string {
		return func(s string) string { return v.texts.Get(lang, prefix+s) }
	}
	d := reportsData{Q: get("q"), From: get("from"), Until: get("until"), Kept: map[string]string{}, Selects: []choice{
		{"status", get("status"), names(store.ReportStatuses()), text("reports.status.")},
		{"outcome", get("outcome"), names(verdict.Outcomes()), text("result.verdict.")},
		{"channel", get("channel"), names(contact.Channels()), text("channel.")},
		{"lang_of", get("lang_of"), []string{"en", "de", "ja", "fr", "es", "it", "pt", "nl"}, view{}.LangName},
	}}
	for _, name := range []string{"q", "status", "outcome", "channel", "lang_of", "from", "until"} {
		if x := get(name); x != "" {
			d.Kept[name] = x
			d.Narrowed = d.Narrowed || name != "q"
		}
	}
	q, err := v.query(get)
	if err == nil {
		q.Page.Limit = reportsPage
		q.Page.After, err = store.ParseKey(clip(asked.Get("after"), 200))
	}
	if err == nil {
		d.Listing, err = v.opt.Reports.List(v.r.Context(), v.who.Actor, q)
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		said, code, _ := v.problem(err)
		d.Narrowed, d.Any = true, false
		return v.page(code, "reports", "reports.title", d, said)
	}
	if err != nil {
		return err
	}
	if !d.Next.IsZero() {
		next := url.Values{"after": {d.Next.String()}}
		for name, x := range d.Kept {
			next.Set(name, x)
		}
		d.More = "/reports?" + next.Encode()
	}
	return v.page(http.StatusOK, "reports", "reports.title", d, "")
}

// reportData is the page of one report.
type reportData struct {
	reports.View
	// Percent and Chance are the probability and the words for it.
	Percent, Chance string
	Titles          []string
	Statuses        []store.ReportStatus
	// Typed is a tie that could not be made.
	Typed coupling.Tie
}

func (v *visit) reportID() store.ReportID { return store.ReportID(v.r.PathValue("id")) }

func (v *visit) showReport(x reports.View, err error) error {
	if err != nil {
		return err
	}
	return v.reportPage(http.StatusOK, reportData{View: x}, "")
}

func (v *visit) reportPage(code int, d reportData, problem string) error {
	x := d.View
	d.Statuses = store.ReportStatuses()
	d.Percent, d.Chance = percent(x.Probability)
	for _, t := range v.desk.FlagTitles(v.language(v.r), names(x.Codes)...) {
		if t.Text != "" && !slices.Contains(d.Titles, t.Text) {
			d.Titles = append(d.Titles, t.Text)
		}
	}
	return v.page(code, "report", "report.title", d, problem)
}

// tieReport ties a report to an account of the shop.
func (v *visit) tieReport() error {
	if err := v.taken(); err != nil {
		return err
	}
	if v.opt.Couples == nil {
		return fault.New(fault.NotFound, "", "no events of accounts are taken here")
	}
	w := coupling.Tie{Account: clip(v.field("account"), 200), Order: clip(v.field("order"), 200), Knew: v.field("knew") != ""}
	_, err := v.opt.Couples.Tie(v.r.Context(), v.who.Actor, v.reportID(), w)
	if text, code, ok := v.mended("report.tie", err); ok {
		x, err := v.opt.Reports.Open(v.r.Context(), v.who.Actor, v.reportID())
		if err != nil {
			return err
		}
		return v.reportPage(code, reportData{View: x, Typed: w}, text)
	}
	return v.after(err, v.back)
}

func (v *visit) openReport() error {
	if err := v.taken(); err != nil {
		return err
	}
	return v.showReport(v.opt.Reports.Open(v.r.Context(), v.who.Actor, v.reportID()))
}

func (v *visit) unmaskReport() error {
	if err := v.taken(); err != nil {
		return err
	}
	return v.showReport(v.opt.Reports.Unmask(v.r.Context(), v.who.Actor, v.reportID(), v.field("reason")))
}

func (v *visit) setReportStatus() error {
	if err := v.taken(); err != nil {
		return err
	}
	revision, _ := strconv.ParseInt(v.field("revision"), 10, 64)
	return v.after(v.opt.Reports.SetStatus(v.r.Context(), v.who.Actor, v.reportID(), store.ReportStatus(v.field("status")), revision), v.back)
}

func (v *visit) eraseReport() error {
	if err := v.taken(); err != nil {
		return err
	}
	c, err := v.opt.Reports.Erase(v.r.Context(), v.who.Actor, v.reportID(), v.field("reason"))
	if err != nil {
		return err
	}
	v.back = "/reports" // the page of the report is gone
	return v.page(http.StatusOK, "erased", "erased.title", c, "")
}

func (v *visit) exportReports() error {
	if err := v.taken(); err != nil {
		return err
	}
	q, err := v.query(v.field)
	if err != nil {
		return err
	}
	format := reports.Format(v.field("format"))
	e, err := v.opt.Reports.Export(v.r.Context(), v.who.Actor, reports.ExportWish{Query: q, Format: format, Reason: v.field("reason"), Clear: v.field("clear") != ""})
	if err != nil {
		return err
	}
	h := v.rw.Header()
	h.Set("Content-Type", map[reports.Format]string{reports.CSV: "text/csv; charset=utf-8", reports.NDJSON: "application/x-ndjson"}[format])
	h.Set("Content-Disposition", `attachment; filename="reports.`+string(format)+`"`)
	h.Set("Cache-Control", "no-store")
	if err := e.Write(v.r.Context(), v.rw); err != nil {
		// What is on its way cannot be taken back: the connection breaks, so that
		// half a file is not taken for a whole one.
		panic(http.ErrAbortHandler)
	}
	return nil
}
