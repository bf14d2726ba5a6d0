package event

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestCut: free texts and unknown fields are taken out whole, by path; nothing else
// is, and what was cut is cut once.
func TestCut(t *testing.T) {
	var e Event
	e.Context.Account, e.Session.By, e.Reversal.Order = "a1", "user", "o1"
	e.Session.Reason, e.Reversal.Reason, e.Label.By = "Frau Muster rief an", "stolen", "Kim"
	e.Extra = map[string]string{"note.text": `"call me"`, "age": "7"}
	got := e.Cut()
	want := map[string]string{"session_change.reason": "Frau Muster rief an", "reversal.reason": "stolen", "label.by": "Kim", "note.text": `"call me"`, "age": "7"}
	if !maps.Equal(got, want) {
		t.Errorf("cut %v: want %v", got, want)
	}
	if e.Session.Reason != "" || e.Reversal.Reason != "" || e.Label.By != "" || e.Extra != nil {
		t.Errorf("left in the event: %+v", e)
	}
	if e.Context.Account != "a1" || e.Session.By != "user" || e.Reversal.Order != "o1" {
		t.Errorf("cut too much: %+v", e)
	}
	if again := e.Cut(); again != nil {
		t.Errorf("cut again: %v", again)
	}
}

// TestCutTakesEveryFreeField: a field of class Free that is added to the vocabulary
// is cut without a change of Cut, whatever it is.
func TestCutTakesEveryFreeField(t *testing.T) {
	var e Event
	var free []string
	all := vocabulary()
	for i := range all {
		f := &all[i]
		p, ok := f.at(&e).(*string)
		if !ok {
			if f.Class == Free {
				t.Errorf("%s is free and no text: Cut leaves it", f.Path)
			}
			continue
		}
		*p = "x"
		if f.Class == Free {
			free = append(free, f.Path)
		}
	}
	got := slices.Sorted(maps.Keys(e.Cut()))
	slices.Sort(free)
	if !slices.Equal(got, free) || len(free) < 3 {
		t.Errorf("cut %v: want %v", got, free)
	}
	for i := range all {
		if p, ok := all[i].at(&e).(*string); ok && (*p == "") != (all[i].Class == Free) {
			t.Errorf("%s is %q after the cut", all[i].Path, *p)
		}
	}
}

// TestShortTexts: what stands in the log in the clear is a code: what people would
// write there is refused when it comes, as is an unknown channel of a contact. A log
// of before, in which either stands, is read as it was.
// S10.1
func TestShortTexts(t *testing.T) {
	long := strings.Repeat("x", MaxShort+1)
	for at, raw := range map[string]string{
		"data.login.reason":    `"login","data":{"account":"a","login":{"success":false,"reason":"` + long + `"}}`,
		"data.payment.reason":  `"payment.result","data":{"account":"a","payment":{"result":"declined","reason":"` + long + `"}}`,
		"data.order.status":    `"order.status","data":{"account":"a","order":{"id":"o","status":"` + long + `"}}`,
		"data.label.kind":      `"label","data":{"account":"a","label":{"verdict":"fraud","kind":"` + long + `"}}`,
		"data.contact.channel": `"contact.reported","data":{"account":"a","contact":{"channel":"Anna Schmidt rang"}}`,
	} {
		in := []byte(`{"specversion":"1.0","id":"1","source":"shop","time":"2026-01-05T10:00:00Z","type":` + raw + `}`)
		if _, err := Parse(in, Options{}); err == nil || !strings.Contains(err.Error(), at) || strings.Contains(err.Error(), "Anna") {
			t.Errorf("%s: %v: want that it is refused there, and no value told", at, err)
		}
		e, err := Parse(in, Options{Stored: true})
		if err != nil {
			t.Errorf("%s cannot be read from a log of before: %v", at, err)
		} else if again, err := Parse(e.JSON(), Options{Stored: true}); err != nil || again.Contact.Channel != e.Contact.Channel || again.Login.Reason != e.Login.Reason {
			t.Errorf("%s does not come back: %v", at, err)
		}
	}
	sealer, err := NewSealer(bytes.Repeat([]byte("k"), 16))
	if err != nil {
		t.Fatal(err)
	}
	if e := sealer.Seal(Event{Order: Order{Seller: "Anna Schmidt"}}); e.Order.Seller == "" || strings.Contains(e.Order.Seller, "Anna") {
		t.Errorf("a seller stands in a sealed event as %q", e.Order.Seller)
	}
}
