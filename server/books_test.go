package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"bonafide/access"
	"bonafide/config"
	"bonafide/desk/accounts"
	"bonafide/desk/people"
	"bonafide/locale"
)

// TestNoticeAgainstEvents: a server without books of orders compares a notice with its
// own events, for whom a voucher vouches and
// for nobody else. // S3.40
func TestNoticeAgainstEvents(t *testing.T) {
	cfg := config.Default()
	cfg.OCR.Enabled, cfg.Store.DSN, cfg.Books.VoucherKey = false, filepath.Join(t.TempDir(), "bonafide.db"), strings.Repeat("k", 32)
	db, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	events, err := OpenEvents(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = events.Close() })
	s, err := New(cfg, Options{Version: "test", Store: db, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.people.FirstAdmin(t.Context(), people.Console("main"), people.Founding{Tenant: "main", TenantName: "Shop", Login: "root", Name: "Root"}); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	placed := fmt.Sprintf(`{"specversion":"1.0","id":"o","source":"shop","type":"order.placed","time":%q,"data":{"account":"a-42","order":{"id":"112-1234567-1234567","amount":4990,"currency":"EUR","items":[{"kind":"goods","amount":4990}]}}}`,
		now.AddDate(0, 0, -2).Format(time.RFC3339))
	if _, err := s.accounts.Submit(t.Context(), access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Supervisor}}, accounts.Batch{Body: []byte(placed), Decide: true}); err != nil {
		t.Fatal(err)
	}
	voucher, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": "bonafide", "exp": now.Add(5 * time.Minute).Unix(), "account": "a-42"}).SignedString([]byte(cfg.Books.VoucherKey))
	if err != nil {
		t.Fatal(err)
	}
	check := func(voucher string) string {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/contacts/check", strings.NewReader(fmt.Sprintf(`{"channel":"order_notice","text":"Your order 112-1234567-1234567 has shipped.","lang":"en","voucher":%q}`, voucher)))
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		if s.Handler().ServeHTTP(rec, r); rec.Code != http.StatusOK {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		return rec.Body.String()
	}
	if got := check(voucher); !strings.Contains(got, `"order_match"`) || !strings.Contains(got, locale.Day("en", now.AddDate(0, 0, -2))) {
		t.Errorf("the order is not found: %s", got)
	}
	if got := check(""); strings.Contains(got, `"order_match"`) {
		t.Error("a stranger is told of an order")
	}
}
