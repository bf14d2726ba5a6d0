// Package settings is the desk of what a tenant decides about its pages and
// log-ins: its name, the language and country that are assumed of readers, which
// roles need a second factor, how long sessions last, a text for the log-in page.
//
// It is not for what the operator decides (config), which these stand upon: a
// tenant can ask more roles for a second factor, never fewer. Each change asks
// for the right and a fresh proof of identity, and leaves an audit entry for each
// setting with what it was and what it is now. What holds for log-ins is read by
// desk/people from the records.
//
//	v, err := desk.Get(ctx, actor)
//	v.Idle = 20 * time.Minute
//	err = desk.Change(ctx, actor, v)
package settings

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// Bounds of what a tenant may set. A session that never ends is none; one that
// ends while somebody reads a report makes them write their password down.
const (
	MinIdle     = 5 * time.Minute
	MaxIdle     = 24 * time.Hour
	MinAbsolute = time.Hour
	MaxAbsolute = 30 * 24 * time.Hour
	// MaxNotice is in characters; in bytes store.MaxNotice holds, too.
	MaxNotice = 300
	maxName   = 60
)

// Config is what a desk works with. Store and Now are needed.
type Config struct {
	Store store.Store
	Now   func() time.Time
	// Langs and Countries are what may be chosen.
	Langs, Countries []string
	// Floor are the roles that the server asks for a second factor anyhow.
	Floor []access.Role
	// Idle and Absolute hold where a tenant sets none.
	Idle, Absolute time.Duration
	// Public is the tenant whose settings hold for pages without a log-in; "": the
	// only one, where there is one.
	Public access.Tenant
}

// Desk keeps settings. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	mu    sync.Mutex
	asked time.Time // guarded by mu
	seen  Public    // guarded by mu
}

// New makes a desk.
func New(c Config) (*Desk, error) {
	if c.Store == nil || c.Now == nil {
		return nil, errors.New("settings: store and clock are both needed")
	}
	return &Desk{cfg: c}, nil
}

// Values are the settings of a tenant. The zero value of Lang, Country, Idle and
// Absolute means that the server's own holds.
type Values struct {
	Name          string
	Lang, Country string
	SecondFor     []access.Role
	// Idle and Absolute are whole minutes.
	Idle, Absolute time.Duration
	Notice         string
	// Revision is that of the settings as they were read.
	Revision int64
}

// Current are the settings of a tenant with what they stand upon.
type Current struct {
	Values
	Changed time.Time
	// Floor, ServerIdle and ServerAbsolute are the server's own.
	Floor                      []access.Role
	ServerIdle, ServerAbsolute time.Duration
}

// Get returns the settings of the actor's tenant. Right: system.settings; to look
// needs no fresh proof of identity.
func (d *Desk) Get(ctx context.Context, a access.Actor) (out Current, err error) {
	if err := a.May(access.SystemSettings, access.Of{Tenant: a.Tenant}, d.cfg.Now()); err != nil && !errors.Is(err, access.ErrConfirm) {
		return out, err
	}
	out.Floor, out.ServerIdle, out.ServerAbsolute = slices.Clone(d.cfg.Floor), d.cfg.Idle, d.cfg.Absolute
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		var when time.Time
		out.Values, when, err = read(ctx, r, a.Tenant)
		out.Changed = when
		return err
	})
	return out, err
}

func read(ctx context.Context, r store.Records, t access.Tenant) (v Values, changed time.Time, err error) {
	tenant, err := r.Tenants.Get(ctx, t)
	if err != nil {
		return v, changed, err
	}
	s, err := r.Settings.Get(ctx, t)
	return Values{Name: tenant.Name, Lang: s.Lang, Country: s.Country, SecondFor: s.SecondFor, Idle: s.Idle, Absolute: s.Absolute, Notice: s.Notice,
		Revision: s.Revision}, s.Changed, err
}

