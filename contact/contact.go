// Package contact holds the Contact: one call, text, mail, chat, letter,
// screenshot or order notice that somebody received, as its reader met it.
//
// The rooms below it (contact/mail, contact/message, contact/call,
// contact/image) read the raw bytes of a channel into a Contact; the others
// (contact/link, contact/phone, contact/redflag …) look at a Contact and
// return findings. This package knows neither formats nor judgements.
//
// All values are plain data: no method does I/O, none knows the time.
package contact

import (
	"time"

	"bonafide/ident"
)

// Channel is the way by which a contact came.
type Channel string

// The channels. Unknown is what a caller says who leaves the channel out.
const (
	Unknown     Channel = ""
	Call        Channel = "call"
	Voicemail   Channel = "voicemail"
	SMS         Channel = "sms"
	Mail        Channel = "mail"
	Chat        Channel = "chat"
	Web         Channel = "web"
	Letter      Channel = "letter"
	Screenshot  Channel = "screenshot"
	OrderNotice Channel = "order_notice"
)

// Channels lists every channel that a person can name.
func Channels() []Channel {
	return []Channel{Call, Voicemail, SMS, Mail, Chat, Web, Letter, Screenshot, OrderNotice}
}

// Answer is what a person said to a yes-or-no question; NotSaid is the zero
// value and is evidence of nothing.
type Answer int8

// The answers.
const (
	NotSaid Answer = 0
	Yes     Answer = 1
	No      Answer = -1
)

// Contact is one contact. Whoever builds it owns it; the rooms that look at it
// do not change it.
type Contact struct {
	Channel Channel
	// At is when the contact came, as its receiver says or its bytes claim.
	// The zero time means not known.
	At time.Time
	// Platform is the chat platform or carrier as claimed ("whatsapp").
	Platform string
	// Sender is who it says it comes from.
	Sender Sender
	// Parts are the texts of the contact in reading order.
	Parts []Part
	// Links are the addresses that it leads to, wherever they stood.
	Links []Link
	// Attachments are the files that came with it.
	Attachments []Attachment
	// Mail holds what only a mail has; nil for other channels.
	Mail *MailFacts
	// Call holds what only a call has; nil for other channels.
	Call *CallFacts
	// StartedByUser: did the person start this contact (asked for the call)?
	StartedByUser Answer
	// Expected: did the person expect it? Never proof of anything.
	Expected Answer
	// Problems lists what could not be read and why, for the reader.
	Problems []Problem
}

// Sender is who a contact says it comes from. All of it can be forged.
type Sender struct {
	// Name is the display name, alphanumeric sender id, or contact name.
	Name string
	// Mail is the address in From (RFC 5322, 3.6.2).
	Mail ident.Mail
	// Number is the number shown, as given; contact/phone reads it.
	Number string
}

// PartKind tells whose words a part holds.
type PartKind int8

// The kinds of part.
const (
	// Said by the other side and visible to the reader.
	Said PartKind = iota
	// Told by the person who asks, in their own words.
	Told
	// Hidden from a reader's eye but present in the bytes (white on white,
	// zero size, behind other text). Never read as said; its presence is a
	// finding of its own.
	Hidden
	// Quoted below a reply or forwarded inline: somebody else's earlier words.
	Quoted
)

// Part is one text of a contact, UTF-8, as a reader sees it.
type Part struct {
	// Name is unique in the contact: "subject", "body", "body:2", "words",
	// "transcript", "ocr", "attachment:1".
	Name string
	Kind PartKind
	Text string
}

// Link is one address that a contact leads to.
type Link struct {
	// Raw is the target as written, untouched.
	Raw string
	// Text is what the reader sees in its place; empty for a bare address.
	Text string
	// From tells where it was found: "html", "text", "qr", "attachment",
	// "form", "image" (a linked picture), "header".
	From string
	// Part, Start, End place the visible text where that is known.
	Part       string
	Start, End int
}

// Attachment is one file that came with a contact. The bytes are not kept.
type Attachment struct {
	// Name is the file name as given, decoded, without a path.
	Name string
	// Declared is the media type as declared, Actual the one that the content
	// has; both lower case without parameters, empty when unknown.
	Declared, Actual string
	Size             int64
	// Digest is the SHA-256 of the content in hexadecimal digits; empty when
	// the content was not read as a file.
	Digest string
	// Inner names files within an archive, at most a bounded number.
	Inner []string
	// Traits are facts that a reader of the bytes saw: "encrypted", "macro",
	// "script", "form", "password_field", "autorun", "links", "double_extension",
	// "executable", "type_mismatch", "inline".
	Traits []string
}

// Problem is something in the input that could not be read as it should be.
type Problem struct {
	// Code is a short stable word: "charset", "base64", "too_deep",
	// "truncated", "no_ocr".
	Code string
	// Detail is for operators; it holds no text of the contact.
	Detail string
}

// CallFacts are what a person can tell of a call.
type CallFacts struct {
	// Number is the number shown, as given. Empty with Withheld false means
	// not said.
	Number   string
	Withheld bool
	// Called is the number that was called, as given.
	Called string
	// Identity are the Identity header fields of the call (RFC 8224), as given;
	// contact/callid reads them.
	Identity []string
	// Claimed is who the caller said they were, in words.
	Claimed string
	// Asked and Knew are what the caller asked for and knew: ids of red flags
	// or plain words.
	Asked, Knew []string
	// Ongoing: the person is on the phone now.
	Ongoing bool
}

// Header is one header field of a mail, unfolded, name as written.
type Header struct{ Name, Value string }

// MailFacts are what only a mail has.
type MailFacts struct {
	// Raw is the message that is judged (after unwrapping a forward), as it
	// came: contact/mailauth needs the bytes. It is not kept longer than the
	// check.
	Raw []byte
	// Headers in the order of the message, decoded values.
	Headers []Header
	// From, ReplyTo, To are address lists with display names; a From with
	// several addresses is itself suspect.
	From, ReplyTo, To []Address
	// Sender, ReturnPath are single addresses; zero when absent.
	Sender, ReturnPath ident.Mail
	MessageID          string
	// Received is the chain, newest first.
	Received []Received
	// Forwarded is true when the judged mail was unwrapped from another.
	Forwarded bool
}

// Address is a mail address with the name that readers see.
type Address struct {
	Name string
	Mail ident.Mail
}

// Received is one hop of the Received chain (RFC 5321, 4.4).
type Received struct {
	From, By, IP, HELO string
	At                 time.Time
}

// Header returns the first value of a header field, compared without case.
func (m *MailFacts) Header(name string) (string, bool) {
	for _, h := range m.Headers {
		if equalFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 32
		}
		if 'A' <= y && y <= 'Z' {
			y += 32
		}
		if x != y {
			return false
		}
	}
	return true
}
