//go:build !unix

package keyfile

import "io/fs"

// lock does nothing: this system has no lock that ends with its process, so the
// operator changes a keyring from one place at a time.
func lock(string) (unlock func(), err error) { return func() {}, nil }

// owner is not known: files have none that a program could keep.
func owner(fs.FileInfo) (user, group int, known bool) { return 0, 0, false }
