// Package onetime has the codes that are good once: those of an authenticator
// app (TOTP, RFC 6238), and recovery codes for who lost it. It says which step
// of time a code belongs to, so that whoever keeps the last step can refuse a
// code that was used already.
//
// It keeps nothing and reads no clock.
//
//	step, ok := secret.Match(code, now, lastStep) // keep step when ok
package onetime

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"image/png"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Period is how long a code is shown.
const Period = 30 * time.Second

// skew is how many periods a person's clock may be off.
const skew = 1

// Secret is what an authenticator app and the server share, in base32.
type Secret string

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes a secret of 160 bits (RFC 4226, section 4).
func NewSecret(random io.Reader) (Secret, error) {
	raw := make([]byte, 20)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("onetime: make a secret: %w", err)
	}
	return Secret(b32.EncodeToString(raw)), nil
}

// Code is what the app shows at a time; for tests and demonstrations.
func (s Secret) Code(at time.Time) (string, error) {
	return hotp.GenerateCode(string(s), uint64(at.Unix()/int64(Period.Seconds())))
}

// Match compares a code with those of the periods around a time, but only such
// as are later than the last step used. It returns the step of the code, which
// must be kept as the last one before anything is granted. It always compares
// as many codes.
func (s Secret) Match(code string, at time.Time, last int64) (step int64, ok bool) {
	code = digits(code)
	now := at.Unix() / int64(Period.Seconds())
	for i := now - skew; i <= now+skew; i++ {
		right, err := hotp.ValidateCustom(code, uint64(i), string(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right && i > last && !ok {
			step, ok = i, true
		}
	}
	return step, ok
}

// digits drops the gaps that people and apps put between the digits.
func digits(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\u00a0' || r == '　':
			return -1
		}
		return r
	}, code)
}

// Address is what an authenticator app reads: issuer and account are shown
// there.
func (s Secret) Address(issuer, account string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account}
	u.RawQuery = strings.ReplaceAll(url.Values{"secret": {string(s)}, "issuer": {issuer}, "period": {"30"}, "digits": {"6"}, "algorithm": {"SHA1"}}.Encode(), "+", "%20")
	return u.String()
}

// Picture is the address as a QR code, a PNG of about 240 pixels.
func (s Secret) Picture(issuer, account string) ([]byte, error) {
	key, err := otp.NewKeyFromURL(s.Address(issuer, account))
	if err != nil {
		return nil, fmt.Errorf("onetime: draw the code: %w", err)
	}
	img, err := key.Image(240, 240)
	if err != nil {
		return nil, fmt.Errorf("onetime: draw the code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("onetime: draw the code: %w", err)
	}
	return b.Bytes(), nil
}

// Recoveries is how many recovery codes a person gets.
const Recoveries = 10

// NewRecovery makes recovery codes of 80 bits each, such as
// ABCD-EFGH-JKLM-NPQR: long enough that a plain hash of one cannot be tried out.
func NewRecovery(random io.Reader) ([]string, error) {
	out := make([]string, Recoveries)
	for i := range out {
		raw := make([]byte, 10)
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("onetime: make recovery codes: %w", err)
		}
		c := b32.EncodeToString(raw)
		out[i] = c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
	}
	return out, nil
}

// RecoverySum is what is kept of a recovery code: SHA-256 of its letters, in
// whatever groups and case they were typed. ok is false for what cannot be one.
func RecoverySum(code string) (sum string, ok bool) {
	c := strings.ToUpper(digits(code))
	if raw, err := b32.DecodeString(c); err != nil || len(raw) != 10 {
		return "", false
	}
	h := sha256.Sum256([]byte(c))
	return hex.EncodeToString(h[:]), true
}
