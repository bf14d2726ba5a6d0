package phone

import "strings"

// candidate is a stretch of groups that may be one number.
type candidate struct {
	toks    []token
	plus    bool
	digits  string
	spelled int // digits that were words
}

// assemble joins the groups to a string of digits.
func (c *candidate) assemble() {
	var b strings.Builder
	repeat := 1
	for i, tk := range c.toks {
		if tk.plus && b.Len() == 0 {
			c.plus = true
		}
		if tk.w.repeat > 0 {
			repeat = tk.w.repeat
			continue
		}
		d := tk.digits
		switch {
		case i > 0 && i+1 < len(c.toks) && c.toks[i-1].w.nought && tk.w.tens && c.toks[i+1].digits == d[:1]:
			// "eight hundred fifty five": the prefix 855
			s := strings.TrimRight(b.String(), "0")
			b.Reset()
			b.WriteString(s)
		case i > 0 && c.toks[i-1].w.tens && len(d) == 1 && d != "0" && tk.spelled && hyphenless(tk.gap):
			// "fifty five": the unit takes the place of the nought
			s := b.String()
			b.Reset()
			b.WriteString(s[:len(s)-1])
		case c.plus && d == "0" && strings.Contains(tk.gap, "("):
			continue // the trunk prefix in "+49 (0) 30"
		}
		if len(d) == 1 {
			d = strings.Repeat(d, repeat)
		}
		repeat = 1
		if b.Len()+len(d) > 24 {
			break
		}
		b.WriteString(d)
		if tk.spelled && !tk.keypad {
			c.spelled += len(d)
		}
	}
	c.digits = b.String()
}

func hyphenless(gap string) bool { return gap == " " || gap == "-" || gap == "" }

// shape tells how the groups of a candidate are set apart.
func (c *candidate) shape() (groups int, separated bool) {
	return len(c.toks), len(c.toks) > 1 && len(c.toks[len(c.toks)-1].gap) > 0
}

// northAmerican reports whether the groups are those of a North American
// number: 1, 3, 3, 4 digits.
func (c *candidate) northAmerican() bool {
	toks := c.toks
	if len(toks) == 4 && toks[0].digits == "1" {
		toks = toks[1:]
	}
	return len(toks) == 3 && len(toks[0].digits) == 3 && len(toks[1].digits) == 3 && len(toks[2].digits) == 4
}

// bury marks groups that are known to be something else: order numbers, dates,
// times, addresses of the internet, cards, bank accounts, amounts.
func bury(s string, seq []token) {
	for i := range seq {
		if neighbours(s, &seq[i]) {
			seq[i].dead = true
		}
		rest := seq[i:]
		switch {
		case lengths(rest, "-", 3, 7, 7):
			kill(rest[:3])
		case i > 0 && len(rest) > 1 && rest[0].gap == rest[1].gap:
			// the middle of a longer row is no date and no address
		case date(rest):
			kill(rest[:3])
		case address(rest):
			kill(rest[:4])
		}
		if account(s, rest) {
			kill(rest)
			return
		}
		if n := card(rest); n > 0 {
			kill(rest[:n])
		}
	}
}

func kill(toks []token) {
	for i := range toks {
		toks[i].dead = true
	}
}

// neighbours reports whether what stands around a group shows that it is an
// amount, a share, a time, or a part of a name or address.
func neighbours(s string, tk *token) bool {
	if len(tk.digits) > 15 && !tk.spelled {
		return true
	}
	if tk.spelled {
		return false
	}
	before, after := strings.TrimRight(s[max(0, tk.start-4):tk.start], " "), s[tk.end:min(len(s), tk.end+12)]
	for _, c := range []string{"$", "€", "£", "¥", "₹", "#", "_", "=", "№"} {
		if strings.HasSuffix(before, c) {
			return !strings.HasSuffix(s[:tk.start], "phone=")
		}
	}
	trimmed := strings.TrimLeft(after, " ")
	for _, c := range []string{"€", "$", "£", "%", "円", "¥", "_", "eur ", "usd", "dollar", "euro", "gbp", "yen"} {
		if strings.HasPrefix(trimmed, c) {
			return true
		}
	}
	if len(after) > 1 && after[0] == ':' && isDigit(after[1]) {
		return true
	}
	if n := len(before); n > 1 && before[n-1] == ':' && isDigit(before[n-2]) && tk.start > 0 && s[tk.start-1] == ':' {
		return true
	}
	return len(after) > 2 && (after[0] == '.' || after[0] == ',') && isDigit(after[1]) && isDigit(after[2]) && priced(s, tk)
}

