package phone

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bonafide/contact/text"
)

const (
	maxFound   = 64   // numbers kept of one text
	maxLookups = 400  // looks into the numbering plans for one text
	maxTries   = 2000 // candidates looked at in one text
	minDigits  = 7
	maxDigits  = 17
)

// Options tell Find what a text alone does not.
type Options struct {
	// Tables to read by; required.
	Tables *Tables
	// Region is the country (ISO 3166) in whose way numbers without a country
	// code are read first; "" means that of the passage's language.
	Region string
}

// Find returns the telephone numbers of some texts in order of place, at most
// 64 of each: written or said, with or without country code. What only looks
// like one (orders, dates, amounts, accounts, parcels) is left out. It takes
// linear time and never fails. Without tables nothing is found.
func Find(rs []*text.Reading, opt Options) []Number {
	if opt.Tables == nil {
		return nil
	}
	var out []Number
	for _, r := range rs {
		f := finder{t: opt.Tables, r: r, region: strings.ToUpper(opt.Region), cues: map[int]bool{}}
		l := lexer{t: opt.Tables, s: r.Folded, upper: f.upper, done: f.sequence}
		l.run()
		out = append(out, f.out...)
	}
	return out
}

// finder looks for the numbers of one text.
type finder struct {
	t       *Tables
	r       *text.Reading
	region  string
	out     []Number
	lookups int
	tries   int
	cues    map[int]bool // sentence to whether it has a word like "call"
}

// upper reports whether the letter at byte off of the folded text was a capital.
func (f *finder) upper(off int) bool {
	w := f.r.Where(text.Span{Start: off, End: off + 1})
	c, _ := utf8.DecodeRuneInString(w.Quote)
	return unicode.IsUpper(c)
}

// sequence takes the numbers out of a sequence of groups: from the left the
// longest stretch that is one.
func (f *finder) sequence(seq []token) {
	total := 0
	for _, tk := range seq {
		total += len(tk.digits) * max(1, tk.w.repeat)
		if tk.w.repeat > 0 {
			total += 3
		}
	}
	if total < 3 || len(f.out) >= maxFound || f.tries > maxTries || f.lookups >= maxLookups {
		return
	}
	for i := range seq {
		if !seq[i].spelled && f.linked(seq[i].start) {
			seq[i].plus = true
		}
	}
	bury(f.r.Folded, seq)
	for i := 0; i < len(seq); {
		if n := f.longest(seq[i:]); n > 0 {
			i += n
		} else {
			i++
		}
	}
}

// longest finds the longest stretch of groups from the first on that is a
// number, keeps it and returns its length; 0 when there is none.
func (f *finder) longest(seq []token) int {
	if seq[0].dead || seq[0].digits == "" && seq[0].w.repeat == 0 || f.inAddress(&seq[0]) {
		return 0
	}
	end, digits := 0, 0
	for end < len(seq) && !seq[end].dead && (end == 0 || !seq[end].plus) {
		if digits += len(seq[end].digits); digits > maxDigits+4 {
			break
		}
		end++
	}
	for n := end; n > 0; n-- {
		if seq[n-1].digits == "" {
			continue
		}
		c := candidate{toks: seq[:n]}
		c.assemble()
		if len(c.digits) > maxDigits {
			continue
		}
		if len(c.digits) < minDigits {
			return f.shortCode(&c)
		}
		if f.tries++; f.tries > maxTries {
			return 0
		}
		if num, ok := f.accept(&c); ok {
			f.keep(&c, num)
			return n
		}
	}
	return 0
}

// keep files a number with its place.
func (f *finder) keep(c *candidate, n Number) {
	start, end := c.toks[0].start, c.toks[len(c.toks)-1].end
	s := f.r.Folded
	for start > 0 && (s[start-1] == '(' || s[start-1] == '+') {
		start--
	}
	n.Where = f.r.Where(text.Span{Start: start, End: end})
	n.Raw = n.Where.Quote
	n.Lang = f.r.LangAt(start)
	n.Spelled = c.spelled*2 >= len(c.digits) && c.spelled > 0
	n.Asked = f.asked(start)
	if len(f.out) < maxFound {
		f.out = append(f.out, n)
	}
}

