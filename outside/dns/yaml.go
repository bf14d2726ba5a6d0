package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads records from YAML or JSON, by name:
//
//	sel._domainkey.example.org: "v=DKIM1; p=MIIB…"   # text alone is TXT
//	example.org:
//	  TXT: ["v=spf1 mx -all", ["one record ", "in two strings"]]
//	  MX: ["10 mx.example.org", [20, mx2.example.org]]
//	mx.example.org: {A: 192.0.2.1, AAAA: ["2001:db8::1"]}
//
// The records of a name may also be a list of such mappings. Aliases of YAML
// are refused. An error names the name and what was wrong.
func ParseYAML(raw []byte) (*Zone, error) {
	if len(raw) > maxFile {
		return nil, errTooLong
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("dns: records: %w", err)
	}
	z := &Zone{names: map[string]Records{}}
	if doc.Kind == 0 {
		return z, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, errors.New("dns: records: want a mapping of names")
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		name := top.Content[i].Value
		if err := z.addNode(name, top.Content[i+1], 0); err != nil {
			return nil, fmt.Errorf("dns: records of %q: %w", name, err)
		}
	}
	return z, nil
}

// addNode takes what stands behind a name.
func (z *Zone) addNode(name string, n *yaml.Node, depth int) error {
	switch n.Kind {
	case yaml.ScalarNode:
		return z.add(name, Records{TXT: []string{n.Value}})
	case yaml.SequenceNode:
		if depth > 0 {
			return errors.New("a list in a list")
		}
		for _, c := range n.Content {
			if err := z.addNode(name, c, depth+1); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if err := z.addKind(name, n.Content[i].Value, n.Content[i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("want text, a list or a mapping")
}

// addKind takes one record or a list of them.
func (z *Zone) addKind(name, kind string, n *yaml.Node) error {
	kind = strings.ToUpper(kind)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && !(kind == "MX" && isPair(n)) {
		items = n.Content
	}
	for _, item := range items {
		parts, err := strs(item)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		r, err := fromParts(kind, parts)
		if err != nil {
			return err
		}
		if err := z.add(name, r); err != nil {
			return err
		}
	}
	return nil
}

// isPair reports whether a list is one MX record: a number and a name.
func isPair(n *yaml.Node) bool {
	return len(n.Content) == 2 && n.Content[0].Kind == yaml.ScalarNode && n.Content[0].Tag == "!!int"
}

// strs returns a scalar, or the scalars of a list.
func strs(n *yaml.Node) ([]string, error) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	var out []string
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode {
			return nil, errors.New("want text or a list of texts")
		}
		out = append(out, c.Value)
	}
	if n.Kind != yaml.SequenceNode || len(out) == 0 {
		return nil, errors.New("want text or a list of texts")
	}
	return out, nil
}

// fromParts makes one record of the strings that were given for it.
func fromParts(kind string, parts []string) (r Records, err error) {
	switch kind {
	case "TXT":
		r.TXT = []string{strings.Join(parts, "")}
	case "A", "AAAA":
		ip, err := parseIP(kind, parts[0])
		if err != nil {
			return r, err
		}
		r.IP = []netip.Addr{ip}
	case "MX":
		words := strings.Fields(strings.Join(parts, " "))
		if len(words) != 2 {
			return r, errors.New("MX: want a number and a name")
		}
		pref, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil {
			return r, errors.New("MX: the first word is not a number up to 65535")
		}
		r.MX = []net.MX{{Host: words[1], Pref: uint16(pref)}}
	case "PTR":
		r.PTR = []string{parts[0]}
	case "CNAME":
		r.CNAME = parts[0]
	default:
		return r, fmt.Errorf("record type %q is not one of TXT, MX, A, AAAA, PTR, CNAME", kind)
	}
	return r, nil
}
