//go:build !unix

package jetstream

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockDir opens the lock file; this system has no lock that ends with its
// process, so the operator sees to it that one program has the folder open.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("eventlog: open the lock of the log: %w", err)
	}
	return f, nil
}
