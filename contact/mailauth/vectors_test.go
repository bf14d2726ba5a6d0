package mailauth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

// checkKnown compares the vectors that fail with those listed with a reason in
// testdata/known_failures.yaml; either way a change breaks the test.
func checkKnown(t *testing.T, suite string, failed map[string]string, ran, atLeast int) {
	t.Helper()
	raw, err := os.ReadFile("testdata/known_failures.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]map[string]string
	if err := yaml.Unmarshal(raw, &known); err != nil {
		t.Fatal(err)
	}
	for name, what := range failed {
		if known[suite][name] == "" {
			t.Errorf("%s: vector %q fails: %s", suite, name, what)
		}
	}
	for name := range known[suite] {
		if _, ok := failed[name]; !ok {
			t.Errorf("%s: vector %q passes now: take it out of known_failures.yaml", suite, name)
		}
	}
	if ran < atLeast {
		t.Errorf("%s: %d vectors ran: want at least %d", suite, ran, atLeast)
	}
	t.Logf("%s: %d vectors, %d known failures", suite, ran, len(failed))
}

func decodeAll(t *testing.T, file string, each func(*yaml.Node)) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		each(&n)
	}
}

// pairs walks a mapping in order; the ARC suite uses some keys twice.
func pairs(n *yaml.Node, each func(key string, value *yaml.Node)) {
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		each(n.Content[i].Value, n.Content[i+1])
	}
}

func TestARCVectors(t *testing.T) {
	failed, ran := map[string]string{}, 0
	decodeAll(t, "testdata/vectors/arc/arc-draft-validation-tests.yml", func(doc *yaml.Node) {
		z, tests := newZone(), (*yaml.Node)(nil)
		pairs(doc, func(key string, v *yaml.Node) {
			switch key {
			case "tests":
				tests = v
			case "txt-records":
				pairs(v, func(name string, r *yaml.Node) {
					if r.Value != "" {
						z.txt[strings.ToLower(name)] = []string{r.Value}
					}
				})
			}
		})
		pairs(tests, func(name string, n *yaml.Node) {
			ran++
			var test struct{ Message, CV string }
			if err := n.Decode(&test); err != nil {
				t.Fatal(name, err)
			}
			want := strings.ToLower(test.CV)
			if want == "" { // left open by the suite: RFC 8617, 5.2, step 2
				want = "fail"
			}
			mail := &contact.MailFacts{Raw: []byte(test.Message)}
			got := Check(context.Background(), Input{Mail: mail, Resolver: z}).ARC
			if got.Value.String() != want && !(got.Value == NotChecked && want == "none") {
				failed[name] = fmt.Sprintf("got %v (%s), want %s", got.Value, got.Reason, want)
			}
		})
	})
	checkKnown(t, "arc", failed, ran, 170)
}

// spfSuite is one document of the openspf test format.
type spfSuite struct {
	Tests map[string]struct {
		Helo, Host, MailFrom string
		Result               words
	}
	ZoneData map[string][]yaml.Node
}

// words is a string or a list of strings.
type words []string

func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		var list []string
		err := n.Decode(&list)
		*w = list
		return err
	}
	*w = words{n.Value}
	return nil
}

// add takes one record of the openspf format into the zone.
func (z *zone) add(t *testing.T, name string, n *yaml.Node) {
	t.Helper()
	key := name
	if ip, ok := reverseIP(name); ok {
		key = ip
	}
	if n.Kind == yaml.ScalarNode { // TIMEOUT, RCODE…
		z.fail[key] = errTimeout
		return
	}
	pairs(n, func(kind string, v *yaml.Node) {
		var w words
		if err := v.Decode(&w); err != nil {
			t.Fatal(name, err)
		}
		switch kind {
		case "A", "AAAA":
			z.ip[name] = append(z.ip[name], w...)
		case "TXT":
			z.txt[name] = append(z.txt[name], strings.Join(w, ""))
		case "SPF":
			z.txt["spf:"+name] = append(z.txt["spf:"+name], strings.Join(w, ""))
		case "MX":
			z.mx[name] = append(z.mx[name], &net.MX{Host: w[1]})
		case "PTR":
			z.ptr[key] = append(z.ptr[key], w...)
		case "CNAME":
			z.cname[name] = w[0]
		default:
			z.fail[key] = errTimeout
		}
	})
}

// reverseIP turns a name below in-addr.arpa or ip6.arpa into an address.
func reverseIP(name string) (string, bool) {
	four, is4 := strings.CutSuffix(name, ".in-addr.arpa")
	six, is6 := strings.CutSuffix(name, ".ip6.arpa")
	switch {
	case is4:
		parts := strings.Split(four, ".")
		slices.Reverse(parts)
		return strings.Join(parts, "."), true
	case is6:
		parts := strings.Split(six, ".")
		slices.Reverse(parts)
		var b strings.Builder
		for i, p := range parts {
			if i > 0 && i%4 == 0 {
				b.WriteByte(':')
			}
			b.WriteString(p)
		}
		return net.ParseIP(b.String()).String(), true
	}
	return "", false
}

func readZone(t *testing.T, data map[string][]yaml.Node) *zone {
	z := newZone()
	for name, records := range data {
		name = strings.ToLower(name)
		for i := range records {
			z.add(t, name, &records[i])
		}
		// The suite lists SPF records for name servers that copy them to TXT,
		// unless TXT is there already ("TXT: NONE" for none).
		if len(z.txt[name]) == 0 {
			z.txt[name] = z.txt["spf:"+name]
		}
		if slices.Equal(z.txt[name], []string{"NONE"}) {
			delete(z.txt, name)
		}
	}
	return z
}

