package eval

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"bonafide/eval/corpus"
	"bonafide/eval/score"
	"bonafide/fault"
)

// The marks of the block that WriteMarkdown writes and WriteInto replaces.
const (
	blockStart = "<!-- table -->"
	blockEnd   = "<!-- /table -->"
)

// table is one table of a report, for either way of writing it.
type table struct {
	title string
	head  []string
	rows  [][]string
	note  string
}

// few is the number of contacts below which a language gets no row of its own
// in print (in JSON it does).
const few = 20

// tables are those of a report in the order of reading.
func (r *Report) tables() []table {
	var languages []Row
	detected := 0
	for _, row := range r.Languages {
		if row.Number >= few {
			languages = append(languages, row)
		}
		detected += row.Detected
	}
	out := []table{
		rowsTable("By set", r.Sets, "Recall: share of fraud called scam or suspicious. Cleared: share of fraud called genuine. False alarms: share of legitimate contacts called scam or suspicious."),
		rowsTable("Parts of sets", r.Subsets, ""),
		rowsTable("By channel", r.Channels, "Without sets that are not a goal. Areas here mix sources and partly measure how the sets differ."),
		rowsTable("By language", languages, fmt.Sprintf("Languages with at least %d contacts. The language of %d contacts was detected, since their sets do not tell it.", few, detected)),
		r.confusion(), r.pairs(), r.calibration(), r.speed(),
	}
	kept := out[:0]
	for _, t := range out {
		if len(t.rows) > 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

func rowsTable(title string, rows []Row, note string) table {
	t := table{title: title, note: note, head: []string{"", "number", "recall", "cleared", "false alarms", "AUC"}}
	for _, r := range rows {
		recall := percent(r.Recall)
		if r.Recall == nil && r.SpamCalled != nil {
			recall = "called fraud: " + percent(r.SpamCalled)
		}
		name := r.Name
		if !r.Goal {
			name += " (not a goal)"
		}
		if r.Origin == "synthetic" || r.Origin == "translated" {
			name += " (" + r.Origin + ")"
		}
		t.rows = append(t.rows, []string{name, fmt.Sprint(r.Number), recall, percent(r.Cleared), percent(r.FalseAlarms), area(r.Area)})
	}
	return t
}

// percent prints a share with its interval and its cases.
func percent(s *score.Share) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %% (%.1f-%.1f) of %d", 100*s.Value, 100*s.Low, 100*s.High, s.Of)
}

func area(a *score.Area) string {
	if a == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f (%.3f-%.3f)", a.Value, a.Low, a.High)
}

// confusion counts verdicts by set and label.
func (r *Report) confusion() table {
	t := table{title: "Verdicts", head: append([]string{"", "label"}, verdicts[:]...)}
	for _, row := range r.Sets {
		for _, label := range []corpus.Label{corpus.Fraud, corpus.Legitimate, corpus.Spam} {
			counts, ok := row.Confusion[string(label)]
			if !ok {
				continue
			}
			line := []string{row.Name, string(label)}
			for _, v := range verdicts {
				line = append(line, fmt.Sprint(counts[v]))
			}
			t.rows = append(t.rows, line)
		}
	}
	return t
}

func (r *Report) pairs() table {
	t := table{title: "Fraud of one source against legitimate contacts of another", head: []string{"", "fraud", "legitimate", "AUC"}}
	for _, p := range r.Pairs {
		t.rows = append(t.rows, []string{p.Name, fmt.Sprint(p.Area.Positives), fmt.Sprint(p.Area.Negatives), area(&p.Area)})
	}
	return t
}

func (r *Report) calibration() table {
	t := table{title: "Calibration", head: []string{"", "contacts", "expected calibration error"},
		note: fmt.Sprintf("%d bins of equal width. It depends on the share of fraud in the sets, which is not that of anybody's inbox.", score.Bins)}
	for _, ch := range []string{"mail", "sms", "calls"} {
		if c, ok := r.Calibration[ch]; ok && c.Count > 0 {
			t.rows = append(t.rows, []string{ch, fmt.Sprint(c.Count), fmt.Sprintf("%.3f (%.3f-%.3f)", c.Error, c.Low, c.High)})
		}
	}
	return t
}

func (r *Report) speed() table {
	t := table{title: "Speed", head: []string{"", "contacts", "seconds", "CPU seconds", "contacts per CPU second"},
		note: fmt.Sprintf("Reading and decompressing the sets included. Peak memory of the process: %.0f MB.", float64(r.PeakMemory)/1e6)}
	line := func(name string, s Speed) {
		t.rows = append(t.rows, []string{name, fmt.Sprint(s.Contacts), fmt.Sprintf("%.1f", s.Seconds), fmt.Sprintf("%.1f", s.CPUSeconds), fmt.Sprintf("%.0f", s.PerCPUSecond)})
	}
	for _, row := range r.Sets {
		if row.Speed != nil && row.Speed.Contacts > 0 {
			line(row.Name, *row.Speed)
		}
	}
	line("all", r.Speed)
	return t
}

// heading tells what was measured, where and when.
func (r *Report) heading() string {
	which := "all contacts"
	if r.Limit > 0 {
		which = fmt.Sprintf("at most %d contacts of each set, drawn by seed %d", r.Limit, r.Seed)
	}
	version := ""
	if r.Version != "" {
		version = "Bonafide " + r.Version + ", "
	}
	return fmt.Sprintf("%s%s part, %s; %s; %d cores, %s, %s. Intervals are of 95 %%.", version, r.Part, which, r.Day, r.Machine.Cores, r.Machine.System, r.Machine.Go)
}

// gaps tells which described sets were not there.
func (r *Report) gaps() string {
	if len(r.Missing) == 0 {
		return ""
	}
	return "Not measured, because not in the folder: " + strings.Join(r.Missing, ", ") + "."
}

// maxCodes is how many codes are listed with the errors.
const maxCodes = 15

// codesTable lists the codes that take part in most false alarms.
func (r *Report) codesTable() table {
	t := table{title: "Codes in false alarms", head: []string{"set", "code", "false alarms", "heaviest in", "legitimate", "fraud"}}
	for _, c := range r.Codes[:min(len(r.Codes), maxCodes)] {
		if c.FalseAlarms > 0 {
			t.rows = append(t.rows, []string{c.Set, c.Code, fmt.Sprint(c.FalseAlarms), fmt.Sprint(c.Heaviest), fmt.Sprint(c.Legitimate), fmt.Sprint(c.Fraud)})
		}
	}
	return t
}

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, r.heading())
	if g := r.gaps(); g != "" {
		fmt.Fprintln(&b, g)
	}
	tables := r.tables()
	if len(r.Mistakes) > 0 {
		tables = append(tables, r.codesTable())
	}
	for _, t := range tables {
		fmt.Fprintf(&b, "\n%s\n", t.title)
		tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.head}, t.rows...) {
			fmt.Fprintln(tw, "  "+strings.Join(row, "\t"))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		if t.note != "" {
			fmt.Fprintln(&b, "  "+t.note)
		}
	}
	if len(r.Mistakes) > 0 {
		fmt.Fprintln(&b, "\nWorst errors")
	}
	for _, m := range r.Mistakes {
		fmt.Fprintf(&b, "  %s %s %s: %s %.3f, %s\n    %s\n", m.Kind, m.Set, m.ID, m.Verdict, m.Probability, m.Rule+m.Failure, strings.Join(m.Codes, ", "))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WriteMarkdown writes the block for docs/evaluation.md, marks included.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n%s\n", blockStart, r.heading())
	if g := r.gaps(); g != "" {
		fmt.Fprintf(&b, "\n%s\n", g)
	}
	for _, t := range r.tables() {
		fmt.Fprintf(&b, "\n### %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
		for _, row := range t.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
		if t.note != "" {
			fmt.Fprintf(&b, "\n%s\n", t.note)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", blockEnd)
	_, err := w.Write(b.Bytes())
	return err
}

// WriteInto replaces the block between the marks in a file.
func (r *Report) WriteInto(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	start, end := bytes.Index(page, []byte(blockStart)), bytes.Index(page, []byte(blockEnd))
	if start < 0 || end < start {
		return fault.New(fault.Invalid, "--into", "the file has no block %s … %s to replace", blockStart, blockEnd)
	}
	var block bytes.Buffer
	if err := r.WriteMarkdown(&block); err != nil {
		return err
	}
	rest := bytes.TrimPrefix(page[end+len(blockEnd):], []byte("\n"))
	return os.WriteFile(path, append(append(page[:start:start], block.Bytes()...), rest...), 0o644)
}
