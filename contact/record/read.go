package record

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/ident"
)

// Limits bound what is read of one list. Zero values mean the default.
type Limits struct {
	// Bytes is the size of the list; default 64 MiB.
	Bytes int64
	// Rows is the number of lines or objects; default 200,000.
	Rows int
	// Field is the size of one value in bytes; longer ones are cut. Default 2,048.
	Field int
	// Zone is where times without a zone were written; default UTC.
	Zone *time.Location
}

func (l Limits) filled() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.Rows <= 0 {
		l.Rows = 200_000
	}
	if l.Field <= 0 {
		l.Field = 2048
	}
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	return l
}

// Skipped counts what of a list could not be used, by reason, for the operator
// who imports it. It holds no data of the list.
type Skipped map[string]int

// The errors of a list as a whole.
var (
	// ErrTooLarge: the list exceeds Limits.Bytes or Limits.Rows.
	ErrTooLarge = errors.New("list is too large: split it or raise the limit")
	// ErrNoColumns: a table lacks the columns that an entry needs.
	ErrNoColumns = errors.New("needed columns are missing")
)

// ReadOrders reads a list of orders: a JSON array or one JSON object a line in
// the form of Order, or a table (comma, semicolon or tab) with a header line, of
// our own or of the order histories that shops hand out. Rows of one order
// number become one order with several items. Column names stand in
// record/columns.yaml. Entries that cannot be used are counted, not fatal.
func (r *Records) ReadOrders(in io.Reader, lim Limits) ([]Order, Skipped, error) {
	lim = lim.filled()
	br, first, err := open(in, lim)
	if err != nil {
		return nil, nil, fmt.Errorf("record: read orders: %w", err)
	}
	skipped := Skipped{}
	out := []Order{}
	if first == '[' || first == '{' {
		err = eachJSON(br, lim, skipped, func(raw json.RawMessage) error {
			var o Order
			if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" {
				skipped["no order number or wrong form"]++
				return nil
			}
			o.trim(lim.Field)
			out = append(out, o)
			return nil
		})
	} else if first != 0 {
		out, err = r.orderTable(br, lim, skipped)
	}
	if err != nil {
		return nil, skipped, fmt.Errorf("record: read orders: %w", err)
	}
	return out, skipped, nil
}

// ReadOutbound reads a register of contacts that the shop made: JSON array or
// lines in the form of Outbound, or a table. A JSON object with the one field
// "covers" states a Coverage.
func (r *Records) ReadOutbound(in io.Reader, lim Limits) (Book, Skipped, error) {
	lim = lim.filled()
	br, first, err := open(in, lim)
	if err != nil {
		return Book{}, nil, fmt.Errorf("record: read outbound register: %w", err)
	}
	skipped, book := Skipped{}, Book{}
	if first == '[' || first == '{' {
		err = eachJSON(br, lim, skipped, func(raw json.RawMessage) error {
			var e struct {
				Outbound
				Covers *Coverage `json:"covers"`
			}
			switch err := json.Unmarshal(raw, &e); {
			case err == nil && e.Covers != nil:
				book.Covers = append(book.Covers, *e.Covers)
			case err != nil || e.At.IsZero() || e.To == "" || e.Channel == "":
				skipped["no channel, time or receiver, or wrong form"]++
			default:
				book.Entries = append(book.Entries, e.Outbound.trimmed(lim.Field))
			}
			return nil
		})
	} else if first != 0 {
		book.Entries, err = r.outboundTable(br, lim, skipped)
	}
	if err != nil {
		return Book{}, skipped, fmt.Errorf("record: read outbound register: %w", err)
	}
	return book, skipped, nil
}

// open bounds the input, skips a byte order mark and white space, and returns
// the first byte that counts; 0 for an empty list.
func open(in io.Reader, lim Limits) (*bufio.Reader, byte, error) {
	br := bufio.NewReaderSize(&bounded{r: in, left: lim.Bytes}, 64<<10)
	if b, _ := br.Peek(3); bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3)
	}
	for {
		b, err := br.Peek(1)
		if err == io.EOF {
			return br, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if b[0] != ' ' && b[0] != '\n' && b[0] != '\r' && b[0] != '\t' {
			return br, b[0], nil
		}
		_, _ = br.Discard(1)
	}
}

