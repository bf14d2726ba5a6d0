package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"bonafide/account/replay"
)

// maskExamples leaves of each account what tells two apart.
func maskExamples(x *replay.Examples) {
	for _, list := range [][]replay.Example{x.Caught, x.Missed, x.Annoyed, x.Freed} {
		for i := range list {
			a := list[i].Account
			list[i].Account = "…" + a[max(len(a)-4, min(len(a), 1)):]
		}
	}
}

// printReplay writes the report for people.
func printReplay(r *replay.Report, w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s, %d events from %s to %s: %d accounts, %d with a known fraud, %d known to be genuine\n", sides(r), r.Events,
		r.First.UTC().Format("2006-01-02 15:04"), r.Last.UTC().Format("2006-01-02 15:04"), r.Accounts.Seen, r.Accounts.Fraud, r.Accounts.Genuine)
	if n := r.Outside + r.Repeated + r.Refused; n > 0 {
		fmt.Fprintf(t, "not counted: %d outside of the period, %d sent twice, %d that could not be read", r.Outside, r.Repeated, r.Refused)
		if r.FirstRefusal != "" {
			fmt.Fprintf(t, " (first: %s)", r.FirstRefusal)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintf(t, "\nnewly caught (accounts)\t%d\nnewly missed\t%d\nnewly annoyed\t%d\nno longer annoyed\t%d\n", r.NewlyCaught, r.NewlyMissed, r.NewlyAnnoyed, r.NewlyFreed)
	b, c := &r.Baseline, &r.Candidate
	fmt.Fprintf(t, "\n\tbaseline\tcandidate\n")
	for _, x := range []struct {
		name string
		b, c string
	}{
		{"events stopped", fmt.Sprint(b.Stopped), fmt.Sprint(c.Stopped)},
		{"accounts with a fraud, caught", fmt.Sprint(b.CaughtAccounts), fmt.Sprint(c.CaughtAccounts)},
		{"  of those known", shareText(b.Recall), shareText(c.Recall)},
		{"accounts without, annoyed", fmt.Sprint(b.AnnoyedAccounts), fmt.Sprint(c.AnnoyedAccounts)},
		{"  of all without", shareText(b.AnnoyedShare), shareText(c.AnnoyedShare)},
		{"precision of stopped events", shareText(b.Precision), shareText(c.Precision)},
		{"events with a rule that failed", fmt.Sprint(b.Faulty), fmt.Sprint(c.Faulty)},
	} {
		fmt.Fprintf(t, "%s\t%s\t%s\n", x.name, x.b, x.c)
	}
	printChanges(t, r)
	printRules(t, r)
	printExamples(t, r)
	return t.Flush()
}

func sides(r *replay.Report) string {
	return fmt.Sprintf("%s version %d (%s) against %s version %d (%s)", r.Candidate.Policy, r.Candidate.Version, r.Candidate.Digest, r.Baseline.Policy, r.Baseline.Version, r.Baseline.Digest)
}

func shareText(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100**x)
}

func printChanges(t io.Writer, r *replay.Report) {
	fmt.Fprintf(t, "\ndecided\tbaseline\tcandidate\n")
	for _, x := range r.Changes {
		mark := ""
		if x.From != x.To {
			mark = "  changed"
		}
		fmt.Fprintf(t, "%d\t%s\t%s%s\n", x.Events, x.From, x.To, mark)
	}
	fmt.Fprintf(t, "\nmoney, minor units\tplaced\tstopped before\tstopped now\tnewly stopped\tno longer\tfraud\tsaved before\tsaved now\n")
	for _, m := range r.Money {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", m.Currency, m.Placed, m.Baseline, m.Candidate, m.New, m.Gone, m.Fraud, m.FraudBaseline, m.FraudCandidate)
	}
}

func printRules(t io.Writer, r *replay.Report) {
	fmt.Fprintf(t, "\nrule of the candidate\thits\talone\taccounts\tfraud\tgenuine\tprecision\trecall\thits before\n")
	for _, x := range r.Candidate.Rules {
		before := "new"
		if i := slices.IndexFunc(r.Baseline.Rules, func(y replay.Rule) bool { return y.ID == x.ID }); i >= 0 {
			before = fmt.Sprint(r.Baseline.Rules[i].Hits)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", x.ID, x.Hits, x.Alone, x.Accounts, x.Fraud, x.Genuine, shareText(x.Precision), shareText(x.Recall), before)
	}
	meaning := map[string]string{"never": "never hit", "together": "always hit together", "opposite": "pull in opposite directions"}
	for i, x := range r.Conflicts {
		if i == 0 {
			fmt.Fprintln(t)
		}
		fmt.Fprintf(t, "%s: %s", strings.Join(x.Rules, ", "), meaning[x.Kind])
		if x.Events > 0 {
			fmt.Fprintf(t, ", %d events", x.Events)
		}
		fmt.Fprintln(t)
	}
}

func printExamples(t io.Writer, r *replay.Report) {
	for _, x := range []struct {
		name string
		list []replay.Example
	}{{"newly caught", r.Examples.Caught}, {"newly missed", r.Examples.Missed}, {"newly annoyed", r.Examples.Annoyed}, {"no longer annoyed", r.Examples.Freed}} {
		for i, e := range x.list {
			if i == 0 {
				fmt.Fprintf(t, "\n%s, for example\ttime\taccount\tbefore\tnow\trules now\n", x.name)
			}
			fmt.Fprintf(t, "%s %s\t%s\t%s\t%s %d\t%s %d\t%s\n", e.Source, e.ID, e.Time.UTC().Format("2006-01-02 15:04:05"), e.Account,
				e.Baseline.Action, e.Baseline.Score, e.Candidate.Action, e.Candidate.Score, strings.Join(e.Candidate.Rules, " "))
		}
	}
}
