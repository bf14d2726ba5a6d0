package compromise_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bonafide/casework/compromise"
)

var usual = compromise.Bounds{MinAffected: 10, MinVictims: 5, MinKnown: 3, MinRatio: 2, Rate: .05}

func seller(name string) compromise.Party { return compromise.Party{Kind: "seller", Name: name} }

// world is a shop of our own making: who handles an order, and whom fraudsters call.
type world struct {
	*compromise.Table
	t       testing.TB
	victims int
}

func newWorld(t testing.TB) *world { return &world{Table: compromise.New(), t: t} }

func (w *world) order(stratum string, hit bool, parties ...compromise.Party) {
	r, err := w.Add(stratum, parties...)
	if err != nil {
		w.t.Fatal(err)
	}
	if hit {
		w.victims++
		w.Hit(r, fmt.Sprint("victim ", w.victims), true)
	}
}

func (w *world) analyse() compromise.Report {
	w.t.Helper()
	rep, err := w.Analyse(usual)
	if err != nil {
		w.t.Fatal(err)
	}
	return rep
}

func named(rep compromise.Report) (out []string) {
	for _, f := range rep.Findings {
		out = append(out, f.Name)
	}
	return out
}

// TestSellerStandsOut: 200 affected orders, 60 % of them of seller X whose base is 2 %,
// among 100,000 others: X is first, with ratio and p-value; one with only the base
// rate's share is not named. // S0.15
func TestSellerStandsOut(t *testing.T) {
	w := newWorld(t)
	other := func(i int) compromise.Party { return seller(fmt.Sprint("s", i%49)) }
	for i := range 100_000 {
		p := other(i)
		if i%50 == 0 {
			p = seller("X")
		}
		w.order("", false, p)
	}
	for i := range 200 {
		p := other(i)
		if i < 120 {
			p = seller("X")
		}
		w.order("", true, p)
	}
	rep := w.analyse()
	if rep.Outcome != compromise.Found || rep.Affected != 200 || rep.Others != 100_000 || !slices.Equal(named(rep), []string{"X"}) {
		t.Fatalf("%+v", rep)
	}
	x := rep.Findings[0]
	if x.Victims != 120 || math.Abs(x.Ratio-30) > .1 || math.Abs(x.Share-.6) > 1e-9 || math.Abs(x.Base-.02) > 1e-9 || x.P > 1e-100 || x.Adjusted > 1e-98 || x.Low < 24 || x.High > 36 {
		t.Errorf("%+v", x)
	}
	if rep.Tried < 20 {
		t.Errorf("%d parties tried: those with the base rate's share must be among them", rep.Tried)
	}
}

// TestWhoIsNotNamed: what would name somebody wrongly, or on too little.
func TestWhoIsNotNamed(t *testing.T) {
	fill := func(w *world, n int) {
		for i := range n {
			w.order("", false, seller(fmt.Sprint("s", i%20)))
		}
	}
	for name, c := range map[string]struct {
		make         func(w *world)
		want         compromise.Outcome
		lacks        string
		named, tried int
	}{
		"few reports": {func(w *world) {
			fill(w, 2000)
			for range 9 {
				w.order("", true, seller("X"))
			}
		}, compromise.CannotTell, compromise.FewAffected, 0, 0},
		"few others": {func(w *world) {
			fill(w, 40)
			for range 10 {
				w.order("", true, seller("X"))
			}
		}, compromise.CannotTell, compromise.FewOthers, 0, 0},
		"nobody tells who handled them": {func(w *world) {
			fill(w, 2000)
			for range 20 {
				w.order("", true)
			}
		}, compromise.CannotTell, compromise.NoParties, 0, 0},
		"four victims of a small seller": {func(w *world) {
			fill(w, 5000)
			for i := range 16 {
				w.order("", true, seller(fmt.Sprint("s", i%16)))
			}
			for range 4 {
				w.order("", true, seller("tiny"))
			}
		}, compromise.None, "", 0, 20},
		"one victim with fifty orders": {func(w *world) {
			fill(w, 5000)
			for i := range 16 {
				w.order("", true, seller(fmt.Sprint("s", i)))
			}
			for range 50 {
				r, _ := w.Add("", seller("X"))
				w.Hit(r, "the one", true)
			}
		}, compromise.None, "", 0, 20},
		"only strangers say so": {func(w *world) {
			fill(w, 5000)
			for i := range 40 {
				r, _ := w.Add("", seller("X"))
				w.Hit(r, fmt.Sprint("v", i), i < 2)
			}
		}, compromise.CannotTell, compromise.FewKnown, 0, 21},
		"a stratum where everybody is called": {func(w *world) { // gift cards of one week: all sellers of them alike
			fill(w, 20_000)
			for i := range 2000 {
				w.order("gift", i%10 == 0, seller("cards"))
			}
		}, compromise.None, "", 0, 1},
	} {
		w := newWorld(t)
		c.make(w)
		if rep := w.analyse(); rep.Outcome != c.want || rep.Lacks != c.lacks || len(rep.Findings) != c.named || rep.Tried != c.tried {
			t.Errorf("%s: %+v", name, rep)
		}
	}
	for _, b := range []compromise.Bounds{{}, {MinAffected: 10, MinVictims: 1, MinRatio: 2, Rate: .05}, {MinAffected: 10, MinVictims: 5, MinKnown: 6, MinRatio: 2, Rate: .05}, {MinAffected: 10, MinVictims: 5, MinRatio: 2, Rate: 1}} {
		if _, err := compromise.New().Analyse(b); err == nil {
			t.Errorf("bounds %+v are taken", b)
		}
	}
}

