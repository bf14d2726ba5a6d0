package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/account/event"
)

// A decision table says the same as rules, one a row: input columns with a cell
// each, and what follows where all cells of a row hold. It is turned into rules
// when the policy is loaded, so that cost, types, reasons, replay and precision
// are those of rules; only that a row may end its table is its own. The hit
// policies are those of DMN (OMG DMN 1.5, 8.2.11): first, unique, collect with sum.

// Bounds of decision tables. Their rows count as rules (maxRules).
const (
	maxTables = 32
	maxInputs = 8
	maxRows   = 100
)

// Hit policies of tables.
const (
	hitFirst   = "first"
	hitUnique  = "unique"
	hitCollect = "collect"
)

// Table is a decision table as it stands in the policy, for people.
type Table struct {
	ID   string
	Line int
	// Hit is first (the first row that holds), unique (rows never hold together) or
	// collect (all that hold; their scores add up).
	Hit string
	// Step is that of the story that its rows are evidence for; empty for none.
	Step   string
	On     []event.Type
	Inputs []string
	Rows   []Row

	columns []column
}

// Row is a row of a table.
type Row struct {
	// Rule is the row among Policy.Rules, which has what follows from it.
	Rule, Line int
	// Cells are what it asks of each input, as they are written.
	Cells []string
}

// column is an input of a table: a name that expressions know.
type column struct {
	name   string
	kind   kind
	symbol int
}

type tableFile struct {
	Table    source      `yaml:"table"`
	On       words       `yaml:"on"`
	Hit      source      `yaml:"hit"`
	Step     string      `yaml:"step"`
	Inputs   []inputFile `yaml:"inputs"`
	Rows     []rowFile   `yaml:"rows"`
	Reason   Text        `yaml:"reason"`
	Support  Text        `yaml:"support"`
	Customer Text        `yaml:"customer"`
}

// inputFile is a name, or a name of its own for an expression.
type inputFile struct{ Input, Is source }

