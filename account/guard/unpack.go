package guard

import (
	"encoding/binary"
	"time"
)

// unpacker reads what Append and Snapshot wrote; after the first error it reads
// zeros and is bad.
type unpacker struct {
	in  []byte
	bad bool
}

func (r *unpacker) bytes(n int) []byte {
	if n < 0 || n > len(r.in) {
		r.bad, r.in = true, nil
		return nil
	}
	out := r.in[:n]
	r.in = r.in[n:]
	return out
}

func (r *unpacker) id() (id ID) {
	copy(id[:], r.bytes(len(id)))
	return id
}

func (r *unpacker) uint() uint64 {
	v, n := binary.Uvarint(r.in)
	if n <= 0 {
		r.bad, r.in = true, nil
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *unpacker) int() int64 {
	v, n := binary.Varint(r.in)
	if n <= 0 {
		r.bad, r.in = true, nil
		return 0
	}
	r.in = r.in[n:]
	return v
}

func (r *unpacker) fixed() uint64 {
	b := r.bytes(8)
	if len(b) != 8 {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (r *unpacker) duration() time.Duration { return time.Duration(r.int()) }

// size is a number of things of which each takes a byte or more.
func (r *unpacker) size() int {
	n := r.uint()
	if n > uint64(len(r.in)) {
		r.bad, r.in = true, nil
		return 0
	}
	return int(n)
}

func (r *unpacker) sized() []byte { return r.bytes(r.size()) }
