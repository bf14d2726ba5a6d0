// Package handbook measures the learned score on the simulated card transactions
// of the "Reproducible Machine Learning for Credit Card Fraud Detection"
// handbook, by that book's protocol: a week of training, a week until labels are
// known, a week of test, four folds that go forward. The numbers of a row come
// from account/window, fed with the raw stream in its order; a label enters a
// week after its transaction.
//
// It is not part of the server, and no model that it trains may ship: the data
// state no licence.
//
//	r, err := handbook.Measure(file, handbook.Options{})
package handbook

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"bonafide/account/riskmodel"
	"bonafide/account/window"
)

// maxTransactions bounds a file.
const maxTransactions = 4 << 20

type transaction struct {
	at                 time.Time
	customerID         string
	customer, terminal window.Key
	cents              int64
	fraud              bool
}

// Options say what is measured. The zero value is the protocol.
type Options struct {
	// Starts are the first days of training, 2018-07-25, 08-01, 08-08 and 08-15
	// if empty.
	Starts []time.Time
	// Settings are those of the trainer, DefaultSettings if Trees is 0.
	Settings riskmodel.Settings
}

// Fold is the result of one fold.
type Fold struct {
	TrainingFrom     string  `json:"training_from"`
	TestFrom         string  `json:"test_from"`
	Training         int     `json:"training_rows"`
	Test             int     `json:"test_rows"`
	TestFraud        int     `json:"test_fraud"`
	Trees            int     `json:"trees"`
	AveragePrecision float64 `json:"average_precision"`
	CardPrecision    float64 `json:"card_precision_100"`
	Ceiling          float64 `json:"card_precision_100_ceiling"`
}

// Report is the result of a measurement.
type Report struct {
	Folds            []Fold   `json:"folds"`
	AveragePrecision float64  `json:"average_precision"`
	CardPrecision    float64  `json:"card_precision_100"`
	Ceiling          float64  `json:"card_precision_100_ceiling"`
	Transactions     int      `json:"transactions"`
	Features         []string `json:"features"`
}

// DefaultSettings were chosen on the folds that start on 2018-06-27, 07-04,
// 07-11 and 07-18, whose last test week ends the day before the first one of the
// protocol begins.
func DefaultSettings() riskmodel.Settings {
	return riskmodel.Settings{Features: Features(), Trees: 200, Depth: 5, Rate: 0.05, MinWeight: 2, Lambda: 2, RowShare: 0.7, FeatureShare: 0.5, Seed: 1}
}

// DefaultStarts are the folds of the protocol.
func DefaultStarts() []time.Time {
	first := time.Date(2018, 7, 25, 0, 0, 0, 0, time.UTC)
	return []time.Time{first, first.Add(7 * day), first.Add(14 * day), first.Add(21 * day)}
}

// scored is a transaction with its numbers.
type scored struct {
	transaction
	row   []float64
	score float64
}

// Measure reads transactions as CSV in the order of their time and runs the folds.
func Measure(in io.Reader, o Options) (*Report, error) {
	if len(o.Starts) == 0 {
		o.Starts = DefaultStarts()
	}
	if o.Settings.Trees == 0 {
		o.Settings = DefaultSettings()
	}
	from, to := slices.MinFunc(o.Starts, time.Time.Compare), slices.MaxFunc(o.Starts, time.Time.Compare).Add(21*day)
	engine, err := window.New(plan(), 1)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	r := reader{engine: engine}
	rep := &Report{}
	var rows []scored
	err = read(in, func(x transaction) {
		rep.Transactions++
		if !x.at.Before(to) {
			return
		}
		if row := r.row(x); !x.at.Before(from) {
			rows = append(rows, scored{transaction: x, row: row})
		}
	})
	if err != nil {
		return nil, err
	}
	for _, f := range Features() {
		rep.Features = append(rep.Features, f.Name)
	}
	for _, start := range o.Starts {
		f, err := fold(rows, start, o.Settings)
		if err != nil {
			return nil, err
		}
		rep.Folds = append(rep.Folds, f)
		n := float64(len(o.Starts))
		rep.AveragePrecision += f.AveragePrecision / n
		rep.CardPrecision += f.CardPrecision / n
		rep.Ceiling += f.Ceiling / n
	}
	return rep, nil
}

// between returns the transactions from a time until before another.
func between(rows []scored, from, to time.Time) []scored {
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(rows, t, func(s scored, t time.Time) int { return s.at.Compare(t) })
		return i
	}
	return rows[at(from):at(to)]
}

func samples(rows []scored) (out riskmodel.Rows) {
	for _, s := range rows {
		out.X, out.Fraud = append(out.X, s.row), append(out.Fraud, s.fraud)
	}
	return out
}

func fold(rows []scored, start time.Time, s riskmodel.Settings) (Fold, error) {
	week := between(rows, start, start.Add(7*day))
	m, err := riskmodel.Train(samples(week), riskmodel.Rows{}, s)
	if err != nil {
		return Fold{}, fmt.Errorf("eval: fold of %s: %w; is the file complete?", start.Format(time.DateOnly), err)
	}
	test := remaining(rows, start)
	for i := range test {
		test[i].score = m.LogOdds(test[i].row)
	}
	f := Fold{TrainingFrom: start.Format(time.DateOnly), TestFrom: start.Add(14 * day).Format(time.DateOnly), Training: len(week), Test: len(test), Trees: m.Trees()}
	for _, x := range test {
		if x.fraud {
			f.TestFraud++
		}
	}
	f.AveragePrecision = averagePrecision(test)
	f.CardPrecision, f.Ceiling = cardPrecision(test, 100)
	return f, nil
}

