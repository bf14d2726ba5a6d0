package train

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"bonafide/contact/redflag"
	"bonafide/contact/textmodel"
	"bonafide/contact/verdict"
	"bonafide/contact/wording"
	"bonafide/desk/contacts"
)

// Languages returns the languages that there are examples of, sorted.
func Languages(texts fs.FS) ([]string, error) {
	names, err := fs.Glob(texts, "redflags/*.*.txt")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("train: find examples redflags/LANG.AUTHOR.txt: none found (%v)", err)
	}
	seen := map[string]bool{}
	var out []string
	for _, n := range names {
		lang, _, _ := strings.Cut(filepath.Base(n), ".")
		if !seen[lang] {
			seen[lang] = true
			out = append(out, lang)
		}
	}
	sort.Strings(out)
	return out, nil
}

func chosen(texts fs.FS, langs []string) ([]string, error) {
	if len(langs) > 0 {
		return langs, nil
	}
	return Languages(texts)
}

// WriteAll trains the model of each language and writes it to the folder into,
// under the name by which the red flags look for it.
func WriteAll(ctx context.Context, src Sources, langs []string, into string, out io.Writer) error {
	langs, err := chosen(src.Texts, langs)
	if err != nil {
		return err
	}
	for _, lang := range langs {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m, err := Flags(src, lang)
		if err != nil {
			return err
		}
		name := filepath.Join(into, filepath.Base(redflag.ModelFile(lang)))
		if err := write(m, name); err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d flags, %d bytes\n", name, len(m.Flags), info.Size())
	}
	return nil
}

func write(m interface{ Write(io.Writer) error }, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := m.Write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// WriteWhole trains the model of whole texts of each kind of channel, writes it to
// the folder into, and prints how well models that had not seen them told the
// texts apart.
// Last it fits what probability a sum of evidence means, and writes that beside.
func WriteWhole(ctx context.Context, src Sources, desk *contacts.Desk, into string, out io.Writer) error {
	all := map[string]*Trained{}
	for _, kind := range wording.Kinds() {
		t, err := Whole(ctx, src, desk, kind)
		if err != nil {
			return err
		}
		all[kind] = t
		name := filepath.Join(into, filepath.Base(wording.ModelFile(kind)))
		if err := write(t.Model, name); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d texts\n", name, len(t.Scores))
		Report(kind, t.Scores, out)
	}
	knots, err := calibrate(ctx, src, desk, all)
	if err != nil {
		return err
	}
	return writeKnots(knots, filepath.Join(into, "..", filepath.FromSlash(verdict.CalibrationFile)))
}

// ReportLeftOut prints, per language and author, what a model of all other
// authors does on that author's lines, and what the compositions do alone.
func ReportLeftOut(ctx context.Context, src Sources, langs []string, out io.Writer) error {
	langs, err := chosen(src.Texts, langs)
	if err != nil {
		return err
	}
	rulesOnly := textmodel.Bounds{Keep: -1e6, KeepTheme: -1e6, Topic: 1e6, Stance: 1e6}
	fmt.Fprintln(out, "language author   lines that do: raised (rules only)   look-alikes: raised (rules only)   others raised a line")
	for _, lang := range langs {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all, err := LeaveOut(src, lang, []textmodel.Bounds{bounds[lang], rulesOnly})
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(all); i += 2 {
			m, r := all[i].Rates, all[i+1].Rates
			fmt.Fprintf(out, "%-8s %-8s %5d: %.1f %% (%.1f %%)   %5d: %.1f %% (%.1f %%)   %.3f\n", lang, all[i].Author,
				m.Positives, percent(m.Hits, m.Positives), percent(r.Hits, r.Positives),
				m.Negatives, percent(m.Alarms, m.Negatives), percent(r.Alarms, r.Negatives),
				float64(m.Others)/float64(max(1, m.Positives+m.Negatives)))
		}
	}
	return nil
}

func percent(of, all int) float64 { return 100 * float64(of) / float64(max(1, all)) }
