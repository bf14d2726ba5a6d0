package webhook

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"bonafide/fault"
)

// TestPublic: what is of a machine's own network is none of the public internet, in
// each writing that leads there.
func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "::ffff:93.184.216.34": true,
		"127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1%eth0": false, "fd00::1": false, "fec0::1": false, "100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "192.0.2.1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v, want %v", text, got, want)
		}
	}
}

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestPrivateIsRefusedWhenDialled: a name that led elsewhere when the address was
// set, and leads to this machine when the connection is made (DNS rebinding), is
// refused before a byte is sent; without Public it is reached.
func TestPrivateIsRefusedWhenDialled(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{true, false} {
		s, err := New(Config{URL: "https://rebound.example.com:" + u.Port() + "/hook", Secret: testSecret, Public: closed})
		if err != nil {
			t.Fatal(err)
		}
		dial, tr := s.client.Transport.(*http.Transport).DialContext, s.client.Transport.(*http.Transport)
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) { // as a resolver would answer now
			_, port, _ := net.SplitHostPort(address)
			return dial(ctx, network, "localhost:"+port)
		}
		tr.TLSClientConfig.InsecureSkipVerify = true //nolint:gosec // a server of the test's own
		a, err := s.Post(t.Context(), Message{ID: "dec_1", Body: []byte("{}")})
		if closed && (fault.KindOf(err) != fault.Conflict || asked.Load() != 0) {
			t.Errorf("a private address was asked %d times, error %v", asked.Load(), err)
		}
		if !closed && (err != nil || !a.Taken() || asked.Load() != 1) {
			t.Errorf("an allowed address: %+v, %v", a, err)
		}
	}
}

// TestPublicAddresses: what can be told from the address itself is refused at once.
func TestPublicAddresses(t *testing.T) {
	for _, text := range []string{"http://shop.example.com/h", "https://localhost/h", "https://127.0.0.1/h", "https://[::1]/h", "https://10.0.0.1/h", "https://169.254.169.254/h", "https://u:p@shop.example.com/h"} {
		if _, err := New(Config{URL: text, Secret: testSecret, Public: true}); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
	if _, err := New(Config{URL: "https://shop.example.com/h?token=x", Secret: testSecret, Public: true}); err != nil {
		t.Error(err)
	}
}
