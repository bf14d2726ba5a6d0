package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bonafide/access"
	"bonafide/api"
	"bonafide/desk/people"
)

// keyring knows one key.
type keyring struct{ err error }

func (k keyring) Program(_ context.Context, secret string, from people.From) (access.Actor, error) {
	if k.err != nil {
		return access.Actor{}, k.err
	}
	if secret != "bonafide_good" || !from.Address.IsValid() {
		return access.Actor{}, people.ErrKey
	}
	return access.Actor{Tenant: "main", Person: "p1", Key: "k1", Roles: []access.Role{access.Analyst},
		Scopes: []access.Permission{access.ReportRead, access.AuditRead}}, nil
}

func TestKeys(t *testing.T) {
	desk, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	serve := func(p api.Programs) http.Handler {
		mux := http.NewServeMux()
		doc := api.Register(mux, desk, api.Options{BodyBytes: 1 << 20, Version: "test", Programs: p})
		if p != nil && (doc.Paths["/v1/key"] == nil || doc.Components.SecuritySchemes["key"] == nil) {
			t.Error("the description lacks keys")
		}
		return mux
	}
	ask := func(h http.Handler, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/key", nil)
		for _, v := range header {
			r.Header.Add("Authorization", v)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	h := serve(keyring{})
	good := ask(h, "Bearer bonafide_good")
	if body := good.Body.String(); good.Code != 200 || !strings.Contains(body, `"scopes":["report.read"]`) || !strings.Contains(body, `"tenant":"main"`) || strings.Contains(body, "bonafide_good") {
		t.Errorf("%d %s: want the scopes that the person has, too", good.Code, body)
	}
	var texts []string
	for _, header := range [][]string{nil, {""}, {"Bearer"}, {"Bearer bonafide_bad"}, {"Basic bonafide_good"}, {"bonafide_good"}, {"Bearer bonafide_good x"}} {
		rec := ask(h, header...)
		texts = append(texts, rec.Body.String())
		if rec.Code != http.StatusUnauthorized || rec.Header().Get("WWW-Authenticate") == "" || rec.Body.String() != texts[0] || strings.Contains(rec.Body.String(), "bonafide_") {
			t.Errorf("%q: %d %s", header, rec.Code, rec.Body)
		}
	}
	if rec := ask(serve(keyring{err: errors.New("secret cause")}), "Bearer bonafide_good"); rec.Code != 500 || strings.Contains(rec.Body.String(), "secret cause") {
		t.Errorf("an error of ours: %d %s", rec.Code, rec.Body)
	}
	if rec := ask(serve(nil), "Bearer bonafide_good"); rec.Code != http.StatusNotFound {
		t.Errorf("without records: %d", rec.Code)
	}
}
