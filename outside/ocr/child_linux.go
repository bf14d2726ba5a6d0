package ocr

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// canIsolate: this system can take the network away from a child.
const canIsolate = true

// confine puts the program into a process group of its own, which is ended as a
// whole, and with isolated into a user and a network namespace of its own, in
// which there is no network, not even loopback.
func confine(cmd *exec.Cmd, isolated bool) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if isolated {
		attr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// bounded wraps a command so that the shell sets limits on address space (KiB),
// processor time (s), files written (blocks) and core dumps before it becomes
// the program. The limits hold from the program's first instruction, which
// setting them from outside cannot promise. Paths and arguments are passed as
// arguments, never as text of the script.
func bounded(path string, args []string, memory int64, seconds int) (string, []string) {
	const script = `ulimit -v "$1" && ulimit -t "$2" && ulimit -f 2048 && ulimit -c 0 || exit 71; shift 2; exec "$@"`
	return "/bin/sh", append([]string{"-c", script, "sh", strconv.FormatInt(memory>>10, 10), strconv.Itoa(seconds), path}, args...)
}
