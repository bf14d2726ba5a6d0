// Package policy reads the files in which a shop says what it watches for: the
// windows to count, rules over them in CEL, the steps of a takeover that rules
// belong to, thresholds, actions, reasons in three languages, and the cases that
// must hit and must not. A file is checked as a whole when it is loaded: every
// name against the vocabulary of events, every type, the cost of every
// expression; an error tells line and column.
//
// Evaluating is pure: the same events give the same results, wherever they are
// evaluated. It is not for keeping decisions (account/guard does), and not for
// knowing what fraud looks like: that stands in data/account/policies.
//
//	p, err := policy.Load(raw)
//	engine, err := window.New(p.Plan(), 1)
//	result := policy.NewJudge(p, engine).Evaluate(&e)
package policy

import (
	"bonafide/account/event"
	"bonafide/account/window"
	"fmt"
	"time"
)

// Action is what is to be done with what the account wants to do.
type Action int8

// The actions, from the mildest.
const (
	Allow Action = iota
	// Challenge: let it pass when the person proves to be the owner.
	Challenge
	// Hold: keep it back until somebody has looked.
	Hold
	// Block: refuse it.
	Block
)

// String is the action's name in files and answers.
func (a Action) String() string {
	if a < Allow || a > Block {
		return "unknown"
	}
	return [...]string{"allow", "challenge", "hold", "block"}[a]
}

// ActionOf returns the action of a name; ok is false if there is none.
func ActionOf(name string) (Action, bool) {
	for a := Allow; a <= Block; a++ {
		if a.String() == name {
			return a, true
		}
	}
	return Allow, false
}

// Text is one text for people by language: en, de, ja.
type Text map[string]string

// In returns the text in a language, English where it lacks.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	return t["en"]
}

// Policy is one file, checked and compiled. It is read-only and safe for
// concurrent use; an engine that it is evaluated with has one owner.
type Policy struct {
	Name    string
	Version int
	// Digest is the SHA-256 of the file, so that a decision names its very text.
	Digest [32]byte
	Source string
	Date   string
	// Rules are those of the file and after them the rows of its tables.
	Rules   []Rule
	Tables  []Table
	Steps   []Step
	Cases   []Case
	Answers map[Action]Answers
	// Warnings are what the lint found; a policy with warnings still works.
	Warnings []Warning

	lateness time.Duration
	marks    [4]int64 // score from which each action is taken
	decides  map[event.Type]bool
	symbols  []symbol
	own      int // how many of them are the vocabulary's: those of the policy come after
	byName   map[string]int
	series   []series
	keys     []keySpec
	onType   map[event.Type]*program
	costs    map[event.Type]uint64
	plan     window.Plan
	score    *scoring // nil where the policy reads none
}

// Rule is one rule of a policy.
type Rule struct {
	ID   string
	Line int
	// Score is added when the rule hits; it may be below zero.
	Score int64
	// Step is the step of the story that the rule is evidence for, -1 for none.
	Step int
	// Floor is the mildest action allowed when the rule hits.
	Floor Action
	Shop  []ShopAction
	// Reason is for the analyst; Support and Customer may be empty.
	Reason, Support, Customer Text

	on   map[event.Type]bool
	when *expr
	// table and row are from 1, 0 for a rule of its own; ends: where it holds, the
	// rows after it are not asked; adds: its score is added to those of its table.
	table, row int
	ends, adds bool
}

// ShopAction is something that the shop offers to do, for a while.
type ShopAction struct {
	Do  string
	For time.Duration
}

// Step is one part of the story that a takeover is. What a rule found stays
// true for Lasts, for the same account (or device of it, see Key).
type Step struct {
	ID    string
	Title Text
	Lasts time.Duration
	Key   []string

	key          int // among Policy.keys
	series       int
	grade, since int // symbols
}

// Answers are the texts for an action: what the support agent and the customer are told.
type Answers struct{ Support, Customer Text }

// Warning is a finding of the lint.
type Warning struct {
	Line, Column int
	Text         string
}

// String tells place and text.
func (w Warning) String() string {
	return fmt.Sprintf("line %d, column %d: %s", w.Line, w.Column, w.Text)
}

// Plan is what an engine for this policy must keep.
func (p *Policy) Plan() window.Plan { return p.plan }

// Decides tells whether events of the type are acted on; all others only
// inform later decisions.
func (p *Policy) Decides(t event.Type) bool { return p.decides[t] }

// Mark is the score from which the action is taken.
func (p *Policy) Mark(a Action) int64 { return p.marks[a] }

// Cost is the static cost of the costliest event, in the units of the
// expression language, and its type.
func (p *Policy) Cost() (most uint64, of string) {
	for t, c := range p.costs {
		if c > most || c == most && string(t) < of {
			most, of = c, string(t)
		}
	}
	return most, of
}

// Symbol is the name of the value with the index, as in Result.Saw; empty for an
// index that the policy does not have.
func (p *Policy) Symbol(i int) string {
	if i < 0 || i >= len(p.symbols)-p.own {
		return ""
	}
	return p.symbols[i+p.own].name
}
