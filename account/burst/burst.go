// Package burst notices that a policy suddenly stops far more than it did: the
// sign of a rule that is wrong, after which the policy before it decides again.
// It counts by minutes of event time, so the same events give the same alarm.
//
// It is not for finding fraud (account/policy does) and takes nothing back
// itself: a desk does.
//
//	d := burst.New(burst.Rule{Window: 10 * time.Minute, Base: 24 * time.Hour, Least: 50, Share: .05, Factor: 5})
//	if alarm, ok := d.Take(e.Time, decision.Action > policy.Allow); ok { … }
package burst

import (
	"errors"
	"fmt"
	"time"
)

// Rule says what a burst is. All of Least, Share and Factor must be reached.
type Rule struct {
	// Window is the time looked at, Base the time before it that it is compared with.
	Window, Base time.Duration
	// Least is how many events are stopped within Window at least.
	Least int64
	// Share of the events of Window that are stopped, 0 to 1.
	Share float64
	// Factor is how many times the share of Base that is. Where Base has fewer
	// than Least events there is nothing to compare with, and no alarm.
	Factor float64
}

// maxBase bounds the memory: 16 bytes a minute.
const maxBase = 30 * 24 * time.Hour

// Check tells what is wrong with the rule.
func (r Rule) Check() error {
	if r.Window < time.Minute || r.Base < r.Window || r.Base > maxBase || r.Window%time.Minute != 0 || r.Base%time.Minute != 0 {
		return errors.New("burst: window and base are whole minutes, base the longer and at most 30 days")
	}
	if r.Least < 1 || r.Share < 0 || r.Share > 1 || r.Factor < 1 {
		return errors.New("burst: least is 1 or more, share 0 to 1, factor 1 or more")
	}
	return nil
}

// Alarm is a burst: how many events were acted on in the window and how many of
// them stopped, and the same of the time before.
type Alarm struct {
	At               time.Time
	Decided, Stopped int64
	Before           int64
	StoppedBefore    int64
}

// String tells it for an audit entry.
func (a Alarm) String() string {
	return fmt.Sprintf("%d of %d events were stopped, before that %d of %d", a.Stopped, a.Decided, a.StoppedBefore, a.Before)
}

// Forget drops what was counted in the window, and keeps the time before it: for a
// policy that begins to decide, which is not to blame for what the one before did.
func (d *Detector) Forget() {
	size, window := int64(len(d.minutes)), int64(d.rule.Window/time.Minute)
	for m := max(d.now-window+1, 0); d.begun && m <= d.now; m++ {
		d.minutes[m%size] = count{}
	}
	d.window = count{}
}

type count struct{ decided, stopped int64 }

func (c *count) add(o count, by int64) {
	c.decided, c.stopped = c.decided+by*o.decided, c.stopped+by*o.stopped
}

// Detector counts. It is not safe for concurrent use.
type Detector struct {
	rule    Rule
	minutes []count // a ring, by minute
	now     int64   // the newest minute
	begun   bool
	window  count
	base    count
}

// New makes a detector that has seen nothing.
func New(r Rule) (*Detector, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return &Detector{rule: r, minutes: make([]count, (r.Window+r.Base)/time.Minute)}, nil
}

// Take counts one event of a type that is acted on. The alarm is told at each
// event as long as it lasts. Events older than the base are left out.
func (d *Detector) Take(at time.Time, stopped bool) (Alarm, bool) {
	m := at.Unix() / 60
	if !d.begun {
		d.now, d.begun = m, true
	}
	d.advance(m)
	size, window := int64(len(d.minutes)), int64(d.rule.Window/time.Minute)
	age := d.now - m
	if age >= size {
		return Alarm{}, false
	}
	one := count{decided: 1}
	if stopped {
		one.stopped = 1
	}
	d.minutes[m%size].add(one, 1)
	if age < window {
		d.window.add(one, 1)
	} else {
		d.base.add(one, 1)
	}
	a := Alarm{At: at, Decided: d.window.decided, Stopped: d.window.stopped, Before: d.base.decided, StoppedBefore: d.base.stopped}
	return a, stopped && d.rule.holds(a)
}

func (r Rule) holds(a Alarm) bool {
	share := float64(a.Stopped) / float64(max(a.Decided, 1))
	if a.Stopped < r.Least || share < r.Share || a.Before < r.Least {
		return false
	}
	return share >= r.Factor*float64(a.StoppedBefore)/float64(a.Before)
}

// advance moves the window to a minute.
func (d *Detector) advance(m int64) {
	size, window := int64(len(d.minutes)), int64(d.rule.Window/time.Minute)
	if m-d.now >= size {
		clear(d.minutes)
		d.window, d.base, d.now = count{}, count{}, m
		return
	}
	for d.now < m {
		d.now++
		out := &d.minutes[d.now%size] // the oldest, which this minute takes the place of
		d.base.add(*out, -1)
		*out = count{}
		if old := d.now - window; old >= 0 {
			moved := d.minutes[old%size]
			d.window.add(moved, -1)
			d.base.add(moved, 1)
		}
	}
}
