// Package webhook posts signed messages to one address, by the scheme of Standard Webhooks (standardwebhooks.com, 1.0.0): a
// receiver can tell that a message is from this server, is whole, is new, and
// whether it came before.
//
//	webhook-id: msg_…             the same for each try of one message
//	webhook-timestamp: 1795340000 seconds since 1970, of the try
//	webhook-signature: v1,BASE64  HMAC-SHA-256 of "id.timestamp.body"; while a secret
//	                              is being changed a second one after a space
//
// It follows no redirect and no proxy, takes https (http on this machine only), and
// posts nowhere but to the one address. What a receiver answers is not read, but for
// its status. For an address that people type in set Public: then it is https, and
// each connection is refused that would lead into the server's own network, whatever
// the name in the address meant before.
//
//	s, err := webhook.New(webhook.Config{URL: "https://keep.example/bonafide", Secret: secret})
//	err = s.Send(ctx, webhook.Message{ID: id, Body: body})
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bonafide/fault"
	"bonafide/outside/local"
)

// Config says where messages go. URL and Secret are needed; a zero value of
// another field means its default.
type Config struct {
	// URL is an https address, or an http address of this machine, without user.
	URL string
	// Secret signs: "whsec_" and 24 to 64 bytes in base64, or any other text of at
	// least 32 characters, taken as it is.
	Secret string
	// Before is the secret of before a change, empty for none: a receiver that still
	// has that one takes what is signed by both.
	Before string
	// Timeout ends one try; default 10 s.
	Timeout time.Duration
	// Tries is how often one message is tried; default 6. Wait is how long the
	// second try waits, doubled for each further one up to Longest; defaults 1 s and
	// 1 minute.
	Tries         int
	Wait, Longest time.Duration
	// Public refuses http, and connections to addresses that are not of the public
	// internet. It is asked of the address of each connection, after the name was
	// looked up, so that a name that changes its meaning leads nowhere else.
	Public bool
	// Now is the clock of signatures; default time.Now.
	Now func() time.Time
}

// Bounds of messages.
const (
	// MaxBody is how many bytes a message has at most, MaxID its id.
	MaxBody = 256 << 10
	MaxID   = 128
	maxTry  = 20
	// maxAnswer is how much of an answer is taken off the line.
	maxAnswer = 16 << 10
)

// Message is one message.
type Message struct {
	// ID names the message for the receiver: one that it saw is a repetition. Letters,
	// digits, hyphens, underscores and dots.
	ID string
	// Body is JSON.
	Body []byte
}

// Sender posts messages. It is safe for concurrent use.
type Sender struct {
	cfg     Config
	secrets [][]byte // the present one first
	client  *http.Client
}

// New makes a sender and checks its configuration; its errors hold no secret.
func New(c Config) (*Sender, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && local.Host(u.Hostname())) {
		return nil, fault.New(fault.Invalid, "url", "of a webhook is no https address without user and password (http is taken for this machine only)")
	}
	if c.Public && u.Scheme != "https" {
		return nil, fault.New(fault.Invalid, "url", "of a webhook is no https address")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); c.Public && (err == nil && !public(ip) || local.Host(u.Hostname())) {
		return nil, errPrivate()
	}
	var secrets [][]byte
	for _, text := range []string{c.Secret, c.Before} {
		if text == "" && len(secrets) > 0 {
			continue
		}
		secret, err := secretOf(text)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Tries <= 0 {
		c.Tries = 6
	}
	c.Tries = min(c.Tries, maxTry)
	if c.Wait <= 0 {
		c.Wait = time.Second
	}
	if c.Longest <= 0 {
		c.Longest = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	dialer := &net.Dialer{Timeout: c.Timeout}
	if c.Public {
		dialer.Control = onlyPublic
	}
	return &Sender{cfg: c, secrets: secrets, client: &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: c.Timeout, MaxIdleConns: 2,
			IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxAnswer, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
	}}, nil
}

// Close ends connections that wait for a next message. The sender can be used still.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

const secretMark = "whsec_"

// secretOf reads a secret as it is handed out.
func secretOf(s string) ([]byte, error) {
	bad := fault.New(fault.Invalid, "secret", "of a webhook is missing or short: want whsec_ and 24 to 64 bytes in base64, or a text of at least 32 characters")
	if rest, ok := strings.CutPrefix(s, secretMark); ok {
		raw, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(raw) < 24 || len(raw) > 64 {
			return nil, bad
		}
		return raw, nil
	}
	if len(s) < 32 || len(s) > 256 {
		return nil, bad
	}
	return []byte(s), nil
}

// Check returns what is wrong with a message, nil if it can be sent.
func (m Message) Check() error {
	plain := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}
	switch {
	case m.ID == "" || len(m.ID) > MaxID || strings.ContainsFunc(m.ID, plain):
		return fault.New(fault.Invalid, "id", "of a message is not 1 to %d letters, digits, hyphens, underscores and dots", MaxID)
	case len(m.Body) > MaxBody:
		return fault.New(fault.TooLarge, "body", "of a message has %d bytes: at most %d are sent", len(m.Body), MaxBody)
	}
	return nil
}

