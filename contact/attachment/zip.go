package attachment

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"path"
	"strings"

	"bonafide/contact"
	"bonafide/contact/hypertext/charset"
)

// Bounds for archives.
const (
	maxEntries = 2000
	maxRatio   = 100       // unpacked to packed, beyond which an archive is a bomb …
	bombBytes  = 256 << 20 // … when it also unpacks to more than this
	maxInner   = 1 << 20   // a file within an archive that is looked at
	maxLooked  = 8         // files within an archive that are looked at
)

// entry is one file in a zip archive.
type entry struct {
	name          string
	flags, method uint16
	packed, size  uint64
	offset        uint64
	hasOffset     bool
}

// zip lists a zip archive and tells documents and programs in zip form apart.
func (in *inspection) zip() {
	entries, total, cut := zipEntries(in.data)
	if cut {
		in.problem("truncated", "archive has more files than are listed, or is damaged")
	}
	var packed, size uint64
	encrypted := false
	for i := range entries {
		packed += entries[i].packed
		size += min(entries[i].size, 1<<50)
		encrypted = encrypted || entries[i].flags&1 != 0
	}
	if encrypted {
		in.trait("encrypted")
	}
	if size > bombBytes && size/maxRatio > uint64(len(in.data)) || total > 100_000 {
		in.trait("bomb")
		in.problem("truncated", "archive unpacks to far more than it holds and is only listed")
		in.budget = 0
	}
	if in.document(entries) {
		return
	}
	for i := range entries {
		if name := entries[i].name; !strings.HasSuffix(name, "/") {
			in.inner(name)
		}
	}
	in.lookInside(entries)
}

// zipEntries reads the central directory, or the local headers where there is
// none (APPNOTE.TXT 4.3). It stops at maxEntries.
func zipEntries(data []byte) (entries []entry, total int, cut bool) {
	tail := data[max(0, len(data)-66_000):]
	if at := bytes.LastIndex(tail, []byte("PK\x05\x06")); at >= 0 && len(tail) >= at+22 {
		total = int(binary.LittleEndian.Uint16(tail[at+10:]))
		size := int(binary.LittleEndian.Uint32(tail[at+12:]))
		start := int(binary.LittleEndian.Uint32(tail[at+16:]))
		end := len(data) - len(tail) + at
		if start+size > end || start < 0 || start+4 > len(data) || string(data[start:start+4]) != "PK\x01\x02" {
			start = max(0, end-size)
		}
		entries = centralDirectory(data[min(start, len(data)):])
	}
	if len(entries) == 0 {
		entries = localHeaders(data)
		return entries, len(entries), len(entries) >= maxEntries || total > 0
	}
	return entries, max(total, len(entries)), total > len(entries)
}

func centralDirectory(b []byte) []entry {
	var out []entry
	for len(out) < maxEntries && len(b) >= 46 && string(b[:4]) == "PK\x01\x02" {
		n, extra, comment := int(binary.LittleEndian.Uint16(b[28:])), int(binary.LittleEndian.Uint16(b[30:])), int(binary.LittleEndian.Uint16(b[32:]))
		if 46+n > len(b) {
			break
		}
		e := entry{
			flags: binary.LittleEndian.Uint16(b[8:]), method: binary.LittleEndian.Uint16(b[10:]),
			packed: uint64(binary.LittleEndian.Uint32(b[20:])), size: uint64(binary.LittleEndian.Uint32(b[24:])),
			offset: uint64(binary.LittleEndian.Uint32(b[42:])), hasOffset: true,
		}
		e.name = zipName(b[46:46+n], e.flags)
		e.zip64(b[46+n : min(46+n+extra, len(b))])
		out = append(out, e)
		b = b[min(46+n+extra+comment, len(b)):]
	}
	return out
}

// zip64 takes sizes from the extra field where the usual ones are full
// (APPNOTE.TXT 4.5.3).
func (e *entry) zip64(extra []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		if id == 1 {
			f := extra[:n]
			if e.size == 0xFFFFFFFF && len(f) >= 8 {
				e.size, f = binary.LittleEndian.Uint64(f), f[8:]
			}
			if e.packed == 0xFFFFFFFF && len(f) >= 8 {
				e.packed = binary.LittleEndian.Uint64(f)
			}
			return
		}
		extra = extra[n:]
	}
}

