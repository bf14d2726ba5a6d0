package people

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// sealer encrypts what must be read again (AES-256-GCM). A sealed text names
// its key, so that keys can be changed: old texts are opened with former keys.
// Without a key texts are kept open.
type sealer struct {
	name string
	keys map[string]cipher.AEAD
}

const minKey = 32

// openMark stands before a secret that the desk did not seal.
const openMark = "open:"

func newSealer(key []byte, former [][]byte) (sealer, error) {
	s := sealer{keys: map[string]cipher.AEAD{}}
	for i, k := range append([][]byte{key}, former...) {
		if len(k) == 0 {
			continue
		}
		if len(k) < minKey {
			return s, fmt.Errorf("people: key of %d bytes: want at least %d", len(k), minKey)
		}
		derived := sha256.Sum256(append([]byte("bonafide people seal 1:"), k...))
		block, err := aes.NewCipher(derived[:])
		if err != nil {
			return s, fmt.Errorf("people: key: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return s, fmt.Errorf("people: key: %w", err)
		}
		id := sha256.Sum256(derived[:])
		name := hex.EncodeToString(id[:4])
		s.keys[name] = aead
		if i == 0 {
			s.name = name
		}
	}
	return s, nil
}

// seal encrypts a text for one owner: put to another's record it does not open.
func (s sealer) seal(random io.Reader, text, owner string) (string, error) {
	if s.name == "" {
		return openMark + text, nil
	}
	aead := s.keys[s.name]
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("people: seal: %w", err)
	}
	return s.name + ":" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), []byte(owner))), nil
}

// Former opens authenticator secrets that this desk sealed before the store did,
// with the keys of then, so that a rotation can seal them anew. What it gives is
// what the desk keeps in a store that seals; what was open stays as it is. owner
// is the tenant and the person, with a slash between them.
func Former(key []byte, former [][]byte) (func(owner, kept string) (string, error), error) {
	s, err := newSealer(key, former)
	if err != nil {
		return nil, err
	}
	return func(owner, kept string) (string, error) {
		text, err := s.open(kept, owner)
		return openMark + text, err
	}, nil
}

// open decrypts what seal made for the owner.
func (s sealer) open(sealed, owner string) (string, error) {
	name, rest, _ := strings.Cut(sealed, ":")
	if name == "open" {
		return rest, nil
	}
	aead := s.keys[name]
	raw, err := base64.RawStdEncoding.DecodeString(rest)
	if aead == nil || err != nil || len(raw) < aead.NonceSize() {
		return "", fmt.Errorf("people: an authenticator secret was sealed with a key that is not there: put it into people.former_keys")
	}
	text, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(owner))
	if err != nil {
		return "", fmt.Errorf("people: an authenticator secret does not open: %w", err)
	}
	return string(text), nil
}
