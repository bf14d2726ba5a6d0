package guard

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/account/event"
	"bonafide/account/policy"
)

func shipped(t testing.TB) *policy.Policy {
	t.Helper()
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.LoadFrom(raw, os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func guardOf(t testing.TB, p *policy.Policy, o Options) *Guard {
	t.Helper()
	g, err := New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func at(d time.Duration, kind event.Type, account, device string) event.Event {
	return event.Event{ID: fmt.Sprint(d, kind, account), Source: "t", Type: kind, Time: start.Add(d), Context: event.Context{Account: account, Device: device}}
}

// chain is the takeover of the reports: the owner, days later a log-in without
// the second factor, a changed number, hidden gift cards.
func chain(account string) []event.Event {
	day := 24 * time.Hour
	own := at(0, event.LoginTried, account, "own")
	own.Login = event.Login{Success: true, MFA: "totp", Enrolled: true}
	in := at(3*day, event.LoginTried, account, "theirs")
	in.Login = event.Login{Success: true, MFA: "none", Enrolled: true}
	change := at(3*day+time.Minute, event.CredentialChange, account, "theirs")
	change.Credential = event.Credential{Type: "phone_sms", Change: "update", MFA: "none"}
	out := []event.Event{own, in, change}
	for i := range 4 {
		o := at(3*day+time.Duration(5+i)*time.Minute, event.OrderPlaced, account, "theirs")
		o.Order = event.Order{ID: fmt.Sprint(account, "-", i), Amount: 5000, Currency: "JPY", Payment: "card",
			Items: []event.Item{{Kind: event.GiftKind, Amount: 5000, Recipient: "mule"}}}
		h := at(3*day+time.Duration(5+i)*time.Minute+20*time.Second, event.OrderHidden, account, "theirs")
		h.Order.ID = o.Order.ID
		out = append(out, o, h)
	}
	return out
}

func TestTheChainIsOneStory(t *testing.T) {
	p := shipped(t)
	g := guardOf(t, p, Options{})
	events := chain("a1")
	for i := range events[:3] {
		if d := g.Decide(&events[i]); d.Action != policy.Allow {
			t.Errorf("%s is not acted on: %+v", events[i].Type, d)
		}
	}
	d := g.Decide(&events[3])
	if d.Action < policy.Hold {
		t.Fatalf("the first gift card must be held: %+v", d)
	}
	s := d.Tell(p, "en")
	var steps []string
	for _, c := range s.Chapters {
		steps = append(steps, c.Step)
	}
	if want := []string{"factor", "foothold", "cashing", "recipient", "pattern"}; !slices.Equal(steps, want) || s.Share <= .5 {
		t.Errorf("the story is %v (%.2f), want %v", steps, s.Share, want)
	}
	for lang, want := range map[string]string{"en": "5,000 JPY", "de": "5.000 JPY", "ja": "5,000円"} {
		if got := d.Explain(p, &events[3], lang); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", lang, got, want)
		}
	}
	for i := range events[4:] {
		d = g.Decide(&events[4+i])
		if events[4+i].Type == event.OrderHidden && len(d.Orders(p)) == 0 {
			t.Error("the owner must be alerted through another channel")
		}
	}
	// the next account whose codes go to the same recipient, with nothing but a new device
	other := chain("b1")
	for i := range other {
		other[i].Time = other[i].Time.Add(48 * time.Hour)
	}
	other[1].Login.Enrolled, other[1].Login.MFA = false, "none"
	for _, e := range []event.Event{other[0], other[1], other[3]} {
		d = g.Decide(&e)
	}
	if d.Action < policy.Challenge {
		t.Errorf("a recipient of takeovers is known: %+v", d)
	}
}

func TestRepeatedEventsAreNotCounted(t *testing.T) {
	p := shipped(t)
	g := guardOf(t, p, Options{})
	var was Decision
	for _, e := range chain("a1") {
		was = g.Decide(&e)
		again := g.Decide(&e)
		if !again.Repeated || !bytes.Equal(was.Append(nil), again.Append(nil)) {
			t.Fatalf("sent again, %s gives another decision", e.Type)
		}
	}
	if st := g.Stats(); st.Decided != 11 || st.Repeated != 11 {
		t.Errorf("%+v", st)
	}
	late := at(0, event.LoginTried, "a1", "own")
	late.ID = "late"
	if d := g.Decide(&late); !d.Late {
		t.Error("an event of three days ago is too late to be counted")
	}
}

func stream(t *rapid.T) []event.Event {
	n := rapid.IntRange(1, 60).Draw(t, "n")
	now := time.Duration(0)
	var out []event.Event
	kinds := []event.Type{event.LoginTried, event.LoginTried, event.OrderPlaced, event.OrderPlaced, event.OrderHidden, event.CredentialChange, event.SessionRevoked}
	for i := range n {
		now += time.Duration(rapid.SampledFrom([]int{1, 20, 600, 90000}).Draw(t, "step")) * time.Second
		back := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 30, 900}).Draw(t, "back")) * time.Second
		e := at(now-back, rapid.SampledFrom(kinds).Draw(t, "type"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "account"), rapid.SampledFrom([]string{"d", "e", ""}).Draw(t, "device"))
		e.ID = fmt.Sprint(i)
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
			e = out[rapid.IntRange(0, i-1).Draw(t, "which")]
			out = append(out, e)
			continue
		}
		switch e.Type {
		case event.LoginTried:
			e.Context.Country = rapid.SampledFrom([]string{"JP", "DE", ""}).Draw(t, "country")
			e.Login = event.Login{Success: rapid.Bool().Draw(t, "ok"), MFA: rapid.SampledFrom([]string{"none", "totp", "bypassed"}).Draw(t, "mfa"), Enrolled: rapid.Bool().Draw(t, "enrolled")}
		case event.OrderPlaced:
			e.Order = event.Order{ID: fmt.Sprint("o", i), Amount: 3000, Currency: rapid.SampledFrom([]string{"JPY", "XAU"}).Draw(t, "currency")}
			for range rapid.IntRange(0, 2).Draw(t, "cards") {
				e.Order.Items = append(e.Order.Items, event.Item{Kind: event.GiftKind, Amount: 1500, Recipient: rapid.SampledFrom([]string{"r", "s", ""}).Draw(t, "to")})
			}
		case event.OrderHidden:
			e.Order.ID = fmt.Sprint("o", rapid.IntRange(0, n).Draw(t, "hidden"))
		case event.CredentialChange:
			e.Credential = event.Credential{Type: "password", Change: "update", MFA: rapid.SampledFrom([]string{"none", "email"}).Draw(t, "proof")}
		case event.SessionRevoked:
			e.Session.By = "user"
		}
		out = append(out, e)
	}
	return out
}

