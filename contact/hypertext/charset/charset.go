// Package charset turns the bytes of a mail or a web page into UTF-8 text as
// forgivingly as a mail program does: labels that nobody registered, labels
// that are wrong, and no label at all.
//
// It is not for finding the label (contact/mail and contact/hypertext read
// headers and meta elements) and not for undoing tricks with letters, which is
// the matter of contact/text.
//
//	text, ok := charset.Decode([]byte("Gr\xfc\xdfe"), "iso-8859-1")
//	// "Grüße", true
package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Decode returns b as valid UTF-8 text, read in the charset of the label. It
// never fails: ok is false when the label is unknown or the bytes plainly do
// not fit it; the text then is UTF-8 where the bytes are that, else a guess,
// in the end windows-1252. Its time is linear in len(b).
func Decode(b []byte, label string) (text string, ok bool) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	name := Canonical(label)
	switch name {
	case "", "us-ascii", "utf-8":
		return decodeUTF8(b, name)
	case "utf-7":
		return decodeUTF7(b), true
	case "iso-2022-kr":
		return run(korean.EUCKR, shiftHigh(b)), true
	case "hz-gb-2312":
		return run(simplifiedchinese.HZGB2312, b), true
	}
	enc := lookup(name)
	if enc == nil {
		return guessed(b), ascii(b)
	}
	if stateless(name) {
		if ascii(b) {
			return string(b), true
		}
		// A label of the single-byte era over bytes that are valid UTF-8 with
		// several non-ASCII letters is a wrong label: chance makes such bytes
		// hardly ever.
		if utf8.Valid(b) {
			return string(b), false
		}
	}
	text = run(enc, b)
	if n := strings.Count(text, "\uFFFD"); n > 8 && n*4 > utf8.RuneCountInString(text) {
		return guessed(b), false
	}
	return text, true
}

// Canonical returns the label in lower case without quotes, blanks and the
// usual misspellings, as the name under which Decode knows it. The empty
// string means that the label says nothing.
func Canonical(label string) string {
	s := strings.ToLower(strings.Trim(label, " \t\r\n\"'<>;,="))
	if cut := strings.IndexAny(s, " \t;,\"'*"); cut >= 0 {
		s = s[:cut]
	}
	s = strings.TrimPrefix(s, "charset=")
	if to, ok := misspelt[s]; ok {
		return to
	}
	if strings.HasPrefix(s, "iso8859") {
		s = "iso-8859" + s[len("iso8859"):]
	}
	if n := strings.TrimLeft(s, "windocpbr-_x"); len(n) == 4 && strings.HasPrefix(n, "125") {
		return "windows-" + n
	}
	return strings.TrimSuffix(s, "-windows")
}

// misspelt maps labels seen in the wild to the name that was meant.
var misspelt = map[string]string{
	"utf8": "utf-8", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "utf_8": "utf-8",
	"unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8", "utf": "utf-8", "utf-": "utf-8", "cp65001": "utf-8",
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "us": "us-ascii", "usascii": "us-ascii",
	"us_ascii": "us-ascii", "7bit": "us-ascii", "646": "us-ascii", "iso-ir-6": "us-ascii",
	"8bit": "", "default": "", "default_charset": "", "none": "", "unknown": "", "unknown-8bit": "",
	"x-unknown": "", "binary": "", "text": "", "user-defined": "", "x-user-defined": "", "_charset": "", "%charset": "",
	"utf7": "utf-7", "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "csunicode11utf7": "utf-7",
	"ansi": "windows-1252", "latin1": "windows-1252", "latin-1": "windows-1252", "iso-latin-1": "windows-1252",
	"iso-8859": "windows-1252", "iso_8859_1": "windows-1252", "8859-1": "windows-1252",
	"iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "win": "windows-1252", "x-ansi": "windows-1252",
	"iso-8859-8-i": "iso-8859-8-i", "cp932": "shift_jis", "ms932": "shift_jis", "windows-31j": "shift_jis",
	"shift-jis": "shift_jis", "shiftjis": "shift_jis", "x-sjis": "shift_jis", "sjis": "shift_jis",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp",
	"iso2022jp": "iso-2022-jp", "jis": "iso-2022-jp", "csiso2022jp": "iso-2022-jp",
	"eucjp": "euc-jp", "ujis": "euc-jp", "cp51932": "euc-jp",
	"gb2312": "gb18030", "gb-2312": "gb18030", "gb_2312": "gb18030", "cp936": "gb18030", "euc-cn": "gb18030", "gbk": "gb18030",
	"gb_2312-80": "gb18030", "chinesebig5": "big5", "cp950": "big5", "big5-hkscs": "big5",
	"cp949": "euc-kr", "euckr": "euc-kr", "uhc": "euc-kr", "ks_c_5601": "euc-kr", "ks_c_5601-1987": "euc-kr", "ksc5601": "euc-kr",
	"iso2022kr": "iso-2022-kr", "csiso2022kr": "iso-2022-kr", "hz": "hz-gb-2312",
	"koi8r": "koi8-r", "koi8": "koi8-r", "koi8u": "koi8-u", "tis620": "windows-874", "cp874": "windows-874",
	"utf16": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "unicode": "utf-16",
}

// stateless reports whether ASCII bytes stand for themselves in the charset.
func stateless(name string) bool {
	return !strings.HasPrefix(name, "utf-16") && !strings.HasPrefix(name, "iso-2022")
}

// lookup returns the encoding of a canonical name, or nil.
func lookup(name string) encoding.Encoding {
	if name == "" || len(name) > 64 {
		return nil
	}
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	if enc, err := ianaindex.IANA.Encoding(name); err == nil && enc != nil {
		return enc
	}
	return nil
}

// Known reports whether Decode has a table for the label.
func Known(label string) bool {
	switch name := Canonical(label); name {
	case "us-ascii", "utf-8", "utf-7", "iso-2022-kr", "hz-gb-2312":
		return true
	default:
		return lookup(name) != nil
	}
}

func run(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeUTF8 reads bytes that are or should be UTF-8. The label may be empty.
func decodeUTF8(b []byte, name string) (string, bool) {
	if utf8.Valid(b) {
		if name == "" && bytes.Contains(b, []byte("\x1b$")) {
			return guessed(b), true
		}
		return string(b), name != "us-ascii" || ascii(b)
	}
	good, bad := count(b)
	if name == "utf-8" && good > bad || good > 4*bad {
		return strings.ToValidUTF8(string(b), "\uFFFD"), false
	}
	return guessed(b), false
}

// count returns how many non-ASCII runes are valid UTF-8 and how many bytes
// are not.
func count(b []byte) (good, bad int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good, bad
}

func guessed(b []byte) string {
	name := Guess(b)
	switch name {
	case "utf-8":
		return strings.ToValidUTF8(string(b), "\uFFFD")
	case "windows-1252":
		return run(charmap.Windows1252, b)
	}
	return run(lookup(name), b)
}
