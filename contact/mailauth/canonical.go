package mailauth

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"strings"
)

// canon is a canonicalisation algorithm (RFC 6376, 3.4).
type canon string

const (
	simple  canon = "simple"
	relaxed canon = "relaxed"
)

// parseCanon reads c=; what is left out is simple (RFC 6376, 3.5).
func parseCanon(s string) (header, body canon, ok bool) {
	h, b, _ := strings.Cut(s, "/")
	header, body = canon(h), canon(b)
	if header == "" {
		header = simple
	}
	if body == "" {
		body = simple
	}
	known := func(c canon) bool { return c == simple || c == relaxed }
	return header, body, known(header) && known(body)
}

// appendField appends a field in canonical form with its last CRLF
// (RFC 6376, 3.4.1 and 3.4.2).
func appendField(dst []byte, raw string, c canon) []byte {
	if c == simple {
		return append(dst, raw...)
	}
	name, value, _ := strings.Cut(raw, ":")
	dst = append(dst, strings.ToLower(strings.Trim(name, " \t\r\n"))...)
	dst = append(dst, ':')
	dst = appendRelaxed(dst, value)
	return append(dst, '\r', '\n')
}

// appendRelaxed appends a value unfolded, with each run of white space as one
// space and none at either end.
func appendRelaxed(dst []byte, value string) []byte {
	start, gap := len(dst), false
	for i := 0; i < len(value); i++ {
		switch b := value[i]; {
		case b == ' ' || b == '\t' || b == '\n' || (b == '\r' && i+1 < len(value) && value[i+1] == '\n'):
			gap = true
		default:
			if gap && len(dst) > start {
				dst = append(dst, ' ')
			}
			gap = false
			dst = append(dst, b)
		}
	}
	return dst
}

// bodyKey tells body hashes apart. limit is the value of l=, -1 without one.
type bodyKey struct {
	c     canon
	limit int64
}

// bodyHash is the SHA-256 of a canonical body, and how many bytes that body has
// in all, of which no more than the limit were hashed.
type bodyHash struct {
	sum  [sha256.Size]byte
	size int64
}

// bodyHash returns the hash of the body, computed once for each key.
func (m *message) bodyHash(c canon, limit int64) bodyHash {
	key := bodyKey{c, limit}
	if h, ok := m.hashes[key]; ok {
		return h
	}
	w := &limitedHash{h: sha256.New(), left: limit}
	if c == relaxed {
		hashRelaxed(w, m.body())
	} else {
		hashSimple(w, m.body())
	}
	got := bodyHash{size: w.size}
	w.h.Sum(got.sum[:0])
	m.hashes[key] = got
	return got
}

// limitedHash hashes the first bytes of what is written and counts all of it.
// left < 0 means no limit.
type limitedHash struct {
	h    hash.Hash
	left int64
	size int64
}

func (w *limitedHash) write(b []byte) {
	w.size += int64(len(b))
	if w.left >= 0 {
		b = b[:min(int64(len(b)), w.left)]
		w.left -= int64(len(b))
	}
	w.h.Write(b)
}

var crlf = []byte("\r\n")

// hashSimple drops empty lines at the end; an empty body is one CRLF
// (RFC 6376, 3.4.3).
func hashSimple(w *limitedHash, body []byte) {
	for bytes.HasSuffix(body, crlf) {
		body = body[:len(body)-2]
	}
	w.write(body)
	w.write(crlf)
}

// hashRelaxed also shortens white space within lines and drops it at their
// ends; an empty body is empty (RFC 6376, 3.4.4).
func hashRelaxed(w *limitedHash, body []byte) {
	const chunk = 8 << 10
	out := make([]byte, 0, chunk+1024)
	empty := 0 // lines that only count when a line with text follows
	for len(body) > 0 {
		line := body
		if i := bytes.Index(body, crlf); i >= 0 {
			line, body = body[:i], body[i+2:]
		} else {
			body = nil
		}
		if isBlank(line) {
			empty++
			continue
		}
		for ; empty > 0; empty-- {
			out = flush(w, append(out, '\r', '\n'), chunk)
		}
		for len(line) > 0 { // long lines go out in pieces
			piece := line[:min(len(line), chunk)]
			if len(piece) < len(line) {
				piece = line[:pieceEnd(line, chunk)]
			}
			line = line[len(piece):]
			out = flush(w, appendLine(out, piece, len(line) == 0), chunk)
		}
		out = append(out, '\r', '\n')
	}
	w.write(out)
}

// pieceEnd returns where a line can be cut near n so that no run of white
// space is torn: before a byte that is not white space.
func pieceEnd(line []byte, n int) int {
	for n < len(line) && (isSpace(line[n]) || isSpace(line[n-1])) {
		n++
	}
	return n
}

// appendLine appends a piece of a line with runs of white space as one space,
// and without white space at its end when it is the last piece.
func appendLine(out, piece []byte, last bool) []byte {
	start := 0 // of what is not yet copied
	for i := 0; i < len(piece); i++ {
		b := piece[i]
		if b > ' ' || (b != ' ' && b != '\t') {
			continue
		}
		if b == ' ' && i+1 < len(piece) && !isSpace(piece[i+1]) {
			continue // one blank between words stays as it is
		}
		out = append(out, piece[start:i]...)
		for i+1 < len(piece) && isSpace(piece[i+1]) {
			i++
		}
		start = i + 1
		if start < len(piece) || !last {
			out = append(out, ' ')
		}
	}
	return append(out, piece[start:]...)
}

// flush hands a full buffer to the hash and returns what is left to fill.
func flush(w *limitedHash, out []byte, chunk int) []byte {
	if len(out) < chunk {
		return out
	}
	w.write(out)
	return out[:0]
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' }

func isBlank(line []byte) bool {
	for _, b := range line {
		if !isSpace(b) {
			return false
		}
	}
	return true
}
