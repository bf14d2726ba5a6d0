package verdict_test

import (
	"math"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
)

func rules(t *testing.T) (*verdict.Rules, *evidence.Table) {
	t.Helper()
	fsys := os.DirFS("../../data")
	tab, err := evidence.LoadTable(fsys)
	if err != nil {
		t.Fatal(err)
	}
	r, err := verdict.LoadRules(fsys, tab)
	if err != nil {
		t.Fatal(err)
	}
	return r, tab
}

// TestRules holds the founding verdict rules and the principles that no sum may
// cross.
func TestRules(t *testing.T) {
	r, tab := rules(t)
	type codes = []evidence.Code
	tests := []struct {
		name    string
		channel contact.Channel
		started contact.Answer
		codes   codes
		want    []verdict.Outcome
	}{
		{"no flag at all is not genuine", contact.Mail, 0, nil, []verdict.Outcome{verdict.Unknown}},
		{"a matching order is not genuine", contact.OrderNotice, 0, codes{"order_match"}, []verdict.Outcome{verdict.Unknown}},
		{"an official address without proof is not genuine", contact.Mail, 0, codes{"sender_official_unproven", "link_official"}, []verdict.Outcome{verdict.Unknown}},
		{"an accent decides nothing", contact.Call, 0, codes{"accent_noted"}, []verdict.Outcome{verdict.Unknown}},
		{"language quality decides nothing", contact.Mail, 0, codes{"language_errors", "generic_greeting"}, []verdict.Outcome{verdict.Unknown}},
		{"urgency and greeting never exceed suspicious", contact.SMS, 0, codes{"urgency_deadline", "generic_greeting"}, []verdict.Outcome{verdict.Unknown, verdict.Suspicious}},
		{"a reported number to call back is not convicted", contact.SMS, 0, codes{"callback_number", "number_reported", "number_premium"}, []verdict.Outcome{verdict.Suspicious}},
		{"nor a reported caller with a false signature", contact.Call, 0, codes{"caller_id_untrusted", "number_reported", "call_identity_failed"}, []verdict.Outcome{verdict.Suspicious}},
		{"but with a request it is", contact.SMS, 0, codes{"callback_number", "number_reported", "asks_password"}, []verdict.Outcome{verdict.Scam}},
		{"a signed official number is not genuine", contact.Call, 0, codes{"call_identity_official"}, []verdict.Outcome{verdict.Unknown}},
		{"nor does it lift the rule on problem calls", contact.Call, 0, codes{"call_identity_official", "theme_unfulfilled_order"}, []verdict.Outcome{verdict.Suspicious}},
		{"nor outweigh a request", contact.Call, 0, codes{"call_identity_official", "asks_gift_card"}, []verdict.Outcome{verdict.Scam}},
		{"a request that stands alone", contact.Call, 0, codes{"asks_gift_card"}, []verdict.Outcome{verdict.Scam}},
		{"not said who started counts as unsolicited", contact.Call, contact.No, codes{"asks_card_bank"}, []verdict.Outcome{verdict.Scam}},
		{"started by the user: card data lose standing alone", contact.Call, contact.Yes, codes{"asks_card_bank", "user_started"}, []verdict.Outcome{verdict.Suspicious, verdict.Unknown}},
		{"started by the user: remote access still stands", contact.Call, contact.Yes, codes{"asks_remote_access"}, []verdict.Outcome{verdict.Scam}},
		{"started by the user: gift cards still stand", contact.Call, contact.Yes, codes{"asks_gift_card"}, []verdict.Outcome{verdict.Scam}},
		{"started by the user: password still stands", contact.Call, contact.Yes, codes{"asks_password"}, []verdict.Outcome{verdict.Scam}},
		{"started by the user: code still stands", contact.Call, contact.Yes, codes{"asks_one_time_code"}, []verdict.Outcome{verdict.Scam}},
		{"two high flags make a scam likely", contact.SMS, 0, codes{"theme_account_locked", "link_verify"}, []verdict.Outcome{verdict.Suspicious, verdict.Scam}},
		{"an unsolicited problem call is suspicious by itself", contact.Call, 0, codes{"theme_unfulfilled_order"}, []verdict.Outcome{verdict.Suspicious}},
		{"the same call when asked for is not", contact.Call, contact.Yes, codes{"theme_unfulfilled_order", "user_started"}, []verdict.Outcome{verdict.Unknown}},
		{"the outbound register proves", contact.Call, 0, codes{"outbound_match"}, []verdict.Outcome{verdict.Genuine}},
		{"an aligned signature of an official domain proves", contact.Mail, 0, codes{"sender_authenticated"}, []verdict.Outcome{verdict.Genuine}},
		{"and is outweighed by what breaks the promise", contact.Mail, 0, codes{"sender_authenticated", "asks_password"}, []verdict.Outcome{verdict.Scam}},
		{"or by links elsewhere", contact.Mail, 0, codes{"sender_authenticated", "lookalike_domain", "link_foreign"}, []verdict.Outcome{verdict.Scam, verdict.Suspicious, verdict.Unknown}},
		{"a proven notice of an order that is not mine is an alarm", contact.Mail, 0, codes{"sender_authenticated", "user_denies_order"}, []verdict.Outcome{verdict.GenuineAlarm}},
		{"an archived order that the person denies is an alarm", contact.OrderNotice, 0, codes{"order_match", "order_match_archived", "user_denies_order", "order_not_mine"}, []verdict.Outcome{verdict.GenuineAlarm}},
		{"the register has no such call", contact.Call, 0, codes{"outbound_missing"}, []verdict.Outcome{verdict.Suspicious, verdict.Scam}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var fs []evidence.Finding
			for _, c := range tt.codes {
				fs = append(fs, evidence.Finding{Code: c})
			}
			es, unknown := tab.Weigh(fs)
			if len(unknown) > 0 {
				t.Fatalf("the table does not know %v", unknown)
			}
			v := r.Decide(verdict.Input{Contact: &contact.Contact{Channel: tt.channel, StartedByUser: tt.started}, Evidence: es, Table: tab})
			if !slices.Contains(tt.want, v.Outcome) {
				t.Errorf("%s (%.2f, rules %v), want one of %v", v.Outcome, v.Probability, v.Rules, tt.want)
			}
			if len(v.Rules) == 0 {
				t.Error("no rule is named")
			}
			if v.Outcome == verdict.Unknown && len(v.Unsettled) == 0 {
				t.Error("unknown without what would settle it")
			}
		})
	}
}

