//go:build unix && !linux

package ocr

import (
	"os/exec"
	"strconv"
	"syscall"
)

// canIsolate: this system has no simple way to take the network away.
const canIsolate = false

// confine puts the program into a process group of its own, which is ended as a
// whole.
func confine(cmd *exec.Cmd, _ bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// bounded wraps a command so that the shell sets those limits that the system
// knows before it becomes the program; macOS knows none on address space.
func bounded(path string, args []string, memory int64, seconds int) (string, []string) {
	const script = `ulimit -v "$1" 2>/dev/null; ulimit -t "$2" && ulimit -c 0 || exit 71; shift 2; exec "$@"`
	return "/bin/sh", append([]string{"-c", script, "sh", strconv.FormatInt(memory>>10, 10), strconv.Itoa(seconds), path}, args...)
}
