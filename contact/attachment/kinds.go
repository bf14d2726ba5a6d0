package attachment

import (
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// kindsFile is where the table stands in the data.
const kindsFile = "attachment/kinds.yaml"

// Kinds tells by the ending of a file's name what kind of file it is. It does
// not change after Load and may be shared.
type Kinds struct {
	byEnding map[string]*kind
}

type kind struct {
	ID      string   `yaml:"id"`
	Traits  []string `yaml:"traits"`
	Source  []string `yaml:"source"`
	Endings []string `yaml:"endings"`
}

// Load reads the table of kinds from the data. It returns an error when the
// file is missing, cannot be read, or names an ending twice.
func Load(fsys fs.FS) (*Kinds, error) {
	raw, err := fs.ReadFile(fsys, kindsFile)
	if err != nil {
		return nil, fmt.Errorf("attachment: read kinds of files: %w", err)
	}
	var file struct {
		AsOf   string            `yaml:"as_of"`
		Source map[string]string `yaml:"source"`
		Kinds  []*kind           `yaml:"kinds"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("attachment: %s is not readable YAML: %w", kindsFile, err)
	}
	k := &Kinds{byEnding: make(map[string]*kind)}
	for _, one := range file.Kinds {
		for _, s := range one.Source {
			if file.Source[s] == "" {
				return nil, fmt.Errorf("attachment: %s: kind %s names the source %q, which is not listed", kindsFile, one.ID, s)
			}
		}
		for _, e := range one.Endings {
			if k.byEnding[e] != nil || e != strings.ToLower(e) {
				return nil, fmt.Errorf("attachment: %s: ending %q is given twice or not in lower case", kindsFile, e)
			}
			k.byEnding[e] = one
		}
	}
	if len(k.byEnding) == 0 {
		return nil, fmt.Errorf("attachment: %s holds no kinds", kindsFile)
	}
	return k, nil
}

func (k *Kinds) traits(ending string) []string {
	if k == nil || k.byEnding[ending] == nil {
		return nil
	}
	return k.byEnding[ending].Traits
}

// id returns the kind of an ending, empty when it is not listed.
func (k *Kinds) id(ending string) string {
	if k == nil || k.byEnding[ending] == nil {
		return ""
	}
	return k.byEnding[ending].ID
}

// family returns which family of contents an ending promises.
func (k *Kinds) family(ending string) string {
	switch id := k.id(ending); {
	case ending == "pdf":
		return "pdf"
	case id == "picture", id == "page", id == "program", id == "archive", id == "sound_or_film", id == "disk_image", id == "shortcut":
		return id
	case id == "document":
		return "document"
	}
	return ""
}
