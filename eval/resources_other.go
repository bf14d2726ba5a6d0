//go:build !unix

package eval

import (
	"runtime"
	"time"
)

// cpuTime is not known here; speed is then told by the clock only.
func cpuTime() time.Duration { return 0 }

// peakMemory is what the Go runtime took from the system, in bytes.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
