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
	"bonafide/fault"
	"bonafide/store/storetest"
)

// TestReadyOnlyWithRecords: readiness follows the database down and up again.
func TestReadyOnlyWithRecords(t *testing.T) {
	p := storetest.StartPostgres(t)
	cfg := config.Default()
	cfg.OCR.Enabled = false
	cfg.Store.DSN, cfg.Keys.File = p.DSN(t), filepath.Join(t.TempDir(), "keyring.json")
	records, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	s, err := New(cfg, Options{Store: records})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (int, string) {
		s.probe.asked = time.Time{}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		body, _ := io.ReadAll(w.Body)
		return w.Code, string(body)
	}
	if code, body := ask(); code != http.StatusOK {
		t.Errorf("with the database: %d %s: want 200", code, body)
	}
	p.Stop()
	if code, body := ask(); code != http.StatusServiceUnavailable || !strings.Contains(body, "records") || strings.Contains(body, "postgres") {
		t.Errorf("without the database: %d %s: want 503 that names records and no address", code, body)
	}
	p.Start(t)
	if code, body := ask(); code != http.StatusOK {
		t.Errorf("with the database again: %d %s: want 200", code, body)
	}
}

// TestCustodyMakesNothing: a look at records that are not there makes none.
func TestCustodyMakesNothing(t *testing.T) {
	cfg := config.Default()
	cfg.Store.DSN = t.TempDir() + "/none/bonafide.db"
	_, _, err := Custody(context.Background(), cfg)
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("error %v: want NotFound", err)
	}
}
