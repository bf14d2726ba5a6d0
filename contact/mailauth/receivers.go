package mailauth

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/net/publicsuffix"

	"bonafide/ident"
)

// Receiver is a mail provider whose own words in a mail can be recognised, for
// people who say where their mailbox is.
type Receiver struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Hosts, By and Unnamed are what Input wants as TrustedHosts, TrustedBy
	// and TrustUnnamed.
	Hosts   []string `yaml:"hosts"`
	By      []string `yaml:"by"`
	Unnamed bool     `yaml:"unnamed"`
	// Nets are the networks of its own hosts, for TrustedNets.
	Nets []netip.Prefix `yaml:"nets"`
	// Mailboxes are the domains of its own mailboxes.
	Mailboxes []ident.Domain `yaml:"mailboxes"`
	// Status is "confirmed" or "unverified", Source says where it is from.
	Status string   `yaml:"status"`
	Source []string `yaml:"source"`
}

// Sealer is a forwarder whose ARC seals are believed.
type Sealer struct {
	// Domain is d= of its seals, to the letter: no name below it counts.
	Domain ident.Domain `yaml:"domain"`
	Name   string       `yaml:"name"`
	Status string       `yaml:"status"`
	Source []string     `yaml:"source"`
}

// maxList bounds the files of receivers and sealers in bytes.
const maxList = 1 << 20

// readList reads a file of mailauth/ in the data folder.
func readList(fsys fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(fsys, "mailauth/"+name)
	if err != nil {
		return fmt.Errorf("mailauth: %w", err)
	}
	if len(raw) > maxList {
		return fmt.Errorf("mailauth: load %s: %d bytes: want at most %d", name, len(raw), maxList)
	}
	if err := yaml.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("mailauth: load %s: %w", name, err)
	}
	return nil
}

// LoadReceivers reads mailauth/receivers.yaml of the data folder. It refuses a
// receiver without id, source or anything to recognise it by.
func LoadReceivers(fsys fs.FS) ([]Receiver, error) {
	var file struct {
		Receivers []Receiver `yaml:"receivers"`
	}
	if err := readList(fsys, "receivers.yaml", &file); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, r := range file.Receivers {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("mailauth: load receivers: entry %d (%s): %w", i+1, r.ID, err)
		}
		if seen[r.ID] {
			return nil, fmt.Errorf("mailauth: load receivers: id %s stands twice", r.ID)
		}
		seen[r.ID] = true
	}
	return file.Receivers, nil
}

// LoadSealers reads mailauth/sealers.yaml of the data folder. It refuses one
// without source or status, or whose domain is a public suffix.
func LoadSealers(fsys fs.FS) ([]Sealer, error) {
	var file struct {
		Sealers []Sealer `yaml:"sealers"`
	}
	if err := readList(fsys, "sealers.yaml", &file); err != nil {
		return nil, err
	}
	seen := map[ident.Domain]bool{}
	for i, s := range file.Sealers {
		switch {
		case asciiDomain(string(s.Domain)) != s.Domain || !isMailDomain(s.Domain) || suffix(s.Domain):
			return nil, fmt.Errorf("mailauth: load sealers: entry %d: %q is not a registered domain in lower case", i+1, s.Domain)
		case s.Name == "" || len(s.Source) == 0 || !known(s.Status):
			return nil, fmt.Errorf("mailauth: load sealers: entry %d (%s): want name, source, and status confirmed or unverified", i+1, s.Domain)
		case seen[s.Domain]:
			return nil, fmt.Errorf("mailauth: load sealers: %s stands twice", s.Domain)
		}
		seen[s.Domain] = true
	}
	return file.Sealers, nil
}

// Believe adds the sealers that are confirmed to those that an Input believes.
func (in *Input) Believe(sealers []Sealer) {
	for _, s := range sealers {
		if s.Status == confirmed {
			in.TrustedSealers = append(in.TrustedSealers, s.Domain)
		}
	}
}

// Sure reports whether what is known of a receiver was confirmed. Of one that
// is not nothing is believed.
func (r Receiver) Sure() bool { return r.Status == confirmed }

const (
	confirmed  = "confirmed"
	unverified = "unverified"
)

func known(status string) bool { return status == confirmed || status == unverified }

// suffix reports whether a domain is a public suffix, under which anybody may
// register.
func suffix(d ident.Domain) bool {
	s, _ := publicsuffix.PublicSuffix(string(d))
	return s == string(d)
}

// check refuses what would trust too much or nothing.
func (r Receiver) check() error {
	if r.ID == "" || len(r.Source) == 0 || !known(r.Status) {
		return fmt.Errorf("want id, source, and status confirmed or unverified")
	}
	if len(r.Hosts) == 0 && !r.Unnamed {
		return fmt.Errorf("want hosts, or unnamed")
	}
	for _, n := range r.Nets {
		if !n.IsValid() || n.Bits() < 16 {
			return fmt.Errorf("network %v is wider than /16", n)
		}
	}
	for _, h := range append(append([]string{}, r.Hosts...), r.By...) {
		if !isDNSName(strings.TrimPrefix(h, ".")) || !strings.Contains(strings.Trim(h, "."), ".") {
			return fmt.Errorf("host %q is not a name of two labels or more", h)
		}
	}
	return nil
}

// Trust adds what a receiver writes to what an Input believes. One that is
// unverified is passed over: it may explain, but never clear.
func (in *Input) Trust(r Receiver) {
	if !r.Sure() {
		return
	}
	in.TrustedHosts = append(in.TrustedHosts, r.Hosts...)
	in.TrustedBy = append(in.TrustedBy, r.By...)
	in.TrustedNets = append(in.TrustedNets, r.Nets...)
	in.TrustUnnamed = in.TrustUnnamed || r.Unnamed
}
