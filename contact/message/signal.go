package message

import (
	"strings"
	"time"
)

// readSignalCLI reads what "signal-cli receive" prints: blocks that start with
// "Envelope from:", and in them "Timestamp:" and "Body:". Only lines that begin
// a block's field are read as such, so that a body cannot forge an envelope that
// is not separated by an empty line.
func readSignalCLI(s string, opt Options) ([]*talk, error) {
	t := &talk{platform: "signal"}
	var cur *line
	body, blank := false, true
	for l := range strings.Lines(s) {
		l = strings.TrimRight(l, "\r\n")
		if rest, ok := strings.CutPrefix(l, "Envelope from:"); ok && blank {
			if len(t.lines) >= opt.Messages {
				return nil, ErrTooLarge
			}
			t.lines = append(t.lines, line{from: envelopeName(rest)})
			cur, body = &t.lines[len(t.lines)-1], false
		} else if cur != nil {
			body = cur.signalField(l, body)
		}
		blank = strings.TrimSpace(l) == ""
	}
	kept := t.lines[:0]
	for _, l := range t.lines {
		if l.text = strings.TrimSpace(string(l.buf)); l.text != "" {
			kept = append(kept, l)
		}
	}
	if t.lines = kept; len(kept) == 0 {
		return nil, ErrUnknownFormat
	}
	return []*talk{t}, nil
}

// signalField reads one line of a block and reports whether the next one may
// go on with the body.
func (l *line) signalField(s string, body bool) bool {
	if b, ok := strings.CutPrefix(s, "Body: "); ok && l.buf == nil {
		l.buf = append(l.buf, cut(b, MaxText+1)...)
		return true
	}
	if ts, ok := strings.CutPrefix(s, "Timestamp: "); ok && l.at.IsZero() {
		n, _, _ := strings.Cut(ts, " ")
		l.at = millis(n)
		return false
	}
	if !body {
		return false
	}
	for _, field := range []string{"Attachments:", "Quote:", "Mentions:", "With profile key", "Expires in:", "Previews:", "Sticker:", "Group info:"} {
		if strings.HasPrefix(s, field) {
			return false
		}
	}
	if len(l.buf) <= MaxText {
		l.buf = append(append(l.buf, '\n'), s...)
	}
	return true
}

// envelopeName reads `“Alice” +4915… (device: 1) to +49…`: the number if there
// is one, else the name.
func envelopeName(s string) string {
	s = strings.TrimSpace(s)
	name := ""
	for _, q := range []struct{ open, end string }{{"“", "”"}, {`"`, `"`}} {
		if rest, ok := strings.CutPrefix(s, q.open); ok {
			name, s, _ = strings.Cut(rest, q.end)
			break
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	if IsNumber(first) || name == "" {
		return first
	}
	return name
}

// seconds reads a Unix time in seconds.
func seconds(n int64) time.Time {
	if n <= 0 || n > 1<<36 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
