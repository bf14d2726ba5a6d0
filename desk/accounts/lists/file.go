package lists

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/store"
)

// Bounds of an import.
const (
	// MaxImport is how many entries go onto a list at once, MaxListFile the largest
	// file in bytes.
	MaxImport   = 10_000
	MaxListFile = 2 << 20
)

// ListFile is a file of entries.
type ListFile struct {
	// Body is CSV with a first line of names (value, and if you like until, reason,
	// hashed), or NDJSON: one object a line with the same names. Which, the first
	// character tells.
	Body []byte
	// Reason and Until are of entries that have none.
	Reason string
	Until  time.Time
	// Skip takes the good lines and lists the others; without it one wrong line
	// refuses the file.
	Skip bool
}

// Imported is what became of a file.
type Imported struct {
	List    ListView           `json:"list"`
	Added   int                `json:"added" doc:"Entries that are in the log of events now; one that was there is written anew."`
	Refused []accounts.Refusal `json:"refused,omitempty" doc:"With skip=true: lines that were not taken."`
}

// Import puts the entries of a file on a list, as PutEntries does. Right: list.write.
func (d *Desk) Import(ctx context.Context, a access.Actor, list string, f ListFile) (out Imported, err error) {
	if err := d.mayList(a, access.ListWrite); err != nil {
		return out, err
	}
	lines, err := f.read()
	if err != nil {
		return out, err
	}
	var l store.GuardList
	if err := d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		l, err = d.listOf(ctx, r, a.Tenant, list)
		return err
	}); err != nil {
		return out, err
	}
	now := change{"-", d.cfg.Now(), "-"}
	var good []NewEntry
	for _, x := range lines {
		err := x.err
		if err == nil {
			_, err = d.entry(&l, &x.entry, now)
		}
		switch {
		case err == nil:
			good = append(good, x.entry)
		case fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge:
			return out, err
		case !f.Skip:
			return out, fault.New(fault.Invalid, "", "line %d: %s; nothing of the file was taken", x.line, err)
		case len(out.Refused) < maxRefused:
			out.Refused = append(out.Refused, accounts.Refusal{Line: x.line, Text: err.Error()})
		}
	}
	if len(good) == 0 {
		return out, fault.New(fault.Invalid, "file", "has no entry that can be taken: CSV begins with a line of names (value,until,reason), NDJSON has one object a line")
	}
	out.List, err = d.PutEntries(ctx, a, list, good)
	out.Added = len(good)
	return out, err
}

// maxRefused is how many refused lines an answer tells of.
const maxRefused = 1000

type entryLine struct {
	line  int
	entry NewEntry
	err   error
}

// read reads the lines of a file; an error of a line stands in it.
func (f *ListFile) read() ([]entryLine, error) {
	if len(f.Body) > MaxListFile {
		return nil, fault.New(fault.TooLarge, "", "a file of %d bytes is too large: at most %d; send it in parts", len(f.Body), MaxListFile)
	}
	body := bytes.TrimPrefix(f.Body, []byte("\xef\xbb\xbf"))
	read := f.csv
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '{' {
		read = f.ndjson
	}
	out, err := read(body)
	if err == nil && len(out) > MaxImport {
		err = fault.New(fault.TooLarge, "", "a file has at most %d entries: send it in parts", MaxImport)
	}
	for i := range out {
		e := &out[i].entry
		if e.Reason = strings.TrimSpace(e.Reason); e.Reason == "" {
			e.Reason = f.Reason
		}
		if e.Until.IsZero() {
			e.Until = f.Until
		}
	}
	return out, err
}

func (f *ListFile) ndjson(body []byte) (out []entryLine, err error) {
	n := 0
	for raw := range bytes.SplitSeq(body, []byte("\n")) {
		n++
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		x := entryLine{line: n}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&x.entry); err != nil || dec.More() {
			x.err = fault.New(fault.Invalid, "entry", "is no object with value, until, reason and hashed; until is a time such as 2027-01-31T00:00:00Z")
		}
		if out = append(out, x); len(out) > MaxImport {
			break
		}
	}
	return out, nil
}

func (f *ListFile) csv(body []byte) (out []entryLine, err error) {
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = -1, true, true
	if first, _, _ := bytes.Cut(body, []byte("\n")); bytes.IndexByte(first, ';') >= 0 && bytes.IndexByte(first, ',') < 0 {
		r.Comma = ';'
	}
	head, err := r.Read()
	if err != nil {
		return nil, fault.New(fault.Invalid, "file", "is empty, or no CSV")
	}
	var names []string
	for _, h := range head {
		names = append(names, strings.ToLower(strings.TrimSpace(h)))
	}
	for _, h := range names {
		if !slices.Contains([]string{"value", "until", "reason", "hashed"}, h) {
			return nil, fault.New(fault.Invalid, "file", "must name its columns in line 1: value, and if you like until, reason, hashed")
		}
	}
	if !slices.Contains(names, "value") {
		return nil, fault.New(fault.Invalid, "file", "has no column named value in line 1")
	}
	for len(out) <= MaxImport {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line := 0
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			line = bad.Line
		} else if len(record) > 0 {
			line, _ = r.FieldPos(0)
		}
		x := entryLine{line: line}
		if err != nil || len(record) > len(names) {
			x.err = fault.New(fault.Invalid, "entry", "is no line of CSV with the columns of the first")
			out = append(out, x)
			continue
		}
		x.err = x.entry.columns(names, record)
		out = append(out, x)
	}
	return out, nil
}

func (e *NewEntry) columns(names, record []string) error {
	for i, text := range record {
		text = strings.TrimSpace(text)
		switch names[i] {
		case "value":
			e.Value = strings.Clone(text)
		case "reason":
			e.Reason = strings.Clone(text)
		case "hashed":
			e.Hashed = text == "true" || text == "1" || text == "yes"
		case "until":
			if text == "" {
				continue
			}
			var err error
			if e.Until, err = ParseUntil(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// ParseUntil reads the end of an entry: a day, which is over when it ends (UTC),
// or a time of RFC 3339.
func ParseUntil(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fault.New(fault.Invalid, "until", "is no day or time: write 2027-01-31, or 2027-01-31T18:00:00Z")
	}
	return t, nil
}
