package mailauth

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strings"

	"go.yaml.in/yaml/v3"

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
	// Sealers are the domains that it signs ARC seals with.
	Sealers []ident.Domain `yaml:"sealers"`
	// Mailboxes are the domains of its own mailboxes.
	Mailboxes []ident.Domain `yaml:"mailboxes"`
	// Status is "confirmed" or "unverified", Source says where it is from.
	Status string   `yaml:"status"`
	Source []string `yaml:"source"`
}

// maxReceivers bounds the file of receivers in bytes.
const maxReceivers = 1 << 20

// LoadReceivers reads mailauth/receivers.yaml of the data folder. It refuses a
// receiver without id, source or anything to recognise it by.
func LoadReceivers(fsys fs.FS) ([]Receiver, error) {
	const name = "mailauth/receivers.yaml"
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("mailauth: load receivers: %w", err)
	}
	if len(raw) > maxReceivers {
		return nil, fmt.Errorf("mailauth: load receivers: %s has %d bytes: want at most %d", name, len(raw), maxReceivers)
	}
	var file struct {
		AsOf      string     `yaml:"as_of"`
		Receivers []Receiver `yaml:"receivers"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("mailauth: load receivers: %s: %w", name, err)
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

// check refuses what would trust too much or nothing.
func (r Receiver) check() error {
	if r.ID == "" || len(r.Source) == 0 || (r.Status != "confirmed" && r.Status != "unverified") {
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
	if r.Status != "confirmed" {
		return
	}
	in.TrustedHosts = append(in.TrustedHosts, r.Hosts...)
	in.TrustedBy = append(in.TrustedBy, r.By...)
	in.TrustedNets = append(in.TrustedNets, r.Nets...)
	in.TrustUnnamed = in.TrustUnnamed || r.Unnamed
	in.TrustedSealers = append(in.TrustedSealers, r.Sealers...)
}
