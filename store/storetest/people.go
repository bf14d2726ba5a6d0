package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// NewPerson makes a person that can be kept, for tests.
func NewPerson(t access.Tenant, id string, created time.Time) store.Person {
	return store.Person{Tenant: t, ID: store.PersonID(id), Login: id + "@shop.example", Name: "Anna 注文", Lang: "de",
		Roles: []access.Role{access.Analyst, access.Admin}, Created: created, Revision: 1}
}

// word is a hash for tests.
func word(s string) store.Hash {
	var h store.Hash
	copy(h[:], s)
	h[31] = 1
	return h
}

func peopleComeBack(t *testing.T, s store.Store) {
	tenant := store.Tenant{ID: "main", Name: "Main shop 注文", Created: day}
	anna := NewPerson("main", "anna", day)
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errorsOf(r.Tenants.Add(ctx, tenant), r.Tenants.Add(ctx, store.Tenant{ID: "other", Name: "Other", Created: day}),
			r.People.Add(ctx, anna), r.People.Add(ctx, NewPerson("other", "anna", day)))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Tenants.Get(ctx, "main")
		list, err2 := r.Tenants.List(ctx)
		p, err3 := r.People.Get(ctx, "main", "anna")
		by, err4 := r.People.ByLogin(ctx, "main", "anna@shop.example")
		if d := cmp.Diff(tenant, got) + cmp.Diff(anna, p) + cmp.Diff(anna, by); d != "" || len(list) != 2 || list[0].ID != "main" {
			t.Errorf("came back changed: %s%v", d, list)
		}
		_, missing := r.People.Get(ctx, "third", "anna")
		wantKind(t, "a person of another tenant", missing, fault.NotFound)
		_, missing = r.People.ByLogin(ctx, "main", "nobody")
		wantKind(t, "an unknown login", missing, fault.NotFound)
		_, missing = r.Tenants.Get(ctx, "third")
		wantKind(t, "an unknown tenant", missing, fault.NotFound)
		return errorsOf(err, err2, err3, err4)
	})
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func peopleRefused(t *testing.T, s store.Store) {
	for name, change := range map[string]func(*store.Person){
		"no tenant":    func(p *store.Person) { p.Tenant = "" },
		"bad id":       func(p *store.Person) { p.ID = "a b" },
		"no login":     func(p *store.Person) { p.Login = "" },
		"no time":      func(p *store.Person) { p.Created = time.Time{} },
		"unknown role": func(p *store.Person) { p.Roles = []access.Role{"root"} },
		"NUL":          func(p *store.Person) { p.Name = "a\x00" },
		"no UTF-8":     func(p *store.Person) { p.Login = "\xff\xff\xff" },
	} {
		p := NewPerson("main", "anna", day)
		change(&p)
		err := s.Write(t.Context(), func(r store.Records) error { return r.People.Add(t.Context(), p) })
		wantKind(t, name, err, fault.Invalid)
	}
	long := NewPerson("main", "anna", day)
	long.Name = strings.Repeat("x", 300)
	wantKind(t, "a long name", s.Write(t.Context(), func(r store.Records) error { return r.People.Add(t.Context(), long) }), fault.TooLarge)
	write(t, s, func(ctx context.Context, r store.Records) error {
		return r.People.Add(ctx, NewPerson("main", "anna", day))
	})
	twin := NewPerson("main", "bert", day)
	twin.Login = "anna@shop.example"
	for name, p := range map[string]store.Person{"same id": NewPerson("main", "anna", day), "same login": twin} {
		wantKind(t, name, s.Write(t.Context(), func(r store.Records) error { return r.People.Add(t.Context(), p) }), fault.Conflict)
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		return r.People.Add(ctx, NewPerson("main", "bert", day))
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		b, err := r.People.Get(ctx, "main", "bert")
		if err != nil {
			return err
		}
		b.Login = "anna@shop.example"
		_, err = r.People.Update(ctx, b)
		wantKind(t, "update to a login that another has", err, fault.Conflict)
		b.Login, b.Suspended, b.Roles = "bert@shop.example", true, []access.Role{access.Admin}
		n, err := r.People.Update(ctx, b)
		if err != nil || n != 2 {
			t.Errorf("update: %d, %v", n, err)
		}
		_, err = r.People.Update(ctx, b)
		wantKind(t, "update of what was changed since", err, fault.Conflict)
		b.ID = "nobody"
		_, err = r.People.Update(ctx, b)
		wantKind(t, "update of nobody", err, fault.NotFound)
		count, err := r.People.CountActive(ctx, "main", access.Admin)
		if err != nil || count != 1 {
			t.Errorf("%d active administrators, %v: want 1, as one is suspended", count, err)
		}
		if count, _ := r.People.CountActive(ctx, "main", access.Seller); count != 0 {
			t.Errorf("%d sellers: a role whose name begins another's", count)
		}
		return nil
	})
}

