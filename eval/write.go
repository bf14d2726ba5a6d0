package eval

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"bonafide/eval/plot"
	"bonafide/fault"
)

// The marks of the block that WriteMarkdown writes and WriteInto replaces.
const (
	blockStart = "<!-- table -->"
	blockEnd   = "<!-- /table -->"
)

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
		fmt.Fprintln(&b, "\nWorst errors of each set and kind")
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
		if t.pictures {
			b.WriteByte('\n')
			for _, ch := range r.plotted() {
				fmt.Fprintf(&b, "![Reliability of %s: share that was fraud over the probability said](%s)\n", ch, pictureOf(ch))
			}
		}
	}
	fmt.Fprintf(&b, "\n%s\n", blockEnd)
	_, err := w.Write(b.Bytes())
	return err
}

// plotted lists the channels that have a reliability diagram.
func (r *Report) plotted() (out []string) {
	for _, ch := range channels {
		if r.Calibration[ch].Count > 0 {
			out = append(out, ch)
		}
	}
	return out
}

// pictureOf is where the diagram of a channel stands, beside the page.
func pictureOf(channel string) string { return "images/reliability-" + channel + ".svg" }

// writePictures writes the reliability diagrams below a folder.
func (r *Report) writePictures(folder string) error {
	for _, ch := range r.plotted() {
		path := filepath.Join(folder, filepath.FromSlash(pictureOf(ch)))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		title := map[string]string{"mail": "Mail", "sms": "SMS", "calls": "Calls"}[ch]
		if err := os.WriteFile(path, plot.Reliability(title, r.Calibration[ch]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// WriteInto replaces the block between the marks in a file, and writes the
// reliability diagrams into the folder images beside it.
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
	if err := r.writePictures(filepath.Dir(path)); err != nil {
		return err
	}
	rest := bytes.TrimPrefix(page[end+len(blockEnd):], []byte("\n"))
	return os.WriteFile(path, append(append(page[:start:start], block.Bytes()...), rest...), 0o644)
}