// checkSPF evaluates SPF for one connection through the front door.
func checkSPF(r Resolver, ip, helo, mailFrom string) Value {
	if mailFrom == "" {
		mailFrom = "<>"
	}
	in := Input{
		Mail:     &contact.MailFacts{Raw: []byte("From: a@example.org\r\n\r\n")},
		Resolver: r, ClientIP: netip.MustParseAddr(ip), HELO: helo, MailFrom: mailFrom,
	}
	return Check(context.Background(), in).SPF.Value
}

func TestSPFVectors(t *testing.T) {
	for file, atLeast := range map[string]int{"rfc7208-tests": 203, "rfc4408-tests": 191, "test": 16} {
		t.Run(file, func(t *testing.T) {
			failed, ran := map[string]string{}, 0
			decodeAll(t, "testdata/vectors/spf/"+file+".yml", func(doc *yaml.Node) {
				var suite spfSuite
				if err := doc.Decode(&suite); err != nil {
					t.Fatal(err)
				}
				z := readZone(t, suite.ZoneData)
				for name, test := range suite.Tests {
					ran++
					got := checkSPF(z, test.Host, test.Helo, test.MailFrom).String()
					if !slices.Contains(test.Result, got) {
						failed[name] = fmt.Sprintf("got %s, want %v", got, test.Result)
					}
				}
			})
			checkKnown(t, "spf/"+file, failed, ran, atLeast)
		})
	}
}

// stalwartZone reads the records of the second SPF suite.
func stalwartZone(records *yaml.Node) *zone {
	z := newZone()
	if records == nil {
		return z
	}
	pairs(records, func(kind string, v *yaml.Node) {
		name, rest, _ := strings.Cut(v.Value, " ")
		switch name = strings.ToLower(strings.TrimSuffix(name, ".")); kind {
		case "spf", "exp", "txt":
			z.txt[name] = append(z.txt[name], rest)
		case "a", "aaaa":
			z.ip[name] = append(z.ip[name], strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' })...)
		case "mx":
			for i, host := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' }) {
				if _, err := netip.ParseAddr(host); err == nil {
					mx := fmt.Sprintf("mx%d.%s", i, name)
					z.mx[name] = append(z.mx[name], &net.MX{Host: mx})
					z.ip[mx] = append(z.ip[mx], host)
					continue
				}
				z.mx[name] = append(z.mx[name], &net.MX{Host: host})
			}
		case "ptr":
			ip := net.ParseIP(name).String()
			z.ptr[ip] = append(z.ptr[ip], strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' })...)
		}
	})
	return z
}

// runStalwart runs the tests of one document. Keys may come again and again in
// one test: each "expect" closes a case with what stood above it.
func runStalwart(tests *yaml.Node, z *zone, each func(got, want string)) {
	z.fail["_dns_error.org"], z.fail["_dns_error.test.org"] = errTimeout, errTimeout
	var domain, sender, ip string
	for _, n := range tests.Content {
		pairs(n, func(key string, v *yaml.Node) {
			switch key {
			case "domain":
				domain = v.Value
			case "sender":
				sender = v.Value
			case "ip":
				ip = v.Value
			case "spf":
				name, rest, _ := strings.Cut(v.Value, " ")
				z.txt[strings.ToLower(name)] = []string{rest}
			case "ptr":
				name, rest, _ := strings.Cut(v.Value, " ")
				z.ptr[net.ParseIP(name).String()] = []string{rest}
			case "a":
				name, rest, _ := strings.Cut(v.Value, " ")
				z.ip[strings.ToLower(name)] = []string{rest}
			case "expect":
				want, _, _ := strings.Cut(v.Value, " ")
				each(checkSPF(z, ip, domain, sender).String(), want)
			}
		})
	}
}

func TestSPFVectorsStalwart(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/spf/stalwart/*.yml")
	if err != nil || len(files) != 12 {
		t.Fatal(files, err)
	}
	failed, ran := map[string]string{}, 0
	for _, file := range files {
		decodeAll(t, file, func(doc *yaml.Node) {
			var z *zone
			title := ""
			pairs(doc, func(key string, v *yaml.Node) {
				switch key {
				case "name":
					title = v.Value
				case "records":
					z = stalwartZone(v)
				case "tests":
					runStalwart(v, z, func(got, want string) {
						ran++
						if got != want {
							failed[fmt.Sprintf("%s: %s, %d", filepath.Base(file), title, ran)] =
								fmt.Sprintf("got %s, want %s", got, want)
						}
					})
				}
			})
		})
	}
	checkKnown(t, "spf/stalwart", failed, ran, 60)
}

// dkimZone reads the key records of the mails: given with them, or published
// at the time and found elsewhere (testdata/vectors/README.md).
func dkimZone(t *testing.T, files ...string) *zone {
	t.Helper()
	z := newZone()
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var data map[string]struct{ TXT [][]string }
		if err := json.Unmarshal(raw, &data); err != nil {
			t.Fatal(err)
		}
		for name, r := range data {
			for _, parts := range r.TXT {
				z.txt[name] = append(z.txt[name], strings.Join(parts, ""))
			}
		}
	}
	return z
}
