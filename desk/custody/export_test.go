package custody

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"bonafide/store"
)

// Resum writes counts as they are and sums of the families anew, as somebody who
// forges a file would.
func Resum(file string) (string, error) {
	first, rest, _ := strings.Cut(file, "\n")
	var head Manifest
	if err := json.Unmarshal([]byte(first), &head); err != nil {
		return "", err
	}
	lines := strings.SplitAfter(rest, "\n")
	for i, c := range head.Families {
		sum := newTally()
		for range c.Records {
			sum.add([]byte(lines[0]))
			lines = lines[1:]
		}
		head.Families[i] = sum.counted(c.Name)
	}
	line, err := head.line()
	return string(line) + rest, err
}

// ReadAndWrite reads a line as that of each family, and compares what it took.
func ReadAndWrite(t *testing.T, line []byte) {
	for _, f := range store.Families() {
		row, err := parseLine(&f, line)
		if err != nil {
			continue
		}
		_ = f.Check(row)
		if again, err := appendLine(nil, &f, row); err != nil || !bytes.Equal(again, line) {
			t.Errorf("a line of %s is written again as %q, %v", f.Name, again, err)
		}
	}
}
