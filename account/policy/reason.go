package policy

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"bonafide/account/event"
)

// Reasons returns the analyst's reason of each hit of a result, with the
// numbers that the event had, in a language.
func (p *Policy) Reasons(r *Result, e *event.Event, lang string) []string {
	out := make([]string, 0, len(r.Hits))
	for _, h := range r.Hits {
		out = append(out, p.fill(p.Rules[h.Rule].Reason.In(lang), r, e, lang))
	}
	return out
}

// Customer returns what the customer is told: the text of the hit that weighs
// most and has one, else the answer for the action. It never tells what was counted
// unless the policy's text does.
func (p *Policy) Customer(r *Result, e *event.Event, lang string) string {
	return p.told(r, e, lang, func(x *Rule) Text { return x.Customer }, p.Answers[r.Action].Customer)
}

// Support returns what the support agent is told.
func (p *Policy) Support(r *Result, e *event.Event, lang string) string {
	return p.told(r, e, lang, func(x *Rule) Text { return x.Support }, p.Answers[r.Action].Support)
}

func (p *Policy) told(r *Result, e *event.Event, lang string, of func(*Rule) Text, other Text) string {
	best, score := other, int64(0)
	for _, h := range r.Hits {
		if t := of(&p.Rules[h.Rule]); t != nil && h.Score > score {
			best, score = t, h.Score
		}
	}
	return p.fill(best.In(lang), r, e, lang)
}

// fill puts values into the places in braces.
func (p *Policy) fill(s string, r *Result, e *event.Event, lang string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, rest, _ := strings.Cut(after, "}")
		name, how, _ := strings.Cut(name, ":")
		b.WriteString(p.show(name, how, r, e, lang))
		s = rest
	}
}

func (p *Policy) show(name, how string, r *Result, e *event.Event, lang string) string {
	i, ok := p.byName[name]
	if !ok {
		return "?"
	}
	s := &p.symbols[i]
	var v value
	switch s.what {
	case measure, story:
		found := false
		for _, x := range r.Saw {
			if x.Symbol+p.own == i {
				v, found = value{i: x.Int, f: x.Float}, true
			}
		}
		if !found {
			return "?"
		}
	case amount:
		v = value{i: s.money[currencyOf(e)]}
	case learned:
		return p.showScore(how, r, lang)
	case field:
		v = fieldValue(s.field, e)
		if s.field.Class == event.Personal {
			return masked(v.s)
		}
	default:
		return "?"
	}
	switch {
	case how == "money":
		return money(v.i, currencyOf(e), lang)
	case s.kind == length:
		return minutes(time.Duration(v.i)*time.Microsecond, lang)
	case s.kind == fraction:
		return strconv.FormatFloat(v.f, 'f', 1, 64)
	case s.kind == text:
		return v.s
	}
	return strconv.FormatInt(v.i, 10)
}

// masked keeps of an identifier what tells two apart for a person.
func masked(s string) string {
	if len(s) <= 4 {
		return "…"
	}
	return "…" + s[len(s)-4:]
}

// Money writes an amount in minor units with its currency, as reasons have it.
func Money(n int64, code, lang string) string { return money(n, code, lang) }

// money writes an amount in minor units with its currency.
func money(n int64, code, lang string) string {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return strconv.FormatInt(n, 10)
	}
	scale, _ := currency.Standard.Rounding(unit)
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := strconv.FormatInt(n, 10)
	for len(digits) <= scale {
		digits = "0" + digits
	}
	whole, part := digits[:len(digits)-scale], digits[len(digits)-scale:]
	group, point := ",", "."
	if lang == "de" {
		group, point = ".", ","
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if scale > 0 {
		whole += point + part
	}
	if code == "JPY" && lang == "ja" {
		return sign + whole + "円"
	}
	return sign + whole + " " + code
}
