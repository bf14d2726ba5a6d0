package burst

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	start = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	rule  = Rule{Window: 10 * time.Minute, Base: 2 * time.Hour, Least: 20, Share: .05, Factor: 5}
)

func made(t *testing.T) *Detector {
	t.Helper()
	d, err := New(rule)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestBurst: ten events a minute of which one in a hundred is stopped is no
// burst, whatever their number; half of them is one, within minutes, and over
// when it is over.
func TestBurst(t *testing.T) {
	d := made(t)
	alarms, first := 0, time.Time{}
	for n := range 3000 {
		at := start.Add(time.Duration(n) * 6 * time.Second)
		bad := n >= 2000 && n < 2200
		stopped := n%100 == 0 || bad && n%2 == 0
		if a, ok := d.Take(at, stopped); ok {
			if alarms++; first.IsZero() {
				first = at
			}
			if a.Stopped < rule.Least || a.String() == "" {
				t.Errorf("alarm %+v", a)
			}
		}
		if n == 1999 && alarms > 0 {
			t.Fatal("an alarm before anything happened")
		}
	}
	begun := start.Add(2000 * 6 * time.Second)
	if late := first.Sub(begun); alarms == 0 || late > 5*time.Minute {
		t.Errorf("%d alarms, the first %s after it began", alarms, late)
	}
	if _, ok := d.Take(start.Add(3001*6*time.Second), true); ok {
		t.Error("the alarm does not end")
	}
}

// TestSteadyShareIsNoBurst: a policy that always stops a tenth is what it is.
func TestSteadyShareIsNoBurst(t *testing.T) {
	d := made(t)
	for n := range 5000 {
		if _, ok := d.Take(start.Add(time.Duration(n)*3*time.Second), n%10 == 0); ok {
			t.Fatalf("an alarm at event %d", n)
		}
	}
}

// TestCountsAreExact: what is added up by moving is what a count over all gives.
func TestCountsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, err := New(Rule{Window: 3 * time.Minute, Base: 5 * time.Minute, Least: 1, Share: 0, Factor: 1})
		if err != nil {
			t.Fatal(err)
		}
		var minutes []int64
		now := int64(100)
		newest := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			now += int64(rapid.SampledFrom([]int{0, 0, 1, 1, 3, 20}).Draw(t, "step"))
			m := now - int64(rapid.SampledFrom([]int{0, 0, 0, 2, 6, 9}).Draw(t, "late"))
			newest = max(newest, m)
			minutes = append(minutes, m)
			a, _ := d.Take(time.Unix(m*60+7, 0), true)
			if newest-m >= 8 {
				continue
			}
			var window, base int64
			high := int64(0)
			for _, x := range minutes { // late ones were left out when they came
				high = max(high, x)
				switch age := newest - x; {
				case high-x >= 8:
				case age < 3:
					window++
				case age < 8:
					base++
				}
			}
			if a.Decided != window || a.Before != base || a.Stopped != window || a.StoppedBefore != base {
				t.Fatalf("minutes %v: %+v, want %d and %d", minutes, a, window, base)
			}
		}
	})
}

func TestRulesAreChecked(t *testing.T) {
	for _, r := range []Rule{{}, {Window: time.Second, Base: time.Hour, Least: 1, Factor: 1}, {Window: time.Hour, Base: time.Minute, Least: 1, Factor: 1},
		{Window: time.Minute, Base: time.Hour, Least: 0, Factor: 1}, {Window: time.Minute, Base: time.Hour, Least: 1, Share: 2, Factor: 1}} {
		if _, err := New(r); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

// TestForgetIsNoAlarm: what the policy of before did in the window is forgotten, and
// the time before it still counts.
func TestForgetIsNoAlarm(t *testing.T) {
	r := Rule{Window: 10 * time.Minute, Base: time.Hour, Least: 5, Share: .5, Factor: 2}
	d, err := New(r)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Unix(1_800_000_000, 0)
	for i := range 60 {
		d.Take(begin.Add(time.Duration(i)*time.Minute), i%20 == 0)
	}
	at := begin.Add(time.Hour)
	hit := func(n int) (alarms int) {
		for range n {
			if _, ok := d.Take(at, true); ok {
				alarms++
			}
		}
		return alarms
	}
	if hit(20) == 0 {
		t.Fatal("a burst is no alarm")
	}
	d.Forget()
	if n := hit(4); n != 0 {
		t.Errorf("%d alarms after what was forgotten", n)
	}
	if hit(1) == 0 {
		t.Error("another burst is none")
	}
	at = at.Add(2 * time.Hour) // all of it leaves the base again
	if n := hit(10); n != 0 {
		t.Errorf("%d alarms with nothing to compare with", n)
	}
}
