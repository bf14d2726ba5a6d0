package link

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "print the failing vectors in the form of known_failures.yaml")

// knownFailures lists vectors that the URL parser fails, each with the reason
// why that does no harm here. The test fails when the set changes either way.
type knownFailures struct {
	URL     map[string]string `yaml:"urltestdata"`
	ToASCII map[string]string `yaml:"toascii"`
}

func known(t *testing.T) knownFailures {
	t.Helper()
	b, err := os.ReadFile("testdata/known_failures.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var k knownFailures
	if err := yaml.Unmarshal(b, &k); err != nil {
		t.Fatalf("testdata/known_failures.yaml: %v", err)
	}
	return k
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var objects []string
	for _, raw := range all {
		if raw[0] == '{' { // a string is a comment
			objects = append(objects, string(raw))
		}
	}
	if err := json.Unmarshal([]byte("["+strings.Join(objects, ",")+"]"), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

type urlVector struct {
	Input    string
	Base     *string
	Failure  bool
	Href     string
	Protocol string
	Username string
	Password string
	Hostname string
	Port     string
	Pathname string
	Search   string
	Hash     string
}

// name identifies a vector in the file of known failures.
func (v urlVector) name() string {
	if v.Base == nil {
		return fmt.Sprintf("%+q", v.Input)
	}
	return fmt.Sprintf("%+q against %+q", v.Input, *v.Base)
}

// fails returns what is wrong, or "".
func (v urlVector) fails() string {
	base := ""
	if v.Base != nil {
		base = *v.Base
	}
	u, err := parseWHATWG(v.Input, base)
	if v.Failure {
		if err == nil {
			return "accepted as " + u.Href(false)
		}
		return ""
	}
	if err != nil {
		return "refused: " + err.Error()
	}
	for _, c := range []struct{ field, got, want string }{
		{"href", u.Href(false), v.Href}, {"protocol", u.Protocol(), v.Protocol},
		{"username", u.Username(), v.Username}, {"password", u.Password(), v.Password},
		{"hostname", u.Hostname(), v.Hostname}, {"port", u.Port(), v.Port},
		{"pathname", u.Pathname(), v.Pathname}, {"search", u.Search(), v.Search}, {"hash", u.Hash(), v.Hash},
	} {
		if c.got != c.want {
			return fmt.Sprintf("%s %+q, want %+q", c.field, c.got, c.want)
		}
	}
	return ""
}

func TestURLVectors(t *testing.T) {
	var vectors []urlVector
	readVectors(t, "urltestdata.json", &vectors)
	if len(vectors) < 800 {
		t.Fatalf("%d vectors read: the file is not whole", len(vectors))
	}
	failed := map[string]string{}
	for _, v := range vectors {
		if why := v.fails(); why != "" {
			failed[v.name()] = why
		}
	}
	compare(t, failed, known(t).URL)
}

func TestToASCIIVectors(t *testing.T) {
	var vectors []struct {
		Input  string
		Output *string
	}
	readVectors(t, "toascii.json", &vectors)
	failed := map[string]string{}
	for _, v := range vectors {
		u, err := parseWHATWG("https://"+v.Input+"/x", "")
		switch {
		case v.Output == nil && err == nil:
			failed[fmt.Sprintf("%+q", v.Input)] = "accepted as " + u.Hostname()
		case v.Output != nil && err != nil:
			failed[fmt.Sprintf("%+q", v.Input)] = "refused: " + err.Error()
		case v.Output != nil && u.Hostname() != *v.Output:
			failed[fmt.Sprintf("%+q", v.Input)] = "hostname " + u.Hostname() + ", want " + *v.Output
		}
	}
	compare(t, failed, known(t).ToASCII)
}

func compare(t *testing.T, failed, known map[string]string) {
	t.Helper()
	var names []string
	for name := range failed {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if *update {
			fmt.Printf("  %q: %q\n", name, failed[name])
		} else if known[name] == "" {
			t.Errorf("vector %s fails and is not listed: %s", name, failed[name])
		}
	}
	for name := range known {
		if failed[name] == "" {
			t.Errorf("vector %s is listed as failing but passes (or is gone): take it off the list", name)
		}
	}
}
