package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/contact/term"
	"bonafide/store"
)

// Who searches for a number or an address learns that somebody reported it, or
// was reported: that is an access to personal data though the texts stay masked.
// So a search leaves an audit entry with who, when, and the kinds of what was
// searched for, never the value, which would be personal data in a chain from
// which nothing can be erased.

// entriesAMinute is how many entries of searches one actor makes in a minute.
// What is beyond is counted, and the actor's next entry tells it: a program that
// searches all day must not bury the rest of the audit.
const entriesAMinute = 20

// maxSearchers bounds how many actors are counted at the same time.
const maxSearchers = 10_000

// searched counts searches by actor.
type searched struct {
	mu sync.Mutex
	by map[string]*searcher // guarded by mu
}

type searcher struct {
	began  time.Time
	noted  int
	beyond int
}

// due reports whether a search gets an entry, and how many before it got none.
func (s *searched) due(who string, now time.Time) (ok bool, beyond int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]*searcher{}
	}
	x := s.by[who]
	if x == nil {
		if len(s.by) >= maxSearchers {
			return true, 0
		}
		x = &searcher{began: now}
		s.by[who] = x
	}
	if now.Sub(x.began) >= time.Minute {
		x.began, x.noted = now, 0
	}
	if x.noted >= entriesAMinute {
		x.beyond++
		return false, 0
	}
	x.noted++
	beyond, x.beyond = x.beyond, 0
	return true, beyond
}

// rest takes out who has not searched for a minute, and returns who had searches
// beyond the bound.
func (s *searched) rest(now time.Time) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for who, x := range s.by {
		if now.Sub(x.began) >= time.Minute {
			if x.beyond > 0 {
				out[who] = x.beyond
			}
			delete(s.by, who)
		}
	}
	return out
}

// noteSearch writes the entry of a search, before anything is looked for: what
// cannot be written down is not searched.
func (d *Desk) noteSearch(ctx context.Context, a access.Actor, q Query) error {
	asked, err := d.terms.Query(q.Search, q.Filter.Country, store.MaxSearchTerms)
	if err != nil {
		return err
	}
	deed := d.deed(a, "report.search", "", access.Reason(kindsOf(asked)))
	deed.Object = "reports"
	ok, beyond := d.searched.due(string(a.Tenant)+" "+string(deed.Actor), deed.When)
	if !ok {
		return nil
	}
	deed.Why += more(beyond)
	return d.change(ctx, deed, func(store.Records) error { return nil })
}

func more(beyond int) string {
	if beyond == 0 {
		return ""
	}
	return fmt.Sprintf("; %d more before without an entry of their own", beyond)
}

// kindsOf names the kinds of what is searched for.
func kindsOf(q term.Query) string {
	var out []string
	for _, x := range q.Terms {
		kind := "word"
		switch x[0] {
		case 'n', 'o':
			kind = "number"
		case 'm':
			kind = "mail address"
		case 'd':
			kind = "domain"
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// noteRest writes down the searches beyond the bound of who stopped searching.
func (d *Desk) noteRest(ctx context.Context) error {
	now := d.cfg.Now()
	for who, n := range d.searched.rest(now) {
		tenant, actor, _ := strings.Cut(who, " ")
		deed := store.Deed{Tenant: access.Tenant(tenant), When: now, Actor: store.Actor(actor), Action: "report.search", Object: "reports", Why: strings.TrimPrefix(more(n), "; ")}
		if err := d.change(ctx, deed, func(store.Records) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}
