package mention

import (
	"strings"
	"unicode/utf8"

	"bonafide/ident"
)

const (
	minOrder, maxOrder = 4, 40 // characters of an order number
	reach              = 48    // bytes between a word and the number it names
)

// tokens finds what is told by its own form: numbers of orders and parcels.
func (x *finder) tokens() {
	orders, parcels := 0, 0
	for i := 0; i < len(x.s); {
		if !isAlnum(x.s[i]) {
			i++
			continue
		}
		j, digits := i, 0
		for j < len(x.s) && (isAlnum(x.s[j]) || x.s[j] == '-') {
			if isDigit(x.s[j]) {
				digits++
			}
			j++
		}
		end := j
		for end > i && x.s[end-1] == '-' {
			end--
		}
		if digits > 0 && end-i >= minOrder && end-i <= maxOrder && !x.inAddress(i) {
			if orders < limit && x.order(i, end) {
				orders++
			} else if parcels < limit && x.parcel(i, end) {
				parcels++
			}
		}
		i = j
	}
}

// inAddress reports whether byte off stands within a web or mail address.
func (x *finder) inAddress(off int) bool {
	i := off
	for i > 0 && x.s[i-1] > ' ' && x.s[i-1] < utf8.RuneSelf && off-i < 200 {
		i--
	}
	head := x.s[i:off]
	return strings.Contains(head, "://") || strings.HasPrefix(head, "www.") || strings.ContainsAny(head, "@?&=")
}

// order keeps a token that is an order number by its format, or because a word
// for "order" stands before it.
func (x *finder) order(start, end int) bool {
	number := strings.ToUpper(x.s[start:end])
	named := x.named(start)
	o := Order{Number: ident.Order(number), Format: UnknownFormat, Named: named, Told: x.told}
	for _, f := range x.f.orders {
		if f.re.MatchString(number) {
			o.Format, o.Brand, o.WellFormed = f.ID, f.Brand, true
			break
		}
	}
	if !o.WellFormed && (!named || !x.looksLikeNumber(start, end)) {
		return false
	}
	o.Where = x.where(start, end)
	if !o.WellFormed { // what was undone for reading is not part of a number
		if q := o.Where.Quote; len(q) == end-start {
			o.Number = ident.Order(strings.ToUpper(q))
		}
	}
	x.m.Orders = append(x.m.Orders, o)
	x.take(start, end)
	return true
}

// looksLikeNumber sorts out what follows a word for "order" and is not its
// number: amounts, dates, times, counts.
func (x *finder) looksLikeNumber(start, end int) bool {
	tok := x.s[start:end]
	hash := start > 0 && x.s[start-1] == '#'
	if len(tok) < 5 && !hash {
		return false
	}
	if end < len(x.s) {
		rest := strings.TrimLeft(x.s[end:], " ")
		if len(x.s) > end+1 && (x.s[end] == '.' || x.s[end] == ',' || x.s[end] == ':' || x.s[end] == '/') && isDigit(x.s[end+1]) {
			return false
		}
		for _, c := range x.f.after {
			if strings.ContainsFunc(tok, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
				break // a sum has no letters: what follows is another
			}
			if strings.HasPrefix(rest, c) && !(isLower(c[len(c)-1]) && len(rest) > len(c) && isLower(rest[len(c)])) {
				return false
			}
		}
	}
	if start > 0 && strings.ContainsRune("$€£¥₹.,:/", lastRune(x.s[:start])) {
		return lastRune(x.s[:start]) == ':' && !(start > 1 && isDigit(x.s[start-2]))
	}
	if _, n := x.dateAt(start); n > 0 {
		return false
	}
	for _, suffix := range []string{"st", "nd", "rd", "th"} { // "order by the 12th"
		if strings.HasSuffix(tok, suffix) && isDigit(tok[0]) && len(tok) <= 4 {
			return false
		}
	}
	return true
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// named reports whether a word for "order" stands right before byte off, with
// nothing but fillers and marks between.
func (x *finder) named(off int) bool {
	from := max(0, off-reach)
	for from < off && !utf8.RuneStart(x.s[from]) {
		from++
	}
	head := x.s[from:off]
	trimmed := strings.TrimRight(head, " \n:#-.()[]\"'=*、はがの")
	for _, w := range x.f.w.OrderWithin {
		if strings.HasSuffix(trimmed, w) {
			return true
		}
	}
	for n := 0; n < 5; n++ {
		head = strings.TrimRight(head, " \n:#-.()[]\"'=*/")
		i := len(head)
		for i > 0 && (isLower(head[i-1]) || head[i-1] == '-' || head[i-1] >= utf8.RuneSelf) {
			i--
		}
		w := head[i:]
		switch {
		case x.f.sets.order[w]:
			return true
		case !x.f.sets.fillers[w]:
			return false
		}
		head = head[:i]
	}
	return false
}

// parcel keeps a token that is the number of a parcel by its format.
func (x *finder) parcel(start, end int) bool {
	number := strings.ToUpper(x.s[start:end])
	for _, f := range x.f.tracking {
		if f.re.MatchString(number) {
			x.m.Tracking = append(x.m.Tracking, Tracking{Number: ident.Order(number), Carrier: f.ID, Told: x.told, Where: x.where(start, end)})
			x.take(start, end)
			return true
		}
	}
	return false
}
