//go:build unix

package keyfile

import (
	"io/fs"
	"os"
	"syscall"
)

// lock keeps other processes from changing the keyring meanwhile; it ends with
// the process, however that ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, noFile("lock it", err)
	}
	if ring, err := os.Stat(path); err == nil { // whoever may change the keyring must be able to lock it
		if err := keep(f, ring, f.Chown); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a descriptor
		_ = f.Close()
		return nil, noFile("lock it", err)
	}
	return func() { _ = f.Close() }, nil
}

// owner tells user and group of a file.
func owner(info fs.FileInfo) (user, group int, known bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(s.Uid), int(s.Gid), true
}
