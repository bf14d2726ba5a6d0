package dns

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// fakeServer answers on one loopback port over UDP and TCP.
type fakeServer struct {
	addr     string
	asked    atomic.Int64
	tcpAsked atomic.Int64
	// answer makes the reply; nil means silence.
	answer func(q dnsmessage.Question, id uint16, tcp bool) []byte
}

func newServer(t *testing.T, answer func(q dnsmessage.Question, id uint16, tcp bool) []byte) *fakeServer {
	t.Helper()
	s := &fakeServer{answer: answer}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.addr = udp.LocalAddr().String()
	t.Cleanup(func() { udp.Close(); tcp.Close() })
	go s.serveUDP(udp)
	go s.serveTCP(tcp)
	return s
}

func (s *fakeServer) reply(packet []byte, tcp bool) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(packet)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	return s.answer(q, h.ID, tcp)
}

func (s *fakeServer) serveUDP(c net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		s.asked.Add(1)
		if out := s.reply(buf[:n], false); out != nil {
			c.WriteTo(out, from)
		}
	}
}

func (s *fakeServer) serveTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.tcpAsked.Add(1)
		var size [2]byte
		io.ReadFull(c, size[:])
		buf := make([]byte, binary.BigEndian.Uint16(size[:]))
		io.ReadFull(c, buf)
		out := s.reply(buf, true)
		c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...))
		c.Close()
	}
}

// message packs a reply.
func message(t testing.TB, id uint16, q dnsmessage.Question, code dnsmessage.RCode, truncated bool, answers ...dnsmessage.Resource) []byte {
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: true, RCode: code, Truncated: truncated},
		Questions: []dnsmessage.Question{q}, Answers: answers,
	}
	if len(answers) == 0 {
		zone := dnsmessage.MustNewName("example.org.")
		m.Authorities = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: zone, Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET, TTL: 900},
			Body:   &dnsmessage.SOAResource{NS: zone, MBox: zone, MinTTL: 120},
		}}
	}
	out, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return out
}

func head(name string, kind dnsmessage.Type, ttl uint32) dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET, TTL: ttl}
}

func txt(name string, ttl uint32, parts ...string) dnsmessage.Resource {
	return dnsmessage.Resource{Header: head(name, dnsmessage.TypeTXT, ttl), Body: &dnsmessage.TXTResource{TXT: parts}}
}

// standard serves a few records of example.org.
func standard(t testing.TB) func(q dnsmessage.Question, id uint16, tcp bool) []byte {
	return func(q dnsmessage.Question, id uint16, tcp bool) []byte {
		name := strings.ToLower(q.Name.String())
		ok := func(r ...dnsmessage.Resource) []byte { return message(t, id, q, dnsmessage.RCodeSuccess, false, r...) }
		switch {
		case name == "s1._domainkey.example.org." && q.Type == dnsmessage.TypeTXT:
			return ok(txt(name, 60, "v=DKIM1; ", "p=AAAA"))
		case name == "alias.example.org." && q.Type == dnsmessage.TypeTXT:
			return ok(
				dnsmessage.Resource{Header: head(name, dnsmessage.TypeCNAME, 30), Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("Real.example.net.")}},
				txt("other.example.net.", 30, "not this"),
				txt("real.example.net.", 30, "this"))
		case name == "long.example.org.":
			if !tcp {
				return message(t, id, q, dnsmessage.RCodeSuccess, true)
			}
			return ok(txt(name, 60, strings.Repeat("x", 255), strings.Repeat("y", 255)))
		case name == "example.org." && q.Type == dnsmessage.TypeMX:
			mx := func(p uint16, h string) dnsmessage.Resource {
				return dnsmessage.Resource{Header: head(name, dnsmessage.TypeMX, 60), Body: &dnsmessage.MXResource{Pref: p, MX: dnsmessage.MustNewName(h)}}
			}
			return ok(mx(20, "b.example.org."), mx(10, "a.example.org."))
		case name == "a.example.org." && q.Type == dnsmessage.TypeA:
			return ok(dnsmessage.Resource{Header: head(name, q.Type, 60), Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}})
		case name == "a.example.org." && q.Type == dnsmessage.TypeAAAA:
			return ok(dnsmessage.Resource{Header: head(name, q.Type, 60), Body: &dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}})
		case name == "1.2.0.192.in-addr.arpa.":
			return ok(dnsmessage.Resource{Header: head(name, q.Type, 60), Body: &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("a.example.org.")}})
		case name == "broken.example.org.":
			return message(t, id, q, dnsmessage.RCodeServerFailure, false)
		case name == "silent.example.org.":
			return nil
		}
		return message(t, id, q, dnsmessage.RCodeNameError, false)
	}
}

func testResolver(t *testing.T, change func(*Config), servers ...string) *Resolver {
	t.Helper()
	c := Config{Servers: servers, Timeout: 300 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
