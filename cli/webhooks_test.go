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

// TestWebhooks: each command asks the route that the API has, with the key, and
// tells what came of it.
func TestWebhooks(t *testing.T) {
	var asked string
	calls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.RequestURI() + " " + string(body)
		one := `{"id":"w1","url":"https://shop.example/h","actions":["hold"],"state":"stopped","problem":"status_410","delivered":7,"dead":2,"lang":"de","revision":4}`
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/v1/webhooks" && r.Method == http.MethodGet:
			_, _ = io.WriteString(w, "["+one+"]")
		case r.URL.Path == "/v1/webhooks":
			_, _ = io.WriteString(w, `{"id":"w1","secret":"whsec_x"}`)
		case r.Method == http.MethodPost && r.URL.Path == "/v1/webhooks/w2/dead":
			_, _ = io.WriteString(w, `{"taken":0,"gone":0,"left":9,"problem":"silent"}`)
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/dead"):
			if calls++; calls == 1 {
				_, _ = io.WriteString(w, `{"taken":3,"gone":1,"left":2}`)
				return
			}
			_, _ = io.WriteString(w, `{"taken":2,"gone":0,"left":0}`)
		case strings.HasSuffix(r.URL.Path, "/dead"):
			_, _ = io.WriteString(w, `{"dead":[{"sequence":5,"decision":"d5","given_up_at":"2026-11-23T00:00:00Z","problem":"status_500"}]}`)
		case strings.HasSuffix(r.URL.Path, "/dead/6"):
			_, _ = io.WriteString(w, `{"taken":false,"problem":"silent"}`)
		case strings.HasSuffix(r.URL.Path, "/rotate"):
			_, _ = io.WriteString(w, `{"id":"w1","secret":"whsec_y"}`)
		case strings.HasSuffix(r.URL.Path, "/resume") || r.Method == http.MethodPatch:
			_, _ = io.WriteString(w, one)
		default:
			_, _ = io.WriteString(w, `{"taken":true,"status":204}`)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		args, asked, want string
		code              int
	}{
		{args: "webhooks", asked: "GET /v1/webhooks ", want: "w1  https://shop.example/h  hold  stopped: status_410  7 delivered  2 given up"},
		{args: "webhooks add https://shop.example/h --actions hold,block", asked: `POST /v1/webhooks {"url":"https://shop.example/h","actions":["hold","block"],"lang":"en"}`, want: "secret  whsec_x"},
		{args: "webhooks add https://shop.example/h --actions allow", want: "must be one of", code: cli.ExitUsage},
		{args: "webhooks change w1 --url https://shop.example/n", asked: `PATCH /v1/webhooks/w1 {"url":"https://shop.example/n","actions":["hold"],"lang":"de","revision":4}`},
		{args: "webhooks change w1 --actions all --lang ja", asked: `PATCH /v1/webhooks/w1 {"actions":[],"lang":"ja","revision":4}`},
		{args: "webhooks change w2 --lang ja", asked: "GET /v1/webhooks ", want: "there is none of this id", code: cli.ExitFailed},
		{args: "webhooks rotate w1", asked: "POST /v1/webhooks/w1/rotate ", want: "secret  whsec_y"},
		{args: "webhooks test w1", asked: "POST /v1/webhooks/w1/test ", want: "was taken (status 204)"},
		{args: "webhooks resume w1", asked: "POST /v1/webhooks/w1/resume "},
		{args: "webhooks dead w1", asked: "GET /v1/webhooks/w1/dead?before=0 ", want: "5  d5  2026-11-23T00:00:00Z  status_500"},
		{args: "webhooks again w1 5", asked: "POST /v1/webhooks/w1/dead/5 ", want: "decision 5 was taken"},
		{args: "webhooks again w1", asked: "POST /v1/webhooks/w1/dead ", want: "5 decisions were taken, 1 were erased since, 0 are left"},
		{args: "webhooks again w2", asked: "POST /v1/webhooks/w2/dead ", want: "the next was not taken: silent", code: cli.ExitFailed},
		{args: "webhooks again w1 6 7", asked: "POST /v1/webhooks/w1/dead/6 ", want: "decision 6 was not taken: silent", code: cli.ExitFailed},
		{args: "webhooks remove w1", asked: "DELETE /v1/webhooks/w1 "},
	} {
		asked = ""
		var out bytes.Buffer
		args := append(strings.Fields(c.args), "--server", srv.URL, "--key", "k")
		code := cli.Run(context.Background(), args, cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		if code != c.code || c.asked != "" && asked != c.asked || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: code %d, asked %q, said %q", c.args, code, asked, out.String())
		}
	}
}
