package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

var errOurs = errors.New("f failed")

// transactions: random transactions of random work, some of which fail at their
// end, leave what a map would hold, and as many audit entries as changes.
func transactions(t *testing.T, s store.Store) {
	tenants := 0
	rapid.Check(t, func(t *rapid.T) {
		tenants++
		tenant := access.Tenant(fmt.Sprint("t", tenants))
		kept, changes := map[store.ReportID]store.Report{}, 0
		for range rapid.IntRange(1, 6).Draw(t, "transactions") {
			draft, fails := copied(kept), rapid.IntRange(0, 2).Draw(t, "fails") == 0
			err := store.Change(context.Background(), s, NewDeed(tenant, "report.work", "", day), func(r store.Records) error {
				for range rapid.IntRange(1, 5).Draw(t, "steps") {
					step(t, r, tenant, draft)
				}
				if fails {
					return errOurs
				}
				return nil
			})
			switch {
			case fails && !errors.Is(err, errOurs), !fails && err != nil:
				t.Fatalf("the transaction ended with %v", err)
			case !fails:
				kept = draft
				changes++
			}
		}
		got := map[store.ReportID]store.Report{}
		read(t, s, func(ctx context.Context, r store.Records) error {
			list, _, err := r.Reports.List(ctx, tenant, store.ReportFilter{}, store.Page{})
			for _, x := range list {
				got[x.ID] = x
			}
			for id, x := range kept {
				x.Text, x.Note = excerpt(x.Text), excerpt(x.Note)
				kept[id] = x
			}
			head, err2 := r.Audit.Head(ctx, tenant)
			if int(head.Sequence) != changes {
				t.Fatalf("%d audit entries after %d changes", head.Sequence, changes)
			}
			return errors.Join(err, err2)
		})
		if d := gocmp.Diff(kept, got); d != "" {
			t.Fatalf("what is kept:\n%s", d)
		}
	})
}