// localHeaders finds the files of an archive whose directory is missing.
func localHeaders(data []byte) []entry {
	var out []entry
	for at := 0; len(out) < maxEntries; {
		next := bytes.Index(data[at:], []byte("PK\x03\x04"))
		if next < 0 || at+next+30 > len(data) {
			break
		}
		at += next
		b := data[at:]
		n := int(binary.LittleEndian.Uint16(b[26:]))
		if 30+n > len(b) {
			break
		}
		e := entry{
			flags: binary.LittleEndian.Uint16(b[6:]), method: binary.LittleEndian.Uint16(b[8:]),
			packed: uint64(binary.LittleEndian.Uint32(b[18:])), size: uint64(binary.LittleEndian.Uint32(b[22:])),
			offset: uint64(at), hasOffset: true,
		}
		e.name = zipName(b[30:30+n], e.flags)
		out = append(out, e)
		at += 30 + n
	}
	return out
}

// zipName decodes a name: UTF-8 by bit 11, else what it looks like.
func zipName(b []byte, flags uint16) string {
	if flags&0x800 != 0 {
		return strings.ToValidUTF8(string(b), "?")
	}
	s, _ := charset.Decode(b, "")
	return s
}

// unpack returns at most limit bytes of a file in the archive, within the
// budget of the whole.
func (in *inspection) unpack(e *entry, limit int) []byte {
	limit = min(limit, in.budget)
	if limit <= 0 || e.flags&1 != 0 || !e.hasOffset || e.offset+30 > uint64(len(in.data)) {
		return nil
	}
	b := in.data[e.offset:]
	if string(b[:4]) != "PK\x03\x04" {
		return nil
	}
	skip := 30 + int(binary.LittleEndian.Uint16(b[26:])) + int(binary.LittleEndian.Uint16(b[28:]))
	if skip > len(b) {
		return nil
	}
	b = b[skip:]
	if e.packed > 0 && e.packed < uint64(len(b)) {
		b = b[:e.packed]
	}
	switch e.method {
	case 0:
		b = b[:min(len(b), limit)]
	case 8:
		b = inflate(flate.NewReader(bytes.NewReader(b)), limit)
	default:
		return nil
	}
	in.budget -= len(b)
	return b
}

// inflate reads at most limit bytes; what comes before damage counts.
func inflate(r io.Reader, limit int) []byte {
	out := make([]byte, 0, min(limit, 32<<10))
	for len(out) < limit {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		n, err := r.Read(out[len(out):min(cap(out), limit)])
		out = out[:len(out)+n]
		if err != nil {
			break
		}
	}
	return out
}

// lookInside opens small pages, mails and shortcuts of an archive.
func (in *inspection) lookInside(entries []entry) {
	if in.opt.depth >= 1 {
		return
	}
	looked := 0
	for i := range entries {
		e := &entries[i]
		switch ending(cleanName(e.name)) {
		case "html", "htm", "shtml", "xhtml", "svg", "eml", "url", "mht":
		default:
			continue
		}
		if looked++; looked > maxLooked {
			return
		}
		b := in.unpack(e, maxInner)
		if len(b) == 0 {
			continue
		}
		opt := in.opt
		opt.depth++
		opt.Charset = ""
		opt.Part = in.opt.Part + "/" + path.Base(e.name)
		a, extra := Inspect(e.name, "", b, opt)
		in.adopt(&a, &extra)
	}
}

// adopt takes over what a file within the archive holds.
func (in *inspection) adopt(a *contact.Attachment, x *Extra) {
	for _, t := range a.Traits {
		in.trait(t)
	}
	for _, l := range x.Links {
		in.link(l)
	}
	in.extra.Texts = append(in.extra.Texts, x.Texts...)
	for _, m := range x.Mails {
		in.mail(m)
	}
	for _, img := range x.Images {
		in.image(img)
	}
}
