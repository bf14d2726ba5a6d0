package store

import (
	"context"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// TenantSettings are what a tenant decides about its pages and log-ins. The zero
// value of a field means that the server's own setting holds.
type TenantSettings struct {
	Tenant access.Tenant
	// Lang (BCP 47) and Country (ISO 3166-1) are assumed of readers who say nothing.
	Lang, Country string
	// SecondFor are the roles whose people need a second factor, beside those that
	// the server's configuration names.
	SecondFor []access.Role
	// Idle ends a session that is not used, Absolute ends any; kept in whole seconds.
	Idle, Absolute time.Duration
	// Notice is a text of the tenant on its log-in page; it is shown to everybody.
	Notice  string
	Changed time.Time
	// Revision counts the changes; 0 while there were none.
	Revision int64
}

// Settings are those of all tenants.
type Settings interface {
	// Get returns those of a tenant; the zero value with its tenant where nothing
	// was ever set.
	Get(ctx context.Context, t access.Tenant) (TenantSettings, error)
	// Put writes them and counts the revision, which it returns. A Conflict says
	// that somebody else changed them since they were read.
	Put(ctx context.Context, s TenantSettings) (revision int64, err error)
}

// MaxNotice is how many bytes a notice may have: what it was and what it becomes
// fit into one audit entry.
const MaxNotice = 900

// Check returns what is wrong with settings, nil if they can be kept.
func (s *TenantSettings) Check() error {
	if _, err := access.ParseTenant(string(s.Tenant)); err != nil {
		return err
	}
	for _, r := range s.SecondFor {
		if _, err := access.ParseRole(string(r)); err != nil {
			return err
		}
	}
	switch {
	case s.Idle < 0 || s.Absolute < 0 || s.Idle%time.Second != 0 || s.Absolute%time.Second != 0:
		return fault.New(fault.Invalid, "idle", "and the absolute limit are whole seconds, 0 or more")
	case Micros(s.Changed) <= 0:
		return fault.New(fault.Invalid, "changed", "is missing: when settings are written is kept")
	}
	return checkTexts([]field{{"lang", s.Lang, 35}, {"country", s.Country, 2}, {"notice", s.Notice, MaxNotice}})
}

// settingsFamily declares how settings are moved.
func settingsFamily() Family {
	return Family{Name: "settings", Check: checkSettingsRow, Plain: []string{"lang", "country", "second_for"}, Fields: []Field{
		{"tenant", FieldTenant, true}, {"lang", FieldText, false}, {"country", FieldText, false}, {"second_for", FieldList, false},
		{"idle", FieldNumber, false}, {"absolute", FieldNumber, false}, {"notice", FieldText, false}, {"changed", FieldTime, false},
		{"revision", FieldNumber, false}}}
}

func checkSettingsRow(r Row) error {
	x := TenantSettings{Tenant: access.Tenant(r[0].(string)), Lang: r[1].(string), Country: r[2].(string), SecondFor: ParseRoles(r[3].(string)),
		Notice: r[6].(string), Changed: Time(r[7].(int64)), Revision: r[8].(int64)}
	for _, seconds := range []int64{r[4].(int64), r[5].(int64)} {
		if seconds < 0 || seconds > int64(10*365*24*time.Hour/time.Second) {
			return fault.New(fault.Invalid, "idle", "or the absolute limit of settings is no time that a session could last")
		}
	}
	if RolesText(x.SecondFor) != r[3] || x.Revision < 1 {
		return fault.New(fault.Invalid, "second_for", "of settings is no list of roles, or the revision is below 1")
	}
	return x.Check()
}
