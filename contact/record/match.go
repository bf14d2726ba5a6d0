package record

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bonafide/ident"
)

// By what an order was recognised.
const (
	byNumber = "number"
	byItem   = "item"
	byAmount = "amount"
	byDate   = "date"
)

// maxMentions bounds what is compared with each order, whatever the contact
// names.
const maxMentions = 64

// Match is an order that fits what a contact names.
type Match struct {
	Order Order
	// By lists what agrees: "number", "item", "amount", "date".
	By []string
	// Score orders matches; its unit is that of record/windows.yaml.
	Score float64
}

// ByNumber reports whether the order number itself agrees.
func (m Match) ByNumber() bool { return slices.Contains(m.By, byNumber) }

// MatchResult is what a comparison with a list of orders gave.
type MatchResult struct {
	// Matches are all orders that fit, best first; nearest tie first among
	// equals.
	Matches []Match
	// Checked is the number of orders that were looked at.
	Checked int
	// Given is false when there was no list to look at.
	Given bool
}

// Best returns the best match, if there is one.
func (r MatchResult) Best() (Match, bool) {
	if len(r.Matches) == 0 {
		return Match{}, false
	}
	return r.Matches[0], true
}

// Match compares what a contact names with orders: visible, archived, hidden
// and digital ones, of all sites and recipients. A nil list means that no list
// was given; an empty one that the person has no orders. at is when the contact
// came; the zero time lifts the limit on age.
//
// An order number agrees by itself. Without it the article, amount and date
// must together reach the least score of record/windows.yaml.
func (r *Records) Match(m Mentions, orders []Order, at time.Time) MatchResult {
	res := MatchResult{Checked: len(orders), Given: orders != nil}
	q := newQuery(m)
	if !q.any() {
		return res
	}
	for _, o := range orders {
		if match, ok := r.compare(q, o, at); ok {
			res.Matches = append(res.Matches, match)
		}
	}
	slices.SortStableFunc(res.Matches, func(a, b Match) int {
		switch {
		case a.Score != b.Score:
			return cmpFloat(b.Score, a.Score)
		case tieRank(a.Order.Household) != tieRank(b.Order.Household):
			return tieRank(a.Order.Household) - tieRank(b.Order.Household)
		default:
			return b.Order.PlacedAt.Compare(a.Order.PlacedAt)
		}
	})
	return res
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func tieRank(t Tie) int {
	return slices.Index([]Tie{Own, SamePhone, SameMail, SameAddress, SameHousehold, SameBusiness}, t)
}

// query is what a contact names, prepared once for all orders.
type query struct {
	numbers map[string]bool
	amounts []Amount
	items   []map[string]bool
	dates   []time.Time
}

func newQuery(m Mentions) query {
	q := query{numbers: map[string]bool{}}
	for _, o := range head(m.Orders) {
		if n := plainNumber(o); n != "" {
			q.numbers[n] = true
		}
	}
	for _, name := range head(m.Items) {
		if t := terms(name); len(t) > 0 {
			q.items = append(q.items, t)
		}
	}
	q.amounts = head(m.Amounts)
	q.dates = head(m.Dates)
	return q
}

func head[T any](s []T) []T { return s[:min(len(s), maxMentions)] }

func (q query) any() bool {
	return len(q.numbers) > 0 || len(q.items) > 0 || (len(q.amounts) > 0 && len(q.dates) > 0)
}

// plainNumber keeps letters and digits and undoes what OCR commonly confuses,
// on both sides of the comparison, so that O and 0 are the same.
func plainNumber(o ident.Order) string {
	s := string(o)
	if len(s) > 128 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); r {
		case 'O', 'Q':
			return '0'
		case 'I', 'L':
			return '1'
		case 'S':
			return '5'
		case 'B':
			return '8'
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(s))
}

