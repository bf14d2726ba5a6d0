package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/store"
)

// Auditor is what audit needs of the desk of custody.
type Auditor interface {
	Verify(ctx context.Context, scope custody.Scope) ([]custody.Result, error)
	Heads(ctx context.Context, scope custody.Scope) ([]store.Head, error)
	Export(ctx context.Context, scope custody.Scope, w io.Writer) (int64, error)
}

type auditCmd struct {
	Tenant string `help:"Only the chain of this tenant." placeholder:"NAME"`

	Verify auditVerifyCmd `cmd:"" help:"Walk the chains and name the first entry that is wrong or missing; exit code 1 if there is one."`
	Head   auditHeadCmd   `cmd:"" help:"Print the head of each chain, to be kept where nobody who can write to the database can change it."`
	Export auditExportCmd `cmd:"" help:"Print all entries as NDJSON."`
	Anchor auditAnchorCmd `cmd:"" help:"Post the head of each chain to audit.anchor.url, signed, once."`
}

type auditVerifyCmd struct {
	Anchors string `help:"File of heads that were printed or posted earlier, one or one message a line: the chains must still hold them." type:"existingfile" placeholder:"FILE"`
}

type (
	auditHeadCmd   struct{}
	auditExportCmd struct{}
	auditAnchorCmd struct{}
)

// errBroken ends `audit verify` when a chain does not hold.
var errBroken = errors.New("audit: a chain does not hold: keep a copy of the database as it is, and compare it with backups and exports")

// run runs one of the audit commands.
func (c *auditCmd) run(ctx context.Context, command, config string, env Env) (err error) {
	var scope custody.Scope
	if c.Tenant != "" {
		if scope.Tenant, err = access.ParseTenant(c.Tenant); err != nil {
			return err
		}
	}
	if scope.Anchors, err = anchors(c.Verify.Anchors); err != nil {
		return err
	}
	if command == "audit anchor" {
		heads, err := env.Anchor(ctx, config)
		for _, h := range heads {
			fmt.Fprintln(env.Stdout, h)
		}
		return err
	}
	desk, done, err := env.Audit(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	switch command {
	case "audit head":
		heads, err := desk.Heads(ctx, scope)
		for _, h := range heads {
			if h.Sequence > 0 {
				fmt.Fprintln(env.Stdout, h)
			}
		}
		return err
	case "audit export":
		w := bufio.NewWriter(env.Stdout)
		if _, err := desk.Export(ctx, scope, w); err != nil {
			return err
		}
		return w.Flush()
	}
	results, err := desk.Verify(ctx, scope)
	if err != nil {
		return err
	}
	return printResults(results, env.Stdout)
}

// printResults prints what was found of each chain, and returns errBroken when
// one does not hold.
func printResults(results []custody.Result, w io.Writer) (err error) {
	if len(results) == 0 {
		fmt.Fprintln(w, "no audit entries yet")
	}
	for _, r := range results {
		if r.Broken != nil {
			fmt.Fprintf(w, "%s: BROKEN at entry %d: %s\n", r.Tenant, r.Broken.Sequence, r.Broken.Reason)
			err = errBroken
			continue
		}
		fmt.Fprintf(w, "%s: %d entries, the chain holds; head %s\n", r.Tenant, r.Entries, r.Head)
	}
	return err
}

// anchors reads heads that were kept; an empty path means none.
func anchors(path string) ([]custody.Anchor, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("audit: read anchors: %w", err)
	}
	out, err := custody.ParseAnchors(string(raw))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return out, nil
}