func peoplePages(t *testing.T, s store.Store) {
	write(t, s, func(ctx context.Context, r store.Records) error {
		for i := range 25 {
			if err := r.People.Add(ctx, NewPerson("main", fmt.Sprintf("p%02d", i), day.Add(time.Duration(i/5)*time.Second))); err != nil {
				return err
			}
		}
		return r.People.Add(ctx, NewPerson("other", "p00", day))
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		var ids []string
		page := store.Page{Limit: 7}
		for {
			list, next, err := r.People.List(ctx, "main", page)
			if err != nil {
				return err
			}
			for _, p := range list {
				ids = append(ids, string(p.ID))
			}
			if next.IsZero() {
				break
			}
			page.After = next
		}
		if len(ids) != 25 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 25 {
			t.Errorf("pages hold %v", ids)
		}
		return nil
	})
}

func teamsAndFactors(t *testing.T, s store.Store) {
	anna := NewPerson("main", "anna", day)
	anna.Team = "t1"
	write(t, s, func(ctx context.Context, r store.Records) error {
		team := store.Team{Tenant: "main", ID: "t1", Name: "Night", Created: day}
		err := errorsOf(r.Teams.Add(ctx, team), r.People.Add(ctx, anna))
		team.ID = "t2"
		wantKind(t, "a team of the same name", r.Teams.Add(ctx, team), fault.Conflict)
		wantKind(t, "another tenant's team", r.Teams.Remove(ctx, "other", "t1"), fault.NotFound)
		list, err2 := r.Teams.List(ctx, "main")
		if len(list) != 1 || list[0].Name != "Night" {
			t.Errorf("teams %v", list)
		}
		return errorsOf(err, err2, r.Teams.Remove(ctx, "main", "t1"))
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		if p, err := r.People.Get(ctx, "main", "anna"); err != nil || p.Team != "" {
			t.Errorf("in team %q, %v: want none after it was dissolved", p.Team, err)
		}
		if f, err := r.Secrets.Get(ctx, "main", "nobody"); err != nil || f != (store.Factors{}) {
			t.Errorf("factors of nobody: %+v, %v: want none and no error", f, err)
		}
		err := errorsOf(r.Secrets.SetTOTP(ctx, "main", "anna", "sealed", 41), r.Secrets.SetPassword(ctx, "main", "anna", "hash", day))
		f, err2 := r.Secrets.Get(ctx, "main", "anna")
		if want := (store.Factors{Password: "hash", PasswordChanged: store.Time(store.Micros(day)), TOTP: "sealed", Step: 41}); f != want {
			t.Errorf("factors %+v, want %+v", f, want)
		}
		if f, _ := r.Secrets.Get(ctx, "other", "anna"); f != (store.Factors{}) {
			t.Errorf("factors in another tenant: %+v", f)
		}
		wantKind(t, "a step that was used", r.Secrets.UseStep(ctx, "main", "anna", 41), fault.Conflict)
		wantKind(t, "an earlier step", r.Secrets.UseStep(ctx, "main", "anna", 40), fault.Conflict)
		wantKind(t, "a step of nobody", r.Secrets.UseStep(ctx, "main", "nobody", 99), fault.Conflict)
		err3 := errorsOf(r.Secrets.UseStep(ctx, "main", "anna", 42), r.Secrets.SetRecovery(ctx, "main", "anna", []store.Hash{word("a"), word("b")}))
		wantKind(t, "another tenant's recovery code", r.Secrets.UseRecovery(ctx, "other", "anna", word("a")), fault.NotFound)
		err4 := r.Secrets.UseRecovery(ctx, "main", "anna", word("a"))
		wantKind(t, "a recovery code twice", r.Secrets.UseRecovery(ctx, "main", "anna", word("a")), fault.NotFound)
		if n, err := r.Secrets.CountRecovery(ctx, "main", "anna"); err != nil || n != 1 {
			t.Errorf("%d recovery codes left, %v", n, err)
		}
		return errorsOf(err, err2, err3, err4, r.Secrets.SetRecovery(ctx, "main", "anna", nil))
	})
}

