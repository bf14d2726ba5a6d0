//go:build !linux && !darwin

package server

import "bonafide/desk/system"

// disk is not known on this system.
func disk(string) *system.Disk { return nil }
