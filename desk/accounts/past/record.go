// Package past is what stands in the log of events of a tenant's accounts: the form
// of a record, what of it decides, what people wrote freely and how it opens, and
// when an account was erased.
//
// It is not for writing to the log nor for deciding; desk/accounts does both.
//
//	for r, err := range past.Strand(log, tenant).Walk(ctx, 1, eventlog.End) {
//		x, err := past.Read(r)
//	}
package past

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bonafide/account/event"
	"bonafide/eventlog"
)

// What stands in the log for one event:
//
//	form(1 byte, 2)  received(varint, µs since 1970)  length of free(uvarint)  free  event
//
// event is our own JSON of the sealed event, without what people write freely and
// fields that the vocabulary does not know: free is those, a JSON object by path,
// sealed under the key of the account (store.Subjects), or Erased where that
// key was destroyed before the event came, or nothing. In form 1 they stand as
// they came: the fields as a JSON object in place of free, texts in the event. A
// form is never reused.
const (
	openForm   = 1
	sealedForm = 2
)

// Erased stands in place of what could not be sealed, its account being
// erased.
const Erased = "erased"

// Key is the key of every event in the log: all events of a tenant have one
// order, since windows count by devices and recipients as well as by accounts.
const Key = "events"

// Entry makes what is appended for a sealed event, and what is kept apart of it,
// sealed.
func Entry(e *event.Event, free string, received time.Time) eventlog.Event {
	raw := e.JSON()
	b := make([]byte, 0, len(raw)+len(free)+16)
	b = append(b, sealedForm)
	b = binary.AppendVarint(b, received.UnixMicro())
	b = binary.AppendUvarint(b, uint64(len(free)))
	b = append(b, free...)
	return eventlog.Event{ID: idOf(e), Key: Key, Data: append(b, raw...)}
}

var errRecord = errors.New("is no event of a form that is known: it was written by a newer program, or by another one")

// Split cuts what stands in the log into its parts.
func Split(data []byte) (received time.Time, free, raw []byte, err error) {
	if len(data) < 3 || data[0] != openForm && data[0] != sealedForm {
		return received, nil, nil, errRecord
	}
	micros, n := binary.Varint(data[1:])
	if n <= 0 {
		return received, nil, nil, errRecord
	}
	data = data[1+n:]
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return received, nil, nil, errRecord
	}
	data = data[n:]
	return time.UnixMicro(micros).UTC(), data[:size], data[size:], nil
}

// Logged is an event as it stands in the log. The event holds what decides;
// what people wrote freely is apart.
type Logged struct {
	Event    event.Event
	Received time.Time
	// Open is what people wrote freely and fields beyond the vocabulary, as far as
	// they could be opened; Sealed what could not.
	Open   map[string]string
	Sealed string
}

// Read reads all of an event from the log.
func Read(r *eventlog.Record) (out Logged, err error) {
	received, free, raw, err := Split(r.Data)
	if err != nil {
		return out, fmt.Errorf("accounts: place %d of the log %w", r.Position, err)
	}
	out.Received = received
	if out.Event, err = event.Parse(raw, event.Options{Stored: true}); err != nil {
		return out, fmt.Errorf("accounts: place %d of the log: %w", r.Position, err)
	}
	if r.Data[0] == sealedForm {
		out.Sealed = string(free)
		return out, nil
	}
	if len(free) > 0 {
		if err := json.Unmarshal(free, &out.Event.Extra); err != nil {
			return out, fmt.Errorf("accounts: place %d of the log %w", r.Position, errRecord)
		}
	}
	out.Open = out.Event.Cut()
	return out, nil
}

// EventOf reads what decides of an event from the log, and when it came.
func EventOf(r *eventlog.Record) (event.Event, time.Time, error) {
	x, err := Read(r)
	return x.Event, x.Received, err
}