func passkeysAndIdentities(t *testing.T, s store.Store) {
	k := store.Passkey{Tenant: "main", Person: "anna", ID: "key-1", Name: "Laptop", Data: "{}", Created: store.Time(store.Micros(day))}
	i := store.Identity{Issuer: "https://idp.example", Subject: "1", Tenant: "main", Person: "anna", Created: store.Time(store.Micros(day))}
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errorsOf(r.Passkeys.Add(ctx, k), r.Identities.Add(ctx, i))
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		foreign, tied := k, i
		foreign.Tenant, tied.Person = "other", "bert"
		wantKind(t, "a passkey that somebody has", r.Passkeys.Add(ctx, foreign), fault.Conflict)
		wantKind(t, "an identity that is tied", r.Identities.Add(ctx, tied), fault.Conflict)
		wantKind(t, "another's passkey removed", r.Passkeys.Remove(ctx, "other", "anna", "key-1"), fault.NotFound)
		wantKind(t, "another's identity removed", r.Identities.Remove(ctx, "main", "bert", i.Issuer, i.Subject), fault.NotFound)
		wantKind(t, "use of an unknown passkey", r.Passkeys.Use(ctx, "nope", "{}", day), fault.NotFound)
		err := r.Passkeys.Use(ctx, "key-1", `{"n":1}`, day.Add(time.Hour))
		got, err2 := r.Passkeys.Find(ctx, "key-1")
		who, err3 := r.Identities.Find(ctx, i.Issuer, i.Subject)
		used := k
		used.Data, used.Used = `{"n":1}`, store.Time(store.Micros(day.Add(time.Hour)))
		if d := cmp.Diff(used, got) + cmp.Diff(i, who); d != "" {
			t.Error(d)
		}
		mine, err4 := r.Passkeys.List(ctx, "main", "anna")
		ties, err5 := r.Identities.List(ctx, "main", "anna")
		theirs, _ := r.Passkeys.List(ctx, "other", "anna")
		if len(mine) != 1 || len(ties) != 1 || len(theirs) != 0 {
			t.Errorf("%v, %v, %v", mine, ties, theirs)
		}
		return errorsOf(err, err2, err3, err4, err5, r.Passkeys.Remove(ctx, "main", "anna", "key-1"), r.Identities.Remove(ctx, "main", "anna", i.Issuer, i.Subject))
	})
}

func sessionsEnd(t *testing.T, s store.Store) {
	session := func(id string, seen time.Time) store.Session {
		return store.Session{Tenant: "main", Person: "anna", ID: id, Token: word(id), Method: "passkey", Agent: "Firefox", From: "192.0.2.0/24",
			Created: store.Time(store.Micros(day)), Seen: store.Time(store.Micros(seen)), Confirmed: store.Time(store.Micros(day))}
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		return errorsOf(r.Sessions.Add(ctx, session("s1", day)), r.Sessions.Add(ctx, session("s2", day.Add(time.Minute))), r.Sessions.Add(ctx, session("s3", day.Add(time.Hour))))
	})
	write(t, s, func(ctx context.Context, r store.Records) error {
		wantKind(t, "a token twice", r.Sessions.Add(ctx, session("s1", day)), fault.Conflict)
		got, err := r.Sessions.Find(ctx, word("s2"))
		if d := cmp.Diff(session("s2", day.Add(time.Minute)), got); d != "" {
			t.Error(d)
		}
		wantKind(t, "another's session ended", r.Sessions.End(ctx, "main", "bert", "s1"), fault.NotFound)
		wantKind(t, "another tenant's session ended", r.Sessions.End(ctx, "other", "anna", "s1"), fault.NotFound)
		wantKind(t, "touch of none", r.Sessions.Touch(ctx, word("none"), day), fault.NotFound)
		if n, err := r.Sessions.EndOthers(ctx, "other", "anna", ""); err != nil || n != 0 {
			t.Errorf("%d sessions of another tenant ended, %v", n, err)
		}
		err2 := r.Sessions.Touch(ctx, word("s1"), day.Add(2*time.Hour))
		list, err3 := r.Sessions.List(ctx, "main", "anna")
		if len(list) != 3 || list[0].ID != "s1" {
			t.Errorf("sessions %v: want the one used last first", list)
		}
		swept, err4 := r.Sessions.Sweep(ctx, day.Add(30*time.Minute), day.Add(-time.Hour))
		if swept != 1 {
			t.Errorf("%d swept, want the idle one", swept)
		}
		n, err5 := r.Sessions.EndOthers(ctx, "main", "anna", "s3")
		_, gone := r.Sessions.Find(ctx, word("s1"))
		wantKind(t, "an ended session", gone, fault.NotFound)
		if n != 1 {
			t.Errorf("%d others ended, want 1", n)
		}
		swept, err6 := r.Sessions.Sweep(ctx, day, day.Add(time.Second))
		if swept != 1 {
			t.Errorf("%d swept, want the one that began too long ago", swept)
		}
		return errorsOf(err, err2, err3, err4, err5, err6)
	})
}

