package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"bonafide/access"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/fault"
)

// Proof is what was found when a text was checked. Problems is empty when it may go live.
type Proof struct {
	Problems []string `json:"problems"`
	Warnings []string `json:"warnings"`
	// Cases ran, Failed of them did not hold.
	Cases  int `json:"cases"`
	Failed int `json:"failed"`
	// Cost is the largest static cost of one event.
	Cost uint64 `json:"cost"`
	// Replayed events of so many days; Accounts without a known fraud, and how
	// many of them it stops now and before.
	Replayed      int64    `json:"replayed_events"`
	Days          int      `json:"days"`
	Accounts      int      `json:"good_accounts"`
	Annoyed       int      `json:"annoyed_accounts"`
	AnnoyedBefore int      `json:"annoyed_accounts_before"`
	AnnoyedShare  *float64 `json:"annoyed_share,omitempty"`
	NewlyCaught   int      `json:"newly_caught"`
	NewlyMissed   int      `json:"newly_missed"`
	// Report is the whole replay; it is not kept with the step.
	Report *replay.Report `json:"-"`
}

// maxListed bounds problems and warnings in a proof.
const maxListed = 20

func (p *Proof) problem(format string, args ...any) {
	if len(p.Problems) < maxListed {
		p.Problems = append(p.Problems, fmt.Sprintf(format, args...))
	}
}

// Check tells what a text would do and whether it may go live, without doing
// anything (policy.read).
func (d *Desk) Check(ctx context.Context, a access.Actor, number int64) (*Proof, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return nil, err
	}
	x, err := d.get(ctx, a.Tenant, number)
	if err != nil {
		return nil, err
	}
	p, err := policy.LoadFrom([]byte(x.Body), d.cfg.Data)
	if err != nil {
		return nil, err
	}
	return d.prove(ctx, a.Tenant, p)
}

// prove runs the cases, looks at the cost and replays the last days.
func (d *Desk) prove(ctx context.Context, t access.Tenant, p *policy.Policy) (*Proof, error) {
	out := &Proof{Problems: []string{}, Warnings: []string{}, Days: d.rails.ReplayDays}
	for _, w := range p.Warnings[:min(len(p.Warnings), maxListed)] {
		out.Warnings = append(out.Warnings, w.String())
	}
	if err := out.cases(p); err != nil {
		return nil, err
	}
	var kind string
	if out.Cost, kind = p.Cost(); out.Cost > d.rails.MaxCost {
		out.problem("an event of type %s can cost %d: at most %d", kind, out.Cost, d.rails.MaxCost)
	}
	return out, d.replay(ctx, t, p, out)
}

func (p *Proof) cases(of *policy.Policy) error {
	results, err := of.Test()
	if err != nil {
		return err
	}
	p.Cases = len(results)
	for _, r := range results {
		if len(r.Problems) > 0 {
			p.Failed++
			p.problem("the case %q does not hold: %s", r.Name, r.Problems[0])
		}
	}
	if p.Cases == 0 {
		p.problem("the policy has no cases: write what must hit and what must not")
	}
	return nil
}

func (d *Desk) replay(ctx context.Context, t access.Tenant, p *policy.Policy, out *Proof) error {
	if d.cfg.History == nil {
		out.Warnings = append(out.Warnings, "no events are kept here: nothing was replayed")
		return nil
	}
	live, _, err := d.Live(ctx, t)
	if err != nil {
		return err
	}
	base, err := policy.LoadFrom(live, d.cfg.Data)
	if err != nil {
		return fmt.Errorf("policies: the policy that decides: %w", err)
	}
	rep, err := d.lately(ctx, t, replay.Setup{Candidate: p, Baseline: base, MaxAccounts: d.rails.MaxAccounts, Guard: guard.Options{Cold: d.cfg.Cold}})
	if err != nil {
		return err
	}
	c := &rep.Candidate
	out.Report, out.Replayed, out.Accounts = rep, rep.Events, rep.Accounts.Seen-rep.Accounts.Fraud
	out.Annoyed, out.AnnoyedBefore, out.AnnoyedShare = c.AnnoyedAccounts, rep.Baseline.AnnoyedAccounts, c.AnnoyedShare
	out.NewlyCaught, out.NewlyMissed = rep.NewlyCaught, rep.NewlyMissed
	// A rule that fails is wrong in a shop of any size.
	if share := float64(c.Faulty) / float64(max(rep.Events, 1)); share > d.rails.MaxFaultyShare {
		out.problem("at %d of %d events a rule failed", c.Faulty, rep.Events)
	}
	if out.Accounts < d.rails.LeastAccounts {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d accounts are too few to judge by: want %d", out.Accounts, d.rails.LeastAccounts))
		return nil
	}
	if *c.AnnoyedShare > d.rails.MaxAnnoyedShare {
		out.problem("in the last %d days it would have stopped %d of %d good accounts (%.2f %%, at most %.2f %%)", d.rails.ReplayDays,
			c.AnnoyedAccounts, out.Accounts, 100**c.AnnoyedShare, 100*d.rails.MaxAnnoyedShare)
	}
	return nil
}

// lately replays the last days, within bounds of time and memory. Of one tenant one
// runs at a time: each holds a guard's memory and reads the log.
func (d *Desk) lately(ctx context.Context, t access.Tenant, s replay.Setup) (*replay.Report, error) {
	if !d.begin(t) {
		return nil, fault.New(fault.Conflict, "", "the last days are being replayed for another check of yours: try again when it is over")
	}
	defer d.done(t)
	const elsewhere = "a replay (/replays) may take longer and tells the same; the bounds of a publication stand in account/guardrails.yaml"
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(d.rails.MaxSeconds)*time.Second,
		fault.New(fault.TooLarge, "", "replaying the last days takes longer than %d seconds: %s", d.rails.MaxSeconds, elsewhere))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.From = d.cfg.Now().AddDate(0, 0, -d.rails.ReplayDays)
	events, labels, err := d.cfg.History(ctx, t, s.From)
	if err != nil {
		return nil, fmt.Errorf("policies: read the last days: %w", d.ended(ctx, err))
	}
	s.Labels = labels
	s.Progress = func(p replay.Progress) {
		switch {
		case p.Events > d.rails.MaxEvents:
			stop(fault.New(fault.TooLarge, "", "the last days and what their windows need have more than %d events: %s", d.rails.MaxEvents, elsewhere))
		case p.Held > d.rails.MaxBytes:
			stop(fault.New(fault.TooLarge, "", "replaying the last days needs more than %d MiB of memory: %s", d.rails.MaxBytes>>20, elsewhere))
		}
	}
	r, err := replay.New(s)
	if err != nil {
		return nil, err
	}
	var broken error
	if err := cmp.Or(r.Run(ctx, replay.Whole(ctx, events, &broken)), broken); err != nil {
		return nil, d.ended(ctx, err)
	}
	return r.Report(), nil
}

// ended is why a context ended, where it did: in words, if the desk ended it.
func (d *Desk) ended(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case errors.Is(cause, context.DeadlineExceeded):
		return fault.New(fault.Temporary, "", "replaying the last days took longer than the answer may: try again with the page or the command, which wait longer")
	default:
		return cause
	}
}

// begin takes the tenant's one place, if it is free; done gives it back.
func (d *Desk) begin(t access.Tenant) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.proving[t] {
		return false
	}
	d.proving[t] = true
	return true
}

func (d *Desk) done(t access.Tenant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.proving, t)
}
