package brand

import (
	"os"
	"testing"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/ident"
)

// TestLookalike runs the addresses of testdata/hosts.yaml.
func TestLookalike(t *testing.T) {
	b := book(t)
	raw, err := os.ReadFile("testdata/hosts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Imitations, Honest [][]string }
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Imitations) < 40 || len(file.Honest) < 30 {
		t.Fatalf("%d imitations, %d honest addresses: the file is not whole", len(file.Imitations), len(file.Honest))
	}
	l := lists(t)
	for _, row := range append(file.Imitations, file.Honest...) {
		c := struct{ raw, brand, how string }{raw: row[0]}
		if len(row) == 3 {
			c.brand, c.how = row[1], row[2]
		}
		a := link.Analyse(contact.Link{Raw: c.raw}, l)
		im, ok := b.LookalikeLink(&a)
		if ok != (c.brand != "") || im.Brand != c.brand || im.How != c.how {
			t.Errorf("LookalikeLink(%s) = %q by %q (token %q, strength %.1f); want %q by %q", c.raw, im.Brand, im.How, im.Token, im.Strength, c.brand, c.how)
		}
		if ok && (im.Strength <= 0 || im.Strength > 1 || im.Host == "") {
			t.Errorf("%s: strength %g, host %q", c.raw, im.Strength, im.Host)
		}
	}
}

func lists(t testing.TB) *link.Lists {
	t.Helper()
	l, err := link.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLookalikeHostOnly(t *testing.T) {
	b := book(t)
	for host, want := range map[ident.Domain]string{
		"amaz0n-alerts.com": "amazon", "amazon.co.jp": "", "": "", "..": "", "xn--": "", "amazonpre.com": "amazon",
	} {
		if im, _ := b.Lookalike(host); im.Brand != want {
			t.Errorf("Lookalike(%q) = %+v, want %q", host, im, want)
		}
	}
}

func FuzzLookalike(f *testing.F) {
	for _, s := range []string{"amazon.com.evil.top", "xn--mazon-3ve.com", "a@b", "paypal", "-amazon-", "amazon.", "http://1.2.3.4/amazon.de", "アマゾン.jp"} {
		f.Add(s)
	}
	b, l := book(f), lists(f)
	f.Fuzz(func(t *testing.T, s string) {
		a := link.Analyse(contact.Link{Raw: s}, l)
		if im, ok := b.LookalikeLink(&a); ok && (b.profiles[im.Brand] == nil || im.Strength <= 0) {
			t.Fatalf("imitation %+v of no brand", im)
		}
		b.Lookalike(ident.Domain(s))
	})
}

func BenchmarkLookalike(b *testing.B) {
	k, l := book(b), lists(b)
	a := link.Analyse(contact.Link{Raw: "https://a-long-harmless-name.of.some.example.com/path"}, l)
	for b.Loop() {
		k.LookalikeLink(&a)
	}
}
