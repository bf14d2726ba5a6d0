package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/casework/compromise"
	"bonafide/desk/accounts/leaks"
	"bonafide/fault"
	"bonafide/web/chart"
)

// LeaksDesk looks for who may have leaked orders.
type LeaksDesk interface {
	Look(ctx context.Context, a access.Actor, w leaks.Wish) (leaks.Found, error)
}

// leaksData is the page of the look for leaks.
type leaksData struct {
	leaks.Found
	// Looked is false where the period could not be looked at.
	Looked         bool
	FromDay, ToDay string
	Kind, Name     string
	Kinds          []string
	Charts         []chart.Chart
}

// Shown is the name of a party: as it was typed, else the beginning of its hash.
func (d leaksData) Shown(p compromise.Party) string {
	if g := d.Given[p.Name]; g != "" {
		return g
	}
	if r := []rune(p.Name); len(r) > 16 {
		return string(r[:12]) + "…"
	}
	return p.Name
}

// P is a p-value for people.
func (leaksData) P(x float64, lang string) string { return leaks.Number(x, lang) }

// leaks looks at a period. A name is posted, so that it stands in no address.
func (v *visit) leaks() error {
	if v.opt.Leaks == nil {
		return fault.New(fault.NotFound, "", "no events are kept here, so none can be looked at")
	}
	get := func(name string) string { return clip(v.r.FormValue(name), 20) }
	now := time.Now().UTC()
	d := leaksData{FromDay: get("from"), ToDay: get("until"), Kind: get("kind"), Name: clip(v.field("name"), 200), Kinds: []string{"seller", "courier", "warehouse"}}
	if d.FromDay == "" && d.ToDay == "" {
		d.FromDay, d.ToDay = now.AddDate(0, 0, -55).Format(time.DateOnly), now.Format(time.DateOnly)
	}
	w := leaks.Wish{Lang: v.language(v.r)}
	if d.Name != "" {
		w.Names = []compromise.Party{{Kind: d.Kind, Name: d.Name}}
	}
	var err, late error
	w.From, err = day("from", d.FromDay)
	if w.To, late = day("until", d.ToDay); !w.To.IsZero() {
		w.To = w.To.AddDate(0, 0, 1)
	}
	if err = errors.Join(err, late); err == nil {
		ctx, cancel := context.WithTimeout(v.unhurried(), leaksFor)
		defer cancel()
		d.Found, err = v.opt.Leaks.Look(ctx, v.who.Actor, w)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooLarge:
		return v.page(http.StatusUnprocessableEntity, "leaks", "leaks.title", d, v.texts.Get(v.language(v.r), "leaks.error.period"))
	}
	if err != nil {
		return err
	}
	d.Looked = true
	d.draw(staffView{view: view{Lang: v.language(v.r), texts: v.texts}})
	return v.page(http.StatusOK, "leaks", "leaks.title", d, "")
}

// leaksFor is how long one look may take.
const leaksFor = 2 * time.Minute

// draw makes a diagram of each party: its share of the affected orders and of the others.
func (d *leaksData) draw(s staffView) {
	for i, f := range d.Findings {
		share, base := 100*f.Share, 100*f.Base
		of, all := s.Share(&f.Share), s.Share(&f.Base)
		d.Charts = append(d.Charts, chart.Rows("leak-"+strconv.Itoa(i), s.T("leaks.kind."+f.Kind)+" "+d.Shown(f.Party), s.T("leaks.chart", "share", of, "base", all),
			[]chart.Row{bar(s.T("leaks.affected"), of, "bad", share), bar(s.T("leaks.others"), all, "good", base)}, 100))
	}
}
