package mention

import (
	"slices"
	"strings"

	"bonafide/evidence"
)

// The codes of this room; weights and sentences stand in
// data/evidence/mention.yaml.
const (
	codeFormat   evidence.Code = "order_number_format"
	codeFullCard evidence.Code = "full_card_seen"
	codeIBAN     evidence.Code = "iban_in_text"
)

// Findings judges what was mentioned. claimed are the ids of the brands that the
// contact claims to come from: a number that it gives as an order number is a
// red flag when such a brand's numbers have a known format and none of the
// contact's numbers has it. What stands in the person's own words is no finding,
// except a whole card number, which they should be warned about.
func Findings(m Mentions, claimed []string, f *Formats) []evidence.Finding {
	var out []evidence.Finding
	if f != nil {
		for _, brand := range claimed {
			if o, ok := misfit(m.Orders, brand); ok && f.Knows(brand) {
				out = append(out, evidence.Finding{Code: codeFormat, Where: o.Where, Source: f.source(brand),
					Args: map[string]string{"number": string(o.Number), "brand": brand, "example": f.example(brand)}})
				break
			}
		}
	}
	for _, c := range m.Cards {
		if c.Full {
			out = append(out, evidence.Finding{Code: codeFullCard, Where: c.Where, Args: map[string]string{"last": string(c.Last)}})
			break
		}
	}
	for _, i := range m.IBANs {
		if !i.Told {
			out = append(out, evidence.Finding{Code: codeIBAN, Where: i.Where, Args: map[string]string{"iban": i.Masked(), "country": i.Number[:2]}})
			break
		}
	}
	return out
}

// misfit returns the first number that is given as an order number and has not
// the format of a brand; false when some number has it.
func misfit(orders []Order, brand string) (Order, bool) {
	if slices.ContainsFunc(orders, func(o Order) bool { return o.Brand == brand }) {
		return Order{}, false
	}
	i := slices.IndexFunc(orders, func(o Order) bool { return o.Named && !o.Told && !o.WellFormed })
	if i < 0 {
		return Order{}, false
	}
	return orders[i], true
}

func (f *Formats) example(brand string) string {
	for _, o := range f.orders {
		if o.Brand == brand {
			return o.Example
		}
	}
	return ""
}

func (f *Formats) source(brand string) string {
	for _, o := range f.orders {
		if o.Brand == brand {
			return strings.Join(o.Source, " ")
		}
	}
	return ""
}
