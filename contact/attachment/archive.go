package attachment

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"bonafide/contact/hypertext/charset"
)

// rar lists a RAR archive of version 4 or 5.
func (in *inspection) rar() {
	if len(in.data) > 8 && in.data[6] == 1 {
		in.rar5(in.data[8:])
		return
	}
	if len(in.data) > 7 {
		in.rar4(in.data[7:])
	}
}

// rar4 walks the blocks of the old format (technote.txt of RAR 4.20).
func (in *inspection) rar4(b []byte) {
	for n := 0; n < maxEntries && len(b) >= 7; n++ {
		kind, flags, size := b[2], binary.LittleEndian.Uint16(b[3:]), int(binary.LittleEndian.Uint16(b[5:]))
		if size < 7 || size > len(b) {
			return
		}
		head, skip := b[:size], uint64(size)
		switch {
		case kind == 0x73 && flags&0x80 != 0:
			in.trait("encrypted") // names too
			return
		case kind == 0x74 && size >= 32:
			skip += uint64(binary.LittleEndian.Uint32(head[7:]))
			if flags&4 != 0 {
				in.trait("encrypted")
			}
			in.rar4Name(head, flags)
		case flags&0x8000 != 0 && size >= 11:
			skip += uint64(binary.LittleEndian.Uint32(head[7:]))
		}
		if skip > uint64(len(b)) {
			return
		}
		b = b[skip:]
	}
}

func (in *inspection) rar4Name(head []byte, flags uint16) {
	at := 32
	if flags&0x100 != 0 {
		at += 8
	}
	end := at + int(binary.LittleEndian.Uint16(head[26:]))
	if end > len(head) {
		return
	}
	name, _, _ := bytes.Cut(head[at:end], []byte{0})
	s, _ := charset.Decode(name, "")
	in.inner(s)
}

// rar5 walks the blocks of the new format (rarlab.com/technote.htm).
func (in *inspection) rar5(b []byte) {
	for n := 0; n < maxEntries && len(b) > 7; n++ {
		b = b[4:] // checksum
		size, k := uvarint(b)
		if k == 0 || size > uint64(len(b)-k) || size == 0 {
			return
		}
		head := b[k : k+int(size)]
		b = b[k+int(size):]
		f := fields{b: head}
		kind, flags := f.next(), f.next()
		var extra, data uint64
		if flags&1 != 0 {
			extra = f.next()
		}
		if flags&2 != 0 {
			data = f.next()
		}
		switch kind {
		case 4:
			in.trait("encrypted") // names too
			return
		case 2:
			in.rar5File(&f, head, extra)
		}
		if data > uint64(len(b)) {
			return
		}
		b = b[data:]
	}
}

func (in *inspection) rar5File(f *fields, head []byte, extra uint64) {
	flags := f.next()
	f.next() // unpacked size
	f.next() // attributes
	if flags&2 != 0 {
		f.skip(4)
	}
	if flags&4 != 0 {
		f.skip(4)
	}
	f.next() // method
	f.next() // system
	n := f.next()
	if n <= uint64(len(f.b)) && n > 0 {
		in.inner(string(f.b[:n]))
	}
	if extra > 0 && extra <= uint64(len(head)) {
		x := fields{b: head[uint64(len(head))-extra:]}
		x.next() // size of the record
		if x.next() == 1 {
			in.trait("encrypted")
		}
	}
}

// fields reads numbers of variable length one after another; behind the end
// they are 0.
type fields struct{ b []byte }

func (f *fields) next() uint64 {
	v, n := uvarint(f.b)
	if n == 0 {
		f.b = nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) skip(n int) { f.b = f.b[min(n, len(f.b)):] }

func uvarint(b []byte) (uint64, int) {
	v, n := binary.Uvarint(b)
	return v, max(n, 0)
}

// sevenZip tells whether a 7z archive is locked. Its list of names is packed
// and is not read; 06 F1 07 01 is the identifier of AES.
func (in *inspection) sevenZip() {
	tail := in.data[max(0, len(in.data)-(1<<20)):]
	if bytes.Contains(tail, []byte("\x06\xf1\x07\x01")) {
		in.trait("encrypted")
	}
}

// gzip looks at the beginning of a packed file: a tar archive is listed.
func (in *inspection) gzip() {
	z, err := gzip.NewReader(bytes.NewReader(in.data))
	if err != nil {
		return
	}
	if z.Name != "" {
		s, _ := charset.Decode([]byte(z.Name), "")
		in.inner(baseName(s))
	}
	head := inflate(z, min(4<<20, in.budget))
	in.budget -= len(head)
	if sniff(head, "") == typeTar {
		in.tar(head)
	}
}

// tar lists a tar archive (POSIX.1, pax interchange format).
func (in *inspection) tar(b []byte) {
	for n := 0; n < maxEntries && len(b) >= 512 && b[0] != 0; n++ {
		name, _, _ := bytes.Cut(b[:100], []byte{0})
		size := octal(b[124:136])
		if kind := b[156]; kind == '0' || kind == 0 {
			in.inner(string(name))
		}
		skip := 512 + (size+511)/512*512
		if size < 0 || skip > len(b) {
			return
		}
		b = b[skip:]
	}
}

func octal(b []byte) int {
	v := 0
	for _, c := range b {
		if c >= '0' && c <= '7' && v < 1<<40 {
			v = v<<3 | int(c-'0')
		}
	}
	return v
}

// iso lists the root folder of a disk image, by the Joliet names where there
// are any (ECMA-119, 8 and 9).
func (in *inspection) iso() {
	const sector = 2048
	var root []byte
	joliet := false
	for n := 16; n < 32 && (n+1)*sector <= len(in.data); n++ {
		d := in.data[n*sector : (n+1)*sector]
		if string(d[1:6]) != "CD001" || d[0] == 255 {
			break
		}
		if d[0] == 1 && root == nil || d[0] == 2 && d[88] == '%' {
			joliet = d[0] == 2
			root = d[156:190]
		}
	}
	if root == nil {
		return
	}
	start, size := int(binary.LittleEndian.Uint32(root[2:]))*sector, int(binary.LittleEndian.Uint32(root[10:]))
	if start < 0 || start >= len(in.data) {
		return
	}
	b := in.data[start:min(start+min(size, 64<<10), len(in.data))]
	for len(b) > 33 {
		n := int(b[0])
		if n < 34 || n > len(b) || 33+int(b[32]) > n {
			// Entries do not cross sectors: the rest of this one is empty.
			if skip := len(b) % sector; b[0] == 0 && skip > 0 && skip < len(b) {
				b = b[skip:]
				continue
			}
			return
		}
		in.isoEntry(b[25], b[33:33+int(b[32])], joliet)
		b = b[n:]
	}
}

func (in *inspection) isoEntry(flags byte, name []byte, joliet bool) {
	if len(name) <= 1 || flags&2 != 0 {
		return // the folder itself, its parent, or a folder
	}
	s := string(name)
	if joliet {
		units := make([]uint16, len(name)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(name[2*i:])
		}
		s = string(utf16.Decode(units))
	}
	s, _, _ = strings.Cut(s, ";")
	in.inner(s)
}
