package brand

import (
	"bonafide/contact/link"
	"bonafide/evidence"
)

// authentic looks at what a mail says whose sender is proved. Fraud is sent
// through real systems too: invoices, notes of an order, shared files.
func (j *judge) authentic() {
	if !j.in.Auth.proved() || j.from.Domain == "" {
		return
	}
	sv, service := j.book.serviceOf(j.from.Domain)
	if service && j.authenticScam(sv) || j.fromBrand == "" {
		return
	}
	j.contradicts(service)
}

// contradicts reports a mail of an official sender whose text breaks with the
// sender's own ways: an alarm beside a number that is none of the brand's, or,
// where customers write the text, something that the brand never asks for.
func (j *judge) contradicts(service bool) {
	for _, f := range j.in.Found {
		how := ""
		switch {
		case f.Code == "callback_number" && f.Args["number"] != "" && j.alarmed(f.Where):
			how = "number"
		case service && j.book.never[f.Code]:
			how = "request"
		default:
			continue
		}
		words := Text{}
		for lang, s := range j.book.how.Contradicts[how] {
			words[lang] = evidence.Fill(s, f.Args)
		}
		args := say(j.nameArgs(j.fromBrand), how, words)
		args["number"] = f.Args["number"]
		j.add(evidence.Finding{Code: AuthenticMailContradicts, Args: args, Where: f.Where, Source: mailList, Strength: 1})
		return
	}
}

// alarmed reports whether an alarm stands near a place, or in the subject.
func (j *judge) alarmed(at evidence.Where) bool {
	for _, f := range j.in.Found {
		if !j.book.alarms[f.Code] {
			continue
		}
		near := f.Where.Part == at.Part && f.Where.Start <= at.End+j.book.mail.Reach && at.Start <= f.Where.End+j.book.mail.Reach
		if near || f.Where.Part == "subject" {
			return true
		}
	}
	return false
}

// authenticScam finds mail that a service really sent for a customer whose text
// speaks as another brand and wants a call or a click.
func (j *judge) authenticScam(sv service) bool {
	for _, c := range j.in.Claims {
		if c.Brand == j.fromBrand || c.As == "quoted" || c.As == "told" {
			continue
		}
		number := j.strangeNumber()
		if number == "" && !j.foreignFor(c.Brand) {
			continue
		}
		args := j.nameArgs(c.Brand)
		args["service"], args["what"], args["number"] = sv.Name, sv.What, number
		strength := 1.0
		if number == "" {
			strength = j.book.mail.Factors["service_link"]
		}
		j.add(evidence.Finding{Code: AuthenticMailScamContent, Args: args, Where: c.Where, Source: mailList, Strength: strength})
		return true
	}
	return false
}

// strangeNumber returns a telephone number of the text that no brand lists.
func (j *judge) strangeNumber() string {
	for _, n := range j.in.Numbers {
		if _, _, ok := j.book.OfficialNumber(n); !ok {
			return string(n)
		}
	}
	return ""
}

// foreignFor reports a link that leads neither to the brand nor to the sender.
func (j *judge) foreignFor(id string) bool {
	sender, _, _, _ := link.Registrable(j.from.Domain)
	for i := range j.in.Links {
		a := &j.in.Links[i]
		if !j.acts(a) || sender != "" && (a.Registrable == sender || a.Provider == sender) {
			continue
		}
		if owner, _, ok := j.book.OfficialDomain(a.Host); ok && (owner == id || owner == j.fromBrand) {
			continue
		}
		if j.book.partner(a.Host) == "" {
			return true
		}
	}
	return false
}
