package accounts

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/eventlog"
)

// What stands in the log for one event:
//
//	form(1 byte, 2)  received(varint, µs since 1970)  length of free(uvarint)  free  event
//
// event is our own JSON of the sealed event, without what people write freely and
// fields that the vocabulary does not know: free is those, a JSON object by path,
// sealed under the key of the account (store.Subjects), or freeErased where that
// key was destroyed before the event came, or nothing. In form 1 they stand as
// they came: the fields as a JSON object in place of free, texts in the event. A
// form is never reused.
const (
	openForm   = 1
	sealedForm = 2
)

// freeErased stands in place of what could not be sealed, its account being
// erased.
const freeErased = "erased"

// logKey is the key of every event in the log: all events of a tenant have one
// order, since windows count by devices and recipients as well as by accounts.
const logKey = "events"

// entryOf makes what is appended for a sealed event, and what is kept apart of it,
// sealed.
func entryOf(e *event.Event, free string, received time.Time) eventlog.Event {
	raw := e.JSON()
	b := make([]byte, 0, len(raw)+len(free)+16)
	b = append(b, sealedForm)
	b = binary.AppendVarint(b, received.UnixMicro())
	b = binary.AppendUvarint(b, uint64(len(free)))
	b = append(b, free...)
	return eventlog.Event{ID: idText(guard.IDOf(e)), Key: logKey, Data: append(b, raw...)}
}

var errRecord = errors.New("is no event of a form that is known: it was written by a newer program, or by another one")

// split cuts what stands in the log into its parts.
func split(data []byte) (received time.Time, free, raw []byte, err error) {
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

// ReadRecord reads all of an event from the log.
func ReadRecord(r *eventlog.Record) (out Logged, err error) {
	received, free, raw, err := split(r.Data)
	if err != nil {
		return out, fmt.Errorf("accounts: place %d of the log %w", r.Position, err)
	}
	out.Received = received
	if out.Event, err = event.Parse(raw, event.Options{}); err != nil {
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

// eventOf reads what decides of an event from the log, and when it came.
func eventOf(r *eventlog.Record) (event.Event, time.Time, error) {
	x, err := ReadRecord(r)
	return x.Event, x.Received, err
}
