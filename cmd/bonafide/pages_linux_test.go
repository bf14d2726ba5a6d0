package main

import (
	"slices"
	"strings"
	"testing"
)

// TestFileRanges: only ranges that show nothing but the file are given up; one
// with pages of its own (addresses put in when the program began) would lose
// them.
func TestFileRanges(t *testing.T) {
	const smaps = `00400000-016de000 r-xp 00000000 08:01 11 /opt/bin/bonafide
Size:              19320 kB
Rss:               12340 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
016de000-033f1000 r--p 012de000 08:01 11 /opt/bin/bonafide
Rss:               22796 kB
Anonymous:             4 kB
033f1000-03623000 rw-p 02ff1000 08:01 11 /opt/bin/bonafide
Anonymous:             0 kB
340dc400000-340dfc00000 rw-p 00000000 00:00 0
Anonymous:         49272 kB
7fc2a0000000-7fc2a0001000 r--p 00000000 08:01 12 /usr/lib/bonafide
Anonymous:             0 kB
03700000-03800000 r--p 03200000 08:01 11 /opt/bin/bonafide
Anonymous:             0 kB
`
	want := []pageRange{{0x400000, 0x16de000}, {0x3700000, 0x3800000}}
	if got := fileRanges(strings.NewReader(smaps), "/opt/bin/bonafide"); !slices.Equal(got, want) {
		t.Errorf("ranges %x, want %x", got, want)
	}
	if got := fileRanges(strings.NewReader("no such thing\nx-y r--p\n: \n"), "x"); got != nil {
		t.Errorf("of no map: %x", got)
	}
	dropPages() // the test goes on
}
