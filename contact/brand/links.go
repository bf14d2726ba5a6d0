package brand

import (
	"strconv"
	"strings"

	"bonafide/contact/link"
	"bonafide/evidence"
)

// links judges every link: imitation, hidden target, leads away from the brand.
func (j *judge) links() {
	official, web := 0, 0
	for i := range j.in.Links {
		a := &j.in.Links[i]
		where := linkWhere(a, i)
		if im, ok := j.book.LookalikeLink(a); ok {
			j.imitation(im, where)
		}
		for k := range a.Targets {
			if im, ok := j.book.LookalikeLink(&a.Targets[k]); ok {
				j.imitation(im, where)
			}
		}
		if j.acts(a) {
			j.hidden(a, where)
			j.odd(a, where)
			if a.Web() && len(j.claimed) > 0 {
				web++
				if j.leadsToClaimed(a) {
					official++
				} else {
					j.foreign(a, where)
				}
			}
		}
	}
	if web > 0 && official == web {
		args := j.nameArgs(j.claimed[0].Brand)
		args["count"] = strconv.Itoa(web)
		j.add(evidence.Finding{Code: LinkOfficial, Args: args, Strength: 1})
	}
}

func linkWhere(a *link.Analysis, i int) evidence.Where {
	w := evidence.Where{Part: "link:" + strconv.Itoa(i+1), Quote: cut(a.Link.Raw, 160)}
	if a.Link.Part != "" && a.Link.End > a.Link.Start {
		w.Part, w.Start, w.End = a.Link.Part, a.Link.Start, a.Link.End
	}
	return w
}

// acts reports a link that a person would follow, not a picture or a header.
func (j *judge) acts(a *link.Analysis) bool {
	if a.Link.From == "image" || a.Link.From == "header" || a.Problem != "" {
		return false
	}
	return a.Web() || a.Script && a.Scheme != "file"
}

func (j *judge) imitation(im Imitation, where evidence.Where) {
	args := say(j.nameArgs(im.Brand), im.How, j.book.how.Lookalike[im.How])
	args["host"], args["token"] = im.Host, im.Token
	j.add(evidence.Finding{Code: LookalikeDomain, Args: args, Where: where, Source: hostsList, Strength: im.Strength})
}

// hidden reports every way in which an address hides where it leads.
func (j *judge) hidden(a *link.Analysis, where evidence.Where) {
	if j.own(a) {
		return
	}
	report := func(yes bool, weigh, how string) {
		if !yes {
			return
		}
		f := j.book.hosts.Hidden[weigh]
		strength := f.Plain
		if len(j.claimed) > 0 {
			strength = f.Claimed
		}
		if j.provedBrand() {
			strength *= j.book.hosts.Foreign["authenticated"]
		}
		args := say(map[string]string{"host": a.Name()}, how, j.book.how.Hidden[how])
		if a.TextHost != "" {
			args["shown"] = string(a.TextHost)
		}
		j.add(evidence.Finding{Code: LinkHidden, Args: args, Where: where, Source: hostsList, Strength: strength})
	}
	report(a.IP.IsValid() && !private(a), "ip", "ip")
	report(a.Shortener, "shortener", "shortener")
	report(a.Mismatch && a.TextExplicit && !j.sameOwner(a), "mismatch", "mismatch")
	report(a.Mismatch && !a.TextExplicit && !j.sameOwner(a), "mismatch_name", "mismatch")
	report(a.Userinfo != "" && a.Web(), "userinfo", "userinfo")
	report(a.Scheme == "data" || a.Scheme == "blob", "data", "data")
	report((a.Scheme == "javascript" || a.Scheme == "vbscript") && a.Link.From != "html", "javascript", "javascript")
	report(a.Redirect == "open", "redirect", "redirect")
	report(a.Redirect == "parameter" && j.carriesWeb(a), "redirect_plain", "redirect")
	report(a.Hosting && !a.Shortener, "shared_hosting", "shared_hosting")
	report(len(a.Mixed) > 0, "mixed_script", "punycode")
	report(a.Punycode && len(a.Mixed) == 0 && !japanese(a.Unicode), "punycode", "punycode")
}

