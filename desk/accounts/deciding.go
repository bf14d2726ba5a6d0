package accounts

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Deciding is which policy decides a tenant's events, and how its candidate does.
type Deciding struct {
	Policy  int64     `json:"policy" doc:"Number of the policy that decides; 0: the configured one."`
	Name    string    `json:"name"`
	Version int       `json:"version"`
	Digest  string    `json:"digest" doc:"SHA-256 of its text, or of the text's and its model's."`
	Since   time.Time `json:"since" doc:"Since when it decides."`
	// Place is that of the first event that it decided.
	Place int64 `json:"place" doc:"Place of the log of events from which on it decides."`
	// Waiting: another one is live by the records and does not decide yet.
	Waiting bool `json:"waiting" doc:"Another policy went live and reads the log first; it decides in a moment."`
	// Trial is that of the candidate; nil: there is none.
	Trial *Trial `json:"trial,omitempty" doc:"How the candidate does beside it; absent: there is none."`
	// Burst is the last one since the start of the server; nil: none was seen.
	Burst *Burst `json:"burst,omitempty" doc:"The last burst of declines since the server started."`
}

// Deciding tells which policy decides now and from which place on, how the candidate
// does beside it, and the last burst of declines. Right: policy.read.
func (d *Desk) Deciding(ctx context.Context, a access.Actor) (Deciding, error) {
	if err := a.May(access.PolicyRead, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return Deciding{}, err
	}
	l, err := d.lane(ctx, a.Tenant)
	if err != nil {
		return Deciding{}, err
	}
	_, number, err := d.liveText(ctx, a.Tenant)
	if err != nil {
		return Deciding{}, err
	}
	r := l.reign.Load()
	out := Deciding{Policy: r.number, Name: r.policy.Name, Version: r.policy.Version, Digest: r.digest, Since: r.made, Place: int64(r.since), Waiting: number != r.number, Burst: l.seen.Load()} //nolint:gosec // positions are small
	if t := l.trial.Load(); t != nil {
		v := t.view()
		out.Trial = &v
	}
	return out, nil
}

// Trial tells how the candidate of a tenant does; NotFound when there is none. Right:
// policy.read.
func (d *Desk) Trial(ctx context.Context, a access.Actor) (Trial, error) {
	x, err := d.Deciding(ctx, a)
	if err == nil && x.Trial == nil {
		err = fault.New(fault.NotFound, "", "no policy is tried in the shadow here: let one run there first")
	}
	if err != nil {
		return Trial{}, err
	}
	return *x.Trial, nil
}
