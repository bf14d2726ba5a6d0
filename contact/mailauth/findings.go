package mailauth

import (
	"bonafide/evidence"
	"bonafide/ident"
)

// The codes of this room; weights and sentences stand in
// data/evidence/mailauth.yaml.
const (
	codeDMARCFail      evidence.Code = "auth_dmarc_fail"
	codeDMARCFailOther evidence.Code = "auth_dmarc_fail_other"
	codeDMARCPass      evidence.Code = "auth_dmarc_pass"
	codeDKIMFail       evidence.Code = "auth_dkim_fail"
	codeDKIMPartial    evidence.Code = "auth_dkim_partial"
	codeKeyMissing     evidence.Code = "auth_key_missing"
	codeSPFFail        evidence.Code = "auth_spf_fail"
	codeSPFSoftFail    evidence.Code = "auth_spf_softfail"
	codeNotChecked     evidence.Code = "auth_not_checked"
	codeARCTrusted     evidence.Code = "auth_arc_trusted"
	codeUntrusted      evidence.Code = "auth_header_untrusted"
	codeSeveralFrom    evidence.Code = "auth_from_several"
	codeBrokenFrom     evidence.Code = "auth_from_broken"
	codeDKIMTesting    evidence.Code = "auth_dkim_testing"
	codeChanged        evidence.Code = "auth_changed_since"
	codeBIMI           evidence.Code = "auth_bimi_noted"
)

// Summary is what other rooms need of a Result, with all values as words of
// Value.String.
type Summary struct {
	// From is the domain in From, empty when there is none to judge.
	From  ident.Domain `json:"from,omitempty"`
	DMARC string       `json:"dmarc"`
	// Aligned is true when a passing SPF or DKIM speaks for the domain in
	// From, or a trusted host saw DMARC pass. It is true without a DMARC
	// record too.
	Aligned bool `json:"aligned"`
	// Partial is true when what passes does not cover what is read: only
	// signatures that leave the subject open or are tests, or a mail that was
	// changed after a trusted host had seen it. It is then no proof.
	Partial bool   `json:"partial,omitempty"`
	SPF     string `json:"spf"`
	// DKIM is the best of all signatures: pass if any passes.
	DKIM string `json:"dkim"`
	// DKIMDomains are those whose signature passes.
	DKIMDomains []ident.Domain `json:"dkim_domains,omitempty"`
	// SignedAs are the domains that the mail claims signatures of, passing or
	// not: a mail that has none of its From domain is told apart offline too.
	SignedAs []ident.Domain `json:"signed_as,omitempty"`
	ARC      string         `json:"arc"`
	// ARCTrusted is true when a trusted sealer vouches that the mail passed
	// DMARC when it came to that host.
	ARCTrusted bool `json:"arc_trusted"`
	// FromTrustedHeader is true when part of this is a trusted host's word.
	FromTrustedHeader bool `json:"from_trusted_header"`
}

// Summary returns the result in short.
func (r Result) Summary() Summary {
	s := Summary{
		From: r.From, DMARC: r.DMARC.Value.String(), SPF: r.SPF.Value.String(),
		ARC: r.ARC.Value.String(), ARCTrusted: r.arcPass(),
		Aligned:           r.DMARC.DKIM || r.DMARC.SPF || r.DMARC.Value == Pass,
		FromTrustedHeader: r.FromTrustedHeader, Partial: r.partial(),
	}
	best := None
	if len(r.DKIM) == 0 && r.Problem != "" {
		best = NotChecked
	}
	for _, sig := range r.DKIM {
		if rank(sig.Value) > rank(best) {
			best = sig.Value
		}
		s.SignedAs = appendOnce(s.SignedAs, sig.Domain)
		if sig.Value == Pass {
			s.DKIMDomains = appendOnce(s.DKIMDomains, sig.Domain)
		}
	}
	s.DKIM = best.String()
	return s
}

// partial reports whether nothing that passes covers the mail as it is read.
func (r Result) partial() bool {
	open := false
	for _, s := range r.DKIM {
		if s.Aligned && !s.open() {
			return r.Changed
		}
		open = open || s.Aligned
	}
	return r.Changed || open && !r.DMARC.SPF
}

// rank orders values from what says least to what says most in favour.
func rank(v Value) int {
	for i, w := range []Value{None, PermError, Fail, SoftFail, Neutral, NotChecked, TempError, Policy, Pass} {
		if v == w {
			return i
		}
	}
	return -1
}

func appendOnce(list []ident.Domain, d ident.Domain) []ident.Domain {
	if d == "" {
		return list
	}
	for _, have := range list {
		if have == d {
			return list
		}
	}
	return append(list, d)
}

// arcPass reports whether the trusted run of seals begins with a host that had
// found a DMARC pass for the domain in From.
func (r Result) arcPass() bool {
	if !r.ARC.Trusted || r.From == "" {
		return false
	}
	for _, m := range r.ARC.Results {
		if m.Name == "dmarc" {
			return m.Value == Pass && m.Props["header.from"] != "" && headerFrom(m, r.From)
		}
	}
	return false
}

