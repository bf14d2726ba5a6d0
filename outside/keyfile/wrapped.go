package keyfile

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"bonafide/fault"
	"bonafide/keyring"
)

// Service is a key service that wraps the file of a keyring, such as
// outside/transit. Its calls end by themselves within seconds.
type Service interface {
	// Name says which key wraps, for whoever reads the file.
	Name() string
	// Encrypt wraps a keyring to a text, Decrypt unwraps it. Temporary: the service
	// cannot be reached now.
	Encrypt(ctx context.Context, plain []byte) (string, error)
	Decrypt(ctx context.Context, wrapped string) ([]byte, error)
}

// WrappedFormat is the name of the format of a file that a service wrapped.
const WrappedFormat = "bonafide-keyring-wrapped"

const (
	// maxFile is the longest file, wrapped.
	maxFile = 4 * keyring.MaxFile
	// retry is how long a service is left alone that did not help.
	retry = 10 * time.Second
)

type wrappedForm struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Service string `json:"service"`
	Wrapped string `json:"wrapped"`
}

// wrapFile is the file of a ring as it is written: as it is where there is no
// service.
func wrapFile(plain []byte, s Service) ([]byte, error) {
	if s == nil {
		return plain, nil
	}
	text, err := s.Encrypt(context.Background(), plain)
	if err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(wrappedForm{WrappedFormat, 1, s.Name(), text}, "", "  ")
	if err == nil && len(raw) >= maxFile {
		err = fault.New(fault.TooLarge, "keyring", "has %d bytes when it is wrapped: at most %d are kept", len(raw), maxFile)
	}
	return append(raw, '\n'), err
}

// unwrapFile is the file of a ring as keyring.Parse reads it. asked: the service
// was.
func unwrapFile(raw []byte, s Service) (plain []byte, asked bool, err error) {
	var f wrappedForm
	if len(raw) > maxFile {
		return nil, false, fault.New(fault.TooLarge, "keyring", "has more than %d bytes", maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&f); err != nil || f.Format != WrappedFormat {
		return raw, false, nil // as it is, or nothing that keyring.Parse takes
	}
	switch {
	case f.Version != 1 || f.Wrapped == "":
		return nil, false, fault.New(fault.Invalid, "keyring", "is wrapped in a way that this program does not know: take the newest one")
	case s == nil:
		return nil, false, fault.New(fault.NotConfigured, "keys.kms", "is not set, and the keyring is wrapped by a key service (%s): set keys.kms.address, key and token_file", clip(f.Service))
	}
	plain, err = s.Decrypt(context.Background(), f.Wrapped)
	return plain, true, err
}

// clip keeps what a file says out of the way of a terminal.
func clip(s string) string {
	out := make([]rune, 0, 64)
	for _, r := range s {
		if r >= ' ' && r <= '~' && len(out) < 64 {
			out = append(out, r)
		}
	}
	return string(out)
}

// Wrapped tells which key of a service wraps the file as it stands there; "" for
// none.
func (f *File) Wrapped() (string, error) {
	if f.path == "" {
		return "", nil
	}
	raw, _, err := bytesOf(f.path)
	if err != nil {
		return "", err
	}
	var x wrappedForm
	if json.Unmarshal(raw, &x) != nil || x.Format != WrappedFormat {
		return "", nil
	}
	return clip(x.Service), nil
}

// Rewrite writes the same keyring anew, wrapped by the service that is configured,
// or plain as it was without one, once note has returned nil. Conflict when it shall
// be wrapped and no service is configured.
func (f *File) Rewrite(plain bool, note func(*keyring.Ring) error) error {
	s := f.service
	switch {
	case f.path == "":
		return fault.New(fault.Invalid, "keys.ring", "gives the keyring as a text: change it where it is kept")
	case plain:
		s = nil
	case s == nil:
		return fault.New(fault.Conflict, "keys.kms", "is not set: there is no key service that could wrap the keyring")
	}
	unlock, err := lock(f.path)
	if err != nil {
		return err
	}
	defer unlock()
	return f.rewrite(func(r *keyring.Ring) (*keyring.Ring, error) { return r, note(r) }, s)
}
