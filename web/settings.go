package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/desk/settings"
	"bonafide/fault"
)

// SettingsDesk keeps what a tenant decides about its pages and log-ins.
type SettingsDesk interface {
	Get(ctx context.Context, a access.Actor) (settings.Current, error)
	Change(ctx context.Context, a access.Actor, v settings.Values) error
	Public(ctx context.Context) settings.Public
}

// settingsData is the page of the settings.
type settingsData struct {
	settings.Current
	Roles     []access.Role
	Countries []string
	// Idle in minutes and Absolute in hours, as they were typed.
	IdleText, AbsoluteText string
	NoticeMax              int
}

// Asks reports whether a role needs a second factor by the tenant's own choice.
func (d settingsData) Asks(r access.Role) bool { return slices.Contains(d.SecondFor, r) }

// Always reports whether the server asks it of the role anyhow.
func (d settingsData) Always(r access.Role) bool { return slices.Contains(d.Floor, r) }

// Minutes and Hours are the server's own limits, for people.
func (d settingsData) Minutes() int { return int(d.ServerIdle / time.Minute) }

// Hours is the absolute limit of the server.
func (d settingsData) Hours() int { return int(d.ServerAbsolute / time.Hour) }

func (v *visit) settingsThere() error {
	if v.opt.Settings == nil {
		return fault.New(fault.NotFound, "", "no settings are kept here")
	}
	return nil
}

func (v *visit) settings() error { return v.showSettings(http.StatusOK, nil, "") }

// showSettings shows the settings as they are, or as somebody typed them.
func (v *visit) showSettings(code int, typed *settings.Values, problem string) error {
	if err := v.settingsThere(); err != nil {
		return err
	}
	now, err := v.opt.Settings.Get(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	d := settingsData{Current: now, Roles: access.Roles(), Countries: v.desk.Countries(), NoticeMax: settings.MaxNotice}
	if typed != nil {
		d.Values = *typed
	}
	if d.Values.Idle > 0 {
		d.IdleText = strconv.Itoa(int(d.Values.Idle / time.Minute))
	}
	if d.Values.Absolute > 0 {
		d.AbsoluteText = strconv.Itoa(int(d.Values.Absolute / time.Hour))
	}
	return v.page(code, "settings", "settings.title", d, problem)
}

// amount reads a whole number of a unit; empty means 0.
func (v *visit) amount(name string, unit time.Duration) (time.Duration, error) {
	text := v.field(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 || n > 1e5 {
		return 0, fault.New(fault.Invalid, name, "is no whole number above 0")
	}
	return time.Duration(n) * unit, nil
}

func (v *visit) changeSettings() error {
	if err := v.settingsThere(); err != nil {
		return err
	}
	x := settings.Values{Name: v.field("name"), Lang: v.field("reader_lang"), Country: v.field("reader_country"), SecondFor: v.roles(), Notice: v.field("notice")}
	x.Revision, _ = strconv.ParseInt(v.field("revision"), 10, 64)
	var err, err2 error
	x.Idle, err = v.amount("idle", time.Minute)
	x.Absolute, err2 = v.amount("absolute", time.Hour)
	if err = errors.Join(err, err2); err == nil {
		err = v.opt.Settings.Change(v.r.Context(), v.who.Actor, x)
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		key := "settings.error." + f.Field
		text, code, _ := v.problem(err)
		return v.showSettings(code, &x, v.texts.Or(v.language(v.r), key, text))
	}
	return v.after(err, "/settings")
}

// public is what the tenant says to whoever comes.
func (w *Web) public(r *http.Request) settings.Public {
	if w.opt.Settings == nil {
		return settings.Public{}
	}
	return w.opt.Settings.Public(r.Context())
}
