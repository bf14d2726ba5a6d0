// Package passkeytest is a device with passkeys, in software, for tests of
// whoever takes passkeys: it answers the questions of package passkey as a
// browser with an authenticator would.
//
// It is not for production: it asks no person.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Device holds one passkey. Set Origin before use; the other fields change how
// it answers, for tests of what must be refused.
type Device struct {
	// Origin is the address of the page that the browser believes to show.
	Origin string
	// Unverified: the device did not check its person.
	Unverified bool
	// Counter counts the uses.
	Counter uint32

	id, handle []byte
	host       string
	key        *ecdsa.PrivateKey
}

var b64 = base64.RawURLEncoding

const (
	present, verified, attested = 0x01, 0x04, 0x40
)

type question struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func (d *Device) flags() byte {
	if d.Unverified {
		return present
	}
	return present | verified
}

func (d *Device) client(kind, challenge string) []byte {
	raw, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	return raw
}

func (d *Device) state(flags byte) []byte {
	sum := sha256.Sum256([]byte(d.host))
	out := append(sum[:], flags)
	return binary.BigEndian.AppendUint32(out, d.Counter)
}

// New answers the question for a new passkey.
func (d *Device) New(ask []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(ask, &q); err != nil {
		return nil, fmt.Errorf("passkeytest: question: %w", err)
	}
	handle, err := b64.DecodeString(strings.TrimRight(q.PublicKey.User.ID, "="))
	if err != nil {
		return nil, fmt.Errorf("passkeytest: handle: %w", err)
	}
	d.handle, d.host, d.id = handle, q.PublicKey.RP.ID, make([]byte, 16)
	if _, err := rand.Read(d.id); err != nil {
		return nil, err
	}
	if d.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	auth := append(d.state(d.flags()|attested), make([]byte, 16)...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(d.id)))
	auth = append(auth, d.id...)
	// COSE key (RFC 9053): EC2, ES256, P-256, x, y.
	auth = append(auth, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20)
	auth = append(auth, point[1:33]...)
	auth = append(auth, 0x22, 0x58, 0x20)
	auth = append(auth, point[33:]...)
	// {"fmt": "none", "attStmt": {}, "authData": auth} in CBOR.
	att := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59")
	att = binary.BigEndian.AppendUint16(att, uint16(len(auth)))
	att = append(att, auth...)
	return d.answer(map[string]any{"attestationObject": b64.EncodeToString(att),
		"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", q.PublicKey.Challenge))})
}

// Login answers the question for a log-in.
func (d *Device) Login(ask []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(ask, &q); err != nil {
		return nil, fmt.Errorf("passkeytest: question: %w", err)
	}
	if d.key == nil || q.PublicKey.RPID != d.host {
		return nil, errors.New("passkeytest: no passkey for this host")
	}
	d.Counter++
	auth, client := d.state(d.flags()), d.client("webauthn.get", q.PublicKey.Challenge)
	clientSum := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, auth...), clientSum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		return nil, err
	}
	return d.answer(map[string]any{"authenticatorData": b64.EncodeToString(auth), "clientDataJSON": b64.EncodeToString(client),
		"signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString(d.handle)})
}

func (d *Device) answer(response map[string]any) ([]byte, error) {
	id := b64.EncodeToString(d.id)
	return json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
}
