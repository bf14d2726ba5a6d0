package web

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"bonafide/desk/contacts"
	"bonafide/fault"
)

// resultData is an answer, cut for a small screen: what to do now stands first,
// and long lists are folded after their first entries.
type resultData struct {
	*contacts.Answer
	// Percent is the probability without false certainty, never 0 or 100;
	// ChanceKey the text that it stands in.
	Percent, ChanceKey string
	// StepsOnly: somebody told what happened, not what was said; there is
	// nothing to judge, only something to do.
	StepsOnly bool
	// ForOther: it happened to somebody else than the reader.
	ForOther                       bool
	For, ForMore, Against, Context []numbered
	Parts                          [][]marked
	Urgencies                      []urgency
	Near, NearMore                 []contacts.Receiver
	Done                           bool
	// Draft is the report that the reader may send; nil: none can be sent.
	Draft *reportDraft
}

// numbered is a piece of evidence with the number that marks it in the text; 0
// when the text has no such place.
type numbered struct {
	contacts.Line
	Number int
}

// marked is a run of the text; Ends are the numbers whose place ends with it.
type marked struct {
	Text string
	Seen bool
	For  bool
	Ends []int
}

type urgency struct {
	Code, When string
	Open       bool
	Steps      []step
}

// step is a step with the names of whom it is done with.
type step struct {
	contacts.Step
	With []contacts.CodeText
}

// How much stands open before the rest is folded.
const (
	openReasons   = 4
	openReceivers = 3
	openSteps     = 3
)

