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
//	form(1 byte, 1)  received(varint, µs since 1970)  length of extra(uvarint)  extra  event
//
// event is our own JSON of the sealed event; extra is a JSON object of the fields
// that the vocabulary does not know, by path, or nothing. A form is never reused.
const recordForm = 1

// logKey is the key of every event in the log: all events of a tenant have one
// order, since windows count by devices and recipients as well as by accounts.
const logKey = "events"

// entryOf makes what is appended for a sealed event.
func entryOf(e *event.Event, received time.Time) eventlog.Event {
	var extra []byte
	if len(e.Extra) > 0 {
		extra, _ = json.Marshal(e.Extra) // texts always can
	}
	raw := e.JSON()
	b := make([]byte, 0, len(raw)+len(extra)+16)
	b = append(b, recordForm)
	b = binary.AppendVarint(b, received.UnixMicro())
	b = binary.AppendUvarint(b, uint64(len(extra)))
	b = append(b, extra...)
	return eventlog.Event{ID: idText(guard.IDOf(e)), Key: logKey, Data: append(b, raw...)}
}

var errRecord = errors.New("is no event of a form that is known: it was written by a newer program, or by another one")

// split cuts what stands in the log into its parts.
func split(data []byte) (received time.Time, extra, raw []byte, err error) {
	if len(data) < 3 || data[0] != recordForm {
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

// eventOf reads an event from the log.
func eventOf(r *eventlog.Record) (event.Event, time.Time, error) {
	received, extra, raw, err := split(r.Data)
	if err != nil {
		return event.Event{}, received, fmt.Errorf("accounts: place %d of the log %w", r.Position, err)
	}
	e, err := event.Parse(raw, event.Options{})
	if err != nil {
		return e, received, fmt.Errorf("accounts: place %d of the log: %w", r.Position, err)
	}
	if len(extra) > 0 {
		if err := json.Unmarshal(extra, &e.Extra); err != nil {
			return e, received, fmt.Errorf("accounts: place %d of the log %w", r.Position, errRecord)
		}
	}
	return e, received, nil
}
