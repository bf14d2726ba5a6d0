package mailauth

import (
	"context"
	"strings"

	"bonafide/ident"
)

// DMARC is the result of Domain-based Message Authentication, Reporting and
// Conformance: does a passing SPF or DKIM speak for the domain in From?
type DMARC struct {
	Value Value `json:"value"`
	// Domain is that of From, RecordDomain the one whose record counts.
	Domain       ident.Domain `json:"domain,omitempty"`
	RecordDomain ident.Domain `json:"record_domain,omitempty"`
	// Policy is what the domain asks receivers to do with mail that fails:
	// "none", "quarantine" or "reject"; empty when not known.
	Policy string `json:"policy,omitempty"`
	// DKIM and SPF tell which of them is aligned and passes, Signature.Aligned
	// which signature it is. They are set even when the domain has no record.
	DKIM bool `json:"dkim"`
	SPF  bool `json:"spf"`
	// Reason is for operators.
	Reason     string `json:"reason,omitempty"`
	FromHeader bool   `json:"from_header,omitempty"`
}

// maxWalk bounds the names asked for one domain (RFC 9989, 4.10).
const maxWalk = 8

// record is a DMARC policy record (RFC 9989, 4.7).
type record struct {
	// missingPolicy is np=, for names that do not exist.
	policy, subPolicy, missingPolicy string
	strictDKIM, strictSPF            bool
	psd                              string // "y", "n" or "u"
	testing                          bool
	found                            bool
	value                            Value // TempError when it could not be looked up
}

// dmarc evaluates DMARC with the results of DKIM and SPF.
func (c *checker) dmarc(ctx context.Context, r Result, problem string, b block) DMARC {
	if problem != "" {
		return DMARC{Value: PermError, Reason: problem}
	}
	out := DMARC{Domain: r.From}
	w := c.walk(ctx, r.From)
	out.RecordDomain, out.Policy = w.at, w.policyFor(r.From, func() bool { return c.missing(ctx, r.From) })
	c.align(ctx, &out, r, w)
	out.Value, out.Reason = c.judge(ctx, out, r, w, b)
	m, ok := b.result("dmarc")
	switch {
	case !ok || out.Value == Pass || !headerFrom(m, r.From):
	case m.Value == Pass && (r.Changed || !out.SPF && c.broken(ctx, r, w)):
		out.Value, out.Reason = NotChecked, "a trusted host saw it pass, but it was changed since"
	default:
		out.Value, out.FromHeader, out.Reason = m.Value, true, ""
	}
	return out
}

// headerFrom reports whether a dmarc result is about the domain in From.
func headerFrom(m Method, from ident.Domain) bool {
	v := m.Props["header.from"]
	return v == "" || asciiDomain(v[strings.LastIndexByte(v, '@')+1:]) == from
}

// judge turns alignment and record into a value. It says fail only when nothing
// is left that could have passed.
func (c *checker) judge(ctx context.Context, d DMARC, r Result, w walked, b block) (Value, string) {
	switch {
	case c.in.Resolver == nil:
		return NotChecked, "offline"
	case w.record.value == TempError:
		return TempError, "record cannot be looked up now"
	case !w.record.found:
		return None, "the domain publishes no record"
	case d.DKIM || d.SPF:
		return Pass, ""
	}
	for _, s := range r.DKIM {
		if s.Value == TempError && c.related(ctx, s.Domain, w, w.record.strictDKIM) {
			return TempError, "the key of an aligned signature cannot be looked up now"
		}
	}
	if r.SignaturesLeft > 0 {
		return NotChecked, "more signatures than are verified"
	}
	if !c.in.ClientIP.IsValid() && c.outlived(ctx, r, w) {
		return NotChecked, "an aligned signature is expired, or its key is no longer published"
	}
	return c.judgeSPF(ctx, r, w, b)
}

