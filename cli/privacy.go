package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/desk/people"
	"bonafide/desk/privacy"
	"bonafide/fault"
	"bonafide/store"
)

// Keeping is what retain and hold need of the desk of privacy.
type Keeping interface {
	Tenants(ctx context.Context) ([]store.Tenant, error)
	Retain(ctx context.Context, dry bool) (privacy.Run, error)
	Hold(ctx context.Context, a access.Actor, w privacy.HoldWish) (store.Hold, error)
	Holds(ctx context.Context, a access.Actor) ([]store.Hold, error)
	Release(ctx context.Context, a access.Actor, id, reason string) error
}

// Asking is what requests of persons need of it.
type Asking interface {
	Find(ctx context.Context, a access.Actor, q privacy.Ask) (privacy.Finding, error)
	Copy(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Copy, error)
	Erase(ctx context.Context, a access.Actor, q privacy.Ask, picks []privacy.Pick) (privacy.Certificate, error)
	Certificates(ctx context.Context, a access.Actor, p store.Page) ([]privacy.Certificate, store.Key, error)
	Certificate(ctx context.Context, a access.Actor, id string) (privacy.Certificate, error)
	Paper(c privacy.Certificate, lang string) privacy.Paper
}

// Privacy is the desk of privacy as the command line uses it.
type Privacy interface {
	Keeping
	Asking
	// Apply erases again in restored records what was erased since.
	Apply(ctx context.Context, later store.Later) (privacy.Again, error)
	Again(ctx context.Context, r store.Records, later store.Later) (privacy.Again, error)
}

type retainCmd struct {
	DryRun bool `help:"Erase nothing; count what would go."`
	JSON   bool `help:"Print JSON."`
}

type holdCmd struct {
	Tenant string `help:"Tenant; may be left out where there is only one." placeholder:"NAME"`

	List    holdListCmd    `cmd:"" help:"List all holds, released ones included."`
	Add     holdAddCmd     `cmd:"" help:"Keep records from being erased; print the number of the hold."`
	Release holdReleaseCmd `cmd:"" help:"Lift a hold."`
}

type holdListCmd struct {
	JSON bool `help:"Print JSON."`
}

type holdAddCmd struct {
	Kind    string    `help:"Kind of record, such as report." placeholder:"KIND"`
	Record  string    `help:"Number of one record of the kind." placeholder:"ID"`
	Person  string    `help:"All records of a person: mail address, telephone number, order number, log-in." placeholder:"IDENTIFIER"`
	Country string    `help:"Where numbers without a country code are read." placeholder:"CC"`
	From    time.Time `help:"First day on which the records were made." format:"2006-01-02" placeholder:"DAY"`
	Until   time.Time `help:"Last day on which they were made." format:"2006-01-02" placeholder:"DAY"`
	Ends    time.Time `help:"Last day of the hold; else until it is released." format:"2006-01-02" placeholder:"DAY"`
	Reason  string    `help:"Why; it is kept in the audit. No personal data." required:"" placeholder:"TEXT"`
}

type holdReleaseCmd struct {
	ID     string `arg:"" help:"Number of the hold."`
	Reason string `help:"Why; it is kept in the audit." required:"" placeholder:"TEXT"`
}

type privacyCmd struct {
	Tenant string `help:"Tenant; may be left out where there is only one." placeholder:"NAME"`

	Find         privacyAskCmd  `cmd:"" help:"Find in which records a person is; prints kind, number and day, no text."`
	Copy         privacyTakeCmd `cmd:"" help:"Print all that is kept of a person as JSON (GDPR Art. 15)."`
	Erase        privacyTakeCmd `cmd:"" help:"Erase a person's records (GDPR Art. 17) and print the certificate."`
	Certificates privacyListCmd `cmd:"" help:"List certificates, newest first."`
}

type privacyAskCmd struct {
	Person  string `arg:"" help:"Mail address, telephone number, order number, or log-in or name of somebody who works here."`
	Country string `help:"Where numbers without a country code are read." placeholder:"CC"`
	By      string `help:"Who asks: person, agent (for the person), authority." default:"person" enum:"person,agent,authority"`
	Reason  string `help:"Why, such as the number of the letter; it is kept in the audit. No personal data." required:"" placeholder:"TEXT"`
	JSON    bool   `help:"Print JSON."`
}

type privacyTakeCmd struct {
	privacyAskCmd
	Record []string `help:"Only this record, as find prints it: kind:number. Else all that certainly are of the person." placeholder:"KIND:ID"`
}

type privacyListCmd struct {
	ID   string `arg:"" optional:"" help:"Number of one certificate, else all." placeholder:"NUMBER"`
	Lang string `help:"In words, in a language: en, de or ja." enum:",en,de,ja" default:"" placeholder:"LANG"`
	JSON bool   `help:"Print JSON."`
}

