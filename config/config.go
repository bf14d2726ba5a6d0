// Package config reads the configuration: one YAML file, every key with a
// default, every key overridable by an environment variable. It is read once
// at start; nothing else in Bonafide looks at files of settings or at the
// environment.
//
// It is not for knowledge (brands, weights, texts): that is data, with an
// overlay folder of its own (data.overlay).
//
//	c, err := config.Load("bonafide.yaml", os.Environ())
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"bonafide/access"
	"bonafide/keyring"
	"bonafide/outside/local"
)

// Config is the whole configuration. The doc tags are the documentation that
// `bonafide config docs` prints.
type Config struct {
	Server   Server   `koanf:"server" doc:"Where the server listens."`
	Limits   Limits   `koanf:"limits" doc:"What one request may cost."`
	Reader   Reader   `koanf:"reader" doc:"What is assumed of people who say nothing."`
	Data     Data     `koanf:"data" doc:"The knowledge that is not code."`
	MailAuth MailAuth `koanf:"mail_auth" doc:"Checking the signatures of mails."`
	Calls    Calls    `koanf:"calls" doc:"Who is behind a number: signatures of calls, and reports."`
	OCR      OCR      `koanf:"ocr" doc:"Reading text in pictures with Tesseract."`
	Speech   Speech   `koanf:"speech" doc:"Turning audio into text."`
	Books    Books    `koanf:"books" doc:"The shop's own books."`
	Prints   Prints   `koanf:"fingerprint" doc:"Fingerprints, by which contacts of one campaign are found."`
	Store    Store    `koanf:"store" doc:"Where records are kept."`
	Keys     Keyring  `koanf:"keys" doc:"What the most sensitive values of records are sealed with."`
	Audit    Audit    `koanf:"audit" doc:"Who did what: the chains of audit entries."`
	People   People   `koanf:"people" doc:"Who logs in to work here."`
	Reports  Reports  `koanf:"reports" doc:"What people send with \"report this\"."`
	Accounts Accounts `koanf:"accounts" doc:"The account guard: events of customers' accounts, decided as they come."`
	Log      Log      `koanf:"log" doc:"Logs, without personal data."`
}

// Server says where to listen.
type Server struct {
	Address string `koanf:"address" doc:"Address and port of pages and API."`
	Metrics string `koanf:"metrics_address" doc:"Address and port of /metrics; must be a loopback address. Empty: off."`
	BaseURL string `koanf:"base_url" doc:"Address under which people reach the server, for links in the installable page. Empty: as asked."`
	// TrustProxy is how many proxies in front may set X-Forwarded-For.
	TrustProxy int `koanf:"trust_proxy" doc:"How many proxies in front of the server set X-Forwarded-For; 0: none is believed."`
}

// Limits bound a request.
type Limits struct {
	BodyBytes     int64         `koanf:"body_bytes" doc:"Largest request body in bytes."`
	RatePerMinute int           `koanf:"rate_per_minute" doc:"Checks per minute and client address; 0: no limit."`
	Concurrent    int           `koanf:"concurrent" doc:"Checks at work at the same time; further ones wait, then get 503."`
	Timeout       time.Duration `koanf:"timeout" doc:"Longest time for one check, for example 20s."`
}

// Reader is what is assumed of people who say nothing.
type Reader struct {
	Lang    string `koanf:"lang" doc:"Language where the browser names none of ours: en, de or ja."`
	Country string `koanf:"country" doc:"Country (ISO 3166-1) where the person has not said; empty: ask."`
}

// Data names the overlay of shipped data.
type Data struct {
	Overlay string `koanf:"overlay" doc:"Folder whose files replace shipped ones of the same path; empty: none."`
}

// MailAuth configures the checking of mail signatures.
type MailAuth struct {
	DNS            bool          `koanf:"dns" doc:"Ask DNS for the keys and policies of senders (names of mail authentication only)."`
	Server         string        `koanf:"dns_server" doc:"Resolver, address:port; empty: the system's."`
	File           string        `koanf:"dns_file" doc:"File with records to use instead of DNS."`
	Cache          string        `koanf:"dns_cache" doc:"File in which answers of DNS are kept, so that a check can be repeated without asking; it names the domains from which mail was checked. With dns off it is only read. Empty: none."`
	CacheTime      time.Duration `koanf:"dns_cache_time" doc:"How long an answer in that file is used."`
	Timeout        time.Duration `koanf:"dns_timeout" doc:"Longest time for all look-ups of one mail."`
	TrustedHosts   []string      `koanf:"trusted_hosts" doc:"Mail hosts whose Authentication-Results are believed, as they name themselves there; a leading dot takes all below a domain."`
	TrustedNets    []string      `koanf:"trusted_networks" doc:"Networks (CIDR) of these hosts: a mail came in with the first Received line that is not handed on within them."`
	Mailboxes      []string      `koanf:"mailboxes" doc:"Mail providers whose own lines in a mail are believed, by id: gmail, outlook. Only where every mail comes straight from such a mailbox."`
	TrustedSealers []string      `koanf:"trusted_sealers" doc:"Domains whose ARC seals are believed, beside those of data/mailauth/sealers.yaml."`
}

