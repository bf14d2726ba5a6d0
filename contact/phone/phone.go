// Package phone finds telephone numbers in a text, however they are written or
// said, reads one into E.164 form with country, place and kind, and holds it
// against official and reported numbers.
//
// It is not a directory and never clears a number: callers choose what number
// is shown (STIR/SHAKEN and its gaps are not visible to the person called), so
// that a match with an official one says nothing in favour of a call.
//
//	n, err := tables.Parse("0091-8066055000", "DE")
//	n.E164, n.Region, n.Area // "+918066055000", "IN", "Bengaluru"
package phone

import (
	"errors"
	"fmt"
	"strings"

	"bonafide/evidence"
	"bonafide/ident"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// Type is the kind of a telephone number, as its country's numbering plan has
// it.
type Type string

// The types. Unknown is also what a North American number is, where mobile and
// fixed numbers share their prefixes.
const (
	Mobile     Type = "mobile"
	Fixed      Type = "fixed"
	TollFree   Type = "toll_free"
	Premium    Type = "premium"
	SharedCost Type = "shared_cost"
	VoIP       Type = "voip"
	ShortCode  Type = "short_code"
	Unknown    Type = "unknown"
)

// Number is one telephone number that stood somewhere.
type Number struct {
	// E164 is the number in canonical form; empty for a short code.
	E164 ident.Phone
	// Region is the ISO 3166 code of its country, "" when not known or when
	// the number belongs to none (international toll-free numbers).
	Region string
	// Area is the English name of its place for some prefixes, else "".
	Area string
	Type Type
	// Raw is the number as it was written.
	Raw string
	// Where it stood; the zero value when it was given by itself.
	Where evidence.Where
	// Valid tells that the numbering plan has such a number.
	Valid bool
	// Spelled tells that at least half of its digits were written as words
	// ("eight", "acht", "八"); letters of a keypad ("FLOWERS") are not.
	Spelled bool
	// Asked tells that a word like "call" stands in the same sentence.
	Asked bool
	// Lang is the language of the passage that it stood in, "" when unknown.
	Lang string
}

// Errors of Parse.
var (
	// ErrNone says that the text is empty or hides the number.
	ErrNone = errors.New("phone: no number given")
	// ErrShape says that the text cannot be a telephone number.
	ErrShape = errors.New("phone: not a telephone number: want country code and number, like +49 30 1234567")
)

// maxTyped is the longest text that Parse reads, in bytes.
const maxTyped = 200

// Parse reads one number as a person typed it or a telephone showed it, in any
// writing: with country code ("+49…", "0049…", "tel:…"), or the way it is
// dialled within region (ISO 3166, "" for none). A number that no numbering
// plan has is returned with Valid false; the error is ErrNone or wraps
// ErrShape.
func (t *Tables) Parse(s, region string) (Number, error) {
	raw := strings.TrimSpace(s)
	if raw == "" {
		return Number{}, ErrNone
	}
	if len(raw) > maxTyped {
		return Number{}, fmt.Errorf("%w (%d bytes given, at most %d read)", ErrShape, len(raw), maxTyped)
	}
	plus, digits, spelled := t.typed(raw)
	if len(digits) < 3 {
		return Number{}, fmt.Errorf("%w (%d digits given)", ErrShape, len(digits))
	}
	if !plus && len(digits) <= 6 {
		return Number{Region: region, Type: ShortCode, Raw: raw, Valid: true}, nil
	}
	n, ok := t.number(plus, digits, region)
	if !ok {
		return Number{}, fmt.Errorf("%w (%d digits given)", ErrShape, len(digits))
	}
	n.Raw, n.Spelled = raw, spelled
	return n, nil
}

// typed reads the digits of a number that stands by itself.
func (t *Tables) typed(raw string) (plus bool, digits string, spelled bool) {
	s := strings.ToLower(norm.NFKC.String(raw))
	s = strings.TrimPrefix(s, "tel:")
	if i := strings.IndexAny(s, ";"); i > 0 { // parameters of a tel URI (RFC 3966)
		s = s[:i]
	}
	for _, ext := range []string{" ext", " x", "#", " durchwahl"} {
		if i := strings.Index(s, ext); i > 6 {
			s = s[:i]
		}
	}
	l := lexer{t: t, s: s, loose: true}
	seq := l.all()
	c := candidate{toks: seq}
	c.assemble()
	return c.plus, c.digits, c.spelled*2 >= len(c.digits) && c.spelled > 0
}

// number looks a string of digits up in the numbering plans; ok is false when
// no plan could have it.
func (t *Tables) number(plus bool, digits, region string) (Number, bool) {
	if len(digits) > 17 {
		return Number{}, false
	}
	if !plus && strings.HasPrefix(digits, "00") && len(digits) >= 10 {
		if n, ok := t.number(true, digits[2:], ""); ok && n.Valid {
			return n, true
		}
	}
	in := digits
	if plus {
		in = "+" + strings.TrimPrefix(digits, "00")
	} else if region == "" {
		return Number{}, false
	}
	p, err := phonenumbers.Parse(in, strings.ToUpper(region))
	if err != nil || !phonenumbers.IsPossibleNumber(p) {
		return Number{}, false
	}
	e, err := ident.ParsePhone(phonenumbers.Format(p, phonenumbers.E164))
	if err != nil {
		return Number{}, false
	}
	n := Number{E164: e, Valid: phonenumbers.IsValidNumber(p), Type: typeOf(p)}
	if n.Region = phonenumbers.GetRegionCodeForNumber(p); n.Region == "" || n.Region == "ZZ" {
		n.Region = phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
	}
	if len(n.Region) != 2 || n.Region == "ZZ" {
		n.Region = ""
	}
	n.Area = t.Area(e, "en")
	if n.Type == Unknown && n.Area != "" && p.GetCountryCode() != 1 {
		n.Type = Fixed
	}
	return n, true
}

func typeOf(p *phonenumbers.PhoneNumber) Type {
	switch phonenumbers.GetNumberType(p) {
	case phonenumbers.MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE:
		return Fixed
	case phonenumbers.TOLL_FREE:
		return TollFree
	case phonenumbers.PREMIUM_RATE:
		return Premium
	case phonenumbers.SHARED_COST, phonenumbers.UAN:
		return SharedCost
	case phonenumbers.VOIP:
		return VoIP
	}
	return Unknown
}

// Distance returns the number of digits that must be changed, added or taken
// away to turn one number into the other (Levenshtein); 0 for equal ones.
func Distance(a, b ident.Phone) int {
	x, y := string(a), string(b)
	if len(x) > 16 || len(y) > 16 { // no number of E.164 is longer
		return max(len(x), len(y))
	}
	var rows [2][17]int
	prev, cur := &rows[0], &rows[1]
	for j := range len(y) + 1 {
		prev[j] = j
	}
	for i := range len(x) {
		cur[0] = i + 1
		for j := range len(y) {
			d := prev[j]
			if x[i] != y[j] {
				d++
			}
			cur[j+1] = min(d, prev[j+1]+1, cur[j]+1)
		}
		prev, cur = cur, prev
	}
	return prev[len(y)]
}

// SameBlock reports whether two different numbers differ in their last two
// digits only: numbers are handed out in blocks, and a caller with one number
// of a block often has the others too.
func SameBlock(a, b ident.Phone) bool {
	return a != b && len(a) == len(b) && len(a) > 8 && a[:len(a)-2] == b[:len(b)-2]
}
