package privacy

import (
	"strconv"

	"bonafide/casework/request"
	"bonafide/locale"
)

// Paper is a certificate in words, for a page, a printer or a letter.
type Paper struct {
	Title string
	// Facts are what it is about, Given and Removed what was done, Kept what had to
	// stay and why.
	Facts                []Fact
	Given, Removed, Kept []string
	// Headings of the lists, and the sentence about the proof.
	GivenTitle, RemovedTitle, KeptTitle, Proof, Hash string
}

// Fact is a line of a paper.
type Fact struct {
	Name, Text string
	// Code: the text is a number or a hash.
	Code bool
}

// Paper writes a certificate in a language; its words are data (locale).
func (d *Desk) Paper(c Certificate, lang string) Paper {
	t := func(key string, args ...string) string { return d.texts.Get(lang, key, args...) }
	p := Paper{Title: t("certificate." + c.Kind), GivenTitle: t("certificate.given"), RemovedTitle: t("certificate.removed"), KeptTitle: t("certificate.kept"),
		Proof: t("certificate.proof", "entry", strconv.FormatInt(c.Entry, 10)), Hash: c.Hash}
	p.Facts = []Fact{{t("certificate.number"), c.ID, true}, {t("certificate.made"), locale.Moment(lang, c.Made), false},
		{t("certificate.by"), string(c.By), true}, {t("certificate.asker"), t("privacy.asker." + c.Asker), false}}
	if c.Reason != "" {
		p.Facts = append(p.Facts, Fact{t("person.reason"), c.Reason, false})
	}
	p.Facts = append(p.Facts, Fact{t("certificate.subject"), c.Subject, true})
	for _, x := range c.Given {
		p.Given = append(p.Given, d.line(lang, x))
	}
	p.Removed, p.Kept = d.Words(c.Body, lang)
	return p
}

// Words says what goes and what stays, in a language.
func (d *Desk) Words(b Body, lang string) (removed, kept []string) {
	for _, x := range b.Removed {
		removed = append(removed, d.line(lang, x))
		for _, p := range x.Parts {
			removed = append(removed, d.part(lang, "certificate.part.", p))
		}
	}
	for _, p := range b.Kept {
		kept = append(kept, d.part(lang, "certificate.kept.", p))
	}
	return removed, kept
}

func (d *Desk) line(lang string, x Removed) string {
	return d.texts.Get(lang, "certificate.line", "kind", d.texts.Or(lang, "privacy.kind."+x.Kind, x.Kind), "count", strconv.FormatInt(x.Records, 10))
}

// part is one part in words; its code where there are none.
func (d *Desk) part(lang, prefix string, p request.Part) string {
	if d.texts.Or(lang, prefix+p.Code, "") == "" {
		return p.Code + " " + strconv.FormatInt(p.Count, 10)
	}
	return d.texts.Get(lang, prefix+p.Code, "count", strconv.FormatInt(p.Count, 10))
}
