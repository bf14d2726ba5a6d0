package mailauth

import (
	"context"
	"net/netip"
	"strings"

	"bonafide/ident"
)

// connection is what is known of the SMTP session in which the mail came.
type connection struct {
	ip             netip.Addr
	helo, mailFrom string
	nullSender     bool
}

// spf evaluates SPF (RFC 7208) when the address of the sending host is known.
func (c *checker) spf(ctx context.Context, b block) SPF {
	conn := c.connection(b)
	if !conn.ip.IsValid() {
		return SPF{Reason: "the address of the sending host is not known"}
	}
	out := SPF{IP: conn.ip, Identity: "mailfrom"}
	sender := conn.mailFrom
	if sender == "" {
		if !conn.nullSender {
			return SPF{IP: conn.ip, Reason: "the envelope sender is not known"}
		}
		// RFC 7208, 2.4: the null sender is checked as postmaster@HELO.
		out.Identity, sender = "helo", "postmaster@"+conn.helo
	}
	domain := sender[strings.LastIndexByte(sender, '@')+1:]
	out.Domain = asciiDomain(domain)
	if c.in.Resolver == nil {
		out.Reason = "offline"
		return out
	}
	if !isDNSName(string(out.Domain)) || !strings.Contains(string(out.Domain), ".") {
		out.Value, out.Reason = None, "no domain to ask"
		return out
	}
	return c.evaluateSPF(ctx, out, sender, conn.helo)
}

// evaluateSPF evaluates the record of the sender's domain.
func (c *checker) evaluateSPF(ctx context.Context, out SPF, sender, helo string) SPF {
	local := sender[:max(strings.LastIndexByte(sender, '@'), 0)]
	if local == "" {
		local = "postmaster" // RFC 7208, 4.3
	}
	e := &spfEval{dns: c.dns, ip: out.IP.Unmap().WithZone(""), local: local, domain: string(out.Domain), helo: helo}
	if out.Value = e.checkHost(ctx, e.domain); out.Value != Pass {
		out.Reason = "spf: " + string(out.Value)
	}
	return out
}

// connection takes what the operator says, else what a trusted host wrote.
func (c *checker) connection(b block) connection {
	conn := connection{ip: c.in.ClientIP, helo: c.in.HELO, mailFrom: strings.Trim(c.in.MailFrom, "<> ")}
	conn.nullSender = c.in.MailFrom != "" && conn.mailFrom == ""
	if !conn.ip.IsValid() {
		conn.ip, conn.helo = b.ip, b.helo
	}
	if c.in.MailFrom == "" && b.hasReturnPath {
		conn.mailFrom, conn.nullSender = b.returnPath, b.returnPath == ""
	}
	return conn
}

// mailFromDomain returns the domain of the envelope sender where that is known.
func (c *checker) mailFromDomain(b block) (d ident.Domain, known bool) {
	conn := c.connection(b)
	if conn.mailFrom == "" {
		return "", false
	}
	return asciiDomain(conn.mailFrom[strings.LastIndexByte(conn.mailFrom, '@')+1:]), true
}
