package api_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"bonafide/access"
	"bonafide/api"
	"bonafide/data"
	"bonafide/desk/accounts"
	"bonafide/eventlog/memory"
	"bonafide/store"
	"bonafide/store/sql"
)

// counter is a shop with a server: what it sends, and tokens that it signs.
type counter struct {
	t    *testing.T
	mux  *http.ServeMux
	db   store.Store
	desk *accounts.Desk
	key  ed25519.PrivateKey
	doc  []string
	n    int
	now  func() time.Time
	add  func(time.Duration)
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	db, err := sql.Open(t.Context(), sql.Config{DSN: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Write(t.Context(), func(r store.Records) error {
		if err := r.Tenants.Add(t.Context(), store.Tenant{ID: "other", Name: "Other", Created: time.Now()}); err != nil {
			return err
		}
		return r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: time.Now()})
	}); err != nil {
		t.Fatal(err)
	}
	check, err := checking()
	if err != nil {
		t.Fatal(err)
	}
	text, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var later time.Duration
	x := &counter{t: t, db: db, mux: http.NewServeMux()}
	x.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(later) }
	x.add = func(d time.Duration) { mu.Lock(); defer mu.Unlock(); later += d }
	x.desk, err = accounts.New(accounts.Config{Store: db, Log: memory.New(memory.Options{}), Data: data.FS, Policy: text, Key: bytes.Repeat([]byte("k"), 32), Now: x.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.desk.Close() })
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	for tenant, kid := range map[string]string{"main": "k1", "other": "k2", "nowhere": "k3"} {
		fmt.Fprintf(&file, "  - {id: %s, tenant: %s, algorithm: EdDSA, public_key: %q}\n", kid, tenant, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw}))
	}
	keys, err := access.ReadOwnerKeys([]byte("keys:\n" + file.String()))
	if err != nil {
		t.Fatal(err)
	}
	own, err := accounts.NewOwners(x.desk, keys)
	if err != nil {
		t.Fatal(err)
	}
	x.key = private
	all := access.Actor{Tenant: "main", Person: "p", Key: "k", Roles: []access.Role{access.Supervisor}, Scopes: []access.Permission{access.EventWrite, access.DecisionRead}}
	doc := api.Register(x.mux, check, api.Options{BodyBytes: 1 << 20, Version: "test", Accounts: x.desk, Owners: own, Programs: ring{"all": all}})
	for path, item := range doc.Paths {
		if item.Get != nil {
			x.doc = append(x.doc, "GET "+path)
		}
		if item.Post != nil {
			x.doc = append(x.doc, "POST "+path)
		}
	}
	return x
}

func (x *counter) ask(method, path, word, body string) *httptest.ResponseRecorder {
	x.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if word != "" {
		r.Header.Set("Authorization", "Bearer "+word)
	}
	rec := httptest.NewRecorder()
	x.mux.ServeHTTP(rec, r)
	return rec
}

func (x *counter) token(kid, account string, change func(*access.OwnerSays)) string {
	x.t.Helper()
	x.n++
	says := access.OwnerSays{RegisteredClaims: jwt.RegisteredClaims{Subject: account, ID: fmt.Sprintf("serial-%012d", x.n), ExpiresAt: jwt.NewNumericDate(x.now().Add(5 * time.Minute))}}
	if change != nil {
		change(&says)
	}
	t, err := access.SignOwner(kid, x.key, says)
	if err != nil {
		x.t.Fatal(err)
	}
	return t
}