// Networks returns the trusted networks. It refuses what is none, and what is
// so wide that it holds strangers.
func (m MailAuth) Networks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range m.TrustedNets {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Bits() < 8 {
			return nil, fmt.Errorf("%q: want a network such as 192.0.2.0/24, at most as wide as /8", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Calls configures what is known of numbers.
type Calls struct {
	Anchors      string `koanf:"anchors" doc:"File or folder of trust anchors (PEM or DER) for the signatures of calls (STIR/SHAKEN); empty: they are not checked."`
	Certificates string `koanf:"certificates" doc:"Folder of certificates of those who sign calls; its certificates.yaml lists url and file. No certificate is ever fetched; one that is not there is not checked."`
	Reported     string `koanf:"reported_file" doc:"NDJSON or YAML file of reported numbers, laid over the shipped one: an entry takes the place of that of the same number, for example to contest it."`
}

// OCR configures Tesseract.
type OCR struct {
	Enabled     bool          `koanf:"enabled" doc:"Read text in pictures when Tesseract is installed."`
	Binary      string        `koanf:"binary" doc:"Name or path of the program."`
	Languages   string        `koanf:"languages" doc:"Languages of Tesseract, joined by +."`
	Timeout     time.Duration `koanf:"timeout" doc:"Longest time for one picture."`
	MemoryMB    int           `koanf:"memory_mb" doc:"Most memory of the child process in MB."`
	MaxPixels   int           `koanf:"max_pixels" doc:"Largest picture, width times height."`
	Concurrency int           `koanf:"concurrency" doc:"Pictures read at the same time."`
}

// Speech configures a transcription address.
type Speech struct {
	URL     string        `koanf:"url" doc:"OpenAI-compatible address, for example http://127.0.0.1:8000/v1; empty: none. Audio is sent there."`
	Key     string        `koanf:"key" secret:"true" doc:"API key of that address."`
	Model   string        `koanf:"model" doc:"Model to ask for."`
	Timeout time.Duration `koanf:"timeout" doc:"Longest time for one file."`
}

// Books names the shop's own records.
type Books struct {
	Orders     string        `koanf:"orders_file" doc:"CSV, JSON or NDJSON file of orders; empty: none."`
	OrdersURL  string        `koanf:"orders_url" doc:"Address at which the shop answers order look-ups; empty: none."`
	OrdersKey  string        `koanf:"orders_key" secret:"true" doc:"Bearer token for orders_url."`
	Outbound   string        `koanf:"outbound_file" doc:"CSV or NDJSON file of contacts that the shop made; empty: none."`
	VoucherKey string        `koanf:"voucher_key" secret:"true" doc:"Key (at least 32 characters) with which the shop signs vouchers; without a voucher nobody's books are consulted."`
	Timeout    time.Duration `koanf:"timeout" doc:"Longest time for one look-up."`
}

// Prints configures fingerprints.
type Prints struct {
	Key string `koanf:"key" secret:"true" doc:"Key (at least 32 characters) that fingerprints are made with: without it nobody can test which telephone number or text one stands for. Fingerprints of two keys cannot be compared. Empty: none."`
}

// Store says where records are kept.
type Store struct {
	DSN string `koanf:"dsn" secret:"true" doc:"Path of a SQLite file, made with its folder where there is none, or postgres://user:password@host/database. A path is taken from the folder in which the server starts."`
}

// Keyring names the keyring.
type Keyring struct {
	File string `koanf:"file" doc:"File of the keyring that seals the most sensitive values of records (docs/keys.md), made at the first start. Empty: keyring.json beside the SQLite file, or records/keyring.json with PostgreSQL. Never keep it with backups of the records."`
	Ring string `koanf:"ring" secret:"true" doc:"The keyring itself, as its file has it, for those who keep it in a secret store; then there is no file. Empty: the file."`
	KMS  KMS    `koanf:"kms" doc:"A key service that wraps the file of the keyring (docs/operate.md)."`
}

// KMS configures the key service that wraps the file of the keyring.
type KMS struct {
	Address   string `koanf:"address" doc:"https address of HashiCorp Vault or OpenBao; http for this machine only. Empty: none wraps the keyring."`
	Mount     string `koanf:"mount" doc:"Where its transit engine is."`
	Key       string `koanf:"key" doc:"Name of the key there, of the type aes256-gcm96. It has to let be decrypted for as long as the keyring is needed."`
	TokenFile string `koanf:"token_file" doc:"File with the token, read at each call, so that an agent can renew it."`
	Namespace string `koanf:"namespace" doc:"Namespace there; empty: none."`
}

// check returns what is wrong with the settings of keys.
func (k Keyring) check(bad func(key, format string, args ...any)) {
	k.KMS.check(bad)
	if k.Ring == "" {
		return
	}
	if k.KMS.Address != "" {
		bad("keys.kms.address", "and keys.ring are both set: a key service wraps the file of a keyring only")
	}
	if _, err := keyring.Parse([]byte(k.Ring)); err != nil {
		bad("keys.ring", "%v", err)
	}
	if k.File != "" {
		bad("keys.ring", "and keys.file are both set: set one")
	}
}

func (k KMS) check(bad func(key, format string, args ...any)) {
	if k.Address == "" {
		if k.Key != "" || k.TokenFile != "" || k.Namespace != "" {
			bad("keys.kms.address", "is missing, and other settings of the key service are there: set it, or none of them")
		}
		return
	}
	u, err := url.Parse(k.Address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && (loopback(u.Host) || loopback(u.Host+":80"))) {
		bad("keys.kms.address", "is no https address without user and password")
	}
	if k.Key == "" {
		bad("keys.kms.key", "is missing: name the key of the transit engine")
	}
	if k.TokenFile == "" {
		bad("keys.kms.token_file", "is missing: name the file with the token")
	}
}

// KeyFile is the path of the keyring: keys.file, else beside the records.
func (c *Config) KeyFile() string {
	if c.Keys.File != "" {
		return c.Keys.File
	}
	dsn := c.Store.DSN
	if strings.HasPrefix(dsn, "postgres:") || strings.HasPrefix(dsn, "postgresql:") {
		return filepath.Join("records", keyFileName)
	}
	return filepath.Join(filepath.Dir(strings.TrimPrefix(dsn, "sqlite:")), keyFileName)
}

const keyFileName = "keyring.json"

// Audit configures the audit chains.
type Audit struct {
	Anchor Anchor `koanf:"anchor" doc:"Keeping the heads of the chains elsewhere."`
}

// Anchor says where heads are kept.
type Anchor struct {
	URL      string        `koanf:"url" doc:"https address to which the heads of the audit chains are posted, signed (docs/operate.md); empty: none. They name tenants, numbers of entries and hashes."`
	Secret   string        `koanf:"secret" secret:"true" doc:"Secret of the signature: whsec_ and 24 to 64 bytes in base64, or at least 32 characters."`
	Interval time.Duration `koanf:"interval" doc:"How often the heads are posted."`
}

// check returns what is wrong with the settings of anchors.
func (a Anchor) check(bad func(key, format string, args ...any)) {
	if a.Interval < time.Minute || a.Interval > 31*24*time.Hour {
		bad("audit.anchor.interval", "%s: want 1m to 744h", a.Interval)
	}
	if a.URL == "" {
		return
	}
	u, err := url.Parse(a.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && (loopback(u.Host) || loopback(u.Host+":80"))) {
		bad("audit.anchor.url", "is no https address without user and password")
	}
	if len(a.Secret) < 32 {
		bad("audit.anchor.secret", "%d characters: want whsec_ and at least 24 bytes in base64, or at least 32 characters", len(a.Secret))
	}
}

// Reports configures what people send with "report this".
type Reports struct {
	Tenant     string `koanf:"tenant" doc:"Whose reports they are; empty: the only tenant that there is. Where there is none or are several, no report is taken."`
	PerNetwork int64  `koanf:"per_network" doc:"How many reports are taken within an hour from one address."`
	PerTenant  int64  `koanf:"per_tenant" doc:"How many reports are taken within an hour in all."`
}

// check returns what is wrong with the settings of reports.
func (r Reports) check(bad func(key, format string, args ...any)) {
	if _, err := access.ParseTenant(r.Tenant); r.Tenant != "" && err != nil {
		bad("reports.tenant", "%v", err)
	}
	if r.PerNetwork < 1 || r.PerTenant < r.PerNetwork {
		bad("reports.per_network", "%d of %d in all: want at least 1, and no more than reports.per_tenant", r.PerNetwork, r.PerTenant)
	}
}

// People configures log-ins.
type People struct {
	Key        string        `koanf:"key" secret:"true" doc:"Key (at least 32 characters) that hides which names and networks failed log-ins are counted for, and opens the secrets of authenticator apps that it sealed before there was a keyring. Empty: neither."`
	FormerKeys []string      `koanf:"former_keys" secret:"true" doc:"Keys of before, which still open what they sealed."`
	Idle       time.Duration `koanf:"idle" doc:"A session that is not used for so long ends."`
	Absolute   time.Duration `koanf:"absolute" doc:"Every session ends after so long."`
	Leaked     string        `koanf:"leaked_passwords" doc:"File of leaked passwords as SHA-1 hashes in ascending order, one a line (HASH or HASH:COUNT), as Have I Been Pwned publishes; whoever takes one of them is refused. Empty: none is asked."`
	SecondFor  []string      `koanf:"second_factor" doc:"Roles whose people need a second factor (an authenticator app, or a passkey): with a password alone they can only add one."`
	Issuer     string        `koanf:"oidc_issuer" doc:"Address of an identity provider (OpenID Connect); empty: none. Needs server.base_url; the return address there is base_url/login/provider/return."`
	ClientID   string        `koanf:"oidc_client_id" doc:"What the provider calls this server."`
	Secret     string        `koanf:"oidc_client_secret" secret:"true" doc:"Secret that the provider gave this server."`
	Provider   string        `koanf:"oidc_name" doc:"What the log-in page calls the provider."`
	Tenant     string        `koanf:"oidc_tenant" doc:"Whose people the provider logs in."`
	Claim      string        `koanf:"oidc_groups_claim" doc:"Claim in which the provider lists groups."`
	Groups     []string      `koanf:"oidc_groups" doc:"Which group has which role, as group=role; who is in none is refused."`
}

// Roles reads oidc_groups: group to role.
func (p People) Roles() (map[string]access.Role, error) {
	out := map[string]access.Role{}
	for _, s := range p.Groups {
		i := strings.LastIndex(s, "=")
		if i < 1 {
			return nil, fmt.Errorf("%q: want group=role", s)
		}
		role, err := access.ParseRole(s[i+1:])
		if err != nil {
			return nil, err
		}
		out[s[:i]] = role
	}
	return out, nil
}

// check returns what is wrong with the settings of log-ins.
func (p People) check(base string, bad func(key, format string, args ...any)) {
	for key, d := range map[string]time.Duration{"people.idle": p.Idle, "people.absolute": p.Absolute} {
		if d < time.Minute || d > 30*24*time.Hour {
			bad(key, "%s: want 1m to 720h", d)
		}
	}
	for _, k := range append(p.FormerKeys, p.Key) {
		if n := len(k); n > 0 && n < 32 {
			bad("people.key", "or one of former_keys has %d characters: want at least 32", n)
		}
	}
	for _, r := range p.SecondFor {
		if _, err := access.ParseRole(r); err != nil {
			bad("people.second_factor", "%v", err)
		}
	}
	if _, err := p.Roles(); err != nil {
		bad("people.oidc_groups", "%v", err)
	}
	if _, err := access.ParseTenant(p.Tenant); err != nil {
		bad("people.oidc_tenant", "%v", err)
	}
	if p.Issuer == "" {
		return
	}
	if u, err := url.Parse(p.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && !loopback(u.Host) && u.Hostname() != "localhost" {
		bad("people.oidc_issuer", "%q is not an https address", p.Issuer)
	}
	if base == "" || p.ClientID == "" || len(p.Groups) == 0 {
		bad("people.oidc_issuer", "needs server.base_url, people.oidc_client_id and people.oidc_groups")
	}
}

// Log configures logging.
type Log struct {
	Level  string `koanf:"level" doc:"debug, info, warn or error."`
	Format string `koanf:"format" doc:"text or json."`
}

// Default returns the configuration of a server that nobody configured.
func Default() Config {
	return Config{
		Server:   Server{Address: "localhost:8080", Metrics: "127.0.0.1:9464"},
		Limits:   Limits{BodyBytes: 26 << 20, RatePerMinute: 120, Concurrent: 16, Timeout: 30 * time.Second},
		Reader:   Reader{Lang: "en"},
		MailAuth: MailAuth{Timeout: 3 * time.Second, CacheTime: 24 * time.Hour},
		OCR: OCR{Enabled: true, Binary: "tesseract", Languages: "eng+deu+jpn", Timeout: 20 * time.Second,
			MemoryMB: 1024, MaxPixels: 24_000_000, Concurrency: 2},
		Speech:   Speech{Model: "whisper-1", Timeout: 2 * time.Minute},
		Books:    Books{Timeout: 3 * time.Second},
		Store:    Store{DSN: "records/bonafide.db"},
		Keys:     Keyring{KMS: KMS{Mount: "transit"}},
		Audit:    Audit{Anchor: Anchor{Interval: time.Hour}},
		People:   People{Idle: 30 * time.Minute, Absolute: 12 * time.Hour, Provider: "Single sign-on", Tenant: "main", Claim: "groups"},
		Reports:  Reports{PerNetwork: 20, PerTenant: 2000},
		Accounts: Accounts{Enabled: true, Policy: "marketplace-takeover", Unknown: "refuse"},
		Log:      Log{Level: "info", Format: "text"},
	}
}

// Prefix begins the name of every environment variable that overrides a key:
// BONAFIDE_SERVER_ADDRESS overrides server.address. Lists are separated by
// commas.
const Prefix = "BONAFIDE_"

// Load reads the file at path over the defaults, then the environment over
// both, and checks the result. An empty path means no file. The error lists
// every key that is unknown or wrong, not only the first.
func Load(path string, environ []string) (Config, error) {
	k := koanf.New(".")
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return Config{}, fmt.Errorf("config: read file: %w", err)
		}
		if err := k.Load(rawbytes.Provider(raw), yaml.Parser()); err != nil {
			return Config{}, fmt.Errorf("config: read %s: %w", path, err)
		}
	}
	keys := Keys()
	known := map[string]bool{}
	for _, key := range keys {
		known[key.Name] = true
	}
	var problems []error
	for _, key := range k.Keys() {
		if !known[key] {
			problems = append(problems, fmt.Errorf("%s: no such key%s", key, nearest(key, keys)))
		}
	}
	fromEnv, errs := environment(keys, environ)
	problems = append(problems, errs...)
	if err := k.Load(confmap.Provider(fromEnv, "."), nil); err != nil {
		return Config{}, fmt.Errorf("config: environment: %w", err)
	}
	c := Default()
	if err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{}); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, c.Check()...)
	if len(problems) > 0 {
		return Config{}, fmt.Errorf("config: %w", errors.Join(problems...))
	}
	return c, nil
}

