package mention

import (
	"strings"
	"unicode/utf8"

	"bonafide/contact/text"
	"bonafide/ident"
)

// accounts finds bank accounts and payment cards by their check digits.
func (x *finder) accounts() {
	accounts, cards := 0, 0
	for i := 0; i < len(x.s); {
		c := x.s[i]
		if !isAlnum(c) || i > 0 && isAlnum(x.s[i-1]) {
			i++
			continue
		}
		if isLower(c) && accounts < limit {
			if n := x.iban(i); n > 0 {
				accounts++
				i += n
				continue
			}
		}
		if isDigit(c) && cards < limit {
			if n := x.card(i); n > 0 {
				cards++
				i += n
				continue
			}
		}
		i++
	}
}

// iban reads an account number (ISO 13616: country, two check digits, up to 30
// characters; groups may be set apart) at byte i, and returns its length.
func (x *finder) iban(i int) int {
	s := x.s
	if i+5 > len(s) || !isLower(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) {
		return 0
	}
	var b []byte
	best, end := 0, 0
	for j := i; j < len(s) && len(b) < 34; j++ {
		c := s[j]
		if (c == ' ' || c == '-') && j+1 < len(s) && isAlnum(s[j+1]) && len(b) >= 4 {
			continue
		}
		if !isAlnum(c) {
			break
		}
		b = append(b, c)
		if len(b) >= 15 && (j+1 == len(s) || !isAlnum(s[j+1])) && mod97(b) {
			best, end = len(b), j+1
		}
	}
	if best == 0 {
		return 0
	}
	number := strings.ToUpper(string(b[:best]))
	w := x.where(i, end)
	w.Quote = maskMiddle(number, 2, 4)
	x.m.IBANs = append(x.m.IBANs, IBAN{Number: number, Told: x.told, Where: w})
	x.take(i, end)
	return end - i
}

// mod97 checks an account number (ISO 7064, MOD 97-10).
func mod97(b []byte) bool {
	sum := 0
	for i := range b {
		c := b[(i+4)%len(b)]
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c-'a') + 10) % 97
		}
	}
	return sum == 1
}

// card reads a whole card number at byte i, and returns its length.
func (x *finder) card(i int) int {
	s := x.s
	if i > 0 && strings.IndexByte("-.#/=+", s[i-1]) >= 0 {
		return 0
	}
	var b []byte
	groups, last := 1, 0
	j := i
	for j < len(s) && len(b) <= 19 {
		c := s[j]
		if (c == ' ' || c == '-') && j+1 < len(s) && isDigit(s[j+1]) && last >= 4 {
			groups++
			last = 0
			j++
			continue
		}
		if !isDigit(c) {
			break
		}
		b = append(b, c)
		last++
		j++
	}
	if len(b) < 13 || len(b) > 19 || j < len(s) && isAlnum(s[j]) || !luhn(b) || !issued(b) || !x.free(i, j) {
		return 0
	}
	if groups != 1 && groups != 4 && !(groups == 3 && len(b) <= 15) && groups != 5 {
		return 0
	}
	w := x.where(i, j)
	w.Quote = "•••• " + string(b[len(b)-4:])
	x.m.Cards = append(x.m.Cards, Card{Last: ident.Card(b[len(b)-4:]), Full: true, Told: x.told, Where: w})
	x.take(i, j)
	return j - i
}

// issued reports whether a number begins as those of payment cards do (ISO/IEC
// 7812-1, major industry identifiers 3 to 6, and 2 for newer series), so that
// few parcel numbers pass.
func issued(b []byte) bool {
	switch b[0] {
	case '4':
		return len(b) == 13 || len(b) == 16 || len(b) == 19
	case '5':
		return len(b) == 16
	case '2':
		return len(b) == 16 && b[1] >= '2' && b[1] <= '7'
	case '3':
		return len(b) >= 14 && len(b) <= 16
	case '6':
		return len(b) >= 16
	}
	return false
}

