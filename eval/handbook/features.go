package handbook

import (
	"math"
	"time"

	"bonafide/account/riskmodel"
	"bonafide/account/window"
)

const day = 24 * time.Hour

// delay is how long after a transaction its label is known.
const delay = 7 * day

// series of the engine, in the order of plan.
const (
	byCustomer = iota
	genuineOfCustomer
	fraudOfCustomer
	unusualOfCustomer
	byTerminal
	knownOfTerminal
	quietFraudOfTerminal
	genuineOfTerminal
)

func of(k window.Kind, span time.Duration) window.Measure { return window.Measure{Kind: k, Span: span} }

func prior(m window.Measure) window.Measure { m.Prior = true; return m }

func plan() window.Plan {
	c, s, mean := window.Count, window.Sum, window.Mean
	return window.Plan{Series: []window.Series{
		{Name: "amounts by customer", Measures: []window.Measure{
			of(c, day), of(mean, day), of(c, 7*day), of(mean, 7*day), of(c, 30*day), of(mean, 30*day),
			prior(of(mean, 90*day)), prior(of(window.StdDev, 90*day)), prior(of(window.Max, 90*day)),
			prior(window.Measure{Kind: window.Quantile, Span: 90 * day, Q: 0.5}), of(c, time.Hour)}},
		{Name: "amounts of customers known to be genuine", Measures: []window.Measure{of(c, 120*day), of(mean, 120*day), of(window.StdDev, 120*day), of(window.Max, 120*day)}},
		{Name: "known frauds by customer", Measures: []window.Measure{of(c, 30*day), of(window.Since, 60*day)}},
		{Name: "unusual amounts by customer", Measures: []window.Measure{of(c, day), of(c, 7*day), of(c, 14*day)}},
		{Name: "transactions by terminal", Measures: []window.Measure{of(c, day), of(c, 7*day), of(c, 30*day)}},
		{Name: "known outcomes by terminal", Measures: []window.Measure{
			of(c, day), of(s, day), of(c, 7*day), of(s, 7*day), of(c, 30*day), of(s, 30*day), of(window.Last, 60*day)}},
		{Name: "known frauds of usual amount by terminal", Measures: []window.Measure{of(c, 3*day), of(c, 7*day), of(c, 28*day), of(window.Age, 14*day), of(window.Since, 60*day)}},
		{Name: "known genuine by terminal", Measures: []window.Measure{of(window.Since, 60*day), of(c, 7*day)}},
	}}
}

// unusual is how many times a customer's own median an amount must be to be
// counted as unusual, before any label is known.
const unusual = 2.6

// Features are the numbers of a row. Where the direction is certain it is fixed:
// a larger share of known fraud at a terminal never lowers the score.
func Features() []riskmodel.Feature {
	up := riskmodel.Rising
	return []riskmodel.Feature{
		{Name: "amount", Direction: up}, {Name: "weekend"}, {Name: "night"},
		{Name: "customer_count_1d"}, {Name: "customer_mean_1d"}, {Name: "customer_count_7d"}, {Name: "customer_mean_7d"},
		{Name: "customer_count_30d"}, {Name: "customer_mean_30d"}, {Name: "customer_count_1h"},
		{Name: "amount_to_mean_1d"}, {Name: "amount_to_mean_7d"}, {Name: "amount_to_mean_30d"},
		{Name: "amount_to_mean_90d"}, {Name: "amount_to_median_90d", Direction: up}, {Name: "amount_to_max_90d"}, {Name: "deviations_90d"},
		{Name: "amount_to_genuine_mean", Direction: up}, {Name: "amount_to_genuine_max", Direction: up}, {Name: "genuine_deviations"},
		{Name: "mean_1d_to_30d"}, {Name: "mean_7d_to_genuine"}, {Name: "unusual_1d", Direction: up}, {Name: "unusual_7d"}, {Name: "unusual_14d"},
		{Name: "customer_known_fraud_30d"}, {Name: "days_since_customer_fraud"},
		{Name: "terminal_count_1d"}, {Name: "terminal_count_7d"}, {Name: "terminal_count_30d"},
		{Name: "terminal_known_1d"}, {Name: "terminal_risk_1d", Direction: up}, {Name: "terminal_known_7d"}, {Name: "terminal_risk_7d", Direction: up},
		{Name: "terminal_known_30d"}, {Name: "terminal_risk_30d", Direction: up}, {Name: "terminal_last_known"},
		{Name: "terminal_usual_fraud_3d"}, {Name: "terminal_usual_fraud_7d"}, {Name: "terminal_usual_fraud_28d"},
		{Name: "days_since_first_terminal_fraud"}, {Name: "days_since_last_terminal_fraud"},
		{Name: "days_since_terminal_genuine"}, {Name: "terminal_genuine_7d"}, {Name: "genuine_after_fraud_days"},
	}
}

