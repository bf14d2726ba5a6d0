package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/contacts"
)

func serve(t testing.TB) *httptest.Server {
	t.Helper()
	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.Register(mux, desk, api.Options{BodyBytes: 1 << 20, Version: "test"})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func call(t *testing.T, method, url, kind string, body io.Reader) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw), res.Header
}

func TestCheck(t *testing.T) {
	s := serve(t)
	mail := base64.StdEncoding.EncodeToString([]byte("From: \"Amazon\" <x@konto-pruefung.example>\r\nSubject: Amazon Konto gesperrt\r\n\r\nIhr Amazon-Konto wurde gesperrt. Nennen Sie uns Ihr Passwort.\r\n"))
	tests := []struct {
		name, body string
		status     int
		has        []string
	}{
		{"text", `{"channel":"call","text":"Download AnyDesk and read me the digits","country":"GB"}`, 200, []string{`"verdict":"scam"`, `"next_steps"`, `"report_to"`, `"goals":["access"`}},
		{"raw mail", `{"raw":"` + mail + `","lang":"de"}`, 200, []string{`"channel":"mail"`, `"verdict":"scam"`, `forged_sender`}},
		{"whole request", `{"channel":"order_notice","text":"Order 112-1234567-1234567","at":"2026-11-20T12:00:00Z","words":"I did not order this","started_by_user":false,"expected":false,"already_done":["clicked_link"],"gave":["password"],"settled":true,"role":"buyer","orders":[{"id":"112-1234567-1234567","placed_at":"2026-11-20","items":[{"name":"cable","amount_minor":999}],"currency":"USD","status":"pending","archived":true,"digital":false,"household":true}],"lang":"ja","country":"JP","region":""}`, 200, []string{`"lang":"ja"`, "order_match"}},
		{"call in taps", `{"channel":"call","call":{"number":"+918066055000","claimed":"Amazon","asked":["asks_gift_card","he wanted my date of birth"],"knew":["my address"]}}`, 200, []string{`"verdict":"scam"`, "asks_gift_card", "asks_identity", "knows_order_details"}},
		{"signature as a text", `{"channel":"call","call":{"number":"+12065550188","called":"+12125550123","identity":"Identity: YQ.Yg.Yw;info=<https://cert.example.org/a>"}}`, 200, []string{`"identity":[{"state":"not_checked","reason":"malformed"`, "call_identity_not_checked"}},
		{"signatures as a list", `{"channel":"call","call":{"identity":["YQ.Yg.Yw","YQ.Yg.Yw"]}}`, 200, []string{`"identity":[{"state":"not_checked","reason":"malformed"},{"state"`}},
		{"signature as a number", `{"channel":"call","call":{"identity":5}}`, 422, []string{"identity"}},
		{"too many signatures", `{"channel":"call","call":{"identity":["a"` + strings.Repeat(`,"a"`, 30) + `]}}`, 413, []string{"call.identity"}},
		{"nothing", `{}`, 422, []string{"nothing to look at"}},
		{"unknown channel", `{"channel":"pigeon","text":"x"}`, 422, []string{"channel"}},
		{"unknown playbook", `{"already_done":["dance"]}`, 422, []string{"already_done"}},
		{"unknown field", `{"txt":"x"}`, 422, []string{"txt"}},
		{"broken JSON", `{"text":`, 400, nil},
		{"bad base64", `{"raw":"***"}`, 422, []string{"base64", "byte 0"}},
		{"broken base64", `{"raw":"QUJD*UJD"}`, 422, []string{"base64", "byte 4"}},
		{"too large", `{"text":"` + strings.Repeat("a", 2<<20) + `"}`, 413, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body, h := call(t, "POST", s.URL+"/v1/contacts/check", "application/json", strings.NewReader(tt.body))
			if status != tt.status {
				t.Fatalf("status %d, want %d: %.300s", status, tt.status, body)
			}
			if status >= 400 && !strings.HasPrefix(h.Get("Content-Type"), "application/problem+json") {
				t.Errorf("an error of type %q, want problem+json", h.Get("Content-Type"))
			}
			for _, want := range tt.has {
				if !strings.Contains(body, want) {
					t.Errorf("answer lacks %s: %.600s", want, body)
				}
			}
		})
	}
}

func TestMultipart(t *testing.T) {
	s := serve(t)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", "mail.eml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("From: Amazon <a@b.example>\nSubject: x\n\nread me the code you just received\n")); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"lang": "de", "country": "DE", "expected": "false", "already_done": `["clicked_link"]`} {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	status, body, _ := call(t, "POST", s.URL+"/v1/contacts/check", w.FormDataContentType(), &b)
	if status != 200 || !strings.Contains(body, `"channel":"mail"`) || !strings.Contains(body, `"lang":"de"`) {
		t.Fatalf("status %d: %.400s", status, body)
	}
	status, body, h := call(t, "POST", s.URL+"/v1/contacts/check", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"unknown_field\"\r\n\r\n1\r\n--x--\r\n"))
	if status != 422 || !strings.HasPrefix(h.Get("Content-Type"), "application/problem+json") {
		t.Errorf("unknown field: %d %.200s", status, body)
	}
}