// shortCode keeps a number of 5 or 6 digits that one is to send a text to.
func (f *finder) shortCode(c *candidate) int {
	if len(c.toks) != 1 || len(c.digits) < 5 || len(c.digits) > 6 || c.spelled > 0 {
		return 0
	}
	words := f.wordsBefore(c.toks[0].start, 6)
	if len(words) == 0 || words[0] != "to" && words[0] != "an" && words[0] != "at" {
		return 0
	}
	for _, w := range words {
		if f.t.short[w] {
			f.keep(c, Number{Type: ShortCode, Region: f.regions(c.toks[0].start)[0], Valid: true})
			return 1
		}
	}
	return 0
}

// accept decides whether a candidate is a telephone number.
func (f *finder) accept(c *candidate) (Number, bool) {
	start := c.toks[0].start
	if c.plus || f.linked(start) {
		n, ok := f.look(true, c.digits, "")
		return n, ok && (n.Valid || len(c.digits) >= 8)
	}
	asked := f.asked(start)
	if f.notPhone(start) {
		return Number{}, false
	}
	regions := f.regions(start)
	home := f.home(start)
	if c.northAmerican() || strings.HasPrefix(c.digits, "1") && len(c.digits) == 11 {
		regions = append([]string{"US"}, regions...)
	}
	seen := map[string]bool{}
	for i, region := range regions {
		if seen[region] || !f.plausible(c, region, i == 0) {
			continue
		}
		seen[region] = true
		if n, ok := f.look(false, c.digits, region); ok && n.Valid && f.convincing(c, n, asked, home[region]) {
			return n, true
		}
	}
	if asked && len(c.digits) >= 10 && (c.digits[0] == '0' || c.northAmerican()) {
		for _, region := range regions {
			if c.digits[0] != '0' || region != "US" && region != "CA" { // no trunk prefix there
				return f.look(false, c.digits, region)
			}
		}
	}
	return Number{}, false
}

func (f *finder) look(plus bool, digits, region string) (Number, bool) {
	if f.lookups >= maxLookups {
		return Number{}, false
	}
	f.lookups++
	return f.t.number(plus, digits, region)
}

// plausible sorts out what cannot be a number of a country before the numbering
// plans are asked.
func (f *finder) plausible(c *candidate, region string, first bool) bool {
	d := c.digits
	if strings.HasPrefix(d, "00") || strings.HasPrefix(d, "01") && len(d) > 12 {
		return len(d) >= 10
	}
	if region == "US" || region == "CA" {
		d = strings.TrimPrefix(d, "1")
		return len(d) == 10 && d[0] >= '2'
	}
	return d[0] == '0' && len(d) >= 9 && len(d) <= 13 || first && region != "DE" && region != "JP" && region != "GB" && len(d) >= 9
}

// convincing reports whether a valid number, for which nothing but its digits
// speaks, is written the way numbers are.
func (f *finder) convincing(c *candidate, n Number, asked, home bool) bool {
	groups, separated := c.shape()
	switch {
	case asked, c.spelled >= minDigits, strings.HasPrefix(c.digits, "00"):
		return true
	case n.Region == "US" || n.Region == "CA":
		return c.northAmerican() || c.spelled > 0 || n.Type == TollFree && (separated || len(c.digits) == 11) || groups >= 10
	case n.Type == TollFree || n.Type == Premium || n.Type == SharedCost:
		return separated || home
	}
	return c.digits[0] == '0' && home && len(c.digits) >= 9 && (separated || len(c.digits) >= 10)
}

// regions lists the countries in whose way the number at byte off may be
// written, the likeliest first.
func (f *finder) regions(off int) []string {
	var out []string
	if f.region != "" {
		out = append(out, f.region)
	}
	lang := f.r.LangAt(off)
	if lang == "" {
		lang = f.r.Lang
	}
	if own := f.t.regions[lang]; len(own) > 0 {
		return append(out, own...)
	}
	return append(out, f.t.tried...)
}

// home returns the countries whose own way of writing is expected at byte off:
// all of them when neither country nor language is known.
func (f *finder) home(off int) map[string]bool {
	if f.region != "" {
		return map[string]bool{f.region: true}
	}
	return set(f.regions(off))
}