// outcome is a label that becomes known at due.
type outcome struct {
	due                int64
	customer, terminal window.Key
	cents              int64
	fraud, unusual     bool
}

// reader computes rows from the stream as it comes, nothing from later.
type reader struct {
	engine  *window.Engine
	pending []outcome
	out     []window.Reading
}

func number(r window.Reading, fractional bool) float64 {
	switch {
	case !r.OK:
		return math.NaN()
	case fractional:
		return r.Float
	}
	return float64(r.Int)
}

func ratio(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

func days(r window.Reading) float64 { return number(r, false) / float64(day/time.Microsecond) }

// learn puts the labels into the engine that are known at t.
func (r *reader) learn(t int64) {
	for len(r.pending) > 0 && r.pending[0].due <= t {
		o := r.pending[0]
		r.pending = r.pending[1:]
		r.engine.Clock(o.due)
		value := int64(0)
		if o.fraud {
			value = 1
			r.engine.Record(fraudOfCustomer, o.customer, o.due, 1, r.out[:0])
			if !o.unusual {
				r.engine.Record(quietFraudOfTerminal, o.terminal, o.due, 1, r.out[:0])
			}
		} else {
			r.engine.Record(genuineOfCustomer, o.customer, o.due, o.cents, r.out[:0])
			r.engine.Record(genuineOfTerminal, o.terminal, o.due, 1, r.out[:0])
		}
		r.engine.Record(knownOfTerminal, o.terminal, o.due, value, r.out[:0])
	}
}

// row records a transaction and returns its numbers, in the order of Features.
func (r *reader) row(x transaction) []float64 {
	t := x.at.UnixMicro()
	r.learn(t)
	r.engine.Clock(t)
	amount := float64(x.cents)
	c := r.engine.Record(byCustomer, x.customer, t, x.cents, nil)
	g := r.engine.Peek(genuineOfCustomer, x.customer, t, nil)
	median, mean90, sd90 := number(c[9], c9Fractional), number(c[6], true), number(c[7], true)
	mean, sd := number(g[1], true), number(g[2], true)
	if number(g[0], false) < 5 {
		mean, sd = mean90, sd90
	}
	odd := amount > unusual*median
	u := r.engine.Peek(unusualOfCustomer, x.customer, t, nil)
	if odd {
		r.engine.Record(unusualOfCustomer, x.customer, t, 1, nil)
	}
	f := r.engine.Peek(fraudOfCustomer, x.customer, t, nil)
	term := r.engine.Record(byTerminal, x.terminal, t, x.cents, nil)
	k := r.engine.Peek(knownOfTerminal, x.terminal, t, nil)
	q := r.engine.Peek(quietFraudOfTerminal, x.terminal, t, nil)
	h := r.engine.Peek(genuineOfTerminal, x.terminal, t, nil)
	n := func(rs []window.Reading, i int) float64 { return number(rs[i], false) }
	m1, m7, m30 := number(c[1], true), number(c[3], true), number(c[5], true)
	weekend, night := 0.0, 0.0
	if d := x.at.Weekday(); d == time.Saturday || d == time.Sunday {
		weekend = 1
	}
	if x.at.Hour() <= 6 {
		night = 1
	}
	r.pending = append(r.pending, outcome{due: x.at.Add(delay).UnixMicro(), customer: x.customer, terminal: x.terminal, cents: x.cents, fraud: x.fraud, unusual: odd || x.cents > 3*int64(max(mean, 0))})
	return []float64{
		amount / 100, weekend, night,
		n(c, 0), m1 / 100, n(c, 2), m7 / 100, n(c, 4), m30 / 100, n(c, 10),
		ratio(amount, m1), ratio(amount, m7), ratio(amount, m30),
		ratio(amount, mean90), ratio(amount, median), ratio(amount, n(c, 8)), ratio(amount-mean90, sd90),
		ratio(amount, mean), ratio(amount, n(g, 3)), ratio(amount-mean, sd),
		ratio(m1, m30), ratio(m7, mean), n(u, 0), n(u, 1), n(u, 2),
		n(f, 0), days(f[1]),
		n(term, 0), n(term, 1), n(term, 2),
		n(k, 0), ratio(n(k, 1), n(k, 0)), n(k, 2), ratio(n(k, 3), n(k, 2)), n(k, 4), ratio(n(k, 5), n(k, 4)), n(k, 6),
		n(q, 0), n(q, 1), n(q, 2), days(q[3]), days(q[4]),
		days(h[0]), n(h, 1), days(q[4]) - days(h[0]),
	}
}

// c9Fractional tells that a quantile is a whole number, one of the values.
const c9Fractional = false
