package load

import (
	"os"
	"syscall"
	"time"
)

// punctual lets the system wake this thread when its time has come and not up to
// 50 µs later, to wake several threads at once (PR_SET_TIMERSLACK). The caller
// has locked its thread. What it refuses makes the sender late, which is measured.
func punctual() {
	const setTimerSlack = 29
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, 1, 0)
}

// sleepUntil sleeps by the system, where time.Sleep may oversleep by a
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
