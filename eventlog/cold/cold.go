// Package cold keeps on disk what the windows of the account guard have no room
// for in memory: keys that were not recorded for the longest. A key kept here
// takes about 12 bytes of memory.
//
// What it holds is computed again from a snapshot and the log at each start, so
// nothing is synced and nothing outlives the program: a store's file has no name
// once it is open. It is not for anything that must not be lost.
//
//	dir, err := cold.Open("events/cold")
//	s, err := dir.New() // one for each engine
package cold

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"iter"
	"os"
	"path/filepath"

	"bonafide/account/window"
)

// Limits bound a store. Zero values mean the defaults.
type Limits struct {
	// Keys is how many are kept (default 2^26, which takes a gigabyte of memory).
	Keys int
	// Bytes is how large its file may grow (default 16 GiB).
	Bytes int64
}

// Dir is the folder in which stores have their files.
type Dir struct {
	path string
	lim  Limits
}

// Open makes the folder where it is missing, and removes what a program that was
// killed left in it.
func Open(path string, l Limits) (*Dir, error) {
	if l.Keys <= 0 {
		l.Keys = 1 << 26
	}
	if l.Bytes <= 0 {
		l.Bytes = 16 << 30
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cold: make the folder: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(path, "keys-*"))
	if err != nil {
		return nil, fmt.Errorf("cold: look for old files: %w", err)
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return nil, fmt.Errorf("cold: remove an old file: %w", err)
		}
	}
	return &Dir{path, l}, nil
}

// New makes an empty store. Its file goes when nobody holds the store any more.
func (d *Dir) New() (window.Cold, error) {
	s := &store{dir: d, seed: maphash.MakeSeed()}
	var err error
	s.file, err = d.file()
	return s, err
}

func (d *Dir) file() (*os.File, error) {
	f, err := os.CreateTemp(d.path, "keys-")
	if err != nil {
		return nil, fmt.Errorf("cold: make a file: %w", err)
	}
	_ = os.Remove(f.Name()) // where an open file cannot be removed, the next Open does
	return f, nil
}

// A record is
//
//	checksum(4, CRC-32C of all after it)  size of raw(4)  until(8)  series(2)  key(16)  raw
//
// and begins at a multiple of unit, so that a place is 32 bits.
const (
	head = 34
	unit = 16
	// glance is how much is read at first: most records are shorter.
	glance = 256
	// flushAt is how much waits in memory before it is written.
	flushAt = 256 << 10
	// least is the size below which a file is not rewritten.
	least = 4 << 20
)

// store is one file and the places of its records.
type store struct {
	dir     *Dir
	seed    maphash.Seed
	file    *os.File
	written int64  // bytes in the file
	tail    []byte // bytes after them
	live    int64  // bytes of records that are kept
	after   int64  // live bytes when the file was rewritten
	buf     []byte
	slots   []slot
	n       int   // keys
	gone    int   // slots that held a key
	keys    []int // by series
}

// slot is where a record stands: place is its offset in units, from 1; 0 is
// free and dead was used.
type slot struct{ tag, place uint32 }

const dead = ^uint32(0)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func (s *store) tagOf(series int, key *[16]byte) uint32 {
	var b [18]byte
	copy(b[:], key[:])
	binary.LittleEndian.PutUint16(b[16:], uint16(series)) //nolint:gosec // at most window.MaxSeries
	return uint32(maphash.Bytes(s.seed, b[:]))            //nolint:gosec // a part is meant
}

func (s *store) end() int64 { return s.written + int64(len(s.tail)) }

// Len is how many keys of a series are kept.
func (s *store) Len(series int) int {
	if series < len(s.keys) {
		return s.keys[series]
	}
	return 0
}

var errFull = errors.New("cold: the store has as many keys or bytes as it may")

