package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/account/replay"
	"bonafide/desk/policies"
	"bonafide/desk/replays"
	"bonafide/fault"
	"bonafide/locale"
	"bonafide/web/chart"
)

// ReplaysDesk is the desk of replays as the pages use it.
type ReplaysDesk interface {
	Start(ctx context.Context, a access.Actor, w replays.Wish) (replays.Run, error)
	List(ctx context.Context, a access.Actor) ([]replays.Run, error)
	Open(ctx context.Context, a access.Actor, number int64) (replays.Run, error)
	Cancel(ctx context.Context, a access.Actor, number int64) error
	Limits() replays.Limits
}

func (v *visit) replayed() error {
	if v.opt.Replays == nil {
		return fault.New(fault.NotFound, "", "no events are kept here, so none can be replayed")
	}
	return nil
}

// replaysData is the list of replays with the form that starts one.
type replaysData struct {
	List []replays.Run
	// Choices are policies that can be tried.
	Choices        []policies.View
	Limits         replays.Limits
	Policy         int64
	Against        int64
	FromDay, ToDay string
}

func (v *visit) replays() error {
	if err := v.replayed(); err != nil {
		return err
	}
	now := time.Now().UTC()
	n, err := strconv.ParseInt(v.r.URL.Query().Get("policy"), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	return v.showReplays(http.StatusOK, replaysData{Policy: n, Against: replays.Live, FromDay: now.AddDate(0, 0, -7).Format(time.DateOnly), ToDay: now.Format(time.DateOnly)}, "")
}

func (v *visit) showReplays(code int, d replaysData, said string) (err error) {
	ctx, a := v.r.Context(), v.who.Actor
	if d.List, err = v.opt.Replays.List(ctx, a); err != nil {
		return err
	}
	if v.opt.Policies != nil {
		if d.Choices, _, err = v.opt.Policies.ListWithSteps(ctx, a, 0, 100); err != nil {
			return err
		}
	}
	d.Limits = v.opt.Replays.Limits()
	return v.page(code, "replays", "replays.title", d, said)
}

// startReplay starts a replay of whole days: the last one is meant, too.
func (v *visit) startReplay() error {
	if err := v.replayed(); err != nil {
		return err
	}
	d := replaysData{FromDay: clip(v.field("from"), 20), ToDay: clip(v.field("until"), 20)}
	var notPolicy, notAgainst, notFrom, notTo error
	d.Policy, notPolicy = strconv.ParseInt(v.field("policy"), 10, 64)
	d.Against, notAgainst = strconv.ParseInt(v.field("against"), 10, 64)
	w := replays.Wish{Policy: d.Policy, Against: d.Against}
	w.From, notFrom = day("from", d.FromDay)
	w.To, notTo = day("until", d.ToDay)
	if !w.To.IsZero() {
		w.To = w.To.AddDate(0, 0, 1)
	}
	err := errors.Join(notFrom, notTo)
	if err == nil && errors.Join(notPolicy, notAgainst) != nil {
		err = fault.New(fault.Invalid, "policy", "is no number of a policy: choose one")
	}
	var run replays.Run
	if err == nil {
		run, err = v.opt.Replays.Start(v.r.Context(), v.who.Actor, w)
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Invalid || k == fault.Conflict) {
		key, code := "replays.error.period", http.StatusUnprocessableEntity
		if k == fault.Conflict {
			key, code = "replays.error.many", http.StatusConflict
		}
		return v.showReplays(code, d, v.texts.Get(v.language(v.r), key, "days", strconv.Itoa(v.opt.Replays.Limits().MaxDays)))
	}
	if err != nil {
		return err
	}
	v.see("/replays/" + strconv.FormatInt(run.Number, 10))
	return nil
}

// replayData is the page of one replay.
type replayData struct {
	replays.Run
	Charts []chart.Chart
	Money  []moneyChart
}

// moneyChart is the money of one currency.
type moneyChart struct {
	chart.Chart
	replay.Money
}

// Percent is how much of the period was read.
func (d replayData) Percent() int { return int(d.Share()*100 + .5) }

// Newly is how many accounts are stopped newly.
func (d replayData) Newly() int { return d.Result.NewlyCaught + d.Result.NewlyAnnoyed }

func (v *visit) replay() error {
	if err := v.replayed(); err != nil {
		return err
	}
	run, err := v.opt.Replays.Open(v.r.Context(), v.who.Actor, v.number())
	if err != nil {
		return err
	}
	d := replayData{Run: run}
	if run.Result != nil {
		lang := v.language(v.r)
		d.draw(staffView{view: view{Lang: lang, texts: v.texts}})
	}
	return v.page(http.StatusOK, "replay", "replay.title", d, "")
}

func (v *visit) cancelReplay() error {
	if err := v.replayed(); err != nil {
		return err
	}
	return v.after(v.opt.Replays.Cancel(v.r.Context(), v.who.Actor, v.number()), v.back)
}

// Share is a share for people, as per cent; a dash where there is none.
func (s staffView) Share(x *float64) string {
	if x == nil {
		return "–"
	}
	return locale.Percent(s.Lang, s.Decimal(strconv.FormatFloat(100**x, 'f', 1, 64)))
}

func bar(label, text, class string, value float64) chart.Row {
	return chart.Row{Label: label, Text: text, Class: class, Value: value}
}

// draw makes the diagrams of a report.
func (d *replayData) draw(s staffView) {
	r := d.Result
	n := func(x int) string { return s.Count(int64(x)) }
	d.Charts = append(d.Charts, chart.Rows("accounts", s.T("replay.accounts"), s.T("replay.accounts.desc", "caught", n(r.NewlyCaught), "missed", n(r.NewlyMissed), "annoyed", n(r.NewlyAnnoyed), "freed", n(r.NewlyFreed)),
		[]chart.Row{bar(s.T("replay.caught"), n(r.NewlyCaught), "good", float64(r.NewlyCaught)), bar(s.T("replay.missed"), n(r.NewlyMissed), "bad", float64(r.NewlyMissed)),
			bar(s.T("replay.annoyed"), n(r.NewlyAnnoyed), "bad", float64(r.NewlyAnnoyed)), bar(s.T("replay.freed"), n(r.NewlyFreed), "good", float64(r.NewlyFreed))}, 0))
	var shares []chart.Row
	for _, x := range []struct {
		key       string
		base, now *float64
	}{{"replay.precision", r.Baseline.Precision, r.Candidate.Precision}, {"replay.recall", r.Baseline.Recall, r.Candidate.Recall}} {
		for i, p := range []*float64{x.base, x.now} {
			if p != nil {
				shares = append(shares, bar(s.T(x.key)+" · "+s.T([]string{"replay.base", "replay.cand"}[i]), s.Share(p), []string{"base", "cand"}[i], *p))
			}
		}
	}
	if len(shares) > 0 {
		d.Charts = append(d.Charts, chart.Rows("shares", s.T("replay.shares"), s.T("replay.shares.desc"), shares, 1))
	}
	if len(r.Days) > 1 {
		d.Charts = append(d.Charts, chart.Days("days", s.T("replay.days"), s.T("replay.days.desc"), r.Days, s.Count))
	}
	for i, m := range r.Money {
		if m.Placed == 0 || i >= maxMoneyCharts {
			continue
		}
		row := func(key, class string, x int64) chart.Row {
			return bar(s.T(key), s.Money(x, m.Currency), class, float64(x))
		}
		rows := []chart.Row{row("replay.money.base", "base", m.Baseline), row("replay.money.cand", "cand", m.Candidate)}
		if m.Fraud > 0 {
			rows = append(rows, row("replay.money.saved.base", "base", m.FraudBaseline), row("replay.money.saved.cand", "cand", m.FraudCandidate))
		}
		d.Money = append(d.Money, moneyChart{chart.Rows("money-"+m.Currency, s.T("replay.money", "currency", m.Currency), s.T("replay.money.desc", "placed", s.Money(m.Placed, m.Currency)), rows, 0), m})
	}
}

// maxMoneyCharts bounds the currencies that have a diagram; all stand in the table.
const maxMoneyCharts = 6

// Date is a day for people, in UTC; empty for none.
func (s staffView) Date(t time.Time) string { return locale.Day(s.Lang, t.UTC()) }

// Num is Count of an int.
func (s staffView) Num(n int) string { return s.Count(int64(n)) }
