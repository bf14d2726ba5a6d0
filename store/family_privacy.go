package store

import (
	"bonafide/access"
	"bonafide/fault"
)

// Names of the families that a restored copy takes from the running one.
const (
	FamilyErasures     = "erasures"
	FamilyHolds        = "holds"
	FamilyCertificates = "certificates"
)

// privacyFamilies declares what keeps records and what proves that they went.
func privacyFamilies() []Family {
	f := func(name string, kind FieldKind) Field { return Field{Name: name, Kind: kind} }
	key := func(name string) Field { return Field{Name: name, Kind: FieldText, Key: true} }
	return []Family{
		{Name: FamilyErasures, Check: checkErasureRow, Plain: []string{"kind"}, Fields: []Field{
			f("tenant", FieldTenant), key("kind"), key("mark"), f("erased", FieldTime)}},
		{Name: FamilyHolds, Check: checkHoldRow, Plain: []string{"kind"}, Fields: []Field{
			f("tenant", FieldTenant), key("id"), f("kind", FieldText), f("record", FieldText), f("marks", FieldList), f("held_from", FieldTime),
			f("held_until", FieldTime), f("reason", FieldText), f("actor", FieldText), f("since", FieldTime), f("ends", FieldTime),
			f("released", FieldTime), f("released_by", FieldText), f("release_reason", FieldText)}},
		{Name: FamilyCertificates, Check: checkCertificateRow, Plain: []string{"kind", "asker"}, Fields: []Field{
			f("tenant", FieldTenant), key("id"), f("kind", FieldText), f("made", FieldTime), f("actor", FieldText), f("asker", FieldText),
			f("subject", FieldText), f("body", FieldText), f("entry", FieldNumber), f("hash", FieldText)}},
	}
}

// ErasureOf reads a row of FamilyErasures.
func ErasureOf(r Row) (Erasure, error) {
	mark, err := ParseHash(r[2].(string))
	x := Erasure{Tenant: access.Tenant(r[0].(string)), Kind: r[1].(string), Mark: mark, Erased: Time(r[3].(int64))}
	if err == nil {
		err = x.Check()
	}
	return x, err
}

// HoldOf reads a row of FamilyHolds.
func HoldOf(r Row) (Hold, error) {
	marks, err := ParseMarks(r[4].(string))
	if err == nil && MarksText(marks) != r[4].(string) {
		err = fault.New(fault.Invalid, "marks", "are not written as they are kept")
	}
	x := Hold{Tenant: access.Tenant(r[0].(string)), ID: r[1].(string), Kind: r[2].(string), Record: r[3].(string), Marks: marks,
		From: Time(r[5].(int64)), Until: Time(r[6].(int64)), Reason: r[7].(string), By: Actor(r[8].(string)), Since: Time(r[9].(int64)),
		Ends: Time(r[10].(int64)), Released: Time(r[11].(int64)), ReleasedBy: Actor(r[12].(string)), ReleaseReason: r[13].(string)}
	if err == nil {
		err = x.Check()
	}
	return x, err
}

// CertificateOf reads a row of FamilyCertificates.
func CertificateOf(r Row) (Certificate, error) {
	subject, err := ParseHash(r[6].(string))
	hash, bad := ParseHash(r[9].(string))
	if err == nil {
		err = bad
	}
	x := Certificate{Tenant: access.Tenant(r[0].(string)), ID: r[1].(string), Kind: r[2].(string), Made: Time(r[3].(int64)), By: Actor(r[4].(string)),
		Asker: r[5].(string), Subject: subject, Body: r[7].(string), Entry: r[8].(int64), Hash: hash}
	if err == nil {
		err = x.Check()
	}
	return x, err
}

func checkErasureRow(r Row) error { _, err := ErasureOf(r); return err }

func checkHoldRow(r Row) error { _, err := HoldOf(r); return err }

func checkCertificateRow(r Row) error { _, err := CertificateOf(r); return err }