// UnmarshalYAML takes a name for an input of this name.
func (f *inputFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return f.Input.UnmarshalYAML(n)
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: an input is a name, or {input: name, is: expression}", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		to := map[string]*source{"input": &f.Input, "is": &f.Is}[n.Content[i].Value]
		if to == nil {
			return fmt.Errorf("line %d: an input has input and is, and no %q", n.Content[i].Line, n.Content[i].Value)
		}
		if err := to.UnmarshalYAML(n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

type rowFile struct {
	ID       string     `yaml:"id"`
	When     words      `yaml:"when"`
	Score    int64      `yaml:"score"`
	Action   string     `yaml:"action"`
	Shop     []shopFile `yaml:"shop"`
	Reason   Text       `yaml:"reason"`
	Support  Text       `yaml:"support"`
	Customer Text       `yaml:"customer"`
}

// tables turns the rows of all tables into rules, after those of the file.
func (l *loader) tables() error {
	if len(l.file.Tables) > maxTables {
		return l.file.Tables[maxTables].Table.wrong("%d tables are more than %d", len(l.file.Tables), maxTables)
	}
	rows := len(l.file.Rules)
	for i := range l.file.Tables {
		if rows += len(l.file.Tables[i].Rows); rows > maxRules {
			return l.file.Tables[i].Table.wrong("the policy has more than %d rules and rows of tables", maxRules)
		}
	}
	for i := range l.file.Tables {
		if err := l.table(&l.file.Tables[i], i+1); err != nil {
			return err
		}
	}
	return nil
}

// check looks at what of a table needs nothing else to be known.
func (f *tableFile) check() error {
	at := f.Table
	switch {
	case !name.MatchString(at.text) || len(at.text) > 36:
		return at.wrong("the name of a table has small letters, digits and _, at most 36")
	case f.Hit.text != hitFirst && f.Hit.text != hitUnique && f.Hit.text != hitCollect:
		if f.Hit.line > 0 {
			at = f.Hit
		}
		return at.wrong("hit is first (the first row that holds), unique (no two rows can hold) or collect (all that hold, scores added)")
	case len(f.Inputs) == 0 || len(f.Inputs) > maxInputs:
		return at.wrong("a table has 1 to %d inputs", maxInputs)
	case len(f.Rows) == 0 || len(f.Rows) > maxRows:
		return at.wrong("a table has 1 to %d rows", maxRows)
	}
	return nil
}

func (l *loader) table(f *tableFile, number int) error {
	if err := f.check(); err != nil {
		return err
	}
	columns, err := l.columns(f)
	if err != nil {
		return err
	}
	t := Table{ID: f.Table.text, Line: f.Table.line, Hit: f.Hit.text, Step: f.Step, columns: columns}
	for _, on := range f.On {
		t.On = append(t.On, event.Type(on.text))
	}
	for i := range f.Inputs {
		t.Inputs = append(t.Inputs, f.Inputs[i].Input.text)
	}
	rows := make([][]cell, len(f.Rows))
	for i := range f.Rows {
		r := &f.Rows[i]
		at := f.at(i)
		switch {
		case len(r.When) != len(columns):
			return at.wrong("row %d has %d cells: it has one for each of the %d inputs, \"-\" where any value will do", i+1, len(r.When), len(columns))
		case r.Score < 0 && f.Step != "":
			return at.wrong("row %d: a table that is evidence for a step has no score below zero", i+1)
		}
		for n, s := range r.When {
			c, err := l.cell(s, columns[n])
			if err != nil {
				return err
			}
			rows[i] = append(rows[i], c)
		}
		t.Rows = append(t.Rows, Row{Rule: len(l.file.Rules), Line: at.line, Cells: r.When.texts()})
		l.file.Rules = append(l.file.Rules, f.rule(i, number, condition(columns, rows[i])))
	}
	l.p.Tables = append(l.p.Tables, t)
	return l.overlaps(f, rows, columns)
}

// at is where a row stands.
func (f *tableFile) at(row int) source {
	if r := &f.Rows[row]; len(r.When) > 0 {
		return r.When[0]
	}
	return f.Table
}

// columns reads the inputs: a name stays what it is, an expression becomes a fact
// that is computed once an event.
func (l *loader) columns(f *tableFile) (out []column, err error) {
	for i := range f.Inputs {
		in := &f.Inputs[i]
		is := in.Is
		if is.text == "" {
			is = in.Input
		}
		c := column{name: strings.TrimSpace(is.text)}
		if n, ok := l.p.byName[c.name]; ok {
			c.kind, c.symbol = l.p.symbols[n].kind, n
		} else {
			if !name.MatchString(in.Input.text) {
				return nil, in.Input.wrong("is no value here: give the name of a field, window, fact, list or score, or a name of your own with its expression under is")
			}
			e, err := l.compile(is, boolean, integer, fraction, length)
			if err != nil {
				return nil, err
			}
			l.lint(e)
			c = column{f.Table.text + "." + in.Input.text, e.kind, len(l.p.symbols)}
			if err := l.declare(symbol{name: c.name, kind: c.kind, what: fact, src: in.Input, expr: e}); err != nil {
				return nil, err
			}
		}
		if c.kind == texts || c.kind == moment {
			return nil, is.wrong("an input is a text, a number, a length of time, or true or false: %s is %s", c.name, c.kind)
		}
		out = append(out, c)
	}
	return out, nil
}

// rule is a row as a rule.
func (f *tableFile) rule(i, number int, when string) ruleFile {
	r, at := &f.Rows[i], f.at(i)
	own := r.ID
	if own == "" {
		own = strconv.Itoa(i + 1)
	}
	out := ruleFile{ID: at, On: f.On, When: at, Score: r.Score, Step: f.Step, Action: r.Action, Shop: r.Shop,
		Reason: rowText(r.Reason, f.Reason, own), Support: rowText(r.Support, f.Support, own), Customer: rowText(r.Customer, f.Customer, own), table: number, row: i + 1}
	out.ID.text = f.Table.text + "_" + own
	out.When.text, out.When.indent = when, -1
	if out.Score <= 0 {
		out.Step = ""
	}
	return out
}

// rowText is the text of a row, or that of its table with the row's name.
func rowText(own, table Text, row string) Text {
	if len(own) > 0 {
		return own
	}
	var out Text
	for lang, s := range table {
		if out == nil {
			out = Text{}
		}
		out[lang] = strings.ReplaceAll(s, "{row}", row)
	}
	return out
}

// Held is a row of a table that held, with what the event had.
type Held struct {
	// Table is the name of the table, Hit its hit policy, Row the row from 1.
	Table string     `json:"table"`
	Hit   string     `json:"hit" enum:"first,unique,collect"`
	Row   int        `json:"row" doc:"From 1."`
	Cells []HeldCell `json:"cells"`
}

// HeldCell is one input: what the row asked, "-" for anything, and the value that the event
// had; empty where it was not computed.
type HeldCell struct {
	Input string `json:"input"`
	Asked string `json:"asked" doc:"What the row asks; - for anything."`
	Value string `json:"value,omitempty" doc:"What the event had; identifiers are shortened."`
}

// Held explains a hit of a result by the row of a table that it is, with values in
// a language; nil where the hit is a rule of its own.
func (p *Policy) Held(h Hit, r *Result, e *event.Event, lang string) *Held {
	if h.Rule < 0 || h.Rule >= len(p.Rules) || p.Rules[h.Rule].table == 0 {
		return nil
	}
	rule := &p.Rules[h.Rule]
	t := &p.Tables[rule.table-1]
	out := &Held{Table: t.ID, Hit: t.Hit, Row: rule.row}
	f := p.frame()
	f.start(e)
	f.given = p.seen(r.Saw)
	if r.Learned != nil {
		f.chance = r.Learned.Chance
	}
	for i, c := range t.columns {
		x := HeldCell{Input: t.Inputs[i], Asked: t.Rows[rule.row-1].Cells[i]}
		if v, err := f.get(c.symbol); err == nil {
			x.Value = p.cellText(&p.symbols[c.symbol], v, e, lang)
		}
		out.Cells = append(out.Cells, x)
	}
	return out
}

// cellText writes the value of an input for people; identifiers are masked.
func (p *Policy) cellText(s *symbol, v value, e *event.Event, lang string) string {
	switch {
	case s.what == field && s.field.Class == event.Personal && v.s != "":
		return masked(v.s)
	case s.kind == boolean:
		return yesNo(v.i != 0, lang)
	case s.kind == length:
		return minutes(time.Duration(v.i)*time.Microsecond, lang)
	case s.kind == fraction:
		return strconv.FormatFloat(v.f, 'g', 4, 64)
	case s.kind == text:
		return v.s
	case s.what == field && strings.HasSuffix(s.name, "amount"):
		return money(v.i, currencyOf(e), lang)
	}
	return strconv.FormatInt(v.i, 10)
}