func (w *Web) check(rw http.ResponseWriter, r *http.Request) {
	req, err := w.form(rw, r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	a, err := w.desk.Check(r.Context(), req, contacts.Caller{})
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if code, ok := w.knownCountry(r.PostFormValue("country")); ok {
		w.remember(rw, r, countryCookie, code)
	}
	d := arrange(a)
	d.ForOther = r.PostFormValue("about") == "other"
	d.Done = len(req.AlreadyDone)+len(req.Gave) > 0
	d.StepsOnly = d.Done && a.Verdict == "unknown"
	d.Draft = w.draft(r, req, a)
	w.render(rw, r, http.StatusOK, "result", "result.title", d)
}

// arrange cuts an answer for the page. It adds nothing and leaves nothing out.
func arrange(a *contacts.Answer) resultData {
	d := resultData{Answer: a}
	// "Cannot tell" and a bare chance beside it would be two answers.
	if d.Percent, d.ChanceKey = percent(a.Probability); a.Verdict == "unknown" {
		d.ChanceKey = map[bool]string{true: "result.estimate.weak", false: "result.estimate.none"}[a.Probability >= 0.5]
	}
	numbers := number(a)
	for _, l := range a.Evidence {
		n := numbered{Line: l, Number: numbers[l.Code]}
		if n.Promise != nil && !claims(a, n.Promise.Brand) {
			n.Promise = nil
		}
		switch {
		case l.Bits > 0:
			d.For = append(d.For, n)
		case l.Bits < 0:
			d.Against = append(d.Against, n)
		default:
			d.Context = append(d.Context, n)
		}
	}
	d.For, d.ForMore = fold(d.For, openReasons)
	d.Near, d.NearMore = fold(a.ReportTo, openReceivers)
	for _, p := range a.Marked {
		d.Parts = append(d.Parts, mark(p.Runs, numbers))
	}
	d.Urgencies = urgencies(a)
	return d
}

// fold splits a list after n entries, but not to hide a single one.
func fold[T any](list []T, n int) (first, rest []T) {
	if len(list) <= n+1 {
		return list, nil
	}
	return list[:n], list[n:]
}

// percent never says 0 or 100: no check is certain.
func percent(p float64) (number, key string) {
	switch n := int(p*100 + 0.5); {
	case n >= 100:
		return "99", "result.probability.over"
	case n <= 0:
		return "1", "result.probability.under"
	default:
		return strconv.Itoa(n), "result.probability"
	}
}

// claims reports whether a contact claims to come from a brand. The promise of
// another brand says nothing about it.
func claims(a *contacts.Answer, brand string) bool {
	return len(a.Brands) == 0 || slices.ContainsFunc(a.Brands, func(c contacts.Claimed) bool {
		return strings.EqualFold(c.ID, brand) || strings.HasPrefix(c.Name, brand)
	})
}

// number gives every piece of evidence that is marked in the text a number, in
// the order of weight.
func number(a *contacts.Answer) map[string]int {
	seen := map[string]bool{}
	for _, p := range a.Marked {
		for _, r := range p.Runs {
			for _, c := range r.Codes {
				seen[c] = true
			}
		}
	}
	out := map[string]int{}
	for _, l := range a.Evidence {
		if seen[l.Code] && l.Bits > 0 && out[l.Code] == 0 {
			out[l.Code] = len(out) + 1
		}
	}
	for _, l := range a.Evidence {
		if seen[l.Code] && out[l.Code] == 0 {
			out[l.Code] = len(out) + 1
		}
	}
	return out
}

func mark(runs []contacts.Run, numbers map[string]int) []marked {
	out := make([]marked, 0, len(runs))
	for i, r := range runs {
		m := marked{Text: r.Text, Seen: len(r.Codes) > 0, For: r.For}
		for _, c := range r.Codes {
			goesOn := i+1 < len(runs) && slices.Contains(runs[i+1].Codes, c)
			if n := numbers[c]; n > 0 && !goesOn && !slices.Contains(m.Ends, n) {
				m.Ends = append(m.Ends, n)
			}
		}
		slices.Sort(m.Ends)
		out = append(out, m)
	}
	return out
}

func urgencies(a *contacts.Answer) []urgency {
	names := map[string]string{}
	for _, r := range a.ReportTo {
		names[r.ID] = r.Name
	}
	var out []urgency
	shown := 0
	for _, s := range a.NextSteps {
		if n := len(out); n == 0 || out[n-1].Code != s.Urgency {
			open := shown < openSteps || s.Urgency == "now" || s.Urgency == "hour"
			out = append(out, urgency{Code: s.Urgency, When: s.When, Open: open})
		}
		shown++
		u := &out[len(out)-1]
		st := step{Step: s}
		for _, id := range s.Receivers {
			if names[id] != "" {
				st.With = append(st.With, contacts.CodeText{Code: id, Text: names[id]})
			}
		}
		u.Steps = append(u.Steps, st)
	}
	return out
}

// report writes a report mail from the same form again: nothing was kept.
func (w *Web) report(rw http.ResponseWriter, r *http.Request) {
	req, err := w.form(rw, r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	raw, err := w.desk.ReportMail(r.Context(), req, r.PostFormValue("receiver"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Type", "message/rfc822")
	rw.Header().Set("Content-Disposition", `attachment; filename="report.eml"`)
	_, _ = rw.Write(raw)
}

// fail shows an error in the reader's words; its cause stays inside. What the
// desk says of a wrong field is English, so it stands below as a detail.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	key, code, detail := "error.internal", http.StatusInternalServerError, ""
	var tooLarge *http.MaxBytesError
	var f *fault.Error
	switch {
	case errors.As(err, &tooLarge) || fault.KindOf(err) == fault.TooLarge:
		key, code = "error.large", http.StatusRequestEntityTooLarge
	case errors.Is(err, errForm):
		key, code = "error.form", http.StatusBadRequest
	case errors.As(err, &f) && f.Kind == fault.NotConfigured:
		key, code, detail = "error.cannot", http.StatusUnprocessableEntity, f.Text
	case errors.As(err, &f) && f.Kind == fault.Invalid && f.Field == "":
		key, code = "error.empty", http.StatusUnprocessableEntity
	case errors.As(err, &f) && f.Kind == fault.Invalid && f.Field == "raw":
		key, code, detail = "error.file", http.StatusUnprocessableEntity, f.Text
	case errors.As(err, &f) && f.Kind != fault.Internal:
		key, code, detail = "error.form", http.StatusUnprocessableEntity, f.Error()
	}
	w.render(rw, r, code, "error", "error.title", errorData{Text: w.texts.Get(w.language(r), key), Detail: detail})
}

var (
	onlyHost = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/[\w./~%-]*)?$`)
	onlyMail = regexp.MustCompile(`^[\w.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$`)
	sourceID = regexp.MustCompile(`^([a-z0-9_]+: )+`)
)

// way is how to reach a receiver: what can be used, the link to it when it may
// be one, and what else is said of it.
type way struct{ Text, Link, Rest string }

// site links to a confirmed receiver's site when one plain address stands
// there.
func site(r contacts.Receiver) way {
	w := cut(r.Web)
	if !r.Unconfirmed && onlyHost.MatchString(w.Text) {
		w.Link = "https://" + w.Text
	}
	return w
}

// mailbox links to a confirmed receiver's mail address.
func mailbox(r contacts.Receiver) way {
	w := cut(r.Mail)
	if !r.Unconfirmed && onlyMail.MatchString(w.Text) {
		w.Link = "mailto:" + w.Text
	}
	return w
}

// cut splits "7726 (forward the text)" into what is used and what is said of it.
func cut(s string) way {
	text, rest, ok := strings.Cut(s, " (")
	if !ok {
		return way{Text: s}
	}
	return way{Text: text, Rest: "(" + rest}
}

// dated is a date that can be shown, "" for words that say there is none.
func dated(asOf any) string {
	s := fmt.Sprint(asOf)
	if s == "" || s[0] < '0' || s[0] > '9' {
		return ""
	}
	return s
}

// source is how a source is called, without the id that our files use.
func source(list []string) string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, sourceID.ReplaceAllString(s, ""))
	}
	return strings.Join(out, "; ")
}

// script is the language to mark a foreign text with, for voices that read the
// page: Japanese when it has kana or kanji, else none.
func script(text string) string {
	for _, r := range text {
		if unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) {
			return "ja"
		}
	}
	return ""
}
