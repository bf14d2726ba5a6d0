package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/eval/simulate/shop"
)

func shipped(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func load(t testing.TB, raw []byte) *policy.Policy {
	t.Helper()
	p, err := policy.LoadFrom(raw, os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// changed is the policy with some text replaced.
func changed(t testing.TB, old, other string) *policy.Policy {
	t.Helper()
	raw := shipped(t)
	if !bytes.Contains(raw, []byte(old)) {
		t.Fatalf("the policy no longer holds %q", old)
	}
	return load(t, bytes.Replace(raw, []byte(old), []byte(other), 1))
}

func labelsOf(s shop.Stream) *Labels {
	l := &Labels{Rest: Genuine}
	for who, x := range s.Truth {
		l.Add(who, Label{Verdict: Fraud, Kind: x.Kind, Start: x.Start, End: x.End, Orders: x.Orders})
	}
	return l
}

func made(t interface{ Fatal(...any) }, s Setup) *Replay {
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReplayIsLive: whatever the batches were, however many shards there are,
// and wherever the live guard was restarted, a replay computes the decisions
// that were taken, byte for byte, and its report is the same.
func TestReplayIsLive(t *testing.T) {
	p := load(t, shipped(t))
	other := changed(t, "challenge: 50", "challenge: 40")
	s := shop.Make(shop.Options{Seed: 3, Accounts: 12, Days: 20, Takeovers: 3})
	labels := labelsOf(s)
	var want []byte
	rapid.Check(t, func(t *rapid.T) {
		live, err := guard.New(p, guard.Options{Shards: rapid.IntRange(1, 4).Draw(t, "shards")})
		if err != nil {
			t.Fatal(err)
		}
		kept := map[guard.ID][]byte{}
		stop := rapid.IntRange(0, len(s.Events)-1).Draw(t, "restart")
		for i := range s.Events {
			if i == stop {
				if live, err = guard.Restore(p, guard.Options{}, live.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			d := live.Decide(&s.Events[i])
			kept[d.ID] = d.Append(nil)
		}
		r := made(t, Setup{Candidate: other, Baseline: p, Labels: labels, Taken: func(id guard.ID) (guard.Decision, bool) {
			d, err := guard.Decode(kept[id])
			return d, err == nil
		}})
		size := rapid.IntRange(1, 3000).Draw(t, "batch")
		for part := range slices.Chunk(s.Events, size) {
			r.Take(part)
		}
		rep := r.Report()
		if rep.Verified != int64(len(s.Events)) || rep.Differing != 0 {
			t.Fatalf("of %d decisions %d were verified and %d differ", len(s.Events), rep.Verified, rep.Differing)
		}
		got, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("the report depends on batches of %d or a restart at %d:\n%s\n%s", size, stop, got, want)
		}
	})
}

// TestWhatAChangeDoes: a stricter policy catches and annoys, a milder one misses
// and frees; and what is counted agrees with itself.
func TestWhatAChangeDoes(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 4, Accounts: 300, Takeovers: 40})
	p := load(t, shipped(t))
	strict, mild := changed(t, "challenge: 50", "challenge: 20"), changed(t, "challenge: 50\n  hold: 80\n  block: 120", "challenge: 150\n  hold: 170\n  block: 200")
	run := func(base, cand *policy.Policy) *Report {
		r := made(t, Setup{Candidate: cand, Baseline: base, Labels: labelsOf(s)})
		r.Take(s.Events)
		return r.Report()
	}
	same, more, less := run(p, p), run(p, strict), run(p, mild)
	if same.NewlyCaught+same.NewlyMissed+same.NewlyAnnoyed+same.NewlyFreed != 0 || slices.ContainsFunc(same.Changes, func(c Change) bool { return c.From != c.To }) {
		t.Errorf("a policy differs from itself: %+v", same.Changes)
	}
	if more.NewlyAnnoyed == 0 || more.NewlyMissed+more.NewlyFreed != 0 || len(more.Examples.Annoyed) != min(more.NewlyAnnoyed, 20) {
		t.Errorf("a lower threshold: %d annoyed, %d missed, %d freed, %d examples", more.NewlyAnnoyed, more.NewlyMissed, more.NewlyFreed, len(more.Examples.Annoyed))
	}
	if less.NewlyMissed == 0 || less.NewlyCaught+less.NewlyAnnoyed != 0 {
		t.Errorf("higher thresholds: %d missed, %d caught, %d annoyed", less.NewlyMissed, less.NewlyCaught, less.NewlyAnnoyed)
	}
	if back := run(mild, p); back.NewlyCaught != less.NewlyMissed || back.NewlyAnnoyed != less.NewlyFreed {
		t.Error("the other way round is not the opposite")
	}
	if same.Accounts.Fraud != 40 || *same.Candidate.Recall < .8 || *same.Candidate.Precision < .8 || same.Candidate.Faulty != 0 {
		t.Errorf("%+v", same.Candidate)
	}
	for _, m := range more.Money {
		if m.Candidate != m.Baseline+m.New-m.Gone || m.FraudCandidate < m.FraudBaseline || m.Placed < m.Candidate {
			t.Errorf("money does not add up: %+v", m)
		}
	}
	total := int64(0)
	for _, c := range more.Changes {
		total += c.Events
	}
	if total != more.Decided || total == 0 {
		t.Errorf("%d changes of %d decided events", total, more.Decided)
	}
}

// TestPeriodWarmsUp: what lies before the period fills the windows and is not
// counted, so the decisions of the period are those of the whole.
func TestPeriodWarmsUp(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 4, Accounts: 200, Takeovers: 30})
	p := load(t, shipped(t))
	from := s.Events[len(s.Events)/2].Time
	kept := map[guard.ID]guard.Decision{}
	live, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inside := int64(0)
	for i := range s.Events {
		d := live.Decide(&s.Events[i])
		kept[d.ID] = d
		if !s.Events[i].Time.Before(from) {
			inside++
		}
	}
	r := made(t, Setup{Candidate: p, From: from, Taken: func(id guard.ID) (guard.Decision, bool) { d, ok := kept[id]; return d, ok }})
	if err := r.Run(context.Background(), func(yield func(event.Event, error) bool) {
		for i := range s.Events {
			if !yield(s.Events[i], nil) || i == 7 && !yield(event.Event{}, errors.New("line 8 is wrong")) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	rep := r.Report()
	if rep.Events != inside || rep.Outside != int64(len(s.Events))-inside || rep.Refused != 1 || rep.FirstRefusal == "" || rep.First.Before(from) {
		t.Errorf("%d events in the period, %d before it, %d refused", rep.Events, rep.Outside, rep.Refused)
	}
	if rep.Untaken != 0 || slices.ContainsFunc(rep.Changes, func(c Change) bool { return c.From != c.To }) || rep.Candidate.Stopped == 0 {
		t.Errorf("the decisions of the period differ from those that were taken: %+v", rep.Changes)
	}
}

func TestLabels(t *testing.T) {
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	ev := func(account, order string, d time.Duration) *event.Event {
		return &event.Event{Type: event.OrderPlaced, Time: day.Add(d), Context: event.Context{Account: account}, Order: event.Order{ID: order}}
	}
	var l Labels
	l.Add("a", Label{Verdict: Fraud, Orders: []string{"o1"}})
	l.Add("b", Label{Verdict: Fraud, Start: day, End: day.Add(time.Hour)})
	note := ev("c", "", 0)
	note.Type, note.Label = event.Labelled, event.Label{Verdict: "genuine"}
	l.Note(note)
	for _, x := range []struct {
		e    *event.Event
		want Truth
	}{
		{ev("a", "o1", 0), Fraud}, {ev("a", "o2", 0), Unknown}, {ev("b", "", time.Hour), Fraud}, {ev("b", "", 2*time.Hour), Unknown},
		{ev("c", "o9", 0), Genuine}, {ev("d", "", 0), Unknown},
	} {
		if got := l.Of(x.e); got != x.want {
			t.Errorf("%s %s: %s, want %s", x.e.Context.Account, x.e.Order.ID, got, x.want)
		}
	}
	l.Rest = Genuine
	if l.Of(ev("d", "", 0)) != Genuine || (*Labels)(nil).Of(ev("a", "o1", 0)) != Unknown {
		t.Error("accounts without a label are the rest")
	}
}

// TestAChangedDecisionIsSeen: the check of kept decisions can fail.
func TestAChangedDecisionIsSeen(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 4, Accounts: 30, Days: 20, Takeovers: 2})
	p := load(t, shipped(t))
	live, err := guard.New(p, guard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[guard.ID]guard.Decision{}
	for i := range s.Events {
		d := live.Decide(&s.Events[i])
		if i == 5 {
			d.Score++
		}
		kept[d.ID] = d
	}
	r := made(t, Setup{Candidate: p, Baseline: p, Taken: func(id guard.ID) (guard.Decision, bool) { d, ok := kept[id]; return d, ok }})
	r.Take(s.Events)
	if got := r.Report(); got.Differing != 1 {
		t.Errorf("%d decisions differ, want 1", got.Differing)
	}
}

// TestByDayAndRule: days add up to the whole, rules tell whom they stopped newly,
// and progress tells what is held.
func TestByDayAndRule(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 4, Accounts: 100, Days: 30, Takeovers: 10})
	next := changed(t, "challenge: 50", "challenge: 20")
	held := int64(0)
	r := made(t, Setup{Candidate: next, Baseline: load(t, shipped(t)), Labels: labelsOf(s), Progress: func(p Progress) { held = p.Held }})
	r.Take(s.Events)
	rep := r.Report()
	var all Day
	for i, d := range rep.Days {
		if i > 0 && d.Day <= rep.Days[i-1].Day {
			t.Errorf("day %s comes after %s", d.Day, rep.Days[i-1].Day)
		}
		all.Events, all.Baseline, all.Candidate, all.New, all.Gone = all.Events+d.Events, all.Baseline+d.Baseline, all.Candidate+d.Candidate, all.New+d.New, all.Gone+d.Gone
	}
	if all.Events != rep.Events || all.Baseline != rep.Baseline.Stopped || all.Candidate != rep.Candidate.Stopped || all.New-all.Gone != all.Candidate-all.Baseline || all.New == 0 {
		t.Errorf("the days give %+v, the whole %d events, %d and %d stopped", all, rep.Events, rep.Baseline.Stopped, rep.Candidate.Stopped)
	}
	blamed, annoyed := 0, 0
	for _, x := range rep.Candidate.Rules {
		blamed, annoyed = max(blamed, x.NewlyStopped), max(annoyed, x.NewlyAnnoyed)
		if x.NewlyStopped > rep.NewlyCaught+rep.NewlyAnnoyed || x.NewlyAnnoyed > rep.NewlyAnnoyed || x.NewlyStopped > x.Accounts {
			t.Errorf("the rule %s newly stopped %d accounts, %d of them annoyed; %d caught and %d annoyed in all", x.ID, x.NewlyStopped, x.NewlyAnnoyed, rep.NewlyCaught, rep.NewlyAnnoyed)
		}
	}
	if rep.NewlyAnnoyed == 0 || blamed == 0 || annoyed == 0 || held < 200*int64(rep.Accounts.Seen) {
		t.Errorf("%d newly annoyed, %d and %d by the rule with most, %d bytes held", rep.NewlyAnnoyed, blamed, annoyed, held)
	}
}

// TestABrokenGuardEndsItsReplay: and not the program.
func TestABrokenGuardEndsItsReplay(t *testing.T) {
	s := shop.Make(shop.Options{Seed: 4, Accounts: 30, Days: 20, Takeovers: 2})
	for _, which := range []func(*Replay) *side{func(r *Replay) *side { return &r.base }, func(r *Replay) *side { return &r.cand }} {
		p := load(t, shipped(t))
		r := made(t, Setup{Candidate: p, Baseline: p})
		which(r).g = &guard.Guard{} // one that nobody made
		err := r.Run(t.Context(), func(yield func(event.Event, error) bool) {
			for _, e := range s.Events {
				if !yield(e, nil) {
					return
				}
			}
		})
		if err == nil || r.Report().Events != 0 {
			t.Errorf("a replay with a broken guard ended with %v and %d events", err, r.Report().Events)
		}
	}
}

// TestLabelPutRight: what was found out last holds, in whatever order it is read; a
// label of an order takes nothing back of another, and one of a list stays.
func TestLabelPutRight(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	says := func(verdict, order string, when time.Duration) event.Event {
		return event.Event{Type: event.Labelled, Time: at.Add(when), Context: event.Context{Account: "a"}, Label: event.Label{Verdict: verdict, Order: order}}
	}
	order := func(id string) *event.Event {
		return &event.Event{Type: event.OrderPlaced, Time: at, Context: event.Context{Account: "a"}, Order: event.Order{ID: id}}
	}
	for _, c := range []struct {
		name   string
		labels []event.Event
		listed Truth
		o1, o2 Truth
	}{
		{"by mistake, then put right", []event.Event{says("fraud", "o1", 0), says("genuine", "o1", time.Hour)}, Unknown, Genuine, Unknown},
		{"read the other way round", []event.Event{says("genuine", "o1", time.Hour), says("fraud", "o1", 0)}, Unknown, Genuine, Unknown},
		{"found out late", []event.Event{says("genuine", "o1", 0), says("fraud", "o1", time.Hour)}, Unknown, Fraud, Unknown},
		{"another order", []event.Event{says("fraud", "o1", 0), says("genuine", "o2", time.Hour)}, Unknown, Fraud, Genuine},
		{"the whole account", []event.Event{says("fraud", "", 0), says("genuine", "", time.Hour)}, Unknown, Genuine, Genuine},
		{"a list stays", []event.Event{says("genuine", "o1", time.Hour)}, Fraud, Fraud, Fraud},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Labels
			if c.listed != Unknown {
				l.Add("a", Label{Verdict: c.listed})
			}
			for i := range c.labels {
				l.Note(&c.labels[i])
			}
			if o1, o2 := l.Of(order("o1")), l.Of(order("o2")); o1 != c.o1 || o2 != c.o2 {
				t.Errorf("o1 %v, o2 %v; want %v, %v", o1, o2, c.o1, c.o2)
			}
		})
	}
}
