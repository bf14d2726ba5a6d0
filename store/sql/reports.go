package sql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"time"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/keyring"
	"bonafide/store"
	"bonafide/store/sql/queries"
)

// reports are the contact reports within a transaction.
type reports struct{ *session }

var _ store.Reports = reports{}

// Add keeps a new report.
func (r reports) Add(ctx context.Context, x store.Report) error {
	if err := x.Check(); err != nil {
		return err
	}
	if r.failed != nil {
		return r.failed
	}
	codes := x.Codes
	if codes == nil {
		codes = []evidence.Code{}
	}
	list, err := json.Marshal(codes)
	if err != nil {
		return failure("write the codes of a report", err)
	}
	n, err := r.q.AddReport(ctx, queries.AddReportParams{
		Tenant: string(x.Tenant), ID: string(x.ID), Created: store.Micros(x.Created), Channel: string(x.Channel),
		Lang: x.Lang, Country: x.Country, Body: x.Text, Outcome: string(x.Outcome), Probability: x.Probability,
		Codes: string(list), Fingerprint: x.Fingerprint, Consent: x.Consent, Status: string(x.Status), Note: x.Note,
		RetainUntil: store.Micros(x.RetainUntil),
	})
	if err != nil {
		return r.done(ctx, "add a report", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "id", "of the report is taken: draw another")
	}
	return nil
}

// Get returns a report.
func (r reports) Get(ctx context.Context, t access.Tenant, id store.ReportID) (store.Report, error) {
	if r.failed != nil {
		return store.Report{}, r.failed
	}
	row, err := r.q.GetReport(ctx, queries.GetReportParams{Tenant: string(t), ID: string(id)})
	if errors.Is(err, sql.ErrNoRows) {
		return store.Report{}, store.NoReport()
	}
	if err != nil {
		return store.Report{}, r.done(ctx, "read a report", err)
	}
	return report(row)
}

// Outline returns a report without its texts.
func (r reports) Outline(ctx context.Context, t access.Tenant, id store.ReportID) (store.Report, error) {
	if r.failed != nil {
		return store.Report{}, r.failed
	}
	row, err := r.q.OutlineReport(ctx, queries.OutlineReportParams{Tenant: string(t), ID: string(id)})
	if errors.Is(err, sql.ErrNoRows) {
		return store.Report{}, store.NoReport()
	}
	if err != nil {
		return store.Report{}, r.done(ctx, "read a report", err)
	}
	return report(queries.Report{Tenant: row.Tenant, ID: row.ID, Created: row.Created, Channel: row.Channel, Lang: row.Lang, Country: row.Country,
		Outcome: row.Outcome, Codes: row.Codes, Status: row.Status, RetainUntil: row.RetainUntil, Revision: row.Revision})
}

// IDs returns the ids of reports after one.
func (r reports) IDs(ctx context.Context, t access.Tenant, after store.ReportID, limit int) ([]store.ReportID, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	rows, err := r.q.ListReportIDs(ctx, queries.ListReportIDsParams{Tenant: string(t), After: string(after), Most: int32(store.Page{Limit: limit}.Size())})
	if err != nil {
		return nil, r.done(ctx, "list reports", err)
	}
	out := make([]store.ReportID, 0, len(rows))
	for _, id := range rows {
		out = append(out, store.ReportID(id))
	}
	return out, nil
}

// List returns a page of reports, newest first.
func (r reports) List(ctx context.Context, t access.Tenant, f store.ReportFilter, p store.Page) ([]store.Report, store.Key, error) {
	if r.failed != nil {
		return nil, store.Key{}, r.failed
	}
	// Where the span ends is a key, too: with a single upper bound SQLite takes
	// the index of the state.
	from, until := span(f.From, f.Until)
	by := queries.ListReportsOfStatusParams{
		Tenant: string(t), Status: string(f.Status), KeyCreated: until, Channel: string(f.Channel),
		Outcome: string(f.Outcome), Lang: f.Lang, Country: f.Country, CreatedFrom: from, Most: int32(p.Size()) + 1,
	}
	if after := store.Micros(p.After.When); !p.After.IsZero() && after < until {
		by.KeyCreated, by.KeyID = after, p.After.ID
	}
	var rows []queries.ListReportsRow
	var err error
	if f.Status != "" {
		var of []queries.ListReportsOfStatusRow
		of, err = r.q.ListReportsOfStatus(ctx, by)
		for _, row := range of {
			rows = append(rows, queries.ListReportsRow(row))
		}
	} else {
		rows, err = r.q.ListReports(ctx, queries.ListReportsParams{
			Tenant: by.Tenant, KeyCreated: by.KeyCreated, KeyID: by.KeyID, Channel: by.Channel, Outcome: by.Outcome,
			Lang: by.Lang, Country: by.Country, CreatedFrom: by.CreatedFrom, Most: by.Most,
		})
	}
	if err != nil {
		return nil, store.Key{}, r.done(ctx, "list reports", err)
	}
	return excerpts(rows, p, func(row queries.ListReportsRow) queries.Report { return queries.Report(row) })
}

