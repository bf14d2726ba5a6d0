package keyring

import (
	"context"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"bonafide/fault"
)

// Wrapper encrypts data keys: a Ring, a file of one, or a key service. It is
// safe for concurrent use. A sealer asks it once for many values: Wrap for each
// tenant and family after a start, a rotation and a million values; Unwrap once
// for each data key that it meets.
type Wrapper interface {
	// Active is the id of the key that wraps now: eight lower-case hexadecimal
	// digits. It is asked for each value that is sealed: it must be fast.
	Active() (string, error)
	// Wrap encrypts a data key of 32 bytes under the active key and names that
	// key. bound is authenticated with it ("encryption context" of key services).
	// What it gives has at most 1,000 bytes.
	Wrap(ctx context.Context, random io.Reader, dataKey, bound []byte) (id string, wrapped []byte, err error)
	// Unwrap decrypts what Wrap gave. A key that is not there is NotConfigured.
	Unwrap(ctx context.Context, id string, wrapped, bound []byte) ([]byte, error)
}

// Place is where a value stands, and the only place where it opens.
type Place struct {
	Tenant, Family, Field string
	// Record are the key fields of the record, joined by a zero byte where there
	// are several.
	Record string
}

// bound is what a data key is for, aad what a sealed text is for.
func (p Place) bound() string { return p.Tenant + "\x00" + p.Family }
func (p Place) aad(part string) []byte {
	var b strings.Builder
	for _, s := range []string{"bonafide value 1", part, p.Tenant, p.Family, p.Field, p.Record} {
		fmt.Fprintf(&b, "%d:%s", len(s), s)
	}
	return []byte(b.String())
}

// The form of a sealed value: mark, id of the key, wrapped data key, sealed
// beginning, sealed rest, with a colon between them. The beginning is sealed by
// itself so that a list can show it without reading the rest.
const (
	// Mark is what every sealed value begins with.
	Mark = "sealed:1:"
	// MarkSize is how many characters tell by which key a value is sealed.
	MarkSize = len(Mark) + idSize + 1
	// HeadSize is how many characters of a text are sealed by themselves.
	HeadSize = 400
	// HeadBytes is how many bytes of a sealed value hold its beginning.
	HeadBytes = 4000
	maxWrap   = 1000
	// usesOfKey is how many values one data key seals at most: far from where
	// nonces drawn by chance meet (2^32, NIST SP 800-38D, 8.3).
	usesOfKey = 1 << 20
	// maxOpened is how many data keys are remembered at most.
	maxOpened = 4096
)

var encoding = base64.RawStdEncoding

// errDamaged is for a value that does not open where it stands.
func errDamaged() error {
	return fault.New(fault.Internal, "", "a sealed value does not open: it was changed, or moved from another record; restore it from a backup")
}

// IsSealed reports whether a value is a sealed one.
func IsSealed(value string) bool { return strings.HasPrefix(value, Mark) }

// Prefix is what all values begin with that a key sealed.
func Prefix(id string) string { return Mark + id + ":" }

// SealedSize is how many bytes a sealed text of n bytes has at most.
func SealedSize(n int) int { return HeadBytes + n/3*4 + 64 }

// dataKey is a key that seals values.
type dataKey struct {
	id      string
	wrapped string
	aead    cipher.AEAD
	uses    int
}

// Sealer seals and opens values. It is safe for concurrent use.
type Sealer struct {
	keys   Wrapper
	random io.Reader
	mu     sync.Mutex
	using  map[string]*dataKey    // by what they are for; guarded by mu
	opened map[string]cipher.AEAD // by how they stand in values; guarded by mu
}

// NewSealer makes a sealer. random must be of the quality of crypto/rand and
// safe for concurrent use.
func NewSealer(keys Wrapper, random io.Reader) *Sealer {
	return &Sealer{keys: keys, random: random, using: map[string]*dataKey{}, opened: map[string]cipher.AEAD{}}
}

// Watch has warn called when the keys cannot be followed any more and nothing is
// sealed, where the Wrapper can tell (outside/keyfile).
func (s *Sealer) Watch(warn func(error)) {
	if w, ok := s.keys.(interface{ Watch(func(error)) }); ok {
		w.Watch(warn)
	}
}

// Active is the id of the key that seals now.
func (s *Sealer) Active() (string, error) { return s.keys.Active() }

// Seal seals a text for a place. The empty text stays as it is.
func (s *Sealer) Seal(ctx context.Context, p Place, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	k, err := s.key(ctx, p.bound())
	if err != nil {
		return "", fmt.Errorf("seal a value: %w", err)
	}
	head, tail := split(text)
	part := "whole"
	if tail != "" {
		part = "head"
	}
	sealedHead, err := s.box(k.aead, head, p.aad(part))
	if err != nil {
		return "", err
	}
	sealedTail := ""
	if tail != "" {
		if sealedTail, err = s.box(k.aead, tail, p.aad("tail "+sealedHead)); err != nil {
			return "", err
		}
	}
	return Prefix(k.id) + k.wrapped + ":" + sealedHead + ":" + sealedTail, nil
}