// Findings tells what the result means as evidence. official says whose
// official domain a domain is; nil knows none. A DMARC pass is context here:
// contact/brand decides whether it proves anything.
func Findings(r Result, official func(ident.Domain) (brand string, ok bool)) []evidence.Finding {
	if official == nil {
		official = func(ident.Domain) (string, bool) { return "", false }
	}
	f := finder{r: r, sum: r.Summary()}
	f.brand, f.official = official(r.From)
	f.dmarc()
	f.signatures()
	f.testing()
	f.spf()
	f.context()
	return f.out
}

// finder collects the findings of one result.
type finder struct {
	r        Result
	sum      Summary
	brand    string
	official bool
	out      []evidence.Finding
}

func (f *finder) add(code evidence.Code, part, source string, args ...string) {
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	if f.brand != "" {
		m["brand"] = f.brand
	}
	f.out = append(f.out, evidence.Finding{Code: code, Args: m, Where: evidence.Where{Part: part}, Source: source})
}

// dmarc speaks of the domain in From. A trusted forwarder that saw the mail
// pass explains why it fails behind it.
func (f *finder) dmarc() {
	domain, policy := string(f.r.From), f.r.DMARC.Policy
	if policy == "" {
		policy = "none"
	}
	switch {
	case f.r.DMARC.Value == Pass:
		f.add(codeDMARCPass, "from", "rfc9989", "domain", domain)
	case f.sum.ARCTrusted:
		f.add(codeARCTrusted, "header:arc-seal", "rfc8617", "domain", domain, "sealer", string(f.r.ARC.Seals[f.r.ARC.Instance-1].Domain))
	case f.r.DMARC.Value == Fail && f.official:
		f.add(codeDMARCFail, "from", "rfc9989", "domain", domain, "policy", policy)
	case f.r.DMARC.Value == Fail:
		f.add(codeDMARCFailOther, "from", "rfc9989", "domain", domain, "policy", policy)
	case f.r.DMARC.Reason == problemFields || f.r.DMARC.Reason == problemSeveral:
		f.add(codeSeveralFrom, "from", "rfc9989")
	case f.r.DMARC.Reason == problemDomain || f.r.DMARC.Reason == problemAddress:
		f.add(codeBrokenFrom, "from", "rfc5322")
	}
}

// signatures speaks of the signatures for the domain in From. Others are of no
// weight: a mailing list breaks them, and anybody may add one.
func (f *finder) signatures() {
	passes := f.r.DMARC.DKIM
	for _, s := range f.r.DKIM {
		if f.r.From == "" || organisational(s.Domain) != organisational(f.r.From) {
			continue
		}
		domain := string(s.Domain)
		switch {
		case s.Value == Fail && !passes:
			f.add(codeDKIMFail, "header:dkim-signature", "rfc6376", "domain", domain)
		case s.KeyGone && !passes:
			f.add(codeKeyMissing, "header:dkim-signature", "rfc6376", "domain", domain)
		case (s.Value == Pass || s.Value == Policy) && (s.Has(NoteBodyOpen) || s.Has(NoteAdded) || s.Has(NoteSubjectOpen)):
			f.add(codeDKIMPartial, "header:dkim-signature", "rfc6376", "domain", domain)
		default:
			continue
		}
		return // one finding is enough
	}
}

// testing tells of a signature that passes and is only a test.
func (f *finder) testing() {
	for _, s := range f.r.DKIM {
		if s.Aligned && s.Has(NoteTesting) {
			f.add(codeDKIMTesting, "header:dkim-signature", "rfc6376", "domain", string(s.Domain))
			return
		}
	}
}

// spf speaks of the sending host, unless a signature or forwarder explains it.
func (f *finder) spf() {
	if f.r.DMARC.DKIM || f.r.DMARC.Value == Pass || f.sum.ARCTrusted {
		return
	}
	switch f.r.SPF.Value {
	case Fail:
		f.add(codeSPFFail, "header:received", "rfc7208", "domain", string(f.r.SPF.Domain))
	case SoftFail:
		f.add(codeSPFSoftFail, "header:received", "rfc7208", "domain", string(f.r.SPF.Domain))
	}
}

// context tells what could not be checked and what is merely claimed.
func (f *finder) context() {
	if !f.sum.Aligned && (f.r.DMARC.Value == NotChecked || f.r.DMARC.Value == TempError) {
		f.add(codeNotChecked, "from", "rfc9989", "domain", string(f.r.From))
	}
	if f.r.Changed {
		f.add(codeChanged, "header:authentication-results", "rfc8601", "domain", string(f.r.From))
	}
	if b := f.r.BIMI; b != (BIMI{}) {
		f.add(codeBIMI, "header:bimi-selector", "bimi", "domain", string(f.r.From))
	}
	for _, c := range f.r.Claimed {
		if len(c.Results) > 0 {
			f.add(codeUntrusted, "header:authentication-results", "rfc8601", "host", c.Host)
			return
		}
	}
}
