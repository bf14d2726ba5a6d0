package contacts

import (
	"bonafide/contact"
	"bonafide/contact/brand"
	"bonafide/contact/fingerprint"
	"bonafide/ident"
)

// known is what the brand book says to contact/fingerprint. It takes facts of
// every status: not to tie two contacts together clears neither of them.
type known struct{ *brand.Book }

// Owned reports whether a domain belongs to a brand.
func (k known) Owned(d ident.Domain) bool {
	if _, _, ok := k.OfficialDomain(d); ok {
		return true
	}
	_, _, ok := k.MailDomain(d)
	return ok
}

// Listed reports whether a number belongs to a brand.
func (k known) Listed(p ident.Phone) bool {
	_, _, ok := k.OfficialNumber(p)
	return ok
}

// Fingerprints are the rules by which answers are grouped to campaigns.
func (d *Desk) Fingerprints() *fingerprint.Rules { return d.prints }

// fingerprint makes the signature of what was seen; nil when there is nothing.
func (d *Desk) fingerprint(s *sight) *Fingerprint {
	in := fingerprint.Input{Contact: s.contact, Readings: s.readings, Links: s.links, Known: known{d.brands}, Forged: s.forged}
	if from := s.contact.Sender.Number; from != "" {
		if n, err := d.phones.Parse(from, s.country); err == nil {
			in.Numbers = append(in.Numbers, n.E164)
		}
	}
	theirs := map[string]bool{}
	for _, p := range s.contact.Parts {
		theirs[p.Name] = p.Kind == contact.Said || p.Kind == contact.Told && voiced(s.contact.Channel) && p.Name != "transcript:me"
	}
	for _, n := range s.numbers {
		if theirs[n.Where.Part] {
			in.Numbers = append(in.Numbers, n.E164)
		}
	}
	for _, a := range s.mentions.IBANs {
		if !a.Told {
			in.Accounts = append(in.Accounts, a.Number)
		}
	}
	sig, points := d.prints.Read(in)
	if sig.Words() == 0 && len(points) == 0 {
		return nil
	}
	out := &Fingerprint{Signature: sig.String(), Points: []ContactPoint{}}
	for _, p := range points {
		out.Points = append(out.Points, ContactPoint{Kind: p.Mark.Kind().String(), Mark: p.Mark.String(), Shown: p.Shown})
	}
	return out
}
