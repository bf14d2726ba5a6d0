package envelope_test

import (
	"slices"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/envelope"
	"bonafide/contact/link"
	"bonafide/evidence"
	"bonafide/ident"
)

func mailOf(address string) ident.Mail {
	local, domain, _ := strings.Cut(address, "@")
	return ident.Mail{Local: local, Domain: ident.Domain(domain)}
}

// letter is a mail with the traits that a case changes.
type letter struct {
	head          string // raw, with From
	from, name    string
	to, reply     string
	subject, body string
	links         []contact.Link
	headers       []contact.Header
}

func (l letter) findings() []evidence.Finding {
	m := &contact.MailFacts{Raw: []byte(l.head + "\r\n\r\n" + l.body), Headers: l.headers}
	if l.from != "" {
		m.From = []contact.Address{{Name: l.name, Mail: mailOf(l.from)}}
	}
	if l.to != "" {
		m.To = []contact.Address{{Mail: mailOf(l.to)}}
	}
	if l.reply != "" {
		m.ReplyTo = []contact.Address{{Mail: mailOf(l.reply)}}
	}
	c := &contact.Contact{Channel: contact.Mail, Mail: m, Links: l.links, Parts: []contact.Part{{Name: "subject", Text: l.subject}, {Name: "body", Text: l.body}}}
	var links []link.Analysis
	for _, k := range l.links {
		links = append(links, link.Analyse(k, nil))
	}
	return envelope.Findings(envelope.Input{
		Contact: c, Links: links,
		Free:   func(d ident.Domain) bool { return d == "gmail.com" || d == "gmx.de" },
		OddTLD: func(d ident.Domain) bool { return strings.HasSuffix(string(d), ".top") },
	})
}

