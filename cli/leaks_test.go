package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bonafide/cli"
)

// TestLeaks: the command asks the route that the API has (api/leaks_test.go tries it),
// sends names in the body and not in the address, and tells what came of it. // S0.15
func TestLeaks(t *testing.T) {
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.RequestURI() + " " + string(body)
		switch {
		case r.Header.Get("Authorization") != "Bearer k":
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(string(body), "2020"):
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"detail":"from and to are no period of at most 120 days"}`)
		default:
			_, _ = io.WriteString(w, `{"outcome":"found","affected":30,"others":2500,"findings":[{"kind":"seller","name":"ab12","victims":18,"expected":0.6,"ratio":30,"ratio_low":17.8,"ratio_high":47.4,"p":1e-20,"p_adjusted":1.5e-19}],
				"given":{"ab12":"shop x"},"explanation":["Seller shop x handled 18 of the 30."],"next":["Test it."]}`)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"leaks", "--seller", "shop x", "--from", "2026-10-01"}, 0, []string{"Seller shop x handled 18 of the 30.\n", "seller shop x  18", "30.0", "17.8-47.4", "1.5e-19", "* Test it."}},
		{[]string{"leaks", "--json"}, 0, []string{`"outcome":"found"`}},
		{[]string{"leaks", "--from", "2020-01-01"}, cli.ExitFailed, []string{"no period of at most 120 days"}},
		{[]string{"leaks", "--server", "nowhere"}, cli.ExitUsage, []string{"--server"}},
	} {
		var out bytes.Buffer
		asked = ""
		args := c.args
		if c.code != cli.ExitUsage {
			args = append(args, "--server", srv.URL)
		}
		code := cli.Run(context.Background(), append(args, "--key", "k"), cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		if code != c.code || c.code == 0 && (!strings.HasPrefix(asked, "POST /v1/leaks {") || len(args) > 5 && !strings.Contains(asked, `"name":"shop x"`)) {
			t.Errorf("%v: code %d, asked %q, said %q", c.args, code, asked, out.String())
		}
		for _, w := range c.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%v says %q, not %q", c.args, out.String(), w)
			}
		}
	}
}