// judgeSPF asks whether SPF, had it been known, could still have passed.
func (c *checker) judgeSPF(ctx context.Context, r Result, w walked, b block) (Value, string) {
	switch r.SPF.Value {
	case TempError:
		if c.related(ctx, r.SPF.Domain, w, w.record.strictSPF) {
			return TempError, "SPF cannot be looked up now"
		}
	case NotChecked:
		d, known := c.mailFromDomain(b)
		if !known || c.related(ctx, d, w, w.record.strictSPF) {
			return NotChecked, "SPF could not be checked"
		}
	}
	return Fail, "no passing signature or SPF speaks for the domain"
}

// outlived reports whether an aligned signature may have been good when the mail
// came: its key is gone, or it has expired. Only who knows the connection judges
// the mail while it comes.
func (c *checker) outlived(ctx context.Context, r Result, w walked) bool {
	for _, s := range r.DKIM {
		late := s.KeyGone || s.Value == Policy && s.Has(NoteExpired)
		if late && c.related(ctx, s.Domain, w, w.record.strictDKIM) {
			return true
		}
	}
	return false
}

// broken reports whether an aligned signature does not match the mail, so that
// a pass of which a header tells cannot have been by that signature.
func (c *checker) broken(ctx context.Context, r Result, w walked) bool {
	for _, s := range r.DKIM {
		if (s.Value == Fail && !s.FromHeader || s.Has(NoteBodyChanged)) && c.related(ctx, s.Domain, w, w.record.strictDKIM) {
			return true
		}
	}
	return false
}

// align notes which passing results speak for the domain in From. Of several
// signatures each that passes and is aligned counts, whatever becomes of the
// others (RFC 9989, 4.4.1).
func (c *checker) align(ctx context.Context, d *DMARC, r Result, w walked) {
	for i := range r.DKIM {
		s := &r.DKIM[i]
		s.Aligned = s.Value == Pass && c.related(ctx, s.Domain, w, w.record.strictDKIM)
		d.DKIM = d.DKIM || s.Aligned
	}
	// Who sent a text that was changed since says nothing of the one that is here.
	d.SPF = r.SPF.Value == Pass && !r.Changed && c.related(ctx, r.SPF.Domain, w, w.record.strictSPF)
}

// related reports whether a domain is aligned with the one in From: the same,
// or in relaxed mode of the same organisation (RFC 9989, 4.4 and 4.10.2).
func (c *checker) related(ctx context.Context, d ident.Domain, from walked, strict bool) bool {
	if d == from.domain {
		return d != ""
	}
	// The public suffix list bounds every walk, so the rest is only asked for
	// domains that may be related at all.
	if strict || d == "" || organisational(d) != organisational(from.domain) {
		return false
	}
	return c.walk(ctx, d).org == from.org
}

// walked is what the names from a domain up to its registered domain say.
type walked struct {
	// domain is where the walk began, org its organisational domain.
	domain, org ident.Domain
	// record is the one that counts, at the domain where it was found.
	record record
	at     ident.Domain
}

// policyFor returns what the record asks for mail of a domain: p= where it
// stands, below it sp=, and np= for names that do not exist (RFC 9989, 4.7).
// missing is only asked where it matters.
func (w walked) policyFor(from ident.Domain, missing func() bool) string {
	p := w.record.policy
	if w.record.found && w.at != from {
		switch {
		case w.record.missingPolicy != "" && missing():
			p = w.record.missingPolicy
		case w.record.subPolicy != "":
			p = w.record.subPolicy
		}
	}
	if w.record.testing { // t=y: one step milder (RFC 9989, 4.7)
		p = map[string]string{"reject": "quarantine", "quarantine": "none", "none": "none"}[p]
	}
	return p
}

// missing reports whether a domain has neither address nor mail host, by which
// RFC 9989, 3.2.13 knows one that does not exist. A failure says nothing.
func (c *checker) missing(ctx context.Context, d ident.Domain) bool {
	if _, err := c.dns.LookupIPAddr(ctx, string(d)); lookupKind(err) != None {
		return false
	}
	_, err := c.dns.LookupMX(ctx, string(d))
	return lookupKind(err) == None
}

