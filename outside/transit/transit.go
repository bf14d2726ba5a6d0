// Package transit asks a key service with the transit interface of HashiCorp
// Vault and OpenBao (/v1/MOUNT/encrypt/KEY and decrypt/KEY) to wrap the file of
// the keyring: whoever has the file alone cannot read it. The service's key never
// comes here, and only the keyring goes there, when it is read or written.
//
// It is not for values of records: those are sealed here, by keys of the ring. It
// logs in nowhere: the token comes from a file that somebody else keeps fresh.
//
//	s, err := transit.New(transit.Config{Address: "https://vault.example:8200", Key: "bonafide", TokenFile: "/run/vault/token"})
//	wrapped, err := s.Encrypt(ctx, ring)
package transit

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"bonafide/fault"
	"bonafide/outside/local"
)

// Config says where the service is. Address, Key and TokenFile are needed.
type Config struct {
	// Address is an https address, or an http address of this machine.
	Address string
	// Mount is where the transit engine is; default "transit". Key is the name of
	// its key; Namespace that of the tenant of the service, if it has any.
	Mount, Key, Namespace string
	// TokenFile holds the token and is read at each call.
	TokenFile string
	// Timeout ends one call; default 3 s.
	Timeout time.Duration
}

// Bounds of what is read.
const (
	maxToken  = 8 << 10
	maxAnswer = 1 << 20
	maxPlain  = 256 << 10
)

// bound is authenticated with the keyring, so that nothing else that the key
// wrapped is taken for one.
var bound = base64.StdEncoding.EncodeToString([]byte("bonafide keyring 1"))