// ticketsOnce: of many that take a ticket at the same time, one gets it.
func ticketsOnce(t *testing.T, s store.Store) {
	ticket := store.Ticket{Kind: "invite", Word: word("w"), ID: "i1", Tenant: "main", Person: "anna", Data: `{"x":1}`, Created: store.Time(store.Micros(day)), Expires: store.Time(store.Micros(day.Add(time.Hour)))}
	write(t, s, func(ctx context.Context, r store.Records) error {
		err := r.Tickets.Add(ctx, ticket)
		wantKind(t, "a word twice", r.Tickets.Add(ctx, ticket), fault.Conflict)
		got, err2 := r.Tickets.Find(ctx, "invite", word("w"), day)
		if d := cmp.Diff(ticket, got); d != "" {
			t.Error(d)
		}
		for name, f := range map[string]func() error{
			"another kind":  func() error { _, err := r.Tickets.Find(ctx, "reset", word("w"), day); return err },
			"past its time": func() error { _, err := r.Tickets.Find(ctx, "invite", word("w"), day.Add(time.Hour)); return err },
			"taken late":    func() error { _, err := r.Tickets.Take(ctx, "invite", word("w"), day.Add(time.Hour)); return err },
			"tried":         func() error { _, err := r.Tickets.Try(ctx, "invite", word("none")); return err },
		} {
			wantKind(t, name, f(), fault.NotFound)
		}
		n, err3 := r.Tickets.Try(ctx, "invite", word("w"))
		n2, err4 := r.Tickets.Try(ctx, "invite", word("w"))
		if n != 1 || n2 != 2 {
			t.Errorf("tries %d, %d", n, n2)
		}
		list, err5 := r.Tickets.List(ctx, "invite", "main", day)
		foreign, err6 := r.Tickets.List(ctx, "invite", "other", day)
		if len(list) != 1 || len(foreign) != 0 {
			t.Errorf("%v, %v", list, foreign)
		}
		dropped, err7 := r.Tickets.Drop(ctx, "invite", "other", "anna", "")
		if dropped != 0 {
			t.Error("another tenant's ticket was dropped")
		}
		return errorsOf(err, err2, err3, err4, err5, err6, err7)
	})
	var got atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := s.Write(context.Background(), func(r store.Records) error {
				_, err := r.Tickets.Take(context.Background(), "invite", word("w"), day)
				return err
			})
			if err == nil {
				got.Add(1)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 {
		t.Errorf("%d took one ticket", got.Load())
	}
	write(t, s, func(ctx context.Context, r store.Records) error {
		a, b, c := ticket, ticket, ticket
		a.Word, a.ID, b.Word, b.ID, b.Person, c.Word, c.ID, c.Expires = word("a"), "a", word("b"), "b", "bert", word("c"), "c", day.Add(time.Minute)
		err := errorsOf(r.Tickets.Add(ctx, a), r.Tickets.Add(ctx, b), r.Tickets.Add(ctx, c))
		swept, err2 := r.Tickets.Sweep(ctx, day.Add(2*time.Minute))
		byID, err3 := r.Tickets.Drop(ctx, "invite", "main", "", "b")
		byPerson, err4 := r.Tickets.Drop(ctx, "invite", "main", "anna", "")
		if swept != 1 || byID != 1 || byPerson != 1 {
			t.Errorf("swept %d, dropped %d and %d", swept, byID, byPerson)
		}
		return errorsOf(err, err2, err3, err4)
	})
}

// attemptsCount: the count is that of a simple model, whatever the order of
// attempts, times and forgiveness.
func attemptsCount(t *testing.T, s store.Store) {
	type state struct {
		began time.Time
		n     int64
	}
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		model := map[string]state{}
		at := day
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			at = at.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			by := rapid.SampledFrom([]int64{1, 1, 1, -1, 0}).Draw(t, "by")
			m := model[key]
			if m.n == 0 || at.Sub(m.began) >= 15*time.Minute {
				m = state{began: at}
			}
			if m.n = max(m.n+by, 0); m.n == 0 && by == 0 {
				m = state{}
			}
			h := word(fmt.Sprint(run, key))
			write(t, s, func(ctx context.Context, r store.Records) error {
				if by == 0 {
					m = state{}
					return r.Attempts.Clear(ctx, h)
				}
				n, err := r.Attempts.Note(ctx, h, by, at, 15*time.Minute)
				if n != m.n {
					t.Fatalf("counted %d, want %d", n, m.n)
				}
				return err
			})
			model[key] = m
			read(t, s, func(ctx context.Context, r store.Records) error {
				n, began, err := r.Attempts.Count(ctx, h, at, 15*time.Minute)
				if n != m.n || n > 0 && !began.Equal(store.Time(store.Micros(m.began))) {
					t.Fatalf("count %d since %s, want %+v", n, began, m)
				}
				return err
			})
		}
	})
	write(t, s, func(ctx context.Context, r store.Records) error { return r.Attempts.Sweep(ctx, day.Add(24*time.Hour)) })
	read(t, s, func(ctx context.Context, r store.Records) error {
		n, _, err := r.Attempts.Count(ctx, word(fmt.Sprint(run, "a")), day, time.Hour)
		if n != 0 {
			t.Errorf("%d after the sweep", n)
		}
		return err
	})
}

