package server

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bonafide/desk/accounts/hooks"
)

// TestMetricsOfWebhooks: operators see tries and states; what can be read is told though
// the rest cannot, and nothing is told where nothing could be read.
func TestMetricsOfWebhooks(t *testing.T) {
	m := newMetrics()
	tally, bad := hooks.Tally{On: 4, Failing: 1, Stopped: 2, Longest: time.Minute, Oldest: 90 * time.Second, Dead: 7}, error(nil)
	m.hooks(func(context.Context) (hooks.Tally, error) { return tally, bad })
	for o, n := range map[hooks.Outcome]int{hooks.Taken: 3, hooks.Refused: 2, hooks.GaveUp: 1} {
		for range n {
			m.posted(o)
		}
	}
	page := func() string {
		rec := httptest.NewRecorder()
		m.handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
		return rec.Body.String()
	}
	want := []string{`bonafide_webhooks{state="on"} 4`, `bonafide_webhooks{state="failing"} 1`, `bonafide_webhooks{state="stopped"} 2`,
		"bonafide_webhook_failing_seconds 60", "bonafide_webhook_waiting_seconds 90", "bonafide_webhook_dead_decisions 7"}
	tries := []string{`bonafide_webhook_posts_total{outcome="taken"} 3`, `bonafide_webhook_posts_total{outcome="refused"} 2`, `bonafide_webhook_posts_total{outcome="given_up"} 1`}
	for _, bad = range []error{nil, errors.New("a tenant's key is lost")} {
		got := page()
		for _, line := range append(want, tries...) {
			if !strings.Contains(got, line+"\n") {
				t.Errorf("with %v: %s is not told", bad, line)
			}
		}
	}
	tally = hooks.Tally{}
	if got := page(); strings.Contains(got, "bonafide_webhooks") || !strings.Contains(got, tries[0]) {
		t.Error("where nothing can be read numbers are told")
	}
}
