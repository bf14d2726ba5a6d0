package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"bonafide/fault"
)

// ErrErased is for a value of somebody whose key was destroyed: nobody can read
// it any more, and it is no failure.
var ErrErased error = fault.New(fault.NotFound, "", "was erased: the key of the person or account was destroyed")

// Secret is a key that stands in the records, itself sealed: of one person or
// account, by whose loss their values are erased, or of a tenant.
type Secret [keySize]byte

// NewSecret draws a secret.
func NewSecret(random io.Reader) (Secret, error) {
	var s Secret
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return s, fmt.Errorf("keyring: draw a key: %w", err)
	}
	return s, nil
}

// String is the secret in base64, as ParseSecret reads it.
func (s Secret) String() string { return base64.StdEncoding.EncodeToString(s[:]) }

// ParseSecret reads what String wrote; any other text is Invalid.
func ParseSecret(text string) (Secret, error) {
	var s Secret
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || copy(s[:], raw) != len(s) || len(raw) != len(s) {
		return Secret{}, fault.New(fault.Invalid, "secret", "is not 32 bytes in base64")
	}
	return s, nil
}

// subjectMark is what every value begins with that a subject's key sealed.
const subjectMark = "subject:1:"

// Seal seals a text under the secret, for a place.
func (s Secret) Seal(random io.Reader, p Place, text string) (string, error) {
	aead, err := gcm(s.derive("seal"))
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("seal a value: %w", err)
	}
	return subjectMark + encoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), p.aad("subject"))), nil
}

// Open opens what Seal gave, at its place.
func (s Secret) Open(p Place, value string) (string, error) {
	rest, ok := strings.CutPrefix(value, subjectMark)
	if !ok {
		return "", errDamaged()
	}
	aead, err := gcm(s.derive("seal"))
	if err != nil {
		return "", err
	}
	return unbox(aead, rest, p.aad("subject"))
}

// Mac is a keyed hash of parts, for one use: equal parts give equal hashes, and
// nobody without the secret can try parts out.
func (s Secret) Mac(use string, parts ...string) [sha256.Size]byte {
	m := hmac.New(sha256.New, s.derive(use))
	for _, p := range parts {
		fmt.Fprintf(m, "%d:%s", len(p), p)
	}
	return [sha256.Size]byte(m.Sum(nil))
}

// Pseudonym is a stable name of a value: the same for the same value and kind,
// and telling nothing of it to who has not the secret. It is 32 hexadecimal
// digits.
func (s Secret) Pseudonym(kind, value string) string {
	sum := s.Mac("pseudonym", kind, value)
	return hex.EncodeToString(sum[:16])
}

// derive is a key of its own for each use (NIST SP 800-108, one step with HMAC).
func (s Secret) derive(use string) []byte {
	m := hmac.New(sha256.New, s[:])
	m.Write([]byte("bonafide secret 1\x00" + use))
	return m.Sum(nil)
}
