package mention

import (
	"strings"
	"unicode/utf8"
)

// maxMinor bounds amounts: nothing above is one.
const maxMinor = int64(1e14)

// money finds amounts in digits: 1.299,00 €, $763, 4,999円, 3万円, CHF 20.-
func (x *finder) money() {
	found := 0
	for i := 0; i < len(x.s) && found < limit; {
		if !isDigit(x.s[i]) {
			i++
			continue
		}
		n := parseNumber(x.s[i:])
		end := i + n.length
		start, cur := x.currencyBefore(i)
		if i > 0 && cur == "" && (isAlnum(x.s[i-1]) || strings.IndexByte(".,-/:#_", x.s[i-1]) >= 0) {
			i = end
			continue
		}
		to := end
		if after, length := x.currencyAfter(end); cur == "" && after != "" {
			cur, to, start = after, end+length, i
		} else if cur != "" && after == cur {
			to = end + length
		}
		if cur == "" || to < len(x.s) && to == end && isAlnum(x.s[to]) {
			i = end
			continue
		}
		if minor, ok := n.minor(x.f.sets.whole[cur]); ok && x.free(start, to) {
			x.amount(minor, cur, start, to)
			found++
		}
		i = max(to, end)
	}
}

func (x *finder) amount(minor int64, currency string, start, end int) {
	x.m.Amounts = append(x.m.Amounts, Amount{Minor: minor, Currency: currency, Told: x.told, Where: x.where(start, end)})
	x.take(start, end)
}

// currencyBefore reads a currency that ends before byte i.
func (x *finder) currencyBefore(i int) (start int, currency string) {
	head := x.s[max(0, i-12):i]
	trimmed := strings.TrimRight(head, " ")
	for _, c := range x.f.before {
		if !strings.HasSuffix(trimmed, c) {
			continue
		}
		start = i - len(head) + len(trimmed) - len(c)
		if isLower(c[0]) && start > 0 && isLower(x.s[start-1]) {
			continue // the end of another word
		}
		return start, x.f.w.Before[c]
	}
	return i, ""
}

// currencyAfter reads a currency that begins behind byte i, and its length with
// the space before it.
func (x *finder) currencyAfter(i int) (currency string, length int) {
	rest := x.s[i:min(len(x.s), i+20)]
	trimmed := strings.TrimLeft(rest, " -")
	if len(rest)-len(trimmed) > 2 {
		return "", 0
	}
	for _, c := range x.f.after {
		if !strings.HasPrefix(trimmed, c) {
			continue
		}
		if isLower(c[len(c)-1]) && len(trimmed) > len(c) && isLower(trimmed[len(c)]) {
			continue // the beginning of another word
		}
		return x.f.w.After[c], len(rest) - len(trimmed) + len(c)
	}
	return "", 0
}

// number is an amount as written.
type number struct {
	whole, cents int64
	decimals     int
	length       int
	ok           bool
}

// minor returns the amount in the smallest unit.
func (n number) minor(whole bool) (int64, bool) {
	if !n.ok || n.whole > maxMinor/100 {
		return 0, false
	}
	if whole {
		return n.whole, n.decimals == 0
	}
	return n.whole*100 + n.cents, true
}

// parseNumber reads digits with marks between thousands and before decimals,
// and Japanese powers of ten behind them.
func parseNumber(s string) number {
	n, digits := number{}, []byte{}
	marks := [20]struct {
		c  byte
		at int
	}{}
	used, i := 0, 0
	for i < len(s) && len(digits) < 18 {
		c := s[i]
		if isDigit(c) {
			digits = append(digits, c)
			i++
			continue
		}
		next := i + 1
		if c != '.' && c != ',' && c != '\'' && c != ' ' || next >= len(s) || !isDigit(s[next]) || used == len(marks) {
			break
		}
		if c == ' ' && !group(s[next:]) {
			break
		}
		marks[used].c, marks[used].at = c, len(digits)
		used++
		i++
	}
	n.length, n.ok = i, true
	point := len(digits)
	for k := range used {
		after := len(digits) - marks[k].at
		if k+1 < used {
			after = marks[k+1].at - marks[k].at
		}
		switch {
		case k+1 == used && (after == 2 || after == 1) && marks[k].c != ' ' && marks[k].c != '\'':
			point = marks[k].at
		case after != 3 || marks[k].at == 0 || marks[k].at > 3 && k == 0:
			n.ok = false
		}
	}
	for k, c := range digits {
		if k < point {
			n.whole = n.whole*10 + int64(c-'0')
		} else {
			n.cents = n.cents*10 + int64(c-'0')
			n.decimals++
		}
	}
	if n.decimals == 1 {
		n.cents *= 10
	}
	if strings.HasPrefix(s[i:], ".-") || strings.HasPrefix(s[i:], ",-") { // "20.-"
		n.length += 2
	}
	return n.powers(s)
}

