package eval

import (
	"cmp"
	"fmt"
	"strings"

	"bonafide/eval/corpus"
	"bonafide/eval/score"
)

// table is one table of a report, for either way of writing it.
type table struct {
	title string
	head  []string
	rows  [][]string
	note  string
	// pictures: the reliability diagrams belong below.
	pictures bool
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
		r.barsTable(),
		rowsTable("By set", r.Sets, "Recall: share of fraud called scam or suspicious. Cleared: share of fraud called genuine. False alarms: share of legitimate contacts called scam or suspicious."),
		rowsTable("Parts of sets", r.Subsets, "Both parts: contacts of the train part, which was looked at while rules were written, are counted, too."),
		rowsTable("By channel", r.Channels, "Without sets that are not a goal. Areas here mix sources and partly measure how the sets differ."),
		rowsTable("By language", languages, fmt.Sprintf("Languages with at least %d contacts. The language of %d contacts was detected, since their sets do not tell it.", few, detected)),
		r.ranking(languages), r.confusion(languages), r.pairs(), r.calibration(), r.variantsTable(), r.ordersTable(), r.disguisesTable(), r.worstTable(), r.speed(),
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

// ranking tells what is left of recall when false alarms are bounded, for each
// group that has both labels.
func (r *Report) ranking(languages []Row) table {
	t := table{title: "Recall at bounded false alarms", head: []string{"", "recall at 1 % false alarms", "at 0.1 %", "expected calibration error"}}
	few := false
	limited := func(l *score.Limited) string {
		s := fmt.Sprintf("%.1f %% (%.1f-%.1f)", 100*l.Recall.Value, 100*l.Recall.Low, 100*l.Recall.High)
		if l.Allowed == 0 {
			few = true
			s += " *"
		}
		return s
	}
	groups := append(append(append(append([]Row{}, r.Sets...), r.Subsets...), r.Channels...), languages...)
	for _, row := range groups {
		if row.AtHundredth == nil {
			continue
		}
		t.rows = append(t.rows, []string{row.Name, limited(row.AtHundredth), limited(row.AtThousandth), fmt.Sprintf("%.3f (%.3f-%.3f)", row.Calibration.Error, row.Calibration.Low, row.Calibration.High)})
	}
	t.note = "Thresholds are set on the same legitimate contacts, for this table alone; no threshold of the product comes from it. Intervals take the threshold as given."
	if few {
		t.note += " *: so few legitimate contacts that the rate means no error at all."
	}
	return t
}

// confusion counts verdicts by set, channel and language, and label.
func (r *Report) confusion(languages []Row) table {
	t := table{title: "Verdicts", head: append([]string{"", "label"}, verdicts[:]...)}
	for _, row := range append(append(append([]Row{}, r.Sets...), r.Channels...), languages...) {
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

// barsTable shows the bars with what was reached.
func (r *Report) barsTable() table {
	t := table{title: "Bars", head: []string{"#", "quantity", "bar", "reached", "met", "other programs, same sets"},
		note: "Figures of other programs are from the project's reference: measured offline on test and held-out parts; trained means fitted to the train parts."}
	for _, b := range r.Bars {
		met := "-"
		if b.Met != nil {
			met = map[bool]string{true: "yes", false: "**no**"}[*b.Met]
		}
		reached := cmp.Or(b.Reached, "not measured by this command")
		if b.Command != "" {
			reached += ": " + b.Command
		}
		t.rows = append(t.rows, []string{fmt.Sprint(b.Number), b.Quantity, b.Want, reached, met, cmp.Or(b.Peers, "-")})
	}
	return t
}

// variantsTable shows desks that lack something beside the one as shipped.
func (r *Report) variantsTable() table {
	t := table{title: "Without parts of the knowledge", head: []string{"", "", "recall", "false alarms", "AUC", "expected calibration error"},
		note: "Evidence of a group, or a room, is switched off; weights and thresholds stay as they are. The order list is measured below, since contacts of the sets come without one."}
	add := func(name string, rows []Row) {
		for _, row := range rows {
			calibration := "-"
			if row.Calibration != nil {
				calibration = fmt.Sprintf("%.3f", row.Calibration.Error)
			}
			t.rows = append(t.rows, []string{name, row.Name, percent(row.Recall), percent(row.FalseAlarms), area(row.Area), calibration})
		}
	}
	if len(r.Variants) > 0 {
		add("as shipped", r.Channels)
	}
	for _, v := range r.Variants {
		if v.Missing != "" {
			t.rows = append(t.rows, []string{v.Name, "not measured: " + v.Missing, "-", "-", "-", "-"})
			continue
		}
		add(v.Name, v.Channels)
	}
	return t
}

// ordersTable shows what an order list changes.
func (r *Report) ordersTable() table {
	t := table{title: "With the person's orders", head: []string{"", "mails", "name an order", "shown against the list", "called fraud without the list", "with it", "genuine with it"},
		note: "Both parts. The list has two orders of our own, and for genuine mails the numbers that the mail itself names: what a person who ordered would have."}
	for _, o := range r.Orders {
		t.rows = append(t.rows, []string{o.Name, fmt.Sprint(o.Of), fmt.Sprint(o.Number), percent(o.Shown), fmt.Sprint(o.Before.Hits), fmt.Sprint(o.After.Hits), fmt.Sprint(o.Genuine)})
	}
	return t
}

// disguisesTable shows what disguises gain.
func (r *Report) disguisesTable() table {
	t := table{title: "Disguised copies", head: []string{"disguise", "", "copies", "recall of originals", "of copies", "points lost", "caught originals whose copy escapes"},
		note: "Copies by eval/simulate of all fraud of mails and texts to which the disguise can be applied; points lost are negative where the disguise gives itself away, so the last column tells what it hides even then. Text in pictures is not read here (OCR is off)."}
	for _, d := range r.Disguises {
		if strings.HasPrefix(d.Group, "mail-") || strings.HasPrefix(d.Group, "sms-") {
			continue
		}
		t.rows = append(t.rows, []string{d.Kind, d.Group, fmt.Sprint(d.Loss.Of), percent(&d.Loss.Before), percent(&d.Loss.After), points(d.Loss), percent(d.Escaped)})
	}
	return t
}

func points(l score.Loss) string {
	return fmt.Sprintf("%.1f (%.1f to %.1f)", l.Points, l.Low, l.High)
}

// worstTable lists the worst errors by id.
func (r *Report) worstTable() table {
	t := table{title: "Worst errors of each channel", head: []string{"set", "id", "error", "verdict", "probability"}, note: "The errors farthest from the truth, by id. --errors lists more, with the codes that fired."}
	for _, m := range r.Worst {
		t.rows = append(t.rows, []string{m.Set, m.ID, strings.ReplaceAll(m.Kind, "_", " "), m.Verdict, fmt.Sprintf("%.3f", m.Probability)})
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
	t := table{title: "Calibration", head: []string{"", "contacts", "expected calibration error"}, pictures: true,
		note: fmt.Sprintf("%d bins of equal width. It depends on the share of fraud in the sets, which is not that of anybody's inbox.", score.Bins)}
	for _, ch := range channels {
		if c, ok := r.Calibration[ch]; ok && c.Count > 0 {
			t.rows = append(t.rows, []string{ch, fmt.Sprint(c.Count), fmt.Sprintf("%.3f (%.3f-%.3f)", c.Error, c.Low, c.High)})
		}
	}
	return t
}

func (r *Report) speed() table {
	t := table{title: "Speed", head: []string{"", "contacts", "seconds", "CPU seconds", "contacts per CPU second", "checks alone, per CPU second"},
		note: fmt.Sprintf("Reading and decompressing the sets included, but for the last column: one after the other from memory, authentication evaluated with a record "+
			"and a key for every name, the collector set as in a server. Peak memory of the process: %.0f MB, before that column.", float64(r.PeakMemory)/1e6)}
	line := func(name string, s Speed, timed *Speed) {
		alone := "-"
		if timed != nil {
			alone = fmt.Sprintf("%.0f", timed.PerCPUSecond)
		}
		t.rows = append(t.rows, []string{name, fmt.Sprint(s.Contacts), fmt.Sprintf("%.1f", s.Seconds), fmt.Sprintf("%.1f", s.CPUSeconds), fmt.Sprintf("%.0f", s.PerCPUSecond), alone})
	}
	for _, row := range r.Sets {
		if row.Speed != nil && row.Speed.Contacts > 0 {
			line(row.Name, *row.Speed, row.Timed)
		}
	}
	line("all", r.Speed, nil)
	return t
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
