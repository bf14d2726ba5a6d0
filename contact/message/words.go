package message

import (
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Words are the words of chat programs' own in exported chats. Immutable after
// Load and safe for concurrent use; the zero value knows none.
type Words struct {
	self           map[string]bool
	am, pm         []string
	omitted        map[string]bool
	before, after  []string
	system         []string
	systemMaxBytes int
}

// Load reads message/chat.yaml of the data folder.
func Load(fsys fs.FS) (*Words, error) {
	const name = "message/chat.yaml"
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("message: read %s: %w", name, err)
	}
	var f struct {
		Self           []string `yaml:"self"`
		AM             []string `yaml:"am"`
		PM             []string `yaml:"pm"`
		Omitted        []string `yaml:"omitted"`
		AttachedBefore []string `yaml:"attached_before"`
		AttachedAfter  []string `yaml:"attached_after"`
		System         []string `yaml:"system"`
		SystemBytes    int      `yaml:"system_bytes"`
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("message: parse %s: %w", name, err)
	}
	if len(f.Self) == 0 || len(f.AM) == 0 || len(f.PM) == 0 || f.SystemBytes <= 0 {
		return nil, fmt.Errorf("message: %s: want self, am, pm and system_bytes", name)
	}
	return &Words{
		self: set(f.Self), am: f.AM, pm: f.PM, omitted: set(f.Omitted),
		before: f.AttachedBefore, after: f.AttachedAfter, system: f.System, systemMaxBytes: f.SystemBytes,
	}, nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[strings.ToLower(s)] = true
	}
	return m
}

func (w *Words) isSelf(name string) bool {
	return w != nil && w.self[strings.ToLower(strings.TrimSpace(name))]
}

// isSystem reports whether a chat program wrote the text.
func (w *Words) isSystem(text string) bool {
	if w == nil || len(text) > w.systemMaxBytes {
		return false
	}
	low := strings.ToLower(strings.TrimSpace(text))
	for _, s := range w.system {
		// Short ones must be the whole text: anybody may write "null".
		if low == s || (len(s) > 8 && strings.Contains(low, s) && len(low) < 4*len(s)+60) {
			return true
		}
	}
	return false
}

// attachment returns the name of the file that a text stands for; "" with true
// means a file whose name the export left out.
func (w *Words) attachment(text string) (name, rest string, ok bool) {
	if w == nil {
		return "", "", false
	}
	text = strings.TrimSpace(text)
	first, more, _ := strings.Cut(text, "\n")
	low := strings.ToLower(first)
	if w.omitted[low] {
		return "", strings.TrimSpace(more), true
	}
	for _, b := range w.before {
		if strings.HasPrefix(low, b) && strings.HasSuffix(low, ">") && len(low) == len(first) {
			return first[len(b) : len(first)-1], strings.TrimSpace(more), true
		}
	}
	for _, a := range w.after {
		if strings.HasSuffix(low, a) && len(low) == len(first) {
			return first[:len(first)-len(a)], strings.TrimSpace(more), true
		}
	}
	return "", "", false
}
