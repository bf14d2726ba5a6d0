//go:build unix

package keyfile

import (
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
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a descriptor
		_ = f.Close()
		return nil, noFile("lock it", err)
	}
	return func() { _ = f.Close() }, nil
}
