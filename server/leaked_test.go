package server_test

import (
	"os"
	"path/filepath"
	"testing"

	"bonafide/config"
	"bonafide/server"
)

// TestLeakedFile: a file of leaked passwords that cannot be read stops the start,
// rather than letting every password pass.
func TestLeakedFile(t *testing.T) {
	cfg := config.Default()
	path := filepath.Join(t.TempDir(), "leaked.txt")
	cfg.People.Leaked = path
	if _, err := server.People(cfg, nil); err == nil {
		t.Error("no file: started")
	}
	if err := os.WriteFile(path, []byte("password1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.People(cfg, nil); err == nil {
		t.Error("a list of words: started")
	}
}
