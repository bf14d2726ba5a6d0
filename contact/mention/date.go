package mention

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// dates finds calendar days in German, English and Japanese writing. Words that
// need to know today ("tomorrow") are left out.
func (x *finder) dates() {
	found := 0
	for i := 0; i < len(x.s) && found < limit; {
		c := x.s[i]
		at := i
		switch {
		case isDigit(c):
			if i > 0 && (isAlnum(x.s[i-1]) || strings.IndexByte(".-/", x.s[i-1]) >= 0) {
				i = runEnd(x.s, i)
				continue
			}
		case isLower(c):
			if i > 0 && (isLower(x.s[i-1]) || x.s[i-1] >= utf8.RuneSelf) {
				i = wordEnd(x.s, i)
				continue
			}
			if end := wordEnd(x.s, i); !x.f.months.May(x.s[i:end]) {
				i = max(i+1, end)
				continue
			}
		case c >= 0xe3:
			if t, n := x.era(i); n > 0 && x.free(i, i+n) {
				x.date(t, i, i+n)
				found++
				i += n
				continue
			}
			_, size := utf8.DecodeRuneInString(x.s[i:])
			i += size
			continue
		default:
			i++
			continue
		}
		if t, n := x.dateAt(i); n > 0 && x.free(i, i+n) {
			x.date(t, at, i+n)
			found++
			i += n
			continue
		}
		if isDigit(c) {
			i = runEnd(x.s, i)
		} else {
			i = max(i+1, wordEnd(x.s, i))
		}
	}
}

func (x *finder) date(t time.Time, start, end int) {
	x.m.Dates = append(x.m.Dates, Date{Time: t, Told: x.told, Where: x.where(start, end)})
	x.take(start, end)
}

func runEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// dateAt reads a date that begins at byte i, and its length; 0 when there is
// none.
func (x *finder) dateAt(i int) (time.Time, int) {
	s := x.s[i:min(len(x.s), i+40)]
	if s == "" {
		return time.Time{}, 0
	}
	if !isDigit(s[0]) {
		return x.monthFirst(s)
	}
	if t, n := numeric(s, x.f.sets.monthFirst[x.r.LangAt(i)]); n > 0 {
		return t, n
	}
	if t, n := japanese(s); n > 0 {
		return t, n
	}
	return x.dayFirst(s)
}