func copied(m map[store.ReportID]store.Report) map[store.ReportID]store.Report {
	out := map[store.ReportID]store.Report{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// step does one thing to the records and to the map.
func step(t *rapid.T, r store.Records, tenant access.Tenant, m map[store.ReportID]store.Report) {
	ctx := context.Background()
	id := store.ReportID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"))
	old, there := m[id]
	switch rapid.SampledFrom([]string{"add", "update", "erase"}).Draw(t, "step") {
	case "add":
		x := anyReport(t, tenant, string(id))
		if err := r.Reports.Add(ctx, x); there {
			wantKind(t, "add what is there", err, fault.Conflict)
		} else if m[id] = x; err != nil {
			t.Fatal(err)
		}
	case "update":
		x := anyReport(t, tenant, string(id))
		x.Revision = old.Revision
		n, err := r.Reports.Update(ctx, x)
		if !there {
			wantKind(t, "update what is not there", err, fault.NotFound)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		old.Status, old.Note, old.RetainUntil, old.Revision = x.Status, x.Note, x.RetainUntil, n
		m[id] = old
	case "erase":
		err := r.Reports.Erase(ctx, tenant, id)
		if !there {
			wantKind(t, "erase what is not there", err, fault.NotFound)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		delete(m, id)
	}
}

// failedSession: after a statement failed, nothing of the transaction is kept,
// though f goes on and returns no error.
func failedSession(t *testing.T, s store.Store) {
	err := s.Write(t.Context(), func(r store.Records) error {
		if err := r.Reports.Add(t.Context(), NewReport("main", "r1", day)); err != nil {
			return err
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Reports.Add(gone, NewReport("main", "r2", day)); err == nil {
			t.Error("a call with an ended context did not fail")
		}
		_ = r.Reports.Add(t.Context(), NewReport("main", "r3", day))
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the transaction ended with %v: want the error of its first failed call", err)
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Reports.Count(ctx, "main", store.ReportFilter{})
		if n != 0 {
			t.Errorf("%d reports were kept: want none", n)
		}
		return err
	})
}

// snapshot: a read does not see what is written while it runs, in no family.
func snapshot(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day))
	look := func(ctx context.Context, r store.Records) (int64, error) {
		n, err := r.Reports.Count(ctx, "main", store.ReportFilter{})
		head, err2 := r.Audit.Head(ctx, "main")
		return n + head.Sequence, errors.Join(err, err2)
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		before, err := look(ctx, r)
		if err != nil {
			return err
		}
		if err := store.Change(ctx, s, NewDeed("main", "report.add", "r2", day), func(w store.Records) error {
			return w.Reports.Add(ctx, NewReport("main", "r2", day))
		}); err != nil {
			return err
		}
		after, err := look(ctx, r)
		if before != 1 || after != 1 {
			t.Errorf("a read saw %d, then %d records: want 1 both times", before, after)
		}
		return err
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		n, err := look(ctx, r)
		if n != 3 {
			t.Errorf("a later read saw %d records: want 3", n)
		}
		return err
	})
}

// writersTakeTurns: writers that read and then write lose nothing, and while
// one is at work nobody sees half of it.
func writersTakeTurns(t *testing.T, s store.Store) {
	const writers, each = 6, 8
	add(t, s, NewReport("main", "r1", day))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := s.Write(t.Context(), func(r store.Records) error {
					x, err := r.Reports.Get(t.Context(), "main", "r1")
					if err != nil {
						return err
					}
					x.Note += "x"
					if _, err = r.Reports.Update(t.Context(), x); err != nil {
						return err
					}
					_, err = r.Audit.Append(t.Context(), NewDeed("main", "report.update", "r1", day))
					return err
				})
				if err != nil {
					t.Errorf("a writer failed: %v", err)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			err := s.Read(t.Context(), func(r store.Records) error {
				x, err := r.Reports.Get(t.Context(), "main", "r1")
				head, err2 := r.Audit.Head(t.Context(), "main")
				if x.Revision-1 != head.Sequence || int64(len(x.Note)) != head.Sequence {
					t.Errorf("a read saw revision %d with %d entries: half a transaction", x.Revision, head.Sequence)
				}
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Errorf("a reader failed: %v", err)
			}
		}
	})
	wg.Wait()
	close(stop)
	reader.Wait()
	read(t, s, func(ctx context.Context, r store.Records) error {
		x, err := r.Reports.Get(ctx, "main", "r1")
		if len(x.Note) != writers*each || x.Revision != writers*each+1 {
			t.Errorf("%d changes arrived, revision %d: want %d", len(x.Note), x.Revision, writers*each)
		}
		return err
	})
}

func readCannotWrite(t *testing.T, s store.Store) {
	add(t, s, NewReport("main", "r1", day))
	for name, f := range map[string]func(store.Records) error{
		"add":   func(r store.Records) error { return r.Reports.Add(t.Context(), NewReport("main", "r2", day)) },
		"erase": func(r store.Records) error { return r.Reports.Erase(t.Context(), "main", "r1") },
		"append": func(r store.Records) error {
			_, err := r.Audit.Append(t.Context(), NewDeed("main", "x", "r1", day))
			return err
		},
	} {
		if err := s.Read(t.Context(), f); err == nil {
			t.Errorf("%s within a read was allowed", name)
		}
		if err := s.Read(t.Context(), func(r store.Records) error { _ = f(r); return nil }); err == nil {
			t.Errorf("%s within a read failed, and the read does not say so", name)
		}
	}
	read(t, s, func(ctx context.Context, r store.Records) error {
		_, err := r.Reports.Get(ctx, "main", "r1")
		return err
	})
}

// cancellation: whoever gives up gets the error of the context at once, nothing
// of theirs is kept, and the next in line goes on.
func cancellation(t *testing.T, s store.Store) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(store.Records) error { t.Error("f ran with an ended context"); return nil }
	if err := s.Write(ended, never); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v: want canceled", err)
	}
	if err := s.Read(ended, never); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v: want canceled", err)
	}
	err := s.Write(t.Context(), func(r store.Records) error {
		waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if err := s.Write(waiting, never); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a writer that waits for another: %v: want deadline exceeded", err)
		}
		if d := time.Since(begun); d > 5*time.Second {
			t.Errorf("it gave up after %v: want 50 ms", d)
		}
		return r.Reports.Add(t.Context(), NewReport("main", "r1", day))
	})
	if err != nil {
		t.Errorf("the writer that was waited for: %v", err)
	}
	working, cancel := context.WithCancel(t.Context())
	err = s.Write(working, func(r store.Records) error {
		err := r.Reports.Add(working, NewReport("main", "r2", day))
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends before the transaction does: %v: want canceled", err)
	}
	add(t, s, NewReport("main", "r3", day))
	read(t, s, func(ctx context.Context, r store.Records) error {
		n, err := r.Reports.Count(ctx, "main", store.ReportFilter{})
		if n != 2 {
			t.Errorf("%d reports are kept: want r1 and r3", n)
		}
		return err
	})
}

func panics(t *testing.T, s store.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Write(t.Context(), func(r store.Records) error {
			_ = r.Reports.Add(t.Context(), NewReport("main", "r1", day))
			panic("ours")
		})
	}()
	write(t, s, func(ctx context.Context, r store.Records) error {
		_, err := r.Reports.Get(ctx, "main", "r1")
		wantKind(t, "the report of the transaction that panicked", err, fault.NotFound)
		return nil
	})
}

// pinging: whether records can be kept is answered while a long write is under
// way, here or, as the file is, elsewhere; and an answer is no without records.
func pinging(t *testing.T, s store.Store) {
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("nobody writes: %v", err)
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		// The first statement takes the lock on both engines.
		if err := r.Reports.Add(ctx, NewReport("main", "r1", day)); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if err := s.Ping(ctx); err != nil {
			t.Errorf("while another writes: %v", err)
		}
		return nil
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Ping(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("whose asker has gone: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("a closed store can keep records")
	}
}
