package locale

import (
	"strconv"
	"time"
)

// days is how readers of a language write a day; English for all others.
var days = map[string]string{"en": "2 Jan 2006", "de": "02.01.2006", "ja": "2006年1月2日"}

// Day is a day as readers of a language write it, in the time's own zone; empty
// for none.
func Day(lang string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	layout, ok := days[lang]
	if !ok {
		layout = days["en"]
	}
	return t.Format(layout)
}

// Moment is a day and the hour in UTC. A line does not break before the zone.
func Moment(lang string, t time.Time) string {
	sep := ", "
	if lang == "ja" {
		sep = " "
	}
	t = t.UTC()
	return Day(lang, t) + sep + t.Format("15:04") + "\u00a0UTC"
}

// Last is the end of something for people: what ends at midnight ends with the
// day before.
func Last(lang string, end time.Time) string {
	if end = end.UTC(); end.Equal(end.Truncate(24 * time.Hour)) {
		return Day(lang, end.AddDate(0, 0, -1))
	}
	return Moment(lang, end)
}

// Percent is a share of a hundred, which is written already, with its sign.
func Percent(lang, number string) string {
	if lang == "de" {
		return number + "\u00a0%"
	}
	return number + "%"
}

// Share is a share of one, as whole per cent.
func Share(lang string, x float64) string { return Percent(lang, strconv.Itoa(int(100*x+.5))) }

// AsOf is a day that a file of ours names (2026-11-23); whatever else it names,
// such as a year, stays as it is.
func AsOf(lang, text string) string {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return Day(lang, t)
	}
	return text
}