func (s *Sealer) box(aead cipher.AEAD, text string, aad []byte) (string, error) {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return "", fmt.Errorf("seal a value: %w", err)
	}
	return encoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), aad)), nil
}

// split cuts a text behind its first HeadSize characters.
func split(text string) (head, tail string) {
	n := 0
	for i := range text {
		if n == HeadSize {
			return text[:i], text[i:]
		}
		n++
	}
	return text, ""
}

// Head is the first HeadSize characters of a plain text.
func Head(text string) string { head, _ := split(text); return head }

// Open opens a value at its place. One that is not sealed comes back as it is:
// it was kept before there was a keyring. A key that is not there is
// NotConfigured, a value that was changed or moved Internal.
func (s *Sealer) Open(ctx context.Context, p Place, value string) (string, error) {
	return s.open(ctx, p, value, false)
}

// OpenHead opens the first HeadSize characters of a value, of which no more than
// the first HeadBytes bytes need to be there.
func (s *Sealer) OpenHead(ctx context.Context, p Place, value string) (string, error) {
	return s.open(ctx, p, value, true)
}

func (s *Sealer) open(ctx context.Context, p Place, value string, headOnly bool) (string, error) {
	if !IsSealed(value) {
		if headOnly {
			return Head(value), nil
		}
		return value, nil
	}
	id, rest, ok := cutID(value)
	wrapped, rest, ok2 := strings.Cut(rest, ":")
	head, tail, ok3 := strings.Cut(rest, ":")
	if !ok || !ok2 || !ok3 || len(wrapped) > encoding.EncodedLen(maxWrap) {
		return "", errDamaged()
	}
	aead, err := s.unwrap(ctx, id, wrapped, p.bound())
	if err != nil {
		return "", err
	}
	part := "whole"
	if tail != "" {
		part = "head"
	}
	out, err := unbox(aead, head, p.aad(part))
	if err != nil || headOnly || tail == "" {
		return out, err
	}
	more, err := unbox(aead, tail, p.aad("tail "+head))
	return out + more, err
}

func unbox(aead cipher.AEAD, sealed string, aad []byte) (string, error) {
	raw, err := encoding.DecodeString(sealed)
	if err != nil || len(raw) < aead.NonceSize() {
		return "", errDamaged()
	}
	out, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], aad)
	if err != nil || !utf8.Valid(out) {
		return "", errDamaged()
	}
	return string(out), nil
}

// KeyOf is the id of the key by which a value is sealed; false where it is not
// sealed.
func KeyOf(value string) (string, bool) {
	id, _, ok := cutID(value)
	return id, ok
}

func cutID(value string) (id, rest string, ok bool) {
	if !IsSealed(value) || len(value) < MarkSize || value[MarkSize-1] != ':' {
		return "", "", false
	}
	id = value[len(Mark) : MarkSize-1]
	if strings.Trim(id, "0123456789abcdef") != "" {
		return "", "", false
	}
	return id, value[MarkSize:], true
}

// key is a data key to seal with, under the active key of now.
func (s *Sealer) key(ctx context.Context, bound string) (*dataKey, error) {
	active, err := s.keys.Active()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	k := s.using[bound]
	if k != nil && k.id == active && k.uses < usesOfKey {
		k.uses++
		s.mu.Unlock()
		return k, nil
	}
	s.mu.Unlock()
	secret := make([]byte, keySize)
	if _, err := io.ReadFull(s.random, secret); err != nil {
		return nil, err
	}
	id, wrapped, err := s.keys.Wrap(ctx, s.random, secret, []byte(bound))
	if err != nil {
		return nil, err
	}
	if _, _, ok := cutID(Prefix(id)); !ok || len(wrapped) > maxWrap || len(wrapped) == 0 {
		return nil, fault.New(fault.Internal, "keys", "were wrapped to what a value cannot hold: a key service gives an id of eight hexadecimal digits and at most %d bytes", maxWrap)
	}
	aead, err := gcm(secret)
	if err != nil {
		return nil, err
	}
	k = &dataKey{id: id, wrapped: encoding.EncodeToString(wrapped), aead: aead, uses: 1}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.using) >= maxOpened {
		clear(s.using)
	}
	s.using[bound] = k
	return k, nil
}

// unwrap gives a data key as it stands in a value.
func (s *Sealer) unwrap(ctx context.Context, id, wrapped, bound string) (cipher.AEAD, error) {
	name := id + ":" + wrapped + ":" + bound
	s.mu.Lock()
	aead := s.opened[name]
	s.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	raw, err := encoding.DecodeString(wrapped)
	if err != nil {
		return nil, errDamaged()
	}
	secret, err := s.keys.Unwrap(ctx, id, raw, []byte(bound))
	if err != nil {
		return nil, err
	}
	if aead, err = gcm(secret); err != nil {
		return nil, errDamaged()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.opened) >= maxOpened {
		clear(s.opened)
	}
	s.opened[name] = aead
	return aead, nil
}

// Forget drops the data keys that are remembered, so that a key that was
// destroyed opens nothing in this process either.
func (s *Sealer) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.using)
	clear(s.opened)
}
