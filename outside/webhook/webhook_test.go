package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bonafide/fault"
	"bonafide/outside/webhook"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// receiver answers with the statuses in turn, the last one for good.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	seen  []http.Header
	texts []string
}

func receive(t *testing.T, status ...int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen, r.texts = append(r.seen, req.Header.Clone()), append(r.texts, string(body))
		code := status[min(len(r.seen), len(status))-1]
		if code >= 300 && code < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) count() int { r.mu.Lock(); defer r.mu.Unlock(); return len(r.seen) }

func sender(t *testing.T, c webhook.Config) *webhook.Sender {
	t.Helper()
	if c.Secret == "" {
		c.Secret = secret
	}
	if c.Wait == 0 {
		c.Wait = time.Millisecond
	}
	c.Longest = max(c.Longest, 5*time.Millisecond)
	if c.Now == nil {
		c.Now = func() time.Time { return noon }
	}
	s, err := webhook.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var message = webhook.Message{ID: "msg_1", Body: []byte(`{"type":"audit.heads"}`)}

// TestVectorOfTheStandard: the example of the Standard Webhooks specification.
func TestVectorOfTheStandard(t *testing.T) {
	h := http.Header{}
	h.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	h.Set("webhook-timestamp", "1614265330")
	h.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	body := []byte(`{"test": 2432232314}`)
	if err := webhook.Verify(secret, h, body, time.Unix(1614265330, 0)); err != nil {
		t.Error(err)
	}
}

// TestSignedAndWhole: what arrives is what was sent, and a receiver tells it from
// what was changed, is old, or is of another secret.
func TestSignedAndWhole(t *testing.T) {
	r := receive(t, 204)
	if err := sender(t, webhook.Config{URL: r.URL}).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	h, body := r.seen[0], []byte(r.texts[0])
	if string(body) != string(message.Body) || h.Get("Content-Type") != "application/json" {
		t.Errorf("arrived: %q, %v", body, h)
	}
	if err := webhook.Verify(secret, h, body, noon.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	other := h.Clone()
	other.Set("webhook-id", "msg_2")
	for what, err := range map[string]error{
		"another text":   webhook.Verify(secret, h, append(body, ' '), noon),
		"another id":     webhook.Verify(secret, other, body, noon),
		"an old one":     webhook.Verify(secret, h, body, noon.Add(webhook.Tolerance+time.Second)),
		"a later one":    webhook.Verify(secret, h, body, noon.Add(-webhook.Tolerance-time.Second)),
		"another secret": webhook.Verify(strings.Repeat("x", 32), h, body, noon),
		"no signature":   webhook.Verify(secret, http.Header{}, body, noon),
	} {
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v: want Forbidden", what, err)
		}
	}
}

// TestTries: what may pass is tried again with the same id, what is refused is
// not, and no redirect is followed.
func TestTries(t *testing.T) {
	for _, c := range []struct {
		status []int
		tries  int
		kind   fault.Kind // -1: no error
	}{
		{[]int{200}, 1, -1}, {[]int{500, 429, 503, 202}, 4, -1}, {[]int{500}, 6, fault.Temporary}, {[]int{400}, 1, fault.Conflict},
		{[]int{503, 410}, 2, fault.Conflict}, {[]int{302}, 1, fault.Conflict}, {[]int{307}, 1, fault.Conflict},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			r := receive(t, c.status...)
			err := sender(t, webhook.Config{URL: r.URL + "/token"}).Send(t.Context(), message)
			if (err == nil) != (c.kind == -1) || err != nil && fault.KindOf(err) != c.kind {
				t.Errorf("error %v: want kind %d", err, c.kind)
			}
			if r.count() != c.tries {
				t.Errorf("%d tries: want %d", r.count(), c.tries)
			}
			for _, h := range r.seen {
				if h.Get("webhook-id") != message.ID {
					t.Errorf("a try has the id %s", h.Get("webhook-id"))
				}
			}
			if err != nil && strings.Contains(err.Error(), "token") {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}

// TestNobodyThere: an address where nobody is gives an error without it, and the
// end of the context ends the waiting.
func TestNobodyThere(t *testing.T) {
	r := receive(t, 200)
	at := r.URL
	r.Close()
	err := sender(t, webhook.Config{URL: at + "/token", Tries: 2}).Send(t.Context(), message)
	if fault.KindOf(err) != fault.Temporary || strings.Contains(err.Error(), "token") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("error %v: want Temporary without the address", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender(t, webhook.Config{URL: at, Wait: time.Hour, Longest: time.Hour}).Send(ctx, message); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}

// TestRefused: addresses and secrets that are none, and messages that cannot be
// sent.
func TestRefused(t *testing.T) {
	for _, c := range []webhook.Config{
		{URL: "http://keep.example", Secret: secret}, {URL: "ftp://keep.example", Secret: secret}, {URL: "https://me:word@keep.example", Secret: secret},
		{URL: "https:///x", Secret: secret}, {URL: "", Secret: secret}, {URL: "https://keep.example"}, {URL: "https://keep.example", Secret: "short"},
		{URL: "https://keep.example", Secret: "whsec_c2hvcnQ="},
	} {
		if _, err := webhook.New(c); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "word") && strings.Contains(err.Error(), "me:") {
			t.Errorf("%q: %v: want Invalid", c.URL, err)
		}
	}
	r := receive(t, 200)
	s := sender(t, webhook.Config{URL: r.URL})
	for _, m := range []webhook.Message{{}, {ID: "a b"}, {ID: "a\r\nx: y"}, {ID: strings.Repeat("x", webhook.MaxID+1)}, {ID: "x", Body: make([]byte, webhook.MaxBody+1)}} {
		if err := s.Send(t.Context(), m); err == nil {
			t.Errorf("a message with the id %q was sent", m.ID)
		}
	}
	if r.count() != 0 {
		t.Error("something was sent")
	}
}

// FuzzVerify: whatever somebody sends, nothing but what was signed verifies.
func FuzzVerify(f *testing.F) {
	f.Add("msg_1", "1795348800", "v1,x", "{}")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, id, when, sig, body string) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {when}, "Webhook-Signature": {sig}}
		if webhook.Verify(secret, h, []byte(body), noon) == nil {
			t.Errorf("%q %q %q verifies", id, when, sig)
		}
	})
}
