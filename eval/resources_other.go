//go:build !unix

package eval

import (
	"runtime"
)

// peakMemory is what the Go runtime took from the system, in bytes.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
