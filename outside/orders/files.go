package orders

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"

	"bonafide/contact/record"
)

// FilesConfig names the files of a shop's books.
type FilesConfig struct {
	// Records reads the files; needed.
	Records *record.Records
	// Orders and Register are paths of CSV, JSON or NDJSON files.
	Orders, Register []string
	// Covers says for which channels and times the register files are complete,
	// beside what they say themselves. A zero Until means until the youngest
	// register file was written.
	Covers []record.Coverage
	// Key opens hashed receivers of the register.
	Key []byte
	// Limits bound each file.
	Limits record.Limits
	// Check is how often the files are looked at for changes; default 10 s.
	Check time.Duration
}

// Files are books in files, held in memory and read again when a file changes.
// Safe for concurrent use.
type Files struct {
	cfg FilesConfig

	mu      sync.Mutex // guards the rest
	checked time.Time
	seen    []stamp
	books   *books
	status  Status
}

// Status tells an operator what was read.
type Status struct {
	Orders, Contacts int
	LoadedAt         time.Time
	// Skipped counts entries that could not be used, by reason.
	Skipped record.Skipped
	// Err is why the last reading failed; what was read before stays in use.
	Err error
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	path string
	size int64
	mod  time.Time
}

// books are what was read, indexed. Immutable.
type books struct {
	orders []record.Order
	index  map[string][]int
	book   record.Book // entries sorted by time
}

// OpenFiles reads the books. An error names the file and what is wrong with it.
func OpenFiles(cfg FilesConfig) (*Files, error) {
	if cfg.Records == nil {
		return nil, errors.New("orders: open files: the tables of contact/record are missing")
	}
	if cfg.Check <= 0 {
		cfg.Check = 10 * time.Second
	}
	f := &Files{cfg: cfg}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reload(time.Now())
	if f.status.Err != nil {
		return nil, f.status.Err
	}
	return f, nil
}

// Status returns what was read last.
func (f *Files) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

// Orders implements Source.
func (f *Files) Orders(ctx context.Context, q Query) ([]record.Order, error) {
	if q.Person.IsZero() {
		return nil, ErrNobody
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := f.current()
	seen := map[int]bool{}
	var tied []record.Order
	for _, k := range keys(q.Person) {
		for _, i := range b.index[k] {
			if !seen[i] {
				seen[i] = true
				tied = append(tied, b.orders[i])
			}
		}
	}
	return pick(record.Of(tied, q.Person), q), nil
}

// Contacts implements Register.
func (f *Files) Contacts(ctx context.Context, q ContactQuery) (record.Book, error) {
	if len(q.To) == 0 {
		return record.Book{}, ErrNobody
	}
	if err := ctx.Err(); err != nil {
		return record.Book{}, err
	}
	all := f.current().book
	from := sort.Search(len(all.Entries), func(i int) bool { return !all.Entries[i].At.Before(q.From) })
	until := sort.Search(len(all.Entries), func(i int) bool { return all.Entries[i].At.After(q.Until) })
	part := record.Book{Covers: all.Covers}
	if from < until {
		part.Entries = all.Entries[from:until]
	}
	return part.For(q.To, f.cfg.Key, q.From, q.Until), nil
}

// current returns the books, read again when a file has changed.
func (f *Files) current() *books {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.checked) >= f.cfg.Check {
		f.reload(now)
	}
	return f.books
}

// reload reads all files when one has changed. When that fails, the books that
// were read before stay. The caller holds f.mu.
func (f *Files) reload(now time.Time) {
	f.checked = now
	stamps, err := f.stamps()
	if err == nil && f.books != nil && slices.Equal(stamps, f.seen) {
		return
	}
	var b *books
	skipped := record.Skipped{}
	if err == nil {
		b, err = f.read(stamps, skipped)
	}
	if err != nil {
		f.status.Err = err
		return
	}
	f.books, f.seen = b, stamps
	f.status = Status{Orders: len(b.orders), Contacts: len(b.book.Entries), LoadedAt: now, Skipped: skipped}
}

func (f *Files) stamps() ([]stamp, error) {
	var out []stamp
	for _, p := range slices.Concat(f.cfg.Orders, f.cfg.Register) {
		st, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("orders: look at %s: %w", filepath.Base(p), cause(err))
		}
		if !st.Mode().IsRegular() {
			return nil, fmt.Errorf("orders: %s is no file", filepath.Base(p))
		}
		out = append(out, stamp{p, st.Size(), st.ModTime()})
	}
	return out, nil
}

// cause drops the path from an error of the file system.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (f *Files) read(stamps []stamp, skipped record.Skipped) (*books, error) {
	b := &books{index: map[string][]int{}}
	for _, p := range f.cfg.Orders {
		if err := f.readOrders(p, b, skipped); err != nil {
			return nil, err
		}
	}
	for _, p := range f.cfg.Register {
		if err := f.readRegister(p, b, skipped); err != nil {
			return nil, err
		}
	}
	b.book.Covers = append(b.book.Covers, f.covers(stamps)...)
	slices.SortStableFunc(b.book.Entries, func(x, y record.Outbound) int { return x.At.Compare(y.At) })
	for i, o := range b.orders {
		for _, k := range keys(o.Holder) {
			b.index[k] = append(b.index[k], i)
		}
	}
	return b, nil
}

func (f *Files) readOrders(path string, b *books, skipped record.Skipped) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("orders: open %s: %w", filepath.Base(path), cause(err))
	}
	defer func() { _ = file.Close() }()
	list, sk, err := f.cfg.Records.ReadOrders(file, f.cfg.Limits)
	if err != nil {
		return fmt.Errorf("orders: %s: %w", filepath.Base(path), err)
	}
	b.orders = append(b.orders, list...)
	for reason, n := range sk {
		skipped[reason] += n
	}
	return nil
}

func (f *Files) readRegister(path string, b *books, skipped record.Skipped) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("orders: open %s: %w", filepath.Base(path), cause(err))
	}
	defer func() { _ = file.Close() }()
	book, sk, err := f.cfg.Records.ReadOutbound(file, f.cfg.Limits)
	if err != nil {
		return fmt.Errorf("orders: %s: %w", filepath.Base(path), err)
	}
	b.book.Entries = append(b.book.Entries, book.Entries...)
	b.book.Covers = append(b.book.Covers, book.Covers...)
	for reason, n := range sk {
		skipped[reason] += n
	}
	return nil
}

// covers completes the configured coverage with the time at which the youngest
// register file was written.
func (f *Files) covers(stamps []stamp) []record.Coverage {
	var written time.Time
	for _, s := range stamps[len(f.cfg.Orders):] {
		if s.mod.After(written) {
			written = s.mod
		}
	}
	out := slices.Clone(f.cfg.Covers)
	for i := range out {
		if out[i].Until.IsZero() {
			out[i].Until = written
		}
	}
	return out
}

// keys are the index keys of a person, one for each thing that can tie.
func keys(p record.Person) []string {
	var out []string
	add := func(kind, v string) {
		if v != "" {
			out = append(out, kind+v)
		}
	}
	add("account:", p.Account)
	add("household:", p.Household)
	add("business:", p.Business)
	for _, n := range p.Phones {
		add("phone:", string(n))
	}
	for _, m := range p.Mails {
		if m.Domain != "" {
			add("mail:", m.String())
		}
	}
	for _, a := range p.Addresses {
		add("address:", a)
	}
	return out
}
