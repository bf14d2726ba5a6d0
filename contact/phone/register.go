package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/ident"
)

// ReportFile is a register of reported numbers loaded from a file. It does not
// change and may be used by several goroutines.
type ReportFile struct {
	numbers map[ident.Phone]Report
	blocks  map[ident.Phone][]ident.Phone
}

// ReportsFile is where the shipped register stands in the data.
const ReportsFile = "phone/reported.yaml"

// Bounds of one file of reports.
const (
	maxReports    = 200000
	maxReportFile = 64 << 20 // bytes
	maxReportNote = 500      // bytes of a note, or of a name
)

// How long an entry may live after its last report. Without a date of its own
// it ends after reportLife, and no date may be later than reportLimit: nobody
// writes an entry for ever. Numbers that are given back are given out again
// after months (in the USA after 45 days at the earliest: 47 CFR 52.15(f)).
const (
	reportLife  = 12 // months
	reportLimit = 36 // months
)

// reportEntry is one entry as it is written.
type reportEntry struct {
	Number    string `yaml:"number" json:"number"`
	Count     int    `yaml:"count" json:"count"`
	First     string `yaml:"first" json:"first"`
	Last      string `yaml:"last" json:"last"`
	Claimed   string `yaml:"claimed" json:"claimed"`
	Source    string `yaml:"source" json:"source"`
	AsOf      string `yaml:"as_of" json:"as_of"`
	Expires   string `yaml:"expires" json:"expires"`
	Historic  bool   `yaml:"historic" json:"historic"`
	Contested bool   `yaml:"contested" json:"contested"`
	Note      string `yaml:"note" json:"note"`
}

// LoadReports reads a register of reported numbers: YAML in the form of
// phone/reported.yaml, or NDJSON (*.ndjson, *.jsonl), one entry a line with the
// same names. An error names the entry that is wrong, never its number.
func LoadReports(fsys fs.FS, name string) (*ReportFile, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("phone: load %s: %w", name, err)
	}
	if len(raw) > maxReportFile {
		return nil, fmt.Errorf("phone: load %s: %d bytes: want at most %d", name, len(raw), maxReportFile)
	}
	var entries []reportEntry
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".ndjson", ".jsonl":
		entries, err = readLines(raw)
	case ".yaml", ".yml":
		entries, err = readList(raw)
	default:
		err = fmt.Errorf("ending %q: want .yaml or .ndjson", ext)
	}
	if err != nil {
		return nil, fmt.Errorf("phone: load %s: %w", name, err)
	}
	if len(entries) > maxReports {
		return nil, fmt.Errorf("phone: load %s: %d numbers: want at most %d", name, len(entries), maxReports)
	}
	f := &ReportFile{numbers: map[ident.Phone]Report{}}
	for i, e := range entries {
		r, err := e.report()
		if err != nil {
			return nil, fmt.Errorf("phone: load %s: entry %d: %w", name, i+1, err)
		}
		if _, ok := f.numbers[r.Number]; ok {
			return nil, fmt.Errorf("phone: load %s: entry %d (%s) stands twice", name, i+1, r.Number.Masked())
		}
		f.numbers[r.Number] = r
	}
	f.index()
	return f, nil
}