// group reports whether exactly three digits stand at the beginning of s.
func group(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

// powers reads 万, 千 and 億 behind digits, with further digits: 1万2,000.
func (n number) powers(s string) number {
	for _, p := range []struct {
		mark string
		n    int64
	}{{"億", 1e8}, {"万", 1e4}, {"千", 1e3}} {
		if !strings.HasPrefix(s[n.length:], p.mark) || !n.ok || n.whole > maxMinor/p.n {
			continue
		}
		// "1.5万" has the decimals of the power, not of the currency
		n.whole = n.whole*p.n + n.cents*p.n/100
		n.cents, n.decimals = 0, 0
		n.length += len(p.mark)
		if n.length < len(s) && isDigit(s[n.length]) {
			if rest := parseNumber(s[n.length:]); rest.ok && rest.decimals == 0 && rest.whole < p.n {
				n.whole += rest.whole
				n.length += rest.length
			}
		}
		return n
	}
	return n
}

// kanjiMoney finds amounts in Japanese numerals: 三万円, 千五百円.
func (x *finder) kanjiMoney() {
	found := 0
	for i := 0; i < len(x.s) && found < limit; {
		if x.s[i] < 0xe3 {
			i++
			continue
		}
		value, n := x.kanjiNumber(x.s[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(x.s[i:])
			i += size
			continue
		}
		if cur, length := x.currencyAfter(i + n); x.f.sets.whole[cur] && x.free(i, i+n) {
			x.amount(value, cur, i, i+n+length)
			found++
			n += length
		}
		i += n
	}
}

// kanjiNumber reads a number in Japanese numerals.
func (x *finder) kanjiNumber(s string) (value int64, length int) {
	var total, section, digit int64
	for length < len(s) && length < 60 {
		_, size := utf8.DecodeRuneInString(s[length:])
		v, ok := x.f.w.Kanji[s[length:length+size]]
		if !ok {
			break
		}
		switch {
		case v < 10:
			digit = digit*10 + v
		case v < 10000:
			section += max(digit, 1) * v
			digit = 0
		default:
			total += max(section+digit, 1) * v
			section, digit = 0, 0
		}
		if total+section+digit > maxMinor {
			return 0, 0
		}
		length += size
	}
	return total + section + digit, length
}

// spokenMoney finds amounts in words: seven hundred sixty-three dollars and
// ninety-nine cents, dreihundert Euro.
func (x *finder) spokenMoney() {
	found, start, end := 0, -1, -1
	var w wordNumber
	for i := 0; i <= len(x.s) && found < limit; {
		if i < len(x.s) && (x.s[i] == ' ' || x.s[i] == '-') {
			i++
			continue
		}
		j := wordEnd(x.s, i)
		if j > i && j-i <= reach {
			if v := w; v.add(x.f, x.s[i:j]) {
				if start < 0 {
					start = i
				}
				w, end = v, j
				i = j
				continue
			}
		}
		if start >= 0 && w.value() > 0 {
			if cur, length := x.currencyAfter(end); cur != "" && x.free(start, end) {
				to := end + length
				cents, n := x.spokenCents(to)
				x.amount(minorOf(w.value(), cents, x.f.sets.whole[cur]), cur, start, to+n)
				found++
				j = max(j, to+n)
			}
		}
		w, start, end = wordNumber{}, -1, -1
		i = max(j, i+1)
	}
}

func minorOf(value, cents int64, whole bool) int64 {
	if whole {
		return value
	}
	return value*100 + cents
}

// spokenCents reads " and ninety-nine cents" behind byte i.
func (x *finder) spokenCents(i int) (cents int64, length int) {
	var w wordNumber
	for j := i; j < len(x.s) && j-i < reach; {
		if x.s[j] == ' ' || x.s[j] == '-' {
			j++
			continue
		}
		k := wordEnd(x.s, j)
		if k == j {
			break
		}
		if x.f.sets.cents[x.s[j:k]] && w.value() > 0 && w.value() < 100 {
			return w.value(), k - i
		}
		joint, known := x.f.w.Numbers[x.s[j:k]]
		if !(known && joint == 0 && !w.any) && !w.add(x.f, x.s[j:k]) { // "and" comes first
			break
		}
		j = k
	}
	return 0, 0
}

// wordEnd returns the end of the word of letters that begins at i.
func wordEnd(s string, i int) int {
	for i < len(s) && (isLower(s[i]) || s[i] >= 0xc3 && s[i] <= 0xc5 && i+1 < len(s) || s[i] >= 0x80 && s[i] < 0xc0) {
		i++
	}
	return i
}

// wordNumber adds up number words.
type wordNumber struct {
	total, current int64
	any            bool
}

func (w *wordNumber) value() int64 { return w.total + w.current }

// add reads one word, made of one or more number words.
func (w *wordNumber) add(f *Formats, s string) bool {
	if len(s) > 1 && f.second[s[0]]&(1<<(s[1]&63)) == 0 {
		return false
	}
	v := *w
	for s != "" {
		part := ""
		for _, p := range f.parts[s[0]] {
			if strings.HasPrefix(s, p) {
				part = p
				break
			}
		}
		if part == "" {
			return false
		}
		n := f.w.Numbers[part]
		switch {
		case part == "a" && (len(s) > 1 || v.any), n == 0 && !v.any:
			return false
		case n == 100:
			v.current = max(v.current, 1) * 100
		case n == 1000:
			v.total += max(v.current, 1) * 1000
			v.current = 0
		default:
			v.current += n
		}
		if v.value() > maxMinor/1000 {
			return false
		}
		v.any = true
		s = s[len(part):]
	}
	*w = v
	return true
}
