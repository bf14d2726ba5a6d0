// Package call reads what is known of a telephone call into a contact: what the
// person tells of it in their own words, a transcript with speaker labels, a
// captions file (SRT, WebVTT) or a voicemail.
//
// It is not for turning sound into text (outside/speech), not for looking at
// numbers (contact/phone), and it does not judge what was said.
//
//	labels, err := call.Load(data.FS)
//	c := labels.Transcript("Caller: I am from the shop.\nMe: Oh?", call.Facts{At: at})
package call

import (
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/evidence"
)

// MaxText is the number of bytes of words or transcript that are kept.
const MaxText = 256 << 10

// Facts are what is known of a call beside what was said. The zero value knows
// nothing.
type Facts struct {
	contact.CallFacts
	At time.Time
	// Voicemail: a message left, not a conversation.
	Voicemail bool
	// StartedByUser and Expected are the person's answers.
	StartedByUser, Expected contact.Answer
}

// FromAccount builds the contact of a call from the person's own account of it.
// The words go into a part "words" that is told, not said: "he asked for a
// code" is not "give me the code".
func FromAccount(facts Facts, words string) *contact.Contact {
	c := start(facts)
	if strings.TrimSpace(words) != "" {
		c.Parts = append(c.Parts, part(c, "words", contact.Told, words))
	}
	return c
}

// FromVoicemail builds the contact of a message left, whose text a person or
// program wrote down: all of it was said by the other side.
func FromVoicemail(facts Facts, text string) *contact.Contact {
	facts.Voicemail = true
	c := start(facts)
	if strings.TrimSpace(text) != "" {
		c.Parts = append(c.Parts, part(c, "transcript", contact.Said, text))
	}
	return c
}

func start(f Facts) *contact.Contact {
	facts := f.CallFacts
	c := &contact.Contact{
		Channel: contact.Call, At: f.At, Call: &facts, StartedByUser: f.StartedByUser, Expected: f.Expected,
		Sender: contact.Sender{Number: facts.Number, Name: facts.Claimed},
	}
	if f.Voicemail {
		c.Channel = contact.Voicemail
	}
	return c
}

// part makes a part within the bound, and notes what was cut.
func part(c *contact.Contact, name string, kind contact.PartKind, text string) contact.Part {
	if len(text) > MaxText {
		c.Problems = append(c.Problems, contact.Problem{Code: "truncated", Detail: "the text of a call exceeds the limit"})
		n := MaxText
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	return contact.Part{Name: name, Kind: kind, Text: strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)}
}

// Findings returns the context of a contact in the codes of evidence/call.yaml.
// None of them weighs anything: they are shown, and other rooms or the verdict
// may need them. An accent that somebody notes is recorded and never counts.
func (l *Labels) Findings(c *contact.Contact) []evidence.Finding {
	if c == nil {
		return nil
	}
	var out []evidence.Finding
	add := func(code evidence.Code, w evidence.Where) {
		out = append(out, evidence.Finding{Code: code, Where: w, Source: "user"})
	}
	if c.Call != nil && c.Call.Ongoing {
		add("call_ongoing", evidence.Where{Part: "call"})
	}
	if c.StartedByUser == contact.Yes {
		add("started_by_user", evidence.Where{})
	}
	if c.Expected == contact.Yes {
		add("call_expected", evidence.Where{})
	}
	for _, p := range c.Parts {
		if p.Kind != contact.Told {
			continue
		}
		if start, end, ok := l.accent(p.Text); ok {
			add("accent_noted", evidence.Where{Part: p.Name, Start: start, End: end, Quote: p.Text[start:end]})
			break
		}
	}
	return out
}
