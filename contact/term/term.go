// Package term says what a text is found by: its words, each pair of characters
// that stand beside each other in Japanese, Chinese and Korean (which write no
// spaces), telephone and order numbers in any writing, mail addresses and
// domains; and it reads what somebody searches for in the same way.
//
// It keeps no index and knows no store. A match of all terms is necessary, not
// always enough: Query.Match looks at the text.
//
//	tables, err := term.Load(data.FS)
//	terms := tables.Of("注文番号 112-1234567", "JP")
//	q, err := tables.Query("注文番号", "JP") // q.Terms are among terms
package term

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bonafide/contact"
	"bonafide/contact/phone"
	"bonafide/contact/text"
	"bonafide/fault"
)

// Version counts the changes of what Of gives: what was indexed with another
// version has to be indexed again.
const Version = 2

// Bounds of what is read.
const (
	// MaxText is how much of a text is read, in bytes.
	MaxText = 64 << 10
	// MaxQuery is the longest query, in bytes.
	MaxQuery = 300
	maxWord  = 60
)

// Tables are what texts are read by. They may be used by many goroutines.
type Tables struct {
	folding *text.Folding
	phones  *phone.Tables
}

// Load reads the tables of telephone numbers and of folding.
func Load(fsys fs.FS) (*Tables, error) {
	folding, err := text.LoadFolding(fsys)
	if err != nil {
		return nil, err
	}
	phones, err := phone.Load(fsys)
	if err != nil {
		return nil, err
	}
	return &Tables{folding: folding, phones: phones}, nil
}

var (
	// numbers are digits with what people write between them.
	numbers = regexp.MustCompile(`\d(?:[\s\-‐-―−./()]{0,3}\d){5,29}`)
	mails   = regexp.MustCompile(`[\pL\d._%+-]{1,64}@(?:[\pL\d-]{1,63}\.){1,8}\pL[\pL\d-]{1,62}`)
	domains = regexp.MustCompile(`(?:[\pL\d-]{1,63}\.){1,8}\pL[\pL\d-]{1,62}`)
	// The same without scripts that write no spaces: there an address ends where
	// the sentence goes on.
	spacedMails   = regexp.MustCompile(`[a-z\d._%+-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z][a-z\d-]{1,62}`)
	spacedDomains = regexp.MustCompile(`(?:[a-z\d-]{1,63}\.){1,8}[a-z][a-z\d-]{1,62}`)
	defang        = strings.NewReplacer("[.]", ".", "(.)", ".", "[@]", "@", "[at]", "@")
)

// fold is a text in the form that two writings of it have in common.
func fold(s string) string {
	return defang.Replace(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " "))))
}

// set keeps the order in which terms come.
type set struct {
	list []string
	seen map[string]bool
}

func (s *set) add(term string) {
	if !s.seen[term] {
		s.seen[term] = true
		s.list = append(s.list, term)
	}
}

// number is the term of digits: the last eight, which a number has in common
// with and without country code, trunk prefix and exit code.
func number(digits string) string { return "n:" + digits[max(0, len(digits)-8):] }

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// Of returns what a text is found by, each once, identifiers first. Country
// (ISO 3166-1, or "") is where numbers without a country code are read. Of a
// text longer than MaxText the beginning is read.
func (t *Tables) Of(body, country string) []string {
	s := fold(clip(body, MaxText))
	out := &set{seen: map[string]bool{}}
	reading := text.Read(contact.Part{Name: "text", Kind: contact.Said, Text: clip(body, MaxText)}, t.folding)
	for _, n := range phone.Find([]*text.Reading{reading}, phone.Options{Tables: t.phones, Region: country}) {
		if d := digitsOf(string(n.E164)); len(d) >= 6 {
			out.add(number(d))
		}
	}
	for _, found := range numbers.FindAllString(s, -1) {
		d := digitsOf(found)
		out.add(number(d))
		out.add("o:" + d)
		// Several numbers with only spaces between them: each by itself, too.
		for _, part := range strings.Fields(found) {
			if d := digitsOf(part); len(d) >= 6 {
				out.add(number(d))
				out.add("o:" + d)
			}
		}
	}
	for _, m := range found(s, mails, spacedMails) {
		out.add("m:" + m)
	}
	for _, d := range found(s, domains, spacedDomains) {
		for {
			out.add("d:" + d)
			_, rest, ok := strings.Cut(d, ".")
			if !ok || !strings.Contains(rest, ".") {
				break
			}
			d = rest
		}
	}
	runs(s, func(run string, dense bool) {
		if !dense {
			out.add(word(run))
			return
		}
		for _, b := range pairs(run) {
			out.add(b)
		}
	})
	return out.list
}

