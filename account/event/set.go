package event

import (
	"strings"
	"time"

	"bonafide/fault"
)

// The namespaces of security events (RFC 8417 SETs of the OpenID Shared Signals
// framework).
const (
	caep = "https://schemas.openid.net/secevent/caep/event-type/"
	risc = "https://schemas.openid.net/secevent/risc/event-type/"
)

// signals is which security event is which of ours.
func signals(uri string) (Type, bool) {
	switch uri {
	case caep + "session-established":
		return SessionStarted, true
	case caep + "session-revoked", risc + "sessions-revoked":
		return SessionRevoked, true
	case caep + "credential-change":
		return CredentialChange, true
	case risc + "account-disabled":
		return AccountDisabled, true
	case risc + "account-enabled":
		return AccountEnabled, true
	case risc + "account-purged":
		return AccountPurged, true
	case risc + "identifier-changed":
		return IdentifierChange, true
	case risc + "recovery-activated":
		return RecoveryUsed, true
	case risc + "recovery-information-changed":
		return RecoveryChanged, true
	case risc + "credential-compromise":
		return CredentialLeaked, true
	case risc + "account-credential-change-required":
		return ResetForced, true
	}
	return "", false
}

// ParseSET reads the claims of a security event token (RFC 8417) with a CAEP or
// RISC event as an event of ours. Its signature must have been checked before
// (account/secevent): this reads claims and believes them. The token's jti is the id, its iss the
// source. Errors name the claim and never repeat a value.
func ParseSET(claims []byte) (Event, error) {
	n, err := readJSON(claims)
	if err != nil {
		return Event{}, err
	}
	all := n.get("events")
	if all == nil || all.shape != object || len(all.names) == 0 {
		return Event{}, fault.New(fault.Invalid, "events", "is missing: a security event token holds an event")
	}
	if len(all.names) > 1 {
		return Event{}, fault.New(fault.Invalid, "events", "holds %d events: send one in each token", len(all.names))
	}
	kind, ok := signals(all.names[0])
	if !ok {
		return Event{}, fault.New(fault.Invalid, "events", "is no event of CAEP or RISC that has a counterpart in the vocabulary")
	}
	body := &all.nodes[0]
	at := "events." + clip(all.names[0])
	if body.shape != object {
		return Event{}, wrongShape(at, body, "an object")
	}
	out := node{shape: object}
	out.put("type", node{shape: text, text: string(kind)})
	for claim, to := range map[string]string{"jti": "id", "iss": "source"} {
		v := n.get(claim)
		if v == nil {
			return Event{}, missing(claim)
		}
		out.put(to, *v)
	}
	when, err := setTime(&n, body, at)
	if err != nil {
		return Event{}, err
	}
	out.put("time", when)
	data, err := setData(&n, body, kind, at)
	if err != nil {
		return Event{}, err
	}
	out.put("data", data)
	return bind(&out, Options{})
}

// setTime is when it happened: the event's own time, that of the token (toe),
// or when the token was issued.
func setTime(n, body *node, at string) (node, error) {
	for _, x := range []struct {
		from *node
		name string
		path string
	}{{body, "event_timestamp", at + ".event_timestamp"}, {n, "toe", "toe"}, {n, "iat", "iat"}} {
		v := x.from.get(x.name)
		if v == nil {
			continue
		}
		t, err := numericDate(x.path, v)
		if err != nil {
			return node{}, err
		}
		return node{shape: text, text: t.Format(time.RFC3339Nano)}, nil
	}
	return node{}, missing("iat")
}

func setData(n, body *node, kind Type, at string) (node, error) {
	data := node{shape: object}
	subject := n.get("sub_id")
	if subject == nil {
		subject = body.get("subject")
	}
	if subject == nil || subject.shape != object {
		return data, missing("sub_id")
	}
	for part, field := range map[string]string{"user": "account", "session": "session", "device": "device"} {
		if p := subject.get(part); p != nil {
			if id := identified(p); id != "" {
				data.put(field, node{shape: text, text: id})
			}
		}
	}
	if id := identified(subject); data.get("account") == nil && id != "" {
		data.put("account", node{shape: text, text: id})
	}
	if data.get("account") == nil {
		return data, fault.New(fault.Invalid, "sub_id", "names no user: give an opaque, iss_sub, account, email, phone_number or uri identifier")
	}
	group := node{shape: object}
	take := func(name, as string) {
		if v := body.get(name); v != nil && v.shape == text {
			group.put(as, node{shape: text, text: strings.ReplaceAll(v.text, "-", "_")})
		}
	}
	name := ""
	switch kind {
	case SessionStarted, SessionRevoked:
		name = "session_change"
		take("initiating_entity", "by")
	case CredentialChange, CredentialLeaked, ResetForced:
		name = "credential"
		take("credential_type", "type")
		take("change_type", "change")
		take("initiating_entity", "by")
		if t := group.get("type"); t != nil && (&binder{}).checkText(FieldAt("credential.type"), at, t.text) != nil {
			t.text = "other"
		}
	case IdentifierChange:
		name = "identifier"
		group.put("kind", node{shape: text, text: "email"})
		if f := subject.get("format"); f != nil && f.text == "phone_number" {
			group.put("kind", node{shape: text, text: "phone"})
		}
		if v := body.get("new-value"); v != nil && v.shape == text {
			group.put("value", *v)
		}
	}
	if len(group.names) > 0 {
		data.put(name, group)
	}
	return data, nil
}

// identified is the identifier of a subject (RFC 9493) in its simple formats.
func identified(n *node) string {
	if n.shape != object {
		return ""
	}
	for _, name := range []string{"id", "sub", "uri", "email", "phone_number"} {
		if v := n.get(name); v != nil && v.shape == text && v.text != "" {
			return v.text
		}
	}
	return ""
}
