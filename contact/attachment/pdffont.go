package attachment

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"

	"bonafide/contact/hypertext/charset"
)

// pdfFont turns the codes of a font into letters.
type pdfFont struct {
	wide   bool
	codes  map[uint32]string
	ranges []codeRange // sorted by lo
	label  string
}

// font returns the font of the name in the resources, read once.
func (d *pdfDoc) font(resources map[string]any, which any) *pdfFont {
	n, _ := which.(name)
	entry := d.dict(resources["Font"])[string(n)]
	r, shared := entry.(ref)
	if shared {
		if f, ok := d.fonts[int(r)]; ok {
			return f
		}
	}
	f := d.readFont(d.dict(entry))
	if shared {
		d.fonts[int(r)] = f
	}
	return f
}

func (d *pdfDoc) readFont(m map[string]any) *pdfFont {
	f := &pdfFont{label: "windows-1252", wide: m["Subtype"] == name("Type0")}
	switch enc := d.resolve(m["Encoding"]).(type) {
	case name:
		switch {
		case strings.Contains(string(enc), "RKSJ"):
			f.label, f.wide = "shift_jis", false
		case strings.Contains(string(enc), "UTF16") || strings.Contains(string(enc), "UCS2"):
			f.label = "utf-16be"
		case strings.HasPrefix(string(enc), "EUC") || strings.HasPrefix(string(enc), "GBK"):
			f.label, f.wide = "gb18030", false
		case enc == "MacRomanEncoding":
			f.label = "macintosh"
		case f.wide:
			f.label = "" // glyph numbers, not letters
		}
	case map[string]any:
		if list, ok := d.resolve(enc["Differences"]).([]any); ok {
			f.differences(list)
		}
	}
	if r, ok := m["ToUnicode"].(ref); ok {
		_, cmap := d.stream(int(r))
		f.toUnicode(cmap, maxCodes-d.codes)
		d.codes += len(f.codes) + len(f.ranges)
		slices.SortFunc(f.ranges, func(a, b codeRange) int { return cmp.Compare(a.lo, b.lo) })
	}
	return f
}

// differences takes glyph names for codes (9.6.6.1).
func (f *pdfFont) differences(list []any) {
	code := uint32(0)
	f.codes = make(map[uint32]string)
	for _, v := range list {
		switch v := v.(type) {
		case float64:
			code = uint32(max(0, min(v, 255)))
		case name:
			if s := glyph(string(v)); s != "" {
				f.codes[code] = s
			}
			code++
		}
	}
}

// maxCodes bounds the entries in the maps of all fonts of a file.
const maxCodes = 300_000

// toUnicode reads a map from codes to letters (9.10.3) while there is room.
func (f *pdfFont) toUnicode(cmap []byte, room int) {
	if f.codes == nil {
		f.codes = make(map[uint32]string)
	}
	p := parser{b: cmap}
	var args []any
	for p.i < len(p.b) && len(f.codes) < min(1<<16, room) {
		v := p.value(0)
		op, ok := v.(keyword)
		if !ok {
			if len(args) < 1024 {
				args = append(args, v)
			}
			continue
		}
		switch op {
		case "endcodespacerange":
			if len(args) > 0 {
				if s, ok := args[0].(string); ok {
					f.wide = len(s) == 2
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				f.mapRange(args[i], args[i], args[i+1])
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				f.mapRange(args[i], args[i+1], args[i+2])
			}
		}
		args = args[:0]
	}
}

func (f *pdfFont) mapRange(lo, hi, to any) {
	a, ok1 := lo.(string)
	b, ok2 := hi.(string)
	if !ok1 || !ok2 {
		return
	}
	from, end := codeOf(a), codeOf(b)
	if end-from > 0xFFFF || end < from {
		return
	}
	switch to := to.(type) {
	case string:
		letters := []rune(fromUTF16(to))
		switch {
		case len(letters) == 0 || len(letters) > 16:
		case from == end:
			f.codes[from] = string(letters)
		case len(f.ranges) < maxRanges:
			f.ranges = append(f.ranges, codeRange{from, end, letters})
		}
	case []any:
		for i := range to {
			if s, ok := to[i].(string); ok && from+uint32(i) <= end && len(f.codes) < 1<<16 {
				f.codes[from+uint32(i)] = fromUTF16(s)
			}
		}
	}
}

// codeRange maps the codes from lo to hi to letters that go up with them.
type codeRange struct {
	lo, hi  uint32
	letters []rune
}

const maxRanges = 20_000

// letter returns the text of one code.
func (f *pdfFont) letter(code uint32) (string, bool) {
	if t, ok := f.codes[code]; ok {
		return t, true
	}
	i, ok := slices.BinarySearchFunc(f.ranges, code, func(r codeRange, c uint32) int {
		switch {
		case r.hi < c:
			return -1
		case r.lo > c:
			return 1
		}
		return 0
	})
	if !ok {
		return "", false
	}
	r := f.ranges[i]
	out := slices.Clone(r.letters)
	out[len(out)-1] += rune(code - r.lo)
	return string(out), true
}

func codeOf(s string) uint32 {
	var v uint32
	for i := 0; i < len(s) && i < 4; i++ {
		v = v<<8 | uint32(s[i])
	}
	return v
}

func fromUTF16(s string) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s) && i < 64; i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}

// decode turns a shown string into text.
func (f *pdfFont) decode(s string) string {
	if f == nil {
		text, _ := charset.Decode([]byte(s), "windows-1252")
		return text
	}
	if len(f.codes)+len(f.ranges) == 0 {
		if f.label == "" {
			return ""
		}
		text, _ := charset.Decode([]byte(s), f.label)
		return text
	}
	var out strings.Builder
	step := 1
	if f.wide {
		step = 2
	}
	for i := 0; i+step <= len(s); i += step {
		code := codeOf(s[i : i+step])
		if t, ok := f.letter(code); ok {
			out.WriteString(t)
		} else if step == 1 && f.label != "" {
			t, _ := charset.Decode([]byte(s[i:i+1]), f.label)
			out.WriteString(t)
		}
	}
	return out.String()
}
