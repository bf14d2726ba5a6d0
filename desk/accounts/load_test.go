package accounts_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/desk/accounts"
	"bonafide/eventlog"
	"bonafide/eventlog/cold"
	"bonafide/fault"
)

// sluggish is a log on a disk that takes its time for each sync.
type sluggish struct {
	eventlog.Log
	pause time.Duration
}

func (s *sluggish) Append(ctx context.Context, events ...eventlog.Event) ([]eventlog.Receipt, error) {
	time.Sleep(s.pause)
	return s.Log.Append(ctx, events...)
}

// TestSlowDisk: while each sync takes long, no more waits than may; the rest is
// refused with a reason and taken when it is sent again. In the end each event is
// in the log once and was decided once.
func TestSlowDisk(t *testing.T) {
	const clients, each, limit = 40, 6, 16
	s := newShop(t)
	s.log, s.limits = &sluggish{s.log, 30 * time.Millisecond}, accounts.Limits{Waiting: limit}
	d := s.desk()
	var refused, most atomic.Int64
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				body := lines(at(time.Duration(i)*time.Second, event.LoginTried, fmt.Sprint("a", c), "d"))
				for {
					waiting, _ := d.Waiting()
					most.Store(max(most.Load(), int64(waiting)))
					got, err := d.Submit(context.Background(), boss, accounts.Batch{Body: body, Decide: true})
					if err == nil {
						if len(got.Answers) != 1 || got.Repeated != 0 {
							t.Errorf("%+v", got)
						}
						break
					}
					if refused.Add(1); fault.KindOf(err) != fault.Temporary || !strings.Contains(err.Error(), "try again") {
						t.Error(err)
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	n, err := s.log.Last(t.Context(), eventlog.Partition("main", "events", s.log.Partitions()))
	if err != nil || n != clients*each || refused.Load() == 0 {
		t.Errorf("%d events in the log of %d, %d refused, %v", n, clients*each, refused.Load(), err)
	}
	// In the queue, being written, and four writes that are not decided: each at most
	// the limit.
	if most.Load() > 6*limit {
		t.Errorf("%d events waited: at most %d may", most.Load(), 6*limit)
	}
}

// TestClockJumps: a server whose clock is wrong refuses what seems to come from
// the future, with the reason, and decides the rest by the events' own times; when
// the clock is right again, nothing is missing and nothing is decided otherwise.
func TestClockJumps(t *testing.T) {
	events := chain("a1", 0)
	ref := newShop(t)
	want := whole(ref.send(ref.desk(), boss, events...).Answers)
	s := newShop(t)
	d := s.desk()
	jump := func(to time.Time) { s.mu.Lock(); defer s.mu.Unlock(); s.now = to }
	right := s.now
	s.send(d, boss, events[:3]...)
	jump(start.Add(-24 * time.Hour))
	_, err := d.Submit(t.Context(), boss, accounts.Batch{Body: lines(events[3:5]...), Decide: true})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "clock") {
		t.Errorf("with a clock that went back: %v", err)
	}
	if n, err := s.log.Last(t.Context(), eventlog.Partition("main", "events", s.log.Partitions())); n != 3 || err != nil {
		t.Errorf("with a clock that went back %d events are in the log, %v: want the 3 of before", n, err)
	}
	jump(right.AddDate(3, 0, 0))
	s.send(d, boss, events[3:6]...)
	jump(right)
	s.send(d, boss, events[6:]...)
	if got := s.send(d, boss, events...); got.Repeated != len(events) || whole(got.Answers) != want {
		t.Errorf("%d known; decided\n%s\nwant\n%s", got.Repeated, whole(got.Answers), want)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again := s.desk()
	if got := s.send(again, boss, events...); got.Repeated != len(events) || whole(got.Answers) != want {
		t.Errorf("after a restart: %d known; decided\n%s\nwant\n%s", got.Repeated, whole(got.Answers), want)
	}
}

// TestSpilledKeysDecideTheSame: with room for two keys a window and the others on
// disk, all is decided as with room for all, over a restart from a snapshot and
// one from the beginning of the log.
func TestSpilledKeysDecideTheSame(t *testing.T) {
	var events []event.Event
	for i := range 8 {
		events = append(events, chain(fmt.Sprint("a", i), time.Duration(i)*time.Second)...)
	}
	slices.SortStableFunc(events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	ref := newShop(t)
	want := whole(ref.send(ref.desk(), boss, events...).Answers)
	s := newShop(t)
	s.policy = regexp.MustCompile(`(?m)^( +)measure: (\w+)$`).ReplaceAll(s.policy, []byte("${1}measure: $2\n${1}max_keys: 2"))
	s.policy = regexp.MustCompile(`measure: (\w+), `).ReplaceAll(s.policy, []byte("measure: $1, max_keys: 2, "))
	dir, err := cold.Open(t.TempDir(), cold.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s.cold = dir.New
	half := len(events) / 2
	d := s.desk()
	answers := s.send(d, boss, events[:half]...).Answers
	if st := d.Windows(); st.Cold == 0 || st.Evicted > 0 {
		t.Fatalf("%+v: nothing went to the disk, the test shows nothing", st)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = s.desk()
	if got := whole(append(answers, s.send(d, boss, events[half:]...).Answers...)); got != want {
		t.Errorf("decided\n%s\nwant\n%s", got, want)
	}
	if st := d.Windows(); st.Cold == 0 || st.Evicted > 0 || st.Lost > 0 {
		t.Errorf("after a restart: %+v", st)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.shelf = &pages{m: map[string][]byte{}}
	d = s.desk()
	if got := s.send(d, boss, events...); whole(got.Answers) != want || got.Repeated != len(events) {
		t.Errorf("from the beginning of the log:\n%s\nwant\n%s", whole(got.Answers), want)
	}
}