func luhn(b []byte) bool {
	sum := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// cardEnds finds the last four digits of cards: "ending in 1234", "**** 1234".
func (x *finder) cardEnds() {
	found := 0
	for i := 0; i < len(x.s) && found < limit; {
		if !isDigit(x.s[i]) {
			i++
			continue
		}
		j := runEnd(x.s, i)
		if j-i == 4 && (j == len(x.s) || !isLower(x.s[j])) && (i == 0 || !isAlnum(x.s[i-1])) && x.endsCard(i) && x.free(i, j) {
			x.m.Cards = append(x.m.Cards, Card{Last: ident.Card(x.s[i:j]), Told: x.told, Where: x.where(i, j)})
			x.take(i, j)
			found++
		}
		i = j
	}
}

func (x *finder) endsCard(i int) bool {
	head := strings.TrimRight(x.s[max(0, i-40):i], " :-.#(")
	if strings.HasSuffix(head, "***") || strings.HasSuffix(head, "xxx") || strings.HasSuffix(head, "•••") || strings.HasSuffix(head, "…") {
		return true
	}
	for _, w := range x.f.w.CardEnd {
		if strings.HasSuffix(head, w) {
			return true
		}
	}
	return false
}

// codes finds one-time codes: 4 to 8 digits, or letters with digits as in
// "G-123456", in a sentence with a word for one.
func (x *finder) codes() {
	found := 0
	for _, sp := range x.r.Sentences {
		s := x.s[sp.Start:sp.End]
		if found >= limit || !hasDigit(s) || !x.aboutCode(s) {
			continue
		}
		for i := 0; i < len(s) && found < limit; {
			if !isDigit(s[i]) {
				i++
				continue
			}
			j := runEnd(s, i)
			start, end := i, j
			if j-i == 3 && j+4 <= len(s) && (s[j] == ' ' || s[j] == '-') && runEnd(s, j+1) == j+4 { // "123 456"
				end = j + 4
			}
			if x.isCode(sp, s, start, end) {
				w := x.where(sp.Start+start, sp.Start+end)
				w.Quote = strings.Repeat("•", runDigits(s[start:end]))
				x.m.Codes = append(x.m.Codes, Code{Length: runDigits(s[start:end]), Told: x.told, Where: w})
				x.take(sp.Start+start, sp.Start+end)
				found++
			}
			i = max(end, j)
		}
	}
}

func hasDigit(s string) bool {
	for i := range len(s) {
		if isDigit(s[i]) {
			return true
		}
	}
	return false
}

func runDigits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// isCode reports whether the digits stand alone and have the length of a code.
func (x *finder) isCode(sp text.Span, s string, start, end int) bool {
	n := runDigits(s[start:end])
	if n < 4 || n > 8 || !x.free(sp.Start+start, sp.Start+end) {
		return false
	}
	if start > 0 {
		c := s[start-1]
		letter := start > 1 && c == '-' && isLower(s[start-2]) && (start == 2 || !isAlnum(s[start-3])) // "G-123456"
		if isAlnum(c) || strings.IndexByte(".,/+#$", c) >= 0 || c == '-' && !letter {
			return false
		}
	}
	if end < len(s) {
		if c := s[end]; isAlnum(c) || c == '-' || c == '/' || (c == '.' || c == ',' || c == ':') && end+1 < len(s) && isDigit(s[end+1]) {
			return false
		}
	}
	return !(n == 4 && (strings.HasPrefix(s[start:], "19") || strings.HasPrefix(s[start:], "20"))) // a year
}

// aboutCode reports whether a sentence has a word for a one-time code, and none
// that makes it another kind of code.
func (x *finder) aboutCode(s string) bool {
	found := false
	for _, w := range x.f.w.CodeWithin {
		found = found || strings.Contains(s, w)
	}
	for _, w := range x.f.w.CodeNot {
		if w[0] >= utf8.RuneSelf && strings.Contains(s, w) {
			return false
		}
	}
	for i := 0; i < len(s); {
		j := wordEnd(s, i)
		if j == i {
			i++
			continue
		}
		if w := s[i:j]; x.f.codes.May(w) {
			found = found || x.f.sets.code[w]
			if x.f.sets.codeNot[w] {
				return false
			}
		}
		i = j
	}
	return found
}
