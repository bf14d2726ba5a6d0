package eval

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net"
	"strings"
	"time"

	"bonafide/desk/contacts"
	"bonafide/eval/clock"
	"bonafide/eval/corpus"
)

// timed tells how many contacts of each set of mails and texts a second of processor
// time checks, one after the other, by the desk that evaluates authentication: they are
// in memory before, so that reading the archives is not counted. The collector's work
// is.
func (m measurer) timed(ctx context.Context, t *tally) error {
	if m.opt.Timed == nil {
		return nil
	}
	desk, err := m.opt.Timed()
	if err != nil {
		return err
	}
	for i, s := range m.sets {
		if s.Channel != "mail" && s.Channel != "sms" {
			continue
		}
		speed, err := m.timedSet(ctx, desk, s)
		if err != nil {
			return err
		}
		if speed.Contacts > 0 {
			t.report.Sets[i].Timed = &speed
		}
	}
	return nil
}

// timedAtOnce is how many contacts are in memory while their checks are timed.
const timedAtOnce = 100

func (m measurer) timedSet(ctx context.Context, desk Checker, s corpus.Set) (Speed, error) {
	var (
		reqs      []contacts.Request
		n         int
		wall, cpu time.Duration
	)
	check := func() error {
		start, before := time.Now(), clock.CPU()
		for _, req := range reqs {
			if _, err := desk.Check(ctx, req, contacts.Caller{}); err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		wall, cpu, n = wall+time.Since(start), cpu+clock.CPU()-before, n+len(reqs)
		reqs = reqs[:0]
		return nil
	}
	for c, err := range m.library.Contacts(s, m.query(m.opt.Part)) {
		if err != nil {
			return Speed{}, err
		}
		if len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
			continue
		}
		if reqs = append(reqs, request(s, c)); len(reqs) == timedAtOnce {
			if err := check(); err != nil {
				return Speed{}, err
			}
		}
	}
	err := check()
	return newSpeed(n, wall, cpu), err
}

// Keys answers every question for a record or key of DNS, so that SPF, DKIM, DMARC and
// ARC are evaluated to their end: the keys of the senders are not known, so every
// signature is computed and found wrong. It is for measuring speed and may be used by
// many goroutines.
type Keys struct{ key string }

// NewKeys makes Keys with an RSA key of 2048 bits.
func NewKeys() (*Keys, error) {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Keys{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)}, nil
}

// LookupTXT has a key for every selector, a policy and an SPF record for every domain.
func (k *Keys) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case strings.Contains(name, "._domainkey."):
		return []string{k.key}, nil
	case strings.HasPrefix(name, "_dmarc."):
		return []string{"v=DMARC1; p=none"}, nil
	}
	return []string{"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx ~all"}, nil
}

// LookupMX names one exchange of the domain.
func (*Keys) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx." + name, Pref: 10}}, nil
}

// LookupIPAddr has an address of documentation for every host (RFC 5737).
func (*Keys) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return []net.IPAddr{{IP: net.IPv4(192, 0, 2, 1)}}, nil
}

// LookupAddr names a host for every address.
func (*Keys) LookupAddr(context.Context, string) ([]string, error) {
	return []string{"mx.example.com."}, nil
}
