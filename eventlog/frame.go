package eventlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"bonafide/access"
)

// A frame is what is written at once: 1 to MaxFrame events of one partition.
// All numbers are big endian:
//
//	"BFL1"  checksum(4)  partition(4)  first position(8)  count(2)
//	count × ( length of tenant, id, key, data as uvarints, each before its bytes )
//
// The checksum is CRC-32C of everything after it. The version is part of the
// magic; a number is never reused.
const (
	frameMagic  = "BFL1"
	frameHeader = 22
	// MaxFrame bounds the events of a frame.
	MaxFrame = 256
	// MaxFrameBytes bounds a frame in bytes.
	MaxFrameBytes = 1 << 20
)

// Size is an upper bound of what an event takes in a frame, in bytes.
func (e *Event) Size() int { return len(e.Tenant) + len(e.ID) + len(e.Key) + len(e.Data) + 12 }

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// AppendFrame appends the frame of events to buf. They are at most MaxFrame of
// one partition, and first is the position of the first.
func AppendFrame(buf []byte, partition int, first Position, events []Event) []byte {
	start := len(buf)
	buf = append(buf, frameMagic...)
	buf = append(buf, 0, 0, 0, 0)
	buf = binary.BigEndian.AppendUint32(buf, uint32(partition)) //nolint:gosec // at most MaxPartitions
	buf = binary.BigEndian.AppendUint64(buf, uint64(first))
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(events))) //nolint:gosec // at most MaxFrame
	for i := range events {
		e := &events[i]
		for _, s := range []string{string(e.Tenant), e.ID, e.Key} {
			buf = binary.AppendUvarint(buf, uint64(len(s)))
			buf = append(buf, s...)
		}
		buf = binary.AppendUvarint(buf, uint64(len(e.Data)))
		buf = append(buf, e.Data...)
	}
	binary.BigEndian.PutUint32(buf[start+4:], crc32.Checksum(buf[start+8:], castagnoli()))
	return buf
}

// ParseFrame reads one frame, which must fill raw. The records' data are parts
// of raw. The error says what is wrong and holds nothing of the events.
func ParseFrame(raw []byte) ([]Record, error) {
	switch {
	case len(raw) < frameHeader:
		return nil, fmt.Errorf("it has %d bytes: a frame has at least %d", len(raw), frameHeader)
	case string(raw[:4]) != frameMagic:
		return nil, fmt.Errorf("it does not begin with %s", frameMagic)
	case binary.BigEndian.Uint32(raw[4:]) != crc32.Checksum(raw[8:], castagnoli()):
		return nil, fmt.Errorf("its checksum does not hold")
	}
	partition, first := binary.BigEndian.Uint32(raw[8:]), Position(binary.BigEndian.Uint64(raw[12:]))
	count, rest := int(binary.BigEndian.Uint16(raw[20:])), raw[frameHeader:]
	if count < 1 || count > MaxFrame || first < 1 || partition >= MaxPartitions {
		return nil, fmt.Errorf("its head is out of bounds")
	}
	out := make([]Record, count)
	for i := range out {
		var field [4][]byte
		for j := range field {
			n, used := binary.Uvarint(rest)
			if used <= 0 || n > uint64(len(rest)-used) {
				return nil, fmt.Errorf("event %d of it is cut off", i)
			}
			field[j], rest = rest[used:used+int(n)], rest[used+int(n):] //nolint:gosec // n is at most len(rest)
		}
		out[i] = Record{Partition: int(partition), Position: first + Position(i), Event: Event{ //nolint:gosec // i is small
			Tenant: access.Tenant(field[0]), ID: string(field[1]), Key: string(field[2]), Data: field[3]}}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow its last event", len(rest))
	}
	return out, nil
}