// TestProbabilityAgrees: the probability never contradicts a warning, and more
// evidence for fraud never lowers it.
func TestProbabilityAgrees(t *testing.T) {
	r, tab := rules(t)
	all := tab.Codes()
	c := &contact.Contact{Channel: contact.SMS}
	for i := range all {
		var fs []evidence.Finding
		last := -1.0
		for _, code := range append(append([]evidence.Code{}, all[i:]...), all[:i]...) {
			w, _ := tab.Weight(code)
			if w.Bits <= 0 || len(fs) > 12 {
				continue
			}
			fs = append(fs, evidence.Finding{Code: code})
			es, _ := tab.Weigh(fs)
			v := r.Decide(verdict.Input{Contact: c, Evidence: es, Table: tab})
			switch {
			// By the sum it is what was measured, in a mix of one fraud in six texts, and may
			// lie below the threshold of the sum.
			case v.Outcome == verdict.Scam && v.Probability < 0.8, v.Outcome == verdict.Scam && v.Rules[0] != "sum" && v.Probability < r.Scam,
				v.Outcome == verdict.Suspicious && v.Probability < r.Suspicious,
				v.Outcome == verdict.Genuine:
				t.Fatalf("%v: %s with probability %.3f", fs, v.Outcome, v.Probability)
			}
			if v.Probability < last-1e-9 {
				t.Fatalf("adding %s lowered the probability from %.3f to %.3f", code, last, v.Probability)
			}
			last = v.Probability
		}
	}
}

