package image

import (
	"bytes"
	"encoding/binary"
)

// maxSteps bounds every walk through the blocks of a file.
const maxSteps = 10_000

// jpegOrientation reads the EXIF orientation of the first APP1 segment (JEITA
// CP-3451, 4.7.2); 1 when there is none.
func jpegOrientation(b []byte) int {
	for i, steps := 2, 0; i+4 <= len(b) && steps < maxSteps; steps++ {
		if b[i] != 0xff {
			return 1
		}
		marker := b[i+1]
		if marker == 0xff {
			i++
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return 1
		}
		size := int(binary.BigEndian.Uint16(b[i+2:]))
		end := i + 2 + size
		if size < 2 || end > len(b) {
			return 1
		}
		if marker == 0xe1 {
			if tiff, ok := bytes.CutPrefix(b[i+4:end], []byte("Exif\x00\x00")); ok {
				return orientation(tiff)
			}
		}
		i = end
	}
	return 1
}

// orientation reads tag 274 of the first directory of a TIFF structure.
func orientation(b []byte) int {
	order, at, ok := tiffStart(b)
	if !ok || at+2 > len(b) {
		return 1
	}
	n := int(order.Uint16(b[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > len(b) {
			return 1
		}
		if order.Uint16(b[e:]) == 274 {
			if v := int(order.Uint16(b[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

func tiffStart(b []byte) (order binary.ByteOrder, at int, ok bool) {
	if len(b) < 8 {
		return nil, 0, false
	}
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return nil, 0, false
	}
	off := order.Uint32(b[4:])
	return order, int(off), int64(off) < int64(len(b))
}

// tiffPages counts the directories of a TIFF, at most 100.
func tiffPages(b []byte) int {
	order, at, ok := tiffStart(b)
	pages := 0
	for ok && pages < 100 && at >= 8 && at+2 <= len(b) {
		pages++
		next := at + 2 + 12*int(order.Uint16(b[at:]))
		if next+4 > len(b) {
			break
		}
		off := order.Uint32(b[next:])
		if off == 0 || int64(off) >= int64(len(b)) {
			break
		}
		at = int(off)
	}
	return max(pages, 1)
}

// gifFrames counts the frames of a GIF (GIF89a, 20: a frame begins with 0x2c),
// at most 100.
func gifFrames(b []byte) int {
	if len(b) < 13 {
		return 1
	}
	i := 13 + colorTable(b[10])
	frames := 0
	for i < len(b) && frames < 100 {
		switch b[i] {
		case 0x2c:
			frames++
			if i+10 > len(b) {
				return max(frames, 1)
			}
			i += 10 + colorTable(b[i+9]) + 1
		case 0x21:
			i += 2
		default:
			return max(frames, 1)
		}
		for i < len(b) && b[i] != 0 {
			i += 1 + int(b[i])
		}
		i++
	}
	return max(frames, 1)
}

func colorTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// chunk finds a chunk of a PNG by its name: length, name, data, checksum.
func chunk(b []byte, at, head int, order binary.ByteOrder, name string) []byte {
	for steps := 0; at+head <= len(b) && steps < maxSteps; steps++ {
		size := int64(order.Uint32(b[at:]))
		end := int64(at+head) + size
		if end > int64(len(b)) {
			return nil
		}
		if string(b[at+4:at+8]) == name {
			return b[at+head : end]
		}
		at = int(end) + 4
	}
	return nil
}

// riffChunk finds a chunk of a RIFF file: name, length, data, padding.
func riffChunk(b []byte, name string) []byte {
	for at, steps := 12, 0; at+8 <= len(b) && steps < maxSteps; steps++ {
		size := int64(binary.LittleEndian.Uint32(b[at+4:]))
		end := int64(at+8) + size
		if end > int64(len(b)) {
			return nil
		}
		if string(b[at:at+4]) == name {
			return b[at+8 : end]
		}
		at = int(end + size&1)
	}
	return nil
}