// day returns a calendar day, or false when the calendar has none such; year 0
// stands for none named.
func day(year, month, d int) (time.Time, bool) {
	if month < 1 || month > 12 || d < 1 || d > 31 || year != 0 && (year < 1990 || year > 2100) {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}

// digits reads at most limit digits and what follows them.
func digits(s string, limit int) (n, length int) {
	for length < len(s) && isDigit(s[length]) {
		length++
	}
	if length == 0 || length > limit {
		return 0, 0
	}
	n, _ = strconv.Atoi(s[:length])
	return n, length
}

// numeric reads 31.12.2026, 2026-12-31, 12/31/2026 and 31.12.
func numeric(s string, monthFirst bool) (time.Time, int) {
	a, n := digits(s, 4)
	if n == 0 || n == 3 || n >= len(s) || strings.IndexByte(".-/", s[n]) < 0 {
		return time.Time{}, 0
	}
	sep, i := s[n], n+1
	if i < len(s) && s[i] == ' ' && sep == '.' { // "31. 12. 2026"
		i++
	}
	b, k := digits(s[i:], 2)
	if k == 0 {
		return time.Time{}, 0
	}
	i += k
	if i >= len(s) || s[i] != sep {
		return time.Time{}, 0
	}
	i++
	if i < len(s) && s[i] == ' ' && sep == '.' {
		i++
	}
	c, k := digits(s[i:], 4)
	if k != 2 && k != 4 && !(n == 4 && k == 1) {
		if sep == '.' && n <= 2 && k == 0 { // "31.12." names no year
			if t, ok := day(0, b, a); ok {
				return t, strings.LastIndexByte(s[:i], '.') + 1
			}
		}
		return time.Time{}, 0
	}
	i += k
	if i < len(s) && (isAlnum(s[i]) || s[i] == sep && i+1 < len(s) && isDigit(s[i+1])) {
		return time.Time{}, 0
	}
	var t time.Time
	var ok bool
	switch {
	case n == 4:
		t, ok = day(a, b, c)
	case k == 4 || sep != '-':
		if k == 2 {
			c += 2000
		}
		if sep == '/' && (monthFirst && a <= 12 || b > 12) {
			a, b = b, a
		}
		t, ok = day(c, b, a)
	}
	if !ok {
		return time.Time{}, 0
	}
	return t, i
}

// japanese reads 2026年12月31日 and 12月31日.
func japanese(s string) (time.Time, int) {
	year, i := 0, 0
	n, k := digits(s, 4)
	if k == 4 && strings.HasPrefix(s[k:], "年") {
		year, i = n, k+len("年")
		n, k = digits(s[i:], 2)
	}
	return monthDay(s, year, n, i+k)
}

// monthDay reads 月31日 behind a month.
func monthDay(s string, year, month, i int) (time.Time, int) {
	if !strings.HasPrefix(s[i:], "月") {
		return time.Time{}, 0
	}
	i += len("月")
	d, k := digits(s[i:], 2)
	if k == 0 || !strings.HasPrefix(s[i+k:], "日") {
		return time.Time{}, 0
	}
	t, ok := day(year, month, d)
	if !ok {
		return time.Time{}, 0
	}
	return t, i + k + len("日")
}

// era reads 令和8年12月31日.
func (x *finder) era(i int) (time.Time, int) {
	for name, zero := range x.f.w.Eras {
		if !strings.HasPrefix(x.s[i:], name) {
			continue
		}
		s := x.s[i+len(name) : min(len(x.s), i+len(name)+30)]
		n, k := digits(s, 2)
		first := "元"
		if k == 0 && strings.HasPrefix(s, first) {
			n, k = 1, len(first)
		}
		if k == 0 || !strings.HasPrefix(s[k:], "年") {
			return time.Time{}, 0
		}
		k += len("年")
		month, m := digits(s[k:], 2)
		if t, length := monthDay(s, zero+n, month, k+m); length > 0 {
			return t, len(name) + length
		}
	}
	return time.Time{}, 0
}

// dayFirst reads 31. Dezember 2026, 31 December, 31st of December 2026.
func (x *finder) dayFirst(s string) (time.Time, int) {
	d, i := digits(s, 2)
	if i == 0 {
		return time.Time{}, 0
	}
	for _, mark := range []string{".", "st", "nd", "rd", "th"} {
		if strings.HasPrefix(s[i:], mark) {
			i += len(mark)
			break
		}
	}
	i += spaces(s[i:])
	if strings.HasPrefix(s[i:], "of ") {
		i += len("of ")
	}
	month, k := x.month(s[i:])
	if k == 0 {
		return time.Time{}, 0
	}
	i += k
	return x.withYear(s, i, month, d)
}

// monthFirst reads December 31, 2026 and Dec. 31st.
func (x *finder) monthFirst(s string) (time.Time, int) {
	month, i := x.month(s)
	if i == 0 {
		return time.Time{}, 0
	}
	i += spaces(s[i:])
	d, k := digits(s[i:], 2)
	if k == 0 {
		return time.Time{}, 0
	}
	i += k
	for _, mark := range []string{"st", "nd", "rd", "th"} {
		if strings.HasPrefix(s[i:], mark) {
			i += len(mark)
			break
		}
	}
	if i < len(s) && isAlnum(s[i]) {
		return time.Time{}, 0
	}
	return x.withYear(s, i, month, d)
}

// withYear reads the year behind a day, if there is one.
func (x *finder) withYear(s string, i, month, d int) (time.Time, int) {
	k := i
	if k < len(s) && s[k] == ',' {
		k++
	}
	k += spaces(s[k:])
	if y, n := digits(s[k:], 4); n == 4 && !(k+n < len(s) && isAlnum(s[k+n])) {
		if t, ok := day(y, month, d); ok {
			return t, k + n
		}
	}
	if t, ok := day(0, month, d); ok {
		return t, i
	}
	return time.Time{}, 0
}

// month reads the name of a month with its dot.
func (x *finder) month(s string) (month, length int) {
	n := wordEnd(s, 0)
	m, ok := x.f.w.Months[s[:n]]
	if !ok {
		return 0, 0
	}
	if n < len(s) && s[n] == '.' && n <= 4 {
		n++
	}
	return m, n
}

func spaces(s string) int {
	n := 0
	for n < len(s) && n < 2 && s[n] == ' ' {
		n++
	}
	return n
}
