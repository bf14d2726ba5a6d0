package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
	"bonafide/store/storetest"
)

// TestHeadsAreKeptElsewhere: a server that was told to posts signed heads at its
// start, the command posts them once, and what was kept shows a chain that
// somebody wrote anew.
func TestHeadsAreKeptElsewhere(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	posted := make(chan string, 10)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := webhook.Verify(secret, r.Header, body, time.Now()); err != nil {
			t.Errorf("a message that does not verify: %v", err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		posted <- string(body)
	}))
	defer elsewhere.Close()
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Server.Address, cfg.Server.Metrics = false, "127.0.0.1:0", ""
	cfg.Store.DSN = filepath.Join(t.TempDir(), "bonafide.db")
	if _, err := Anchor(t.Context(), cfg); fault.KindOf(err) != fault.NotConfigured {
		t.Errorf("without an address: %v", err)
	}
	cfg.Audit.Anchor.URL, cfg.Audit.Anchor.Secret = elsewhere.URL, secret
	s, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	day := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if err := store.Change(t.Context(), s, storetest.NewDeed("main", "report.add", "r1", day), func(store.Records) error { return nil }); err != nil {
		t.Fatal(err)
	}
	srv, err := New(cfg, Options{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := srv.anchor(ctx)
	first := <-posted
	stop()
	heads, err := Anchor(t.Context(), cfg)
	if err != nil || len(heads) != 1 || !strings.Contains(first, heads[0].String()) {
		t.Errorf("the command posted %v, %v; the server %s", heads, err, first)
	}
	kept, err := custody.ParseAnchors(first + "\n" + <-posted + "\n\n" + heads[0].String() + "\n")
	if err != nil || len(kept) != 3 {
		t.Fatalf("what was kept reads as %v, %v", kept, err)
	}
	verify := func(anchors []custody.Anchor) *custody.Break {
		t.Helper()
		out, err := custody.New(s).Verify(t.Context(), custody.Scope{Anchors: anchors})
		if err != nil || len(out) != 1 {
			t.Fatal(out, err)
		}
		return out[0].Broken
	}
	if b := verify(kept); b != nil {
		t.Errorf("an untouched chain: %+v", b)
	}
	kept[0].Hash[0]++
	if b := verify(kept); b == nil {
		t.Error("a chain that was written anew is not seen")
	}
	for _, text := range []string{`{"type":"other"}`, `{"type":`, "main:1", `{"type":"audit.heads","data":{"heads":["x"]}}`} {
		if _, err := custody.ParseAnchors("\n" + text); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	elsewhere.Close()
	srv.keeper = refusing{}
	if _, err := custody.New(s).Anchor(t.Context(), day, srv.keeper); err == nil || !strings.Contains(err.Error(), "not kept elsewhere") {
		t.Errorf("a keeper that refuses: %v", err)
	}
}

type refusing struct{}

func (refusing) Keep(context.Context, string, []byte) error {
	return fault.New(fault.Temporary, "", "no")
}
