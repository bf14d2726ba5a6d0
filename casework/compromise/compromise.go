// Package compromise looks for the common point of compromise: of the orders after
// which fraudsters called, did one seller, courier, warehouse, app or way of payment
// see more than its share? It compares affected orders with all others of the same
// kind and time (strata), tells ratio and p-value, corrects for the number of
// parties that were tried, and takes away what a stronger party explains.
//
// The answer is an association and no proof: it names nobody on few reports, says
// "cannot tell" with what would settle it, and decides nothing. Names and strata are
// texts of the caller; it knows no customer, only pseudonyms by which one victim
// counts once. It reads no clock and does no I/O.
//
//	t := compromise.New()
//	o := t.Add("EUR goods 2026-W47", compromise.Party{Kind: "seller", Name: "x"})
//	t.Hit(o, "victim 1", true)
//	rep, err := t.Analyse(compromise.Bounds{MinAffected: 10, MinVictims: 5, MinKnown: 3, MinRatio: 2, Rate: .05})
package compromise

import (
	"bonafide/fault"
)

// Party is who handled an order: a seller, a courier, a warehouse, an app.
type Party struct {
	Kind string `json:"kind" doc:"seller, courier, warehouse, delivery, channel or payment."`
	Name string `json:"name" doc:"As the log of events has it: a keyed hash, or as the shop sent it."`
}

// Ref names an order of a Table.
type Ref int32

// MaxOrders and MaxTouches bound a Table.
const (
	MaxOrders  = 4 << 20
	MaxTouches = 40 << 20
)

// order is one order: its parties are a chain of touches.
type order struct {
	stratum, first int32
	hit, known     bool
	dropped        bool
}

// touch is that a party handled an order.
type touch struct{ party, next int32 }

// Table is the orders of a period. Make one with New; it is not safe for concurrent
// use.
type Table struct {
	orders  []order
	touches []touch
	parties []Party
	index   map[Party]int32
	strata  map[string]int32
	victims map[string]bool
}

// New makes an empty table.
func New() *Table {
	return &Table{index: map[Party]int32{}, strata: map[string]int32{}, victims: map[string]bool{}}
}

