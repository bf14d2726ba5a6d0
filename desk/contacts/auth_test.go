package contacts

import (
	"slices"
	"testing"

	"bonafide/contact/brand"
	"bonafide/contact/mailauth"
	"bonafide/data"
	"bonafide/ident"
)

// Only mailboxes that are confirmed can be named; the forwarders of the data are
// believed beside those of the operator.
func TestTrusted(t *testing.T) {
	in, err := trusted(Config{Data: data.FS, Mailboxes: []string{"gmail", "outlook"}, TrustedHosts: []string{"mx.example.net"}, TrustedSealers: []ident.Domain{"lists.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(in.TrustedHosts, "mx.google.com") || !slices.Contains(in.TrustedHosts, "mx.example.net") || !in.TrustUnnamed || len(in.TrustedNets) == 0 {
		t.Errorf("got %+v", in)
	}
	for _, d := range []ident.Domain{"lists.example", "google.com", "microsoft.com"} {
		if !slices.Contains(in.TrustedSealers, d) {
			t.Errorf("%s is not believed", d)
		}
	}
	for _, id := range []string{"icloud", "gmial", ""} {
		if _, err := trusted(Config{Data: data.FS, Mailboxes: []string{id}}); err == nil {
			t.Errorf("mailbox %q is believed: want an error", id)
		}
	}
	if in, err = trusted(Config{Data: data.FS}); err != nil || len(in.TrustedHosts) > 0 || in.TrustUnnamed {
		t.Errorf("by default: %+v, %v: want no host", in, err)
	}
}

// What a check says to the brands: doubt is no forgery, a forwarder's word
// neither a forgery nor a proof, and a failure stays one.
func TestAuthOf(t *testing.T) {
	const from = "amazon.com"
	gone := mailauth.Signature{Value: mailauth.PermError, Domain: from, KeyGone: true}
	good := mailauth.Signature{Value: mailauth.Pass, Domain: from, Aligned: true}
	open := mailauth.Signature{Value: mailauth.Pass, Domain: from, Aligned: true, Notes: []mailauth.Note{mailauth.NoteSubjectOpen}}
	arc := mailauth.ARC{Value: mailauth.Pass, Trusted: true, Instance: 1, Seals: []mailauth.Seal{{Domain: "google.com"}},
		Results: []mailauth.Method{{Name: "dmarc", Value: mailauth.Pass, Props: map[string]string{"header.from": from}}}}
	claims := []mailauth.AuthResults{{Host: "mx.example", Results: []mailauth.Method{{Name: "dmarc", Value: mailauth.Fail}}}}
	for name, tt := range map[string]struct {
		r    mailauth.Result
		want brand.Auth
	}{
		"passes":                      {mailauth.Result{DKIM: []mailauth.Signature{good}, DMARC: mailauth.DMARC{Value: mailauth.Pass, DKIM: true}}, brand.Auth{DMARC: "pass", Aligned: true, DKIM: "pass"}},
		"passes in part":              {mailauth.Result{DKIM: []mailauth.Signature{open}, DMARC: mailauth.DMARC{Value: mailauth.Pass, DKIM: true}}, brand.Auth{DMARC: "pass", Aligned: true, Partial: true, DKIM: "pass"}},
		"fails":                       {mailauth.Result{DMARC: mailauth.DMARC{Value: mailauth.Fail}}, brand.Auth{DMARC: "fail", DKIM: "none"}},
		"key gone since":              {mailauth.Result{DKIM: []mailauth.Signature{gone}}, brand.Auth{}},
		"cannot be looked up now":     {mailauth.Result{DKIM: []mailauth.Signature{gone}, DMARC: mailauth.DMARC{Value: mailauth.TempError}}, brand.Auth{}},
		"forwarder saw it pass":       {mailauth.Result{ARC: arc, DMARC: mailauth.DMARC{Value: mailauth.Fail}, Claimed: claims}, brand.Auth{}},
		"changed since it was seen":   {mailauth.Result{DMARC: mailauth.DMARC{Value: mailauth.Pass, SPF: true}, Changed: true}, brand.Auth{}},
		"claims a failure of its own": {mailauth.Result{Claimed: claims}, brand.Auth{DMARC: "fail"}},
	} {
		tt.r.From = from
		got := authOf(tt.r)
		got.DKIMDomains, got.SPF = nil, ""
		if got.DMARC != tt.want.DMARC || got.Aligned != tt.want.Aligned || got.Partial != tt.want.Partial || got.DKIM != tt.want.DKIM {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}