// runPrivacy runs retain, hold and privacy.
func (g *grammar) runPrivacy(ctx context.Context, command string, env Env) (err error) {
	desk, done, err := env.Privacy(ctx, g.Config, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if command == "retain" {
		return g.Retain.run(ctx, desk, env.Stdout)
	}
	name := g.Hold.Tenant
	if strings.HasPrefix(command, "privacy") {
		name = g.Privacy.Tenant
	}
	tenant, err := onlyTenant(ctx, desk, name)
	if err != nil {
		return err
	}
	a := people.Console(tenant)
	if strings.HasPrefix(command, "hold") {
		return g.Hold.run(ctx, command, desk, a, env.Stdout)
	}
	return g.Privacy.run(ctx, command, desk, a, env.Stdout)
}

// onlyTenant is the one that the flag names, else the only one there is.
func onlyTenant(ctx context.Context, desk Keeping, name string) (access.Tenant, error) {
	if name != "" {
		return access.ParseTenant(name)
	}
	list, err := desk.Tenants(ctx)
	switch {
	case err != nil:
		return "", err
	case len(list) == 0:
		return firstTenant, nil
	case len(list) > 1:
		return "", fault.New(fault.Invalid, "--tenant", "is needed: there are %d tenants", len(list))
	}
	return list[0].ID, nil
}

func printJSON(w io.Writer, x any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}

func (c *retainCmd) run(ctx context.Context, desk Keeping, out io.Writer) error {
	run, err := desk.Retain(ctx, c.DryRun)
	return errors.Join(err, c.print(run, out)) // what went went, whatever else failed
}

func (c *retainCmd) print(run privacy.Run, out io.Writer) error {
	if c.JSON {
		return printJSON(out, run)
	}
	if len(run.Counts) == 0 {
		fmt.Fprintln(out, "nothing is past its time")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "TENANT\tKIND\t%s\tHELD\n", map[bool]string{true: "WOULD GO", false: "ERASED"}[c.DryRun])
	for _, x := range run.Counts {
		tenant := string(x.Tenant)
		if tenant == "" {
			tenant = "(server)"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", tenant, x.Kind, x.Erased, x.Held)
	}
	return w.Flush()
}

func (c *holdCmd) run(ctx context.Context, command string, desk Keeping, a access.Actor, out io.Writer) error {
	switch command {
	case "hold add":
		x := c.Add
		h, err := desk.Hold(ctx, a, privacy.HoldWish{Kind: x.Kind, Record: x.Record, Subject: request.Subject{Identifier: x.Person, Country: strings.ToUpper(x.Country)},
			From: x.From, Until: x.Until, Ends: x.Ends, Reason: x.Reason})
		if err == nil {
			fmt.Fprintln(out, h.ID)
		}
		return err
	case "hold release <id>":
		err := desk.Release(ctx, a, c.Release.ID, c.Release.Reason)
		if err == nil {
			fmt.Fprintln(out, "released")
		}
		return err
	}
	list, err := desk.Holds(ctx, a)
	if err != nil {
		return err
	}
	if c.List.JSON {
		return printJSON(out, heldLines(list))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tHOLDS\tSINCE\tSTATE\tREASON")
	for _, h := range heldLines(list) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", h.ID, h.what(), h.Since.Format(time.DateOnly), h.State, h.Reason)
	}
	return w.Flush()
}

// held is a hold as it is printed.
type held struct {
	ID     string      `json:"id"`
	Kind   string      `json:"kind,omitempty"`
	Record string      `json:"record,omitempty"`
	Person bool        `json:"of_a_person,omitempty"`
	From   time.Time   `json:"from,omitzero"`
	Until  time.Time   `json:"until,omitzero"`
	Since  time.Time   `json:"since"`
	Ends   time.Time   `json:"ends,omitzero"`
	State  string      `json:"state"`
	Reason string      `json:"reason"`
	By     store.Actor `json:"by"`
}

func heldLines(list []store.Hold) []held {
	out := make([]held, 0, len(list))
	for _, h := range list {
		state := "holds"
		if !h.Released.IsZero() {
			state = "released"
		} else if !h.Open(time.Now()) {
			state = "ended"
		}
		out = append(out, held{h.ID, h.Kind, h.Record, len(h.Marks) > 0, h.From, h.Until, h.Since, h.Ends, state, h.Reason, h.By})
	}
	return out
}

// what says in a few words what a hold keeps.
func (h held) what() string {
	out := h.Kind
	switch {
	case h.Record != "":
		out += ":" + h.Record
	case h.Kind == "":
		out = "all kinds"
	}
	if h.Person {
		out += " of a person"
	}
	if !h.From.IsZero() {
		out += " from " + h.From.Format(time.DateOnly)
	}
	if !h.Until.IsZero() {
		out += " before " + h.Until.Format(time.DateOnly)
	}
	return out
}

func (c *privacyCmd) run(ctx context.Context, command string, desk Asking, a access.Actor, out io.Writer) error {
	switch command {
	case "privacy find <person>":
		found, err := desk.Find(ctx, a, c.Find.ask())
		if err != nil {
			return err
		}
		return c.Find.print(found, out)
	case "privacy copy <person>":
		picks, err := c.Copy.picks(ctx, desk, a)
		if err != nil {
			return err
		}
		got, err := desk.Copy(ctx, a, c.Copy.ask(), picks)
		if err != nil {
			return err
		}
		return printJSON(out, got)
	case "privacy erase <person>":
		picks, err := c.Erase.picks(ctx, desk, a)
		if err != nil {
			return err
		}
		got, err := desk.Erase(ctx, a, c.Erase.ask(), picks)
		if err != nil {
			return err
		}
		if c.Erase.JSON {
			return printJSON(out, got)
		}
		printCertificate(got, out)
		return nil
	}
	return c.list(ctx, desk, a, out)
}

func (c *privacyAskCmd) ask() privacy.Ask {
	return privacy.Ask{Subject: request.Subject{Identifier: c.Person, Country: c.Country}, Asker: c.By, Reason: c.Reason}
}

func (c *privacyAskCmd) print(f privacy.Finding, out io.Writer) error {
	if c.JSON {
		return printJSON(out, map[string]any{"subject": f.Subject.String(), "found": append([]request.Found{}, f.Found...)})
	}
	if len(f.Found) == 0 {
		fmt.Fprintln(out, "nothing is kept of this person")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RECORD\tSINCE\tIS IT THEM\tHELD")
	for _, x := range f.Found {
		fmt.Fprintf(w, "%s:%s\t%s\t%s\t%s\n", x.Kind, x.ID, x.Created.Format(time.DateOnly), map[bool]string{true: "certain", false: "perhaps"}[x.Certain], map[bool]string{true: "held", false: "-"}[x.Held])
	}
	return w.Flush()
}

// picks are the records that were named, else all that certainly are the
// person's.
func (c *privacyTakeCmd) picks(ctx context.Context, desk Asking, a access.Actor) ([]privacy.Pick, error) {
	var out []privacy.Pick
	for _, x := range c.Record {
		kind, id, ok := strings.Cut(x, ":")
		if !ok {
			return nil, fault.New(fault.Invalid, "--record", "is not kind:number as `bonafide privacy find` prints it")
		}
		out = append(out, privacy.Pick{Kind: kind, ID: id})
	}
	if len(out) > 0 {
		return out, nil
	}
	found, err := desk.Find(ctx, a, c.ask())
	if err != nil {
		return nil, err
	}
	for _, x := range found.Found {
		if x.Certain {
			out = append(out, privacy.Pick{Kind: x.Kind, ID: x.ID})
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "person", "no record is certainly theirs: see `bonafide privacy find`, and name records with --record")
	}
	return out, nil
}

func (c *privacyCmd) list(ctx context.Context, desk Asking, a access.Actor, out io.Writer) error {
	list, err := c.certificates(ctx, desk, a)
	if err != nil {
		return err
	}
	if c.Certificates.JSON {
		return printJSON(out, append([]privacy.Certificate{}, list...))
	}
	for i, x := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if c.Certificates.Lang != "" {
			printPaper(desk.Paper(x, c.Certificates.Lang), out)
			continue
		}
		printCertificate(x, out)
	}
	if len(list) == 0 {
		fmt.Fprintln(out, "no certificate yet")
	}
	return nil
}

// certificates are the one that was named, or all.
func (c *privacyCmd) certificates(ctx context.Context, desk Asking, a access.Actor) ([]privacy.Certificate, error) {
	if id := c.Certificates.ID; id != "" {
		one, err := desk.Certificate(ctx, a, id)
		return []privacy.Certificate{one}, err
	}
	var out []privacy.Certificate
	for p := (store.Page{}); ; {
		list, next, err := desk.Certificates(ctx, a, p)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if p.After = next; next.IsZero() {
			return out, nil
		}
	}
}

// printPaper prints a certificate in words, to be sent along.
func printPaper(p privacy.Paper, w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", p.Title)
	for _, f := range p.Facts {
		fmt.Fprintf(w, "%s: %s\n", f.Name, f.Text)
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{p.GivenTitle, p.Given}, {p.RemovedTitle, p.Removed}, {p.KeptTitle, p.Kept}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", part.title)
		for _, line := range part.lines {
			fmt.Fprintf(w, "- %s\n", line)
		}
	}
	fmt.Fprintf(w, "\n%s %s\n", p.Proof, p.Hash)
}

// printCertificate prints a certificate by its codes, in few lines; printPaper
// does so in words.
func printCertificate(c privacy.Certificate, w io.Writer) {
	fmt.Fprintf(w, "certificate %s: %s, %s, asked by %s\n", c.ID, c.Kind, c.Made.Format(time.DateTime), c.Asker)
	for _, x := range c.Given {
		fmt.Fprintf(w, "  given    %s: %d\n", x.Kind, x.Records)
	}
	for _, x := range c.Removed {
		fmt.Fprintf(w, "  removed  %s: %d\n", x.Kind, x.Records)
	}
	for _, x := range c.Kept {
		fmt.Fprintf(w, "  stays    %s", x.Code)
		if x.Count > 0 {
			fmt.Fprintf(w, ": %d", x.Count)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "  proof    audit entry %d, %s\n", c.Entry, c.Hash)
}
