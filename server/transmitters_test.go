package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTransmitters: files of keys are looked for beside the file that names them, and
// one that cannot be read stops the start, rather than leaving a transmitter out.
func TestTransmitters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "transmitters.yaml")
	keys := filepath.Join(dir, "idp.json")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if x, err := transmitters(""); err != nil || x.Len() != 0 {
		t.Errorf("none configured: %v", err)
	}
	if _, err := transmitters(file); err == nil || !strings.Contains(err.Error(), "accounts.transmitters") {
		t.Errorf("a file that is not there: %v", err)
	}
	entry := func(keys string) string {
		return `transmitters: [{tenant: main, issuer: "https://idp.example.com/", audience: a, keys: "` + keys + `"}]`
	}
	for _, name := range []string{"idp.json", keys, ""} {
		write(file, entry(name))
		if _, err := transmitters(file); err == nil || !strings.Contains(err.Error(), "entry 1 of the file: read its keys") {
			t.Errorf("keys %q that are not there: %v", name, err)
		}
	}
	write(keys, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`) // RFC 8037, A.2
	for _, name := range []string{"idp.json", keys} {
		write(file, entry(name))
		if x, err := transmitters(file); err != nil || !x.Has("main", "https://idp.example.com/") {
			t.Errorf("keys %q: %v", name, err)
		}
	}
}
