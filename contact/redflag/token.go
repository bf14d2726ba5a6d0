package redflag

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// class is what kind of thing a token is, beside its letters.
type class uint8

const (
	word class = iota
	cjk
	num
	money
	phone
	link
	mail
	question
)

// classNames are the names by which patterns call a class: <num>.
var classNames = map[string]class{"num": num, "money": money, "phone": phone, "link": link, "mail": mail, "q": question}

// token is one word, one CJK letter, one number or one address. start and end
// are byte offsets into the folded text.
type token struct {
	text       string
	class      class
	start, end int
}

func isCJK(r rune) bool {
	return r >= 0x3040 && r <= 0x30ff || r >= 0x4e00 && r <= 0x9fff || r == '々' || r == 'ー' || r >= 0x3400 && r <= 0x4dbf
}

// hasCJK reports whether a text has a letter of Chinese or Japanese. All of
// them begin with a byte that begins no other letter but of these planes.
func hasCJK(s string) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b >= 0xe3 && b <= 0xe9 {
			if r, _ := utf8.DecodeRuneInString(s[i:]); isCJK(r) {
				return true
			}
		}
	}
	return false
}

const currencySigns = "$€£¥₹₩"

// tokenise cuts folded text into tokens. It is linear, and the same function
// cuts patterns, so that both agree on what a word is.
func tokenise(s string, base int, out []token) []token {
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case isCJK(r):
			out = append(out, token{s[i : i+w], cjk, base + i, base + i + w})
			i += w
		case r == '?' || r == '？':
			out = append(out, token{"?", question, base + i, base + i + w})
			i += w
		case r >= '0' && r <= '9' || r == '+' || strings.ContainsRune(currencySigns, r):
			n, c := number(s[i:])
			if n == 0 {
				i += w
				continue
			}
			out = append(out, token{s[i : i+n], c, base + i, base + i + n})
			i += n
		case unicode.IsLetter(r):
			n, c := wordRun(s[i:])
			out = append(out, token{plain(s[i : i+n]), c, base + i, base + i + n})
			i += n
		default:
			i += w
		}
	}
	return out
}

// wordRun returns the length and class of the word, web address or mail
// address that s starts with.
func wordRun(s string) (int, class) {
	if n := plainRun(s); n > 0 {
		return n, word
	}
	return anyRun(s)
}

