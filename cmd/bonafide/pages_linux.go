package main

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropPages takes the pages of the program's own file out of memory: most of
// them were read once, to load the knowledge and to set up what the command
// does not use. What is needed again comes back from the file, or from the
// system's copy of it. A range that holds anything that the file does not is
// left alone. Where the system does not tell, nothing happens.
func dropPages() {
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	for _, r := range fileRanges(f, own) {
		// It is advice: where it is not taken, the pages stay, or come back
		// 2 MB at a time.
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, r.start, r.end-r.start, syscall.MADV_NOHUGEPAGE)
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, r.start, r.end-r.start, syscall.MADV_DONTNEED)
	}
}

// pageRange is a range of addresses.
type pageRange struct{ start, end uintptr }

// fileRanges returns the ranges that only show the file: mapped from it for
// reading, with no page of their own.
func fileRanges(smaps io.Reader, file string) []pageRange {
	var out []pageRange
	var at pageRange
	shows := false // the range that is being described is mapped so
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		line := lines.Text()
		if name, value, ok := strings.Cut(line, ":"); ok && !strings.Contains(name, " ") {
			if shows && name == "Anonymous" && strings.TrimSpace(value) == "0 kB" {
				out = append(out, at)
			}
			continue
		}
		shows = false
		fields := strings.SplitN(line, " ", 2)
		from, to, ok := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, strconv.IntSize)
		end, err2 := strconv.ParseUint(to, 16, strconv.IntSize)
		if !ok || err1 != nil || err2 != nil || end <= start || len(fields) < 2 {
			continue
		}
		at = pageRange{uintptr(start), uintptr(end)}
		shows = strings.HasSuffix(line, " "+file) && (strings.HasPrefix(fields[1], "r--p") || strings.HasPrefix(fields[1], "r-xp"))
	}
	return out
}