// environment picks the variables with our prefix. One that names no key is an
// error: a typing mistake must not silently do nothing.
func environment(keys []Key, environ []string) (map[string]any, []error) {
	out := map[string]any{}
	var errs []error
	for _, kv := range environ {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, Prefix) {
			continue
		}
		found := false
		for _, key := range keys {
			if key.Variable != name {
				continue
			}
			found = true
			if key.List {
				list := []string{}
				for _, v := range strings.Split(value, ",") {
					if v = strings.TrimSpace(v); v != "" {
						list = append(list, v)
					}
				}
				out[key.Name] = list
			} else {
				out[key.Name] = value
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("%s: no key has this variable; `bonafide config docs` lists all", name))
		}
	}
	return out, errs
}

// Check returns everything that is wrong with the values.
func (c *Config) Check() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Server.Address); err != nil {
		bad("server.address", "%q is not address:port", c.Server.Address)
	}
	if c.Server.Metrics != "" && !loopback(c.Server.Metrics) {
		bad("server.metrics_address", "%q must be a loopback address with a port, such as 127.0.0.1:9464", c.Server.Metrics)
	}
	if c.Limits.BodyBytes < 1<<16 || c.Limits.BodyBytes > 1<<30 {
		bad("limits.body_bytes", "%d: want 65536 to 1073741824", c.Limits.BodyBytes)
	}
	if c.Limits.Concurrent < 1 {
		bad("limits.concurrent", "want at least 1")
	}
	if c.Limits.RatePerMinute < 0 {
		bad("limits.rate_per_minute", "want 0 or more")
	}
	for key, d := range map[string]time.Duration{"limits.timeout": c.Limits.Timeout, "mail_auth.dns_timeout": c.MailAuth.Timeout,
		"ocr.timeout": c.OCR.Timeout, "speech.timeout": c.Speech.Timeout, "books.timeout": c.Books.Timeout} {
		if d <= 0 || d > time.Hour {
			bad(key, "%s: want more than 0 and at most 1h", d)
		}
	}
	if c.Reader.Lang != "en" && c.Reader.Lang != "de" && c.Reader.Lang != "ja" {
		bad("reader.lang", "%q: want en, de or ja", c.Reader.Lang)
	}
	if c.Reader.Country != "" && len(c.Reader.Country) != 2 {
		bad("reader.country", "%q: want two letters (ISO 3166-1)", c.Reader.Country)
	}
	for key, u := range map[string]string{"speech.url": c.Speech.URL, "books.orders_url": c.Books.OrdersURL, "server.base_url": c.Server.BaseURL} {
		if p, err := url.Parse(u); u != "" && (err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https") {
			bad(key, "%q is not an http or https address", u)
		}
	}
	for key, p := range map[string]string{"mail_auth.dns_file": c.MailAuth.File, "books.orders_file": c.Books.Orders,
		"books.outbound_file": c.Books.Outbound, "data.overlay": c.Data.Overlay,
		"calls.anchors": c.Calls.Anchors, "calls.certificates": c.Calls.Certificates, "calls.reported_file": c.Calls.Reported} {
		if _, err := os.Stat(p); p != "" && errors.Is(err, fs.ErrNotExist) {
			bad(key, "%s does not exist", p)
		}
	}
	if c.Calls.Certificates != "" && c.Calls.Anchors == "" {
		bad("calls.certificates", "needs calls.anchors: without a trust anchor no certificate is believed")
	}
	if c.MailAuth.CacheTime <= 0 || c.MailAuth.CacheTime > 366*24*time.Hour {
		bad("mail_auth.dns_cache_time", "%s: want more than 0 and at most a year", c.MailAuth.CacheTime)
	}
	if _, err := c.MailAuth.Networks(); err != nil {
		bad("mail_auth.trusted_networks", "%v", err)
	}
	if n := len(c.Books.VoucherKey); n > 0 && n < 32 {
		bad("books.voucher_key", "%d characters: want at least 32", n)
	}
	if n := len(c.Prints.Key); n > 0 && n < 32 {
		bad("fingerprint.key", "%d characters: want at least 32", n)
	}
	if c.Store.DSN == "" {
		bad("store.dsn", "is empty: want the path of a SQLite file or postgres://user@host/database")
	}
	c.Keys.check(bad)
	c.Audit.Anchor.check(bad)
	c.People.check(c.Server.BaseURL, bad)
	c.Reports.check(bad)
	c.Accounts.check(bad)
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "%q: want text or json", c.Log.Format)
	}
	sort.Slice(errs, func(i, j int) bool { return errs[i].Error() < errs[j].Error() })
	return errs
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return local.Host(host)
}

