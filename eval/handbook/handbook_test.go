package handbook

import (
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/account/window"
)

const corpus = "../../../shared/corpora/transactions/handbook-simulated-raw/transactions.csv.gz"

func measure(t testing.TB, o Options) *Report {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(corpus))
	if err != nil {
		t.Skip("the handbook's transactions are not here: put the corpora beside the project to measure on them")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure(z, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// BenchmarkBar: average precision and card precision over the four folds; it fails
// below the bar. It reads 1.5 million transactions, a minute or two.
//
//	go test ./eval/handbook -run '^$' -bench Bar -benchtime 1x
func BenchmarkBar(b *testing.B) {
	for range b.N {
		r := measure(b, Options{})
		b.ReportMetric(r.AveragePrecision, "AP")
		b.ReportMetric(r.CardPrecision, "CP@100")
		if r.AveragePrecision < 0.70 || r.CardPrecision < 0.305 {
			b.Errorf("average precision %.4f, card precision %.4f: the bar is .70 and .305", r.AveragePrecision, r.CardPrecision)
		}
	}
}

// BenchmarkSettings measures on the weeks before the protocol's, where settings are
// chosen.
//
//	go test ./eval/handbook -run '^$' -bench Settings -benchtime 1x
func BenchmarkSettings(b *testing.B) {
	var starts []time.Time
	for i := range 4 {
		starts = append(starts, DefaultStarts()[0].Add(time.Duration(i-4)*7*day))
	}
	for range b.N {
		r := measure(b, Options{Starts: starts})
		b.ReportMetric(r.AveragePrecision, "AP")
		b.ReportMetric(r.CardPrecision, "CP@100")
		b.ReportMetric(r.Ceiling, "ceiling")
	}
}

func TestAveragePrecisionAndCards(t *testing.T) {
	at := time.Date(2018, 8, 1, 0, 0, 0, 0, time.UTC)
	tx := func(id string, d int, fraud bool, score float64) scored {
		return scored{transaction: transaction{customerID: id, at: at.Add(time.Duration(d) * day), fraud: fraud}, score: score}
	}
	rows := []scored{tx("a", 0, true, 3), tx("b", 0, false, 2), tx("c", 0, true, 1), tx("a", 1, true, 3), tx("c", 1, true, 2)}
	// Scores 3 (both frauds), 2 (one of two), 1: 2/4·1 + 3/4·1/4 + ... by hand.
	if got, want := averagePrecision(rows), 0.5*1+0.25*0.75+0.25*0.8; math.Abs(got-want) > 1e-12 {
		t.Errorf("average precision %v, want %v", got, want)
	}
	// Day one finds a; day two, a is looked at no more and c is found.
	if got, ceiling := cardPrecision(rows, 1); got != 1 || ceiling != 1 {
		t.Errorf("card precision %v of %v, want 1 of 1", got, ceiling)
	}
}

func TestReadRefuses(t *testing.T) {
	head := "TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n"
	for _, in := range []string{"", "A,B\n", head + "yesterday,1,1,2,0\n", head + "2018-04-01 00:00:31,1,1,NaN,0\n",
		head + "2018-04-02 00:00:00,1,1,2,0\n2018-04-01 00:00:00,1,1,2,0\n"} {
		if err := read(strings.NewReader(in), func(transaction) {}); err == nil {
			t.Errorf("%q was read", in)
		}
	}
}

// TestLabelsWait: a fraud is in no number until its label is known.
func TestLabelsWait(t *testing.T) {
	head := "TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n"
	body := func(fraud string) string {
		return head + "2018-04-01 00:00:00,1,1,20,0\n2018-04-02 00:00:00,1,1,20," + fraud + "\n2018-04-08 23:59:59,1,1,20,0\n2018-04-09 00:00:00,1,1,20,0\n"
	}
	rows := func(fraud string) (out [][]float64) {
		r := newReader(t)
		if err := read(strings.NewReader(body(fraud)), func(x transaction) { out = append(out, r.row(x)) }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	honest, fraud := rows("0"), rows("1")
	if len(honest[0]) != len(Features()) {
		t.Fatalf("a row has %d numbers, %d are named", len(honest[0]), len(Features()))
	}
	for i := range honest {
		same := true
		for j := range honest[i] {
			a, b := honest[i][j], fraud[i][j]
			same = same && (a == b || math.IsNaN(a) && math.IsNaN(b))
		}
		if same != (i < 3) {
			t.Errorf("row %d: same numbers with and without the fraud is %v", i, same)
		}
	}
}

func newReader(t *testing.T) *reader {
	t.Helper()
	e, err := window.New(plan(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{engine: e}
}
