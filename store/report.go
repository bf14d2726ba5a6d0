package store

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/keyring"
)

// ReportID names a contact report: chance, so that nobody can guess one; 1 to
// 64 ASCII letters, digits, hyphens and underscores.
type ReportID string

// ReportStatus is how far a report has come.
type ReportStatus string

// The states of a report.
const (
	ReportNew      ReportStatus = "new"
	ReportOpen     ReportStatus = "open"
	ReportDone     ReportStatus = "done"
	ReportRejected ReportStatus = "rejected"
)

// ReportStatuses lists all states in the order of work.
func ReportStatuses() []ReportStatus {
	return []ReportStatus{ReportNew, ReportOpen, ReportDone, ReportRejected}
}

// Limits of a report's texts in bytes.
const (
	MaxReportText  = 1 << 20
	MaxReportNote  = 64 << 10
	MaxReportCodes = 500
)

// Excerpt is how many characters of a report's text and note a list gives, so
// that a page of long mails stays small.
const Excerpt = keyring.HeadSize

// Report is a contact report: what somebody received and chose to send to the
// tenant with "report this", and what the check said of it then.
type Report struct {
	Tenant  access.Tenant
	ID      ReportID
	Created time.Time
	Channel contact.Channel
	// Lang is the language of the contact (BCP 47), Country that of the person
	// (ISO 3166-1); either may be empty.
	Lang, Country string
	// Text is the contact as it was submitted. It is personal: of the person who
	// reports, of the one who called, and of third persons.
	Text        string
	Outcome     verdict.Outcome
	Probability float64
	// Codes are the evidence codes of the answer in its order.
	Codes []evidence.Code
	// Fingerprint is the text form of the contact's fingerprint.Signature; empty:
	// none.
	Fingerprint string
	// Consent is the version of the text that the person agreed to.
	Consent string
	Status  ReportStatus
	// Note is what those who work on the report wrote; it may be personal.
	Note string
	// RetainUntil is when the report is to be erased at the latest.
	RetainUntil time.Time
	// Revision counts the changes; 1 when added. Update refuses a report whose
	// revision is not the kept one.
	Revision int64
	// Unreadable: the texts do not open with the keys here, and are empty. It is
	// not kept.
	Unreadable bool
}

// ReportFilter narrows a list of reports; a zero field narrows nothing.
type ReportFilter struct {
	Status  ReportStatus
	Channel contact.Channel
	Outcome verdict.Outcome
	Lang    string
	Country string
	// From is the first instant that is listed, Until the first that is not.
	From, Until time.Time
}

// Reports are the contact reports.
type Reports interface {
	// Add keeps a new report with revision 1, whatever its Revision says. An id
	// that the tenant has is a Conflict.
	Add(ctx context.Context, r Report) error
	// Get returns a report of the tenant. One whose texts do not open with the keys
	// here is an error that is not NotFound.
	Get(ctx context.Context, t access.Tenant, id ReportID) (Report, error)
	// Outline returns a report without its texts, also one whose texts do not open.
	Outline(ctx context.Context, t access.Tenant, id ReportID) (Report, error)
	// IDs returns at most limit ids of the tenant's reports after one, in an order
	// of the database's own; "" is before all. Nothing is opened.
	IDs(ctx context.Context, t access.Tenant, after ReportID, limit int) ([]ReportID, error)
	// List returns a page of the tenant's reports, newest first, and the key of
	// the next page; the zero key when there is none. Of text and note it gives the
	// first Excerpt characters; Get gives all.
	List(ctx context.Context, t access.Tenant, f ReportFilter, p Page) ([]Report, Key, error)
	// Update writes status, note and the time of erasure, which are all that may
	// change, and counts the revision, which it returns. A Conflict says that
	// somebody else changed the report since it was read.
	Update(ctx context.Context, r Report) (revision int64, err error)
	// Erase removes a report, all its texts and what it is found by.
	Erase(ctx context.Context, t access.Tenant, id ReportID) error
	// Due returns at most limit reports of all tenants whose RetainUntil is not
	// after now, longest due first, without their texts and notes; those that come
	// after the given one in that order, of which RetainUntil, Tenant and ID are
	// looked at. The zero Report: from the longest due.
	Due(ctx context.Context, now time.Time, after Report, limit int) ([]Report, error)
	// Count returns how many reports of the tenant the filter lets through.
	Count(ctx context.Context, t access.Tenant, f ReportFilter) (int64, error)
}

// Check returns what is wrong with a report, nil if it can be kept. No error
// holds a value of it.
func (r *Report) Check() error {
	if _, err := access.ParseTenant(string(r.Tenant)); err != nil {
		return err
	}
	if !plainID(string(r.ID)) {
		return fault.New(fault.Invalid, "id", "of a report is not 1 to 64 letters, digits, hyphens and underscores")
	}
	if Micros(r.Created) <= 0 || Micros(r.RetainUntil) <= 0 {
		return fault.New(fault.Invalid, "retain_until", "and created are both needed: say when the report came and when it is to be erased")
	}
	if r.Consent == "" {
		return fault.New(fault.Invalid, "consent", "is missing: without a consent text no report is kept")
	}
	if !(r.Probability >= 0 && r.Probability <= 1) {
		return fault.New(fault.Invalid, "probability", "is not between 0 and 1")
	}
	if len(r.Codes) > MaxReportCodes {
		return fault.New(fault.TooLarge, "codes", "are %d: at most %d are kept", len(r.Codes), MaxReportCodes)
	}
	for _, c := range r.Codes {
		if err := CheckText("codes", string(c), 100); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name, text string
		limit      int
	}{{"text", r.Text, textLimit(r.Text, MaxReportText)}, {"note", r.Note, textLimit(r.Note, MaxReportNote)}, {"channel", string(r.Channel), 32}, {"lang", r.Lang, 35},
		{"country", r.Country, 2}, {"outcome", string(r.Outcome), 32}, {"fingerprint", r.Fingerprint, 1024}, {"consent", r.Consent, 64}} {
		if err := CheckText(f.name, f.text, f.limit); err != nil {
			return err
		}
	}
	return r.Status.check()
}

// NoReport is the error of a report that is not there, or not for who asks.
func NoReport() error {
	return fault.New(fault.NotFound, "", "there is no such report: it was erased, or it never was")
}

// check refuses a status that is none of ours.
func (s ReportStatus) check() error {
	for _, known := range ReportStatuses() {
		if s == known {
			return nil
		}
	}
	return fault.New(fault.Invalid, "status", "is none: want new, open, done or rejected")
}

// plainID reports whether an id can stand in an address and a log as it is.
func plainID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 64
}
