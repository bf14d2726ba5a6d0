package image

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unwrap joins the lines of a paragraph that the screen or paper wrapped, so
// that a sentence is one again. A line that ends well before the longest one
// was ended by its writer.
func unwrap(lines []string) string {
	longest := 0
	for _, l := range lines {
		longest = max(longest, width(l))
	}
	var b []byte
	last := "" // the line that was written last
	for _, l := range lines {
		switch {
		case l == "":
			if len(b) > 0 && last != "" {
				b = append(b, '\n')
			}
		case last == "":
			b = append(b, l...)
		case width(last)*10 < longest*6:
			b = append(append(b, '\n'), l...)
		default:
			b = join(b, last, l)
		}
		last = l
	}
	return strings.TrimSpace(string(b))
}

// width counts Japanese characters twice, as they are set.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

// join appends a wrapped line. A hyphen at the end goes when it parts a word,
// and stays in addresses and before capital letters.
func join(b []byte, last, next string) []byte {
	end, _ := utf8.DecodeLastRuneInString(last)
	start, _ := utf8.DecodeRuneInString(next)
	tail := lastWord(last)
	switch {
	case isAddress(tail) && (strings.ContainsRune("-/=&?_", end) || isAddressTail(next)):
	case wide(end) && wide(start):
	case end == '-' && unicode.IsLower(start) && startsLower(tail):
		b = b[:len(b)-1]
	default:
		b = append(b, ' ')
	}
	return append(b, next...)
}

func lastWord(s string) string {
	if i := strings.LastIndexAny(s, " <(\u3000"); i >= 0 {
		return s[i+1:]
	}
	return s
}

// startsLower tells "Bestel-" from "E-": a parted word has a letter more.
func startsLower(word string) bool {
	return utf8.RuneCountInString(strings.TrimRight(word, "-")) >= 2
}

func isAddress(w string) bool {
	return strings.Contains(w, "://") || strings.Contains(w, "@") || strings.HasPrefix(strings.ToLower(w), "www.")
}

// isAddressTail reports a line that begins like the rest of an address: a path,
// or a word with a slash or dot inside and nothing else of a sentence.
func isAddressTail(line string) bool {
	first, _, _ := strings.Cut(line, " ")
	return strings.HasPrefix(first, "/") || strings.Contains(strings.TrimRight(first, "."), "/") && !strings.Contains(first, "://")
}
