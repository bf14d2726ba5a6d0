package brand

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Date is a date as exactly as it is known: "2023", "2023-09" or "2023-09-14",
// with "~" before it when it is about right. Sources that print no date are
// kept as they are ("date unknown", "as read ~2016"); such a Date has no start.
type Date string

// UnmarshalYAML takes the scalar as it is written.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: want a date such as \"2023-09\"", n.Line)
	}
	*d = Date(strings.TrimSpace(n.Value))
	return nil
}

// Start returns the first moment (UTC) of the date.
func (d Date) Start() (time.Time, bool) {
	s := strings.TrimPrefix(string(d), "~")
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// End returns the first moment after the date.
func (d Date) End() (time.Time, bool) {
	t, ok := d.Start()
	if !ok {
		return t, false
	}
	switch len(strings.TrimPrefix(string(d), "~")) {
	case 4:
		return t.AddDate(1, 0, 0), true
	case 7:
		return t.AddDate(0, 1, 0), true
	}
	return t.AddDate(0, 0, 1), true
}

// Hours are when a number is answered, every day.
type Hours struct {
	// Text is the hours as the source prints them.
	Text   string `yaml:"text"`
	Always bool   `yaml:"always"`
	// From and To are "09:00" local time; Zone is the tz name.
	From string `yaml:"from"`
	To   string `yaml:"to"`
	Zone string `yaml:"zone"`
	// UTCOffset ("+09:00") is given for zones without summer time only.
	UTCOffset string `yaml:"utc_offset"`
}

// OpenAt reports whether the number is answered at a time. known is false when
// the hours are not known, or only in a zone with summer time: then convert t
// to the zone and compare with From and To.
func (h Hours) OpenAt(t time.Time) (open, known bool) {
	if h.Always {
		return true, true
	}
	from, err1 := time.Parse("15:04", h.From)
	to, err2 := time.Parse("15:04", h.To)
	offset, err3 := time.Parse("-07:00", h.UTCOffset)
	if err1 != nil || err2 != nil || err3 != nil {
		return false, false
	}
	local := t.In(offset.Location())
	now := local.Hour()*60 + local.Minute()
	return from.Hour()*60+from.Minute() <= now && now < to.Hour()*60+to.Minute(), true
}

// check refuses hours that cannot be read.
func (h Hours) check() error {
	if h.Always || h.From == "" && h.To == "" {
		return nil
	}
	for _, s := range []string{h.From, h.To} {
		if _, err := time.Parse("15:04", s); err != nil {
			return fmt.Errorf("hours %q: want 09:00", s)
		}
	}
	if h.UTCOffset != "" {
		if _, err := time.Parse("-07:00", h.UTCOffset); err != nil {
			return fmt.Errorf("utc_offset %q: want +09:00", h.UTCOffset)
		}
	}
	return nil
}
