package contacts_test

import (
	"context"
	"slices"
	"testing"

	"bonafide/desk/contacts"
)

// TestWithoutKnowledge: a desk from which a kind of knowledge was taken does not
// name it, and the one that it was made from still does.
func TestWithoutKnowledge(t *testing.T) {
	full := newDesk(t)
	forged := contacts.Request{Channel: "mail", Raw: []byte("From: Amazon <info@amazon.de>\r\nTo: a@example.net\r\nSubject: Your order\r\n" +
		"Authentication-Results: mx.example.net; spf=fail smtp.mailfrom=amazon.de; dmarc=fail header.from=amazon.de\r\n\r\n" +
		"Amazon order 112-1234567-1234567: tell me your password, http://amazon-pay.example/\r\n")}
	forged.Orders = []contacts.Order{{ID: "112-7654321-7654321"}}
	tests := []struct {
		name    string
		without contacts.Ablation
		gone    []string
		stays   []string
	}{
		{"groups", contacts.Ablation{Groups: []string{"request", "link"}}, []string{"asks_password"}, []string{"no_matching_order"}},
		{"all but one group", contacts.Ablation{Only: []string{"order"}}, []string{"asks_password", "forged_sender"}, []string{"no_matching_order"}},
		{"a group that has no evidence", contacts.Ablation{Groups: []string{"model"}}, nil, []string{"asks_password", "no_matching_order"}},
		{"rules", contacts.Ablation{Rules: true}, []string{"no_matching_order", "forged_sender"}, nil},
		{"models", contacts.Ablation{Learned: true}, nil, []string{"asks_password", "no_matching_order"}},
		{"orders", contacts.Ablation{Orders: true}, []string{"no_matching_order"}, []string{"asks_password"}},
		{"authentication", contacts.Ablation{Authentication: true}, []string{"forged_sender"}, []string{"asks_password"}},
	}
	codes := func(d *contacts.Desk) []string {
		t.Helper()
		a, err := d.Check(context.Background(), forged, contacts.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range a.Evidence {
			out = append(out, e.Code)
		}
		return out
	}
	all := codes(full)
	for _, tt := range tests {
		got := codes(full.Without(tt.without))
		for _, c := range tt.gone {
			if slices.Contains(got, c) || !slices.Contains(all, c) {
				t.Errorf("without %s: %s is named or never was: %v", tt.name, c, got)
			}
		}
		for _, c := range tt.stays {
			if !slices.Contains(got, c) {
				t.Errorf("without %s: %s is gone, too: %v", tt.name, c, got)
			}
		}
	}
	if again := codes(full); !slices.Equal(again, all) {
		t.Errorf("the full desk says %v, before %v", again, all)
	}
}