// Change writes the settings of the actor's tenant, with an audit entry for each
// that is another than before; none, and no new revision, when all are as they
// were. A Conflict says that somebody else changed them since they were read.
// Right: system.settings.
func (d *Desk) Change(ctx context.Context, a access.Actor, v Values) error {
	now := d.cfg.Now()
	if err := a.May(access.SystemSettings, access.Of{Tenant: a.Tenant}, now); err != nil {
		return err
	}
	v, err := d.clean(v)
	if err != nil {
		return err
	}
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		old, _, err := read(ctx, r, a.Tenant)
		if err != nil {
			return err
		}
		if old.Revision != v.Revision {
			return fault.New(fault.Conflict, "", "the settings were changed meanwhile: look at them again")
		}
		changes := differ(old, v)
		if len(changes) == 0 {
			return nil
		}
		if err := r.Tenants.Rename(ctx, a.Tenant, v.Name); err != nil {
			return err
		}
		if _, err := r.Settings.Put(ctx, store.TenantSettings{Tenant: a.Tenant, Lang: v.Lang, Country: v.Country, SecondFor: v.SecondFor, Idle: v.Idle,
			Absolute: v.Absolute, Notice: v.Notice, Changed: now, Revision: v.Revision}); err != nil {
			return err
		}
		for _, c := range changes {
			if _, err := r.Audit.Append(ctx, store.Deed{Tenant: a.Tenant, When: now, Actor: store.ActorOf(a), Action: "settings.change", Object: "settings:" + c.name,
				Why: c.before + " → " + c.after, From: a.From}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		d.mu.Lock()
		d.asked = time.Time{}
		d.mu.Unlock()
	}
	return err
}

// change is one setting that is another than before.
type change struct{ name, before, after string }

func differ(old, v Values) (out []change) {
	add := func(name, before, after string) {
		if before != after {
			out = append(out, change{name, shown(before), shown(after)})
		}
	}
	add("name", old.Name, v.Name)
	add("lang", old.Lang, v.Lang)
	add("country", old.Country, v.Country)
	add("second_for", list(old.SecondFor), list(v.SecondFor))
	add("idle", span(old.Idle), span(v.Idle))
	add("absolute", span(old.Absolute), span(v.Absolute))
	add("notice", old.Notice, v.Notice)
	return out
}

// shown is a value in an audit entry, so that none is seen.
func shown(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func list(roles []access.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// clean checks values and brings them into the form in which they are kept. The
// error names the setting.
func (d *Desk) clean(v Values) (Values, error) {
	v.Name = strings.Join(strings.Fields(norm.NFC.String(v.Name)), " ")
	v.Notice = strings.TrimSpace(strings.ReplaceAll(norm.NFC.String(v.Notice), "\r\n", "\n"))
	v.Country = strings.ToUpper(v.Country)
	var roles []access.Role
	for _, r := range access.Roles() { // in one order, each once
		if slices.Contains(v.SecondFor, r) {
			roles = append(roles, r)
		}
	}
	unknown := slices.ContainsFunc(v.SecondFor, func(r access.Role) bool { return !slices.Contains(roles, r) })
	v.SecondFor = roles
	unseen := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }
	for _, c := range []struct {
		bad         bool
		field, text string
	}{
		{v.Name == "" || utf8.RuneCountInString(v.Name) > maxName || !utf8.ValidString(v.Name) || strings.ContainsFunc(v.Name, unseen), "name", "is missing or no name: write 1 to 60 characters"},
		{v.Lang != "" && !slices.Contains(d.cfg.Langs, v.Lang), "lang", "is none of the languages of these pages"},
		{v.Country != "" && !slices.Contains(d.cfg.Countries, v.Country), "country", "is no country that receivers are known for"},
		{unknown, "second_for", "names a role that does not exist"},
		{v.Idle != 0 && (v.Idle < MinIdle || v.Idle > MaxIdle || v.Idle%time.Minute != 0), "idle", "is out of bounds: 5 minutes to 24 hours"},
		{v.Absolute != 0 && (v.Absolute < MinAbsolute || v.Absolute > MaxAbsolute || v.Absolute%time.Minute != 0), "absolute", "is out of bounds: 1 to 720 hours"},
		{or(v.Idle, d.cfg.Idle) > or(v.Absolute, d.cfg.Absolute), "idle", "is longer than a session lasts at most"},
		{utf8.RuneCountInString(v.Notice) > MaxNotice || len(v.Notice) > store.MaxNotice || !utf8.ValidString(v.Notice) || strings.ContainsFunc(v.Notice, unseen), "notice", "is too long or no text: at most 300 characters"},
	} {
		if c.bad {
			return v, fault.New(fault.Invalid, c.field, "%s", c.text)
		}
	}
	return v, nil
}

func or(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// Public is what holds for pages that need no log-in.
type Public struct{ Lang, Country, Notice string }

// publicFor is how long these are remembered: the pages of the check ask at each
// request, and must work while the records do not.
const publicFor = 5 * time.Second

// Public returns what holds for pages that need no log-in; the zero value, or
// what was seen last, while the records cannot be read. It tells nothing that is
// not shown to everybody.
func (d *Desk) Public(ctx context.Context) Public {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	if !d.asked.IsZero() && now.Sub(d.asked) < publicFor {
		return d.seen
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	d.asked = now
	_ = d.cfg.Store.Read(ctx, func(r store.Records) error {
		t := d.cfg.Public
		if t == "" {
			all, err := r.Tenants.List(ctx)
			if err != nil || len(all) != 1 {
				return err
			}
			t = all[0].ID
		}
		s, err := r.Settings.Get(ctx, t)
		if err == nil {
			d.seen = Public{Lang: s.Lang, Country: s.Country, Notice: s.Notice}
		}
		return err
	})
	return d.seen
}
