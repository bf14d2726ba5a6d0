// Package retention knows how long each kind of record is kept, on what basis,
// and what happens then (data/retention/records.yaml).
//
// It erases nothing and reads no clock: desk/privacy does what it says, and
// docs/privacy.md shows it.
//
//	table, err := retention.Load(data.FS)
//	days := table.Kind("report").Days
package retention

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/access"
)

// Happens is what comes when the time of a record is over.
type Happens string

// What may happen. Records that are Erased go by themselves.
const (
	Erase    Happens = "erase"
	With     Happens = "with"
	Request  Happens = "request"
	Keep     Happens = "keep"
	Operator Happens = "operator"
	None     Happens = "none"
)

// MaxDays bounds what an overlay may set: ten years.
const MaxDays = 3650

// Kind is one kind of record.
type Kind struct {
	Name string `yaml:"-"`
	// What says what it is, for documentation.
	What string `yaml:"what"`
	// Tables are those of the database that hold it.
	Tables []string `yaml:"tables"`
	// Days is for how long it is kept, from what From says; 0 where none are told.
	Days int    `yaml:"days"`
	From string `yaml:"from"`
	// With names the kind that it goes with.
	With    string  `yaml:"with"`
	Happens Happens `yaml:"happens"`
	// Hold: records of the kind can be held.
	Hold bool `yaml:"hold"`
	// Basis is on what right it is kept, Source why so long, Status whether a law
	// says so or it is our own choice.
	Basis  string `yaml:"basis"`
	Source string `yaml:"source"`
	Status string `yaml:"status"`
}

// Before is the time before which records of the kind are past theirs.
func (k Kind) Before(now time.Time) time.Time { return now.AddDate(0, 0, -k.Days) }

// Count is what a run did with the records of one kind of a tenant.
type Count struct {
	// Tenant is empty where records belong to none, or are not counted by tenant.
	Tenant access.Tenant `json:"tenant,omitempty"`
	Kind   string        `json:"kind"`
	Erased int64         `json:"erased"`
	// Held are past their time and stay, because a hold keeps them.
	Held int64 `json:"held,omitempty"`
}

// Table is all kinds of records.
type Table struct {
	AsOf  string
	kinds []Kind
}

// Load reads retention/records.yaml and refuses a table that says too little.
func Load(fsys fs.FS) (*Table, error) {
	const name = "retention/records.yaml"
	raw, err := fs.ReadFile(fsys, name)
	var file struct {
		AsOf  string    `yaml:"as_of"`
		Kinds yaml.Node `yaml:"kinds"`
	}
	if err == nil {
		err = yaml.Unmarshal(raw, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("retention: read %s: %w", name, err)
	}
	t := &Table{AsOf: file.AsOf}
	for i := 0; i+1 < len(file.Kinds.Content); i += 2 {
		k := Kind{Name: file.Kinds.Content[i].Value}
		if err := file.Kinds.Content[i+1].Decode(&k); err != nil {
			return nil, fmt.Errorf("retention: %s: %s: %w", name, k.Name, err)
		}
		t.kinds = append(t.kinds, k)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("retention: %s: %w", name, err)
	}
	return t, nil
}

// required are the kinds that the program itself asks for.
func required() []string {
	return []string{"report", "session", "ticket", "attempt", "api_key", "hold", "erasure", "certificate", "backup", "decision", "event"}
}

func (t *Table) check() error {
	if t.AsOf == "" {
		return fmt.Errorf("as_of is missing: say when it was looked at last")
	}
	for _, name := range required() {
		if t.Kind(name).Name == "" {
			return fmt.Errorf("%s is missing: it has to be among the kinds", name)
		}
	}
	seen := map[string]string{}
	for _, k := range t.kinds {
		if k.What == "" || k.Basis == "" || k.Source == "" || k.Status == "" {
			return fmt.Errorf("%s needs what, basis, source and status", k.Name)
		}
		if k.Days < 0 || k.Days > MaxDays {
			return fmt.Errorf("%s has %d days: want 0 to %d", k.Name, k.Days, MaxDays)
		}
		if err := t.checkHappens(k); err != nil {
			return err
		}
		for _, table := range k.Tables {
			if seen[table] != "" {
				return fmt.Errorf("table %s is in %s and in %s: want one", table, seen[table], k.Name)
			}
			seen[table] = k.Name
		}
	}
	if b := t.Kind("backup").Days; t.Kind("erasure").Days <= b {
		return fmt.Errorf("erasure is kept for %d days and backup for %d: what was erased would come back from the oldest backup", t.Kind("erasure").Days, b)
	}
	return nil
}

func (t *Table) checkHappens(k Kind) error {
	switch k.Happens {
	case Erase:
		if k.From == "" || k.Days < 1 && slices.Contains([]string{"report", "decision", "api_key", "hold", "erasure", "certificate"}, k.Name) {
			return fmt.Errorf("%s is erased, and needs days of at least 1 and from what they count", k.Name)
		}
	case With:
		if t.Kind(k.With).Name == "" {
			return fmt.Errorf("%s goes with %q, which is no kind", k.Name, k.With)
		}
	case Request, Keep, Operator, None:
	default:
		return fmt.Errorf("%s: happens is %q: want erase, with, request, keep, operator or none", k.Name, k.Happens)
	}
	return nil
}

// Kind returns a kind by its name; the zero Kind where there is none.
func (t *Table) Kind(name string) Kind {
	for _, k := range t.kinds {
		if k.Name == name {
			return k
		}
	}
	return Kind{}
}

// Kinds returns all kinds in the order of the file.
func (t *Table) Kinds() []Kind { return slices.Clone(t.kinds) }

// Of returns the kind that a table of the database holds; the zero Kind where
// none does.
func (t *Table) Of(table string) Kind {
	for _, k := range t.kinds {
		if slices.Contains(k.Tables, table) {
			return k
		}
	}
	return Kind{}
}

// Markdown prints the table for docs/privacy.md.
func (t *Table) Markdown() string {
	var b strings.Builder
	b.WriteString("| kind | what | kept for | basis | why so long |\n|---|---|---|---|---|\n")
	for _, k := range t.kinds {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.Name, k.What, k.time(), k.Basis, k.Source)
	}
	fmt.Fprintf(&b, "\nAs of %s. Held kinds: ", t.AsOf)
	var held []string
	for _, k := range t.kinds {
		if k.Hold {
			held = append(held, "`"+k.Name+"`")
		}
	}
	b.WriteString(strings.Join(held, ", ") + ".\n")
	return b.String()
}

// time says in a few words how long a kind is kept and what happens then.
func (k Kind) time() string {
	switch k.Happens {
	case Erase:
		if k.Days == 0 {
			return "until " + k.From + ", then erased"
		}
		return fmt.Sprintf("%s from %s, then erased", days(k.Days), k.From)
	case With:
		return "as long as `" + k.With + "`"
	case Request:
		return "until an erasure is asked for"
	case Keep:
		return "kept"
	case Operator:
		if k.Days == 0 {
			return "the operator's to erase"
		}
		return fmt.Sprintf("advice: %s from %s; the operator's to erase", days(k.Days), k.From)
	}
	return "not kept"
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
