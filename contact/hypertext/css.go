package hypertext

import (
	"strconv"
	"strings"
)

// style is what one declaration block says about seeing an element. The zero
// value says nothing.
type style struct {
	set            uint32
	none           bool // display:none
	gone           bool // out of sight by other means
	visible        bool // visibility
	sizePx, sizeEm float32
	color, back    uint32 // 0xRRGGBB, unknown or clear
	rtl, override  bool
	width, height  float32
	maxW, maxH     float32
	clips          bool // overflow hidden
	picture        bool // the ground is a picture
}

// Bits of style.set.
const (
	setDisplay uint32 = 1 << iota
	setVisible
	setSize
	setColor
	setBack
	setDirection
	setBidi
	setWidth
	setHeight
	setMaxW
	setMaxH
	setClips
	setGone
)

// Colours that are no RGB value.
const (
	unknownColor uint32 = 1 << 24
	clearColor   uint32 = 1 << 25
)

// offScreen is from how many pixels an indent or a position is out of sight.
const offScreen = 500

// tinyPx is the font size up to which text cannot be read.
const tinyPx = 2

// parse reads the declarations of a style attribute or a rule into s.
// Later ones win over earlier ones.
func (s *style) parse(decl string) {
	for n := 0; decl != "" && n < 200; n++ {
		var one string
		one, decl = cutDeclaration(decl)
		name, value, ok := strings.Cut(one, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if bang := strings.IndexByte(value, '!'); bang >= 0 {
			value = strings.TrimSpace(value[:bang])
		}
		if len(value) > 0 && len(value) < 400 {
			s.declare(strings.TrimSpace(name), value)
		}
	}
}

// cutDeclaration cuts at the first semicolon outside of parentheses, so that
// the one in url(data:…;base64,…) stays.
func cutDeclaration(s string) (one, rest string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case ';':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// declare takes one declaration in.
func (s *style) declare(name, value string) {
	switch lower(name) {
	case "display":
		s.set |= setDisplay
		s.none = lowerHas(value, "none")
	case "visibility":
		s.set |= setVisible
		s.visible = !lowerHas(value, "hidden") && !lowerHas(value, "collapse")
	case "mso-hide":
		// Only Outlook hides these; other programs show them.
	case "font-size":
		s.fontSize(value)
	case "font":
		s.font(value)
	case "color", "-webkit-text-fill-color":
		s.set |= setColor
		s.color = parseColor(value)
	case "background-color":
		s.set |= setBack
		s.back = parseColor(value)
	case "background", "background-image":
		s.background(value)
	case "opacity":
		s.hideIf(leadingNumber(value) < 0.05 && startsNumber(value))
	case "text-indent", "margin-left", "left", "top", "right", "margin-top":
		s.offset(lower(name), value)
	case "overflow", "overflow-y", "overflow-x":
		s.set |= setClips
		s.clips = lowerHas(value, "hidden") || lowerHas(value, "clip")
	case "direction":
		s.set |= setDirection
		s.rtl = lowerHas(value, "rtl")
	case "unicode-bidi":
		s.set |= setBidi
		s.override = lowerHas(value, "override")
	case "transform":
		s.hideIf(lowerHas(value, "scale(0)") || lowerHas(value, "scale(0,"))
	case "clip":
		s.hideIf(lowerHas(value, "rect(0 0 0 0") || lowerHas(value, "rect(0,0,0,0") || lowerHas(value, "rect(0, 0, 0, 0"))
	default:
		s.measure(lower(name), value)
	}
}

func (s *style) measure(name, value string) {
	px, _, ok := length(value)
	if !ok {
		return
	}
	switch name {
	case "width":
		s.set |= setWidth
		s.width = px
	case "height":
		s.set |= setHeight
		s.height = px
	case "max-width":
		s.set |= setMaxW
		s.maxW = px
	case "max-height":
		s.set |= setMaxH
		s.maxH = px
	}
}

func (s *style) hideIf(hidden bool) {
	if hidden {
		s.set |= setGone
		s.gone = true
	}
}

// offset judges indents and positions far off the screen.
func (s *style) offset(name, value string) {
	px, _, ok := length(value)
	if !ok {
		return
	}
	far := px <= -offScreen || px >= 3000
	if name == "right" || name == "margin-top" || name == "top" {
		far = px <= -offScreen
	}
	s.hideIf(far)
}

func (s *style) fontSize(value string) {
	px, em, ok := length(value)
	if !ok {
		return
	}
	s.set |= setSize
	s.sizePx, s.sizeEm = px, em
}

// font reads the size out of the shorthand: "bold 12px/1.5 Arial".
func (s *style) font(value string) {
	for n := 0; n < 6 && value != ""; n++ {
		var word string
		word, value, _ = strings.Cut(strings.TrimLeft(value, " "), " ")
		word, _, _ = strings.Cut(word, "/")
		if px, em, ok := length(word); ok && (px != 0 || em != 0 || len(word) > 1) && !weight(word) {
			s.set |= setSize
			s.sizePx, s.sizeEm = px, em
			return
		}
	}
}

// weight reports whether a bare number is a font weight.
func weight(word string) bool { return len(word) == 3 && word[1:] == "00" }

func (s *style) background(value string) {
	s.set |= setBack
	if lowerHas(value, "url(") || lowerHas(value, "gradient") || lowerHas(value, "image") {
		s.back = unknownColor
		s.picture = true
		return
	}
	s.back = parseColor(value)
	if s.back == unknownColor {
		first, _, _ := strings.Cut(value, " ")
		s.back = parseColor(first)
	}
}

// merge lets what over says win over s.
func (s *style) merge(over *style) {
	if over.set&setDisplay != 0 {
		s.none = over.none
	}
	if over.set&setVisible != 0 {
		s.visible = over.visible
	}
	if over.set&setSize != 0 {
		s.sizePx, s.sizeEm = over.sizePx, over.sizeEm
	}
	if over.set&setColor != 0 {
		s.color = over.color
	}
	if over.set&setBack != 0 {
		s.back = over.back
		s.picture = over.picture
	}
	if over.set&setDirection != 0 {
		s.rtl = over.rtl
	}
	if over.set&setBidi != 0 {
		s.override = over.override
	}
	if over.set&setWidth != 0 {
		s.width = over.width
	}
	if over.set&setHeight != 0 {
		s.height = over.height
	}
	if over.set&setMaxW != 0 {
		s.maxW = over.maxW
	}
	if over.set&setMaxH != 0 {
		s.maxH = over.maxH
	}
	if over.set&setClips != 0 {
		s.clips = over.clips
	}
	s.gone = s.gone || over.gone
	s.set |= over.set
}

// squeezed reports whether the box has no room to show anything: a side of
// zero with what overflows cut off.
func (s *style) squeezed() bool {
	zero := s.set&setHeight != 0 && s.height <= 1 || s.set&setMaxH != 0 && s.maxH <= 1 ||
		s.set&setWidth != 0 && s.width <= 1 || s.set&setMaxW != 0 && s.maxW <= 1
	return zero && s.set&setClips != 0 && s.clips
}

// length reads a CSS length as pixels, or as a factor of the inherited size.
func length(v string) (px, em float32, ok bool) {
	v = strings.TrimSpace(v)
	if !startsNumber(v) {
		switch lower(v) {
		case "xx-small", "x-small", "small", "medium", "normal", "auto", "inherit", "initial":
			return 0, 1, lower(v) != "auto"
		case "large", "x-large", "xx-large", "larger", "smaller":
			return 0, 1, true
		}
		return 0, 0, false
	}
	end := numberEnd(v)
	f := leadingNumber(v)
	switch unit := lower(strings.TrimSpace(v[end:])); {
	case strings.HasPrefix(unit, "px"), unit == "":
		return f, 0, true
	case strings.HasPrefix(unit, "pt"):
		return f * 4 / 3, 0, true
	case strings.HasPrefix(unit, "em"), strings.HasPrefix(unit, "rem"):
		return f * 16, f, true
	case strings.HasPrefix(unit, "%"):
		return f * 6, f / 100, true
	case strings.HasPrefix(unit, "in"), strings.HasPrefix(unit, "cm"), strings.HasPrefix(unit, "vw"), strings.HasPrefix(unit, "vh"):
		return f * 40, 0, true
	}
	return f, 0, true
}

func startsNumber(v string) bool {
	return v != "" && (v[0] >= '0' && v[0] <= '9' || len(v) > 1 && (v[0] == '-' || v[0] == '.' || v[0] == '+') && (v[1] >= '0' && v[1] <= '9' || v[1] == '.'))
}

func numberEnd(v string) int {
	i := 0
	for i < len(v) && i < 24 && (v[i] >= '0' && v[i] <= '9' || v[i] == '.' || (v[i] == '-' || v[i] == '+') && i == 0) {
		i++
	}
	return i
}

func leadingNumber(v string) float32 {
	f, err := strconv.ParseFloat(v[:numberEnd(v)], 32)
	if err != nil {
		return 0
	}
	return float32(f)
}
