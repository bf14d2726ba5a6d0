// Package owner is what the pages of an account's owner show: times in the account's
// zone, amounts, parts of the check, and the shop's own names of screens.
//
// It is not for deciding or reading anything (desk/accounts does), nor for requests
// (web does).
//
//	d := owner.New(page, profile, "de", time.Now())
//	d.When(t) // 23.11.2026, 14:05 Uhr
package owner

import (
	"strconv"
	"strings"
	"time"

	"bonafide/account/policy"
	"bonafide/contact/brand"
	"bonafide/desk/accounts"
)

// Data is what every page of an account is made of. It belongs to one request.
type Data struct {
	accounts.OwnerPage
	lang  string
	zone  *time.Location
	brand *brand.Profile
	now   time.Time
	// Question is the one that is asked; Left is how many wait with it.
	Question *accounts.OwnerQuestion
	Left     int
	// Next is the question to go on with when this one is left open.
	Next string
	// Said: something was answered just now.
	Said bool
}

// New makes what the pages of an account show: in a language and the account's time
// zone, with the shop's own names of screens where a brand is known (nil: none).
func New(p accounts.OwnerPage, b *brand.Profile, lang string, now time.Time) *Data {
	d := &Data{OwnerPage: p, lang: lang, now: now, brand: b}
	zone := p.Zone
	if zone == "" {
		zone = map[string]string{"ja": "Asia/Tokyo", "de": "Europe/Berlin"}[lang]
	}
	var err error
	if d.zone, err = time.LoadLocation(zone); err != nil {
		d.zone = time.UTC
	}
	d.Left = len(d.Questions())
	return d
}

// When is a time for people, in the account's time zone.
func (d *Data) When(t time.Time) string {
	layout := map[string]string{"de": "02.01.2006, 15:04 Uhr", "ja": "2006年1月2日 15:04"}[d.lang]
	if layout == "" {
		layout = "2 January 2006, 15:04"
	}
	text := t.In(d.zone).Format(layout)
	if d.zone == time.UTC {
		text += " UTC"
	}
	return text
}

// Money is an amount for people.
func (d *Data) Money(o accounts.OwnerOrder) string {
	return policy.Money(o.Amount, o.Currency, d.lang)
}

// Part lists the orders of a part of the check.
func (d *Data) Part(part string) (out []accounts.OwnerOrder) {
	for _, o := range d.Orders {
		if o.Part() == part {
			out = append(out, o)
		}
	}
	return out
}

// Unseen is how many hidden orders the owner has not answered for.
func (d *Data) Unseen() (n int) {
	for _, q := range d.Questions() {
		if q.Part == "hidden" {
			n++
		}
	}
	return n
}

// Recent lists the newest log-ins and changes.
func (d *Data) Recent() []accounts.OwnerMoment { return d.Moments[:min(len(d.Moments), 20)] }

// Screen is the way to a screen of the shop.
type Screen struct {
	Label, Path string
	// Sure: the menu is confirmed.
	Sure bool
}

// Way is the way to a screen of the shop in the reader's language; nil where none is known.
func (d *Data) Way(id string) *Screen {
	if d.brand == nil {
		return nil
	}
	w, valid, ok := d.brand.Way(id, d.lang, d.now)
	if !ok || len(w.Path) == 0 {
		return nil
	}
	return &Screen{Label: w.Label, Path: strings.Join(w.Path, " → "), Sure: valid}
}

// Newest are the orders that a caller may have known.
func (d *Data) Newest() []accounts.OwnerOrder { return d.Orders[:min(len(d.Orders), 8)] }

// Number is a count that the shop may not have told.
func (d *Data) Number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
