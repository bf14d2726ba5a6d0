// Package fault has the few kinds of error that a door must tell apart. Rooms
// return them, doors map them to HTTP status, exit code or words.
//
// It is not for wrapping every error: one that no caller treats specially
// stays plain.
//
//	return fault.New(fault.Invalid, "orders[0].id", "is missing: give the order number")
package fault

import (
	"errors"
	"fmt"
)

// Kind is what a caller can do about an error.
type Kind int8

// The kinds. Internal is the zero value: a mistake of ours.
const (
	Internal Kind = iota
	// Invalid input: the same call fails again until it is changed.
	Invalid
	// TooLarge: the input exceeds a limit that the text names.
	TooLarge
	// NotFound, also for what the caller may not know to exist.
	NotFound
	// Forbidden: the caller may not do this.
	Forbidden
	// Temporary: the same call may succeed later.
	Temporary
	// NotConfigured: the operator has not switched this on.
	NotConfigured
	// Conflict: it exists already, or somebody else changed it meanwhile: read
	// it again, then decide.
	Conflict
)

// Error is an error with a kind. Its text is for the caller: what was tried,
// what was wrong, what to do; it holds no personal data. The cause is for logs.
type Error struct {
	Kind Kind
	// Field is the place in the input, such as "orders[0].id"; may be empty.
	Field string
	Text  string
	Cause error
}

// Error returns field and text.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Text
	}
	return e.Field + ": " + e.Text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a kind. field may be empty.
func New(k Kind, field, format string, args ...any) *Error {
	return &Error{Kind: k, Field: field, Text: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first Error in err's chain, Internal if none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
