package event

import (
	"fmt"
	"strconv"
	"strings"
)

// path is a place in foreign JSON, in a small part of JSONPath (RFC 9535):
// $ (the whole), .name, ['any name'] and [0]; no wildcards, filters or slices.
type path []step

type step struct {
	name string
	at   int // of a list, when name is empty
	list bool
}

func parsePath(s string) (path, error) {
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, fmt.Errorf("a path begins with $: %q", clip(s))
	}
	var out path
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['"):
			end := strings.Index(rest, "']")
			if end < 0 {
				return nil, fmt.Errorf("['…'] has no end in %q", clip(s))
			}
			out = append(out, step{name: rest[2:end]})
			rest = rest[end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, fmt.Errorf("[ has no end in %q", clip(s))
			}
			n, err := strconv.Atoi(rest[1:end])
			if err != nil || n < 0 || n > MaxItems {
				return nil, fmt.Errorf("[%s] is no place in a list in %q", clip(rest[1:end]), clip(s))
			}
			out = append(out, step{at: n, list: true})
			rest = rest[end+1:]
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			if end == 1 {
				return nil, fmt.Errorf("a name is missing in %q", clip(s))
			}
			out = append(out, step{name: rest[1:end]})
			rest = rest[end:]
		default:
			return nil, fmt.Errorf("what follows $ must be .name, ['name'] or [0] in %q", clip(s))
		}
		if len(out) > MaxDepth {
			return nil, fmt.Errorf("%q is deeper than %d", clip(s), MaxDepth)
		}
	}
	return out, nil
}

// find returns the value at the path, nil where it is absent or null.
func (p path) find(n *node) *node {
	for _, s := range p {
		if s.list {
			if n.shape != list || s.at >= len(n.nodes) {
				return nil
			}
			n = &n.nodes[s.at]
		} else if n = n.get(s.name); n == nil {
			return nil
		}
	}
	if n.shape == null {
		return nil
	}
	return n
}
