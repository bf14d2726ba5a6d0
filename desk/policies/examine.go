package policies

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"bonafide/access"
	"bonafide/account/policy"
	"bonafide/fault"
	"bonafide/store"
)

// Place is something that is wrong at a place of a text.
type Place struct {
	// Line and Column count from 1; 0 where the place is not known.
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// Finding is what is known of a text without any events.
type Finding struct {
	// Wrong is why it does not load; nil when it does, and all else holds.
	Wrong    *Place  `json:"wrong,omitempty"`
	Name     string  `json:"name,omitempty"`
	Version  int     `json:"version,omitempty"`
	Digest   string  `json:"digest,omitempty"`
	Rules    int     `json:"rules"`
	Warnings []Place `json:"warnings"`
	// Tables are its decision tables; their rows are among Rules.
	Tables []TableView `json:"tables"`
	// Cases are the text's own, each with what did not hold; Failed of them did not.
	Cases  []policy.CaseResult `json:"cases"`
	Failed int                 `json:"failed"`
	// Cost is the largest static cost of one event, of the type CostOf; at most
	// MaxCost goes live.
	Cost    uint64 `json:"cost"`
	CostOf  string `json:"cost_of,omitempty"`
	MaxCost uint64 `json:"max_cost"`
}

// Fit tells whether the text could be tried in the shadow.
func (f *Finding) Fit() bool {
	return f.Wrong == nil && f.Failed == 0 && len(f.Cases) > 0 && f.Cost <= f.MaxCost
}

// Examine tells what a text is worth without keeping it and without events: where
// it is wrong, what the lint finds, how its cases come out, what it costs
// (policy.read). A text that is wrong is no error: Finding.Wrong names the place.
func (d *Desk) Examine(_ context.Context, a access.Actor, text []byte) (*Finding, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return nil, err
	}
	f := &Finding{Warnings: []Place{}, Tables: []TableView{}, Cases: []policy.CaseResult{}, MaxCost: d.rails.MaxCost}
	p, err := policy.LoadFrom(text, d.cfg.Data)
	if err != nil {
		f.Wrong = placeOf(err)
		if f.Wrong == nil {
			return nil, err
		}
		return f, nil
	}
	f.Name, f.Version, f.Digest, f.Rules = p.Name, p.Version, hex.EncodeToString(p.Digest[:]), len(p.Rules)
	for _, w := range p.Warnings[:min(len(p.Warnings), 5*maxListed)] {
		f.Warnings = append(f.Warnings, Place{w.Line, w.Column, w.Text})
	}
	f.Tables = tablesOf(p)
	f.Cost, f.CostOf = p.Cost()
	if f.Cases, err = p.Test(); err != nil {
		return nil, err
	}
	for _, c := range f.Cases {
		if len(c.Problems) > 0 {
			f.Failed++
		}
	}
	return f, nil
}

var placed = regexp.MustCompile(`line (\d+)(?:, column (\d+))?`)

// PlaceOf is the place that an error of Draft tells; nil for one that is not about the
// text.
func PlaceOf(err error) *Place { return placeOf(err) }

// placeOf is the place that an error of a text tells; nil for an error that is not
// about the text.
func placeOf(err error) *Place {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
		return nil
	}
	out := &Place{Text: f.Text}
	m := placed.FindStringSubmatch(f.Field)
	if m == nil {
		m = placed.FindStringSubmatch(f.Text)
	}
	if m != nil {
		out.Line, _ = strconv.Atoi(m[1])
		out.Column, _ = strconv.Atoi(m[2])
	}
	return out
}

// TwoPersons tells whether what one person wants live another must agree to.
func (d *Desk) TwoPersons() bool { return d.cfg.TwoPersons }

// Text returns the text of a number; 0 is the shipped one (policy.read).
func (d *Desk) Text(ctx context.Context, a access.Actor, number int64) (string, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return "", err
	}
	if number == 0 {
		return string(d.cfg.Shipped), nil
	}
	x, err := d.get(ctx, a.Tenant, number)
	return x.Body, err
}

// Comparison is what differs between two texts, line by line.
type Comparison struct {
	// Old is the number of the text that decides; 0 for the shipped one.
	Old int64
	// Added and Removed count lines.
	Added, Removed int
	// Lines are those that differ, with three before and after; Cut tells that there
	// are more than are listed.
	Lines []DiffLine
	Cut   bool
}

// DiffLine is one line of a comparison.
type DiffLine struct {
	// Kind is '+' for a line of the new text, '-' for one of the old, ' ' for one of
	// both, '@' for lines that are left out.
	Kind rune
	// Old and New are its numbers; 0 where it is in one text only.
	Old, New int
	Text     string
}

