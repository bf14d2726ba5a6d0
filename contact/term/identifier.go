package term

import (
	"regexp"
	"strings"

	"bonafide/contact"
	"bonafide/contact/phone"
	"bonafide/contact/text"
)

// plainMails are addresses in the letters that nearly all have.
var plainMails = regexp.MustCompile(`[a-z\d._%+-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z][a-z\d-]{1,62}`)

// Identifiers returns what in a text can name one person or order, each in the
// one form that all its writings have: mail addresses ("m:"), telephone numbers
// with country code ("t:"), and numbers by all their digits ("o:"). Country is
// where numbers without a country code are read. Unlike the terms of Of, two
// equal identifiers are the same number, not one with the same end.
func (t *Tables) Identifiers(body, country string) []string {
	s := fold(clip(body, MaxText))
	out := &set{seen: map[string]bool{}}
	for _, m := range mails.FindAllString(s, -1) {
		out.add("m:" + m)
		// In Japanese the sentence may go on without a space.
		if plain := plainMails.FindString(m); plain != "" {
			out.add("m:" + plain)
		}
	}
	reading := text.Read(contact.Part{Name: "text", Kind: contact.Said, Text: clip(body, MaxText)}, t.folding)
	for _, n := range phone.Find([]*text.Reading{reading}, phone.Options{Tables: t.phones, Region: country}) {
		if d := digitsOf(string(n.E164)); len(d) >= 6 {
			out.add("t:" + d)
		}
	}
	for _, found := range numbers.FindAllString(s, -1) {
		for _, part := range append([]string{found}, strings.Fields(found)...) {
			if d := digitsOf(part); len(d) >= 6 {
				out.add("o:" + d)
			}
		}
	}
	return out.list
}

// Named returns the form that two writings of a name have in common: small
// letters, one space between words.
func Named(s string) string { return "x:" + strings.Join(strings.Fields(fold(clip(s, MaxQuery))), " ") }
