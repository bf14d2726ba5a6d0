package callid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"bonafide/ident"
)

// chain looks the certificates of a token up.
func (c *checker) chain(url string) ([]*x509.Certificate, Reason) {
	if len(c.in.Trust.Anchors) == 0 {
		return nil, NoAnchors
	}
	if c.in.Trust.Certificates == nil || url == "" {
		return nil, NoCertificate
	}
	chain, ok := c.in.Trust.Certificates.Chain(url)
	if !ok || len(chain) == 0 {
		return nil, NoCertificate
	}
	return chain, ""
}

// The extensions of RFC 8226 (9 and 8) and RFC 9118.
func isAuthority(id asn1.ObjectIdentifier) bool {
	return id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26})
}

func isConstraint(id asn1.ObjectIdentifier) bool {
	return id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 27}) || id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 33})
}

// suitable reports why a certificate is none for signing calls: a key on P-256
// (RFC 8225, 4.2; RFC 7518, 3.4), for signatures (RFC 5280, 4.2.1.3), of an end entity, with a
// list of what it may sign for in itself (RFC 8226, 9; one that would have to
// be fetched is not there for us), and without bounds on claims.
func suitable(leaf *x509.Certificate) Reason {
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() || leaf.IsCA {
		return Unsuitable
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return Unsuitable
	}
	for _, e := range leaf.Extensions {
		if isConstraint(e.Id) {
			return Unsuitable
		}
	}
	if a, found, err := authorityOf(leaf); err != nil || !found || a.empty() {
		return Unsuitable
	}
	return ""
}

// path builds the way from the certificate to an anchor at a time, and asks
// every certificate on it that names numbers whether it names this one.
func (c *checker) path(chain []*x509.Certificate, at time.Time, orig ident.Phone) (State, Reason) {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, a := range c.in.Trust.Anchors {
		roots.AddCert(known(a))
	}
	for _, m := range chain[1:] {
		between.AddCert(known(m))
	}
	ways, err := known(chain[0]).Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Failed, Expired
	case errors.As(err, &unknown):
		return NotChecked, Untrusted
	case err != nil:
		return NotChecked, Unsuitable
	}
	for _, way := range ways {
		if entitled(way, orig) {
			return NotChecked, ""
		}
	}
	return Failed, NotEntitled
}

// known returns a copy of a certificate in which the list of numbers does not
// count as a critical extension that nobody read: we read it.
func known(c *x509.Certificate) *x509.Certificate {
	if !slices.ContainsFunc(c.UnhandledCriticalExtensions, isAuthority) {
		return c
	}
	d := *c
	d.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(c.UnhandledCriticalExtensions), isAuthority)
	return &d
}

// entitled reports whether no certificate on a way rules the number out. A
// service provider code may stand for any number: which ones a provider has is
// not known here, and "A" is the provider's word for it.
func entitled(way []*x509.Certificate, orig ident.Phone) bool {
	for _, cert := range way {
		a, found, err := authorityOf(cert)
		if err != nil || found && !a.covers(orig) {
			return false
		}
	}
	return true
}

// authority is what a certificate may sign for: the TNAuthorizationList of
// RFC 8226, 9.
type authority struct {
	spcs    []string
	numbers []block
}

// block is a row of numbers of one length.
type block struct {
	start  uint64
	count  uint64
	length int
}

func (a authority) empty() bool { return len(a.spcs)+len(a.numbers) == 0 }

// covers reports whether the list may stand for a number.
func (a authority) covers(p ident.Phone) bool {
	if len(a.spcs) > 0 {
		return true
	}
	d := digits(p)
	n, err := strconv.ParseUint(d, 10, 64)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.numbers, func(b block) bool {
		return b.length == len(d) && n >= b.start && n-b.start < b.count
	})
}

// maxEntries bounds the list of one certificate.
const maxEntries = 10000

var errAuthority = errors.New("callid: not a TNAuthorizationList (RFC 8226, 9)")

// authorityOf reads the list of a certificate.
func authorityOf(c *x509.Certificate) (a authority, found bool, err error) {
	for _, e := range c.Extensions {
		if isAuthority(e.Id) {
			a, err = readAuthority(e.Value)
			return a, true, err
		}
	}
	return authority{}, false, nil
}

// readAuthority reads
//
//	TNAuthorizationList ::= SEQUENCE SIZE (1..MAX) OF TNEntry
//	TNEntry ::= CHOICE { spc [0] IA5String, range [1] TelephoneNumberRange, one [2] TelephoneNumber }
//	TelephoneNumberRange ::= SEQUENCE { start TelephoneNumber, count INTEGER (2..MAX), ... }
//
// with explicit tags. Numbers with * or # are of no caller and left out.
func readAuthority(der []byte) (authority, error) {
	var a authority
	var entries []asn1.RawValue
	rest, err := asn1.Unmarshal(der, &entries)
	if err != nil || len(rest) > 0 || len(entries) == 0 || len(entries) > maxEntries {
		return a, errAuthority
	}
	for _, e := range entries {
		if e.Class != asn1.ClassContextSpecific || !e.IsCompound {
			return authority{}, errAuthority
		}
		if err := a.add(e); err != nil {
			return authority{}, err
		}
	}
	return a, nil
}

func (a *authority) add(e asn1.RawValue) error {
	var text string
	count := uint64(1)
	var err error
	switch e.Tag {
	case 0, 2:
		_, err = asn1.UnmarshalWithParams(e.Bytes, &text, "ia5")
	case 1:
		var r struct {
			Start string `asn1:"ia5"`
			Count int64
		}
		_, err = asn1.Unmarshal(e.Bytes, &r)
		if r.Count < 2 {
			return errAuthority
		}
		text, count = r.Start, uint64(r.Count)
	default:
		return errAuthority
	}
	if err != nil || text == "" || len(text) > 40 {
		return errAuthority
	}
	if e.Tag == 0 {
		a.spcs = append(a.spcs, text)
		return nil
	}
	if strings.Trim(text, "0123456789*#") != "" || len(text) > 15 {
		return errAuthority
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		a.numbers = append(a.numbers, block{n, count, len(text)})
	}
	return nil
}

// signer returns who a certificate says it belongs to, for people.
func signer(c *x509.Certificate) (name, spc string) {
	name = c.Subject.CommonName
	if len(c.Subject.Organization) > 0 {
		name = c.Subject.Organization[0]
	}
	if a, _, err := authorityOf(c); err == nil && len(a.spcs) > 0 {
		spc = a.spcs[0]
	}
	return strings.ToValidUTF8(name[:min(len(name), 100)], ""), spc
}
