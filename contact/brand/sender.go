package brand

import (
	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/evidence"
	"bonafide/ident"
)

// sender compares From and Reply-To with the brand that is claimed.
func (j *judge) sender() {
	if j.from.Domain == "" {
		return
	}
	if j.fromBrand != "" {
		j.officialSender()
		j.replyTo(j.fromBrand)
		return
	}
	id, as, strength := j.claimsSender()
	if id == "" {
		return
	}
	if j.book.freemail[j.from.Domain] {
		args := j.nameArgs(id)
		args["host"], args["line"] = string(j.from.Domain), j.fromLine()
		j.add(evidence.Finding{Code: FreemailSender, Args: args, Where: j.fromWhere(), Source: mailList, Strength: strength})
	}
	if im, ok := j.book.Lookalike(j.from.Domain); ok {
		j.imitation(im, j.fromWhere())
	} else if j.book.exempt(j.from.Domain) {
		return // its owner is unknown or another: neither the brand nor a fake
	}
	if as == "subject" {
		strength *= j.book.claims.Strength["subject_only"]
	}
	j.forged(id, as, j.fromLine(), j.fromWhere(), strength)
}

// officialSender judges a From that is the brand's own by its authentication.
func (j *judge) officialSender() {
	a := j.in.Auth
	args := j.nameArgs(j.fromBrand)
	args["from"], args["status"] = string(j.from.Domain), string(j.fromDomain.Status)
	f := evidence.Finding{Args: args, Where: j.fromWhere(), Source: first(j.fromDomain.Source), Strength: 1}
	switch {
	case a.DMARC == Fail:
		j.forged(j.fromBrand, "dmarc_fail", j.fromLine(), j.fromWhere(), 1)
		return
	case a.proved() && !j.fromDomain.Status.Shown():
		f.Code = SenderUnconfirmedDomain
	case a.proved() && j.book.Relay(j.from.Domain):
		f.Code = SenderRelay
	case a.proved():
		f.Code = SenderAuthenticated
		if !j.fromDomain.Sends {
			f.Strength = j.book.mail.Factors["no_sender"]
		}
	case a.checked() && !a.Aligned:
		j.forged(j.fromBrand, "unaligned", j.fromLine(), j.fromWhere(), j.book.mail.Factors["unaligned"])
		return
	default:
		f.Code = SenderOfficialUnproven
	}
	j.add(f)
}

// forged reports a sender that is not what it says.
func (j *judge) forged(id, how, header string, where evidence.Where, strength float64) {
	args := say(j.nameArgs(id), how, j.book.how.Forged[how])
	args["line"], args["from"] = header, string(j.from.Domain)
	j.add(evidence.Finding{Code: ForgedSender, Args: args, Where: where, Source: claimsList, Strength: strength})
}

// replyTo reports answers that would leave the brand and the sender's domain.
func (j *judge) replyTo(id string) {
	if j.in.Contact.Mail == nil {
		return
	}
	sender, _, _, _ := link.Registrable(j.from.Domain)
	for i, r := range j.in.Contact.Mail.ReplyTo {
		d := r.Mail.Domain
		if i > 4 || d == "" {
			continue
		}
		if owner, _, ok := j.book.OfficialDomain(d); ok && owner == id && !j.book.freemail[d] {
			continue
		}
		reg, _, _, _ := link.Registrable(d)
		if reg != "" && reg == sender {
			continue
		}
		strength := 1.0
		if j.in.Auth.proved() {
			strength = j.book.mail.Factors["reply_authenticated"]
			if _, ok := j.book.serviceOf(j.from.Domain); ok {
				strength = j.book.mail.Factors["reply_service"]
			}
		}
		j.forged(id, "reply_to", line("Reply-To", r), evidence.Where{Part: "header:reply-to", Quote: cut(r.Mail.String(), 160)}, strength)
		return
	}
}

func (b *Book) serviceOf(d ident.Domain) (s service, ok bool) {
	ok = above(d, func(name ident.Domain) bool {
		x, hit := b.services[name]
		if hit {
			s = x
		}
		return hit
	})
	return s, ok
}

func (j *judge) fromLine() string {
	a := contact.Address{Name: j.in.Contact.Sender.Name, Mail: j.from}
	if m := j.in.Contact.Mail; m != nil && len(m.From) > 0 {
		a = m.From[0]
	}
	return line("From", a)
}

func (j *judge) fromWhere() evidence.Where {
	return evidence.Where{Part: "from", Quote: cut(j.fromLine(), 160)}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