// TestExplainedAway: a warehouse that most orders of a leaking seller go through is
// explained by the seller; who handles the very same orders is told with it.
func TestExplainedAway(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	depot, van := compromise.Party{Kind: "warehouse", Name: "W"}, compromise.Party{Kind: "courier", Name: "V"}
	for i := range 30_000 {
		s, hit := fmt.Sprint("s", r.IntN(60)), r.Float64() < .001
		parties := []compromise.Party{seller(s)}
		if s == "s7" {
			hit = r.Float64() < .15
			parties = append(parties, van)
			if r.Float64() < .9 {
				parties = append(parties, depot)
			}
		} else if r.Float64() < .05 {
			parties = append(parties, depot)
		}
		w.order(fmt.Sprint("week ", i%4), hit, parties...)
	}
	rep := w.analyse()
	if len(rep.Findings) != 1 {
		t.Fatalf("%+v", rep)
	}
	f := rep.Findings[0]
	both := append([]compromise.Party{f.Party}, f.Same...)
	if !slices.Contains(both, seller("s7")) || !slices.Contains(both, van) || len(both) != 2 || !slices.Equal(f.Explains, []compromise.Party{depot}) {
		t.Errorf("%+v", f)
	}
}

// TestOrderOfOrders: in which order orders come changes nothing, and the same table
// gives the same report again.
func TestOrderOfOrders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type one struct {
			stratum, seller, courier string
			hit                      bool
		}
		list := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) one {
			s := rapid.IntRange(0, 4).Draw(rt, "seller")
			return one{fmt.Sprint(rapid.IntRange(0, 2).Draw(rt, "stratum")), fmt.Sprint("s", s), fmt.Sprint("c", rapid.IntRange(0, 2).Draw(rt, "courier")),
				rapid.IntRange(0, 19).Draw(rt, "hit") < 1+s}
		}), 80, 200).Draw(rt, "orders")
		report := func(list []one) compromise.Report {
			w := newWorld(t)
			for _, o := range list {
				w.order(o.stratum, o.hit, seller(o.seller), compromise.Party{Kind: "courier", Name: o.courier})
			}
			return w.analyse()
		}
		a := report(list)
		slices.Reverse(list)
		if b := report(list); fmt.Sprint(a) != fmt.Sprint(b) {
			rt.Fatalf("%+v\n%+v", a, b)
		}
		for _, f := range a.Findings {
			if f.Victims < usual.MinVictims || f.Adjusted < f.P || f.Adjusted > usual.Rate || f.Low > f.Ratio || f.High < f.Ratio || f.Low < usual.MinRatio {
				rt.Fatalf("%+v", f)
			}
		}
	})
}

func BenchmarkAnalyse(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	w := newWorld(b)
	for i := range 1_000_000 {
		parties := make([]compromise.Party, 10)
		for k := range parties {
			parties[k] = compromise.Party{Kind: fmt.Sprint("k", k), Name: fmt.Sprint(r.IntN(2000))}
		}
		w.order(fmt.Sprint(i%50), r.Float64() < .002, parties...)
	}
	for b.Loop() {
		w.analyse()
	}
}
