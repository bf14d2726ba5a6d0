package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
)

// Bounds of one submission.
const (
	// MaxBody is the largest one in bytes, MaxEvents the most events in it.
	MaxBody   = 8 << 20
	MaxEvents = eventlog.MaxAppend
)

// Batch is what a shop sends at once.
type Batch struct {
	// Body is one event, or one a line. With a mapping of another format it is
	// what that reads: a list, or a table.
	Body []byte
	// Mapping names a mapping of the data; empty: the events are in our own form.
	Mapping string
	// Decide waits for the decisions; without it the answer comes when all is on disk.
	Decide bool
	// Skip takes the good events of a batch and lists the others. Without it one
	// wrong event refuses the whole batch, and nothing of it is kept.
	Skip bool
	// Lang is the language of texts in the answers.
	Lang string
}

// Refusal is an event that was not taken, by its place in the batch.
type Refusal struct {
	// Line counts from 1: lines of the body, or places in a list.
	Line int    `json:"line" doc:"Line of the body, from 1."`
	Text string `json:"text" doc:"What is wrong, with the exact place in the event; never a value."`
}

// Taken is what became of a batch.
type Taken struct {
	Accepted int `json:"accepted" doc:"Events that are on disk now."`
	Repeated int `json:"repeated" doc:"Of these, how many had come before and are not counted again."`
	// Answers are the decisions, in the order of the events; without Decide none.
	Answers []EventAnswer `json:"decisions,omitempty" doc:"With decide=true: one for each accepted event, in their order."`
	Refused []Refusal     `json:"refused,omitempty" doc:"With skip=true: events that were not taken."`
}

// read parses the events of a batch. With an error, n is how many events it had, as
// far as they can be told apart.
func (d *Desk) read(t access.Tenant, b Batch) (list []event.Event, refused []Refusal, n int, err error) {
	if len(b.Body) > MaxBody {
		return nil, nil, 1, fault.New(fault.TooLarge, "", "a submission of %d bytes is too large: at most %d; send it in parts", len(b.Body), MaxBody)
	}
	seq, err := d.events(b)
	if err != nil {
		return nil, nil, 1, err
	}
	var whole error
	now, last := d.cfg.Now(), 0
	for x, err := range seq {
		if n++; whole != nil && n <= MaxEvents {
			continue // how many are refused with it
		} else if whole != nil {
			break
		}
		if err == nil {
			err = guard.TooEarly(&x.event, now)
		}
		if err == nil && x.event.List != nil {
			err = fault.New(fault.Invalid, "type", "is one that only this server writes: change lists at /v1/lists")
		}
		if err == nil && d.cfg.Transmitters.Has(t, x.event.Source) {
			err = fault.New(fault.Invalid, "source", "is a transmitter of security events: what it says comes as its signed token (application/secevent+jwt), and in no other way")
		}
		if x.line <= last {
			x.line = last + 1
		}
		last = x.line
		switch {
		case err == nil:
			list = append(list, x.event)
		case b.Skip:
			refused = append(refused, Refusal{Line: x.line, Text: err.Error()})
		default:
			whole = fault.New(fault.KindOf(err), "", "line %d: %s; nothing of the submission was kept", x.line, err)
		}
		if n > MaxEvents {
			whole = fault.New(fault.TooLarge, "", "a submission holds at most %d events: send it in parts", MaxEvents)
			break
		}
	}
	if n == 0 {
		whole = fault.New(fault.Invalid, "", "the submission holds no event: send one JSON object, or one a line")
	}
	if whole != nil {
		return nil, nil, max(n, 1), whole
	}
	return list, refused, n, nil
}

// placed is an event with its line; 0: not known.
type placed struct {
	event event.Event
	line  int
}

// events yields the events of a body, by its form. An error belongs to one event.
func (d *Desk) events(b Batch) (iter.Seq2[placed, error], error) {
	read := func(raw []byte) (event.Event, bool, error) {
		e, err := event.Parse(raw, event.Options{Unknown: d.cfg.Unknown})
		return e, err == nil, err
	}
	b.Body = bytes.TrimPrefix(b.Body, []byte("\ufeff")) // what spreadsheets and Windows begin a file with
	body := bytes.TrimSpace(b.Body)
	if b.Mapping != "" {
		m := d.mappings[b.Mapping]
		if m == nil {
			return nil, fault.New(fault.Invalid, "mapping", "is none of those here: %s", strings.Join(d.Mappings(), ", "))
		}
		if m.Format != event.NDJSON {
			return func(yield func(placed, error) bool) {
				for e, err := range m.Read(bytes.NewReader(body)) {
					if !yield(placed{event: e}, err) {
						return
					}
				}
			}, nil
		}
		read = m.Event
	}
	first, _, _ := bytes.Cut(body, []byte("\n"))
	switch {
	case bytes.HasPrefix(body, []byte("[")):
		var parts []json.RawMessage
		if err := json.Unmarshal(body, &parts); err != nil {
			return nil, fault.New(fault.Invalid, "", "the submission is no JSON list: %s", err)
		}
		return each(slices.Values(parts), read), nil
	case len(body) > 0 && !json.Valid(first) && json.Valid(body): // one event over several lines
		return each(slices.Values([]json.RawMessage{body}), read), nil
	}
	return each(bytes.SplitSeq(b.Body, []byte("\n")), read), nil
}