// Key describes one key of the configuration.
type Key struct {
	Name, Variable, Doc, Default string
	List, Secret                 bool
}

// Keys lists every key in the order of the file.
func Keys() []Key {
	var out []Key
	walk("", reflect.ValueOf(Default()), &out)
	return out
}

func walk(prefix string, v reflect.Value, out *[]Key) {
	for i := 0; i < v.NumField(); i++ {
		f := v.Type().Field(i)
		name := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			walk(name+".", v.Field(i), out)
			continue
		}
		def := fmt.Sprint(v.Field(i).Interface())
		if f.Type.Kind() == reflect.Slice {
			def = ""
		}
		*out = append(*out, Key{
			Name: name, Doc: f.Tag.Get("doc"), Default: def,
			Variable: Prefix + strings.ToUpper(strings.ReplaceAll(name, ".", "_")),
			List:     f.Type.Kind() == reflect.Slice, Secret: f.Tag.Get("secret") == "true",
		})
	}
}

// nearest suggests the key that was probably meant.
func nearest(key string, keys []Key) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, k := range keys {
		if strings.HasSuffix(k.Name, "."+last) {
			return fmt.Sprintf("; did you mean %s?", k.Name)
		}
	}
	return ""
}

// Markdown documents every key as a table.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| key | default | environment variable | meaning |\n|---|---|---|---|\n")
	for _, k := range Keys() {
		def := k.Default
		if def == "" {
			def = "(empty)"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", k.Name, def, k.Variable, k.Doc)
	}
	return b.String()
}
