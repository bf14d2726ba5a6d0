package main

import (
	"testing"

	"bonafide/eval/load"
)

// TestWholeServerBearsLoad: the server that `bonafide eval load` measures takes,
// decides and answers every event that it is sent over HTTP.
func TestWholeServerBearsLoad(t *testing.T) {
	o := load.Options{Seed: 1, Accounts: 200, Events: 500, Decide: 100, Replay: 200, Seconds: 1, Rate: 20, Batch: 250, Batches: 8, Peers: -1, Flood: -1, Dir: t.TempDir(), House: guardHouse}
	r, err := load.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if w := r.Whole; w == nil || w.Events != 2000 || w.Stopped == 0 || w.Stopped == w.Events || w.EventsPerSecond <= 0 || w.P50 <= 0 || w.P99 < w.P50 || w.PingP50 <= 0 {
		t.Errorf("the whole server: %+v", r.Whole)
	}
}
