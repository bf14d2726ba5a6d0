package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/account/window"
	"bonafide/eval/clock"
	"bonafide/eventlog/cold"
)

// Flood is what a flood of events from ever new accounts, devices and addresses
// does, of which one of ten comes from somebody who was there before.
type Flood struct {
	Events int `json:"events"`
	// Room is how many keys each series has room for in memory where that is bounded.
	Room int        `json:"room"`
	Ways []FloodWay `json:"ways"`
}

// FloodWay is one way to bear it.
type FloodWay struct {
	Name string `json:"name"`
	// PerCPUSecond is how many decisions a second of processor time gives.
	PerCPUSecond float64 `json:"decisions_per_cpu_second"`
	HeapBytes    int64   `json:"heap_bytes"`
	Keys         int     `json:"keys_in_memory"`
	Cold         int     `json:"keys_on_disk"`
	Evicted      int64   `json:"keys_evicted"`
	// Differing is how many decisions differ from those with room for all.
	Differing int `json:"differing_decisions"`
}

// flood decides the same flood with room for all keys, with little room and a
// store on disk, and with little room alone.
func (r *Result) flood(ctx context.Context, o Options, _ *policy.Policy, dir string) error {
	if o.Flood == 0 {
		return nil
	}
	r.Flood = Flood{Events: o.Flood, Room: max(o.Flood/50, 1)}
	bounded := bytes.ReplaceAll(o.Policy, []byte(", measure: "), fmt.Appendf(nil, ", max_keys: %d, measure: ", r.Flood.Room))
	keys, err := cold.Open(dir+"/cold", cold.Limits{})
	if err != nil {
		return err
	}
	var first []uint32
	for _, way := range []struct {
		name   string
		policy []byte
		cold   func() (window.Cold, error)
	}{{"room for all", o.Policy, nil}, {"little room, the rest on disk", bounded, keys.New}, {"little room, the rest forgotten", bounded, nil}} {
		p, err := policy.Load(way.policy)
		if err != nil {
			return err
		}
		before := heap()
		g, err := guard.New(p, guard.Options{Cold: way.cold})
		if err != nil {
			return err
		}
		sums, spent, err := pour(ctx, o, g)
		if err != nil {
			return err
		}
		x := FloodWay{Name: way.name, HeapBytes: heap() - before}
		if spent > 0 {
			x.PerCPUSecond = float64(len(sums)) / spent.Seconds()
		}
		st := g.Stats().Windows
		x.Keys, x.Cold, x.Evicted = st.Keys, st.Cold, st.Evicted
		if first == nil {
			first = sums
		}
		for i := range sums {
			if sums[i] != first[i] {
				x.Differing++
			}
		}
		r.Flood.Ways = append(r.Flood.Ways, x)
	}
	return nil
}

// pour decides the flood and returns a sum of each decision, without the digest of
// the policy, which names the caps.
func pour(ctx context.Context, o Options, g *guard.Guard) (sums []uint32, spent time.Duration, err error) {
	rnd := rand.New(rand.NewPCG(o.Seed, 0xf100d))
	now := begin
	sums = make([]uint32, 0, o.Flood)
	var buf []byte
	part := make([]event.Event, 0, chunk)
	for len(sums) < o.Flood {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		part = part[:0]
		for i := len(sums); i < min(len(sums)+chunk, o.Flood); i++ {
			who := i
			if i > 0 && rnd.IntN(10) == 0 {
				who = rnd.IntN(i)
			}
			now = now.Add(time.Duration(rnd.IntN(2000)) * time.Microsecond)
			id := strconv.Itoa(who)
			e := event.Event{ID: strconv.Itoa(i), Source: "flood", Time: now, Subject: id, Type: event.LoginTried,
				Context: event.Context{Account: id, Device: "d" + id, IP: "ip" + id, Country: "JP"}, Login: event.Login{Success: rnd.IntN(3) == 0}}
			if rnd.IntN(4) == 0 {
				e.Type, e.Order = event.OrderPlaced, event.Order{ID: e.ID, Amount: 3000, Currency: "JPY", Payment: "card", Card: "c" + id}
			}
			part = append(part, e)
		}
		used := clock.CPU()
		for i := range part {
			d := g.Decide(&part[i])
			d.Digest = [8]byte{}
			buf = d.Append(buf[:0])
			sum := sha256.Sum256(buf)
			sums = append(sums, uint32(sum[0])|uint32(sum[1])<<8|uint32(sum[2])<<16|uint32(sum[3])<<24)
		}
		spent += clock.CPU() - used
	}
	return sums, spent, nil
}