// TestReadingAlone: how a text reads never decides, clears nothing, and in a call
// keeps single lines from deciding but not their sum.
func TestReadingAlone(t *testing.T) {
	r, tab := rules(t)
	decide := func(ch contact.Channel, fs ...evidence.Finding) verdict.Verdict {
		es, unknown := tab.Weigh(fs)
		if len(unknown) > 0 {
			t.Fatalf("no weight for %v", unknown)
		}
		return r.Decide(verdict.Input{Contact: &contact.Contact{Channel: ch}, Evidence: es, Table: tab})
	}
	like := evidence.Finding{Code: "reads_like_fraud", Strength: 1}
	honest := evidence.Finding{Code: "reads_like_honest", Strength: 1}
	for _, ch := range contact.Channels() {
		if v := decide(ch, like); v.Outcome != verdict.Unknown {
			t.Errorf("%s: the reading alone gave %s", ch, v.Outcome)
		}
		if v := decide(ch, like, evidence.Finding{Code: "generic_greeting"}); v.Outcome != verdict.Unknown {
			t.Errorf("%s: the reading and a greeting gave %s", ch, v.Outcome)
		}
		if v := decide(ch, honest); v.Outcome != verdict.Unknown {
			t.Errorf("%s: an honest reading gave %s", ch, v.Outcome)
		}
	}
	if v := decide(contact.SMS, like, evidence.Finding{Code: "link_verify"}); v.Outcome == verdict.Unknown {
		t.Error("a reading with a red flag decides nothing")
	}
	for _, ch := range []contact.Channel{contact.SMS, contact.Mail, contact.Letter} {
		if v := decide(ch, honest, evidence.Finding{Code: "asks_gift_card"}); v.Outcome != verdict.Scam {
			t.Errorf("%s: gift cards in a text that reads honest: %s", ch, v.Outcome)
		}
	}
	if v := decide(contact.Call, honest, evidence.Finding{Code: "asks_gift_card"}); v.Outcome != verdict.Unknown {
		t.Errorf("one line of a call that reads honest: %s", v.Outcome)
	}
	if v := decide(contact.Call, honest, evidence.Finding{Code: "asks_gift_card"}, evidence.Finding{Code: "asks_remote_access"}, evidence.Finding{Code: "impersonates_authority"}, evidence.Finding{Code: "secrecy"}, evidence.Finding{Code: "threat_consequence"}); v.Outcome == verdict.Unknown {
		t.Error("much in a call that reads honest decides nothing")
	}
}

// TestCalibration: probabilities rise with the sum, meet the knots, go on slowly
// beyond them, and files that make no sense are refused.
func TestCalibration(t *testing.T) {
	c, err := verdict.LoadCalibration(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	for ch, knots := range c {
		last := 0.0
		for bits := -30.0; bits <= 30; bits += 0.1 {
			p := c.Probability(contact.Channel(ch), bits)
			if p < last || p <= 0 || p >= 1 {
				t.Fatalf("%q: probability %g at %g bits after %g", ch, p, bits, last)
			}
			last = p
		}
		for _, k := range knots {
			if p := c.Probability(contact.Channel(ch), k.Bits); math.Abs(p-k.P) > 1e-9 {
				t.Errorf("%q: %g at the knot %+v", ch, p, k)
			}
		}
	}
	for _, bad := range []string{
		"channels: {mail: [{bits: 0, p: 0.1}, {bits: 1, p: 0.2}]}", // nothing to fall back on
		"channels: {\"\": [{bits: 0, p: 0.1}]}",
		"channels: {\"\": [{bits: 1, p: 0.1}, {bits: 0, p: 0.2}]}",
		"channels: {\"\": [{bits: 0, p: 0.3}, {bits: 1, p: 0.2}]}",
		"channels: {\"\": [{bits: 0, p: 0}, {bits: 1, p: 0.2}]}",
		"knots: 1",
	} {
		if _, err := verdict.LoadCalibration(fstest.MapFS{verdict.CalibrationFile: {Data: []byte(bad)}}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
