package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"bonafide/desk/custody"
	"bonafide/desk/people"
	"bonafide/desk/privacy"
	"bonafide/fault"
	"bonafide/store"
)

type erasuresCmd struct {
	Export erasuresExportCmd `cmd:"" help:"Write what was erased, held and certified to a file, for restored copies; it holds hashes only."`
	Apply  erasuresApplyCmd  `cmd:"" help:"Erase again in these records what a file of export says."`
}

type erasuresExportCmd struct {
	File string `arg:"" help:"File to be made; one that exists is left alone." type:"path"`
}

type erasuresApplyCmd struct {
	File string `arg:"" help:"File that export made." type:"existingfile"`
}

// LaterReader is what reads what was erased since a backup.
type LaterReader interface {
	ExportErasures(ctx context.Context, now time.Time, w io.Writer) (custody.Moved, error)
	ReadErasures(ctx context.Context, file io.Reader) (store.Later, error)
	Later(ctx context.Context) (store.Later, error)
}

// runErasures runs erasures export and erasures apply.
func (g *grammar) runErasures(ctx context.Context, command string, env Env) (err error) {
	desk, done, err := env.Records(ctx, g.Config, false)
	if err != nil {
		return err
	}
	if command == "erasures export <file>" {
		defer func() { err = errors.Join(err, done()) }()
		return makeFile(ctx, desk, custody.KindErasures, g.Erasures.Export.File, env.Stdout, func(w io.Writer) (custody.Moved, error) {
			return desk.ExportErasures(ctx, time.Now(), w)
		})
	}
	later, err := readLater(ctx, desk, g.Erasures.Apply.File)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	private, done, err := env.Privacy(ctx, g.Config, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	again, err := private.Apply(ctx, later)
	if err == nil {
		printAgain(again, env.Stdout)
	}
	return err
}

func readLater(ctx context.Context, desk LaterReader, path string) (store.Later, error) {
	f, err := os.Open(path)
	if err != nil {
		return store.Later{}, fmt.Errorf("read the file of erasures: %w", err)
	}
	defer func() { _ = f.Close() }()
	return desk.ReadErasures(ctx, f)
}

func printAgain(a privacy.Again, w io.Writer) {
	fmt.Fprintf(w, "erased again: %d records; holds: %d; certificates: %d\n", a.Erased, a.Holds, a.Certificates)
	for _, t := range a.NoAdmin {
		fmt.Fprintf(w, "%s: no administrator is left, those of the backup were erased since: `bonafide admin --tenant %s create LOGIN`\n", t, t)
	}
}

// restore brings a backup back, and erases again what was erased since it was
// made, in one transaction.
func (g *grammar) restore(ctx context.Context, desk Mover, env Env) error {
	c := &g.Restore
	given := 0
	for _, is := range []bool{c.Erasures != "", c.Running != "", c.WithoutErasures} {
		if is {
			given++
		}
	}
	if given != 1 {
		return fault.New(fault.Invalid, "restore", "what was erased since the backup would come back: name the records that run now (--running DSN) or a file of `bonafide erasures export` (--erasures FILE), or say --without-erasures")
	}
	if c.WithoutErasures {
		return c.take(ctx, desk, env, "restored and compared; what was erased since the backup is back, `bonafide erasures apply FILE` erases it again", nil)
	}
	var later store.Later
	var err error
	if c.Erasures != "" {
		later, err = readLater(ctx, desk, c.Erasures)
	} else {
		later, err = env.Later(ctx, g.Config, c.Running)
	}
	if err != nil {
		return err
	}
	private, done, err := env.Privacy(ctx, g.Config, true)
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	var again privacy.Again
	err = c.take(ctx, desk, env, "restored and compared", func(r store.Records) (err error) {
		again, err = private.Again(ctx, r, later)
		return err
	})
	if err == nil || errors.Is(err, errBroken) {
		printAgain(again, env.Stdout)
	}
	return err
}

// take restores the file, does what is to be done with it in the same transaction,
// and ends what opens accounts where that is asked for.
func (c *restoreCmd) take(ctx context.Context, desk Mover, env Env, said string, then func(store.Records) error) error {
	var ended people.Revoked
	err := takeFile(ctx, c.File, said, env.Stdout, func(ctx context.Context, f io.ReadSeeker) (custody.Moved, error) {
		return desk.RestoreThen(ctx, f, func(r store.Records) (err error) {
			if then != nil {
				err = then(r)
			}
			if err == nil && c.Revoke {
				ended, err = people.Revoke(ctx, r, time.Now())
			}
			return err
		})
	})
	if c.Revoke && (err == nil || errors.Is(err, errBroken)) {
		fmt.Fprintf(env.Stdout, "ended: %d API keys, %d sessions, %d invitations and new starts; passwords, authenticator apps and passkeys are as they were\n", ended.Keys, ended.Sessions, ended.Invitations)
	}
	return err
}
