package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/desk/accounts/lists"
)

// listsCmd works on the lists of a running server, with an API key.
type listsCmd struct {
	Server string `help:"Address of the server." default:"http://localhost:8080" placeholder:"URL"`
	Key    string `help:"API key with list.read, or list.write for changes." env:"BONAFIDE_KEY" required:"" placeholder:"KEY"`
	JSON   bool   `help:"Print the server's answers."`

	Show   listsShowCmd   `cmd:"" default:"withargs" help:"Show the lists, or what is on one."`
	Make   listsMakeCmd   `cmd:"" help:"Make a list."`
	Find   listsFindCmd   `cmd:"" help:"Tell whether a value is on a list."`
	Add    listsAddCmd    `cmd:"" help:"Put values on a list."`
	Remove listsRemoveCmd `cmd:"" help:"Take values off a list."`
	Import listsImportCmd `cmd:"" help:"Put the entries of a CSV or NDJSON file on a list."`
	Drop   listsDropCmd   `cmd:"" help:"Remove a list that has no entries."`
}

type listsShowCmd struct {
	List string `arg:"" optional:"" help:"Name of a list; all lists if absent."`
}

type listsMakeCmd struct {
	List  string `arg:"" help:"Name, as policies call it."`
	Of    string `arg:"" help:"Field of events that its values are of, such as event.device."`
	About string `help:"What it is for." placeholder:"TEXT"`
}

type listsFindCmd struct {
	List   string `arg:"" help:"Name of a list."`
	Value  string `arg:"" help:"Value as the shop sends it; - for standard input."`
	Hashed bool   `help:"The value is a hash, as decisions show it."`
}

type listsAddCmd struct {
	List   string   `arg:"" help:"Name of a list."`
	Values []string `arg:"" help:"Values as the shop sends them."`
	Hashed bool     `help:"The values are hashes, as decisions show them."`
	Until  string   `help:"Last day, or a time of RFC 3339; a year from now if absent." placeholder:"DAY"`
	Reason string   `help:"Why." required:"" placeholder:"TEXT"`
}

type listsRemoveCmd struct {
	List   string   `arg:"" help:"Name of a list."`
	Values []string `arg:"" help:"Values as the shop sends them."`
	Hashed bool     `help:"The values are hashes, as decisions show them."`
	Reason string   `help:"Why." required:"" placeholder:"TEXT"`
}

type listsImportCmd struct {
	List   string `arg:"" help:"Name of a list."`
	File   string `arg:"" help:"CSV with a first line of names (value,until,reason,hashed), or one JSON object a line; - for standard input." type:"path"`
	Until  string `help:"End of entries that have none." placeholder:"DAY"`
	Reason string `help:"Reason of entries that have none." placeholder:"TEXT"`
	Skip   bool   `help:"Take the good lines and list the others."`
}

type listsDropCmd struct {
	List string `arg:"" help:"Name of a list."`
}

// errLines ends an import when some lines were refused.
var errLines = errors.New("lists: some lines were refused, as listed: mend them and send the file again")

// ask sends one request and reads its answer into one.
func (c *listsCmd) ask(ctx context.Context, env Env, method, path, kind string, body []byte, into any) error {
	r := remote{name: "lists", server: c.Server, key: c.Key, print: c.JSON}
	return r.ask(ctx, env, asking{method, path, kind, body}, into)
}

func (c *listsCmd) post(ctx context.Context, env Env, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	return c.ask(ctx, env, http.MethodPost, path, "application/json", raw, into)
}

// listPath is the address of a list.
func listPath(list, rest string) string { return "/v1/lists/" + url.PathEscape(list) + rest }

type entryPage struct {
	List    lists.ListView    `json:"list"`
	Entries []lists.EntryView `json:"entries"`
	Next    string            `json:"next"`
}

// show prints all lists, or one.
func (c *listsCmd) show(ctx context.Context, env Env) error {
	w := tabwriter.NewWriter(env.Stdout, 2, 8, 2, ' ', 0)
	if c.Show.List == "" {
		var list []lists.ListView
		if err := c.ask(ctx, env, http.MethodGet, "/v1/lists", "", nil, &list); err != nil || c.JSON {
			return err
		}
		for _, l := range list {
			asked := "asked for"
			if !l.Asked {
				asked = "not asked for"
			}
			fmt.Fprintf(w, "%s\t%s\t%d entries\t%s\t%s\n", l.Name, l.Of, l.Entries, asked, l.About)
		}
		return w.Flush()
	}
	for after := ""; ; {
		var page entryPage
		if err := c.ask(ctx, env, http.MethodGet, listPath(c.Show.List, "/entries?after="+url.QueryEscape(after)), "", nil, &page); err != nil {
			return err
		}
		if !c.JSON {
			printEntries(w, page.Entries)
		}
		if after = page.Next; after == "" {
			return w.Flush()
		}
	}
}

