package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"bonafide/account/event"
	"bonafide/store"
)

// BenchmarkRecover reads and decides a log of 20,000 events, half of them another
// tenant's, from its beginning, as a start without a snapshot does. What it stops
// was kept before.
//
//	go test ./desk/accounts -run xxx -bench Recover -benchtime 5x
func BenchmarkRecover(b *testing.B) {
	s := newShop(b)
	d := s.desk()
	other := boss
	other.Tenant = "other"
	for n := range 20 {
		var list []event.Event
		for i := range 500 {
			list = append(list, event.Event{ID: fmt.Sprintf("e-%d-%d", n, i), Source: "shop", Type: event.LoginTried, Time: start.Add(time.Duration(n*500+i) * time.Second),
				Context: event.Context{Account: fmt.Sprintf("a-%d", i), Device: fmt.Sprintf("d-%d", i%400), IP: fmt.Sprintf("192.0.2.%d", i%250)}, Login: event.Login{Success: i%7 != 0, MFA: "totp"}})
		}
		s.send(d, boss, list...)
		s.send(d, other, list...)
	}
	_ = d.Close()
	b.ResetTimer()
	for range b.N {
		s.shelf = &pages{m: map[string][]byte{}}
		d := s.desk()
		if err := d.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = d.Close()
		b.StartTimer()
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkKeep decides and keeps takeovers, of which each stops some orders: what
// the way of a decision to the records costs.
//
//	go test ./desk/accounts -run xxx -bench Keep -benchtime 5x
func BenchmarkKeep(b *testing.B) {
	s := newShop(b)
	d := s.desk()
	kept := 0
	for n := range b.N {
		var list []event.Event
		for i := range 100 {
			list = append(list, chain(fmt.Sprintf("a-%d-%d", n, i), 0)...)
		}
		s.send(d, boss, list...)
		_ = d.SettleAll(b.Context())
	}
	b.StopTimer()
	if err := s.store.Read(b.Context(), func(r store.Records) error {
		for after := int64(0); ; {
			rows, err := r.Decisions.After(b.Context(), "main", after, store.MaxPage)
			if err != nil || len(rows) == 0 {
				return err
			}
			kept += len(rows)
			after = rows[len(rows)-1].Sequence
		}
	}); err != nil || kept == 0 {
		b.Fatal(kept, err)
	}
	b.ReportMetric(float64(kept)/b.Elapsed().Seconds(), "decisions/s")
}