// Add adds an order with the parties that handled it. The stratum names what it is
// compared within, such as kind of goods and week. A party without a name is not
// known and left out. It fails with fault.TooLarge beyond the bounds.
func (t *Table) Add(stratum string, parties ...Party) (Ref, error) {
	if len(t.orders) >= MaxOrders {
		return 0, fault.New(fault.TooLarge, "period", "has more than %d orders: choose a shorter one", MaxOrders)
	}
	s, ok := t.strata[stratum]
	if !ok {
		s = int32(len(t.strata)) //nolint:gosec // at most MaxOrders
		t.strata[stratum] = s
	}
	r := Ref(len(t.orders)) //nolint:gosec // at most MaxOrders
	t.orders = append(t.orders, order{stratum: s, first: -1})
	for _, p := range parties {
		if err := t.Touch(r, p); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Touch notes one more party that handled an order, once.
func (t *Table) Touch(r Ref, p Party) error {
	if p.Name == "" || p.Kind == "" {
		return nil
	}
	id, ok := t.index[p]
	if !ok {
		id = int32(len(t.parties)) //nolint:gosec // at most MaxTouches
		t.index[p] = id
		t.parties = append(t.parties, p)
	}
	o := &t.orders[r]
	for i := o.first; i >= 0; i = t.touches[i].next {
		if t.touches[i].party == id {
			return nil
		}
	}
	if len(t.touches) >= MaxTouches {
		return fault.New(fault.TooLarge, "period", "has more than %d parties on its orders: choose a shorter one", MaxTouches)
	}
	t.touches = append(t.touches, touch{id, o.first})
	o.first = int32(len(t.touches) - 1) //nolint:gosec // at most MaxTouches
	return nil
}

// Hit notes that fraudsters contacted the customer of an order and knew of it. A
// victim counts once: of further orders of theirs nothing is counted, neither as
// affected nor as others. known tells that somebody reported it who answers for it
// (the owner, staff, the shop), and not only a stranger.
func (t *Table) Hit(r Ref, victim string, known bool) {
	o := &t.orders[r]
	switch {
	case o.hit:
		o.known = o.known || known
	case t.victims[victim]:
		o.dropped = true
	default:
		t.victims[victim] = true
		o.hit, o.known = true, known
	}
}

// Drop takes an order out: it counts neither way.
func (t *Table) Drop(r Ref) { t.orders[r].dropped = true }

// Bounds say when a party is named. All are needed.
type Bounds struct {
	// MinAffected is how many affected orders it takes to look at all.
	MinAffected int
	// MinVictims is how many victims a named party has at least, MinKnown how many of
	// them were reported by somebody who answers for it.
	MinVictims, MinKnown int
	// MinRatio is what the lower end of the ratio's interval reaches at least.
	MinRatio float64
	// Rate is the share of named parties that may be wrong (false discovery rate).
	Rate float64
}

func (b Bounds) check() error {
	if b.MinAffected < 2 || b.MinVictims < 2 || b.MinKnown < 0 || b.MinKnown > b.MinVictims || b.MinRatio < 1 || b.Rate <= 0 || b.Rate >= 1 {
		return fault.New(fault.Invalid, "bounds", "want min_affected and min_victims of 2 or more, min_known up to min_victims, min_ratio of 1 or more, and a rate between 0 and 1")
	}
	return nil
}

// Outcome is what came of it.
type Outcome string

// The outcomes.
const (
	// Found: parties are named.
	Found Outcome = "found"
	// None: enough was known, and no party stands out.
	None Outcome = "none"
	// CannotTell: too little is known; Lacks says what.
	CannotTell Outcome = "cannot_tell"
)

// What can be lacking.
const (
	// FewAffected: there are fewer affected orders than bounds ask for.
	FewAffected = "few_affected"
	// FewOthers: there are not enough orders to compare with.
	FewOthers = "few_others"
	// NoParties: no affected order tells who handled it.
	NoParties = "no_parties"
	// FewKnown: what stands out rests on reports of strangers.
	FewKnown = "few_known"
)

// Finding is a party that handled more of the affected orders than its share.
type Finding struct {
	Party
	// Same are parties that handled the same orders (above 95 %): they cannot be told
	// apart.
	Same []Party `json:"same,omitempty" doc:"Parties that handled the same orders: which of them it was cannot be told apart."`
	// Victims of it; Expected if affected orders went where the others of their kind
	// and time went.
	Victims  int     `json:"victims" doc:"Affected orders that it handled, one for each victim."`
	Expected float64 `json:"expected" doc:"How many there would be if it had its share of orders of the same kind and week."`
	// Share of the affected orders, Base of all others.
	Share float64 `json:"share" doc:"Of the affected orders."`
	Base  float64 `json:"base" doc:"Of all other orders."`
	// Ratio is Victims to Expected; Low and High its 95 % interval.
	Ratio float64 `json:"ratio" doc:"Victims to expected."`
	Low   float64 `json:"ratio_low" doc:"Lower end of its 95 % interval."`
	High  float64 `json:"ratio_high"`
	// P is the stratified exact mid-p value, Adjusted that of Benjamini and Hochberg
	// over all parties that were tried.
	P        float64 `json:"p" doc:"Exact mid-p value, one-sided, given the strata."`
	Adjusted float64 `json:"p_adjusted" doc:"For the number of parties tried (Benjamini and Hochberg)."`
	// Explains are parties that stand out no more without its orders.
	Explains []Party `json:"explains,omitempty" doc:"Parties that only stood out because of its orders."`
	known    int
}

// Coverage is how many orders tell who handled them in one way.
type Coverage struct {
	Kind     string  `json:"kind"`
	Affected float64 `json:"affected" doc:"Share of the affected orders that name one."`
	Others   float64 `json:"others" doc:"Share of the other orders that name one."`
}

// Report is what the orders of a period say.
type Report struct {
	Outcome Outcome `json:"outcome" enum:"found,none,cannot_tell"`
	// Lacks is set where it cannot be told.
	Lacks    string `json:"lacks,omitempty" enum:"few_affected,few_others,no_parties,few_known," doc:"Why it cannot be told."`
	Affected int    `json:"affected" doc:"Orders after which a fraudster knew of them, one for each victim."`
	Others   int    `json:"others" doc:"Orders that they are compared with."`
	// Tried is how many parties have enough orders to be named.
	Tried    int        `json:"tried" doc:"Parties with enough orders to be named, whatever was reported of them: p-values are corrected for so many."`
	Findings []Finding  `json:"findings" doc:"The strongest first."`
	Coverage []Coverage `json:"coverage" doc:"How many orders tell who handled them."`
	// Visible is from how many victims on a party with one in a hundred of the orders
	// would have been named.
	Visible int `json:"visible_from,omitempty" doc:"A party with 1 % of all orders would have been named from so many victims on."`
}