func (r *Records) compare(q query, o Order, at time.Time) (Match, bool) {
	w := r.windows
	m := Match{Order: o}
	add := func(by string, score float64) {
		if score > 0 {
			m.By = append(m.By, by)
			m.Score += score
		}
	}
	if n := plainNumber(o.ID); n != "" && q.numbers[n] {
		add(byNumber, w.Match.Number)
	}
	if len(m.By) == 0 && !recent(o.PlacedAt, at, w.OrderDays) {
		return m, false
	}
	add(byItem, w.Match.Item*itemShare(q.items, o.Items, w.Match.ItemShare))
	switch amountAgrees(q.amounts, o, w.AmountPercent) {
	case exactly:
		add(byAmount, w.Match.AmountExact)
	case nearly:
		add(byAmount, w.Match.AmountNear)
	}
	if dateAgrees(q.dates, o.PlacedAt, w.DateDays) {
		add(byDate, w.Match.Date)
	}
	return m, m.Score >= w.Match.Least && !slices.Equal(m.By, []string{byDate})
}

// recent reports whether an order was placed within days before at. An order
// that was placed shortly after also counts: clocks differ and confirmations
// overtake bookings.
func recent(placed, at time.Time, days int) bool {
	if at.IsZero() || placed.IsZero() {
		return true
	}
	d := at.Sub(placed)
	return d >= -24*time.Hour && d <= time.Duration(days)*24*time.Hour
}

// itemShare returns the best share of words that an article named and an
// article ordered have in common, measured on the shorter; 0 below least.
func itemShare(named []map[string]bool, items []Item, least float64) float64 {
	best := 0.0
	for _, it := range items[:min(len(items), 200)] {
		have := terms(it.Name)
		for _, want := range named {
			if s := share(want, have); s > best {
				best = s
			}
		}
	}
	if best < least {
		return 0
	}
	return best
}

func share(a, b map[string]bool) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	common, total := 0.0, 0.0
	for t := range a {
		weight := float64(utf8.RuneCountInString(t))
		total += weight
		if b[t] {
			common += weight
		}
	}
	return common / total
}

// terms splits a name into comparable pieces: words of three letters or more
// and numbers, and pairs of characters for scripts without spaces. Names are
// cut at 400 bytes: shops pile up search words behind the name.
func terms(name string) map[string]bool {
	if len(name) > 400 {
		name = strings.ToValidUTF8(name[:400], "")
	}
	out := map[string]bool{}
	fields := strings.FieldsFunc(strings.ToLower(norm.NFKC.String(name)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != 'ー'
	})
	for _, f := range fields {
		rs := []rune(f)
		if !slices.ContainsFunc(rs, wideLetter) {
			if len(rs) >= 3 {
				out[f] = true
			}
			continue
		}
		for i := 0; i+1 < len(rs); i++ {
			out[string(rs[i:i+2])] = true
		}
	}
	return out
}

func wideLetter(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

type agreement int

const (
	differs agreement = iota
	nearly
	exactly
)

func amountAgrees(named []Amount, o Order, percent float64) agreement {
	best := differs
	check := func(minor int64) {
		for _, a := range named {
			if minor <= 0 || a.Minor <= 0 || (a.Currency != "" && o.Currency != "" && !strings.EqualFold(a.Currency, o.Currency)) {
				continue
			}
			if a.Minor == minor {
				best = exactly
			} else if math.Abs(float64(a.Minor-minor)) <= float64(minor)*percent/100 {
				best = max(best, nearly)
			}
		}
	}
	check(o.TotalMinor)
	for _, it := range o.Items[:min(len(o.Items), 200)] {
		check(it.AmountMinor)
	}
	return best
}

func dateAgrees(named []time.Time, placed time.Time, days int) bool {
	if placed.IsZero() {
		return false
	}
	for _, d := range named {
		if diff := d.Sub(placed).Abs(); !d.IsZero() && diff < time.Duration(days+1)*24*time.Hour {
			return true
		}
	}
	return false
}