var name = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}(/[A-Za-z0-9_.-]{1,128}){0,4}$`)

// Service wraps and unwraps. It is safe for concurrent use.
type Service struct {
	cfg    Config
	base   string
	client *http.Client
}

// New makes a service and checks its configuration; nothing is asked yet.
func New(c Config) (*Service, error) {
	u, err := url.Parse(c.Address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && local.Host(u.Hostname())) {
		return nil, fault.New(fault.Invalid, "keys.kms.address", "is no https address without user and password (http is taken for this machine only)")
	}
	if c.Mount == "" {
		c.Mount = "transit"
	}
	c.Mount = strings.Trim(c.Mount, "/")
	if !name.MatchString(c.Mount) || !name.MatchString(c.Key) || strings.Contains(c.Key, "/") || strings.Contains("/"+c.Mount+"/"+c.Key+"/", "/../") {
		return nil, fault.New(fault.Invalid, "keys.kms.key", "or keys.kms.mount is no name: want letters, digits, dots, hyphens, underscores, such as bonafide and transit")
	}
	if c.TokenFile == "" {
		return nil, fault.New(fault.Invalid, "keys.kms.token_file", "is missing: name the file in which the token of the key service stands")
	}
	if strings.ContainsFunc(c.Namespace, func(r rune) bool { return r <= ' ' || r > '~' }) || len(c.Namespace) > 256 {
		return nil, fault.New(fault.Invalid, "keys.kms.namespace", "is none")
	}
	if c.Timeout <= 0 {
		c.Timeout = 3 * time.Second
	}
	return &Service{cfg: c, base: strings.TrimSuffix(u.String(), "/") + "/v1/" + c.Mount + "/", client: &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Proxy: nil, MaxIdleConns: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 32 << 10,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
	}}, nil
}

// Name says which key wraps, for whoever reads the file: "transit/bonafide".
func (s *Service) Name() string { return s.cfg.Mount + "/" + s.cfg.Key }

// Encrypt wraps a keyring; Temporary where the service cannot be reached.
func (s *Service) Encrypt(ctx context.Context, plain []byte) (string, error) {
	if len(plain) > maxPlain {
		return "", fault.New(fault.TooLarge, "keyring", "has %d bytes: at most %d are wrapped", len(plain), maxPlain)
	}
	var out struct {
		Data struct {
			Ciphertext string `json:"ciphertext"`
		} `json:"data"`
	}
	err := s.call(ctx, "encrypt", map[string]string{"plaintext": base64.StdEncoding.EncodeToString(plain), "associated_data": bound}, &out)
	if err == nil && out.Data.Ciphertext == "" {
		err = odd("gives no ciphertext")
	}
	return out.Data.Ciphertext, err
}

// Decrypt unwraps what Encrypt gave; Temporary where the service cannot be reached.
func (s *Service) Decrypt(ctx context.Context, wrapped string) ([]byte, error) {
	var out struct {
		Data struct {
			Plaintext string `json:"plaintext"`
		} `json:"data"`
	}
	if err := s.call(ctx, "decrypt", map[string]string{"ciphertext": wrapped, "associated_data": bound}, &out); err != nil {
		return nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(out.Data.Plaintext)
	if err != nil || len(plain) == 0 || len(plain) > maxPlain {
		return nil, odd("gives no keyring")
	}
	return plain, nil
}

// token is what the file holds now: an agent beside the server renews it.
func (s *Service) token() (string, error) {
	f, err := os.Open(s.cfg.TokenFile)
	if err != nil {
		return "", &fault.Error{Kind: fault.Temporary, Field: "keys.kms.token_file", Cause: err, Text: "cannot be read: the key service is not asked without a token; bring the file back, readable for the user as whom the server runs"}
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	text := strings.TrimSpace(string(raw))
	if err != nil || text == "" || len(raw) > maxToken || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fault.New(fault.Invalid, "keys.kms.token_file", "holds no token: want one line of letters and digits")
	}
	return text, nil
}

func odd(what string) error {
	return fault.New(fault.Invalid, "keys.kms.address", "%s: is a transit engine of Vault or OpenBao there?", what)
}

// call asks once. Neither the keyring nor the token stands in an error.
func (s *Service) call(ctx context.Context, act string, in map[string]string, out any) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+act+"/"+s.cfg.Key, bytes.NewReader(body))
	if err != nil {
		return odd("is no address")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Token", token)
	r.Header.Set("X-Vault-Request", "true")
	if s.cfg.Namespace != "" {
		r.Header.Set("X-Vault-Namespace", s.cfg.Namespace)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return &fault.Error{Kind: fault.Temporary, Field: "keys.kms.address", Cause: err, Text: "cannot be reached: check that the key service runs and that its certificate is trusted here (SSL_CERT_FILE)"}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return &fault.Error{Kind: fault.Temporary, Field: "keys.kms.address", Cause: err, Text: "broke off its answer: try again"}
	}
	if res.StatusCode != http.StatusOK {
		return s.refusal(res.StatusCode, act)
	}
	if len(raw) > maxAnswer || json.Unmarshal(raw, out) != nil {
		return odd("answers something else")
	}
	return nil
}

// refusal says what to do about a status of the service; its own text is not
// passed on.
func (s *Service) refusal(status int, act string) error {
	say := func(k fault.Kind, field, format string, args ...any) error {
		return fault.New(k, "keys.kms."+field, format+" (status %d)", append(args, status)...)
	}
	switch {
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return say(fault.Forbidden, "token_file", "holds a token that the key service refuses: renew it, and let its policy update %s/%s/%s", s.cfg.Mount, act, s.cfg.Key)
	case status == http.StatusNotFound:
		return say(fault.NotConfigured, "key", "is not there: the key service has no %s", s.Name())
	case status == http.StatusBadRequest:
		return say(fault.Invalid, "key", "cannot %s the keyring: is %s the key that wrapped it, of the type aes256-gcm96?", act, s.Name())
	case status >= 300 && status < 400:
		return say(fault.Temporary, "address", "leads elsewhere: name the active server of the key service")
	}
	return say(fault.Temporary, "address", "does not answer now: the key service is sealed, on standby, or has too much to do")
}
