package train

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"bonafide/account/policy"
	"bonafide/account/riskmodel"
	"bonafide/account/window"
	"bonafide/eval/simulate/shop"
	"bonafide/fault"
)

// FirstTrainingSeed is the first seed of simulated shops that a model may learn
// from. Those below are for measuring: eval guard reports on 2 to 5, thresholds
// were chosen on 6 to 9, and 10 to 13 were looked at once in the end.
const FirstTrainingSeed = 1001

// laterSeeds is how far the seeds by which training ends and is calibrated are
// from those that trees are grown from.
const laterSeeds = 100

// LabelDelay is how long it takes in a simulated shop until everybody knows what
// an order was. What is younger when the model is trained is left out.
const LabelDelay = 14 * 24 * time.Hour

// MaxAccountModel is how large a file of a learned score may be that ships.
const MaxAccountModel = 256 << 10

// AccountOptions say what a learned score is trained on.
type AccountOptions struct {
	// Seed is of the first shop, the others follow (FirstTrainingSeed).
	Seed uint64
	// Shops and Later are how many shops trees are grown from and how many they
	// are ended and calibrated by (6, 3), Accounts and Days the size of each
	// (6,000 and 60).
	Shops, Later, Accounts, Days int
}

func (o *AccountOptions) fill() error {
	set := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	if o.Seed == 0 {
		o.Seed = FirstTrainingSeed
	}
	set(&o.Shops, 6)
	set(&o.Later, 3)
	set(&o.Accounts, 6_000)
	set(&o.Days, 60)
	switch {
	case o.Seed < FirstTrainingSeed:
		return fault.New(fault.Invalid, "seed", "%d is kept for measuring: train on seeds from %d", o.Seed, FirstTrainingSeed)
	case o.Shops < 1 || o.Shops > laterSeeds || o.Later < 1 || o.Later > laterSeeds:
		return fault.New(fault.Invalid, "shops", "%d shops and %d later ones: give 1 to %d of each", o.Shops, o.Later, laterSeeds)
	case o.Accounts < 100 || o.Accounts > 100_000 || o.Days < 21 || o.Days > 400:
		return fault.New(fault.Invalid, "accounts", "%d accounts for %d days: give 100 to 100,000 for 21 to 400 days", o.Accounts, o.Days)
	}
	return nil
}

// AccountSettings are those of the model that ships. They are the first that
// were tried, but for the number of trees, which the later shops end.
func AccountSettings(p *policy.Policy) riskmodel.Settings {
	return riskmodel.Settings{Features: p.Features(), Trees: 200, Depth: 4, Rate: 0.1, Lambda: 2, MinWeight: 3, FraudWeight: 4,
		RowShare: 0.7, FeatureShare: 0.6, Patience: 20, Seed: 1}
}

// Account trains the learned score of a policy on simulated shops, by the numbers
// that the policy itself makes of their events. The same policy and options give
// the same model, byte for byte, on one kind of processor.
func Account(ctx context.Context, p *policy.Policy, o AccountOptions, out io.Writer) (*riskmodel.Model, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if len(p.Features()) == 0 {
		return nil, fault.New(fault.Invalid, "policy", "%s has no section score: there is nothing to train", p.Name)
	}
	g := p.Gather()
	var rows, later riskmodel.Rows
	for i := range o.Shops {
		if err := gather(ctx, g, o, o.Seed+uint64(i), LabelDelay, &rows); err != nil {
			return nil, err
		}
	}
	for i := range o.Later {
		if err := gather(ctx, g, o, o.Seed+laterSeeds+uint64(i), 0, &later); err != nil {
			return nil, err
		}
	}
	m, err := riskmodel.Train(rows, later, AccountSettings(p))
	if err != nil {
		return nil, fmt.Errorf("train account: %w", err)
	}
	c := m.Card()
	c.Name = p.Name
	c.Purpose = "how much an order with gift cards resembles takeovers of an account; one value among others in the policy"
	c.Data = fmt.Sprintf("eval/simulate/shop: seeds %d to %d grow the trees, %d to %d end and calibrate them, %d accounts for %d days each",
		o.Seed, o.Seed+uint64(o.Shops)-1, o.Seed+laterSeeds, o.Seed+laterSeeds+uint64(o.Later)-1, o.Accounts, o.Days)
	c.Licence = "ours: simulated, no event of a real person"
	c.Period = fmt.Sprintf("labels known after %d days; younger orders left out", int(LabelDelay/(24*time.Hour)))
	c.Limits = "knows simulated takeovers only; train it on your own labels before you lean on it"
	c.Features = p.FeaturesDigest()
	m = m.WithCard(c)
	return m, report(out, m, rows, later)
}

