//go:build !linux

package load

import (
	"os"
	"time"
)

func punctual() {}

func sleepUntil(due time.Time) { time.Sleep(time.Until(due)) }

func datasync(f *os.File) error { return f.Sync() }
