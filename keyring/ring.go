// Package keyring seals the most sensitive values of records, and has the keys
// that it takes: a ring of versioned keys, and what a key service (KMS) would
// have to do in its place (Wrapper).
//
// A value is sealed with AES-256-GCM under a data key, which stands beside it,
// wrapped by the ring's active key. What belongs to a value (tenant, family,
// field, record) is authenticated with it, so that it opens in no other place.
// It is not where keys are kept (outside/keyfile), nor where it is decided what
// is sealed (store/sealed), and it hides neither that a value is there nor about
// how long it is.
//
//	s := keyring.NewSealer(ring, rand.Reader)
//	v, err := s.Seal(ctx, keyring.Place{Tenant: "main", Family: "reports", Field: "body", Record: id}, text)
package keyring

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"bonafide/fault"
)

// State is what a key of a ring may still do.
type State string

// The states of a key. A ring has one active key. A key that was added and not
// made active yet is decrypt-only, as one of before.
const (
	Active      State = "active"
	DecryptOnly State = "decrypt-only"
	Destroyed   State = "destroyed"
)

// Key is what may be told of a key.
type Key struct {
	// ID is eight lower-case hexadecimal digits.
	ID      string
	Created time.Time
	// Activated is when it first became the active key; zero: never.
	Activated time.Time
	// Ended is when it stopped being the active key, or was destroyed.
	Ended time.Time
	State State
}

type key struct {
	Key
	secret []byte
}

// Bounds of a ring.
const (
	// MaxFile is the longest file of a ring in bytes, MaxKeys how many keys it has
	// at most, destroyed ones included.
	MaxFile = 64 << 10
	MaxKeys = 100
	keySize = 32
	idSize  = 8
)

// Ring is a set of keys of which one is active. It never changes: what changes
// it gives another one. It is safe for concurrent use.
type Ring struct{ keys []key }

// New makes a ring with one active key. random must be of the quality of
// crypto/rand.
func New(random io.Reader, now time.Time) (*Ring, error) {
	r, _, err := (&Ring{}).Add(random, now)
	if err != nil {
		return nil, err
	}
	r, _, err = r.Rotate(random, now)
	return r, err
}

// Add gives the ring with one more key, which is not active yet, and its id:
// so that every server knows a key before the first one seals with it.
func (r *Ring) Add(random io.Reader, now time.Time) (*Ring, string, error) {
	if len(r.keys) >= MaxKeys {
		return nil, "", fault.New(fault.TooLarge, "keys", "are %d: a ring has at most %d", len(r.keys), MaxKeys)
	}
	k := key{Key: Key{Created: now.UTC().Truncate(time.Second), State: DecryptOnly}, secret: make([]byte, keySize)}
	id := make([]byte, idSize/2)
	for {
		if _, err := io.ReadFull(random, id); err != nil {
			return nil, "", fmt.Errorf("keyring: draw a key: %w", err)
		}
		if k.ID = hex.EncodeToString(id); r.find(k.ID) == nil {
			break
		}
	}
	if _, err := io.ReadFull(random, k.secret); err != nil {
		return nil, "", fmt.Errorf("keyring: draw a key: %w", err)
	}
	return &Ring{keys: append(slices.Clone(r.keys), k)}, k.ID, nil
}

// Rotate gives the ring with another active key, and its id: the newest one that
// was added and never active, else a new one. The key that was active opens what
// it sealed, and seals no more.
func (r *Ring) Rotate(random io.Reader, now time.Time) (*Ring, string, error) {
	next := r
	at := -1
	for i, k := range r.keys {
		if k.State == DecryptOnly && k.Activated.IsZero() {
			at = i
		}
	}
	if at < 0 {
		var err error
		if next, _, err = r.Add(random, now); err != nil {
			return nil, "", err
		}
		at = len(next.keys) - 1
	}
	next, now = &Ring{keys: slices.Clone(next.keys)}, now.UTC().Truncate(time.Second)
	for i := range next.keys {
		if next.keys[i].State == Active {
			next.keys[i].State, next.keys[i].Ended = DecryptOnly, now
		}
	}
	next.keys[at].State, next.keys[at].Activated = Active, now
	return next, next.keys[at].ID, nil
}