// excerpts are a page of rows, of which one more than fit was asked for, and where the
// next page begins.
func excerpts[R any](rows []R, p store.Page, of func(R) queries.Report) (out []store.Report, next store.Key, err error) {
	if len(rows) > p.Size() {
		rows = rows[:p.Size()]
		last := of(rows[len(rows)-1])
		next = store.Key{When: store.Time(last.Created), ID: last.ID}
	}
	out = make([]store.Report, 0, len(rows))
	for _, row := range rows {
		x, err := excerpt(of(row))
		if err != nil {
			return nil, store.Key{}, err
		}
		out = append(out, x)
	}
	return out, next, nil
}

// excerpt is a row with the beginning of its texts. A sealed text keeps as much
// as its beginning takes (keyring.HeadBytes): who has the keys cuts it.
func excerpt(row queries.Report) (store.Report, error) {
	for _, text := range []*string{&row.Body, &row.Note} {
		if !keyring.IsSealed(*text) {
			*text = keyring.Head(*text)
		}
	}
	return report(row)
}

// Update writes what may change of a report.
func (r reports) Update(ctx context.Context, x store.Report) (int64, error) {
	if err := x.Check(); err != nil {
		return 0, err
	}
	if r.failed != nil {
		return 0, r.failed
	}
	revision, err := r.q.UpdateReport(ctx, queries.UpdateReportParams{
		Status: string(x.Status), Note: x.Note, RetainUntil: store.Micros(x.RetainUntil), Tenant: string(x.Tenant), ID: string(x.ID), Revision: x.Revision,
	})
	if !errors.Is(err, sql.ErrNoRows) {
		return revision, r.done(ctx, "change a report", err)
	}
	if _, err := r.Get(ctx, x.Tenant, x.ID); err != nil {
		return 0, err
	}
	return 0, fault.New(fault.Conflict, "revision", "is not the kept one: somebody else changed the report; read it again")
}

// Erase removes a report.
func (r reports) Erase(ctx context.Context, t access.Tenant, id store.ReportID) error {
	if r.failed != nil {
		return r.failed
	}
	if _, err := (search(r)).Drop(ctx, t, id); err != nil {
		return err
	}
	n, err := r.q.EraseReport(ctx, queries.EraseReportParams{Tenant: string(t), ID: string(id)})
	if err != nil {
		return r.done(ctx, "erase a report", err)
	}
	if n == 0 {
		return store.NoReport()
	}
	return nil
}

// Due returns reports that are to be erased.
func (r reports) Due(ctx context.Context, now time.Time, after store.Report, limit int) ([]store.Report, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	rows, err := r.q.DueReports(ctx, queries.DueReportsParams{Due: store.Micros(now), AfterUntil: store.Micros(after.RetainUntil), AfterTenant: string(after.Tenant),
		AfterID: string(after.ID), Most: int32(store.Page{Limit: limit}.Size())})
	if err != nil {
		return nil, r.done(ctx, "list reports that are due", err)
	}
	out := make([]store.Report, 0, len(rows))
	for _, row := range rows {
		out = append(out, store.Report{
			Tenant: access.Tenant(row.Tenant), ID: store.ReportID(row.ID), Created: store.Time(row.Created), Channel: contact.Channel(row.Channel),
			Outcome: verdict.Outcome(row.Outcome), Status: store.ReportStatus(row.Status), RetainUntil: store.Time(row.RetainUntil), Revision: row.Revision,
		})
	}
	return out, nil
}

// Count returns how many reports the filter lets through.
func (r reports) Count(ctx context.Context, t access.Tenant, f store.ReportFilter) (int64, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	from, until := span(f.From, f.Until)
	by := queries.CountReportsOfStatusParams{
		Tenant: string(t), Status: string(f.Status), Channel: string(f.Channel), Outcome: string(f.Outcome),
		Lang: f.Lang, Country: f.Country, CreatedFrom: from, CreatedUntil: until,
	}
	var n int64
	var err error
	if f.Status != "" {
		n, err = r.q.CountReportsOfStatus(ctx, by)
	} else {
		n, err = r.q.CountReports(ctx, queries.CountReportsParams{Tenant: by.Tenant, Channel: by.Channel, Outcome: by.Outcome,
			Lang: by.Lang, Country: by.Country, CreatedFrom: from, CreatedUntil: until})
	}
	return n, r.done(ctx, "count reports", err)
}

// span is a time span as it is asked for; a zero end is open.
func span(from, until time.Time) (int64, int64) {
	if until.IsZero() {
		return store.Micros(from), math.MaxInt64
	}
	return store.Micros(from), store.Micros(until)
}

// report is a row as a record.
func report(row queries.Report) (store.Report, error) {
	x := store.Report{
		Tenant: access.Tenant(row.Tenant), ID: store.ReportID(row.ID), Created: store.Time(row.Created), Channel: contact.Channel(row.Channel),
		Lang: row.Lang, Country: row.Country, Text: row.Body, Outcome: verdict.Outcome(row.Outcome), Probability: row.Probability,
		Fingerprint: row.Fingerprint, Consent: row.Consent, Status: store.ReportStatus(row.Status), Note: row.Note,
		RetainUntil: store.Time(row.RetainUntil), Revision: row.Revision,
	}
	if err := json.Unmarshal([]byte(row.Codes), &x.Codes); err != nil {
		return store.Report{}, failure("read the codes of a report", err)
	}
	if len(x.Codes) == 0 {
		x.Codes = nil
	}
	return x, nil
}
