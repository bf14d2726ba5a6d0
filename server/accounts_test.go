package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/cli"
	"bonafide/config"
	"bonafide/desk/people"
	"bonafide/desk/replays"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/server"
	"bonafide/store"
)

// TestEventsFromTheCommandLine: the demo file is posted by the command, through
// a real key, into the log on disk; after a restart all of it is known, and the
// hidden log is the only thing that readiness needs.
func TestEventsFromTheCommandLine(t *testing.T) {
	cfg := config.Default()
	cfg.OCR.Enabled = false
	cfg.Store.DSN = filepath.Join(t.TempDir(), "records", "bonafide.db")
	records, err := server.OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	now := time.Now()
	if err := records.Write(t.Context(), func(r store.Records) error {
		if err := r.Tenants.Add(t.Context(), store.Tenant{ID: "main", Name: "Main", Created: now}); err != nil {
			return err
		}
		return r.People.Add(t.Context(), store.Person{Tenant: "main", ID: "p-1", Login: "anna", Name: "Anna", Roles: []access.Role{access.Supervisor}, Created: now, Revision: 1})
	}); err != nil {
		t.Fatal(err)
	}
	staff, err := server.People(cfg, records)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := staff.MakeKey(t.Context(), people.Who{Actor: access.Actor{Tenant: "main", Person: "p-1", Roles: []access.Role{access.Supervisor}, Confirmed: now}},
		people.KeyWish{Name: "shop", Days: 1, Scopes: []access.Permission{access.EventWrite, access.DecisionRead, access.PolicyRead, access.PolicyReplay}})
	if err != nil {
		t.Fatal(err)
	}
	run := func() (*server.Server, *server.Events, *httptest.Server) {
		events, err := server.OpenEvents(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.New(cfg, server.Options{Version: "test", Store: records, Events: events})
		if err != nil {
			t.Fatal(err)
		}
		return s, events, httptest.NewServer(s.Handler())
	}
	post := func(address string, args ...string) (code int, out, problems string) {
		var o, e bytes.Buffer
		code = cli.Run(context.Background(), append([]string{"events", "--server", address, "--batch", "10"}, args...), cli.Env{Stdout: &o, Stderr: &e, Stdin: strings.NewReader("{}\n")})
		return code, o.String(), e.String()
	}
	get := func(address, path string) (int, string) {
		r, _ := http.NewRequest(http.MethodGet, address+path, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		return res.StatusCode, string(raw)
	}
	demo := filepath.Join("..", "data", "demo", "events.ndjson")
	s, events, web := run()
	code, first, problems := post(web.URL, "--key", key, demo)
	if code != 0 || !strings.Contains(first, "33 accepted (0 of them had come before), 0 refused; allow ") || !strings.Contains(first, "alert_owner until") || !strings.Contains(first, "demo-m4") || strings.Contains(first, "demo-j5") {
		t.Errorf("%d\n%s%s", code, first, problems)
	}
	_, before := get(web.URL, "/v1/decisions?lang=de")
	replayed := replayAll(t, web.URL, key)
	if code, text := get(web.URL, "/readyz"); code != 200 {
		t.Errorf("ready: %d %s", code, text)
	}
	if code, _, problems := post(web.URL, "--key", "bonafide_wrong", demo); code == 0 || !strings.Contains(problems, "401") || strings.Contains(problems, "wrong") {
		t.Errorf("a wrong key: %d %s", code, problems)
	}
	if code, out, problems := post(web.URL, "--key", key, "-"); code != 1 || !strings.Contains(out, "1 refused") || !strings.Contains(problems, "line 1 refused: ") {
		t.Errorf("a wrong event: %d %s %s", code, out, problems)
	}
	if code, _, _ := post(web.URL, "--key", key, "--batch", "0", demo); code != cli.ExitUsage {
		t.Errorf("no batch: %d", code)
	}
	web.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := events.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := server.OpenEvents(t.Context(), cfg); err != nil || !bytes.Equal(again.Key, events.Key) || again.Close() != nil {
		t.Errorf("the key of the folder changed: %v", err)
	}
	s, events, web = run()
	defer web.Close()
	code, second, problems := post(web.URL, "--key", key, demo)
	want := strings.Replace(first, "(0 of", "(33 of", 1)
	if code != 0 || second != want {
		t.Errorf("after a restart: %d\n%s%s\nwant\n%s", code, second, problems, want)
	}
	if _, after := get(web.URL, "/v1/decisions?lang=de"); after != before {
		t.Errorf("the decisions changed over the restart:\n%s\n%s", before, after)
	}
	if _, again := get(web.URL, "/v1/replays/1"); again != replayed {
		t.Errorf("the replay changed over the restart:\n%s\n%s", replayed, again)
	}
	if err := events.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // readiness is asked once a second
	if code, text := get(web.URL, "/readyz"); code != 503 || !strings.Contains(text, "events") {
		t.Errorf("without its log: %d %s", code, text)
	}
	if code, _, problems := post(web.URL, "--key", key, "--patience", "0s", demo); code != 1 || !strings.Contains(problems, "503") {
		t.Errorf("without its log: %d %s", code, problems)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// replayAll replays all events of the last weeks through the policy that decides: it
// stops what was stopped, and nothing else. It returns the answer.
func replayAll(t *testing.T, address, key string) (text string) {
	t.Helper()
	ask := func(method, path, body string) string {
		r, _ := http.NewRequest(method, address+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		return string(raw)
	}
	var run replays.Run
	var list struct{ Decisions []json.RawMessage }
	if err := json.Unmarshal([]byte(ask("GET", "/v1/decisions?limit=200", "")), &list); err != nil || len(list.Decisions) == 0 {
		t.Fatalf("%d decisions, %v", len(list.Decisions), err)
	}
	text = ask("POST", "/v1/replays", `{"policy":0,"from":"`+time.Now().AddDate(0, -6, 0).Format(time.DateOnly)+`"}`)
	for range 1000 {
		if err := json.Unmarshal([]byte(text), &run); err != nil || run.Number != 1 {
			t.Fatalf("%v: %s", err, text)
		}
		if run.State.Ended() {
			break
		}
		time.Sleep(10 * time.Millisecond)
		text = ask("GET", "/v1/replays/1", "")
	}
	if r := run.Result; r == nil || r.Events != 33 || r.NewlyAnnoyed+r.NewlyCaught+r.NewlyFreed+r.NewlyMissed != 0 || r.Candidate.Stopped != int64(len(list.Decisions)) {
		t.Errorf("%d decisions; the replay: %s", len(list.Decisions), text)
	}
	return text
}

// TestNoEventsWhereTheGuardIsOff: nothing is opened, no route is there.
func TestNoEventsWhereTheGuardIsOff(t *testing.T) {
	cfg := config.Default()
	cfg.Accounts.Enabled = false
	events, err := server.OpenEvents(t.Context(), cfg)
	if events != nil || err != nil || events.Close() != nil {
		t.Errorf("%v, %v", events, err)
	}
	for dsn, want := range map[string]string{"a/b.db": filepath.Join("a", "events"), "postgres://h/d": filepath.Join("records", "events")} {
		cfg.Store.DSN = dsn
		if got := cfg.EventsDir(); got != want {
			t.Errorf("%s: %s", fmt.Sprint(dsn), got)
		}
	}
}

// TestTheKeyOfALogIsNotDrawnAnew: beside a log with events a missing key is told;
// beside an empty one it is drawn.
func TestTheKeyOfALogIsNotDrawnAnew(t *testing.T) {
	cfg := config.Default()
	cfg.Accounts.Dir = t.TempDir()
	file := filepath.Join(cfg.Accounts.Dir, "key")
	for i := range 2 {
		events, err := server.OpenEvents(t.Context(), cfg)
		if err != nil {
			t.Fatalf("an empty log: %v", err)
		}
		if i == 1 {
			if _, err := events.Log.Append(t.Context(), eventlog.Event{Tenant: "main", ID: "1", Key: "events", Data: []byte("x")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(events.Close(), os.Remove(file)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.OpenEvents(t.Context(), cfg); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "restore the file") {
		t.Errorf("a log with events and no key: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was drawn: %v", err)
	}
}
