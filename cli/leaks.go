package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"

	"bonafide/casework/compromise"
	"bonafide/desk/accounts/leaks"
)

// leaksCmd asks a running server who may have leaked orders, with an API key.
type leaksCmd struct {
	Server    string   `help:"Address of the server." default:"http://localhost:8080" placeholder:"URL"`
	Key       string   `help:"API key with decision.read." env:"BONAFIDE_KEY" required:"" placeholder:"KEY"`
	From      string   `help:"First day on which orders were placed; eight weeks before --to if absent." placeholder:"DAY"`
	To        string   `help:"Last day, itself included; today if absent." placeholder:"DAY"`
	Seller    []string `help:"Name of a seller as the shop sends it: where it is found, it is told by this name and not by its hash." placeholder:"NAME"`
	Courier   []string `help:"Likewise of a courier." placeholder:"NAME"`
	Warehouse []string `help:"Likewise of a warehouse." placeholder:"NAME"`
	Lang      string   `help:"Language of the sentences: en, de or ja." enum:"en,de,ja" default:"en" placeholder:"LANG"`
	JSON      bool     `help:"Print the server's answer."`
}

func (c *leaksCmd) run(ctx context.Context, env Env) error {
	var names []compromise.Party
	for _, of := range []struct {
		kind  string
		names []string
	}{{"seller", c.Seller}, {"courier", c.Courier}, {"warehouse", c.Warehouse}} {
		for _, n := range of.names {
			names = append(names, compromise.Party{Kind: of.kind, Name: n})
		}
	}
	body, err := json.Marshal(map[string]any{"from": c.From, "to": c.To, "lang": c.Lang, "names": append([]compromise.Party{}, names...)})
	if err != nil {
		return fmt.Errorf("leaks: %w", err)
	}
	var found leaks.Found
	r := remote{name: "leaks", server: c.Server, key: c.Key, print: c.JSON}
	if err := r.ask(ctx, env, asking{http.MethodPost, "/v1/leaks", "application/json", body}, &found); err != nil || c.JSON {
		return err
	}
	for _, line := range found.Explanation {
		fmt.Fprintln(env.Stdout, line)
	}
	if len(found.Findings) > 0 {
		w := tabwriter.NewWriter(env.Stdout, 2, 8, 2, ' ', 0)
		fmt.Fprintln(w, "\nparty\tvictims\texpected\tratio\t95 %\tp\tcorrected")
		for _, f := range found.Findings {
			name := f.Name
			if g := found.Given[name]; g != "" {
				name = g
			}
			fmt.Fprintf(w, "%s %s\t%d\t%.1f\t%.1f\t%.1f-%.1f\t%.2g\t%.2g\n", f.Kind, name, f.Victims, f.Expected, f.Ratio, f.Low, f.High, f.P, f.Adjusted)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for i, line := range found.Next {
		if i == 0 {
			fmt.Fprintln(env.Stdout)
		}
		fmt.Fprintln(env.Stdout, "* "+line)
	}
	return nil
}
