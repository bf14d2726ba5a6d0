package link

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"bonafide/ident"
)

// Lists is what must be known about the web to read an address: shorteners,
// redirectors, shared hosting, oddities, and how addresses are spelled out in
// text. It is data (data/links) and immutable after Load. A nil or zero Lists
// knows nothing.
type Lists struct {
	shorteners  map[string]bool
	redirectors map[string][]redirector // by host
	carriers    map[string][]string     // host -> path prefixes
	hosting     map[string][]string     // host -> path prefixes
	odd         oddFile
	oddTLD      map[string]bool
	find        findFile
	wordTLD     map[string]bool
	fileTLD     map[string]bool
	strongTLD   map[string]bool
	commaTLD    map[string]bool
}

type header struct {
	AsOf   string `yaml:"as_of"`
	Source string `yaml:"source"`
}

type redirector struct {
	Host   string   `yaml:"host"`
	Path   string   `yaml:"path"`
	Params []string `yaml:"params"`
	InPath bool     `yaml:"in_path"`
	Marker string   `yaml:"marker"`
	End    string   `yaml:"end"`
	Decode string   `yaml:"decode"`
	Prefix string   `yaml:"prefix"`
	Kind   string   `yaml:"kind"`
}

type place struct {
	Host string `yaml:"host"`
	Path string `yaml:"path"`
}

type oddFile struct {
	header       `yaml:",inline"`
	TLDs         []string `yaml:"tlds"`
	DynamicDNS   []string `yaml:"dynamic_dns"`
	IPFS         []string `yaml:"ipfs_gateways"`
	AMP          []string `yaml:"amp_hosts"`
	Ports        []int    `yaml:"usual_ports"`
	LabelsBefore int      `yaml:"labels_before"`
	HostBytes    int      `yaml:"host_bytes"`
}

type findFile struct {
	header   `yaml:",inline"`
	Dot      []string `yaml:"dot"`
	Dash     []string `yaml:"dash"`
	Slash    []string `yaml:"slash"`
	Strong   []string `yaml:"strong_tlds"`
	Comma    []string `yaml:"comma_tlds"`
	WordTLDs []string `yaml:"word_tlds"`
	FileTLDs []string `yaml:"file_tlds"`
}

// Load reads the lists of links/*.yaml. An error names the file and the line.
func Load(fsys fs.FS) (*Lists, error) {
	var short struct {
		header `yaml:",inline"`
		Hosts  []string `yaml:"hosts"`
	}
	var redirect struct {
		header      `yaml:",inline"`
		Redirectors []redirector `yaml:"redirectors"`
		Carriers    []place      `yaml:"carriers"`
	}
	var host struct {
		header  `yaml:",inline"`
		Hosting []place `yaml:"hosting"`
	}
	l := &Lists{}
	for name, into := range map[string]any{
		"links/shorteners.yaml": &short, "links/redirectors.yaml": &redirect,
		"links/hosting.yaml": &host, "links/odd.yaml": &l.odd, "links/find.yaml": &l.find,
	} {
		if err := decode(fsys, name, into); err != nil {
			return nil, err
		}
	}
	l.shorteners = set(short.Hosts)
	l.oddTLD, l.wordTLD = set(l.odd.TLDs), set(l.find.WordTLDs)
	l.fileTLD, l.strongTLD = set(l.find.FileTLDs), set(l.find.Strong)
	l.commaTLD = set(l.find.Comma)
	l.carriers, l.hosting = byHost(redirect.Carriers), byHost(host.Hosting)
	l.redirectors = make(map[string][]redirector, len(redirect.Redirectors))
	for i, r := range redirect.Redirectors {
		if !slices.Contains([]string{"open", "tracking", "shield", "amp"}, r.Kind) || r.Host == "" {
			return nil, fmt.Errorf("link: links/redirectors.yaml: redirector %d (%s): kind %q: want open, tracking, shield or amp, and a host", i+1, r.Host, r.Kind)
		}
		l.redirectors[r.Host] = append(l.redirectors[r.Host], r)
	}
	return l, nil
}

// decode reads one YAML file strictly: an unknown key is an error.
func decode(fsys fs.FS, name string, into any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("link: read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && err != io.EOF {
		return fmt.Errorf("link: %s: %w", name, err)
	}
	return nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

func byHost(list []place) map[string][]string {
	m := make(map[string][]string, len(list))
	for _, p := range list {
		m[p.Host] = append(m[p.Host], p.Path)
	}
	return m
}

// above calls f with host and every name above it, until f returns true.
func above(host ident.Domain, f func(name string) bool) bool {
	for s := string(host); s != ""; {
		if f(s) {
			return true
		}
		dot := strings.IndexByte(s, '.')
		if dot < 0 {
			return false
		}
		s = s[dot+1:]
	}
	return false
}

func (l *Lists) at(m map[string][]string, a *Analysis) bool {
	return above(a.Host, func(name string) bool {
		for _, path := range m[name] {
			if strings.HasPrefix(a.Path, path) {
				return true
			}
		}
		return false
	})
}

// mark fills what only the lists know about one address.
func (l *Lists) mark(a *Analysis) {
	if a.Host != "" {
		bare := strings.TrimPrefix(string(a.Host), "www.")
		a.Shortener = l.shorteners[bare] || l.shorteners[string(a.Registrable)]
		a.Hosting = a.Hosting || l.at(l.hosting, a)
	}
	add := func(yes bool, o Oddity) {
		if yes {
			a.Odd = append(a.Odd, o)
		}
	}
	add(l.oddTLD[lastLabel(string(a.Host))], OddTLD)
	add(under(a.Host, l.odd.DynamicDNS), DynamicDNS)
	add(under(a.Host, l.odd.IPFS) || a.Scheme == "ipfs" || a.Scheme == "ipns" || ipfsPath(a), IPFS)
	add(under(a.Host, l.odd.AMP), AMP)
	add(l.long(a), LongHost)
	add(a.Port != 0 && len(l.odd.Ports) > 0 && !slices.Contains(l.odd.Ports, a.Port), OddPort)
	add(len(a.Mixed) > 0, MixedScript)
}

func (l *Lists) long(a *Analysis) bool {
	if a.Registrable == "" || l.odd.HostBytes == 0 {
		return false
	}
	before := strings.Count(strings.TrimSuffix(string(a.Host), string(a.Registrable)), ".")
	return before > l.odd.LabelsBefore || len(a.Host) > l.odd.HostBytes
}

// ipfsPath reports a path of the form /ipfs/<content id> or an ipfs label.
func ipfsPath(a *Analysis) bool {
	return strings.HasPrefix(a.Path, "/ipfs/") || strings.HasPrefix(a.Path, "/ipns/") || strings.Contains(string(a.Host), ".ipfs.")
}

func under(host ident.Domain, list []string) bool {
	for _, s := range list {
		if host.Under(ident.Domain(s)) {
			return true
		}
	}
	return false
}

func lastLabel(host string) string { return host[strings.LastIndexByte(host, '.')+1:] }

// OddTLD reports whether a host ends as hardly any large shop's does
// (links/odd.yaml).
func (l *Lists) OddTLD(host ident.Domain) bool { return l.oddTLD[lastLabel(string(host))] }