// found are the addresses of a folded text. In one that holds characters of a
// script without spaces, which may belong to the address or to the sentence
// around it, both readings are given: "a@b.jpまで" is found by a@b.jp.
func found(s string, all, spaced *regexp.Regexp) []string {
	out := all.FindAllString(s, -1)
	for _, x := range out {
		if strings.ContainsFunc(x, dense) {
			out = append(out, spaced.FindAllString(x, -1)...)
		}
	}
	return out
}

func word(run string) string { return "w:" + clip(run, maxWord) }

// pairs are the terms of a run of characters that stand without spaces.
func pairs(run string) []string {
	r := []rune(run)
	var out []string
	for i := 0; i+1 < len(r); i++ {
		out = append(out, "b:"+string(r[i:i+2]))
	}
	return out
}

// dense reports whether a character is of a script that writes no spaces, or of
// Korean, whose words carry particles.
func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー' || r == '々' || r == '〆'
}

// runs calls f with each word, or run of characters without spaces, of a folded
// text.
func runs(s string, f func(run string, dense bool)) {
	const none, letters, packed = 0, 1, 2
	start, kind := 0, none
	flush := func(end int) {
		if kind != none && end > start {
			f(s[start:end], kind == packed)
		}
		start = end
	}
	for i, r := range s {
		k := none
		switch {
		case dense(r):
			k = packed
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			k = letters
		}
		if k != kind {
			flush(i)
			start, kind = i, k
		}
	}
	flush(len(s))
}

// Query is what somebody searches for.
type Query struct {
	// Terms are what a text must be found by, at most as many as were asked for.
	Terms []string
	// needles must stand in the folded text, beside the terms.
	needles []string
}

// Query reads what somebody searches for: words, characters of Japanese in a
// row, one or more numbers, mail addresses, domains; all of them must be there.
// It gives at most limit terms and leaves the rest to Match.
func (t *Tables) Query(s, country string, limit int) (Query, error) {
	var q Query
	if len(s) > MaxQuery || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return q, fault.New(fault.Invalid, "q", "is no text of at most %d bytes: search for fewer words", MaxQuery)
	}
	rest := fold(s)
	out, needed := &set{seen: map[string]bool{}}, &set{seen: map[string]bool{}}
	take := func(re *regexp.Regexp, f func(string)) {
		for _, found := range re.FindAllString(rest, -1) {
			f(found)
		}
		rest = re.ReplaceAllString(rest, " ")
	}
	take(mails, func(m string) { out.add("m:" + m) })
	take(domains, func(d string) { out.add("d:" + strings.TrimPrefix(d, "www.")) })
	take(numbers, func(n string) {
		d := digitsOf(n)
		if len(d) > 15 { // longer than any telephone number (ITU-T E.164)
			out.add("o:" + d)
			return
		}
		out.add(number(d))
	})
	short := false
	runs(rest, func(run string, dense bool) {
		r := []rune(run)
		switch {
		case !dense:
			out.add(word(run))
		case len(r) < 2:
			short = true
		case len(r) == 2:
			out.add("b:" + run)
		default:
			// Every second pair and the last cover the run; Match looks at its order.
			p := pairs(run)
			for i := 0; i < len(p); i += 2 {
				out.add(p[i])
			}
			out.add(p[len(p)-1])
			needed.add(run)
		}
	})
	if len(out.list) == 0 {
		if short {
			return q, fault.New(fault.Invalid, "q", "is a single character: search for two or more")
		}
		return q, fault.New(fault.Invalid, "q", "holds no word and no number: write what to search for")
	}
	q.Terms, q.needles = out.list, needed.list
	if len(q.Terms) > limit {
		for _, x := range q.Terms[limit:] {
			if x[0] != 'n' && x[0] != 'o' {
				q.needles = append(q.needles, x[2:])
			}
		}
		q.Terms = q.Terms[:limit]
	}
	return q, nil
}

// Exact reports whether a text with all terms needs no further look.
func (q Query) Exact() bool { return len(q.needles) == 0 }

// Match reports whether a text with all terms really holds what is searched.
func (q Query) Match(body string) bool {
	if q.Exact() {
		return true
	}
	s := fold(body)
	return !slices.ContainsFunc(q.needles, func(n string) bool { return !strings.Contains(s, n) })
}

// clip cuts a text between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Language is the language of a text (BCP 47), "" when unknown.
func (t *Tables) Language(body string) string {
	return text.Read(contact.Part{Name: "text", Kind: contact.Said, Text: clip(body, MaxText)}, t.folding).Lang
}