// Put keeps what was written of a key.
func (s *store) Put(series int, key [16]byte, until, safe int64, raw []byte) error {
	if s.end() >= 2*max(s.after, least) {
		if err := s.rewrite(safe); err != nil {
			return err
		}
	}
	size := int64(head+len(raw)+unit-1) / unit * unit
	if s.n >= s.dir.lim.Keys || s.end()+size > min(s.dir.lim.Bytes, (1<<32-2)*unit) {
		return errFull
	}
	if len(s.tail) >= flushAt {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if i, _, err := s.find(series, &key); err != nil {
		return err
	} else if i >= 0 {
		return fmt.Errorf("cold: the key is kept already")
	}
	at := s.end()
	s.tail = appendRecord(s.tail, series, &key, until, raw)
	s.add(slot{s.tagOf(series, &key), uint32(at/unit) + 1}) //nolint:gosec // bounded above
	s.count(series, 1, size)
	return nil
}

func appendRecord(b []byte, series int, key *[16]byte, until int64, raw []byte) []byte {
	first := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(raw))) //nolint:gosec // an engine's cap bounds it
	b = binary.LittleEndian.AppendUint64(b, uint64(until))    //nolint:gosec // and back
	b = binary.LittleEndian.AppendUint16(b, uint16(series))   //nolint:gosec // at most window.MaxSeries
	b = append(append(b, key[:]...), raw...)
	binary.LittleEndian.PutUint32(b[first:], crc32.Checksum(b[first+4:], castagnoli()))
	for (len(b)-first)%unit != 0 {
		b = append(b, 0)
	}
	return b
}

func (s *store) count(series, keys int, bytes int64) {
	for len(s.keys) <= series {
		s.keys = append(s.keys, 0)
	}
	s.keys[series] += keys
	s.n += keys
	s.live += int64(keys) * bytes
}

// flush writes what waits; with an error it waits on.
func (s *store) flush() error {
	if _, err := s.file.WriteAt(s.tail, s.written); err != nil {
		return fmt.Errorf("cold: write keys: %w", err)
	}
	s.written += int64(len(s.tail))
	s.tail = s.tail[:0]
	return nil
}

// record is one that was read.
type record struct {
	series int
	key    [16]byte
	until  int64
	raw    []byte
	size   int64 // with what fills its last unit
}

var errDamaged = errors.New("cold: a record is damaged")

// read reads the record at an offset; its bytes hold until the next.
func (s *store) read(at int64) (r record, err error) {
	if at >= s.written {
		return parse(s.tail[min(at-s.written, int64(len(s.tail))):])
	}
	b, err := s.load(at, min(glance, s.written-at))
	if err == nil && len(b) >= head && !whole(b) {
		n := head + int64(binary.LittleEndian.Uint32(b[4:]))
		if n > s.written-at {
			return r, errDamaged
		}
		b, err = s.load(at, n)
	}
	if err != nil {
		return r, err
	}
	return parse(b)
}

// load reads bytes of the file, which hold until the next.
func (s *store) load(at, n int64) ([]byte, error) {
	if int64(cap(s.buf)) < n {
		s.buf = make([]byte, max(n, 512))
	}
	s.buf = s.buf[:n]
	if _, err := s.file.ReadAt(s.buf, at); err != nil {
		return nil, fmt.Errorf("cold: read a key: %w", err)
	}
	return s.buf, nil
}

// find returns the slot of a key and its record, -1 if there is none.
func (s *store) find(series int, key *[16]byte) (int, record, error) {
	if len(s.slots) == 0 {
		return -1, record{}, nil
	}
	tag, mask := s.tagOf(series, key), uint32(len(s.slots)-1) //nolint:gosec // bounded by Keys
	for i := tag & mask; s.slots[i].place != 0; i = (i + 1) & mask {
		if s.slots[i].tag != tag || s.slots[i].place == dead {
			continue
		}
		r, err := s.read(int64(s.slots[i].place-1) * unit)
		if err != nil {
			return int(i), r, err
		}
		if r.series == series && r.key == *key {
			return int(i), r, nil
		}
	}
	return -1, record{}, nil
}

// add notes a place, and makes room for it when a quarter or less is free.
func (s *store) add(x slot) {
	if 4*(s.n+s.gone+1) > 3*len(s.slots) {
		old := s.slots
		s.slots, s.gone = make([]slot, slotsFor(s.n+1)), 0
		for _, o := range old {
			if o.place != 0 && o.place != dead {
				s.put(o)
			}
		}
	}
	s.put(x)
}

// slotsFor is the power of two at which half is free.
func slotsFor(n int) int {
	size := 1024
	for size < 2*n {
		size *= 2
	}
	return size
}

func (s *store) put(x slot) {
	mask := uint32(len(s.slots) - 1) //nolint:gosec // bounded by Keys
	i := x.tag & mask
	for s.slots[i].place != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = x
}

