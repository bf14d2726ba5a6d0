package webhook_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bonafide/outside/webhook"
)

// TestDocs: the lines of docs/webhooks.md by which a shop checks a signature take
// what this server sends, and nothing else.
func TestDocs(t *testing.T) {
	for _, program := range []string{"sh", "openssl", "od"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	raw, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(raw), "```sh check\n")
	script, _, ok := strings.Cut(script, "```")
	if !ok {
		t.Fatal("the page has no lines marked `sh check`")
	}
	r := receive(t, 200)
	body := `{"type":"decision.made","data":{"text":"保留 % \\ 'x'"}}`
	if err := sender(t, webhook.Config{URL: r.URL, Now: time.Now}).Send(t.Context(), webhook.Message{ID: "dec_1", Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	h := r.seen[0]
	old := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	for _, c := range []struct{ name, id, when, sig, body, want string }{
		{"as it came", "dec_1", h.Get("webhook-timestamp"), h.Get("webhook-signature"), body, "genuine"},
		{"with a second signature", "dec_1", h.Get("webhook-timestamp"), "v1,AAAA " + h.Get("webhook-signature"), body, "genuine"},
		{"another body", "dec_1", h.Get("webhook-timestamp"), h.Get("webhook-signature"), body + " ", "not genuine"},
		{"another id", "dec_2", h.Get("webhook-timestamp"), h.Get("webhook-signature"), body, "not genuine"},
		{"old", "dec_1", old, h.Get("webhook-signature"), body, "too old"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "body"), []byte(c.body), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "secret="+secret, "id="+c.id, "timestamp="+c.when, "signature="+c.sig)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != c.want || (err == nil) != (c.want == "genuine") {
			t.Errorf("%s: %q, want %q (%v)", c.name, got, c.want, err)
		}
	}
}
