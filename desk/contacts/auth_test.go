package contacts

import (
	"testing"

	"bonafide/contact/brand"
	"bonafide/contact/mailauth"
)

// What a check says to the brands: doubt is no forgery, a forwarder's word
// neither a forgery nor a proof, and a failure stays one.
func TestAuthOf(t *testing.T) {
	const from = "amazon.com"
	gone := mailauth.Signature{Value: mailauth.PermError, Domain: from, KeyGone: true}
	good := mailauth.Signature{Value: mailauth.Pass, Domain: from, Aligned: true}
	open := mailauth.Signature{Value: mailauth.Pass, Domain: from, Aligned: true, Notes: []mailauth.Note{mailauth.NoteSubjectOpen}}
	arc := mailauth.ARC{Value: mailauth.Pass, Trusted: true, Instance: 1, Seals: []mailauth.Seal{{Domain: "google.com"}},
		Results: []mailauth.Method{{Name: "dmarc", Value: mailauth.Pass}}}
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