// visit enters with a fresh token.
func (x *counter) visit(kid, account string, change func(*access.OwnerSays)) string {
	x.t.Helper()
	rec := x.ask(http.MethodPost, "/v1/mine/enter", "", fmt.Sprintf(`{"token":%q}`, x.token(kid, account, change)))
	var e accounts.OwnerEntry
	if err := json.Unmarshal(rec.Body.Bytes(), &e); rec.Code != 200 || err != nil || e.Visit == "" {
		x.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return e.Visit
}

func (x *counter) page(rec *httptest.ResponseRecorder) (v api.OwnerView) {
	x.t.Helper()
	if err := json.Unmarshal(rec.Body.Bytes(), &v); rec.Code != 200 || err != nil {
		x.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return v
}

// send sends events of an account, minutes before now, as play does, and returns
// the answers.
func (x *counter) send(account string, events ...string) []accounts.EventAnswer {
	x.t.Helper()
	var body strings.Builder
	for _, e := range events {
		x.n++
		part := strings.SplitN(e, "|", 4)
		var minutes float64
		if _, err := fmt.Sscan(part[1], &minutes); err != nil {
			x.t.Fatal(err)
		}
		body.WriteString(ev(fmt.Sprint("e", x.n), part[0], x.now().UTC().Add(-time.Duration(minutes*float64(time.Minute))), fmt.Sprintf(`{"account":%q,"device":%q%s}`, account, part[2], part[3])) + "\n")
	}
	rec := x.ask(http.MethodPost, "/v1/events?decide=true&lang=en", "all", body.String())
	var got accounts.Taken
	if err := json.Unmarshal(rec.Body.Bytes(), &got); rec.Code != 200 || err != nil || len(got.Answers) != len(events) {
		x.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return got.Answers
}

// taken is an account with a hidden order, a digital one, goods, and a payment that waits.
func (x *counter) taken(account string) {
	x.send(account, owner(), `order.placed|300|own|,"order":{"id":"goods-1","amount":9800,"currency":"JPY","items":[{"kind":"goods","amount":9800}]}`,
		login(60, "new", `{"success":false}`), login(59, "new", `{"success":true,"mfa":"none"}`), `credential.changed|58|new|,"credential":{"type":"password","change":"update","mfa":"email"}`,
		gift(50, "new", "o-7", "r", ""), hide(49, "new", "o-7"), gift(40, "new", "o-8", "r", `,"channel":"external_checkout"`),
		`payment.result|39|new|,"payment":{"order":"o-8","result":"pending"}`)
}

// TestOwnerPage asks one server, as each costs a second.
func TestOwnerPage(t *testing.T) {
	x := newCounter(t)
	t.Run("hidden orders", x.ownerSeesHiddenOrders)
	t.Run("no", x.ownerSaysNo)
	t.Run("contact", x.ownerReportsContact)
	t.Run("door", x.ownerDoor)
	t.Run("alerts", x.ownerAlerts) // days later: the last
	x.t = t
}

// ownerSeesHiddenOrders: the page of an account's owner lists visible, hidden and
// digital orders, payments that really wait, and asks about them in order. // S4.4 S4.5 S4.28 S4.35
func (x *counter) ownerSeesHiddenOrders(t *testing.T) {
	x.t = t
	x.taken("a-42")
	x.send("somebody else", owner(), gift(5, "own", "theirs", "r", ""))
	off, cards := false, 2
	word := x.visit("k1", "a-42", func(s *access.OwnerSays) {
		s.Orders, s.SecondStep, s.Cards, s.Brand, s.Lang = []string{"o-7", "goods-1", "unknown"}, &off, &cards, "amazon", "ja"
	})
	v := x.page(x.ask(http.MethodGet, "/v1/mine", word, ""))
	if len(v.Orders) != 3 || v.Orders[0].Number != "" || !v.Orders[0].Elsewhere || v.Orders[1].Number != "o-7" || !v.Orders[1].Hidden || v.Orders[1].HiddenAt.IsZero() || !v.Orders[1].NewDevice || v.Orders[1].GiftCards != 1 || v.Orders[2].Number != "goods-1" || v.Orders[2].Digital || v.Orders[2].NewDevice {
		t.Errorf("orders %+v", v.Orders)
	}
	if len(v.Pending) != 1 || v.Pending[0].Ref != v.Orders[0].Ref || v.Failed != 1 || v.Second != "off" || *v.Cards != 2 || v.Sessions != nil || v.Devices != 2 || v.Latest.IsZero() || v.Denied {
		t.Errorf("page %+v", v)
	}
	var parts []string
	for _, q := range v.Questions {
		parts = append(parts, q.Part)
	}
	if strings.Join(parts, " ") != "hidden waiting visible login login" {
		t.Errorf("the check asks about %v", parts)
	}
	for _, secret := range []string{"a-42", "theirs", "somebody"} {
		if raw, _ := json.Marshal(v); bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the page has %q", secret)
		}
	}
}

// ownerSaysNo: what was not the owner's becomes an event of the tenant's log, is
// told the shop as a decision, and the next order is asked about; a "yes" lowers
// nothing. // S4.4 S4.5
func (x *counter) ownerSaysNo(t *testing.T) {
	x.t = t
	x.send("b", owner(), `order.placed|300|own|,"order":{"id":"mine","amount":100,"currency":"EUR","items":[{"kind":"goods","amount":100}]}`)
	word := x.visit("k1", "b", nil)
	ref := x.page(x.ask(http.MethodGet, "/v1/mine", word, "")).Orders[0].Ref
	order := `order.placed|0|own|,"order":{"id":"next%d","amount":100,"currency":"EUR","items":[{"kind":"goods","amount":100}]}`
	v := x.page(x.ask(http.MethodPost, "/v1/mine/answer", word, fmt.Sprintf(`{"ref":%q,"said":"yes"}`, ref)))
	if v.Orders[0].Answer != "yes" || v.Denied || len(v.Questions) != 0 {
		t.Errorf("%+v", v)
	}
	if a := x.send("b", fmt.Sprintf(order, 1)); a[0].Action != "allow" {
		t.Errorf("an order on the own device: %+v", a[0])
	}
	v = x.page(x.ask(http.MethodPost, "/v1/mine/answer", word, fmt.Sprintf(`{"ref":%q,"said":"no"}`, ref)))
	if i := slices.IndexFunc(v.Orders, func(o accounts.OwnerOrder) bool { return o.Ref == ref }); i < 0 || v.Orders[i].Answer != "no" || !v.Denied {
		t.Errorf("%+v", v)
	}
	x.add(2 * time.Second) // the next order's time has whole seconds
	if a := x.send("b", fmt.Sprintf(order, 2)); a[0].Action != "challenge" {
		t.Errorf("after the owner said no: %+v", a[0])
	}
	rec := x.ask(http.MethodGet, "/v1/decisions?lang=en&account=b", "all", "")
	var page api.DecisionPage
	if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil || len(page.Decisions) != 2 {
		t.Fatalf("%v %s", err, rec.Body)
	}
	d := page.Decisions[1]
	if d.Type != "owner.answered" || !strings.HasPrefix(d.EventID, "no:"+ref) || strings.Count(d.EventID, ":") != 3 || d.Scope != "order" || d.Reasons[0].Rule != "owner_denied" {
		t.Errorf("the shop is told %+v", d)
	}
	var line accounts.Timeline
	rec = x.ask(http.MethodGet, "/v1/accounts/b", "all", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &line); err != nil || !slices.ContainsFunc(line.Moments, func(m accounts.EventView) bool {
		return m.Type == "label" && m.Fields["label.verdict"] == "fraud" && m.Fields["label.by"] == "owner"
	}) {
		t.Errorf("no label in the log: %s", rec.Body)
	}
}

// ownerAlerts: an owner who asks to be told of orders by another way is told of the
// next, with its data; who ends that is told for seven more days. // S4.5 S4.28
func (x *counter) ownerAlerts(t *testing.T) {
	x.t = t
	x.send("c", owner())
	order := func(id string) accounts.EventAnswer {
		return x.send("c", fmt.Sprintf(`order.placed|0|own|,"order":{"id":%q,"amount":1234,"currency":"EUR","items":[{"kind":"goods","amount":1234}]}`, id))[0]
	}
	if a := order("o1"); a.Notice != nil {
		t.Errorf("nobody asked for notices: %+v", a.Notice)
	}
	say := func(said string) {
		v := x.page(x.ask(http.MethodPost, "/v1/mine/answer", x.visit("k1", "c", nil), fmt.Sprintf(`{"about":"alerts","said":%q}`, said)))
		if v.Alerts != (said == "yes") {
			t.Errorf("alerts after %s: %v", said, v.Alerts)
		}
		x.add(time.Minute)
	}
	say("yes")
	if a := order("o2"); a.Action != "allow" || a.Notice == nil || !strings.Contains(a.Notice.Text, "o2") || !strings.Contains(a.Notice.Text, "12.34") || a.Notice.Title != "Was this you?" {
		t.Errorf("told: %+v", a)
	}
	say("no")
	if a := order("o3"); a.Notice == nil {
		t.Error("a thief could end the alerts at once")
	}
	x.add(8 * 24 * time.Hour)
	if a := order("o4"); a.Notice != nil {
		t.Errorf("after seven days: %+v", a.Notice)
	}
}

// ownerReportsContact: a contact that the owner tells of is an event of the
// account; right details are a sign of a leak and lower nothing. // S0.3 S0.14
func (x *counter) ownerReportsContact(t *testing.T) {
	x.t = t
	x.taken("d")
	word := x.visit("k1", "d", nil)
	v := x.page(x.ask(http.MethodGet, "/v1/mine", word, ""))
	goods := v.Orders[2].Ref
	v = x.page(x.ask(http.MethodPost, "/v1/mine/contact", word, fmt.Sprintf(`{"channel":"call","knew":true,"ref":%q}`, goods)))
	if v.Contact != 1 {
		t.Errorf("%+v", v)
	}
	var line accounts.Timeline
	rec := x.ask(http.MethodGet, "/v1/accounts/d", "all", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	m := line.Moments[0]
	if m.Type != "contact.reported" || m.Fields["contact.knew"] != "true" || m.Order == "" || m.Order != line.Orders[2].Order {
		t.Errorf("the log has %+v", m)
	}
	for body, want := range map[string]int{`{"channel":"pigeon"}`: 422, `{"channel":"call","ref":"nothing"}`: 404, `{"channel":"call","kind":"x"}`: 422} {
		if rec := x.ask(http.MethodPost, "/v1/mine/contact", word, body); rec.Code != want {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

// ownerDoor: a token is good once, a visit is one account's, and every route
// refuses who has none, each alike.
func (x *counter) ownerDoor(t *testing.T) {
	x.t = t
	x.taken("a")
	x.send("b2", owner(), gift(5, "own", "of-b", "r", ""))
	token := x.token("k1", "a", nil)
	enter := func(token string) int {
		return x.ask(http.MethodPost, "/v1/mine/enter", "", fmt.Sprintf(`{"token":%q}`, token)).Code
	}
	codes := make(chan int, 8)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { codes <- enter(token) })
	}
	wg.Wait()
	close(codes)
	in := 0
	for c := range codes {
		if c == 200 {
			in++
		} else if c != 401 {
			t.Errorf("a token that is used: %d", c)
		}
	}
	if in != 1 {
		t.Errorf("one token let %d in", in)
	}
	a, b, foreign := x.visit("k1", "a", nil), x.visit("k1", "b2", nil), x.visit("k2", "a", nil)
	ref := x.page(x.ask(http.MethodGet, "/v1/mine", a, "")).Orders[0].Ref
	if v := x.page(x.ask(http.MethodGet, "/v1/mine", foreign, "")); len(v.Orders)+len(v.Moments) != 0 {
		t.Errorf("an account of the same name at another shop: %+v", v)
	}
	if enter(x.token("k3", "a", nil)) != 401 || enter(x.token("k4", "a", nil)) != 401 || enter("x") != 401 {
		t.Error("a key of no tenant, no key and no token are refused alike")
	}
	rows := map[string]string{"GET /v1/mine": "", "POST /v1/mine/answer": fmt.Sprintf(`{"ref":%q,"said":"no"}`, ref),
		"POST /v1/mine/contact": fmt.Sprintf(`{"channel":"call","ref":%q}`, ref), "POST /v1/mine/leave": ""}
	for _, pattern := range x.doc {
		if _, ok := rows[pattern]; strings.Contains(pattern, "/v1/mine") && !ok && pattern != "POST /v1/mine/enter" {
			t.Errorf("%s has no row here", pattern)
		}
	}
	for pattern, body := range rows {
		method, path, _ := strings.Cut(pattern, " ")
		for name, word := range map[string]string{"nobody": "", "a wrong word": "x", "a program's key": "all", "a token": x.token("k1", "a", nil)} {
			want := 401
			if strings.HasSuffix(path, "leave") {
				want = 204 // there is nothing to end
			}
			if rec := x.ask(method, path, word, body); rec.Code != want {
				t.Errorf("%s as %s: %d %s", pattern, name, rec.Code, rec.Body)
			}
		}
		if strings.HasSuffix(path, "answer") || strings.HasSuffix(path, "contact") {
			for _, word := range []string{b, foreign} {
				if rec := x.ask(method, path, word, body); rec.Code != 404 {
					t.Errorf("%s about another's: %d %s", pattern, rec.Code, rec.Body)
				}
			}
		}
	}
	if rec := x.ask(http.MethodPost, "/v1/mine/leave", a, ""); rec.Code != 204 || x.ask(http.MethodGet, "/v1/mine", a, "").Code != 401 {
		t.Errorf("left: %d", rec.Code)
	}
	x.add(accounts.OwnerVisit)
	if rec := x.ask(http.MethodGet, "/v1/mine", b, ""); rec.Code != 401 {
		t.Errorf("a visit that is over: %d", rec.Code)
	}
	// What the records have tells neither account nor orders.
	if err := x.db.Read(t.Context(), func(r store.Records) error {
		list, err := r.Tickets.List(t.Context(), "owner", "main", time.Now())
		for _, ticket := range list {
			if strings.Contains(ticket.Data, "account") {
				t.Error("a visit stands open in the records")
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
