package event

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"bonafide/fault"
)

// Read yields the events of a whole file through the mapping, in its order.
// An error of one event names its line (its place in a list for Format JSON)
// and does not end the file; one of the file itself does.
func (m *Mapping) Read(r io.Reader) iter.Seq2[Event, error] {
	r = markless(r)
	switch m.Format {
	case CSV:
		return m.readCSV(r)
	case JSON:
		return m.readList(r)
	}
	return m.readLines(r)
}

// ReadLines yields the events of a file in our own form, one JSON object a line.
func ReadLines(r io.Reader, o Options) iter.Seq2[Event, error] {
	return eachLine(markless(r), func(line []byte) (Event, bool, error) {
		e, err := Parse(line, o)
		return e, err == nil, err
	})
}

// markless leaves out the byte order mark with which spreadsheets begin a file in
// UTF-8: it would be part of the first name.
func markless(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}

func (m *Mapping) readLines(r io.Reader) iter.Seq2[Event, error] { return eachLine(r, m.Event) }

func eachLine(r io.Reader, read func([]byte) (Event, bool, error)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 64<<10), MaxSize+1)
		n := 0
		for s.Scan() {
			n++
			if len(s.Bytes()) == 0 {
				continue
			}
			e, ok, err := read(s.Bytes())
			if err != nil {
				err = fmt.Errorf("line %d: %w", n, err)
			}
			if (ok || err != nil) && !yield(e, err) {
				return
			}
		}
		if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Event{}, fault.New(fault.TooLarge, "", "line %d has more than %d bytes: the rest of the file was not read", n+1, MaxSize))
		} else if err != nil {
			yield(Event{}, fmt.Errorf("events: read after line %d: %w", n, err))
		}
	}
}

// maxList is the largest JSON list of events in bytes; longer files are NDJSON.
const maxList = 16 << 20

func (m *Mapping) readList(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		raw, err := io.ReadAll(io.LimitReader(r, maxList+1))
		if err != nil {
			yield(Event{}, fmt.Errorf("events: read a list: %w", err))
			return
		}
		parts, err := splitList(raw)
		if err != nil {
			yield(Event{}, err)
			return
		}
		for i, p := range parts {
			e, ok, err := m.Event(p)
			if err != nil {
				err = fmt.Errorf("[%d]: %w", i, err)
			}
			if (ok || err != nil) && !yield(e, err) {
				return
			}
		}
	}
}

// heads refuses a first line of a table that is a row: the columns of id and time
// are missing in it.
func (m *Mapping) heads(names []string) error {
	n := node{shape: object}
	for _, name := range names {
		n.put(name, node{shape: text, text: name})
	}
	for _, r := range []*rule{&m.id, &m.time} {
		if len(r.from) > 0 && r.from.find(&n) == nil {
			return fault.New(fault.Invalid, "", "the first line of a table names its columns, and %q is none of them: send the header with each part", r.from[0].name)
		}
	}
	return nil
}

func (m *Mapping) readCSV(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		c := csv.NewReader(io.LimitReader(r, 1<<40))
		c.Comma, c.ReuseRecord = rune(m.file.Comma[0]), true
		head, err := c.Read()
		if err != nil {
			yield(Event{}, fault.New(fault.Invalid, "", "a table has a first line with the names of its columns: %s", err.Error()))
			return
		}
		names := append([]string(nil), head...)
		if err := m.heads(names); err != nil {
			yield(Event{}, err)
			return
		}
		for {
			row, err := c.Read()
			if err == io.EOF {
				return
			}
			if errors.Is(err, csv.ErrFieldCount) {
				line, _ := c.FieldPos(0)
				if !yield(Event{}, fmt.Errorf("line %d: %w", line, fault.New(fault.Invalid, "", "has %d cells, and the first line names %d", len(row), len(names)))) {
					return
				}
				continue
			}
			if err != nil {
				yield(Event{}, fault.New(fault.Invalid, "", "read a table: %s", err.Error()))
				return
			}
			n := node{shape: object}
			size := 0
			for i, cell := range row {
				size += len(cell)
				n.put(names[i], node{shape: text, text: cell})
			}
			line, _ := c.FieldPos(0)
			if size > MaxSize {
				yield(Event{}, fault.New(fault.TooLarge, "", "line %d has more than %d bytes: the rest was not read", line, MaxSize))
				return
			}
			e, ok, err := m.event(&n)
			if err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
			if (ok || err != nil) && !yield(e, err) {
				return
			}
		}
	}
}

// splitList cuts a JSON list of objects, or takes one object as a list of one.
func splitList(raw []byte) ([]json.RawMessage, error) {
	if len(raw) > maxList {
		return nil, fault.New(fault.TooLarge, "", "a list of more than %d bytes is too large: send one event a line", maxList)
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		return []json.RawMessage{raw}, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, fault.New(fault.Invalid, "", "is no JSON list of events: %s", err.Error())
	}
	return parts, nil
}