// walk finds the record and the organisational domain of a domain. It follows
// the tree walk of RFC 9989, 4.10 with its psd= tag, but never climbs beyond
// the registered domain of the public suffix list, so that two customers of one
// host are not taken for one organisation.
func (c *checker) walk(ctx context.Context, d ident.Domain) walked {
	top := organisational(d)
	w := walked{domain: d, org: top}
	below := d
	for i, name := range walkNames(d, top) {
		rec := c.record(ctx, name)
		if rec.value == TempError && (i == 0 || name == top) {
			w.record = rec
			return w
		}
		if rec.found && rec.psd == "y" && i > 0 {
			w.org = below // the name below a public suffix
			break
		}
		if rec.found && (i == 0 || ((name == top || rec.psd == "n") && !w.record.found)) {
			w.record, w.at = rec, name
		}
		if rec.found && rec.psd == "n" {
			w.org = name
			break
		}
		below = name
	}
	if !w.record.found {
		c.suffixPolicy(ctx, &w, top)
	}
	return w
}

// suffixPolicy takes the record of the public suffix above a domain that has
// none, if that says psd=y (RFC 9989, 4.10.1): registries for banks or
// authorities ask for a policy on behalf of all below them.
func (c *checker) suffixPolicy(ctx context.Context, w *walked, top ident.Domain) {
	_, suffix, ok := strings.Cut(string(top), ".")
	if !ok {
		return
	}
	if rec := c.record(ctx, ident.Domain(suffix)); rec.found && rec.psd == "y" {
		w.record, w.at = rec, ident.Domain(suffix)
	}
}

// walkNames lists a domain and the names above it up to top, at most maxWalk:
// of a longer one the domain itself and the last ones.
func walkNames(d, top ident.Domain) []ident.Domain {
	names := []ident.Domain{d}
	for name := d; name != top; {
		_, parent, ok := strings.Cut(string(name), ".")
		if !ok {
			break
		}
		name = ident.Domain(parent)
		names = append(names, name)
	}
	if over := len(names) - maxWalk; over > 0 {
		names = append(names[:1], names[1+over:]...)
	}
	return names
}

// record looks up the record of one domain.
func (c *checker) record(ctx context.Context, d ident.Domain) record {
	txts, err := c.dns.LookupTXT(ctx, "_dmarc."+string(d))
	if err != nil && lookupKind(err) == TempError && err != errOffline {
		return record{value: TempError}
	}
	var got record
	for _, txt := range txts {
		r, ok := parseRecord(txt)
		if !ok {
			continue
		}
		if got.found { // several records count as none (RFC 9989, 4.10.1)
			return record{}
		}
		got = r
	}
	return got
}

// parseRecord reads a DMARC record. A wrong p= beside an address for reports
// counts as p=none (RFC 9989, 4.7). Of pct=, which RFC 9989 took out, only 0 is
// heeded: senders wrote it where t=y stands today (RFC 9989, appendix A.6).
func parseRecord(txt string) (record, bool) {
	tags := lenientTags(txt)
	if len(tags.names) == 0 || tags.names[0] != "v" || tags.values[0] != "DMARC1" {
		return record{}, false
	}
	r := record{
		found:     true,
		policy:    policyWord(tags.get("p")),
		subPolicy: policyWord(tags.get("sp")),

		missingPolicy: policyWord(tags.get("np")),
		strictDKIM:    strings.EqualFold(tags.get("adkim"), "s"),
		strictSPF:     strings.EqualFold(tags.get("aspf"), "s"),
		psd:           strings.ToLower(tags.get("psd")),
		testing:       strings.EqualFold(tags.get("t"), "y") || tags.get("pct") == "0",
	}
	if r.policy == "" {
		if !strings.Contains(strings.ToLower(tags.get("rua")), "mailto:") && r.psd == "" {
			return record{}, false
		}
		r.policy = "none"
	}
	return r, true
}

// policyWord returns a policy in lower case, empty when it is none.
func policyWord(s string) string {
	switch s = strings.ToLower(s); s {
	case "none", "quarantine", "reject":
		return s
	}
	return ""
}
