package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bonafide/cli"
)

// TestEvalAccountModelRefuses: a folder without the file, a file that is no
// archive, and one that ends before the folds say what to do. The figures
// themselves are tested in eval/handbook.
func TestEvalAccountModelRefuses(t *testing.T) {
	dir := t.TempDir()
	run := func() error {
		return evalAccountModel(context.Background(), cli.AccountModelOptions{Data: dir, JSON: true}, &bytes.Buffer{})
	}
	if err := run(); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("no file: %v", err)
	}
	file := filepath.Join(dir, "transactions.csv.gz")
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("plain"))
	if err := run(); err == nil {
		t.Error("a file that is no archive was read")
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte("TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n2018-07-25 00:00:00,1,1,5,0\n"))
	_ = w.Close()
	write(z.Bytes())
	if err := run(); err == nil || !strings.Contains(err.Error(), "complete") {
		t.Errorf("a file of one row: %v", err)
	}
}
