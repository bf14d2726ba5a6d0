package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"bonafide/contact"
)

// errJSON names no cause: the decoder's own text quotes the input.
var errJSON = errors.New("file is no valid JSON: export the chat again")

// messengerFile is message_1.json, in the form of the account download and in
// that of end-to-end encrypted chats.
type messengerFile struct {
	Title      string             `json:"title"`
	ThreadName string             `json:"threadName"`
	Messages   []messengerMessage `json:"messages"`
}

type messengerMessage struct {
	Sender    string `json:"sender_name"`
	Millis    int64  `json:"timestamp_ms"`
	Content   string `json:"content"`
	IsUnsent  bool   `json:"is_unsent"`
	SenderE2E string `json:"senderName"`
	TimeE2E   int64  `json:"timestamp"`
	TextE2E   string `json:"text"`
	Share     struct {
		Link string `json:"link"`
	} `json:"share"`
	Photos []messengerMedia `json:"photos"`
	Videos []messengerMedia `json:"videos"`
	Files  []messengerMedia `json:"files"`
	Media  []messengerMedia `json:"media"`
}

type messengerMedia struct {
	URI string `json:"uri"`
}

func readMessengerJSON(b []byte, opt Options) (*talk, error) {
	var f messengerFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, errJSON
	}
	if len(f.Messages) > opt.Messages {
		return nil, ErrTooLarge
	}
	t := &talk{platform: "messenger", other: Unmojibake(f.Title)}
	for _, m := range f.Messages {
		if m.IsUnsent {
			continue
		}
		l := line{at: millisInt(m.Millis), from: Unmojibake(m.Sender), text: Unmojibake(m.Content)}
		if m.SenderE2E != "" {
			l = line{at: millisInt(m.TimeE2E), from: m.SenderE2E, text: m.TextE2E}
		}
		l.share(Unmojibake(m.Share.Link))
		for _, media := range slices.Concat(m.Photos, m.Videos, m.Files, m.Media) {
			l.files = append(l.files, contact.Attachment{Name: baseName(Unmojibake(media.URI))})
		}
		if l.text != "" || len(l.files) > 0 {
			t.lines = append(t.lines, l)
		}
	}
	if len(t.lines) == 0 {
		return nil, ErrUnknownFormat
	}
	// The export stands newest first.
	slices.SortStableFunc(t.lines, func(a, b line) int { return a.at.Compare(b.at) })
	return t, nil
}

// share adds a shared link that the text does not hold already.
func (l *line) share(link string) {
	if link == "" || len(link) > 4096 {
		return
	}
	l.links = append(l.links, contact.Link{Raw: link, From: "text"})
	if l.text == "" {
		l.text = link
	}
}