// own reports an address of a claimed brand itself; its short links and its
// redirects to its own pages hide nothing.
func (j *judge) own(a *link.Analysis) bool {
	if _, d, ok := j.book.OfficialDomain(a.Host); !ok || !d.Linked {
		return false
	}
	for i := range a.Targets {
		if _, _, ok := j.book.OfficialDomain(a.Targets[i].Host); !ok {
			return false
		}
	}
	return a.Userinfo == ""
}

// private reports addresses of the reader's own network (RFC 1918, loopback).
func private(a *link.Analysis) bool {
	return a.IPForm == link.Dotted && (a.IP.IsPrivate() || a.IP.IsLoopback())
}

// carriesWeb reports whether a page lies behind another host: some trackers
// only carry the address that they were called from.
func (j *judge) carriesWeb(a *link.Analysis) bool {
	t := a.Final()
	return t != a && t.Web() && t.Registrable != "" && t.Registrable != a.TextRegistrable
}

// sameOwner reports a text and a target that both are one brand's own.
func (j *judge) sameOwner(a *link.Analysis) bool {
	shown, _, ok1 := j.book.OfficialDomain(a.TextHost)
	to, _, ok2 := j.book.OfficialDomain(a.Final().Host)
	return ok1 && ok2 && shown == to
}

// japanese reports a host whose letters beyond ASCII are of Chinese or Japanese
// script, which imitate nothing Latin.
func japanese(host string) bool {
	for _, r := range host {
		if r >= 0x80 && !unspaced(r) {
			return false
		}
	}
	return true
}

func (j *judge) odd(a *link.Analysis, where evidence.Where) {
	if j.book.known(a.Host) || j.book.partner(a.Host) != "" {
		return
	}
	for _, o := range a.Odd {
		strength := j.book.hosts.Odd[string(o)]
		if len(j.claimed) == 0 {
			strength *= j.book.hosts.Foreign["odd_unclaimed"]
		}
		args := say(map[string]string{"host": a.Name()}, string(o), j.book.how.Odd[string(o)])
		j.add(evidence.Finding{Code: LinkOdd, Args: args, Where: where, Source: hostsList, Strength: strength})
	}
}

// leadsToClaimed reports a link to a domain of a brand that the contact claims.
func (j *judge) leadsToClaimed(a *link.Analysis) bool {
	t := a.Final()
	for _, x := range []*link.Analysis{a, t} {
		id, d, ok := j.book.OfficialDomain(x.Host)
		if !ok || !d.Linked || !d.Status.Shown() || j.strongest(id) == 0 {
			return false
		}
	}
	return a.Userinfo == ""
}

// provedBrand reports that the sender is proved to be a claimed brand.
func (j *judge) provedBrand() bool {
	return j.fromBrand != "" && j.in.Auth.proved() && j.fromDomain.Status.Shown() && !j.book.Relay(j.from.Domain)
}

// foreign reports a link that leads away from the brand that is claimed.
func (j *judge) foreign(a *link.Analysis, where evidence.Where) {
	top := j.claimed[0]
	if _, _, ok := j.book.OfficialDomain(a.Final().Host); ok || j.book.exempt(a.Final().Host) {
		return
	}
	weight := j.book.hosts.Foreign
	strength := top.Strength * weight["plain"]
	switch j.book.partner(a.Host) {
	case "":
	case "tracking":
		strength *= weight["tracking"]
	default:
		return
	}
	switch a.Redirect {
	case "tracking", "shield":
		strength *= weight["tracking"]
	}
	if j.provedBrand() {
		strength *= weight["authenticated"]
	}
	if !short(j.in.Contact) && bare(a) {
		strength *= weight["bare"]
	}
	args := j.nameArgs(top.Brand)
	args["host"] = a.Name()
	j.add(evidence.Finding{Code: LinkForeign, Args: args, Where: where, Source: hostsList, Strength: strength})
}

// bare reports a host that is only named in a text.
func bare(a *link.Analysis) bool {
	return a.Link.From == "text" && !strings.ContainsAny(a.Link.Raw, "/?") && !strings.HasPrefix(strings.ToLower(a.Link.Raw), "www.")
}
