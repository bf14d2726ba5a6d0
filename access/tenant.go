package access

import "bonafide/fault"

// Tenant names the organisation that a record belongs to: 1 to 63 lower-case
// letters, digits and inner hyphens, so that it can stand in an address and in
// a file name. It never changes. The zero value names none and is refused
// wherever a record is kept.
type Tenant string

// ParseTenant takes the name of a tenant as an operator types it. It returns an
// Invalid error for any other text.
func ParseTenant(s string) (Tenant, error) {
	ok := len(s) >= 1 && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-'
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-'
	}
	if !ok {
		return "", fault.New(fault.Invalid, "tenant", "has %d characters: want 1 to 63 lower-case letters, digits and inner hyphens, such as shop-eu", len(s))
	}
	return Tenant(s), nil
}
