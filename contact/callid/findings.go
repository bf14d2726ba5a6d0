package callid

import (
	"bonafide/evidence"
	"bonafide/ident"
)

// The codes of this room; weights and sentences stand in
// data/evidence/callid.yaml. No code clears a contact: the best says that a
// number was not forged.
const (
	codeFull        evidence.Code = "call_identity_full"
	codeOfficial    evidence.Code = "call_identity_official"
	codePartial     evidence.Code = "call_identity_partial"
	codeGateway     evidence.Code = "call_identity_gateway"
	codeSigned      evidence.Code = "call_identity_signed"
	codeFailed      evidence.Code = "call_identity_failed"
	codeOtherNumber evidence.Code = "call_identity_other_number"
	codeOtherCall   evidence.Code = "call_identity_other_call"
	codeStale       evidence.Code = "call_identity_stale"
	codeNotChecked  evidence.Code = "call_identity_not_checked"
	codeDiverted    evidence.Code = "call_identity_diverted"
	codeRich        evidence.Code = "call_identity_rich"
)

// Findings tells what the result means as evidence. official says whose number
// a confirmed official one is; nil knows none. A call without any Identity
// header gives no finding: most honest calls of the world have none.
func Findings(r Result, official func(ident.Phone) (brand string, ok bool)) []evidence.Finding {
	if len(r.Tokens) == 0 {
		return nil
	}
	s := r.Summary()
	var out []evidence.Finding
	add := func(code evidence.Code, args map[string]string) {
		out = append(out, evidence.Finding{Code: code, Args: args, Where: evidence.Where{Part: "call"}, Source: source(s)})
	}
	args := map[string]string{"number": string(s.Number), "attest": string(s.Attest), "why": string(s.Reason)}
	code := s.code()
	if code == codeFull && s.ToCalled && official != nil {
		if brand, ok := official(s.Number); ok {
			code, args["brand"] = codeOfficial, brand
		}
	}
	add(code, args)
	if s.Diverted {
		add(codeDiverted, nil)
	}
	if s.Rich {
		add(codeRich, nil)
	}
	return out
}

// code picks the one code for the PASSporT that counted.
func (s Summary) code() evidence.Code {
	switch s.State {
	case Verified:
		switch s.Attest {
		case Full:
			return codeFull
		case Partial:
			return codePartial
		case Gateway:
			return codeGateway
		}
		return codeSigned
	case Failed:
		switch s.Reason {
		case OtherNumber:
			return codeOtherNumber
		case OtherCall:
			return codeOtherCall
		case Stale:
			return codeStale
		}
		return codeFailed
	}
	return codeNotChecked
}

// source is the rule behind a finding.
func source(s Summary) string {
	if s.Type == Shaken {
		return "rfc8588"
	}
	return "rfc8224"
}
