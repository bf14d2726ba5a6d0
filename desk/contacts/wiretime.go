package contacts

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Moment is a point in time as people write it in a request: RFC 3339, or a
// date or date with time without a zone, then read as UTC.
type Moment struct{ at time.Time }

// MomentOf wraps a time.
func MomentOf(t time.Time) *Moment { return &Moment{t} }

// Time returns the point in time; zero for a nil Moment.
func (m *Moment) Time() time.Time {
	if m == nil {
		return time.Time{}
	}
	return m.at
}

// UnmarshalText reads one of the accepted forms; an empty text is no time.
func (m *Moment) UnmarshalText(raw []byte) (err error) {
	m.at, err = ParseMoment(string(raw))
	return err
}

// MarshalText writes RFC 3339.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.at.Format(time.RFC3339)), nil }

// ParseMoment reads a time as a request may write it.
func ParseMoment(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time of %d characters: want RFC 3339, such as 2026-11-22T14:00:00+01:00", len(s))
}

// Household tells that another member of the household or business placed an
// order: true, or what links the two in words.
type Household string

// UnmarshalJSON takes true, false or a text.
func (h *Household) UnmarshalJSON(raw []byte) error {
	var yes bool
	if json.Unmarshal(raw, &yes) == nil {
		*h = ""
		if yes {
			*h = "household"
		}
		return nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("household: want true, false or a text")
	}
	*h = Household(s)
	return nil
}