// Destroy gives the ring without the secret of a key: what it sealed can never
// be read again. The active key is a Conflict.
func (r *Ring) Destroy(id string, now time.Time) (*Ring, error) {
	k := r.find(id)
	switch {
	case k == nil:
		return nil, fault.New(fault.NotFound, "key", "is not on the ring: `bonafide keys list` tells those that are")
	case k.State == Active:
		return nil, fault.New(fault.Conflict, "key", "is the active one: rotate first")
	case k.State == Destroyed:
		return r, nil
	}
	next := &Ring{keys: slices.Clone(r.keys)}
	for i := range next.keys {
		if next.keys[i].ID == id {
			next.keys[i].State, next.keys[i].Ended, next.keys[i].secret = Destroyed, now.UTC().Truncate(time.Second), nil
		}
	}
	return next, nil
}

// Restore gives the ring with a key as it stands on another ring, from before it
// was destroyed.
func (r *Ring) Restore(from *Ring, id string) (*Ring, error) {
	was := from.find(id)
	if was == nil || was.State == Destroyed || r.find(id) == nil {
		return nil, fault.New(fault.NotFound, "key", "is not on both rings: it cannot be restored")
	}
	next := &Ring{keys: slices.Clone(r.keys)}
	if k := next.find(id); k.State == Destroyed {
		*k = *was
		k.State = DecryptOnly
	}
	return next, nil
}

// Keys tells the keys, oldest first.
func (r *Ring) Keys() []Key {
	out := make([]Key, 0, len(r.keys))
	for _, k := range r.keys {
		out = append(out, k.Key)
	}
	return out
}

func (r *Ring) find(id string) *key {
	for i := range r.keys {
		if r.keys[i].ID == id {
			return &r.keys[i]
		}
	}
	return nil
}

// active is the key that seals; every ring that was made or read has one.
func (r *Ring) active() (*key, error) {
	for i := range r.keys {
		if r.keys[i].State == Active {
			return &r.keys[i], nil
		}
	}
	return nil, fault.New(fault.NotConfigured, "keys", "have no active one: nothing can be sealed")
}

// Active is the id of the key that seals now.
func (r *Ring) Active() (string, error) {
	k, err := r.active()
	if err != nil {
		return "", err
	}
	return k.ID, nil
}

// Wrap encrypts a data key with the active key and names that key. bound is
// authenticated with it.
func (r *Ring) Wrap(_ context.Context, random io.Reader, dataKey, bound []byte) (string, []byte, error) {
	k, err := r.active()
	if err != nil {
		return "", nil, err
	}
	aead, err := gcm(k.secret)
	if err != nil {
		return "", nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", nil, fmt.Errorf("keyring: wrap a data key: %w", err)
	}
	return k.ID, aead.Seal(nonce, nonce, dataKey, wrapBound(k.ID, bound)), nil
}

// Unwrap decrypts what Wrap gave.
func (r *Ring) Unwrap(_ context.Context, id string, wrapped, bound []byte) ([]byte, error) {
	k := r.find(id)
	switch {
	case k == nil:
		return nil, fault.New(fault.NotConfigured, "keys", "lack key %s, with which a value was sealed: bring the keyring back from where it is kept", id)
	case k.State == Destroyed:
		return nil, fault.New(fault.NotConfigured, "keys", "have key %s no more: it was destroyed on %s, and what it sealed cannot be read", id, k.Ended.Format(time.DateOnly))
	}
	aead, err := gcm(k.secret)
	if err != nil {
		return nil, err
	}
	if len(wrapped) < aead.NonceSize() {
		return nil, errDamaged()
	}
	out, err := aead.Open(nil, wrapped[:aead.NonceSize()], wrapped[aead.NonceSize():], wrapBound(id, bound))
	if err != nil {
		return nil, errDamaged()
	}
	return out, nil
}