func millisInt(n int64) time.Time {
	if n <= 0 || n > 1<<46 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Unmojibake undoes the fault of Messenger's and Instagram's exports, which
// write each byte of UTF-8 as a character of its own (ISO 8859-1): "GrÃ¼Ãe"
// is "Grüße". A text that is not of that kind comes back unchanged.
func Unmojibake(s string) string {
	wide := false
	for _, r := range s {
		if r > 0xff {
			return s
		}
		wide = wide || r >= 0x80
	}
	if !wide {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// readMessengerHTML reads message_1.html. The classes of its elements tell who
// wrote, what, and when; both generations of class names are known.
func readMessengerHTML(b []byte, opt Options) (*talk, error) {
	t := &talk{platform: "messenger"}
	h := htmlReader{talk: t, opt: opt}
	z := html.NewTokenizer(bytes.NewReader(b))
	z.SetMaxBuf(1 << 20)
	for {
		switch tt := z.Next(); tt {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				return nil, errors.New("file is no HTML of a chat export")
			}
			h.flush()
			if len(t.lines) == 0 {
				return nil, ErrUnknownFormat
			}
			slices.SortStableFunc(t.lines, func(a, b line) int { return a.at.Compare(b.at) })
			return t, nil
		case html.TextToken:
			h.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			if len(t.lines) >= opt.Messages {
				return nil, ErrTooLarge
			}
			h.start(z.Token(), tt == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			h.end(atom.Lookup(name))
		}
	}
}

// htmlReader holds which field of a message the text belongs to. depth counts
// open elements, fieldDepth is where the field began.
type htmlReader struct {
	talk       *talk
	opt        Options
	depth      int
	fieldDepth int
	field      byte // 's'ender, 'b'ody, 'd'ate, 't'itle, 0
	cur        line
	date       string
}

func (h *htmlReader) start(tok html.Token, closed bool) {
	class, href := "", ""
	for _, a := range tok.Attr {
		switch a.Key {
		case "class":
			class = a.Val
		case "href":
			href = a.Val
		}
	}
	if tok.DataAtom == atom.Br || tok.DataAtom == atom.Div {
		h.newline()
	}
	if h.field == 'b' && tok.DataAtom == atom.A && strings.HasPrefix(href, "http") && len(href) <= 4096 && len(h.cur.links) < 200 {
		h.cur.links = append(h.cur.links, contact.Link{Raw: href, From: "html"})
	}
	if closed || void(tok.DataAtom) {
		return
	}
	h.depth++
	if f := fieldOf(class, tok.DataAtom); f != 0 && (h.field == 0 || f != h.field) {
		if f == 's' {
			h.flush()
		}
		h.field, h.fieldDepth = f, h.depth
	}
}

func void(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Source, atom.Base:
		return true
	}
	return false
}

func fieldOf(class string, a atom.Atom) byte {
	if a == atom.Title {
		return 't'
	}
	for _, c := range strings.Fields(class) {
		switch c {
		case "_2lek", "_a6-h":
			return 's'
		case "_2let", "_a6-p":
			return 'b'
		case "_2lem", "_a6-o", "_a72d":
			return 'd'
		}
	}
	return 0
}

func (h *htmlReader) end(a atom.Atom) {
	if void(a) || h.depth == 0 {
		return
	}
	if h.field != 0 && h.depth == h.fieldDepth {
		if h.field == 'd' {
			h.flush()
		}
		h.field = 0
	}
	h.depth--
}

func (h *htmlReader) newline() {
	if n := len(h.cur.buf); h.field == 'b' && n > 0 && h.cur.buf[n-1] != '\n' {
		h.cur.buf = append(h.cur.buf, '\n')
	}
}

func (h *htmlReader) text(s string) {
	s = html.UnescapeString(s)
	switch h.field {
	case 't':
		h.talk.other = strings.TrimSpace(cut(s, 320))
	case 's':
		h.cur.from = strings.TrimSpace(cut(h.cur.from+s, 320))
	case 'b':
		if len(h.cur.buf) <= MaxText {
			h.cur.buf = append(h.cur.buf, s...)
		}
	case 'd':
		h.date = cut(h.date+s, 80)
	}
}

func (h *htmlReader) flush() {
	h.cur.text, h.cur.buf = strings.TrimSpace(string(h.cur.buf)), nil
	h.cur.at = htmlTime(strings.TrimSpace(h.date), h.opt.Zone)
	if h.cur.from != "" && (h.cur.text != "" || len(h.cur.files) > 0) {
		h.talk.lines = append(h.talk.lines, h.cur)
	}
	h.cur, h.date = line{}, ""
}

// htmlTime reads the dates of English, German and Japanese exports. Another
// language leaves the time unknown.
func htmlTime(s string, zone *time.Location) time.Time {
	s = strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s)
	for _, l := range []string{
		"Jan 2, 2006, 3:04 PM", "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006 3:04:05 pm", "Jan 02, 2006 3:04:05pm", "Jan 2, 2006, 3:04:05 PM", "2 Jan 2006, 15:04",
		"02.01.2006, 15:04", "02.01.2006 15:04:05", "2006/01/02 15:04", "2006年1月2日 15:04", "2006-01-02 15:04", "2006-01-02 15:04:05",
	} {
		if t, err := time.ParseInLocation(l, s, zone); err == nil {
			return t
		}
	}
	return time.Time{}
}
