// Package message reads short messages and chats into contacts: one SMS or chat
// message as text, backups of SMS and MMS, and exported chats.
//
// It is not for judging: who a sender is and what a text asks for is found by
// other rooms. A name, a number and the platform are what the bytes claim.
//
//	c := message.SMS("Your parcel is held …", "+15550100", at)
//	for c, err := range message.ReadBackup(file, message.Options{Words: words}) { … }
package message

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/evidence"
	"bonafide/ident"
)

// MaxText is the number of bytes of one message that are kept. A long SMS has
// about 1,600, the longest chat messages 65,536.
const MaxText = 64 << 10

// SMS builds the contact of one short message. from is the number, sender id
// or mail address shown, as given.
func SMS(text, from string, at time.Time) *contact.Contact {
	c := build(contact.SMS, from, at)
	addText(c, text)
	return c
}

// Chat builds the contact of one chat message on a platform as claimed.
func Chat(text, platform, from string, at time.Time) *contact.Contact {
	c := build(contact.Chat, from, at)
	c.Platform = strings.ToLower(strings.TrimSpace(cut(platform, 64)))
	addText(c, text)
	return c
}

func build(ch contact.Channel, from string, at time.Time) *contact.Contact {
	return &contact.Contact{Channel: ch, At: at, Sender: sender(from)}
}

// sender tells number, mail address and name apart. A number is what holds
// digits and nothing but the punctuation of numbers.
func sender(from string) contact.Sender {
	from = strings.TrimSpace(clean(cut(from, 320)))
	if strings.Contains(from, "@") {
		if m, err := ident.ParseMail(from); err == nil {
			return contact.Sender{Mail: m}
		}
	}
	if IsNumber(from) {
		return contact.Sender{Number: from}
	}
	return contact.Sender{Name: from}
}

// IsNumber reports whether a sender as shown is a telephone number or short
// code: at least three digits and only the punctuation of numbers beside them.
func IsNumber(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-()/. \u00a0\u202f\u2010\u2011\u2013\u202a\u202c\u2066\u2069", r):
			return false
		}
	}
	return digits >= 3
}

// addText appends a part with the next free name: "body", "body:2" …
func addText(c *contact.Contact, text string) {
	addPart(c, contact.Said, text)
}

func addPart(c *contact.Contact, kind contact.PartKind, text string) {
	if len(text) > MaxText {
		c.Problems = append(c.Problems, contact.Problem{Code: "truncated", Detail: "a message exceeds the limit of " + strconv.Itoa(MaxText) + " bytes"})
	}
	name := "body"
	if n := len(c.Parts); n > 0 {
		name += ":" + strconv.Itoa(n+1)
	}
	c.Parts = append(c.Parts, contact.Part{Name: name, Kind: kind, Text: clean(cut(text, MaxText))})
}

// clean makes valid UTF-8 without NUL and with plain line ends; everything else
// stays as it was, for the rooms that look for hidden characters.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsAny(s, "\r\x00") {
		return s
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Findings returns what the form of a short message tells, in the codes of
// evidence/message.yaml.
func Findings(c *contact.Contact) []evidence.Finding {
	if c == nil || (c.Channel != contact.SMS && c.Channel != contact.Chat) {
		return nil
	}
	var out []evidence.Finding
	if c.Channel == contact.SMS && c.Sender.Mail.Domain != "" {
		out = append(out, evidence.Finding{
			Code: "sms_from_mail_address", Args: map[string]string{"address": c.Sender.Mail.Masked()},
			Where: evidence.Where{Part: "from"}, Source: "redflags",
		})
	}
	for _, p := range c.Problems {
		if p.Code == "truncated" || p.Code == "omitted" {
			out = append(out, evidence.Finding{Code: "message_incomplete", Source: "message"})
			break
		}
	}
	if c.Platform != "" && c.Sender.Name != "" {
		out = append(out, evidence.Finding{
			Code: "chat_name_is_claim", Args: map[string]string{"platform": c.Platform}, Where: evidence.Where{Part: "from"}, Source: "message",
		})
	}
	return out
}
