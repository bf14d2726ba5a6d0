package callid

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bonafide/ident"
)

// passport is a PASSporT as read: what it says, not yet believed.
type passport struct {
	// signed is what the signature stands under: header and payload, encoded.
	signed    string
	signature []byte
	alg, typ  string
	typeOf    Type
	x5u       string
	critical  bool

	orig    ident.Phone
	dest    []ident.Phone
	iat     time.Time
	attest  Attestation
	origID  string
	hasRich bool
}

var errShape = errors.New("callid: not a PASSporT")

// decode is strict: padding, line breaks and stray bits are no base64url
// (RFC 7515, 2).
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errShape
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

// read takes a token in full form apart (RFC 8225, 3 to 5).
func read(token string) (*passport, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errShape
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := decode(p)
		if err != nil || len(b) == 0 {
			return nil, errShape
		}
		raw[i] = b
	}
	p := &passport{signed: parts[0] + "." + parts[1], signature: raw[2]}
	if err := p.header(raw[0]); err != nil {
		return nil, err
	}
	return p, p.claims(raw[1])
}

// header reads the JOSE header (RFC 8225, 4).
func (p *passport) header(raw []byte) error {
	o, err := object(raw)
	if err != nil {
		return err
	}
	ppt := ""
	for name, into := range map[string]*string{"alg": &p.alg, "typ": &p.typ, "x5u": &p.x5u, "ppt": &ppt} {
		if v, ok := o[name]; ok && json.Unmarshal(v, into) != nil {
			return errShape
		}
	}
	_, p.critical = o["crit"]
	p.typeOf = Type(ppt)
	// typ is "passport" (RFC 8225, 4.1); media types are compared without case.
	if !strings.EqualFold(p.typ, "passport") {
		return errShape
	}
	return nil
}

// claims reads the payload (RFC 8225, 5; RFC 8588, 4 and 5).
func (p *passport) claims(raw []byte) error {
	o, err := object(raw)
	if err != nil {
		return err
	}
	iat, err := strconv.ParseInt(string(o["iat"]), 10, 64)
	if err != nil || iat <= 0 || iat > 1<<36 {
		return errShape
	}
	p.iat = time.Unix(iat, 0).UTC()
	orig, err := object(o["orig"])
	if err != nil || len(orig) != 1 { // one identity only, RFC 8225, 5.2.1
		return errShape
	}
	if v, ok := orig["tn"]; ok {
		var tn string
		if json.Unmarshal(v, &tn) != nil {
			return errShape
		}
		p.orig = number(tn)
	}
	dest, err := object(o["dest"])
	if err != nil {
		return errShape
	}
	var tns []string
	if v, ok := dest["tn"]; ok && json.Unmarshal(v, &tns) != nil || len(tns) > maxDest {
		return errShape
	}
	for _, tn := range tns {
		if n := number(tn); n != "" {
			p.dest = append(p.dest, n)
		}
	}
	_, p.hasRich = o["rcd"]
	return p.shaken(o)
}

// shaken reads the claims of RFC 8588; both are required with ppt "shaken".
func (p *passport) shaken(o map[string]json.RawMessage) error {
	if p.typeOf != Shaken {
		return nil
	}
	if json.Unmarshal(o["attest"], &p.attest) != nil || json.Unmarshal(o["origid"], &p.origID) != nil {
		return errShape
	}
	if p.attest != Full && p.attest != Partial && p.attest != Gateway || p.origID == "" {
		return errShape
	}
	p.origID = p.origID[:min(len(p.origID), 64)]
	p.origID = strings.ToValidUTF8(p.origID, "")
	return nil
}

// number turns a telephone number as tokens have it, digits with country code
// and no plus sign (RFC 8224, 8.3), into E.164 form; "" for a special number.
func number(tn string) ident.Phone {
	p, err := ident.ParsePhone("+" + strings.TrimPrefix(tn, "+"))
	if err != nil {
		return ""
	}
	return p
}

// object reads a JSON object by exact names. Names that stand twice are
// refused: two readers could see two different things (RFC 7515, 4).
func object(raw []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errShape
	}
	o := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, errShape
		}
		name, ok := t.(string)
		var v json.RawMessage
		if !ok || dec.Decode(&v) != nil {
			return nil, errShape
		}
		if _, twice := o[name]; twice {
			return nil, errShape
		}
		o[name] = v
	}
	if _, err := dec.Token(); err != nil || len(bytes.TrimSpace(raw[dec.InputOffset():])) > 0 {
		return nil, errShape
	}
	return o, nil
}

// restore writes the PASSporT that a compact one leaves out (RFC 8225, 7), in
// canonical form (RFC 8225, 9), for one time of signing.
func restore(info string, caller, called ident.Phone, at time.Time) string {
	head := fmt.Sprintf(`{"alg":"ES256","typ":"passport","x5u":%s}`, quote(info))
	body := fmt.Sprintf(`{"dest":{"tn":["%s"]},"iat":%d,"orig":{"tn":"%s"}}`, digits(called), at.Unix(), digits(caller))
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(head)) + "." + enc.EncodeToString([]byte(body))
}

func digits(p ident.Phone) string { return strings.TrimPrefix(string(p), "+") }

// quote writes a JSON string without the escapes that Go makes for HTML.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string never fails
	return strings.TrimSuffix(b.String(), "\n")
}
