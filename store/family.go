package store

import (
	"context"
	"encoding/json"
	"slices"

	"bonafide/access"
	"bonafide/contact"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
)

// Family declares how the records of one table are moved: backed up, restored,
// exported and imported. Its name and those of its fields are those of the table
// and its columns, and they stand in files: none is ever given another meaning.
// What each field means is told in docs/export-format.md.
type Family struct {
	Name   string
	Fields []Field
	// Secret families hold what opens accounts. A backup has them, an export only
	// when it is asked for.
	Secret bool
	// Sealed names the fields whose values may stand sealed (package keyring); they
	// are no key fields. The key fields of such a family are texts.
	Sealed []string
	// Plain names the texts that stay as they are where personal values are
	// replaced by pseudonyms: those that can name nobody. All others are replaced.
	Plain []string
	// Check returns what is wrong with a row that comes from outside, nil if it
	// can be kept. The row has the kinds of the fields. No error holds a value.
	Check func(Row) error
}

// Field is one value of each row of a family.
type Field struct {
	Name string
	Kind FieldKind
	// Key fields, in their order, tell the rows of one tenant apart.
	Key bool
}

// FieldKind is what a field holds, and how it stands in a row: as string, int64
// or float64.
type FieldKind int8

// The kinds of fields.
const (
	// FieldTenant is the tenant that the row belongs to, a string; each family has
	// exactly one.
	FieldTenant FieldKind = iota + 1
	// FieldText is a string.
	FieldText
	// FieldList is a JSON list as a string.
	FieldList
	// FieldNumber is an int64.
	FieldNumber
	// FieldTime is an int64 of Micros.
	FieldTime
	// FieldFlag is an int64, 1 for true.
	FieldFlag
	// FieldReal is a float64.
	FieldReal
)

// Row is one record as it stands in its table, in the order of the fields of its
// family.
type Row []any

// Families declares every family whose records are moved, in the order in which
// they stand in files. A new table is one more entry here; a table that stays
// behind is named with its reason in the test of store/sql.
func Families() []Family {
	return slices.Concat([]Family{
		{Name: "reports", Check: checkReportRow, Sealed: []string{"body", "note"},
			Plain: []string{"channel", "lang", "country", "outcome", "codes", "consent", "status"}, Fields: []Field{
				{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"created", FieldTime, false}, {"channel", FieldText, false},
				{"lang", FieldText, false}, {"country", FieldText, false}, {"body", FieldText, false}, {"outcome", FieldText, false},
				{"probability", FieldReal, false}, {"codes", FieldList, false}, {"fingerprint", FieldText, false}, {"consent", FieldText, false},
				{"status", FieldText, false}, {"note", FieldText, false}, {"retain_until", FieldTime, false}, {"revision", FieldNumber, false}}},
		{Name: "audit_entries", Check: checkEntryRow, Plain: []string{"action"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"sequence", FieldNumber, true}, {"made", FieldTime, false}, {"actor", FieldText, false},
			{"action", FieldText, false}, {"object", FieldText, false}, {"why", FieldText, false}, {"origin", FieldText, false},
			{"prev", FieldText, false}, {"hash", FieldText, false}}},
		{Name: "audit_heads", Check: checkHeadRow, Fields: []Field{
			{"tenant", FieldTenant, true}, {"sequence", FieldNumber, false}, {"hash", FieldText, false}}},
		{Name: "subject_keys", Secret: true, Check: checkSubjectKeyRow, Sealed: []string{"secret"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"subject", FieldText, true}, {"secret", FieldText, false}, {"created", FieldTime, false},
			{"destroyed", FieldTime, false}}},
	}, peopleFamilies(), policyFamilies(), guardFamilies(), listFamilies(), hookFamilies(), privacyFamilies())
}

// Tenant returns the tenant that a row of the family belongs to.
func (f *Family) Tenant(r Row) access.Tenant {
	for i, field := range f.Fields {
		if field.Kind == FieldTenant && i < len(r) {
			t, _ := r[i].(string)
			return access.Tenant(t)
		}
	}
	return ""
}

// Mover moves rows of families as they stand, past the rules of the contracts:
// for backups, copies and moves, not for work on records. Put checks nothing but
// the kinds; who takes rows from outside calls Family.Check.
type Mover interface {
	// Version is that of the tables: rows move only between equal versions.
	Version(ctx context.Context) (int64, error)
	// Walk calls f with the rows of a family, those of one tenant or of all ("")
	// by tenant and key in the order of their bytes. f may keep the row, must not
	// use the records, and ends the walk with its first error.
	Walk(ctx context.Context, f *Family, t access.Tenant, each func(Row) error) error
	// Put adds a row; one whose key is there is a Conflict.
	Put(ctx context.Context, f *Family, r Row) error
	// Holds reports whether there is a row of the family, of one tenant or of any.
	Holds(ctx context.Context, f *Family, t access.Tenant) (bool, error)
}

// CheckKinds refuses a row that has not the number and kinds of values that the
// family declares.
func (f *Family) CheckKinds(r Row) error {
	ok := len(r) == len(f.Fields)
	for i := 0; ok && i < len(r); i++ {
		switch f.Fields[i].Kind {
		case FieldTenant, FieldText, FieldList:
			_, ok = r[i].(string)
		case FieldReal:
			_, ok = r[i].(float64)
		default:
			_, ok = r[i].(int64)
		}
	}
	if !ok {
		return fault.New(fault.Invalid, f.Name, "a row has not the fields of its family")
	}
	return nil
}

func checkReportRow(r Row) error {
	var codes []evidence.Code
	if json.Unmarshal([]byte(r[9].(string)), &codes) != nil {
		return fault.New(fault.Invalid, "codes", "are no list of evidence codes")
	}
	x := Report{
		Tenant: access.Tenant(r[0].(string)), ID: ReportID(r[1].(string)), Created: Time(r[2].(int64)), Channel: contact.Channel(r[3].(string)),
		Lang: r[4].(string), Country: r[5].(string), Text: r[6].(string), Outcome: verdict.Outcome(r[7].(string)), Probability: r[8].(float64),
		Codes: codes, Fingerprint: r[10].(string), Consent: r[11].(string), Status: ReportStatus(r[12].(string)), Note: r[13].(string),
		RetainUntil: Time(r[14].(int64)), Revision: r[15].(int64),
	}
	if x.Revision < 1 {
		return fault.New(fault.Invalid, "revision", "of a report is below 1")
	}
	return x.Check()
}

func checkEntryRow(r Row) error {
	d := Deed{Tenant: access.Tenant(r[0].(string)), When: Time(r[2].(int64)), Actor: Actor(r[3].(string)), Action: r[4].(string),
		Object: r[5].(string), Why: r[6].(string), From: r[7].(string)}
	if err := d.Check(); err != nil {
		return err
	}
	if _, err := ParseHash(r[8].(string)); err != nil {
		return err
	}
	return checkHeadRow(Row{r[0], r[1], r[9]})
}

func checkHeadRow(r Row) error {
	if _, err := access.ParseTenant(r[0].(string)); err != nil {
		return err
	}
	if r[1].(int64) < 1 {
		return fault.New(fault.Invalid, "sequence", "of an audit entry is below 1")
	}
	_, err := ParseHash(r[2].(string))
	return err
}