// remaining returns the test week without the cards that are known to be
// compromised, as the book's get_train_test_set: those with fraud in the training
// week and, for each test day, those with fraud until a week before it.
func remaining(rows []scored, start time.Time) (out []scored) {
	known := map[string]bool{}
	note := func(of []scored) {
		for _, s := range of {
			if s.fraud {
				known[s.customerID] = true
			}
		}
	}
	note(between(rows, start, start.Add(7*day)))
	for d := range 7 {
		before := start.Add(time.Duration(7+d-1) * day)
		note(between(rows, before, before.Add(day)))
		today := start.Add(time.Duration(14+d) * day)
		for _, s := range between(rows, today, today.Add(day)) {
			if !known[s.customerID] {
				out = append(out, s)
			}
		}
	}
	return out
}

// averagePrecision is the sum of precision times the gain of recall over all
// scores, those that are equal at once.
func averagePrecision(test []scored) (sum float64) {
	sorted := slices.Clone(test)
	slices.SortStableFunc(sorted, func(a, b scored) int { return compare(b.score, a.score) })
	total := 0
	for _, s := range sorted {
		if s.fraud {
			total++
		}
	}
	hits := 0
	for i := 0; i < len(sorted); {
		before, j := hits, i
		for ; j < len(sorted) && sorted[j].score == sorted[i].score; j++ {
			if sorted[j].fraud {
				hits++
			}
		}
		sum += float64(hits) / float64(j) * float64(hits-before) / float64(max(total, 1))
		i = j
	}
	return sum
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// cardPrecision is the mean over the days of the share of compromised cards
// among the top k, a card having the highest score of its day; a card that was
// found is looked at no more. The ceiling is what finding each at once gives.
func cardPrecision(test []scored, top int) (precision, ceiling float64) {
	found, perfect := map[string]bool{}, map[string]bool{}
	byDay := map[int64][]scored{}
	for _, s := range test {
		d := s.at.Unix() / 86400
		byDay[d] = append(byDay[d], s)
	}
	order := make([]int64, 0, len(byDay))
	for d := range byDay {
		order = append(order, d)
	}
	slices.Sort(order)
	for _, d := range order {
		best := map[string]scored{}
		fraud := map[string]bool{}
		for _, s := range byDay[d] {
			if b, ok := best[s.customerID]; !ok || s.score > b.score {
				best[s.customerID] = s
			}
			fraud[s.customerID] = fraud[s.customerID] || s.fraud
		}
		var cards []scored
		sure := 0
		for id, s := range best {
			if !found[id] {
				cards = append(cards, s)
			}
			if fraud[id] && !perfect[id] && sure < top {
				perfect[id] = true
				sure++
			}
		}
		slices.SortFunc(cards, func(a, b scored) int {
			if c := compare(b.score, a.score); c != 0 {
				return c
			}
			return slices.Compare([]byte(a.customerID), []byte(b.customerID))
		})
		hits := 0
		for _, s := range cards[:min(top, len(cards))] {
			if fraud[s.customerID] {
				hits++
				found[s.customerID] = true
			}
		}
		precision += float64(hits) / float64(top) / float64(len(order))
		ceiling += float64(sure) / float64(top) / float64(len(order))
	}
	return precision, ceiling
}

// read reads the book's columns in the order of time.
func read(in io.Reader, each func(transaction)) error {
	c := csv.NewReader(in)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return fmt.Errorf("eval: read transactions: %w", err)
	}
	names := []string{"TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"}
	var at [5]int
	for i, name := range names {
		if at[i] = slices.Index(head, name); at[i] < 0 {
			return fmt.Errorf("eval: read transactions: no column %s: give the raw file of the handbook", name)
		}
	}
	keys := map[string]window.Key{}
	key := func(kind, id string) window.Key {
		k, ok := keys[kind+id]
		if !ok {
			k = window.KeyOf(kind, id)
			keys[kind+id] = k
		}
		return k
	}
	var last time.Time
	for n := 1; ; n++ {
		rec, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("eval: read transactions: %w", err)
		}
		t, err1 := time.Parse(time.DateTime, rec[at[0]])
		amount, err2 := strconv.ParseFloat(rec[at[3]], 64)
		if err1 != nil || err2 != nil || !(amount >= 0 && amount < 1e9) || t.Before(last) || n > maxTransactions {
			return fmt.Errorf("eval: read transactions: row %d: a time or amount that cannot be read, a time before the one above, or more than %d rows", n, maxTransactions)
		}
		last = t
		customer := string(append([]byte(nil), rec[at[1]]...))
		each(transaction{at: t, customerID: customer, customer: key("customer", customer), terminal: key("terminal", rec[at[2]]), cents: int64(amount*100 + 0.5), fraud: rec[at[4]] == "1"})
	}
}