func wrapBound(id string, bound []byte) []byte {
	return append([]byte("bonafide data key 1\x00"+id+"\x00"), bound...)
}

// gcm is AES-256-GCM (NIST SP 800-38D) with a key of 32 bytes.
func gcm(secret []byte) (cipher.AEAD, error) {
	if len(secret) != keySize {
		return nil, fmt.Errorf("keyring: a key has %d bytes: want %d", len(secret), keySize)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return cipher.NewGCM(block)
}

// Format is the name of the format of a ring's file.
const Format = "bonafide-keyring"

type fileForm struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Keys    []keyForm `json:"keys"`
}

type keyForm struct {
	ID        string    `json:"id"`
	State     State     `json:"state"`
	Created   time.Time `json:"created"`
	Activated time.Time `json:"activated,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Secret    string    `json:"secret,omitempty"`
}

// Bytes is the file of the ring, as Parse reads it. It is as secret as the keys.
func (r *Ring) Bytes() []byte {
	f := fileForm{Format: Format, Version: 1}
	for _, k := range r.keys {
		f.Keys = append(f.Keys, keyForm{ID: k.ID, State: k.State, Created: k.Created, Activated: k.Activated, Ended: k.Ended,
			Secret: base64.StdEncoding.EncodeToString(k.secret)})
	}
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil { // times of year 1 to 9999 and texts: there is nothing that JSON has not
		return nil
	}
	return append(raw, '\n')
}

// Parse reads the file of a ring. Its error tells what is wrong and holds
// nothing of a key.
func Parse(raw []byte) (*Ring, error) {
	wrong := func(format string, args ...any) error { return fault.New(fault.Invalid, "keyring", format, args...) }
	if len(raw) > MaxFile {
		return nil, fault.New(fault.TooLarge, "keyring", "has %d bytes: at most %d are read", len(raw), MaxFile)
	}
	var f fileForm
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil || f.Format != Format {
		return nil, wrong("is not one: want the file that the first start made, whole and unchanged")
	}
	if d.More() {
		return nil, wrong("goes on after its end")
	}
	if f.Version != 1 {
		return nil, wrong("is of version %d, and this program knows 1", f.Version)
	}
	if len(f.Keys) == 0 || len(f.Keys) > MaxKeys {
		return nil, wrong("has %d keys: want 1 to %d", len(f.Keys), MaxKeys)
	}
	r := &Ring{}
	active := 0
	for i, k := range f.Keys {
		if err := r.take(k); err != nil {
			return nil, fmt.Errorf("keyring: key %d: %w", i+1, err)
		}
		if k.State == Active {
			active++
		}
	}
	if active != 1 {
		return nil, wrong("has %d active keys: want one", active)
	}
	return r, nil
}

// take adds a key as it stands in a file.
func (r *Ring) take(f keyForm) error {
	wrong := func(field, text string) error { return fault.New(fault.Invalid, field, "%s", text) }
	if raw, err := hex.DecodeString(f.ID); err != nil || len(f.ID) != idSize || hex.EncodeToString(raw) != f.ID {
		return wrong("id", "is not eight lower-case hexadecimal digits")
	}
	if r.find(f.ID) != nil {
		return wrong("id", "stands there twice")
	}
	for _, t := range []time.Time{f.Created, f.Activated, f.Ended} {
		if y := t.UTC().Year(); y < 1 || y > 9999 {
			return wrong("created", "is no time")
		}
	}
	k := key{Key: Key{ID: f.ID, Created: f.Created.UTC(), Activated: f.Activated.UTC(), Ended: f.Ended.UTC(), State: f.State}}
	switch f.State {
	case Active, DecryptOnly:
		var err error
		if k.secret, err = base64.StdEncoding.DecodeString(f.Secret); err != nil || len(k.secret) != keySize {
			return wrong("secret", "is not 32 bytes in base64")
		}
	case Destroyed:
		if f.Secret != "" {
			return wrong("secret", "is there though the key is destroyed")
		}
	default:
		return wrong("state", "is none: want active, decrypt-only or destroyed")
	}
	r.keys = append(r.keys, k)
	return nil
}
