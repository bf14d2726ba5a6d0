package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/account/policy"
	"bonafide/cli"
	"bonafide/eval/simulate/shop"
	"bonafide/eval/takeover"
	"bonafide/eval/train"
	"bonafide/fault"
	"bonafide/server"
)

// evalGuard measures a policy, the shipped one if none is named, on events and
// labels of files or on a simulated shop.
func evalGuard(ctx context.Context, o cli.GuardOptions, out io.Writer) error {
	p, err := policyOf(o.Policy, o.Overlay)
	if err != nil {
		return err
	}
	g, err := guard.New(p, guard.Options{})
	if err != nil {
		return err
	}
	var events iter.Seq2[event.Event, error]
	labels := map[string]takeover.Label{}
	switch {
	case o.Simulate > 0 && o.Events == "" && o.Labels == "":
		s := shop.Make(shop.Options{Seed: o.Seed, Accounts: o.Simulate})
		for who, x := range s.Truth {
			labels[who] = takeover.Label{Kind: x.Kind, Start: x.Start.Unix(), End: x.End.Unix(), Orders: x.Orders}
		}
		events = func(yield func(event.Event, error) bool) {
			for i := range s.Events {
				if !yield(s.Events[i], nil) {
					return
				}
			}
		}
	case o.Simulate == 0 && o.Events != "" && o.Labels != "":
		l, err := os.Open(o.Labels)
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		if labels, err = takeover.ReadLabels(l); err != nil {
			return err
		}
		f, err := os.Open(o.Events)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if events, err = eventsOf(f, o.Mapping); err != nil {
			return err
		}
	default:
		return fault.New(fault.Invalid, "", "eval guard needs --events and --labels, or --simulate alone")
	}
	r, err := takeover.Measure(g, p, until(ctx, events), labels)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.JSON {
		return r.WriteJSON(out)
	}
	return r.WriteText(out)
}

// until ends a sequence when the context does.
func until(ctx context.Context, events iter.Seq2[event.Event, error]) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		for e, err := range events {
			if ctx.Err() != nil || !yield(e, err) {
				return
			}
		}
	}
}

// testPolicy loads a policy, prints what the lint found, and runs its cases.
func testPolicy(o cli.PolicyOptions, out io.Writer) error {
	p, err := policyOf(o.File, o.Overlay)
	if err != nil {
		return err
	}
	for _, w := range p.Warnings {
		if _, err := fmt.Fprintln(out, "warning:", w); err != nil {
			return err
		}
	}
	results, err := p.Test()
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		mark := "good"
		if len(r.Problems) > 0 {
			mark, failed = "FAILED", failed+1
		}
		if _, err := fmt.Fprintf(out, "%-7s %s\n", mark, r.Name); err != nil {
			return err
		}
		for _, x := range r.Problems {
			if _, err := fmt.Fprintln(out, "        ", x); err != nil {
				return err
			}
		}
	}
	if rows := p.Untried(results); len(rows) > 0 {
		if _, err := fmt.Fprintln(out, "untried rows of decision tables, which hit in no case:", strings.Join(rows, ", ")); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("policy %s version %d: %d of %d cases failed", p.Name, p.Version, failed, len(results))
	}
	rules := fmt.Sprintf("%d rules", len(p.Rules))
	rows := 0
	for i := range p.Tables {
		rows += len(p.Tables[i].Rows)
	}
	if rows > 0 {
		rules += fmt.Sprintf(" (%d of them rows of decision tables)", rows)
	}
	_, err = fmt.Fprintf(out, "policy %s version %d: %s, %d cases, all good\n", p.Name, p.Version, rules, len(results))
	return err
}

func policyOf(path, overlay string) (*policy.Policy, error) {
	raw, err := fileOr(path, shippedPolicy)
	if err != nil {
		return nil, err
	}
	return policy.LoadFrom(raw, server.Knowledge(overlay))
}

const shippedPolicy = "account/policies/marketplace-takeover.yaml"

// trainAccount makes the learned score of a policy, without the one that it has.
func trainAccount(ctx context.Context, o cli.TrainAccountOptions, out io.Writer) error {
	raw, err := fileOr(o.Policy, shippedPolicy)
	if err != nil {
		return err
	}
	p, err := policy.Load(raw)
	if err != nil {
		return err
	}
	return train.WriteAccount(ctx, p, train.AccountOptions{Seed: o.Seed, Shops: o.Shops, Later: o.Later, Accounts: o.Accounts, Days: o.Days}, o.Into, out)
}

// eventsOf reads events through a mapping; the file may be gzipped.
func eventsOf(f io.Reader, mapping string) (iter.Seq2[event.Event, error], error) {
	raw, err := fileOr(mapping, "account/mappings/takeover-chain.yaml")
	if err != nil {
		return nil, err
	}
	m, err := event.LoadMapping(raw)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	b := bufio.NewReaderSize(f, 1<<16)
	if head, _ := b.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		return m.Read(z), nil
	}
	return m.Read(b), nil
}

func fileOr(path, shipped string) ([]byte, error) {
	if path != "" {
		return os.ReadFile(path)
	}
	return fs.ReadFile(server.Knowledge(""), shipped)
}
