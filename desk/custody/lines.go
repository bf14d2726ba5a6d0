package custody

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"bonafide/fault"
	"bonafide/store"
)

// timeForm is how a time stands in a line: UTC, to the microsecond.
const timeForm = "2006-01-02T15:04:05.000000Z"

// appendLine appends the one line that a row has: {"family":{"field":value,…}}
// with the fields in the order of the family and no space. A row has exactly one
// line, so that equal sums mean equal records.
func appendLine(b []byte, f *store.Family, r store.Row) ([]byte, error) {
	if err := f.CheckKinds(r); err != nil {
		return b, err
	}
	b = append(b, `{"`+f.Name+`":{`...)
	for i, field := range f.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"`+field.Name+`":`...)
		var err error
		if b, err = appendValue(b, field, r[i]); err != nil {
			return b, err
		}
	}
	return append(b, "}}\n"...), nil
}

func appendValue(b []byte, field store.Field, v any) ([]byte, error) {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return b, fault.New(fault.Internal, field.Name, "of a kept record is no number: mend it in the database")
		}
		return strconv.AppendFloat(b, v, 'g', -1, 64), nil
	case int64:
		t := time.UnixMicro(v).UTC()
		switch {
		case field.Kind == store.FieldTime && v == 0:
			return append(b, "null"...), nil
		case field.Kind == store.FieldTime && t.Year() >= 1 && t.Year() <= 9999:
			return append(t.AppendFormat(append(b, '"'), timeForm), '"'), nil
		case field.Kind == store.FieldFlag && (v == 0 || v == 1):
			return strconv.AppendBool(b, v == 1), nil
		}
		return strconv.AppendInt(b, v, 10), nil
	}
	s, _ := v.(string)
	if err := store.CheckText(field.Name, s, math.MaxInt); err != nil {
		return b, err
	}
	if field.Kind == store.FieldList && plainList(s) {
		return append(b, s...), nil
	}
	return appendText(b, s), nil
}

// plainList reports whether a text is a JSON list without spaces, which stands in
// a line as it is; any other stands there as a text.
func plainList(s string) bool {
	if s == "" || s[0] != '[' || !json.Valid([]byte(s)) {
		return false
	}
	var b bytes.Buffer
	return json.Compact(&b, []byte(s)) == nil && b.String() == s
}

const hexadecimal = "0123456789abcdef"

// appendText appends a text as JSON: quotes, backslashes and control characters
// are escaped, all else stands as it is.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexadecimal[c>>4], hexadecimal[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// errLine is what is wrong with a line, without a value of it.
func errLine(f *store.Family, field, text string) error {
	if field != "" {
		field = "." + field
	}
	return fault.New(fault.Invalid, f.Name+field, "%s", text)
}

// parseLine reads the line of a row of the family. It takes nothing but what
// appendLine writes, and needs memory in the order of the line.
func parseLine(f *store.Family, line []byte) (store.Row, error) {
	if !utf8.Valid(line) {
		return nil, errLine(f, "", "is not UTF-8")
	}
	rest, ok := bytes.CutPrefix(line, []byte(`{"`+f.Name+`":{`))
	if !ok {
		return nil, errLine(f, "", "is expected here, and the line is of something else: families and records stand in the order and number that the first line tells")
	}
	row := make(store.Row, 0, len(f.Fields))
	for i, field := range f.Fields {
		name := `"` + field.Name + `":`
		if i > 0 {
			name = "," + name
		}
		if rest, ok = bytes.CutPrefix(rest, []byte(name)); !ok {
			return nil, errLine(f, field.Name, "is expected in its place: all fields stand in their order, each once, and no others")
		}
		n := extent(rest)
		v, ok := parseValue(field, rest[:n])
		if !ok {
			return nil, errLine(f, field.Name, "has not the form that its field has")
		}
		row, rest = append(row, v), rest[n:]
	}
	if string(rest) != "}}\n" {
		return nil, errLine(f, "", "has a field that this version does not know, or does not end as a record does")
	}
	again, err := appendLine(make([]byte, 0, len(line)), f, row)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, line) {
		return nil, errLine(f, "", "is not written as an export writes it: without spaces, numbers and texts in their one form")
	}
	return row, nil
}

// extent is how many bytes the JSON value at the beginning takes; whether it is
// one is seen when it is parsed.
func extent(b []byte) int {
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth <= 0 && (c == ',' || c == '}'):
			return i
		}
	}
	return len(b)
}

func parseValue(field store.Field, raw []byte) (any, bool) {
	if len(raw) == 0 {
		return nil, false
	}
	switch field.Kind {
	case store.FieldReal:
		v, err := strconv.ParseFloat(string(raw), 64)
		return v, err == nil
	case store.FieldTime:
		if string(raw) == "null" {
			return int64(0), true
		}
		if raw[0] == '"' {
			t, err := time.Parse(`"`+timeForm+`"`, string(raw))
			return t.UnixMicro(), err == nil
		}
	case store.FieldFlag:
		switch string(raw) {
		case "true":
			return int64(1), true
		case "false":
			return int64(0), true
		}
	case store.FieldList:
		if raw[0] == '[' {
			return string(raw), true
		}
		fallthrough
	case store.FieldText, store.FieldTenant:
		var s *string
		if json.Unmarshal(raw, &s) != nil || s == nil {
			return "", false
		}
		return *s, true
	}
	v, err := strconv.ParseInt(string(raw), 10, 64)
	return v, err == nil
}
