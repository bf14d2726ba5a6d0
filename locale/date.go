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
func Moment(lang string, t time.Time) string { return minute(lang, t.UTC()) + "\u00a0UTC" }

func minute(lang string, t time.Time) string {
	sep := ", "
	if lang == "ja" {
		sep = " "
	}
	return Day(lang, t) + sep + t.Format("15:04")
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

// AsOf is a day that a file or a finding of ours names (2026-11-23), also with the
// minute (2026-11-23 10:54); whatever else it names, such as a year, stays as it is.
func AsOf(lang, text string) string {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return Day(lang, t)
	}
	if t, err := time.Parse("2006-01-02 15:04", text); err == nil {
		return minute(lang, t)
	}
	return text
}

// Args are the arguments of a finding as they stand in a sentence of a language.
func Args(lang string, args map[string]string) map[string]string {
	out := make(map[string]string, len(args))
	for name, text := range args {
		out[name] = AsOf(lang, text)
	}
	return out
}
