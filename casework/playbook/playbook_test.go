package playbook_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"bonafide/casework/playbook"
)

func book(t *testing.T) *playbook.Book {
	t.Helper()
	b, err := playbook.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func codes(steps []playbook.Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Code)
	}
	return out
}

func TestPlans(t *testing.T) {
	b := book(t)
	yes, no := true, false
	tests := []struct {
		name  string
		s     playbook.Situation
		first []string // the plan begins so
		has   []string
		lacks []string
	}{
		{"remote access: disconnect, then the bank", playbook.Situation{Done: []string{"installed_remote"}, Gave: []string{"bank"}},
			[]string{"disconnect", "call_bank"}, []string{"change_pw_clean", "clean_device", "typed_is_known"}, nil},
		{"settled: issuer before shop", playbook.Situation{Done: []string{"card_charged"}, Settled: &yes}, []string{"call_issuer"}, []string{"call_shop"}, nil},
		{"not settled: shop before issuer", playbook.Situation{Done: []string{"card_charged"}, Settled: &no}, []string{"call_shop"}, []string{"call_issuer"}, nil},
		{"hidden order: shop first", playbook.Situation{Done: []string{"order_hidden"}}, []string{"call_shop"}, nil, nil},
		{"on the phone", playbook.Situation{Ongoing: true, Outcome: "scam", Channel: "call"}, []string{"stop_contact", "say_sentence"}, []string{"change_pw"}, nil},
		{"US, social security number and licence", playbook.Situation{Gave: []string{"ssn", "drivers_licence"}, Country: "US"}, nil, []string{"credit_freeze_us", "dmv"}, []string{"irs_pin"}},
		{"DE, social security number", playbook.Situation{Gave: []string{"ssn"}, Country: "DE"}, nil, []string{"id_freeze"}, []string{"credit_freeze_us"}},
		{"GB transfer", playbook.Situation{Done: []string{"paid_transfer"}, Country: "GB"}, []string{"call_bank"}, []string{"reimbursement_gb"}, nil},
		{"dunning", playbook.Situation{Outcome: "suspicious", Channel: "letter", Codes: []string{"theme_unpaid_demand"}}, nil, []string{"dont_pay_demand", "object_dunning"}, nil},
		{"a call about nothing of a shop", playbook.Situation{Outcome: "unknown", Channel: "call"}, []string{"ask_known"}, nil, []string{"check_orders", "ask_shop"}},
		{"a shop is named", playbook.Situation{Outcome: "unknown", Channel: "call", Shop: true}, []string{"check_orders"}, nil, []string{"ask_known"}},
		{"a false policeman", playbook.Situation{Outcome: "scam", Channel: "call", Codes: []string{"impersonates_authority", "theme_security_breach", "knows_order_details", "asks_card_bank"}},
			[]string{"no_callback"}, []string{"ask_authority", "ask_known", "report_body"}, []string{"check_orders", "report_shop", "tell_shop_leak", "check_payment_prompt"}},
		{"a false policeman speaks of an order", playbook.Situation{Outcome: "scam", Channel: "call", Shop: true, Codes: []string{"impersonates_authority"}},
			nil, []string{"ask_authority", "check_orders"}, []string{"ask_known"}},
		{"genuine", playbook.Situation{Outcome: "genuine", Channel: "mail"}, []string{"act_in_shop"}, nil, []string{"hygiene_2sv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := codes(b.Plan(tt.s))
			if len(got) < len(tt.first) || !slices.Equal(got[:len(tt.first)], tt.first) {
				t.Errorf("plan begins %v, want %v", got[:min(4, len(got))], tt.first)
			}
			for _, c := range tt.has {
				if !slices.Contains(got, c) {
					t.Errorf("plan %v lacks %s", got, c)
				}
			}
			for _, c := range tt.lacks {
				if slices.Contains(got, c) {
					t.Errorf("plan has %s, which does not fit", c)
				}
			}
		})
	}
}

func TestStepsAreMergedAndOrdered(t *testing.T) {
	b := book(t)
	var all []string
	for _, p := range b.Playbooks() {
		all = append(all, p.ID)
	}
	order := []playbook.Urgency{playbook.Now, playbook.Hour, playbook.Today, playbook.Week, playbook.Watch}
	seen, last := map[string]bool{}, 0
	for _, s := range b.Plan(playbook.Situation{Done: all}) {
		if seen[s.Code] {
			t.Errorf("step %s stands twice", s.Code)
		}
		seen[s.Code] = true
		r := slices.Index(order, s.Urgency)
		if r < last {
			t.Errorf("step %s (%s) stands after a less urgent one", s.Code, s.Urgency)
		}
		last = r
	}
}

func TestHiddenOrdersHaveValidity(t *testing.T) {
	b := book(t)
	at := func(day string) playbook.Step {
		when, _ := time.Parse(time.DateOnly, day)
		for _, s := range b.Plan(playbook.Situation{Done: []string{"order_hidden", "typed_password"}, Country: "JP", At: when}) {
			if s.Code == "hidden_check" {
				return s
			}
		}
		t.Fatal("no hidden_check")
		return playbook.Step{}
	}
	if s := at("2023-09-20"); len(s.Details["ja"]) != 3 || s.AsOf != "2023-09" {
		t.Errorf("2023: details %v as of %q, want the path of 2023", s.Details["ja"], s.AsOf)
	}
	if s := at("2026-11-22"); len(s.Details["ja"]) != 0 || !s.Unconfirmed {
		t.Errorf("today: details %v, unconfirmed %v: want no path and a mark", s.Details["ja"], s.Unconfirmed)
	}
}