func TestFindings(t *testing.T) {
	html := func(raw string) []contact.Link { return []contact.Link{{Raw: raw, Text: "Open", From: "html"}} }
	long := strings.Repeat("The minutes of our meeting follow below. ", 30)
	tests := []struct {
		name string
		in   letter
		want []evidence.Code
	}{
		{"an ordinary mail", letter{head: "From: Ann Ng <ann@firm.example>", from: "ann@firm.example", name: "Ann Ng", to: "bo@home.example", subject: "Minutes", body: long}, nil},
		{"a word where an address belongs", letter{head: "From: Prize Team, xkq <info@shop.example>", from: "info@shop.example", body: long}, []evidence.Code{envelope.StraySender}},
		{"folded, in front", letter{head: "Subject: a\r\nFrom: Account team ,\r\n\t_<info@shop.example>\r\nTo: b", from: "info@shop.example", body: long}, []evidence.Code{envelope.StraySender}},
		{"a quoted comma is right", letter{head: `From: "Ng, Ann" <ann@firm.example>`, from: "ann@firm.example", body: long}, nil},
		{"a comma in a comment is right", letter{head: `From: ann@firm.example (Ng, Ann)`, from: "ann@firm.example", body: long}, nil},
		{"an encoded comma is right", letter{head: `From: =?utf-8?q?Ng=2C_Ann?= <ann@firm.example>`, from: "ann@firm.example", body: long}, nil},
		{"From in the text is no field", letter{head: "Subject: x", from: "ann@firm.example", body: "From: a, b <c@d.example>"}, nil},
		{"answers to a free mailbox", letter{from: "office@school.example", reply: "loans@gmail.com", body: long}, []evidence.Code{envelope.RepliesToFree}},
		{"answers to oneself", letter{from: "kim@gmail.com", reply: "kim@gmail.com", body: long}, nil},
		{"answers to a list", letter{from: "kim@firm.example", reply: "list@lists.example", body: long}, nil},
		{"the text names a free mailbox", letter{from: "office@school.example", body: long + "Write to mr.sian@gmail.com."}, []evidence.Code{envelope.WriteToFree}},
		{"the reader's own mailbox is no other", letter{from: "office@school.example", to: "mr.sian@gmail.com", body: long + "You are registered as mr.sian@gmail.com."}, nil},
		{"a private person may", letter{from: "kim@gmx.de", body: long + "Write to mr.sian@gmail.com."}, nil},
		{"own address in the subject", letter{from: "it@firm.example", to: "bo@home.example", subject: "bo@home.example is nearly full", body: long}, nil}, // two letters are too few
		{"own longer address in the subject", letter{from: "it@firm.example", to: "bob@home.example", subject: "BOB@home.example is nearly full", body: long}, []evidence.Code{envelope.AddressAsName}},
		{"own address in the greeting", letter{from: "it@firm.example", to: "bob@home.example", body: "Dear bob@home.example, " + long}, []evidence.Code{envelope.AddressAsName}},
		{"own address at the end is a footer", letter{from: "it@firm.example", to: "bob@home.example", body: long + "Sent to bob@home.example"}, nil},
		{"in the reader's name", letter{from: "bob@home.example", to: "bob@home.example", subject: "bob@home.example", body: long}, []evidence.Code{envelope.SenderIsReader}},
		{"pictures in the name", letter{from: "a@b.example", name: "🎁 Prize", body: long}, []evidence.Code{envelope.DressedSender}},
		{"trade mark in the name", letter{from: "a@b.example", name: "McSafe™", body: long}, []evidence.Code{envelope.DressedSender}},
		{"letters of any script are no pictures", letter{from: "a@b.example", name: "株式会社 Müller Σ", subject: "お知らせ", body: long}, nil},
		{"a domain by chance", letter{from: "a@khmlrszd.com", body: long}, []evidence.Code{envelope.OddSenderDomain}},
		{"digits", letter{from: "a@mail20261.com", body: long}, []evidence.Code{envelope.OddSenderDomain}},
		{"a German domain", letter{from: "a@schwarzwald-rundfunk.de", body: long}, nil},
		{"an odd ending", letter{from: "a@shop.top", body: long}, []evidence.Code{envelope.OddSenderDomain}},
		{"little more than a link", letter{from: "a@firm.example", body: "Your parcel waits.", links: html("https://track.other.example/x")}, []evidence.Code{envelope.OnlyALink}},
		{"to one's own site", letter{from: "a@firm.com", body: "Your parcel waits.", links: html("https://track.firm.com/x")}, nil},
		{"with much text", letter{from: "a@firm.example", body: long, links: html("https://track.other.example/x")}, nil},
		{"an address in plain text", letter{from: "a@firm.example", body: "Look: https://other.example/x", links: []contact.Link{{Raw: "https://other.example/x", From: "text"}}}, nil},
		{"a picture with a link", letter{from: "a@firm.example", body: "", links: []contact.Link{{Raw: "https://other.example/x", From: "image"}}}, []evidence.Code{envelope.OnlyAPicture}},
		{"highest priority", letter{from: "a@firm.example", body: long, headers: []contact.Header{{Name: "X-Priority", Value: "1 (Highest)"}}}, []evidence.Code{envelope.MarkedUrgent}},
		{"normal priority", letter{from: "a@firm.example", body: long, headers: []contact.Header{{Name: "X-Priority", Value: "3"}}}, nil},
	}
	for _, c := range tests {
		var got []evidence.Code
		for _, f := range c.in.findings() {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOtherChannelsHaveNone(t *testing.T) {
	if got := envelope.Findings(envelope.Input{Contact: &contact.Contact{Channel: contact.SMS}}); got != nil {
		t.Errorf("an SMS has %v", got)
	}
}

// FuzzFindings: no mail makes the room fail, and what it quotes is short.
func FuzzFindings(f *testing.F) {
	f.Add("From: a, b <c@d.example>", "b@c.example", "x@gmail.com 🎁")
	f.Add("From: \"a\\", "@", "@@..@")
	f.Fuzz(func(t *testing.T, head, to, text string) {
		l := letter{head: head, from: "a@b.example", name: text, to: to, reply: to, subject: text, body: text}
		for _, x := range l.findings() {
			if len(x.Where.Quote) > 200 {
				t.Errorf("%s quotes %d bytes", x.Code, len(x.Where.Quote))
			}
		}
	})
}
