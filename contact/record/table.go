package record

import (
	"bufio"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bonafide/contact"
	"bonafide/ident"
)

// orderTable reads the rows of a table of orders. Rows of one number are
// joined; the whole price is the sum of the rows unless the table states it.
func (r *Records) orderTable(br *bufio.Reader, lim Limits, skipped Skipped) ([]Order, error) {
	cols := r.columns
	index := map[ident.Order]int{}
	out := []Order{}
	stated := map[ident.Order]bool{}
	err := table(br, lim, skipped, cols.Orders, []string{"id"}, func(row row) {
		o, item, whole := cols.order(row, lim.Zone)
		if o.ID == "" {
			skipped["no order number"]++
			return
		}
		if o.PlacedAt.IsZero() {
			skipped["no date (kept)"]++
		}
		i, seen := index[o.ID]
		if !seen {
			i = len(out)
			index[o.ID] = i
			out = append(out, o)
		}
		at := &out[i]
		if item.Name != "" && len(at.Items) < 200 {
			at.Items = append(at.Items, item)
		}
		switch {
		case whole > 0:
			at.TotalMinor, stated[o.ID] = whole, true
		case !stated[o.ID]:
			at.TotalMinor = addMinor(at.TotalMinor, item.AmountMinor)
		}
	})
	return out, err
}

func addMinor(a, b int64) int64 {
	if b > 0 && a > maxMinor-b {
		return maxMinor
	}
	return a + b
}

// maxMinor bounds an amount: 10^15 is more than any order and leaves room to
// add.
const maxMinor = int64(1e15)

func (c columns) order(row row, zone *time.Location) (o Order, item Item, whole int64) {
	o = Order{
		ID: ident.Order(cut(row.get("id"), 128)), Brand: row.get("brand"),
		PlacedAt: parseTime(row.get("placed_at"), zone), Currency: currency(row.get("currency")),
		Status: c.status(row.get("status")), Household: Tie(strings.ReplaceAll(strings.ToLower(row.get("tie")), " ", "_")),
		Recipient: row.get("recipient"), Site: row.get("site"), Holder: holder(row),
	}
	if tieRank(o.Household) < 0 {
		o.Household = SameHousehold
	}
	o.Archived = c.yes(row.get("archived"))
	o.Hidden = c.yes(row.get("hidden"))
	o.Digital = c.yes(row.get("digital")) || row.get("digital_mark") != ""
	if v := row.get("payment_pending"); v != "" {
		switch {
		case c.yes(v):
			o.PaymentRevisionPending = new(true)
		case slices.ContainsFunc(c.False, func(w string) bool { return strings.EqualFold(w, v) }):
			o.PaymentRevisionPending = new(false)
		}
	}
	item = Item{Name: row.get("item")}
	for _, col := range []string{"item_total", "item_amount"} {
		if v := row.get(col); v != "" && item.AmountMinor == 0 {
			item.AmountMinor = parseAmount(v, &o.Currency)
		}
	}
	if v := row.get("total_minor"); v != "" {
		whole, _ = strconv.ParseInt(v, 10, 64)
		whole = min(max(whole, 0), maxMinor)
	} else if v := row.get("total"); v != "" {
		whole = parseAmount(v, &o.Currency)
	}
	return o, item, whole
}

func holder(row row) Person {
	p := Person{Account: row.get("account"), Household: row.get("household_id")}
	if n, err := ident.ParsePhone(plainAddress(row.get("phone"))); err == nil {
		p.Phones = []ident.Phone{n}
	}
	if m, err := ident.ParseMail(row.get("mail")); err == nil {
		p.Mails = []ident.Mail{m}
	}
	if a := row.get("address"); a != "" {
		p.Addresses = []string{a}
	}
	return p
}

func (c columns) status(s string) Status {
	s = strings.ToLower(s)
	for _, st := range []Status{StatusCancelled, StatusClosed, StatusOpen} {
		if slices.Contains(c.Status[st], s) {
			return st
		}
	}
	return StatusUnknown
}

