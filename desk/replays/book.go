package replays

import (
	"encoding/json"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/account/replay"
	"bonafide/fault"
)

// State is how far a replay has come.
type State string

// The states. Done, Failed, Cancelled and Interrupted are ends.
const (
	// Waiting for its turn.
	Waiting State = "waiting"
	// Running: it reads events.
	Running State = "running"
	// Done: the report is there.
	Done State = "done"
	// Failed: Trouble tells why.
	Failed State = "failed"
	// Cancelled by a person.
	Cancelled State = "cancelled"
	// Interrupted by a stop of the server; nothing of it is left but that it was.
	Interrupted State = "interrupted"
)

// Ended tells whether nothing more will happen.
func (s State) Ended() bool { return s != Waiting && s != Running }

// Compared names a policy that is compared.
type Compared struct {
	// Number is that of the policy here; 0 for the shipped one, -1 for a text that
	// was only given for the replay.
	Number  int64  `json:"number" doc:"Number of the policy; 0: the shipped one; -1: a text that was given for this replay."`
	Name    string `json:"name"`
	Version int    `json:"version"`
	Digest  string `json:"digest" doc:"SHA-256 of the text."`
}

// Run is a replay as somebody may see it; Report is nil in lists, and until it
// is done.
type Run struct {
	Number int64 `json:"number"`
	State  State `json:"state" enum:"waiting,running,done,failed,cancelled,interrupted"`
	// Trouble tells why it failed.
	Trouble   string    `json:"trouble,omitempty" doc:"Why it failed."`
	Author    string    `json:"author" doc:"Who started it: a pseudonym."`
	Asked     time.Time `json:"asked_at"`
	Begun     time.Time `json:"begun_at,omitzero"`
	Ended     time.Time `json:"ended_at,omitzero"`
	Expires   time.Time `json:"expires_at,omitzero" doc:"When the result is erased."`
	Candidate Compared  `json:"candidate" doc:"The policy that is tried."`
	Baseline  Compared  `json:"baseline" doc:"The policy that it is compared with."`
	From      time.Time `json:"from"`
	To        time.Time `json:"to" doc:"End of the period, itself excluded."`
	// Events were read, Changed of them decided differently, At is the time of the
	// newest.
	Events  int64     `json:"events" doc:"Events read so far, those that fill the windows included."`
	Changed int64     `json:"changed" doc:"Decided differently so far."`
	At      time.Time `json:"at,omitzero" doc:"Time of the newest event read."`
	// Result is what was found, once it is done; docs/replay.md.
	Result *replay.Report `json:"report,omitempty" doc:"What was found, once it is done (docs/replay.md)."`
}

// Share is how much of the period was read, 0 to 1; 0 while the windows are filled.
func (v *Run) Share() float64 {
	if v.State == Done {
		return 1
	}
	all := v.To.Sub(v.From)
	if all <= 0 || !v.At.After(v.From) {
		return 0
	}
	return min(float64(v.At.Sub(v.From))/float64(all), 1)
}

// book is what is known of one tenant's replays.
type book struct {
	Form int   `json:"form"`
	Next int64 `json:"next"`
	// Jobs stand in the order of their numbers.
	Jobs []*job `json:"jobs"`
}

// job is one replay. What is in it is guarded by Desk.mu.
type job struct {
	Run
	cancel func(State) // ends it with a state; nil once it has ended
	// forgotten are accounts that were erased while it was at work.
	forgotten []string
}

const bookForm = 1

// book returns the tenant's book and reads it where it was not read yet: what was
// at work when the server stopped was interrupted. Desk.mu is held.
func (d *Desk) book(t access.Tenant) (*book, error) {
	if b := d.books[t]; b != nil {
		return b, nil
	}
	b := &book{Form: bookForm, Next: 1}
	if d.cfg.Shelf != nil {
		raw, err := d.cfg.Shelf.Load(string(t))
		if err != nil {
			return nil, fault.New(fault.Temporary, "", "the results of replays cannot be read: try again, or look at the disk")
		}
		if raw != nil {
			if err := json.Unmarshal(raw, b); err != nil || b.Form != bookForm {
				d.failed("read the results of replays; they are begun anew", fault.New(fault.Invalid, "", "the file is damaged, or of another program"))
				b = &book{Form: bookForm, Next: d.cfg.Now().Unix()} // no number is used again
			}
		}
	}
	now := d.cfg.Now()
	for _, j := range b.Jobs {
		if !j.State.Ended() {
			j.State, j.Ended = Interrupted, now
			j.Expires = now.AddDate(0, 0, d.lim.KeepDays)
		}
	}
	d.books[t] = b
	return b, nil
}

// tidy lets go what is past its time, and the oldest beyond the bound.
func (d *Desk) tidy(b *book) (changed bool) {
	now, n := d.cfg.Now(), len(b.Jobs)
	b.Jobs = slices.DeleteFunc(b.Jobs, func(j *job) bool { return j.State.Ended() && !j.Expires.After(now) })
	for i := 0; i < len(b.Jobs) && len(b.Jobs) > d.lim.Keep; {
		if b.Jobs[i].State.Ended() {
			b.Jobs = slices.Delete(b.Jobs, i, i+1)
			continue
		}
		i++
	}
	return len(b.Jobs) != n
}

// save writes the book down. Desk.mu is held.
func (d *Desk) save(t access.Tenant, b *book) {
	if d.cfg.Shelf == nil {
		return
	}
	raw, err := json.Marshal(b)
	if err == nil {
		err = d.cfg.Shelf.Save(string(t), raw)
	}
	d.failed("keep the results of replays", err)
}

func (b *book) find(number int64) *job {
	for _, j := range b.Jobs {
		if j.Number == number {
			return j
		}
	}
	return nil
}

var errNone = fault.New(fault.NotFound, "", "there is no such replay, or its time is over: start it again")
