package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"bonafide/cli"
	"bonafide/eval/handbook"
	"bonafide/fault"
)

// evalAccountModel measures the learned score on the transactions of a folder.
func evalAccountModel(ctx context.Context, o cli.AccountModelOptions, out io.Writer) error {
	f, err := os.Open(filepath.Join(o.Data, "transactions.csv.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Invalid, "", "eval account-model: no transactions.csv.gz in the folder: give that of the handbook's raw transactions with --data")
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("eval account-model: transactions.csv.gz: %w", err)
	}
	r, err := handbook.Measure(untilDone{ctx, z}, handbook.Options{})
	if err != nil {
		return err
	}
	if o.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "training from\ttest from\ttraining\ttest\tfraud\ttrees\tAP\tCP@100\tceiling")
	for _, f := range r.Folds {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%.4f\t%.4f\t%.4f\n", f.TrainingFrom, f.TestFrom, f.Training, f.Test, f.TestFraud, f.Trees, f.AveragePrecision, f.CardPrecision, f.Ceiling)
	}
	fmt.Fprintf(w, "mean\t\t\t\t\t\t%.4f\t%.4f\t%.4f\n", r.AveragePrecision, r.CardPrecision, r.Ceiling)
	return w.Flush()
}

// untilDone reads until the context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

// Read reads unless the context has ended.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
