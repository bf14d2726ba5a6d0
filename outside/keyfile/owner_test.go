//go:build unix

package keyfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bonafide/fault"
	"bonafide/outside/keyfile"
)

// TestChangeKeepsOwner: whoever changes the keyring, as root with sudo, leaves
// owner and mode as they were, so that the server can still read it.
func TestChangeKeepsOwner(t *testing.T) {
	f, path := make1(t)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	want := uint32(os.Geteuid()) //nolint:gosec // a user
	if want == 0 {
		if want = 12345; os.Chown(path, int(want), int(want)) != nil {
			t.Skip("root without CAP_CHOWN: that the owner of the file is kept is not shown here")
		}
	}
	if err := f.Change(rotate); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".lock"} {
		info, err := os.Stat(p)
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != want || info.Mode().Perm() != 0o400 {
			t.Errorf("%s: %+v, %v: want the owner %d and the mode 0400", filepath.Base(p), info, err, want)
		}
	}
}

// another is a file of another user.
type another struct {
	fs.FileInfo
	uid, gid uint32
}

func (a another) Sys() any { return &syscall.Stat_t{Uid: a.uid, Gid: a.gid} }

// TestRefusedOwner: where the owner cannot be kept nothing is changed; a group
// that cannot be kept does not matter.
func TestRefusedOwner(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	mine := info.Sys().(*syscall.Stat_t)
	no := errors.New("not permitted")
	refuse := func(int, int) error { return no }
	err = keyfile.Keep(file, another{info, mine.Uid + 1, mine.Gid}, refuse)
	if fault.KindOf(err) != fault.Forbidden || !errors.Is(err, no) || !strings.Contains(err.Error(), "another user") {
		t.Errorf("another owner: %v", err)
	}
	if err := keyfile.Keep(file, another{info, mine.Uid, mine.Gid + 1}, refuse); err != nil {
		t.Errorf("another group: %v", err)
	}
	if err := keyfile.Keep(file, info, refuse); err != nil {
		t.Errorf("the same: %v", err)
	}
}