// TestFactsAndBrands proves the rows of requirements that are read as data:
// S0.25, S1.7, S1.16, S1.21, S2.15, S3.42, S3.43, S3.44, S4.18.
func TestFactsAndBrands(t *testing.T) {
	s := serve(t)
	tests := []struct{ name, path, has, lacks string }{
		{"S0.25 two-step since", "/v1/facts?lang=en", `"valid_from":"2015`, "not available in Germany"},
		{"S1.7 Which? figure", "/v1/facts", "16", ""},
		{"S1.16 millions each year", "/v1/facts", "Which?", ""},
		{"S1.21 Report Fraud", "/v1/receivers?country=GB", "Action Fraud (until 4 Dec 2025)", ""},
		{"S2.15 Germany", "/v1/receivers?country=DE", "Verbraucherzentrale", ""},
		{"S2.15 police", "/v1/receivers?country=DE", "portal.onlinewache.polizei.de", ""},
		{"S3.42 help page", "/v1/brands/amazon", "G4YFYCCNUSENA23B", ""},
		{"S3.43 protect", "/v1/brands/amazon", "help/schutz", ""},
		{"S4.18 legal name", "/v1/brands/amazon", "アマゾンジャパン合同会社", ""},
		{"all brands", "/v1/brands", "paypal", ""},
		{"situations", "/v1/situations?lang=de", "installed_remote", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body, _ := call(t, "GET", s.URL+tt.path, "", nil)
			if status != 200 || !strings.Contains(body, tt.has) {
				t.Errorf("%s: %d, lacks %q: %.300s", tt.path, status, tt.has, body)
			}
			if tt.lacks != "" && strings.Contains(body, tt.lacks) {
				t.Errorf("%s says %q", tt.path, tt.lacks)
			}
		})
	}
	for path, want := range map[string]int{"/v1/brands/nobody": 404, "/v1/receivers?kind=dance": 422, "/v1/brands/amazon?at=yesterday": 400} {
		if status, body, _ := call(t, "GET", s.URL+path, "", nil); status != want {
			t.Errorf("%s: %d, want %d: %.200s", path, status, want, body)
		}
	}
}

// TestReportAddressThenAndNow proves S3.44: the address of 2020 is known, and
// today's stands first.
func TestReportAddressThenAndNow(t *testing.T) {
	s := serve(t)
	order := func(day string) []string {
		_, body, _ := call(t, "GET", s.URL+"/v1/brands/amazon?at="+day, "", nil)
		var b struct {
			Reports []struct{ Kind, Value, Status string } `json:"report_addresses"`
		}
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			t.Fatal(err)
		}
		var mails []string
		for _, r := range b.Reports {
			if r.Kind == "mail" {
				mails = append(mails, r.Value+" "+r.Status)
			}
		}
		return mails
	}
	now := order("2026-11-22")
	if len(now) != 2 || !strings.HasPrefix(now[0], "reportascam@amazon.com") || now[1] != "stop-spoofing@amazon.com former" {
		t.Errorf("today: %v, want reportascam@ first and stop-spoofing@ as former", now)
	}
	if then := order("2020-12-01"); len(then) == 0 || !strings.HasPrefix(then[0], "stop-spoofing@") {
		t.Errorf("2020: %v, want stop-spoofing@ first", then)
	}
}

// TestOpenAPI checks the document: version, every route, and that the example
// answer has the fields that it promises.
func TestOpenAPI(t *testing.T) {
	s := serve(t)
	_, body, _ := call(t, "GET", s.URL+"/openapi.json", "", nil)
	var doc struct {
		OpenAPI    string                               `json:"openapi"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Required   []string       `json:"required"`
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s, want 3.1", doc.OpenAPI)
	}
	if one, _ := doc.Components.Schemas["Call"].Properties["identity"].(map[string]any)["oneOf"].([]any); len(one) != 2 {
		t.Errorf("call.identity is described with %d forms: want a text or a list", len(one))
	}
	if raw, _ := doc.Components.Schemas["Request"].Properties["raw"].(map[string]any); raw["contentEncoding"] != "base64" {
		t.Errorf("raw is described as %v: want contentEncoding base64", raw)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			url := strings.ReplaceAll(path, "{id}", "amazon")
			if status, _, _ := call(t, strings.ToUpper(method), s.URL+url, "application/json", strings.NewReader(`{"text":"x"}`)); status != 200 {
				t.Errorf("%s %s: %d", method, path, status)
			}
		}
	}
	if content, _ := doc.Paths["/v1/contacts/check"]["post"]["requestBody"].(map[string]any)["content"].(map[string]any); content["multipart/form-data"] == nil {
		t.Error("the form is not described")
	}
	_, answer, _ := call(t, "POST", s.URL+"/v1/contacts/check", "application/json", strings.NewReader(`{"text":"Your Amazon account is locked"}`))
	var fields map[string]any
	if err := json.Unmarshal([]byte(answer), &fields); err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Answer"]
	for _, f := range schema.Required {
		if _, ok := fields[f]; !ok {
			t.Errorf("the answer lacks %s, which its schema requires", f)
		}
	}
	for f := range fields {
		if _, ok := schema.Properties[f]; !ok {
			t.Errorf("the answer has %s, which its schema does not know", f)
		}
	}
}

// TestNothingIsKept: two checks with a mark in the first; no later answer of
// any route contains it.
func TestNothingIsKept(t *testing.T) {
	s := serve(t)
	call(t, "POST", s.URL+"/v1/contacts/check", "application/json", strings.NewReader(`{"channel":"sms","text":"my mark Xq7Zk9 and +44 7700 900123"}`))
	for _, path := range []string{"/v1/brands", "/v1/facts", "/v1/receivers", "/v1/situations", "/openapi.json"} {
		if _, body, _ := call(t, "GET", s.URL+path, "", nil); strings.Contains(body, "Xq7Zk9") || strings.Contains(body, "7700") {
			t.Errorf("%s remembers what somebody entered", path)
		}
	}
}
