package attachment

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"
)

// picture hands on an image of a page: JPEG as it is, unpacked pixels as a
// gray BMP, which is enough to look for QR codes.
func (d *pdfDoc) picture(n int) {
	if len(d.in.extra.Images) >= maxImages {
		return
	}
	dict := d.dict(ref(n))
	w, h := number(d.resolve(dict["Width"])), number(d.resolve(dict["Height"]))
	if w < 40 || h < 40 || w > 8000 || h > 8000 {
		return
	}
	_, data := d.stream(n)
	if sniff(data, "") == typeJPEG {
		d.in.image(data)
		return
	}
	bits := number(d.resolve(dict["BitsPerComponent"]))
	if dict["ImageMask"] != nil {
		bits = 1
	}
	parts, dark := d.colors(dict)
	if gray := pixels(pixelData{data, w, h, bits, parts, dark, d.predicted(dict)}); gray != nil {
		d.in.image(grayBMP(gray, w, h))
	}
}

// predicted reports whether each row begins with a PNG filter byte (7.4.4.4).
func (d *pdfDoc) predicted(dict map[string]any) bool {
	parms := d.resolve(dict["DecodeParms"])
	if list, ok := parms.([]any); ok && len(list) > 0 {
		parms = d.resolve(list[len(list)-1])
	}
	m, _ := parms.(map[string]any)
	return number(d.resolve(m["Predictor"])) >= 10
}

// colors returns the number of components and, for one-bit and indexed
// pictures, whether 0 is dark.
func (d *pdfDoc) colors(dict map[string]any) (parts int, zeroDark bool) {
	space := d.resolve(dict["ColorSpace"])
	switch s := space.(type) {
	case name:
		if s == "DeviceRGB" || s == "CalRGB" {
			return 3, true
		}
		if s == "DeviceCMYK" {
			return 4, false
		}
	case []any:
		if len(s) >= 2 && s[0] == name("ICCBased") {
			if n := number(d.resolve(d.dict(s[1])["N"])); n == 3 || n == 4 {
				return n, n == 3
			}
		}
		if len(s) >= 4 && s[0] == name("Indexed") {
			table, _ := d.resolve(s[3]).(string)
			return 1, table == "" || table[0] < 128
		}
		if len(s) > 0 && s[0] == name("CalRGB") {
			return 3, true
		}
	}
	return 1, true
}

// pixelData is an unpacked picture.
type pixelData struct {
	b              []byte
	w, h           int
	bits, parts    int
	zeroDark, rows bool // rows: each begins with a filter byte
}

// pixels returns one byte of brightness for each pixel, nil when the data do
// not fit.
func pixels(p pixelData) []byte {
	if p.bits != 1 && p.bits != 8 || p.parts < 1 || p.parts > 4 {
		return nil
	}
	stride := (p.w*p.parts*p.bits + 7) / 8
	line := stride
	if p.rows {
		line++
	}
	if len(p.b) < line*p.h {
		return nil
	}
	out := make([]byte, p.w*p.h)
	prev := make([]byte, stride)
	step := max(1, p.parts*p.bits/8)
	for y := range p.h {
		row := p.b[y*line : (y+1)*line]
		if p.rows {
			cur := append([]byte(nil), row[1:]...)
			unfilterRow(row[0], cur, prev, step)
			row, prev = cur, cur
		}
		for x := range p.w {
			out[y*p.w+x] = p.shade(row, x)
		}
	}
	return out
}

func (p *pixelData) shade(row []byte, x int) byte {
	v := 0
	if p.bits == 1 {
		if row[x*p.parts/8]>>(7-x*p.parts%8)&1 == 1 {
			v = 255
		}
	} else {
		for c := range min(p.parts, 3) {
			v += int(row[x*p.parts+c])
		}
		v /= min(p.parts, 3)
	}
	if !p.zeroDark {
		v = 255 - v
	}
	return byte(v)
}

// unfilterRow undoes a filter of PNG (ISO/IEC 15948, 9).
func unfilterRow(filter byte, cur, prev []byte, step int) {
	for i := range cur {
		var left, corner int
		if i >= step {
			left, corner = int(cur[i-step]), int(prev[i-step])
		}
		up := int(prev[i])
		switch filter {
		case 1:
			cur[i] += byte(left)
		case 2:
			cur[i] += byte(up)
		case 3:
			cur[i] += byte((left + up) / 2)
		case 4:
			cur[i] += byte(paeth(left, up, corner))
		}
	}
}

func paeth(a, b, c int) int {
	pa, pb, pc := distance(b, c), distance(a, c), distance(a+b, 2*c)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func distance(a, b int) int { return max(a-b, b-a) }

// grayBMP wraps brightness into a BMP file with a gray palette.
func grayBMP(gray []byte, w, h int) []byte {
	const head = 14 + 40 + 1024
	stride := (w + 3) &^ 3
	out := make([]byte, head+stride*h)
	copy(out, "BM")
	le := binary.LittleEndian
	le.PutUint32(out[2:], uint32(len(out)))
	le.PutUint32(out[10:], head)
	le.PutUint32(out[14:], 40)
	le.PutUint32(out[18:], uint32(w))
	le.PutUint32(out[22:], uint32(h))
	le.PutUint16(out[26:], 1)
	le.PutUint16(out[28:], 8)
	le.PutUint32(out[46:], 256)
	for i := range 256 {
		copy(out[54+4*i:], []byte{byte(i), byte(i), byte(i), 0})
	}
	for y := range h {
		copy(out[head+(h-1-y)*stride:], gray[y*w:(y+1)*w])
	}
	return out
}

// glyph returns the letter of a glyph name of the Adobe Glyph List, as far as
// names that are not a single letter occur in ordinary text.
func glyph(n string) string {
	if len(n) == 1 {
		return n
	}
	if s, ok := glyphs[n]; ok {
		return s
	}
	if hex, ok := strings.CutPrefix(n, "uni"); ok && len(hex) == 4 {
		if v, err := strconv.ParseUint(hex, 16, 32); err == nil && utf8.ValidRune(rune(v)) {
			return string(rune(v))
		}
	}
	return ""
}

var glyphs = map[string]string{
	"space": " ", "nbspace": " ", "period": ".", "comma": ",", "hyphen": "-", "minus": "-", "colon": ":", "semicolon": ";", "slash": "/", "at": "@",
	"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
	"parenleft": "(", "parenright": ")", "bracketleft": "[", "bracketright": "]", "plus": "+", "equal": "=", "ampersand": "&", "percent": "%",
	"dollar": "$", "Euro": "€", "sterling": "£", "yen": "¥", "numbersign": "#", "asterisk": "*", "question": "?", "exclam": "!", "underscore": "_",
	"quotesingle": "'", "quoteright": "’", "quoteleft": "‘", "quotedbl": "\"", "quotedblleft": "“", "quotedblright": "”", "endash": "–", "emdash": "—", "bullet": "•",
	"adieresis": "ä", "odieresis": "ö", "udieresis": "ü", "Adieresis": "Ä", "Odieresis": "Ö", "Udieresis": "Ü", "germandbls": "ß",
	"eacute": "é", "egrave": "è", "agrave": "à", "ccedilla": "ç", "ntilde": "ñ", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "less": "<", "greater": ">", "bar": "|", "degree": "°", "section": "§",
}
