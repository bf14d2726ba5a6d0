package fingerprint

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// prefix is the version of the text form. It changes with what is hashed, too:
// signatures of two versions cannot be compared.
const prefix = "f1."

// head is the number of bytes before the contact points.
const head = 4 + 2 + 1 + 3*8 + 2*rows

const (
	flagOwn   = 1
	flagHouse = 2
)

// ErrVersion is what Parse returns for the text form of another version.
var ErrVersion = errors.New("fingerprint: of another version: make it again from the contact")

// String is the text form to store: "f1." and base64 (RFC 4648, 5, without
// padding), at most 471 characters.
func (s Signature) String() string { return prefix + base64.RawURLEncoding.EncodeToString(s.bytes()) }

func (s *Signature) bytes() []byte {
	b := make([]byte, 0, head+8*len(s.points))
	b = binary.BigEndian.AppendUint32(b, s.key)
	b = binary.BigEndian.AppendUint16(b, s.words)
	flags := byte(0)
	if s.own {
		flags |= flagOwn
	}
	if s.house {
		flags |= flagHouse
	}
	b = append(b, flags)
	for _, v := range [...]uint64{s.sender, s.layout, s.links} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, v := range s.text {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	for _, p := range s.points {
		b = binary.BigEndian.AppendUint64(b, uint64(p))
	}
	return b
}

// Parse reads the text form. What it accepts, String gives back unchanged.
func Parse(text string) (Signature, error) {
	var s Signature
	if len(text) > 1024 {
		return s, fmt.Errorf("fingerprint: text of %d characters: want at most 471", len(text))
	}
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		if v, _, dot := strings.Cut(text, "."); dot && len(v) > 1 && len(v) < 6 && v[0] == 'f' && strings.Trim(v[1:], "0123456789") == "" {
			return s, ErrVersion
		}
		return s, errors.New("fingerprint: text without a version: want f1. in front")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || strings.ContainsAny(rest, "\r\n") {
		return s, errors.New("fingerprint: the text is not base64 as RFC 4648, 5 has it, without padding")
	}
	n := (len(b) - head) / 8
	if len(b) < head || (len(b)-head)%8 != 0 || n > maxPoints || b[6]&^(flagOwn|flagHouse) != 0 {
		return s, fmt.Errorf("fingerprint: %d bytes: want %d and 8 for each of at most %d contact points", len(b), head, maxPoints)
	}
	s.key, s.words = binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[4:])
	s.own, s.house = b[6]&flagOwn != 0, b[6]&flagHouse != 0
	s.sender, s.layout, s.links = binary.BigEndian.Uint64(b[7:]), binary.BigEndian.Uint64(b[15:]), binary.BigEndian.Uint64(b[23:])
	for i := range s.text {
		s.text[i] = binary.BigEndian.Uint16(b[31+2*i:])
	}
	for i := range n {
		p := Mark(binary.BigEndian.Uint64(b[head+8*i:]))
		if p.Kind() < Site || p.Kind() > File || i > 0 && p <= s.points[i-1] {
			return Signature{}, fmt.Errorf("fingerprint: contact point %d is of no known kind or out of order", i+1)
		}
		s.points = append(s.points, p)
	}
	return s, nil
}