func keysOfPrograms(t *testing.T, s store.Store) {
	k := store.APIKey{Tenant: "main", Person: "anna", ID: "k1", Name: "robot", Secret: word("s1"), Scopes: []access.Permission{access.ReportRead},
		Created: store.Time(store.Micros(day)), Expires: store.Time(store.Micros(day.Add(time.Hour)))}
	write(t, s, func(ctx context.Context, r store.Records) error {
		other := k
		other.ID, other.Secret, other.Person = "k2", word("s2"), "bert"
		twin := k
		twin.ID = "k3"
		err := errorsOf(r.APIKeys.Add(ctx, k), r.APIKeys.Add(ctx, other))
		wantKind(t, "a secret twice", r.APIKeys.Add(ctx, twin), fault.Conflict)
		bad := k
		bad.ID, bad.Secret, bad.Scopes = "k4", word("s4"), []access.Permission{"report.burn"}
		wantKind(t, "an unknown scope", r.APIKeys.Add(ctx, bad), fault.Invalid)
		got, err2 := r.APIKeys.Find(ctx, word("s1"))
		if d := cmp.Diff(k, got); d != "" {
			t.Error(d)
		}
		_, missing := r.APIKeys.Get(ctx, "other", "k1")
		wantKind(t, "another tenant's key", missing, fault.NotFound)
		wantKind(t, "another tenant's key ended", r.APIKeys.End(ctx, "other", "k1", day), fault.NotFound)
		wantKind(t, "an unknown secret", r.APIKeys.Touch(ctx, word("none"), day), fault.NotFound)
		all, err3 := r.APIKeys.List(ctx, "main", "")
		mine, err4 := r.APIKeys.List(ctx, "main", "anna")
		if len(all) != 2 || len(mine) != 1 {
			t.Errorf("%d of all, %d mine", len(all), len(mine))
		}
		err5 := errorsOf(r.APIKeys.Touch(ctx, word("s1"), day.Add(time.Minute)), r.APIKeys.End(ctx, "main", "k1", day.Add(time.Hour)),
			r.APIKeys.End(ctx, "main", "k1", day.Add(time.Minute)), r.APIKeys.End(ctx, "main", "k1", day.Add(2*time.Hour)))
		got, err6 := r.APIKeys.Get(ctx, "main", "k1")
		if !got.Ended.Equal(store.Time(store.Micros(day.Add(time.Minute)))) || !got.Used.Equal(got.Ended) {
			t.Errorf("ended %s, used %s: want the soonest end", got.Ended, got.Used)
		}
		return errorsOf(err, err2, err3, err4, err5, err6)
	})
}
