package mailauth

import (
	"context"
	"strings"

	"bonafide/ident"
)

// BIMI is what a mail or its domain says of a logo (Brand Indicators for
// Message Identification, draft-brand-indicators-for-message-identification).
// It is noted and never counts: the draft leaves it to each mailbox provider
// whom to show a logo for, and a picture is no check.
type BIMI struct {
	// Selector is that of a BIMI-Selector field, "default" when another BIMI
	// field is there; empty when the mail has none.
	Selector string `json:"selector,omitempty"`
	// Domain is where a record was found. It is only looked for when the mail
	// passes DMARC, as the draft wants (7.2).
	Domain ident.Domain `json:"domain,omitempty"`
	// Logo and Certificate are the addresses in the record. They are never
	// fetched.
	Logo        string `json:"logo,omitempty"`
	Certificate string `json:"certificate,omitempty"`
}

// maxAddress bounds an address in a BIMI record in bytes.
const maxAddress = 2048

// bimi notes the BIMI fields of a mail and the record of its domain.
func (c *checker) bimi(ctx context.Context, d DMARC) BIMI {
	b := BIMI{Selector: c.bimiSelector()}
	if d.Value != Pass || c.in.Resolver == nil {
		return b
	}
	selector := b.Selector
	if selector == "" {
		selector = "default"
	}
	for _, name := range []ident.Domain{d.Domain, organisational(d.Domain)} {
		txts, err := c.dns.LookupTXT(ctx, selector+"._bimi."+string(name))
		if err != nil || len(txts) != 1 {
			continue
		}
		tags := lenientTags(txts[0])
		if len(tags.names) == 0 || tags.names[0] != "v" || !strings.EqualFold(tags.values[0], "BIMI1") {
			continue
		}
		b.Domain, b.Logo, b.Certificate = name, address(tags.get("l")), address(tags.get("a"))
		return b
	}
	return b
}

// address returns an address of a record if it is one that BIMI allows.
func address(s string) string {
	if len(s) > maxAddress || !strings.HasPrefix(strings.ToLower(s), "https://") {
		return ""
	}
	return s
}

// bimiSelector returns the selector of a BIMI-Selector field, "default" when
// another BIMI field is there, empty when none is.
func (c *checker) bimiSelector() string {
	found := ""
	for _, f := range c.msg.fields {
		switch f.name {
		case "bimi-selector":
			tags, err := parseTags(f.value())
			if err == nil && isDNSName(tags.get("s")) {
				return strings.ToLower(tags.get("s"))
			}
			found = "default"
		case "bimi-indicator", "bimi-location":
			found = "default"
		}
	}
	return found
}