// Sign is the kind as a text.
func (l DiffLine) Sign() string { return string(l.Kind) }

// Compare tells how a text differs from the one that decides (policy.read).
func (d *Desk) Compare(ctx context.Context, a access.Actor, text string) (Comparison, error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return Comparison{}, err
	}
	live, number, err := d.Live(ctx, a.Tenant)
	if err != nil {
		return Comparison{}, fmt.Errorf("policies: the policy that decides: %w", err)
	}
	return difference(number, strings.Split(string(live), "\n"), strings.Split(text, "\n")), nil
}

// Bounds of a comparison: around a difference so many lines are shown, and so
// many at all; of more lines than the square root of maxTable it only tells that
// all of them differ.
const (
	aroundDiff = 3
	maxDiff    = 1500
	maxTable   = 9_000_000
)

// difference compares by the longest common subsequence of what lies between the
// common beginning and the common end.
func difference(number int64, old, now []string) Comparison {
	begin := 0
	for begin < len(old) && begin < len(now) && old[begin] == now[begin] {
		begin++
	}
	end := 0
	for end < len(old)-begin && end < len(now)-begin && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	var all []DiffLine
	for i := range begin {
		all = append(all, DiffLine{' ', i + 1, i + 1, old[i]})
	}
	all = append(all, middle(old[begin:len(old)-end], now[begin:len(now)-end], begin)...)
	for i := end; i > 0; i-- {
		all = append(all, DiffLine{' ', len(old) - i + 1, len(now) - i + 1, old[len(old)-i]})
	}
	c := Comparison{Old: number}
	shown := make([]bool, len(all))
	for i, l := range all {
		switch l.Kind {
		case '+':
			c.Added++
		case '-':
			c.Removed++
		default:
			continue
		}
		for k := max(i-aroundDiff, 0); k <= min(i+aroundDiff, len(all)-1); k++ {
			shown[k] = true
		}
	}
	for i, l := range all {
		switch {
		case len(c.Lines) >= maxDiff:
			c.Cut = c.Cut || shown[i]
		case shown[i]:
			c.Lines = append(c.Lines, l)
		case i > 0 && shown[i-1]:
			c.Lines = append(c.Lines, DiffLine{Kind: '@'})
		}
	}
	return c
}

// middle compares two stretches that begin after the same number of lines.
func middle(old, now []string, begin int) []DiffLine {
	var out []DiffLine
	i, k := 0, 0
	if len(old)*len(now) <= maxTable {
		table := make([][]int32, len(old)+1) // longest common subsequence from here on
		for r := range table {
			table[r] = make([]int32, len(now)+1)
		}
		for r := len(old) - 1; r >= 0; r-- {
			for c := len(now) - 1; c >= 0; c-- {
				if old[r] == now[c] {
					table[r][c] = table[r+1][c+1] + 1
				} else {
					table[r][c] = max(table[r+1][c], table[r][c+1])
				}
			}
		}
		for i < len(old) && k < len(now) {
			switch {
			case old[i] == now[k]:
				out = append(out, DiffLine{' ', begin + i + 1, begin + k + 1, old[i]})
				i, k = i+1, k+1
			case table[i+1][k] >= table[i][k+1]:
				out = append(out, DiffLine{Kind: '-', Old: begin + i + 1, Text: old[i]})
				i++
			default:
				out = append(out, DiffLine{Kind: '+', New: begin + k + 1, Text: now[k]})
				k++
			}
		}
	}
	for ; i < len(old); i++ {
		out = append(out, DiffLine{Kind: '-', Old: begin + i + 1, Text: old[i]})
	}
	for ; k < len(now); k++ {
		out = append(out, DiffLine{Kind: '+', New: begin + k + 1, Text: now[k]})
	}
	return out
}

// ListWithSteps is List with the steps of each text.
func (d *Desk) ListWithSteps(ctx context.Context, a access.Actor, below int64, limit int) (list []View, next int64, err error) {
	if err := d.may(a, access.PolicyRead); err != nil {
		return nil, 0, err
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		rows, more, err := r.Policies.List(ctx, a.Tenant, below, limit)
		if err != nil {
			return err
		}
		next = more
		for _, x := range rows {
			steps, err := r.Policies.Steps(ctx, a.Tenant, x.Number)
			if err != nil {
				return err
			}
			list = append(list, view(x, steps))
		}
		return nil
	})
	return list, next, err
}
