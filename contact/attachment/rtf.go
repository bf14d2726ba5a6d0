package attachment

import (
	"strconv"
	"strings"

	"bonafide/contact"
	"bonafide/contact/hypertext/charset"
)

// rtf reads text, links and embedded objects of a Rich Text file (RTF
// Specification 1.9.1). It is a walk over its tokens with a bounded stack.
func (in *inspection) rtf() {
	b := in.data[:min(len(in.data), 4<<20)]
	r := rtfReader{cp: "windows-1252"}
	r.walk(b)
	if r.object {
		in.trait("object")
	}
	text := r.out.String()
	in.text(contact.Said, in.opt.Part, strings.TrimSpace(text))
	for _, l := range r.links {
		in.link(contact.Link{Raw: l})
	}
}

// rtfReader holds what the walk has gathered.
type rtfReader struct {
	out    strings.Builder
	raw    []byte // bytes in the code page, not yet decoded
	cp     string
	links  []string
	object bool
	depth  int
	skip   int // depth of the group that is not shown, 0 for none
	inst   int // depth of the field instruction, 0 for none
	field  []byte
	uc     int // how many fallback characters follow \u
}

func (r *rtfReader) walk(b []byte) {
	r.uc = 1
	for i := 0; i < len(b) && r.out.Len() < 1<<20; {
		switch c := b[i]; c {
		case '{':
			r.depth++
			i++
		case '}':
			r.close()
			i++
		case '\\':
			i += r.control(b[i:])
		case '\r', '\n':
			i++
		default:
			r.char(c)
			i++
		}
	}
	r.flush()
}

func (r *rtfReader) close() {
	if r.skip == r.depth {
		r.skip = 0
	}
	if r.inst > 0 && r.inst == r.depth {
		r.inst = 0
		f := string(r.field)
		r.field = r.field[:0]
		if _, rest, ok := strings.Cut(f, "HYPERLINK"); ok && len(r.links) < maxLinks {
			if target := strings.Trim(strings.TrimSpace(rest), `"`); target != "" {
				target, _, _ = strings.Cut(target, `"`)
				r.links = append(r.links, target)
			}
		}
	}
	r.depth--
}

func (r *rtfReader) char(c byte) {
	switch {
	case r.inst > 0:
		if len(r.field) < 4096 {
			r.field = append(r.field, c)
		}
	case r.skip == 0:
		r.raw = append(r.raw, c)
	}
}

func (r *rtfReader) flush() {
	if len(r.raw) == 0 {
		return
	}
	s, _ := charset.Decode(r.raw, r.cp)
	r.out.WriteString(s)
	r.raw = r.raw[:0]
}

// control handles one control word or symbol and returns its length.
func (r *rtfReader) control(b []byte) int {
	if len(b) < 2 {
		return 1
	}
	if b[1] == '\'' {
		if len(b) >= 4 {
			if v, err := strconv.ParseUint(string(b[2:4]), 16, 8); err == nil {
				r.char(byte(v))
			}
		}
		return min(4, len(b))
	}
	n := 1
	for n < len(b) && n < 33 && b[n] >= 'a' && b[n] <= 'z' {
		n++
	}
	if n == 1 {
		r.symbol(b[1])
		return 2
	}
	word := string(b[1:n])
	from := n
	for n < len(b) && n < from+11 && (b[n] >= '0' && b[n] <= '9' || b[n] == '-' && n == from) {
		n++
	}
	num, _ := strconv.Atoi(string(b[from:n]))
	if n < len(b) && b[n] == ' ' {
		n++
	}
	return n + r.word(word, num, b[n:])
}

func (r *rtfReader) symbol(c byte) {
	switch c {
	case '*':
		if r.skip == 0 {
			r.skip = r.depth
		}
	case '~':
		r.char(' ')
	case '\\', '{', '}':
		r.char(c)
	case '\n', '\r':
		r.char('\n')
	}
}

// word acts on a control word and returns how many bytes after it are used up.
func (r *rtfReader) word(word string, num int, rest []byte) int {
	switch word {
	case "par", "line", "row", "sect", "page":
		r.char('\n')
	case "tab", "cell":
		r.char(' ')
	case "ansicpg":
		r.flush()
		r.cp = "cp" + strconv.Itoa(num)
	case "u":
		r.unicode(num)
		if len(rest) > 3 && rest[0] == '\\' && rest[1] == '\'' && r.uc > 0 {
			return 4
		}
		if len(rest) > 0 && r.uc > 0 && rest[0] != '\\' && rest[0] != '{' && rest[0] != '}' {
			return 1
		}
	case "uc":
		r.uc = num
	case "object", "objdata", "objupdate":
		r.object = true
		if word == "objdata" && r.skip == 0 {
			r.skip = r.depth
		}
	case "fldinst":
		r.inst = r.depth
		if r.skip == r.depth {
			r.skip = 0
		}
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "themedata", "datastore", "listtable", "generator":
		if r.skip == 0 {
			r.skip = r.depth
		}
	}
	return 0
}

func (r *rtfReader) unicode(num int) {
	if num < 0 {
		num += 65536
	}
	if r.inst == 0 && r.skip == 0 && num > 0 && num < 65536 {
		r.flush()
		r.out.WriteRune(rune(num))
	}
}