// priced reports whether an amount with its fraction ends before a currency.
func priced(s string, tk *token) bool {
	rest := s[tk.end+1 : min(len(s), tk.end+14)]
	n := 0
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	rest = strings.TrimLeft(rest[n:], " ")
	for _, c := range []string{"€", "$", "£", "¥", "eur", "usd", "dollar", "gbp", "chf"} {
		if strings.HasPrefix(rest, c) {
			return true
		}
	}
	return false
}

// lengths reports whether a sequence begins with groups of these lengths and
// that separator between them.
func lengths(seq []token, sep string, want ...int) bool {
	if len(seq) < len(want) {
		return false
	}
	for i, n := range want {
		if len(seq[i].digits) != n || seq[i].spelled || i > 0 && seq[i].gap != sep {
			return false
		}
	}
	return true
}

// date reports whether three groups are a date: 31.12.2026, 2026-12-31,
// 12/31/26.
func date(seq []token) bool {
	if len(seq) < 3 || seq[1].gap != seq[2].gap || !strings.Contains(".-/. ", seq[1].gap) || seq[1].gap == "" || seq[0].plus {
		return false
	}
	a, b, c := seq[0].digits, seq[1].digits, seq[2].digits
	if len(a) == 4 && len(b) <= 2 && len(c) <= 2 {
		return year(a) && atMost(b, 12) && atMost(c, 31)
	}
	if len(a) > 2 || len(b) > 2 || seq[1].gap == " " {
		return false
	}
	days := atMost(a, 31) && atMost(b, 12) || atMost(a, 12) && atMost(b, 31)
	return days && (year(c) || len(c) == 2 && len(seq) == 3)
}

func year(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20"))
}

func atMost(s string, limit int) bool {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n >= 1 && n <= limit
}

// address reports whether four groups are an IPv4 address and nothing follows.
func address(seq []token) bool {
	if len(seq) < 4 || len(seq) > 4 && seq[4].gap == "." {
		return false
	}
	for i, tk := range seq[:4] {
		if len(tk.digits) > 3 || tk.spelled || i > 0 && tk.gap != "." || !atMost("1"+tk.digits, 1255) {
			return false
		}
	}
	return true
}

// account reports whether a sequence is the rest of an IBAN: two letters and
// two digits stand before it (ISO 13616).
func account(s string, seq []token) bool {
	i := seq[0].start
	if i >= 3 && s[i-1] == ' ' && i >= 5 {
		i--
		if isDigit(s[i-1]) && isDigit(s[i-2]) && isLower(s[i-3]) && isLower(s[i-4]) && (i == 4 || !isLower(s[i-5])) {
			return true
		}
	}
	return false
}

// card returns the number of groups that are a payment card number: 13 to 19
// digits, in one group or in fours, with a right check digit (ISO/IEC 7812-1).
func card(seq []token) int {
	var b []byte
	for n, tk := range seq {
		if tk.spelled || tk.plus || n > 0 && tk.gap != " " && tk.gap != "-" {
			return 0
		}
		b = append(b, tk.digits...)
		if len(b) > 19 {
			return 0
		}
		if len(b) >= 13 && (n == 0 || n == 3 || n == 2 && len(b) == 15) && len(seq[0].digits) != 1 && luhn(b) {
			return n + 1
		}
	}
	return 0
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