func readList(raw []byte) ([]reportEntry, error) {
	var file struct {
		AsOf    string        `yaml:"as_of"`
		Source  string        `yaml:"source"`
		Numbers []reportEntry `yaml:"numbers"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	err := dec.Decode(&file)
	return file.Numbers, err
}

// readLines reads one entry a line. The error of a line does not repeat it.
func readLines(raw []byte) ([]reportEntry, error) {
	var out []reportEntry
	n := 0
	for line := range bytes.Lines(raw) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var e reportEntry
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil || len(bytes.TrimSpace(line[dec.InputOffset():])) > 0 {
			return nil, fmt.Errorf("line %d is not one entry in JSON, or has a field that no entry has", n)
		}
		if len(out) > maxReports {
			break
		}
		out = append(out, e)
	}
	return out, nil
}

// report checks an entry.
func (e reportEntry) report() (Report, error) {
	p, err := ident.ParsePhone(e.Number)
	if err != nil {
		return Report{}, err
	}
	wrong := func(format string, args ...any) (Report, error) {
		return Report{}, fmt.Errorf("(%s) %s", p.Masked(), fmt.Sprintf(format, args...))
	}
	if e.Count < 1 || e.Source == "" {
		return wrong("want a count of at least 1 and a source")
	}
	if len(e.Note) > maxReportNote || len(e.Claimed) > maxReportNote || len(e.Source) > maxReportNote {
		return wrong("note, claimed and source: want at most %d bytes", maxReportNote)
	}
	if e.First == "" {
		e.First = e.Last
	}
	first, _, err := span(e.First)
	_, last, err2 := span(e.Last)
	if errors.Join(err, err2) != nil || !first.Before(last) {
		return wrong("first and last: want dates like 2026, 2026-11 or 2026-11-22, the first one first")
	}
	r := Report{Number: p, Count: e.Count, First: e.First, Last: e.Last, Claimed: e.Claimed, Source: e.Source,
		Historic: e.Historic, Contested: e.Contested, Note: e.Note, Expires: last.AddDate(0, reportLife, 0)}
	if e.Expires == "" {
		return r, nil
	}
	if r.Expires, err = time.Parse(time.DateOnly, e.Expires); err != nil {
		return wrong("expires: want a day like 2026-12-31")
	}
	if r.Expires.After(last.AddDate(0, reportLimit, 0)) {
		return wrong("expires: want at most %d months after the last report", reportLimit)
	}
	return r, nil
}

// span returns the first moment of a date, and the first after it.
func span(s string) (from, until time.Time, err error) {
	switch len(s) {
	case len("2026"):
		from, err = time.Parse("2006", s)
		return from, from.AddDate(1, 0, 0), err
	case len("2026-11"):
		from, err = time.Parse("2006-01", s)
		return from, from.AddDate(0, 1, 0), err
	}
	from, err = time.Parse(time.DateOnly, s)
	return from, from.AddDate(0, 0, 1), err
}

// Over lays a register over another: an entry of f takes the place of that of
// the same number below it. So an operator can contest or end an entry that
// was shipped. Neither register is changed.
func (f *ReportFile) Over(lower *ReportFile) *ReportFile {
	out := &ReportFile{numbers: maps.Clone(lower.numbers)}
	maps.Copy(out.numbers, f.numbers)
	out.index()
	return out
}

// index files the numbers by block.
func (f *ReportFile) index() {
	f.blocks = map[ident.Phone][]ident.Phone{}
	for p := range f.numbers {
		f.blocks[block(p)] = append(f.blocks[block(p)], p)
	}
}

// block returns a number without its last two digits.
func block(p ident.Phone) ident.Phone { return p[:max(0, len(p)-2)] }

// Number returns the report of exactly this number.
func (f *ReportFile) Number(p ident.Phone) (Report, bool) {
	r, ok := f.numbers[p]
	return r, ok
}

// Block returns the weightiest report of another number of the block, as
// Reports has it.
func (f *ReportFile) Block(p ident.Phone) (Report, bool) {
	var best Report
	for _, q := range f.blocks[block(p)] {
		r := f.numbers[q]
		if !SameBlock(p, q) || r.Contested {
			continue
		}
		if best.Count == 0 || heavier(r, best) {
			best = r
		}
	}
	return best, best.Count > 0
}

// heavier orders the reports of a block; the smaller number wins a tie, so that
// the same register gives the same answer.
func heavier(a, b Report) bool {
	if a.Historic != b.Historic {
		return b.Historic
	}
	if a.Count != b.Count {
		return a.Count > b.Count
	}
	return a.Number < b.Number
}
