// Package passkey checks passkeys (W3C Web Authentication, level 3): keys that
// a device or password manager keeps and that name their person themselves, so
// that nobody types a name. They are bound to the address of the pages and
// cannot be phished.
//
// It keeps nothing: what must be kept between question and answer, and of a
// key, is handed out as bytes.
//
//	ask, state, err := party.AskLogin(random)
//	// the browser answers
//	used, err := party.CheckLogin(state, answer, find)
package passkey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"bonafide/fault"
)

// Config names the pages that passkeys are for.
type Config struct {
	// Host is the name of the pages without scheme and port; passkeys are bound
	// to it for good.
	Host string
	// Name is shown by the browser.
	Name string
	// Origins are the addresses, scheme and port included.
	Origins []string
}

// MaxAnswer is the longest answer of a browser in bytes.
const MaxAnswer = 64 << 10

// MaxKeys is how many passkeys a person may have.
const MaxKeys = 20

// waitFor is how long a browser may take to answer.
const waitFor = 5 * time.Minute

// Holder is a person as passkeys see them. Handle is chance that stands for the
// person on the device: at most 64 bytes, and no name.
type Holder struct {
	Handle     []byte
	Name, Show string
	Keys       []Key
}

// Key is a passkey as it is kept. Data is ours to keep and not to look into.
type Key struct {
	ID   []byte
	Data []byte
}

// holder fits a Holder to the library.
type holder struct {
	Holder
	creds []webauthn.Credential
}

// WebAuthnID is the handle.
func (h holder) WebAuthnID() []byte { return h.Handle }

// WebAuthnName is what the person logs in as.
func (h holder) WebAuthnName() string { return h.Name }

// WebAuthnDisplayName is how the person is called.
func (h holder) WebAuthnDisplayName() string { return h.Show }

// WebAuthnCredentials are the person's keys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.creds }

func fit(h Holder) (holder, error) {
	out := holder{Holder: h}
	for _, k := range h.Keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Data, &c); err != nil {
			return out, fmt.Errorf("passkey: read a kept key: %w", err)
		}
		out.creds = append(out.creds, c)
	}
	return out, nil
}

// Party checks passkeys for one host. It is safe for concurrent use.
type Party struct{ lib *webauthn.WebAuthn }

// New makes a party. Keys must be able to name their person (discoverable) and
// must have checked them by PIN or body (user verification): a passkey is both
// factors.
func New(c Config) (*Party, error) {
	lib, err := webauthn.New(&webauthn.Config{
		RPID: c.Host, RPDisplayName: c.Name, RPOrigins: c.Origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: waitFor, TimeoutUVD: waitFor},
			Registration: webauthn.TimeoutConfig{Timeout: waitFor, TimeoutUVD: waitFor},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: settings for %s: %w (set server.base_url)", c.Host, err)
	}
	return &Party{lib: lib}, nil
}

// AskNew makes the question for a new passkey: ask goes to the browser, state
// is kept for CheckNew and is good for one answer.
func (p *Party) AskNew(h Holder) (ask, state []byte, err error) {
	user, err := fit(h)
	if err != nil {
		return nil, nil, err
	}
	if len(h.Keys) >= MaxKeys {
		return nil, nil, fault.New(fault.Invalid, "passkey", "you have %d: remove one that you do not use first", len(h.Keys))
	}
	var have []protocol.CredentialDescriptor
	for _, c := range user.creds {
		have = append(have, c.Descriptor())
	}
	creation, session, err := p.lib.BeginRegistration(user, webauthn.WithExclusions(have))
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: ask for a new one: %w", err)
	}
	return both(creation, session)
}

// CheckNew checks the browser's answer and returns the new passkey.
func (p *Party) CheckNew(h Holder, state, answer []byte) (Key, error) {
	user, err := fit(h)
	if err != nil {
		return Key{}, err
	}
	session, err := readState(state, answer)
	if err != nil {
		return Key{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Key{}, refused(err)
	}
	cred, err := p.lib.CreateCredential(user, session, parsed)
	if err != nil {
		return Key{}, refused(err)
	}
	return pack(cred)
}

// AskLogin makes the question for a log-in with any passkey of this host. It
// names no person, so it tells nobody who is known here.
func (p *Party) AskLogin(random io.Reader) (ask, state []byte, err error) {
	challenge := make([]byte, 32)
	if _, err := io.ReadFull(random, challenge); err != nil {
		return nil, nil, fmt.Errorf("passkey: make a challenge: %w", err)
	}
	assertion, session, err := p.lib.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("passkey: ask: %w", err)
	}
	return both(assertion, session)
}

// Used is a passkey that proved its person. Data is to be kept in place of the
// old one. Copied tells that its counter went back: somebody may have copied
// the key.
type Used struct {
	Key
	Copied bool
}

// CheckLogin checks the browser's answer. find returns the person that has the
// handle, with at least the passkey of that id; its error is returned.
func (p *Party) CheckLogin(state, answer []byte, find func(id, handle []byte) (Holder, error)) (Used, error) {
	session, err := readState(state, answer)
	if err != nil {
		return Used{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Used{}, refused(err)
	}
	var failed error
	cred, err := p.lib.ValidateDiscoverableLogin(func(id, handle []byte) (webauthn.User, error) {
		h, err := find(id, handle)
		if err == nil && !bytes.Equal(h.Handle, handle) {
			err = refused(fmt.Errorf("handle of another person"))
		}
		if err != nil {
			failed = err
			return nil, err
		}
		return fit(h)
	}, session, parsed)
	switch {
	case failed != nil:
		return Used{}, failed
	case err != nil:
		return Used{}, refused(err)
	}
	k, err := pack(cred)
	return Used{Key: k, Copied: cred.Authenticator.CloneWarning}, err
}

func both(ask any, session *webauthn.SessionData) (a, s []byte, err error) {
	if a, err = json.Marshal(ask); err != nil {
		return nil, nil, fmt.Errorf("passkey: %w", err)
	}
	if s, err = json.Marshal(session); err != nil {
		return nil, nil, fmt.Errorf("passkey: %w", err)
	}
	return a, s, nil
}

func readState(state, answer []byte) (s webauthn.SessionData, err error) {
	if len(answer) > MaxAnswer {
		return s, fault.New(fault.TooLarge, "passkey", "the answer has %d bytes: at most %d are read", len(answer), MaxAnswer)
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return s, fmt.Errorf("passkey: read what was kept of the question: %w", err)
	}
	return s, nil
}

func pack(c *webauthn.Credential) (Key, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return Key{}, fmt.Errorf("passkey: %w", err)
	}
	return Key{ID: c.ID, Data: data}, nil
}

// refused is the one answer to every passkey that does not hold: what is wrong
// with it stands in the cause, for logs.
func refused(cause error) error {
	e := fault.New(fault.Invalid, "passkey", "this passkey was not accepted: try again, or log in another way")
	e.Cause = cause
	return e
}