// gather adds the rows of one shop whose labels are known at its end.
func gather(ctx context.Context, p *policy.Policy, o AccountOptions, seed uint64, delay time.Duration, to *riskmodel.Rows) error {
	s := shop.Make(shop.Options{Seed: seed, Accounts: o.Accounts, Days: o.Days})
	engine, err := window.New(p.Plan(), 1)
	if err != nil {
		return fmt.Errorf("train account: %w", err)
	}
	judge := policy.NewJudge(p, engine)
	if len(s.Events) == 0 {
		return nil
	}
	known := s.Events[len(s.Events)-1].Time.Add(-delay)
	for i := range s.Events {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e := &s.Events[i]
		r := judge.Evaluate(e)
		if r.Learned == nil || e.Time.After(known) {
			continue
		}
		truth, taken := s.Truth[e.Context.Account]
		to.X = append(to.X, r.Learned.Row)
		to.Fraud = append(to.Fraud, taken && slices.Contains(truth.Orders, e.Order.ID))
	}
	return nil
}

// report prints what was learned from, and how sure the model is of the later
// shops against what is true.
func report(out io.Writer, m *riskmodel.Model, rows, later riskmodel.Rows) error {
	if _, err := fmt.Fprintf(out, "%d orders with gift cards, %d of takeovers; %d and %d to end and calibrate by; %d trees\n",
		len(rows.X), trues(rows.Fraud), len(later.X), trues(later.Fraud), m.Trees()); err != nil {
		return err
	}
	edges := []float64{0, .01, .05, .1, .3, .5, .7, .9, 1.01}
	for i := range edges[1:] {
		n, frauds, sum := 0, 0, 0.0
		for j, row := range later.X {
			if x := m.Probability(row); x >= edges[i] && x < edges[i+1] {
				n, sum = n+1, sum+x
				if later.Fraud[j] {
					frauds++
				}
			}
		}
		if n > 0 {
			if _, err := fmt.Fprintf(out, "score from %.2f: %7d orders, mean score %.4f, of takeovers %.4f\n", edges[i], n, sum/float64(n), float64(frauds)/float64(n)); err != nil {
				return err
			}
		}
	}
	return nil
}

func trues(of []bool) (n int) {
	for _, b := range of {
		if b {
			n++
		}
	}
	return n
}

// WriteAccount trains the learned score of a policy and writes it into a folder,
// under the name by which the policy asks for it.
func WriteAccount(ctx context.Context, p *policy.Policy, o AccountOptions, into string, out io.Writer) error {
	m, err := Account(ctx, p, o, out)
	if err != nil {
		return err
	}
	b, err := m.Write()
	if err != nil {
		return err
	}
	if len(b) > MaxAccountModel {
		return fmt.Errorf("train account: the model takes %d bytes: at most %d ship", len(b), MaxAccountModel)
	}
	name := filepath.Join(into, path.Base(p.ModelFile()))
	if err := os.WriteFile(name, b, 0o644); err != nil {
		return fmt.Errorf("train account: write the model: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s: %d bytes\n", path.Base(name), len(b))
	return err
}
