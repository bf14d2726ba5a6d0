package event

import (
	"strings"
	"testing"
	"time"
)

const revoked = `{"iss":"https://idp.example/","jti":"24c63fb56f","iat":1767250932,"aud":"https://shop.example",
"sub_id":{"format":"complex","user":{"format":"iss_sub","iss":"https://idp.example/","sub":"u1"},"session":{"format":"opaque","id":"s1"},"device":{"format":"opaque","id":"d1"}},
"events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{"initiating_entity":"user","event_timestamp":1767250900.5}}}`

const changed = `{"iss":"https://idp.example/","jti":"2","iat":1767250932,
"events":{"https://schemas.openid.net/secevent/caep/event-type/credential-change":{"subject":{"format":"email","email":"u@shop.example"},"credential_type":"fido2-roaming","change_type":"create","initiating_entity":"admin"}}}`

func TestSecurityEventTokens(t *testing.T) {
	e, err := ParseSET([]byte(revoked))
	if err != nil {
		t.Fatal(err)
	}
	if e.Type != SessionRevoked || e.Session.By != "user" || e.Context != (Context{Account: "u1", Session: "s1", Device: "d1"}) ||
		e.Time.Format(time.RFC3339Nano) != "2026-01-01T07:01:40.5Z" || e.Source != "https://idp.example/" {
		t.Errorf("%+v", e)
	}
	if e, err = ParseSET([]byte(changed)); err != nil || e.Credential.Type != "fido2_roaming" || e.Credential.Change != "create" || e.Context.Account != "u@shop.example" {
		t.Errorf("%+v %v", e, err)
	}
	if e, err = ParseSET([]byte(strings.Replace(changed, "fido2-roaming", "verifiable-credential", 1))); err != nil || e.Credential.Type != "other" {
		t.Errorf("a credential that we have no word for is other: %+v %v", e, err)
	}
	risk := `{"iss":"i","jti":"3","iat":1767250932,"sub_id":{"format":"opaque","id":"u1"},"events":{"https://schemas.openid.net/secevent/risc/event-type/`
	for name, want := range map[string]Type{"account-disabled": AccountDisabled, "account-enabled": AccountEnabled, "account-purged": AccountPurged, "recovery-activated": RecoveryUsed,
		"recovery-information-changed": RecoveryChanged, "credential-compromise": CredentialLeaked, "account-credential-change-required": ResetForced, "sessions-revoked": SessionRevoked} {
		if e, err = ParseSET([]byte(risk + name + `":{}}}`)); err != nil || e.Type != want {
			t.Errorf("%s: %s %v", name, e.Type, err)
		}
	}
	if e, err = ParseSET([]byte(risk + `identifier-changed":{"new-value":"new@shop.example"}}}`)); err != nil || e.Identifier.Value != "new@shop.example" || e.Identifier.Kind != "email" {
		t.Errorf("%+v %v", e, err)
	}
}

func TestSecurityEventTokensAreReadStrictly(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(revoked, old, new, 1) }
	for in, want := range map[string]string{
		with(`"jti":"24c63fb56f",`, ``):                                   "jti: is missing",
		with(`"iss":"https://idp.example/",`, ``):                         "iss: is missing",
		with(`1767250900.5`, `"now"`):                                     "event_timestamp: is no number",
		with(`"event_timestamp":1767250900.5`, `"x":1`):                   "",
		with(`session-revoked`, `device-compliance-change`):               "no counterpart",
		with(`"sub":"u1"`, `"x":"u1"`):                                    "",
		with(`"initiating_entity":"user"`, `"initiating_entity":"robot"`): "data.session_change.by: is none of",
		`{"iss":"i","jti":"1","iat":1}`:                                   "events: is missing",
		`{"iss":"i","jti":"1","iat":1,"events":{"a":{},"b":{}}}`:          "holds 2 events",
	} {
		_, err := ParseSET([]byte(in))
		if want == "no counterpart" {
			want = "no event of CAEP or RISC"
		}
		if want == "" && err != nil && !strings.Contains(err.Error(), "sub_id") {
			t.Errorf("%v", err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func FuzzParseSET(f *testing.F) {
	f.Add([]byte(revoked))
	f.Add([]byte(changed))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := ParseSET(in)
		if err != nil {
			return
		}
		again, err := Parse(e.JSON(), Options{})
		if err != nil || string(again.JSON()) != string(e.JSON()) {
			t.Fatalf("%v: %s", err, e.JSON())
		}
	})
}
