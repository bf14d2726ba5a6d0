package verdict_test

import (
	"os"
	"slices"
	"testing"

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
			case v.Outcome == verdict.Scam && v.Probability < r.Scam, // by the sum too: that is what was measured
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
