package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bonafide/account/window"
	"bonafide/desk/accounts/hooks"
)

// metrics counts what the operator needs; no label holds anything of a
// contact or a person.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	verdicts *prometheus.CounterVec

	events  *prometheus.CounterVec
	refused *prometheus.CounterVec
	tokens  prometheus.Counter
	posts   *prometheus.CounterVec
	decided prometheus.Histogram
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bonafide_http_requests_total", Help: "Requests by route, method and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bonafide_http_request_seconds", Help: "Time to answer by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bonafide_verdicts_total", Help: "Checks by channel and verdict."}, []string{"channel", "verdict"}),
	}
	m.events = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bonafide_account_events_total", Help: "Events of accounts that were decided, by type and action."}, []string{"type", "action"})
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bonafide_account_events_refused_total", Help: "Events that were not taken: invalid (all of a submission that one of them refuses), or busy (more than could be taken then)."}, []string{"reason"})
	m.tokens = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "bonafide_owner_tokens_refused_total", Help: "Tokens of the page of accounts' owners that opened nothing."})
	m.posts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bonafide_webhook_posts_total", Help: "Tries to post a decision to a webhook, by outcome: taken, refused, or given_up (refused for the last time)."}, []string{"outcome"})
	m.decided = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "bonafide_account_submission_seconds", Help: "Time from taking a submission in to its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}})
	m.registry.MustRegister(m.requests, m.seconds, m.verdicts, m.events, m.refused, m.tokens, m.posts, m.decided,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(route, method string, code int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// windows adds gauges of what the windows of the account guard hold.
func (m *metrics) windows(now func() window.Stats) {
	for _, x := range []struct {
		name, help string
		of         func(window.Stats) int64
	}{
		{"keys", "Keys of windows in memory.", func(s window.Stats) int64 { return int64(s.Keys) }},
		{"entries", "Entries of windows in memory, 16 bytes each.", func(s window.Stats) int64 { return int64(s.Entries) }},
		{"keys_on_disk", "Keys of windows that had no room in memory.", func(s window.Stats) int64 { return int64(s.Cold) }},
		{"keys_evicted", "Keys of windows that were forgotten for want of room since the windows were last computed from the log's beginning.", func(s window.Stats) int64 { return s.Evicted }},
		{"keys_lost", "Keys of windows that the disk did not give back since the start.", func(s window.Stats) int64 { return s.Lost }},
		{"entries_dropped", "Entries of windows that were dropped at a key's cap since the windows were last computed from the log's beginning.", func(s window.Stats) int64 { return s.Dropped }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bonafide_account_window_" + x.name, Help: x.help},
			func() float64 { return float64(x.of(now())) }))
	}
}

// unread adds the gauge of tenants whose log or policy could not be read.
func (m *metrics) unread(now func() (tenants, of int)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bonafide_account_tenants_unread",
		Help: "Tenants whose events are refused, because their log of events or their policy could not be read."},
		func() float64 { n, _ := now(); return float64(n) }))
}

// waiting adds gauges of what waits in the account guard.
func (m *metrics) waiting(now func() (events, decisions int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bonafide_account_events_waiting", Help: "Events that wait for the log or to be decided."},
			func() float64 { n, _ := now(); return float64(n) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bonafide_account_decisions_waiting", Help: "Decisions that wait for the records."},
			func() float64 { _, n := now(); return float64(n) }))
}

// posted counts a try to post a decision.
func (m *metrics) posted(o hooks.Outcome) { m.posts.WithLabelValues(string(o)).Inc() }

// hooks adds gauges of how webhooks are; the records are read when they are asked for.
func (m *metrics) hooks(now func(context.Context) (hooks.Tally, error)) {
	m.registry.MustRegister(&hookGauges{now: now,
		state:   prometheus.NewDesc("bonafide_webhooks", "Webhooks by state: on, failing (on, and the last try was refused), stopped (waits for somebody).", []string{"state"}, nil),
		longest: prometheus.NewDesc("bonafide_webhook_failing_seconds", "How long the failing webhook that failed first takes nothing; 0: none fails.", nil, nil),
		oldest:  prometheus.NewDesc("bonafide_webhook_waiting_seconds", "How long the oldest decision waits that was not posted yet to a webhook that is on; 0: none does.", nil, nil),
		dead:    prometheus.NewDesc("bonafide_webhook_dead_decisions", "Decisions that were given up and can be sent again.", nil, nil)})
}

// hookGauges reads the records once for all gauges of webhooks.
type hookGauges struct {
	now                          func(context.Context) (hooks.Tally, error)
	state, longest, oldest, dead *prometheus.Desc
}

func (g *hookGauges) Describe(to chan<- *prometheus.Desc) {
	to <- g.state
	to <- g.longest
	to <- g.oldest
	to <- g.dead
}

// Collect tells of what can be read: what cannot stands in the server's log. Where
// nothing could be read in time the gauges are left out.
func (g *hookGauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	t, err := g.now(ctx)
	if err != nil && t == (hooks.Tally{}) {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(g.state, float64(t.On), "on")
	gauge(g.state, float64(t.Failing), "failing")
	gauge(g.state, float64(t.Stopped), "stopped")
	gauge(g.longest, t.Longest.Seconds())
	gauge(g.oldest, t.Oldest.Seconds())
	gauge(g.dead, float64(t.Dead))
}
