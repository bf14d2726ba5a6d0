package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bonafide/cli"
)

// TestPartsOfATable: each request has the header, and what is refused is named by
// its line in the file.
func TestPartsOfATable(t *testing.T) {
	var bodies []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(raw))
		if w.Header().Set("Content-Type", "application/json"); strings.Contains(string(raw), "four") {
			fmt.Fprint(w, `{"accepted":1,"repeated":0,"refused":[{"line":3,"text":"is no time"}]}`)
			return
		}
		fmt.Fprint(w, `{"accepted":2,"repeated":0}`)
	}))
	defer web.Close()
	var out, problems bytes.Buffer
	code := cli.Run(t.Context(), []string{"events", "--server", web.URL, "--key", "k", "--mapping", "m", "--header", "--batch", "2", "-"},
		cli.Env{Stdout: &out, Stderr: &problems, Stdin: strings.NewReader("nr,at\none,1\ntwo,2\nthree,3\nfour,4\nfive,5\n")})
	if want := "nr,at\none,1\ntwo,2\n|nr,at\nthree,3\nfour,4\n|nr,at\nfive,5\n"; strings.Join(bodies, "|") != want {
		t.Errorf("sent %q, want %q", strings.Join(bodies, "|"), want)
	}
	if code != 1 || !strings.Contains(problems.String(), "line 5 refused") {
		t.Errorf("%d\n%s%s", code, out.String(), problems.String())
	}
}

// TestOneToken: a security event token is sent as one, and its refusal is told.
func TestOneToken(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Content-Type") != "application/secevent+jwt" || string(raw) != "a.b.c\n" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"err":"invalid_key","description":"alg: is none of ours"}`)
			return
		}
		fmt.Fprint(w, `{"accepted":1,"repeated":0,"decisions":[{"id":"1","action":"allow"}]}`)
	}))
	defer web.Close()
	for in, want := range map[string]string{"a.b.c\n": "1 accepted", "x": "does not take the token (invalid_key): alg: is none of ours"} {
		var out, problems bytes.Buffer
		code := cli.Run(t.Context(), []string{"events", "--server", web.URL, "--key", "k", "--set", "-"}, cli.Env{Stdout: &out, Stderr: &problems, Stdin: strings.NewReader(in)})
		if all := out.String() + problems.String(); !strings.Contains(all, want) || (code == 0) != (in == "a.b.c\n") {
			t.Errorf("%q: %d\n%s", in, code, all)
		}
	}
	var problems bytes.Buffer
	if code := cli.Run(t.Context(), []string{"events", "--server", web.URL, "--key", "k", "--set", "--mapping", "m", "-"},
		cli.Env{Stdout: io.Discard, Stderr: &problems, Stdin: strings.NewReader("a.b.c")}); code == 0 || !strings.Contains(problems.String(), "leave out --mapping") {
		t.Errorf("with a mapping: %d %s", code, problems.String())
	}
}