// Get returns what is kept of a key, nil if nothing is.
func (s *store) Get(series int, key [16]byte, take bool) ([]byte, error) {
	i, r, err := s.find(series, &key)
	if i < 0 {
		return nil, nil
	}
	if take {
		s.slots[i].place = dead
		s.gone++
		s.count(series, -1, r.size)
	}
	return r.raw, err
}

// All yields all that is kept, in the order of Put.
func (s *store) All() iter.Seq2[window.ColdKey, error] {
	return func(yield func(window.ColdKey, error) bool) {
		for r, err := range s.records() {
			if !yield(window.ColdKey{Series: r.series, Key: r.key, Until: r.until, Raw: r.raw}, err) {
				return
			}
		}
	}
}

// records yields all that is kept, in the order of Put; an error is the last.
func (s *store) records() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		part, begin := make([]byte, 0, 1<<20), int64(0) // a part of the file
		for at := int64(0); at < s.end(); {
			b := s.tail
			if at >= s.written {
				b = b[at-s.written:]
			} else {
				if b = part[min(at-begin, int64(len(part))):]; !whole(b) {
					var err error
					if part, err = s.part(part, at); err != nil {
						yield(record{}, err)
						return
					}
					b, begin = part, at
				}
			}
			r, err := parse(b)
			if err != nil {
				yield(r, err)
				return
			}
			if s.keeps(&r, at) && !yield(r, nil) {
				return
			}
			at += r.size
		}
	}
}

// part reads a part of the file that has all of the record at an offset.
func (s *store) part(buf []byte, at int64) ([]byte, error) {
	for size := int64(cap(buf)); ; size *= 2 {
		if int64(cap(buf)) < size {
			buf = make([]byte, size)
		}
		buf = buf[:min(size, s.written-at)]
		if _, err := s.file.ReadAt(buf, at); err != nil {
			return nil, fmt.Errorf("cold: read keys: %w", err)
		}
		if whole(buf) {
			return buf, nil
		}
		if int64(len(buf)) == s.written-at {
			return nil, errDamaged
		}
	}
}

// whole tells whether bytes hold all of the record that they begin with.
func whole(b []byte) bool {
	return len(b) >= head && int64(len(b)) >= head+int64(binary.LittleEndian.Uint32(b[4:]))
}

// parse reads the record that bytes begin with.
func parse(b []byte) (r record, err error) {
	if !whole(b) {
		return r, errDamaged
	}
	n := head + int64(binary.LittleEndian.Uint32(b[4:]))
	b = b[:n]
	if crc32.Checksum(b[4:], castagnoli()) != binary.LittleEndian.Uint32(b) {
		return r, errDamaged
	}
	return record{series: int(binary.LittleEndian.Uint16(b[16:])), key: [16]byte(b[18:head]), until: int64(binary.LittleEndian.Uint64(b[8:])), //nolint:gosec // as it was written
		raw: b[head:], size: (n + unit - 1) / unit * unit}, nil
}

// keeps tells whether the record at an offset is still kept.
func (s *store) keeps(r *record, at int64) bool {
	tag, mask, place := s.tagOf(r.series, &r.key), uint32(len(s.slots)-1), uint32(at/unit)+1 //nolint:gosec // bounded
	for i := tag & mask; s.slots[i].place != 0; i = (i + 1) & mask {
		if s.slots[i].place == place {
			return true
		}
	}
	return false
}

// rewrite begins a new file with what is kept and can still say something. With
// an error all is as before.
func (s *store) rewrite(safe int64) error {
	f, err := s.dir.file()
	if err != nil {
		return err
	}
	n := &store{dir: s.dir, seed: s.seed, file: f, slots: make([]slot, slotsFor(s.n))}
	for r, err := range s.records() {
		if err == nil && len(n.tail) >= flushAt {
			err = n.flush()
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		if r.until <= safe {
			continue
		}
		at := n.end()
		n.tail = appendRecord(n.tail, r.series, &r.key, r.until, r.raw)
		n.add(slot{s.tagOf(r.series, &r.key), uint32(at/unit) + 1}) //nolint:gosec // not beyond the old file's
		n.count(r.series, 1, r.size)
	}
	n.after, n.buf = n.live, s.buf
	old := s.file
	*s = *n
	return old.Close()
}