// Send posts a message until the receiver takes it (any status of 2xx): what may
// pass is tried again after a while (no connection, 408, 425, 429, 5xx; Retry-After
// is kept within Longest), anything else is not. Temporary when all tries failed,
// Conflict when the receiver refuses.
func (s *Sender) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	wait := s.cfg.Wait
	for try := 1; ; try++ {
		again, err := s.try(ctx, m)
		var later *later
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !again:
			return err
		case try == s.cfg.Tries:
			return &fault.Error{Kind: fault.Temporary, Text: fmt.Sprintf("webhook: the receiver did not take a message in %d tries: %v", try, err), Cause: err}
		}
		pause := min(wait, s.cfg.Longest)
		if errors.As(err, &later) {
			pause = min(max(pause, later.wait), s.cfg.Longest)
		}
		wait = min(2*wait, s.cfg.Longest)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// later is an answer that asks for another time.
type later struct {
	status int
	wait   time.Duration
}

func (l *later) Error() string { return "it answered with status " + strconv.Itoa(l.status) }

// Answer is what became of one try.
type Answer struct {
	// Status is that of HTTP; 0: there was no answer.
	Status int
	// After is how long the receiver asks to be left alone; 0: it does not.
	After time.Duration
}

// Taken tells whether the receiver took the message.
func (a Answer) Taken() bool { return a.Status >= 200 && a.Status < 300 }

// Post posts a message once, whatever comes of it. The error tells why there was no
// answer: Conflict for an address that is refused (Public), else Temporary.
func (s *Sender) Post(ctx context.Context, m Message) (Answer, error) {
	if err := m.Check(); err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(m.Body))
	if err != nil {
		return Answer{}, fault.New(fault.Invalid, "url", "of a webhook is no address")
	}
	when := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Bonafide")
	req.Header.Set("webhook-id", m.ID)
	req.Header.Set("webhook-timestamp", when)
	var signed []string
	for _, secret := range s.secrets {
		signed = append(signed, "v1,"+base64.StdEncoding.EncodeToString(mac(secret, m.ID, when, m.Body)))
	}
	req.Header.Set("webhook-signature", strings.Join(signed, " "))
	res, err := s.client.Do(req)
	if err != nil {
		return Answer{}, unreachable(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // so that the connection can be used again
	n, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	return Answer{Status: res.StatusCode, After: time.Duration(max(0, min(n, 86400))) * time.Second}, nil
}

// try posts a message once and tells whether another try may help.
func (s *Sender) try(ctx context.Context, m Message) (again bool, err error) {
	a, err := s.Post(ctx, m)
	if err != nil {
		return fault.KindOf(err) == fault.Temporary, err
	}
	switch c := a.Status; {
	case a.Taken():
		return false, nil
	case c == http.StatusRequestTimeout || c == http.StatusTooEarly || c == http.StatusTooManyRequests || c >= 500:
		return true, &later{c, a.After}
	case c >= 300 && c < 400:
		return false, fault.New(fault.Conflict, "url", "of a webhook leads elsewhere (status %d), where it is not followed: configure the address that it leads to", c)
	default:
		return false, fault.New(fault.Conflict, "", "webhook: the receiver refuses a message (status %d): check address and secret on both sides", c)
	}
}

// unreachable leaves the address out of the error: it may hold a token.
func unreachable(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, errNotPublic) {
		return errPrivate()
	}
	text := "it cannot be reached"
	var dns *net.DNSError
	if os, ok := err.(interface{ Timeout() bool }); ok && os.Timeout() {
		text = "it does not answer in time"
	} else if errors.As(err, &dns) {
		text = "its name is not known"
	}
	return &fault.Error{Kind: fault.Temporary, Text: text}
}

// mac is the signature of a try.
func mac(secret []byte, id, when string, body []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + when + "."))
	m.Write(body)
	return m.Sum(nil)
}

// Tolerance is how far the time of a message may be from the receiver's.
const Tolerance = 5 * time.Minute

// Verify is for receivers: it checks that a message with these headers was sent
// by who has the secret, within Tolerance of now. Any other is Forbidden. A
// receiver also keeps the ids of Tolerance, to see repetitions.
func Verify(secret string, h http.Header, body []byte, now time.Time) error {
	key, err := secretOf(secret)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Forbidden, "webhook-signature", "is not one of this message and secret, or the message is old")
	when, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return bad
	}
	if d := now.Unix() - when; d > int64(Tolerance.Seconds()) || d < -int64(Tolerance.Seconds()) {
		return bad
	}
	want := mac(key, h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	for _, sig := range strings.Fields(h.Get("webhook-signature")) {
		rest, ok := strings.CutPrefix(sig, "v1,")
		got, err := base64.StdEncoding.DecodeString(rest)
		if ok && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return bad
}
