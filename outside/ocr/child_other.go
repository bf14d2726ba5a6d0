//go:build !unix

package ocr

import "os/exec"

const canIsolate = false

// confine does nothing here: timeout and bounds on input and output remain.
func confine(*exec.Cmd, bool) {}

// bounded sets no limits here.
func bounded(path string, args []string, _ int64, _ int) (string, []string) { return path, args }
