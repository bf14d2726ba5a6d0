package eval

import (
	"context"
	"runtime"
	"strings"
	"sync"

	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
)

// job is one contact on its way to a worker; at is its place in the results.
type job struct {
	at      int
	contact *corpus.Contact
}

// checkSet does something with the contacts of a set that are wanted (nil: all)
// on all cores. The results stand in the order of the set, whichever worker was
// first. All workers have ended when it returns.
func checkSet[R any](ctx context.Context, l *corpus.Library, s corpus.Set, q corpus.Query, wanted func(*corpus.Contact) bool, do func(*corpus.Contact) R) ([]R, error) {
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan job, workers) // bounds how many contacts are in memory
	var (
		results []R
		mu      sync.Mutex // guards results
		wg      sync.WaitGroup
	)
	for range workers {
		wg.Go(func() {
			for j := range jobs {
				r := do(j.contact)
				mu.Lock()
				results[j.at] = r
				mu.Unlock()
			}
		})
	}
	err := feed(ctx, l.Contacts(s, q), func(c *corpus.Contact) {
		if wanted != nil && !wanted(c) {
			return
		}
		mu.Lock()
		var none R
		results = append(results, none)
		at := len(results) - 1
		mu.Unlock()
		jobs <- job{at, c}
	})
	close(jobs)
	wg.Wait()
	return results, err
}

// feed hands on contacts until they or the context end.
func feed(ctx context.Context, all func(func(*corpus.Contact, error) bool), hand func(*corpus.Contact)) error {
	for c, err := range all {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		hand(c)
	}
	return ctx.Err()
}

// sure is the least confidence with which a detected language is believed.
const sure = 0.5

// language tells the language of what a reader of the contact sees; "" when it
// cannot be told.
func (m measurer) language(a *contacts.Answer) string {
	if m.tongue == nil {
		return ""
	}
	const enough = 4000
	var b strings.Builder
	for _, p := range a.Marked {
		for _, r := range p.Runs {
			if b.Len() < enough {
				b.WriteString(r.Text)
			}
		}
		b.WriteByte('\n')
	}
	lang, confidence := m.tongue(b.String())
	if confidence < sure {
		return ""
	}
	return lang
}
