package contacts

import (
	"encoding/json"
	"errors"
	"time"

	"bonafide/contact/callid"
	"bonafide/contact/phone"
	"bonafide/fault"
	"bonafide/ident"
)

// Bounds of what a request says of a call's signature.
const (
	maxIdentities    = 20
	maxIdentityBytes = 128 << 10
)

// Identities are Identity header fields of one call (RFC 8224, 4). In JSON: one
// text, which may hold several fields on lines of their own, or a list.
type Identities []string

// UnmarshalJSON takes a text or a list of texts.
func (i *Identities) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*i = nil
		if one != "" {
			*i = Identities{one}
		}
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return errors.New("identity: want a text or a list of texts")
	}
	*i = list
	return nil
}

// check bounds what was given.
func (i Identities) check() error {
	n := 0
	for _, s := range i {
		n += len(s)
	}
	if len(i) > maxIdentities || n > maxIdentityBytes {
		return fault.New(fault.TooLarge, "call.identity", "has %d headers of %d bytes: at most %d of %d bytes are read", len(i), n, maxIdentities, maxIdentityBytes)
	}
	return nil
}

// IdentitySeen is one signature of a call (a PASSporT of STIR/SHAKEN), for
// people who know them. All but State and Reason is what the signer says, and
// holds only when State is "verified".
type IdentitySeen struct {
	State string `json:"state" enum:"verified,failed,not_checked"`
	// Reason tells why it failed or was not checked.
	Reason      string `json:"reason,omitempty" doc:"Why it failed (signature, parameters, certificate_expired, number_not_entitled, stale, other_number, other_call) or was not checked (malformed, unknown_type, unknown_algorithm, no_anchors, no_certificate, certificate_untrusted, certificate_unsuitable, certificate_outdated, compact_form, no_time, no_number, diverted)."`
	Type        string `json:"type,omitempty" doc:"Extension of the PASSporT (ppt): shaken, div, div-o, rcd; empty for none."`
	Attestation string `json:"attestation,omitempty" doc:"A, B or C (RFC 8588)."`
	Number      string `json:"number,omitempty" doc:"Number signed for."`
	// Signer and SPC stand in the certificate.
	Signer   string `json:"signer,omitempty" doc:"Organisation in the certificate."`
	SPC      string `json:"spc,omitempty" doc:"Service provider code in the certificate."`
	OrigID   string `json:"origid,omitempty" doc:"Name of the call's origin, traceable by the signer."`
	IssuedAt string `json:"issued_at,omitempty" doc:"When it was signed (RFC 3339)."`
}

// ReportSeen is what people reported of a number, with all that it needs to be
// judged: how many, from when to when, until when it stands, and whether it is
// contested.
type ReportSeen struct {
	Count   int    `json:"count"`
	First   string `json:"first" doc:"Date of the first report: a year, month or day."`
	Last    string `json:"last" doc:"Date of the last report."`
	Expires string `json:"expires" doc:"Day on which the entry ends."`
	Source  string `json:"source"`
	// Standing: only a current entry is held against a number.
	Standing string `json:"standing" enum:"current,expired,contested,historic"`
	Note     string `json:"note,omitempty" doc:"How a contested entry stands."`
}

// identify checks the signature of a call and adds what it shows.
func (d *Desk) identify(s *sight) callid.Summary {
	c := s.contact
	if c.Call == nil || len(c.Call.Identity) == 0 {
		return callid.Summary{}
	}
	in := callid.Input{Headers: c.Call.Identity, Called: d.e164(c.Call.Called, s), At: c.At, Trust: d.cfg.CallTrust}
	if !c.Call.Withheld {
		shown := c.Call.Number
		if shown == "" {
			shown = c.Sender.Number
		}
		in.Caller = d.e164(shown, s)
	}
	if in.At.IsZero() && c.Call.Ongoing {
		in.At = s.now
	}
	r := callid.Check(in)
	s.add(callid.Findings(r, func(p ident.Phone) (string, bool) {
		brand, _, status, ok := d.brands.Official(p)
		return brand, ok && status != "unverified"
	})...)
	for _, t := range r.Tokens {
		seen := IdentitySeen{State: t.State.String(), Reason: string(t.Reason), Type: string(t.Type), Attestation: string(t.Attest),
			Number: string(t.Orig), Signer: t.Signer, SPC: t.SPC, OrigID: t.OrigID}
		if !t.IssuedAt.IsZero() {
			seen.IssuedAt = t.IssuedAt.Format(time.RFC3339)
		}
		s.found.Identity = append(s.found.Identity, seen)
	}
	return r.Summary()
}

// e164 reads a number as the person's country writes it; "" for none.
func (d *Desk) e164(number string, s *sight) ident.Phone {
	n, err := d.phones.Parse(number, s.country)
	if err != nil {
		return ""
	}
	return n.E164
}

// reportOf tells what is reported of a number; nil for nothing.
func (d *Desk) reportOf(p ident.Phone, s *sight) *ReportSeen {
	r, ok := d.reported.Number(p)
	if !ok {
		return nil
	}
	at := s.contact.At
	if at.IsZero() {
		at = s.now
	}
	seen := &ReportSeen{Count: r.Count, First: r.First, Last: r.Last, Source: r.Source, Standing: string(r.Standing(at)), Expires: r.Expires.Format(time.DateOnly)}
	if r.Standing(at) == phone.Contested {
		seen.Note = r.Note
	}
	return seen
}
