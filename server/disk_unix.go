//go:build linux || darwin

package server

import (
	"syscall"

	"bonafide/desk/system"
)

// disk is the room of the disk that a folder stands on; nil when it cannot be
// told. What is kept for the system's own administrator does not count as free.
func disk(folder string) *system.Disk {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return nil
	}
	return &system.Disk{Free: int64(s.Bavail) * int64(s.Bsize), Total: int64(s.Blocks) * int64(s.Bsize)} //nolint:gosec // blocks of a disk
}
