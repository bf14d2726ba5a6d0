package brand

import (
	"sort"
	"time"

	"bonafide/ident"
)

// LegalName returns the company's name in a country, "" if not known.
func (p *Profile) LegalName(country string) string {
	for _, n := range p.LegalNames {
		if n.Country == country {
			return n.Name
		}
	}
	return ""
}

// Shop returns the brand's domain for a country, or its main one (the first of
// the profile), unverified ones left out.
func (p *Profile) Shop(country string) ident.Domain {
	for _, d := range p.Domains {
		if d.Country == country && d.Linked && d.Status.Shown() && (d.Role == "shop" || d.Role == "official site") {
			return d.Domain
		}
	}
	for _, d := range p.Domains {
		if d.Status.Shown() {
			return d.Domain
		}
	}
	return ""
}

// Reports returns the addresses for reports from a country, those that hold at
// the time first, then the former ones. Unverified ones are left out.
func (p *Profile) Reports(country string, at time.Time) []ReportAddress {
	var out []ReportAddress
	for _, r := range p.ReportAddresses {
		if (r.Country == country || r.Country == "*") && (r.Status.Shown() || r.Status == Former) {
			out = append(out, r)
		}
	}
	rank := func(r *ReportAddress) int {
		n := 0
		if !r.ValidAt(at) {
			n += 2
		}
		if r.Country == "*" {
			n++
		}
		return n
	}
	sort.SliceStable(out, func(i, j int) bool { return rank(&out[i]) < rank(&out[j]) })
	return out
}

// Help returns the official pages on a topic for a country with Address filled,
// to be shown as text that can be typed; the country's own pages come first.
// Unverified ones are left out.
func (p *Profile) Help(country, topic string) []HelpPage {
	var own, other []HelpPage
	for _, h := range p.HelpPages {
		if h.Topic != topic || !h.Status.Shown() || h.Country != country && h.Country != "*" {
			continue
		}
		if h.Address == "" {
			h.Address = string(p.Shop(country)) + h.Path
		}
		if h.Country == "*" {
			other = append(other, h)
		} else {
			own = append(own, h)
		}
	}
	return append(own, other...)
}

// Way returns the way to a screen in a language. valid is false when the way
// does not hold (any more) at the time or is not confirmed: then Instead says
// what to do, and the menu may be gone. ok is false when nothing is known.
func (p *Profile) Way(id, lang string, at time.Time) (way UIPath, valid, ok bool) {
	for _, u := range p.UIPaths {
		if u.ID != id || u.Lang != lang {
			continue
		}
		if v := u.ValidAt(at) && u.Status.Shown(); !ok || v && !valid {
			way, valid, ok = u, v, true
		}
	}
	return way, valid, ok
}