func printEntries(w io.Writer, list []lists.EntryView) {
	for _, e := range list {
		waits := ""
		if e.Waiting {
			waits = "  (on its way)"
		}
		fmt.Fprintf(w, "%s\tuntil %s\t%s\t%s%s\n", e.Value, e.Until.UTC().Format(time.RFC3339), e.By, e.Reason, waits)
	}
}

func listValues(texts []string, hashed bool) (out []lists.ListValue) {
	for _, s := range texts {
		out = append(out, lists.ListValue{Value: s, Hashed: hashed})
	}
	return out
}

// find tells whether a value is on a list; its exit code does, too.
func (c *listsCmd) find(ctx context.Context, env Env) error {
	v := lists.ListValue{Value: c.Find.Value, Hashed: c.Find.Hashed}
	if v.Value == "-" {
		raw, err := io.ReadAll(io.LimitReader(env.Stdin, 4<<10))
		if err != nil {
			return fmt.Errorf("lists: %w", err)
		}
		v.Value = strings.TrimSpace(string(raw))
	}
	var page entryPage
	if err := c.post(ctx, env, listPath(c.Find.List, "/find"), v, &page); err != nil {
		return err
	}
	if len(page.Entries) == 0 {
		return errors.New("lists: the value is not on the list")
	}
	if c.JSON {
		return nil
	}
	w := tabwriter.NewWriter(env.Stdout, 2, 8, 2, ' ', 0)
	printEntries(w, page.Entries)
	return w.Flush()
}

func (c *listsCmd) add(ctx context.Context, env Env) error {
	var until time.Time
	if c.Add.Until != "" {
		var err error
		if until, err = lists.ParseUntil(c.Add.Until); err != nil {
			return err
		}
	}
	var body struct {
		Entries []lists.NewEntry `json:"entries"`
	}
	for _, v := range listValues(c.Add.Values, c.Add.Hashed) {
		body.Entries = append(body.Entries, lists.NewEntry{ListValue: v, Until: until, Reason: c.Add.Reason})
	}
	return c.done(env, "added", len(body.Entries), c.post(ctx, env, listPath(c.Add.List, "/entries"), body, nil))
}

func (c *listsCmd) remove(ctx context.Context, env Env) error {
	body := struct {
		Values []lists.ListValue `json:"values"`
		Reason string            `json:"reason"`
	}{listValues(c.Remove.Values, c.Remove.Hashed), c.Remove.Reason}
	return c.done(env, "taken off", len(body.Values), c.post(ctx, env, listPath(c.Remove.List, "/remove"), body, nil))
}

func (c *listsCmd) done(env Env, what string, n int, err error) error {
	if err == nil && !c.JSON {
		fmt.Fprintf(env.Stdout, "%d %s; events after this find the list so\n", n, what)
	}
	return err
}

func (c *listsCmd) imports(ctx context.Context, env Env) error {
	in := env.Stdin
	if c.Import.File != "-" {
		f, err := os.Open(c.Import.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, lists.MaxListFile+1))
	if err != nil {
		return fmt.Errorf("lists: read the file: %w", err)
	}
	q := url.Values{}
	for k, v := range map[string]string{"reason": c.Import.Reason, "until": c.Import.Until} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if c.Import.Skip {
		q.Set("skip", "true")
	}
	var got lists.Imported
	if err := c.ask(ctx, env, http.MethodPost, listPath(c.Import.List, "/import?"+q.Encode()), "text/csv", raw, &got); err != nil {
		return err
	}
	for _, r := range got.Refused {
		fmt.Fprintf(env.Stderr, "line %d refused: %s\n", r.Line, r.Text)
	}
	if err := c.done(env, "added", got.Added, nil); err != nil {
		return err
	}
	if len(got.Refused) > 0 {
		return errLines
	}
	return nil
}

// run does what the command says.
func (c *listsCmd) run(ctx context.Context, env Env, command string) error {
	word, _, _ := strings.Cut(strings.TrimPrefix(command, "lists "), " ")
	switch word {
	case "make":
		return c.post(ctx, env, "/v1/lists", lists.NewList{Name: c.Make.List, Of: c.Make.Of, About: c.Make.About}, nil)
	case "find":
		return c.find(ctx, env)
	case "add":
		return c.add(ctx, env)
	case "remove":
		return c.remove(ctx, env)
	case "import":
		return c.imports(ctx, env)
	case "drop":
		return c.ask(ctx, env, http.MethodDelete, listPath(c.Drop.List, ""), "", nil, nil)
	}
	return c.show(ctx, env)
}
