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

// TestLists: each command asks the route that the API has (api/lists_test.go tries
// them), with the key, and tells what came of it.
func TestLists(t *testing.T) {
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.RequestURI() + " " + string(body)
		if r.Header.Get("Authorization") != "Bearer k" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		entry := `{"value":"ab12","reason":"three takeovers","until":"2027-01-31T00:00:00Z","made_at":"2026-11-22T00:00:00Z","made_by":"p-1"}`
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/v1/lists" && r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `[{"name":"mules","of":"order.gift_recipients","entries":2,"asked":true,"about":"resold cards"}]`)
		case strings.HasSuffix(r.URL.Path, "/import"):
			_, _ = io.WriteString(w, `{"added":1,"refused":[{"line":3,"text":"until: is no day"}]}`)
		case strings.Contains(string(body), "nobody"):
			_, _ = io.WriteString(w, `{"list":{"name":"mules"},"entries":[]}`)
		case strings.Contains(r.URL.Path, "none"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"detail":"there is no such list"}`)
		default:
			_, _ = io.WriteString(w, `{"list":{"name":"mules"},"entries":[`+entry+`]}`)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		args, stdin, asked, want string
		code                     int
	}{
		{args: "lists", asked: "GET /v1/lists ", want: "mules  order.gift_recipients  2 entries  asked for  resold cards"},
		{args: "lists show mules", asked: "GET /v1/lists/mules/entries?after= ", want: "ab12  until 2027-01-31T00:00:00Z  p-1  three takeovers"},
		{args: "lists make mules event.device --about x", asked: `POST /v1/lists {"name":"mules","of":"event.device","about":"x"}`},
		{args: "lists find mules -", stdin: "m@example.com\n", asked: `POST /v1/lists/mules/find {"value":"m@example.com"}`, want: "ab12"},
		{args: "lists find mules nobody", code: cli.ExitFailed, want: "not on the list"},
		{args: "lists add mules a b --until 2027-01-31 --reason seen", asked: `{"value":"b","until":"2027-02-01T00:00:00Z","reason":"seen"}`, want: "2 added"},
		{args: "lists add mules a --until never --reason seen", code: cli.ExitUsage, want: "2027-01-31"},
		{args: "lists remove mules ab12 --hashed --reason wrong", asked: `POST /v1/lists/mules/remove {"values":[{"value":"ab12","hashed":true}],"reason":"wrong"}`, want: "1 taken off"},
		{args: "lists import mules - --skip --reason before", stdin: "value\na\nb", asked: "POST /v1/lists/mules/import?reason=before&skip=true value\na\nb", want: "line 3 refused", code: cli.ExitFailed},
		{args: "lists drop mules", asked: "DELETE /v1/lists/mules "},
		{args: "lists show none", code: cli.ExitFailed, want: "there is no such list"},
	} {
		var out bytes.Buffer
		code := cli.Run(context.Background(), append(strings.Fields(c.args), "--key", "k", "--server", srv.URL), cli.Env{Stdin: strings.NewReader(c.stdin), Stdout: &out, Stderr: &out})
		if code != c.code || !strings.Contains(asked, c.asked) || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: code %d, asked %q, said %q; want %d, %q, %q", c.args, code, asked, out.String(), c.code, c.asked, c.want)
		}
	}
}
