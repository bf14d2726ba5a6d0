package message

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/contact"
)

// The kinds of backups and exports that ReadBackup reads, as Sniff names them.
const (
	KindSMS           = "sms_backup"     // SMS Backup & Restore, XML
	KindChatText      = "chat_text"      // WhatsApp export, Android and iOS
	KindSignalText    = "signal_text"    // Signal: desktop export, "[2026-11-20 14:00] Name: …"
	KindSignalCLI     = "signal_cli"     // Signal: signal-cli receive, plain
	KindMessengerJSON = "messenger_json" // message_1.json, also Instagram
	KindMessengerHTML = "messenger_html" // message_1.html
	KindTelegramJSON  = "telegram_json"  // result.json of Telegram Desktop
)

// Options say how a backup is read. The zero value reads what was received,
// with times in UTC and the default bounds.
type Options struct {
	// Kind skips Sniff.
	Kind string
	// Me is the name or number by which the exporter stands in the backup.
	Me string
	// Sent also takes what the exporter wrote: as parts Told of the contact.
	Sent bool
	// Zone is where times without a zone were written; nil means UTC.
	Zone *time.Location
	// Words are those of chat programs; nil knows none, so that an unnamed
	// exporter is not recognised.
	Words *Words
	// Bytes bounds the input. Default 256 MiB for KindSMS, which is streamed,
	// and 64 MiB for the others, which are held in memory.
	Bytes int64
	// Messages bounds their number; default 200,000.
	Messages int
}

// maxParts bounds the messages of one contact; more are left out and noted.
const maxParts = 5000

// The errors of a backup as a whole.
var (
	// ErrUnknownFormat: no kind was recognised.
	ErrUnknownFormat = errors.New("format is not known: send an SMS Backup & Restore XML, a chat export as text, or its JSON or HTML")
	// ErrTooLarge: a bound of Options is exceeded.
	ErrTooLarge = errors.New("backup is too large: export a shorter time or raise the limit")
)

// Sniff tells the kind of a backup from its first bytes; 4 KiB are enough.
func Sniff(head []byte) (kind string, ok bool) {
	head = bytes.TrimPrefix(head[:min(len(head), 16<<10)], []byte("\xef\xbb\xbf"))
	head = bytes.TrimLeft(head, " \t\r\n\u200e")
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case len(head) == 0:
		return "", false
	case head[0] == '<':
		return sniffMarkup(has)
	case head[0] == '{':
		return sniffJSON(has)
	case bytes.HasPrefix(head, []byte("Envelope from:")):
		return KindSignalCLI, true
	}
	return sniffText(head)
}

func sniffMarkup(has func(string) bool) (string, bool) {
	switch {
	case has("<smses"), has("<sms "), has("<mms "):
		return KindSMS, true
	case has("_a6-g") || has("_a706") || has("_3-95") || has("_2lek"):
		return KindMessengerHTML, true
	}
	return "", false
}

func sniffJSON(has func(string) bool) (string, bool) {
	switch {
	case has(`"participants"`) && (has(`"messages"`) || has(`"threadName"`)), has(`"sender_name"`):
		return KindMessengerJSON, true
	case has(`"personal_information"`), has(`"date_unixtime"`), has(`"from_id"`),
		has(`"type": "personal_chat"`), has(`"type":"personal_chat"`), has(`"id"`) && has(`"messages"`):
		return KindTelegramJSON, true
	}
	return "", false
}

// sniffText wants a dated line among the first ones that names its writer.
func sniffText(head []byte) (string, bool) {
	lines := strings.SplitN(string(head), "\n", 40)
	for _, l := range lines[:min(len(lines), 39)] {
		if st, rest, ok := splitStamp(l); ok {
			if st.signal {
				if _, _, named := splitName(rest); !named {
					continue
				}
				return KindSignalText, true
			}
			return KindChatText, true
		}
	}
	return "", false
}

// ReadBackup reads a backup and yields one contact for each SMS, or for each
// person of a chat other than the exporter, with their messages as parts. The
// sequence ends with the first error; broken single entries are left out. It
// can be used once.
//
// Who exported a chat: Options.Me; else the one who is called "You" or alike;
// else, with two people, the one who did not write first.
func ReadBackup(r io.Reader, opt Options) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		if opt.Zone == nil {
			opt.Zone = time.UTC
		}
		if opt.Messages <= 0 {
			opt.Messages = 200_000
		}
		br := bufio.NewReaderSize(r, 64<<10)
		kind := opt.Kind
		if kind == "" {
			head, _ := br.Peek(16 << 10)
			kind, _ = Sniff(head)
		}
		if kind == KindSMS {
			readSMS(br, opt, yield)
			return
		}
		talks, err := readTalks(br, kind, opt)
		if err != nil {
			yield(nil, fmt.Errorf("message: read %s: %w", kindName(kind), err))
			return
		}
		for _, t := range talks {
			for _, c := range t.contacts(opt) {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

func kindName(kind string) string {
	if kind == "" {
		return "backup"
	}
	return kind
}

func readTalks(r io.Reader, kind string, opt Options) ([]*talk, error) {
	if opt.Bytes <= 0 {
		opt.Bytes = 64 << 20
	}
	b, err := io.ReadAll(io.LimitReader(r, opt.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > opt.Bytes {
		return nil, ErrTooLarge
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	switch kind {
	case KindChatText, KindSignalText:
		return one(readChatText(string(b), kind, opt))
	case KindSignalCLI:
		return readSignalCLI(string(b), opt)
	case KindMessengerJSON:
		return one(readMessengerJSON(b, opt))
	case KindMessengerHTML:
		return one(readMessengerHTML(b, opt))
	case KindTelegramJSON:
		return readTelegram(b, opt)
	}
	return nil, ErrUnknownFormat
}

func one(t *talk, err error) ([]*talk, error) {
	if err != nil {
		return nil, err
	}
	return []*talk{t}, nil
}
