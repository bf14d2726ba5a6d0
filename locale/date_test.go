package locale_test

import (
	"testing"
	"time"

	"bonafide/locale"
)

// Days and hours stand in the form of the reader's language.
func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 4, 23, 5, 0, 0, time.FixedZone("", -2*3600))
	for lang, want := range map[string][3]string{
		"en": {"4 Mar 2026", "5 Mar 2026, 01:05\u00a0UTC", "23 Nov 2026"},
		"de": {"04.03.2026", "05.03.2026, 01:05\u00a0UTC", "23.11.2026"},
		"ja": {"2026年3月4日", "2026年3月5日 01:05\u00a0UTC", "2026年11月23日"},
		"xx": {"4 Mar 2026", "5 Mar 2026, 01:05\u00a0UTC", "23 Nov 2026"},
	} {
		if got := [3]string{locale.Day(lang, at), locale.Moment(lang, at), locale.AsOf(lang, "2026-11-23")}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if got := locale.Last("de", time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)); got != "01.01.2027" {
		t.Errorf("the last day is %s", got)
	}
	if got := locale.Last("ja", at); got != "2026年3月5日 01:05\u00a0UTC" {
		t.Errorf("the end is %s", got)
	}
	if got := [2]string{locale.Percent("de", "9,5"), locale.Share("ja", .095)}; got != [2]string{"9,5\u00a0%", "10%"} {
		t.Errorf("shares: %q", got)
	}
	if got := locale.Day("en", time.Time{}); got != "" {
		t.Errorf("no day is %q", got)
	}
	if got := locale.Args("de", map[string]string{"date": "2026-11-20", "at": "2026-11-20 10:54", "host": "a.example"}); got["date"] != "20.11.2026" || got["at"] != "20.11.2026, 10:54" || got["host"] != "a.example" {
		t.Errorf("arguments: %v", got)
	}
	for _, same := range []string{"2026", "", "yesterday"} {
		if got := locale.AsOf("de", same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
}
