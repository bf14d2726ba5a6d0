package shadow_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/shadow"
)

func counting(t testing.TB, rules string) *policy.Policy {
	t.Helper()
	p, err := policy.Load([]byte(`policy: counting
version: 1
thresholds: {challenge: 50, hold: 90, block: 150}
decides: [login]
declare:
  - {window: tries, on: login, key: event.account, measure: count, span: 1h}
rules:
` + rules))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const reason = `reason: {en: r, de: r, ja: r}`

// TestEachEventIsCountedOnce: whatever both decide, the parts sum up to what was
// compared, and examples are bounded.
func TestEachEventIsCountedOnce(t *testing.T) {
	live := counting(t, `  - {id: a, on: login, when: tries % 3 == 0, score: 60, `+reason+`}
  - {id: b, on: login, when: tries > 4, score: 60, `+reason+`}
`)
	next := counting(t, `  - {id: b, on: login, when: tries > 2, score: 100, `+reason+`}
  - {id: c, on: login, when: tries % 2 == 0, score: 50, `+reason+`}
`)
	rapid.Check(t, func(t *rapid.T) {
		g, err := guard.New(live, guard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h, err := guard.New(next, guard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := shadow.New(live, next)
		n := rapid.IntRange(0, 120).Draw(t, "events")
		var hits [2]int64
		for i := range n {
			e := event.Event{ID: fmt.Sprint(i), Source: "s", Type: event.LoginTried, Time: time.Unix(int64(i), 0), Context: event.Context{Account: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "account")}}
			a, b := g.Decide(&e), h.Decide(&e)
			hits[0], hits[1] = hits[0]+int64(len(a.Hits)), hits[1]+int64(len(b.Hits))
			c.Take(&e, &shadow.Lived{ID: a.ID, Action: a.Action, Hits: a.Hits}, &b)
		}
		c.Miss(event.LoginTried)
		c.Miss(event.OrderPlaced) // nobody acts on it
		r := c.Report()
		if r.Compared != int64(n) || r.Missed != 1 || r.Agreed+r.NewlyStopped+r.Released+r.Stricter+r.Milder != r.Compared {
			t.Errorf("%d events: %+v", n, r)
		}
		var sum int64
		for _, x := range r.Changes {
			sum += x.Events
		}
		for _, x := range r.Rules {
			hits[0], hits[1] = hits[0]-x.Live, hits[1]-x.Candidate
			if x.Both > min(x.Live, x.Candidate) || x.Rule != "b" && x.Both != 0 {
				t.Errorf("%+v", x)
			}
		}
		if sum != r.Compared || hits != [2]int64{} {
			t.Errorf("%d by actions of %d, hits left over %v", sum, r.Compared, hits)
		}
		if int64(len(r.Examples)) != min(r.NewlyStopped+r.Released, shadow.MaxExamples) {
			t.Errorf("%d examples of %d", len(r.Examples), r.NewlyStopped+r.Released)
		}
		for i := range r.Examples {
			if i > 0 && r.Examples[i].Time.After(r.Examples[i-1].Time) {
				t.Error("the newest example is first")
			}
		}
	})
}