// each reads the parts of a body; empty ones count as lines and hold nothing.
func each[T ~[]byte](parts iter.Seq[T], read func([]byte) (event.Event, bool, error)) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		line := 0
		for p := range parts {
			line++
			raw := bytes.TrimSpace(p)
			if len(raw) == 0 {
				continue
			}
			e, ok, err := read(raw)
			if (ok || err != nil) && !yield(placed{e, line}, err) {
				return
			}
		}
	}
}

// Submit takes events in: each is on disk before this returns, and nothing that
// was acknowledged is lost; an event that came before (source and id) is
// acknowledged and not counted again. fault.Invalid and fault.TooLarge name the
// line; fault.Temporary: too much at a time, or the disk fails: send the same again.
func (d *Desk) Submit(ctx context.Context, a access.Actor, b Batch) (Taken, error) {
	begun := time.Now()
	if err := a.May(access.EventWrite, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil {
		return Taken{}, err
	}
	list, refused, n, err := d.read(a.Tenant, b)
	if err != nil {
		d.refused("invalid", n)
		return Taken{}, err
	}
	d.refused("invalid", len(refused))
	out, err := d.take(ctx, a.Tenant, list, b)
	out.Refused = refused
	if d.cfg.Watch.Answered != nil && err == nil {
		d.cfg.Watch.Answered(time.Since(begun))
	}
	return out, err
}

// take seals events, has them kept, and answers.
func (d *Desk) take(ctx context.Context, t access.Tenant, list []event.Event, b Batch) (Taken, error) {
	if len(list) == 0 {
		return Taken{}, nil
	}
	sealer, err := d.sealer(t)
	if err != nil {
		return Taken{}, err
	}
	l, err := d.lane(ctx, t)
	if err != nil {
		return Taken{}, err
	}
	c := &call{events: make([]event.Event, len(list)), entries: make([]eventlog.Event, len(list)), received: d.cfg.Now(), decide: b.Decide, done: make(chan struct{})}
	apart := make([]map[string]string, len(list))
	for i := range list {
		c.events[i] = sealer.Seal(list[i])
		apart[i] = c.events[i].Cut()
	}
	free, err := d.sealFree(ctx, t, c.events, apart)
	if err != nil {
		d.refused("busy", len(list))
		return Taken{}, err
	}
	for i := range list {
		c.entries[i] = past.Entry(&c.events[i], free[i], c.received)
		c.entries[i].Tenant = t
	}
	if err := l.enqueue(c); err != nil {
		d.refused("busy", len(list))
		return Taken{}, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return Taken{}, fault.New(fault.Temporary, "", "the answer took too long: the events may be kept; send the same again, which counts none twice")
	}
	if c.err != nil {
		if fault.KindOf(c.err) == fault.Temporary {
			d.refused("busy", len(list))
		}
		return Taken{}, c.err
	}
	out := Taken{Accepted: len(list)}
	for i, r := range c.receipts {
		if r.Repeated {
			out.Repeated++
		}
		if b.Decide {
			decided, by := d.first(ctx, t, c, i)
			x := answer(&list[i], decided, by, b.Lang)
			x.Notice = d.notice(ctx, l, &list[i], &c.events[i], x.Do, b.Lang)
			out.Answers = append(out.Answers, x)
		}
	}
	return out, nil
}

// first is what was decided of an event. One that comes again so late that neither
// log nor guard remember it is judged as a late one: then what is kept of the first
// time is the answer.
func (d *Desk) first(ctx context.Context, t access.Tenant, c *call, i int) (*guard.Decision, *policy.Policy) {
	x := &c.decisions[i]
	if !x.Late || x.Repeated {
		return x, c.policyOf(i)
	}
	d.settle(ctx, t) // it may be on its way to the records
	was, err := d.kept(ctx, t, x.ID)
	if err != nil || was.row.Place >= int64(c.receipts[i].Position) { //nolint:gosec // positions are small
		return x, c.policyOf(i)
	}
	was.decision.Repeated = true
	return &was.decision, was.policy
}
