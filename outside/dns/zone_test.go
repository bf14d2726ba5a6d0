package dns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// describe prints what a zone answers, for comparison.
func describe(z *Zone, name string) string {
	txt, _ := z.LookupTXT(ctx, name)
	mx, _ := z.LookupMX(ctx, name)
	ip, _ := z.LookupIPAddr(ctx, name)
	var b strings.Builder
	fmt.Fprintf(&b, "%q", txt)
	for _, m := range mx {
		fmt.Fprintf(&b, " %d %s", m.Pref, strings.TrimSuffix(m.Host, "."))
	}
	for _, a := range ip {
		fmt.Fprintf(&b, " %s", a.String())
	}
	return b.String()
}

// All three files of testdata say the same.
func TestFiles(t *testing.T) {
	want := map[string]string{
		"s1._domainkey.example.org": `["v=DKIM1; k=rsa; p=AAAA"]`,
		"_dmarc.example.org":        `["v=DMARC1; p=reject"]`,
		"example.org":               `["v=spf1 mx -all" "second; record"] 10 a.example.org 20 b.example.net`,
		"a.example.org":             `[] 192.0.2.1 2001:db8::1`,
		"www.example.org":           `[] 192.0.2.1 2001:db8::1`,
		"none.example.org":          `[]`,
	}
	for _, file := range []string{"records.zone", "records.yaml", "records.json"} {
		z, err := File(filepath.Join("testdata", file))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, w := range want {
			if got := describe(z, name); got != w {
				t.Errorf("%s: %s: got %s, want %s", file, name, got, w)
			}
		}
		names, err := z.LookupAddr(ctx, "192.0.2.1")
		if err != nil || len(names) != 1 || strings.TrimSuffix(names[0], ".") != "a.example.org" {
			t.Errorf("%s: PTR: got %v, %v", file, names, err)
		}
		if _, err := z.LookupTXT(ctx, "loop.example.org"); !isNotFound(err) {
			t.Errorf("%s: an alias loop: got %v, want not found", file, err)
		}
	}
}

func TestStatic(t *testing.T) {
	z, err := Static(map[string]Records{"Example.ORG.": {TXT: []string{"x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := z.LookupTXT(ctx, "example.org"); err != nil || !cmp.Equal(got, []string{"x"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Static(map[string]Records{"a b.example.org": {}}); err == nil {
		t.Error("a name with a blank is taken")
	}
}

func TestBadFiles(t *testing.T) {
	zones := []string{
		"example.org. CH TXT \"x\"", "example.org. TXT", "  TXT \"x\"", "example.org. A 2001:db8::1",
		"example.org. AAAA 192.0.2.1", "example.org. MX mx.example.org", "example.org. MX x mx.example.org",
		"example.org. TXT \"x", "example.org. TXT ( \"x\"", "example.org. TXT ) \"x\"", "$INCLUDE /etc/passwd",
		"exa/mple.org. TXT x", "example. TXT x",
	}
	for _, s := range zones {
		if _, err := ParseZone([]byte(s)); err == nil {
			t.Errorf("zone %q is taken: want an error", s)
		}
	}
	yamls := []string{
		"- a", "example.org: {SRV: x}", "example.org: {A: x}", "example.org: {MX: [a, b]}", "example.org: [[TXT: x]]",
		"a b.example.org: x", "example.org: {TXT: {a: b}}", "x: &a [y]\nexample.org: {TXT: *a}", "example.org: {TXT: [[[x]]]}", "{",
	}
	for _, s := range yamls {
		if _, err := ParseYAML([]byte(s)); err == nil {
			t.Errorf("YAML %q is taken: want an error", s)
		}
	}
	if _, err := ParseYAML(make([]byte, maxFile+1)); err == nil {
		t.Error("a file beyond the bound is taken")
	}
	if _, err := File(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is read")
	}
}

func seeds(f *testing.F, names ...string) {
	for _, n := range names {
		raw, err := os.ReadFile(filepath.Join("testdata", n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

// check asserts what holds of every zone that was read.
func check(t *testing.T, z *Zone, err error) {
	if err != nil {
		return
	}
	for name := range z.names {
		if CheckName(name) != nil || name != strings.ToLower(name) {
			t.Errorf("zone holds the name %q", name)
		}
		describe(z, name)
	}
}

func FuzzParseZone(f *testing.F) {
	seeds(f, "records.zone")
	f.Fuzz(func(t *testing.T, raw []byte) { z, err := ParseZone(raw); check(t, z, err) })
}

func FuzzParseYAML(f *testing.F) {
	seeds(f, "records.yaml", "records.json")
	f.Fuzz(func(t *testing.T, raw []byte) { z, err := ParseYAML(raw); check(t, z, err) })
}
