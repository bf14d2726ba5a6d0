package shelf_test

import (
	"os"
	"path/filepath"
	"testing"

	"bonafide/eventlog/shelf"
)

func TestShelf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s, err := shelf.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := s.Load("main"); raw != nil || err != nil {
		t.Errorf("nothing was saved: %q, %v", raw, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := s.Save("main", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if raw, err := s.Load("main"); string(raw) != text || err != nil {
			t.Errorf("%q, %v: want %s", raw, err, text)
		}
	}
	for _, bad := range []string{"", "../x", "a/b", `a\b`, ".hidden"} {
		if s.Save(bad, nil) == nil {
			t.Errorf("%q was taken for a name", bad)
		}
		if _, err := s.Load(bad); err == nil {
			t.Errorf("%q was taken for a name", bad)
		}
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := s.Save("main", []byte("three")); err == nil && os.Getuid() != 0 {
		t.Error("a folder that cannot be written took a file")
	}
}
