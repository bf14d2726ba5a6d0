package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bonafide/access"
	"bonafide/desk/system"
	"bonafide/fault"
)

// SystemDesk tells how the system is.
type SystemDesk interface {
	Health(ctx context.Context, a access.Actor) (system.Health, error)
}

// systemData is the page of the system's health.
type systemData struct{ system.Health }

// Share is how much of the disk is used, in percent.
func (d systemData) Share() int64 {
	if d.Disk == nil || d.Disk.Total <= 0 {
		return 0
	}
	return 100 - d.Disk.Free*100/d.Disk.Total
}

// Since is how long ago something was.
func (d systemData) Since(t time.Time) time.Duration { return d.Now.Sub(t) }

func (v *visit) system() error {
	if v.opt.System == nil {
		return fault.New(fault.NotFound, "", "nothing is kept here whose health could be told")
	}
	h, err := v.opt.System.Health(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "system", "system.title", systemData{h}, "")
}

// Bytes is a size for people, in the units of 1024.
func (v view) Bytes(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + " B"
	}
	x, unit := float64(n)/(1<<10), 0
	for x >= 1024 && unit < 3 {
		x, unit = x/1024, unit+1
	}
	return v.Decimal(fmt.Sprintf("%.1f", x)) + " " + []string{"KiB", "MiB", "GiB", "TiB"}[unit]
}

// Decimal writes the decimal point as the language does.
func (v view) Decimal(s string) string {
	if v.Lang != "de" {
		return s
	}
	out := []rune(s)
	for i, r := range out {
		if r == '.' {
			out[i] = ','
		}
	}
	return string(out)
}

// Count writes a number in groups of three, as the language does.
func (v view) Count(n int64) string {
	s, sep := strconv.FormatInt(n, 10), ","
	if v.Lang == "de" {
		sep = "."
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

// Lasted is a span of time for people: its two largest units.
func (v view) Lasted(d time.Duration) string {
	minutes := int64(d / time.Minute)
	days, hours := minutes/(24*60), minutes/60%24
	switch {
	case days > 0:
		return v.T("time.days", "days", v.Count(days), "hours", strconv.FormatInt(hours, 10))
	case hours > 0:
		return v.T("time.hours", "hours", strconv.FormatInt(hours, 10), "minutes", strconv.FormatInt(minutes%60, 10))
	}
	return v.T("time.minutes", "minutes", strconv.FormatInt(minutes, 10))
}
