package jetstream

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"bonafide/eventlog"
	"bonafide/fault"
)

// Result is what Verify found of one partition.
type Result struct {
	Partition int
	// Frames and Events count what holds, up to the first frame that does not.
	Frames, Events uint64
	// Unfinished are bytes at the end that were never acknowledged: a write that
	// a kill cut off, or one in flight. The next start removes them.
	Unfinished int64
	// Broken names the first broken frame; empty if all hold.
	Broken string
}

// A record in a file of the store: length with a flag for headers (4),
// sequence with flags (8), time (8), length of the subject (2), all little
// endian; subject, headers, message; checksum of the store (8).
const (
	recordHead     = 22
	recordSum      = 8
	hasHeaders     = 1 << 31
	sequenceFlags  = uint64(1<<63 | 1<<62)
	maxRecord      = eventlog.MaxFrameBytes + 128<<10
	streamsPattern = "jetstream/$G/streams/p%d/msgs"
)

// Verify walks the frames of all partitions in the files of a log and changes
// nothing; it needs no lock and may run beside a server. It shows that what is
// there is whole and without gaps, not that nothing is missing at the end.
func Verify(ctx context.Context, dir string) ([]Result, error) {
	if _, err := os.Stat(filepath.Join(dir, "partitions")); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fault.New(fault.NotFound, "", "eventlog: verify: the folder holds no log of events: name the folder in which the file partitions stands")
		}
		return nil, fmt.Errorf("eventlog: verify: %w", err)
	}
	n, err := partitions(dir, 0)
	if err != nil {
		return nil, err
	}
	out := make([]Result, 0, n)
	for i := range n {
		r, err := verifyPartition(ctx, filepath.Join(dir, fmt.Sprintf(streamsPattern, i)), i)
		if err != nil {
			return nil, fmt.Errorf("eventlog: verify partition %d: %w", i, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// walk is where the walk over one partition stands.
type walk struct {
	Result
	sequence uint64
	position eventlog.Position
}

func verifyPartition(ctx context.Context, dir string, i int) (Result, error) {
	w := &walk{Result: Result{Partition: i}}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		w.Broken = "its folder is missing"
		return w.Result, nil
	}
	if err != nil {
		return w.Result, err
	}
	var blocks []int
	for _, e := range entries {
		if name, ok := cutBlock(e.Name()); ok {
			blocks = append(blocks, name)
		}
	}
	slices.Sort(blocks)
	for k, b := range blocks {
		if err := w.block(ctx, dir, b, k == len(blocks)-1); err != nil || w.Broken != "" {
			return w.Result, err
		}
	}
	return w.Result, nil
}

func cutBlock(name string) (int, bool) {
	if filepath.Ext(name) != ".blk" {
		return 0, false
	}
	n, err := strconv.Atoi(name[:len(name)-4])
	return n, err == nil
}

// block walks one file; only the last may end in an unfinished record.
func (w *walk) block(ctx context.Context, dir string, number int, last bool) error {
	f, err := os.Open(filepath.Join(dir, strconv.Itoa(number)+".blk"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in, size := bufio.NewReaderSize(f, 256<<10), info.Size()
	head := make([]byte, recordHead)
	for offset := int64(0); offset < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		bad := func(reason string) error {
			w.Broken = fmt.Sprintf("frame %d (file %d.blk, byte %d): %s", w.sequence+1, number, offset, reason)
			return nil
		}
		n := int64(recordHead)
		if size-offset >= recordHead {
			if _, err := io.ReadFull(in, head); err != nil {
				return err
			}
			n = int64(binary.LittleEndian.Uint32(head) &^ hasHeaders)
			if n < recordHead+recordSum || n > maxRecord {
				return bad("its length is out of bounds")
			}
		}
		if n > size-offset {
			if w.Unfinished = size - offset; !last {
				return bad("the file ends within it")
			}
			return nil
		}
		body := make([]byte, n-recordHead)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		if reason := w.record(head, body[:len(body)-recordSum]); reason != "" {
			return bad(reason)
		}
		offset += n
	}
	return nil
}

// record checks one record; the answer says what is wrong.
func (w *walk) record(head, body []byte) string {
	sequence := binary.LittleEndian.Uint64(head[4:])
	if sequence&sequenceFlags != 0 {
		return "it was erased"
	}
	subject := int(binary.LittleEndian.Uint16(head[20:]))
	if subject > len(body) {
		return "its head is out of bounds"
	}
	body = body[subject:]
	if binary.LittleEndian.Uint32(head)&hasHeaders != 0 {
		if len(body) < 4 || int64(binary.LittleEndian.Uint32(body)) > int64(len(body)-4) {
			return "its head is out of bounds"
		}
		body = body[4+binary.LittleEndian.Uint32(body):]
	}
	records, err := eventlog.ParseFrame(body)
	switch {
	case err != nil:
		return err.Error()
	case sequence != w.sequence+1:
		return fmt.Sprintf("it is missing: frame %d follows", sequence)
	case records[0].Partition != w.Partition:
		return "it is of another partition"
	case records[0].Position != w.position+1:
		return fmt.Sprintf("its position is %d: want %d", records[0].Position, w.position+1)
	}
	w.sequence = sequence
	w.position = records[len(records)-1].Position
	w.Frames++
	w.Events += uint64(len(records))
	return ""
}