// TestSameEventsSameDecisions: any number of shards, a restart after any event,
// and each decision computed again from itself give the same bytes.
func TestSameEventsSameDecisions(t *testing.T) {
	p := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		events := stream(t)
		one, err := New(p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		other, _ := New(p, Options{Shards: 5})
		stop := rapid.IntRange(0, len(events)).Draw(t, "restart")
		for i := range events {
			if i == stop {
				if other, err = Restore(p, Options{Shards: 2}, other.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			a, b := one.Decide(&events[i]), other.Decide(&events[i])
			if !bytes.Equal(a.Append(nil), b.Append(nil)) || a.Repeated != b.Repeated {
				t.Fatalf("event %d: %+v\n%+v", i, a, b)
			}
			stored, err := Decode(a.Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stored.Again(p, &events[i]); err != nil {
				t.Fatalf("event %d %s: %v\n%+v", i, events[i].Type, err, a)
			}
		}
		if !bytes.Equal(one.Snapshot(), other.Snapshot()) {
			t.Fatal("snapshots differ at the end")
		}
	})
}

func TestDecisionsAreOfTheirPolicyAndEvent(t *testing.T) {
	p := shipped(t)
	g := guardOf(t, p, Options{})
	events := chain("a1")
	d := g.Decide(&events[0])
	raw, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	other, err := policy.LoadFrom(append(raw, []byte("# a word more\n")...), os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Again(other, &events[0]); err == nil {
		t.Error("another text of the policy must be refused")
	}
	if _, err := d.Again(p, &events[1]); err == nil {
		t.Error("another event must be refused")
	}
	d.Score++
	if _, err := d.Again(p, &events[0]); err == nil {
		t.Error("a changed decision must be seen")
	}
	if _, err := Restore(other, Options{}, g.Snapshot()); err == nil {
		t.Error("a snapshot of another policy must be refused")
	}
	snap := g.Snapshot()
	for i := range snap {
		bad := slices.Clone(snap)
		bad[i] ^= 4
		if _, err := Restore(p, Options{}, bad); err == nil {
			t.Fatalf("byte %d was changed and nobody saw it", i)
		}
	}
}

func TestEventsOfTheFutureAreRefused(t *testing.T) {
	e := at(0, event.LoginTried, "a", "d")
	if TooEarly(&e, start.Add(-MaxAhead)) != nil || TooEarly(&e, start.Add(-MaxAhead-time.Second)) == nil {
		t.Error("five minutes ahead is allowed, and not more")
	}
}

func FuzzDecode(f *testing.F) {
	p, err := os.ReadFile("../../data/account/policies/marketplace-takeover.yaml")
	if err != nil {
		f.Fatal(err)
	}
	loaded, err := policy.LoadFrom(p, os.DirFS("../../data"))
	if err != nil {
		f.Fatal(err)
	}
	g, err := New(loaded, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range chain("a1") {
		d := g.Decide(&e)
		f.Add(d.Append(nil))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := Decode(in)
		if err != nil {
			return
		}
		again, err := Decode(d.Append(nil))
		if err != nil || !bytes.Equal(d.Append(nil), again.Append(nil)) {
			t.Fatalf("%v: %x", err, in)
		}
		d.Tell(loaded, "ja")
		d.Orders(loaded)
	})
}

func BenchmarkDecide(b *testing.B) {
	p := shipped(b)
	g := guardOf(b, p, Options{})
	var events []event.Event
	for i := range 500 {
		events = append(events, chain(fmt.Sprint("account-", i))...)
	}
	slices.SortStableFunc(events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	b.ReportAllocs()
	size, i := 0, 0
	var buf []byte
	for b.Loop() {
		e := events[i%len(events)]
		e.Time = e.Time.Add(time.Duration(i/len(events)) * 100 * time.Hour)
		e.ID = fmt.Sprint(i)
		d := g.Decide(&e)
		buf = d.Append(buf[:0])
		size += len(buf)
		i++
	}
	b.ReportMetric(float64(size)/float64(i), "bytes/decision")
}

// TestDecideAll: what is computed of events ahead changes no decision, neither of
// repeated, late and odd ones, and memory for it is used again. S4.8
func TestDecideAll(t *testing.T) {
	p := shipped(t)
	var ahead []Ahead
	rapid.Check(t, func(t *rapid.T) {
		events := stream(t)
		one, err := New(p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		all, _ := New(p, Options{})
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		at := 0
		for _, part := range [][]event.Event{events[:cut], events[cut:]} {
			ahead = slices.Grow(ahead[:0], len(part))[:len(part)]
			for i := range part {
				all.Look(&part[i], &ahead[i])
			}
			for i, d := range all.DecideAll(part, ahead, nil) {
				want := one.Decide(&part[i])
				if !bytes.Equal(d.Append(nil), want.Append(nil)) || d.Repeated != want.Repeated {
					t.Fatalf("event %d: %+v\nwant %+v", at, d, want)
				}
				at++
			}
		}
		if !bytes.Equal(one.Snapshot(), all.Snapshot()) {
			t.Fatal("the guards differ after the same events")
		}
	})
}
