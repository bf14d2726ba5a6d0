package phone

import (
	"fmt"
	"io/fs"
	"time"

	"bonafide/ident"
)

// Report is what is known of a number, or of the block it is from, because
// people reported it.
type Report struct {
	Number ident.Phone
	// Count is the number of reports.
	Count int
	// First and Last are the dates of the first and last report as known: a
	// year, a month or a day ("2017", "2017-05", "2017-05-31").
	First, Last string
	// Claimed is who the callers said they were.
	Claimed string
	// Source is the id of who keeps the record.
	Source string
	// Expires is when the entry ends; the zero time means when it is removed.
	// A number is given to somebody else in the end.
	Expires time.Time
	// Historic entries are shown as an example, not held against anybody.
	Historic bool
}

// Current reports whether the entry still speaks against the number at a time;
// the zero time asks without one.
func (r Report) Current(at time.Time) bool {
	return !r.Historic && (at.IsZero() || r.Expires.IsZero() || at.Before(r.Expires))
}

// Reports tells what people reported of a number.
type Reports interface {
	// Number returns the report of exactly this number.
	Number(p ident.Phone) (Report, bool)
	// Block returns the report of another number that differs in its last two
	// digits only, the one with most reports.
	Block(p ident.Phone) (Report, bool)
}

// ReportFile is a register of reported numbers loaded from a file. It does not
// change and may be used by several goroutines.
type ReportFile struct {
	numbers map[ident.Phone]Report
	blocks  map[ident.Phone][]ident.Phone
}

// maxReports bounds the entries of one file.
const maxReports = 200000

// LoadReports reads a register such as phone/reported.yaml. An error names the
// entry that is wrong.
func LoadReports(fsys fs.FS, path string) (*ReportFile, error) {
	var file struct {
		Numbers []struct {
			Number   string `yaml:"number"`
			Count    int    `yaml:"count"`
			First    string `yaml:"first"`
			Last     string `yaml:"last"`
			Claimed  string `yaml:"claimed"`
			Source   string `yaml:"source"`
			Expires  string `yaml:"expires"`
			Historic bool   `yaml:"historic"`
		} `yaml:"numbers"`
	}
	if err := readYAML(fsys, path, &file); err != nil {
		return nil, err
	}
	if len(file.Numbers) > maxReports {
		return nil, fmt.Errorf("phone: load %s: %d numbers: want at most %d", path, len(file.Numbers), maxReports)
	}
	f := &ReportFile{numbers: map[ident.Phone]Report{}, blocks: map[ident.Phone][]ident.Phone{}}
	for i, e := range file.Numbers {
		p, err := ident.ParsePhone(e.Number)
		if err != nil {
			return nil, fmt.Errorf("phone: load %s: entry %d: %w", path, i+1, err)
		}
		r := Report{Number: p, Count: e.Count, First: e.First, Last: e.Last, Claimed: e.Claimed, Source: e.Source, Historic: e.Historic}
		if e.Count < 1 || e.Source == "" {
			return nil, fmt.Errorf("phone: load %s: entry %d (%s): want a count of at least 1 and a source", path, i+1, p.Masked())
		}
		if e.Expires != "" {
			if r.Expires, err = time.Parse(time.DateOnly, e.Expires); err != nil {
				return nil, fmt.Errorf("phone: load %s: entry %d (%s): expires: want a day like 2026-12-31", path, i+1, p.Masked())
			}
		}
		if _, ok := f.numbers[p]; ok {
			return nil, fmt.Errorf("phone: load %s: entry %d (%s) stands twice", path, i+1, p.Masked())
		}
		f.numbers[p] = r
		f.blocks[block(p)] = append(f.blocks[block(p)], p)
	}
	return f, nil
}

// block returns a number without its last two digits.
func block(p ident.Phone) ident.Phone { return p[:max(0, len(p)-2)] }

// Number returns the report of exactly this number.
func (f *ReportFile) Number(p ident.Phone) (Report, bool) {
	r, ok := f.numbers[p]
	return r, ok
}

// Block returns the report of another number of the block, the one with most
// reports.
func (f *ReportFile) Block(p ident.Phone) (Report, bool) {
	var best Report
	for _, q := range f.blocks[block(p)] {
		if r := f.numbers[q]; SameBlock(p, q) && r.Count > best.Count {
			best = r
		}
	}
	return best, best.Count > 0
}
