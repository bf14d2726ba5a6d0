package message

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"bonafide/contact"
)

// telegramFile is result.json of Telegram Desktop: one chat, or an account
// with its chats.
type telegramFile struct {
	telegramChat
	Personal struct {
		UserID int64 `json:"user_id"`
	} `json:"personal_information"`
	Chats struct {
		List []telegramChat `json:"list"`
	} `json:"chats"`
}

type telegramChat struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Messages []telegramMessage `json:"messages"`
}

type telegramMessage struct {
	Type     string          `json:"type"`
	Date     string          `json:"date"`
	Unix     string          `json:"date_unixtime"`
	From     string          `json:"from"`
	FromID   json.RawMessage `json:"from_id"`
	Text     json.RawMessage `json:"text"`
	File     string          `json:"file"`
	FileName string          `json:"file_name"`
	Photo    string          `json:"photo"`
	MIME     string          `json:"mime_type"`
}

func readTelegram(b []byte, opt Options) ([]*talk, error) {
	var f telegramFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, errJSON
	}
	chats := f.Chats.List
	if len(f.Messages) > 0 {
		chats = append(chats, f.telegramChat)
	}
	var out []*talk
	total := 0
	for _, c := range chats {
		if total += len(c.Messages); total > opt.Messages {
			return nil, ErrTooLarge
		}
		if c.Type == "saved_messages" {
			continue
		}
		if t := c.talk(f.Personal.UserID, opt); len(t.lines) > 0 {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, ErrUnknownFormat
	}
	return out, nil
}

func (c telegramChat) talk(me int64, opt Options) *talk {
	t := &talk{platform: "telegram"}
	if c.Type == "personal_chat" || c.Type == "bot_chat" {
		t.other = c.Name
	}
	own := "user" + strconv.FormatInt(me, 10)
	for _, m := range c.Messages {
		if m.Type != "message" {
			continue
		}
		l := line{at: m.time(opt.Zone), from: m.From}
		if l.from == "" {
			// A deleted account has no name any more.
			l.from = c.Name
		}
		if me != 0 && strings.Trim(string(m.FromID), `"`) == own {
			t.me = l.from
		}
		l.text, l.links = telegramText(m.Text)
		for _, name := range []string{m.FileName, m.File, m.Photo} {
			if name != "" {
				l.files = append(l.files, contact.Attachment{Name: baseName(strings.Trim(name, "()")), Declared: strings.ToLower(cut(m.MIME, 100))})
				break
			}
		}
		if l.text != "" || len(l.files) > 0 {
			t.lines = append(t.lines, l)
		}
	}
	return t
}

func (m telegramMessage) time(zone *time.Location) time.Time {
	if n, err := strconv.ParseInt(m.Unix, 10, 64); err == nil {
		return seconds(n)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", m.Date, zone)
	if err != nil {
		return time.Time{}
	}
	return at
}

// telegramText joins the pieces of a text: plain strings and entities. An
// entity "text_link" shows one thing and leads to another.
func telegramText(raw json.RawMessage) (string, []contact.Link) {
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		return clean(plain), nil
	}
	var pieces []json.RawMessage
	if json.Unmarshal(raw, &pieces) != nil {
		return "", nil
	}
	var b strings.Builder
	var links []contact.Link
	for _, p := range pieces {
		var s string
		var e struct{ Type, Text, Href string }
		if json.Unmarshal(p, &s) != nil && json.Unmarshal(p, &e) == nil {
			s = clean(e.Text)
			if e.Href != "" && b.Len()+len(s) <= MaxText && len(e.Href) <= 4096 && len(links) < 200 {
				links = append(links, contact.Link{Raw: e.Href, Text: s, From: "html", Start: b.Len(), End: b.Len() + len(s)})
			}
		}
		if b.Len() <= MaxText {
			b.WriteString(clean(s))
		}
	}
	return b.String(), links
}