func (c columns) yes(s string) bool {
	return s != "" && slices.ContainsFunc(c.True, func(w string) bool { return strings.EqualFold(w, s) })
}

func (r *Records) outboundTable(br *bufio.Reader, lim Limits, skipped Skipped) ([]Outbound, error) {
	var out []Outbound
	err := table(br, lim, skipped, r.columns.Outbound, []string{"channel", "at", "to"}, func(row row) {
		e := Outbound{
			Channel: contact.Channel(strings.ToLower(row.get("channel"))), Brand: row.get("brand"),
			At: parseTime(row.get("at"), lim.Zone), To: row.get("to"), From: row.get("from"),
			Subject: row.get("subject"), Template: row.get("template"), SpokenCode: row.get("code"),
			Order: ident.Order(row.get("order")), ExpiresAt: parseTime(row.get("expires_at"), lim.Zone),
		}
		if !slices.Contains(contact.Channels(), e.Channel) || e.At.IsZero() || e.To == "" {
			skipped["no channel, time or receiver"]++
			return
		}
		out = append(out, e.trimmed(lim.Field))
	})
	return out, err
}

// timeLayouts are the forms seen in order histories and registers. Dates with
// slashes are month first, as in the histories of the US site; a day above 12
// in front falls through to day first.
func timeLayouts() []string {
	return []string{
		time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05",
		"2006-01-02 15:04", "2006-01-02", "01/02/2006 15:04:05 MST", "01/02/2006 15:04", "01/02/2006", "01/02/06",
		"02/01/2006", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "2.1.2006", "02.01.06",
		"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006/1/2", "2006年1月2日",
		"January 2, 2006", "Jan 2, 2006", "2 January 2006",
	}
}

func parseTime(s string, zone *time.Location) time.Time {
	if s == "" || len(s) > 40 {
		return time.Time{}
	}
	for _, l := range timeLayouts() {
		if t, err := time.ParseInLocation(l, s, zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

// currency reads an ISO 4217 code; anything else reads as not known.
func currency(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 3 || strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return ""
	}
	return s
}

// parseAmount reads an amount with or without a sign of currency, in either
// notation: "1,234.56", "1.234,56 €", "￥1,234". It fills an empty currency from
// an unambiguous sign. Zero means not readable.
func parseAmount(s string, cur *string) int64 {
	for sign, code := range map[string]string{"€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY", "EUR": "EUR", "USD": "USD", "JPY": "JPY", "GBP": "GBP"} {
		if *cur == "" && strings.Contains(s, sign) {
			*cur = code
		}
	}
	num := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) && r < 0x80 || r == '.' || r == ',' {
			return r
		}
		return -1
	}, s)
	if num == "" || len(num) > 20 || strings.Contains(s, "-") {
		return 0
	}
	whole, frac := splitAmount(num)
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > maxMinor/1000 {
		return 0
	}
	digits := minorDigits(*cur)
	for len(frac) < digits {
		frac += "0"
	}
	for _, d := range frac[:digits] {
		n = n*10 + int64(d-'0')
	}
	return n
}

// splitAmount parts a number at its decimal mark: the last mark, when one or
// two digits follow it or the other mark stands before it.
func splitAmount(num string) (whole, frac string) {
	strip := func(s string) string { return strings.NewReplacer(".", "", ",", "").Replace(s) }
	i := strings.LastIndexAny(num, ".,")
	if i < 0 {
		return num, ""
	}
	after := num[i+1:]
	other := strings.ContainsRune(num[:i], '.') != strings.ContainsRune(num[:i], ',') && num[i] != num[strings.IndexAny(num, ".,")]
	if len(after) <= 2 || other || (i == 1 && num[0] == '0') {
		return "0" + strip(num[:i]), strip(after)
	}
	return strip(num), ""
}

// minorDigits is the exponent of ISO 4217 for currencies that differ from 2.
func minorDigits(cur string) int {
	switch cur {
	case "JPY", "KRW", "VND", "CLP", "ISK":
		return 0
	case "KWD", "BHD", "OMR", "JOD", "TND":
		return 3
	}
	return 2
}