// anyRun is wordRun for whatever there may be.
func anyRun(s string) (int, class) {
	if n, c := address(s); n > 0 {
		return n, c
	}
	i := 0
	for i < len(s) {
		r, w := utf8.DecodeRuneInString(s[i:])
		if isCJK(r) {
			break
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '_' {
			i += w
			continue
		}
		if (r == '\'' || r == '’') && i+w < len(s) {
			if next, _ := utf8.DecodeRuneInString(s[i+w:]); unicode.IsLetter(next) && !isCJK(next) && !elided(s[:i]) {
				i += w
				continue
			}
		}
		break
	}
	return i, word
}

// plainRun returns the length of the word that s starts with when it is made of
// small ASCII letters and ends where an address ends too; else 0. Full stops and
// colons behind it belong to the sentence.
func plainRun(s string) int {
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	i := n
	for i < len(s) && (s[i] == '.' || s[i] == ':') {
		i++
	}
	if i == len(s) || s[i] <= ' ' || strings.IndexByte("<>\"()[]{},;!", s[i]) >= 0 ||
		s[i] == '?' && (i+1 == len(s) || s[i+1] <= ' ') {
		return n
	}
	return 0
}

// address returns the length of a web or mail address at the start of s, or 0.
func address(s string) (int, class) {
	end, dot, at := 0, -1, -1
	for end < len(s) && end < 2048 {
		b := s[end]
		if b <= ' ' || b >= 0x80 || strings.IndexByte("<>\"'()[]{},;!", b) >= 0 {
			break
		}
		if b == '?' && (end+1 == len(s) || s[end+1] <= ' ') {
			break
		}
		if b == '.' && end > 0 {
			dot = end
		}
		if b == '@' && at < 0 {
			at = end
		}
		end++
	}
	for end > 0 && (s[end-1] == '.' || s[end-1] == ':') {
		end--
	}
	if dot <= 0 || dot >= end {
		if !strings.Contains(s[:end], "://") && (dot <= 0 || strings.IndexByte(s[:end], '.') < 0) {
			return 0, word
		}
	}
	run := s[:end]
	if at > 0 && !strings.Contains(run, "://") {
		if strings.Contains(run[at:], ".") {
			return end, mail
		}
		return 0, word
	}
	if strings.Contains(run, "://") || strings.HasPrefix(run, "www.") {
		return end, link
	}
	host := run
	if cut := strings.IndexAny(host, "/?#:"); cut >= 0 {
		host = host[:cut]
	}
	label := strings.LastIndexByte(host, '.')
	if label <= 0 || len(host)-label < 3 {
		return 0, word
	}
	if _, icann := publicsuffix.PublicSuffix(host); !icann && !reserved(host[label+1:]) {
		return 0, word
	}
	return end, link
}

// reserved reports whether a top-level domain is one that nobody can hold (RFC
// 2606): people who tell a story or write a test use them.
func reserved(tld string) bool {
	return tld == "example" || tld == "test" || tld == "invalid"
}

// number returns the length of the number at the start of s with its currency
// signs, and whether it is money, a telephone number or neither.
func number(s string) (int, class) {
	i, digits, signs, seps := 0, 0, 0, 0
	last := 0 // end of the last digit or sign
	for i < len(s) {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case r >= '0' && r <= '9':
			digits++
			i += w
			last = i
		case strings.ContainsRune(currencySigns, r):
			if signs > 0 {
				return finish(s, last, digits, signs, seps)
			}
			signs++
			i += w
			last = i
		case r == '+' && i == 0:
			seps += 2
			i += w
		case strings.ContainsRune(".,-/() '", r) && i-last < 2:
			if i == last {
				seps++
			}
			i += w
		default:
			return finish(s, last, digits, signs, seps)
		}
	}
	return finish(s, last, digits, signs, seps)
}

func finish(_ string, last, digits, signs, seps int) (int, class) {
	switch {
	case digits == 0:
		return 0, word
	case signs > 0:
		return last, money
	case digits <= 15 && (digits >= 7 && seps > 0 || digits >= 9): // E.164 has at most 15
		return last, phone
	}
	return last, num
}

// plain writes German umlauts out, so that "Betraege" and "Beträge" meet, takes
// other accents off, which mails and texts often leave out ("atencao"), and
// straightens the apostrophe.
func plain(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return accents.Replace(s)
		}
	}
	return s
}

var accents = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "’", "'", "œ", "oe", "æ", "ae",
	"à", "a", "á", "a", "â", "a", "ã", "a", "å", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o",
	"ù", "u", "ú", "u", "û", "u", "ý", "y", "ÿ", "y")

// elided reports whether what stands before an apostrophe is a word of its own,
// as in French and Italian: "l'adresse", "qu'il", "dell'account".
func elided(s string) bool {
	switch s {
	case "l", "d", "j", "n", "s", "c", "m", "t", "v", "qu", "jusqu", "lorsqu", "puisqu",
		"dell", "all", "nell", "sull", "dall", "un", "quest", "quell", "dov", "cos", "com", "senz", "anch":
		return true
	}
	return false
}

// Cutter cuts texts into words, one after the other, for one goroutine. The zero
// value is usable.
type Cutter struct{ room []token }

// Words appends the words of a folded text to out, as models read them: letters
// one by one where a script has no spaces, and things by their class in angle
// brackets ("<link>", "<money>"; "<code>" is a number of four digits or more).
func (c *Cutter) Words(folded string, out []string) []string {
	c.room = tokenise(folded, 0, c.room[:0])
	out = slices.Grow(out, len(c.room))
	for i := range c.room {
		if t := &c.room[i]; t.class == num && t.end-t.start >= 4 {
			out = append(out, "<code>")
		} else {
			out = append(out, t.name())
		}
	}
	return out
}
