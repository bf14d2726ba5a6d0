package reports

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bonafide/access"
	"bonafide/fault"
	"bonafide/store"
)

// Format is how reports leave the house.
type Format string

// The formats: a table for office programs, one JSON object a line for others.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// MaxExport is how many reports one export holds at most.
const MaxExport = 10000

// ExportWish says what leaves the house, and why.
type ExportWish struct {
	Query  Query
	Format Format
	Reason string
	// Clear: texts unmasked, for which the right to unmask is needed, too.
	Clear bool
}

// Export is an export that was allowed and stands in the audit.
type Export struct {
	desk  *Desk
	actor access.Actor
	wish  ExportWish
	open  access.Masking
}

// Export checks the rights and writes the audit entries; nothing has left yet.
func (d *Desk) Export(ctx context.Context, a access.Actor, w ExportWish) (*Export, error) {
	of, now := access.Of{Tenant: a.Tenant}, d.cfg.Now()
	why, err := a.Because(access.ReportExport, of, w.Reason, now)
	if err != nil {
		return nil, err
	}
	if w.Format != CSV && w.Format != NDJSON {
		return nil, fault.New(fault.Invalid, "format", "is none: want csv or ndjson")
	}
	if err := w.Query.check(); err != nil {
		return nil, err
	}
	if w.Query.Search != "" {
		if _, err := d.terms.Query(w.Query.Search, "", store.MaxSearchTerms); err != nil {
			return nil, err
		}
	}
	e := &Export{desk: d, actor: a, wish: w}
	deed := d.deed(a, "report.export", "", why)
	deed.Object = "reports"
	if w.Clear {
		if e.open, _, err = a.Unmask(access.ReportUnmask, of, w.Reason, now); err != nil {
			return nil, err
		}
	}
	return e, d.change(ctx, deed, func(r store.Records) error {
		if !w.Clear {
			return nil
		}
		unmask := deed
		unmask.Action = "report.unmask"
		_, err := r.Audit.Append(ctx, unmask)
		return err
	})
}

// Write writes the reports, newest first, at most MaxExport.
func (e *Export) Write(ctx context.Context, w io.Writer) error {
	put, flush := e.rows(w)
	q := e.wish.Query
	q.Page = store.Page{Limit: 100}
	for n := 0; n < MaxExport; {
		list, next, err := e.desk.find(ctx, e.actor, q)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x, err = e.whole(ctx, x); fault.KindOf(err) == fault.NotFound && err != nil {
				continue // erased meanwhile
			} else if err != nil {
				return err
			}
			if err := put(e.desk.view(x, e.open)); err != nil {
				return err
			}
			if n++; n == MaxExport {
				break
			}
		}
		if q.Page.After = next; next.IsZero() {
			break
		}
	}
	return flush()
}

func (e *Export) whole(ctx context.Context, x store.Report) (out store.Report, err error) {
	err = e.desk.cfg.Store.Read(ctx, func(r store.Records) error {
		out, err = peek(ctx, r, x.Tenant, x.ID)
		return err
	})
	return out, err
}

// rows writes views in the format.
func (e *Export) rows(w io.Writer) (put func(View) error, flush func() error) {
	if e.wish.Format == NDJSON {
		enc := json.NewEncoder(w)
		return func(v View) error { return enc.Encode(v) }, func() error { return nil }
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true // RFC 4180
	err := c.Write([]string{"id", "created_at", "channel", "lang", "country", "outcome", "probability", "codes", "status", "consent", "retain_until", "masked", "text"})
	return func(v View) error {
			if err != nil {
				return err
			}
			codes := make([]string, 0, len(v.Codes))
			for _, x := range v.Codes {
				codes = append(codes, string(x))
			}
			row := []string{string(v.ID), v.Created.Format(time.RFC3339), string(v.Channel), v.Lang, v.Country, string(v.Outcome),
				strconv.FormatFloat(v.Probability, 'f', 4, 64), strings.Join(codes, " "), string(v.Status), v.Consent, v.RetainUntil.Format(time.RFC3339),
				strconv.FormatBool(v.Masked), v.Text}
			for i := range row {
				row[i] = harmless(row[i])
			}
			return c.Write(row)
		}, func() error {
			c.Flush()
			return c.Error()
		}
}

// harmless puts an apostrophe before a cell that an office program would take
// for a formula (OWASP, CSV Injection), also where blanks or wide forms stand
// first, and before each line of it that some program may take for a cell.
func harmless(s string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range lines {
		// Separators of other dialects begin a cell, too.
		first := strings.TrimLeftFunc(l, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf) || strings.ContainsRune(`"';,`, r)
		})
		if first != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(first)[0]) {
			lines[i] = "'" + l
		}
	}
	return strings.Join(lines, "\n")
}
