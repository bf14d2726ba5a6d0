package hypertext

import "strings"

// parseColor reads a CSS colour as 0xRRGGBB, clearColor when it cannot be seen
// at all, unknownColor when it is none that is known here.
func parseColor(v string) uint32 {
	v = strings.TrimSpace(v)
	if v == "" {
		return unknownColor
	}
	if v[0] == '#' {
		return hexColor(v[1:])
	}
	low := lower(v)
	if strings.HasPrefix(low, "rgb") {
		return rgbColor(low)
	}
	if c, ok := namedColors[low]; ok {
		return c
	}
	if len(low) == 6 || len(low) == 3 {
		return hexColor(low)
	}
	return unknownColor
}

func hexColor(v string) uint32 {
	var c uint32
	n := 0
	for ; n < len(v); n++ {
		d := hexDigit(v[n])
		if d < 0 {
			break
		}
		if n >= 8 {
			return unknownColor
		}
		c = c<<4 | uint32(d)
	}
	switch n {
	case 3:
		return c>>8*0x110000 | c>>4&15*0x1100 | c&15*0x11
	case 4:
		if c&15 == 0 {
			return clearColor
		}
		return hexColor(v[:3])
	case 6:
		return c
	case 8:
		if c&0xFF < 8 {
			return clearColor
		}
		return c >> 8
	}
	return unknownColor
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// rgbColor reads rgb(1,2,3), rgba(1,2,3,0.5) and their forms with blanks.
func rgbColor(v string) uint32 {
	open := strings.IndexByte(v, '(')
	if open < 0 {
		return unknownColor
	}
	v = strings.TrimRight(v[open+1:], ") ")
	parts := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(parts) < 3 || len(parts) > 4 {
		return unknownColor
	}
	var c uint32
	for _, p := range parts[:3] {
		if !startsNumber(p) {
			return unknownColor
		}
		f := leadingNumber(p)
		if strings.HasSuffix(p, "%") {
			f *= 2.55
		}
		c = c<<8 | uint32(min(max(f, 0), 255))
	}
	if len(parts) == 4 && startsNumber(parts[3]) && leadingNumber(parts[3]) < 0.05 {
		return clearColor
	}
	return c
}

// alike reports whether text of the one colour cannot be told from a ground of
// the other.
func alike(text, ground uint32) bool {
	if text == clearColor {
		return true
	}
	if text >= unknownColor || ground >= unknownColor {
		return false
	}
	for shift := 0; shift <= 16; shift += 8 {
		d := int(text>>shift&0xFF) - int(ground>>shift&0xFF)
		if d < -12 || d > 12 {
			return false
		}
	}
	return true
}

// namedColors are the names of CSS that mails use for text and ground.
var namedColors = map[string]uint32{
	"white": 0xFFFFFF, "black": 0, "red": 0xFF0000, "green": 0x008000, "blue": 0x0000FF, "yellow": 0xFFFF00,
	"gray": 0x808080, "grey": 0x808080, "silver": 0xC0C0C0, "maroon": 0x800000, "purple": 0x800080,
	"fuchsia": 0xFF00FF, "lime": 0x00FF00, "olive": 0x808000, "navy": 0x000080, "teal": 0x008080,
	"aqua": 0x00FFFF, "orange": 0xFFA500, "whitesmoke": 0xF5F5F5, "snow": 0xFFFAFA, "ivory": 0xFFFFF0,
	"ghostwhite": 0xF8F8FF, "floralwhite": 0xFFFAF0, "gainsboro": 0xDCDCDC, "lightgray": 0xD3D3D3,
	"lightgrey": 0xD3D3D3, "darkgray": 0xA9A9A9, "dimgray": 0x696969, "darkblue": 0x00008B,
	"azure": 0xF0FFFF, "mintcream": 0xF5FFFA, "transparent": clearColor,
	"windowtext": 0, "window": 0xFFFFFF, "inherit": unknownColor, "initial": unknownColor,
}
