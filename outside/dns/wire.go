package dns

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Bounds on one answer.
const (
	udpSize    = 1232 // bytes of an answer over UDP (RFC 9715)
	maxRecords = 256  // records that are read
	maxAliases = 8    // CNAMEs that are followed
	maxText    = 16 << 10
)

// exchange asks one server once: over UDP from a fresh port with a random id
// (RFC 5452), and over TCP when the answer does not fit.
func exchange(ctx context.Context, server string, q question, timeout time.Duration) answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	id, packet, err := pack(q)
	if err != nil {
		return answer{state: missing}
	}
	a, truncated := overUDP(ctx, server, id, packet, q)
	if truncated {
		return overTCP(ctx, server, id, packet, q)
	}
	return a
}

// pack builds a question with an EDNS size (RFC 6891).
func pack(q question) (id uint16, packet []byte, err error) {
	var random [2]byte
	if _, err := rand.Read(random[:]); err != nil {
		return 0, nil, err
	}
	id = binary.BigEndian.Uint16(random[:])
	name, err := dnsmessage.NewName(q.name + ".")
	if err != nil {
		return 0, nil, err
	}
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: true})
	var opt dnsmessage.ResourceHeader
	err = errors.Join(
		b.StartQuestions(),
		b.Question(dnsmessage.Question{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}),
		b.StartAdditionals(),
		opt.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, false),
		b.OPTResource(opt, dnsmessage.OPTResource{}),
	)
	if err != nil {
		return 0, nil, err
	}
	packet, err = b.Finish()
	return id, packet, err
}

// overUDP sends a packet and waits for its answer; packets that are no answer
// to it are passed over.
func overUDP(ctx context.Context, server string, id uint16, packet []byte, q question) (a answer, truncated bool) {
	conn, err := dial(ctx, "udp", server)
	if err != nil {
		return answer{}, false
	}
	defer conn.Close()
	if _, err := conn.Write(packet); err != nil {
		return answer{}, false
	}
	buf := make([]byte, udpSize+1)
	for range 64 { // a flood of false answers ends the wait
		n, err := conn.Read(buf)
		if err != nil {
			return answer{}, false
		}
		a, truncated, err := read(buf[:n], id, q)
		if err == nil {
			return a, truncated
		}
	}
	return answer{}, false
}

// overTCP sends a packet with its length in front (RFC 1035, 4.2.2).
func overTCP(ctx context.Context, server string, id uint16, packet []byte, q question) answer {
	conn, err := dial(ctx, "tcp", server)
	if err != nil {
		return answer{}
	}
	defer conn.Close()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)); err != nil {
		return answer{}
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return answer{}
	}
	buf := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return answer{}
	}
	a, truncated, err := read(buf, id, q)
	if err != nil || truncated {
		return answer{}
	}
	return a
}

// dial connects and sets the deadline of ctx.
func dial(ctx context.Context, network, server string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

var errNotOurs = errors.New("dns: not an answer to this question")

// read takes an answer apart. An error says that the packet is no answer to q.
func read(packet []byte, id uint16, q question) (a answer, truncated bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(packet)
	if err != nil || h.ID != id || !h.Response {
		return a, false, errNotOurs
	}
	asked, err := p.Question()
	if err != nil || asked.Type != q.kind || asked.Class != dnsmessage.ClassINET || plain(asked.Name) != q.name {
		return a, false, errNotOurs
	}
	if err := p.SkipAllQuestions(); err != nil {
		return a, false, errNotOurs
	}
	if h.Truncated {
		return a, true, nil
	}
	switch h.RCode {
	case dnsmessage.RCodeSuccess:
		a = records(&p, q)
	case dnsmessage.RCodeNameError:
		a = answer{state: missing}
		_ = p.SkipAllAnswers()
	default:
		return answer{state: failed}, false, nil
	}
	if a.state == missing {
		a.ttl = negativeTTL(&p)
	}
	return a, false, nil
}

func plain(n dnsmessage.Name) string {
	return strings.ToLower(strings.TrimSuffix(n.String(), "."))
}

// records collects the records of the name asked for, or of the name that its
// aliases lead to.
func records(p *dnsmessage.Parser, q question) answer {
	all := map[string]answer{}
	alias := map[string]string{}
	for range maxRecords {
		h, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return answer{state: failed}
		}
		owner := plain(h.Name)
		if h.Type == dnsmessage.TypeCNAME && h.Class == dnsmessage.ClassINET {
			c, err := p.CNAMEResource()
			if err != nil {
				return answer{state: failed}
			}
			alias[owner] = plain(c.CNAME)
			continue
		}
		if h.Type != q.kind || h.Class != dnsmessage.ClassINET {
			if err := p.SkipAnswer(); err != nil {
				return answer{state: failed}
			}
			continue
		}
		a, err := all[owner].add(p, h)
		if err != nil {
			return answer{state: failed}
		}
		all[owner] = a
	}
	name := q.name
	for range maxAliases {
		if a, ok := all[name]; ok {
			return a
		}
		next, ok := alias[name]
		if !ok {
			break
		}
		name = next
	}
	return answer{state: missing}
}

// add reads one record into an answer.
func (a answer) add(p *dnsmessage.Parser, h dnsmessage.ResourceHeader) (answer, error) {
	ttl := time.Duration(h.TTL) * time.Second
	if a.state != found || ttl < a.ttl {
		a.ttl = ttl
	}
	a.state = found
	switch h.Type {
	case dnsmessage.TypeTXT:
		r, err := p.TXTResource()
		text := strings.Join(r.TXT, "")
		if len(text) > maxText {
			return a, errors.New("dns: text longer than the bound of 16 KiB")
		}
		a.texts = append(a.texts, text)
		return a, err
	case dnsmessage.TypePTR:
		r, err := p.PTRResource()
		a.texts = append(a.texts, r.PTR.String())
		return a, err
	case dnsmessage.TypeMX:
		r, err := p.MXResource()
		a.mx = append(a.mx, net.MX{Host: r.MX.String(), Pref: r.Pref})
		return a, err
	case dnsmessage.TypeA:
		r, err := p.AResource()
		a.ips = append(a.ips, netip.AddrFrom4(r.A))
		return a, err
	case dnsmessage.TypeAAAA:
		r, err := p.AAAAResource()
		a.ips = append(a.ips, netip.AddrFrom16(r.AAAA))
		return a, err
	}
	return a, p.SkipAnswer()
}

// negativeTTL returns how long "there is none" may be remembered: the smaller
// of the SOA's own TTL and its minimum (RFC 2308, 5).
func negativeTTL(p *dnsmessage.Parser) time.Duration {
	const unknown = time.Minute
	if err := p.SkipAllAnswers(); err != nil && err != dnsmessage.ErrSectionDone {
		return unknown
	}
	for range maxRecords {
		h, err := p.AuthorityHeader()
		if err != nil {
			return unknown
		}
		if h.Type != dnsmessage.TypeSOA {
			if p.SkipAuthority() != nil {
				return unknown
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return unknown
		}
		return time.Duration(min(h.TTL, soa.MinTTL)) * time.Second
	}
	return unknown
}