// bounded fails with ErrTooLarge instead of ending silently.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, _ := b.r.Read(one[:]); n > 0 {
			return 0, ErrTooLarge
		}
		return 0, io.EOF
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// eachJSON hands over each object of an array or a stream of objects. Nesting
// is bounded by encoding/json itself (10,000), size by the reader.
func eachJSON(br *bufio.Reader, lim Limits, skipped Skipped, use func(json.RawMessage) error) error {
	dec := json.NewDecoder(br)
	if b, _ := br.Peek(1); len(b) == 1 && b[0] == '[' {
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	for rows := 0; dec.More(); rows++ {
		if rows >= lim.Rows {
			return ErrTooLarge
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			if errors.Is(err, ErrTooLarge) {
				return err
			}
			return fmt.Errorf("entry %d is no JSON: %w", rows+1, jsonCause(err))
		}
		if len(raw) == 0 || raw[0] != '{' {
			skipped["no JSON object"]++
			continue
		}
		if err := use(raw); err != nil {
			return err
		}
	}
	return nil
}

// jsonCause keeps the place of a syntax error and drops its text, which quotes
// the input.
func jsonCause(err error) error {
	var syn *json.SyntaxError
	if errors.As(err, &syn) {
		return fmt.Errorf("syntax error near byte %d", syn.Offset)
	}
	return errors.New("input ends early or has a wrong form")
}

// table reads a table with a header line. The names map a field of ours to the
// column names that mean it; each row is handed over as a lookup.
func table(br *bufio.Reader, lim Limits, skipped Skipped, names map[string][]string, need []string, use func(row)) error {
	cr := csv.NewReader(br)
	cr.Comma = delimiter(br)
	cr.LazyQuotes, cr.FieldsPerRecord, cr.ReuseRecord = true, -1, true
	header, err := cr.Read()
	if err != nil {
		return fmt.Errorf("read header line: %w", csvCause(err))
	}
	at := columnsOf(header, names)
	for _, n := range need {
		if _, ok := at[n]; !ok {
			return fmt.Errorf("%w: %s (known names: %s)", ErrNoColumns, n, strings.Join(names[n], ", "))
		}
	}
	for rows := 0; ; rows++ {
		rec, err := cr.Read()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, ErrTooLarge):
			return err
		case err != nil:
			skipped["row cannot be read"]++
			continue
		case rows >= lim.Rows:
			return ErrTooLarge
		}
		use(row{rec, at, lim.Field})
	}
}

func csvCause(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("line %d: %w", pe.Line, pe.Err)
	}
	return err
}

func columnsOf(header []string, names map[string][]string) map[string]int {
	plain := make([]string, len(header))
	for i, h := range header[:min(len(header), 500)] {
		plain[i] = fold(h)
	}
	at := map[string]int{}
	for field, list := range names {
		for _, n := range list {
			if i := slices.Index(plain, fold(n)); i >= 0 {
				at[field] = i
				break
			}
		}
	}
	return at
}

// delimiter takes the most frequent of comma, semicolon and tab in the first
// line.
func delimiter(br *bufio.Reader) rune {
	b, _ := br.Peek(16 << 10)
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	best, most := ',', bytes.Count(b, []byte(","))
	for _, r := range []rune{';', '\t'} {
		if n := bytes.Count(b, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

type row struct {
	rec   []string
	at    map[string]int
	limit int
}

func (r row) get(field string) string {
	i, ok := r.at[field]
	if !ok || i >= len(r.rec) {
		return ""
	}
	s := strings.TrimSpace(cut(r.rec[i], r.limit))
	// Some exports guard against spreadsheet formulas with ' or =".
	s = strings.Trim(strings.TrimPrefix(s, "="), `"`)
	if q := strings.Trim(s, "'"); len(q) < len(s) {
		s = q
	}
	if strings.EqualFold(s, "not available") || strings.EqualFold(s, "not applicable") {
		return ""
	}
	return s
}

func cut(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.ToValidUTF8(s[:n], "\uFFFD")
}

// trim bounds what a JSON list may hold in one order.
func (o *Order) trim(field int) {
	o.ID = ident.Order(cut(string(o.ID), 128))
	o.Items = o.Items[:min(len(o.Items), 200)]
	for i := range o.Items {
		o.Items[i].Name = cut(o.Items[i].Name, field)
	}
	o.Recipient, o.Site = cut(o.Recipient, 128), cut(o.Site, 128)
	switch o.Status {
	case StatusOpen, StatusClosed, StatusCancelled:
	default:
		o.Status = StatusUnknown
	}
}

func (e Outbound) trimmed(field int) Outbound {
	e.Subject, e.Template = cut(e.Subject, field), cut(e.Template, field)
	e.To, e.From, e.SpokenCode = cut(e.To, 320), cut(e.From, 320), cut(e.SpokenCode, 64)
	return e
}
