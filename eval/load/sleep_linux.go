package load

import (
	"os"
	"syscall"
	"time"
)

// sleepUntil sleeps to about 60 µs, where time.Sleep may oversleep by a
// millisecond on an idle machine, which would be counted as the guard's.
func sleepUntil(due time.Time) {
	for left := time.Until(due); left > 0; left = time.Until(due) {
		t := syscall.NsecToTimespec(left.Nanoseconds())
		if syscall.Nanosleep(&t, nil) != nil { // a signal came: what is left is slept again
			continue
		}
	}
}

func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
