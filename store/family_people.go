package store

import (
	"bonafide/access"
	"bonafide/fault"
)

// peopleFamilies declares those of tenants, people and how they prove who they
// are. Sessions, tickets and counts of attempts stay behind: what ended or was
// used must not open anything again.
func peopleFamilies() []Family {
	return []Family{
		{Name: "tenants", Check: checkTenantRow, Plain: []string{"name"}, Fields: []Field{
			{"id", FieldTenant, true}, {"name", FieldText, false}, {"created", FieldTime, false}}},
		settingsFamily(),
		{Name: "people", Check: checkPersonRow, Plain: []string{"lang", "roles"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"login", FieldText, false}, {"name", FieldText, false},
			{"lang", FieldText, false}, {"roles", FieldList, false}, {"team", FieldText, false}, {"suspended", FieldFlag, false},
			{"created", FieldTime, false}, {"revision", FieldNumber, false}}},
		{Name: "teams", Check: checkTeamRow, Plain: []string{"name"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"name", FieldText, false}, {"created", FieldTime, false}}},
		{Name: "factors", Secret: true, Check: checkFactorsRow, Sealed: []string{"totp"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"person", FieldText, true}, {"password", FieldText, false}, {"password_changed", FieldTime, false},
			{"totp", FieldText, false}, {"step", FieldNumber, false}}},
		{Name: "recovery_codes", Secret: true, Check: checkRecoveryRow, Fields: []Field{
			{"tenant", FieldTenant, false}, {"person", FieldText, true}, {"hash", FieldText, true}}},
		{Name: "passkeys", Secret: true, Check: checkPasskeyRow, Fields: []Field{
			{"id", FieldText, true}, {"tenant", FieldTenant, false}, {"person", FieldText, false}, {"name", FieldText, false},
			{"data", FieldText, false}, {"created", FieldTime, false}, {"used", FieldTime, false}}},
		{Name: "identities", Secret: true, Check: checkIdentityRow, Fields: []Field{
			{"issuer", FieldText, true}, {"subject", FieldText, true}, {"tenant", FieldTenant, false}, {"person", FieldText, false},
			{"created", FieldTime, false}}},
		{Name: "api_keys", Secret: true, Check: checkAPIKeyRow, Fields: []Field{
			{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"person", FieldText, false}, {"name", FieldText, false},
			{"secret", FieldText, false}, {"scopes", FieldList, false}, {"created", FieldTime, false}, {"expires", FieldTime, false},
			{"used", FieldTime, false}, {"ended", FieldTime, false}}},
	}
}

func checkTenantRow(r Row) error {
	x := Tenant{ID: access.Tenant(r[0].(string)), Name: r[1].(string), Created: Time(r[2].(int64))}
	return x.Check()
}

func checkPersonRow(r Row) error {
	x := Person{Tenant: access.Tenant(r[0].(string)), ID: PersonID(r[1].(string)), Login: r[2].(string), Name: r[3].(string), Lang: r[4].(string),
		Roles: ParseRoles(r[5].(string)), Team: r[6].(string), Created: Time(r[8].(int64)), Revision: r[9].(int64)}
	switch {
	case RolesText(x.Roles) != r[5]:
		return fault.New(fault.Invalid, "roles", "of a person are no list of roles")
	case r[7] != int64(0) && r[7] != int64(1) || x.Revision < 1:
		return fault.New(fault.Invalid, "suspended", "of a person is no flag, or the revision is below 1")
	}
	return x.Check()
}

func checkTeamRow(r Row) error {
	x := Team{Tenant: access.Tenant(r[0].(string)), ID: r[1].(string), Name: r[2].(string), Created: Time(r[3].(int64))}
	return x.Check()
}

func checkFactorsRow(r Row) error {
	if err := checkOwner(access.Tenant(r[0].(string)), PersonID(r[1].(string))); err != nil {
		return err
	}
	return checkTexts([]field{{"password", r[2].(string), 500}, {"totp", r[4].(string), MaxTOTP}})
}

func checkRecoveryRow(r Row) error {
	if err := checkOwner(access.Tenant(r[0].(string)), PersonID(r[1].(string))); err != nil {
		return err
	}
	_, err := ParseHash(r[2].(string))
	return err
}

func checkPasskeyRow(r Row) error {
	x := Passkey{ID: r[0].(string), Tenant: access.Tenant(r[1].(string)), Person: PersonID(r[2].(string)), Name: r[3].(string), Data: r[4].(string)}
	return x.Check()
}

func checkIdentityRow(r Row) error {
	x := Identity{Issuer: r[0].(string), Subject: r[1].(string), Tenant: access.Tenant(r[2].(string)), Person: PersonID(r[3].(string))}
	return x.Check()
}

func checkAPIKeyRow(r Row) error {
	secret, err := ParseHash(r[4].(string))
	if err != nil {
		return err
	}
	x := APIKey{Tenant: access.Tenant(r[0].(string)), ID: r[1].(string), Person: PersonID(r[2].(string)), Name: r[3].(string), Secret: secret,
		Scopes: ParseScopes(r[5].(string)), Created: Time(r[6].(int64)), Expires: Time(r[7].(int64))}
	if ScopesText(x.Scopes) != r[5] {
		return fault.New(fault.Invalid, "scopes", "of a key are no list of scopes")
	}
	return x.Check()
}
