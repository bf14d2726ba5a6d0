package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/desk/custody"
	"bonafide/fault"
)

// KeyDesk is what keys needs of the desk of the keyring.
type KeyDesk interface {
	List(ctx context.Context) (keys []custody.KeyUse, plain int64, err error)
	Add(ctx context.Context) (id string, err error)
	Rotate(ctx context.Context, progress func(custody.Resealed)) (custody.Resealed, error)
	Reseal(ctx context.Context, progress func(custody.Resealed)) (custody.Resealed, error)
	Retire(ctx context.Context, id, why string) error
	Wrapped() (string, error)
	Wrap(ctx context.Context, plain bool) error
}

type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"List the keys, and how many values each seals."`
	Add    keysAddCmd    `cmd:"" help:"Add a key that seals nothing yet, so that it can be brought to every server before it is used."`
	Rotate keysRotateCmd `cmd:"" help:"Make the newest key that was added the active one, or a new key, and seal everything with it, while servers run."`
	Wrap   keysWrapCmd   `cmd:"" help:"Have the key service of keys.kms wrap the file of the keyring, anew where it did before."`
	Retire keysRetireCmd `cmd:"" help:"Destroy a key that seals nothing any more. Backups of before can then not be read."`
}

type keysWrapCmd struct {
	Plain bool `help:"Write it as it is, wrapped by nobody."`
}

type (
	keysListCmd struct{}
	keysAddCmd  struct{}
)

type keysRotateCmd struct {
	Continue bool `help:"Make no other key active: go on with a rotation that was ended, and seal what was kept before there were keys."`
}

type keysRetireCmd struct {
	ID  string `arg:"" help:"Id of the key, as the list shows it."`
	Why string `help:"The reason, for the audit; no personal data." required:"" placeholder:"TEXT"`
}

// run runs one of the keys commands.
func (c *keysCmd) run(ctx context.Context, command, config string, env Env) (err error) {
	desk, done, err := env.Keys(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, done())
		if errors.Is(err, context.Canceled) {
			err = fault.New(fault.Temporary, "", "keys: interrupted: what was done is kept; go on with `bonafide keys rotate --continue`")
		}
	}()
	switch command {
	case "keys list":
		return listRing(ctx, desk, env)
	case "keys add":
		id, err := desk.Add(ctx)
		if err == nil {
			fmt.Fprintf(env.Stdout, "%s added; it seals nothing before `bonafide keys rotate`\n", id)
		}
		return err
	case "keys wrap":
		if err := desk.Wrap(ctx, c.Wrap.Plain); err != nil {
			return err
		}
		return tellWrapped(desk, env)
	case "keys retire <id>":
		if err := desk.Retire(ctx, c.Retire.ID, c.Retire.Why); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "%s destroyed; what it sealed in backups cannot be read any more\n", c.Retire.ID)
		return nil
	}
	turn := desk.Rotate
	if c.Rotate.Continue {
		turn = desk.Reseal
	}
	out, err := turn(ctx, func(r custody.Resealed) {
		if env.Progress {
			fmt.Fprintf(env.Stderr, "\r%s", resealed(r))
		}
	})
	if env.Progress {
		fmt.Fprintln(env.Stderr)
	}
	if out.Key != "" {
		fmt.Fprintf(env.Stdout, "%s is active; sealed again: %s\n", out.Key, resealed(out))
	}
	return err
}

// resealed tells counts by family: "12 factors, 300 reports".
func resealed(r custody.Resealed) string {
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(r.Rows)) {
		parts = append(parts, fmt.Sprintf("%d %s", r.Rows[f], f))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// tellWrapped says which key service wraps the keyring.
func tellWrapped(desk KeyDesk, env Env) error {
	service, err := desk.Wrapped()
	if err != nil {
		return err
	}
	text := "the keyring stands as it is in its file\n"
	if service != "" {
		text = "the keyring is wrapped by the key service: " + service + "\n"
	}
	fmt.Fprint(env.Stdout, text)
	return nil
}

func listRing(ctx context.Context, desk KeyDesk, env Env) error {
	keys, plain, err := desk.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tMADE\tACTIVE SINCE\tVALUES")
	day := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format(time.DateOnly)
	}
	for _, k := range keys {
		state := string(k.State)
		if state == "" {
			state = "MISSING"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", k.ID, state, day(k.Created), day(k.Activated), k.Values)
	}
	if plain > 0 {
		fmt.Fprintf(w, "none\tnot sealed\t-\t-\t%d\n", plain)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if service, err := desk.Wrapped(); err != nil || service == "" {
		return err
	}
	return tellWrapped(desk, env)
}
