package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bonafide/cli"
)

const events = `{"id":"1","time":1767250000,"type":"login","account":"a","device":"own","ip":"192.0.2.1","country":"JP","success":true,"mfa":"none"}
{"id":"2","time":1767350000,"type":"login","account":"b","device":"hers","ip":"192.0.2.2","country":"JP","success":true,"mfa":"none"}
{"id":"3","time":1767450000,"type":"login","account":"a","device":"new","ip":"198.51.100.1","country":"JP","success":true,"mfa":"bypassed"}
{"id":"4","time":1767450300,"type":"order","account":"a","order":"o1","device":"new","item":"gift_card_digital","amount":5000,"recipient":"r","payment":"card1"}
{"id":"5","time":1767450400,"type":"order","account":"b","order":"o2","device":"hers","item":"goods","amount":900,"payment":"card1"}
not an event
`

const labels = `{"a":{"kind":"classic","start":1767450000,"end":1767450300,"orders":["o1"],"value":0}}`

func TestEvalGuard(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(events))
	_ = z.Close()
	truth := write("labels.json", []byte(labels))
	for _, file := range []string{write("events.jsonl", []byte(events)), write("events.jsonl.gz", packed.Bytes())} {
		var out bytes.Buffer
		if err := evalGuard(context.Background(), cli.GuardOptions{Events: file, Labels: truth, JSON: true}, &out); err != nil {
			t.Fatal(err)
		}
		var r struct {
			StoppedShare    *float64                  `json:"stopped_share"`
			ValueSavedShare *float64                  `json:"value_saved_share"`
			WrongAccounts   *int                      `json:"wrong_accounts"`
			PerKind         map[string]map[string]any `json:"per_kind"`
			Refused         int                       `json:"refused_events"`
			Value           int64                     `json:"value"`
		}
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.StoppedShare == nil || *r.StoppedShare != 1 || r.ValueSavedShare == nil || *r.ValueSavedShare != 1 || r.WrongAccounts == nil || *r.WrongAccounts != 0 ||
			r.PerKind["classic"] == nil || r.Refused != 1 || r.Value != 5000 {
			t.Errorf("%s", out.String())
		}
	}
	if err := evalGuard(context.Background(), cli.GuardOptions{Events: truth}, &bytes.Buffer{}); err == nil {
		t.Error("events without labels must be refused")
	}
	var out bytes.Buffer
	if err := evalGuard(context.Background(), cli.GuardOptions{Simulate: 300, Seed: 1}, &out); err != nil || !strings.Contains(out.String(), "wrong accounts") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestPolicyTest(t *testing.T) {
	var out bytes.Buffer
	if err := testPolicy(cli.PolicyOptions{}, &out); err != nil || !strings.Contains(out.String(), "all good") {
		t.Errorf("%v\n%s", err, out.String())
	}
	raw, err := fileOr("", "account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(path, bytes.Replace(raw, []byte("challenge: 50"), []byte("challenge: 5"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := testPolicy(cli.PolicyOptions{File: path}, &out); err == nil || !strings.Contains(out.String(), "FAILED  presents") {
		t.Errorf("too low a threshold must fail the cases: %v\n%s", err, out.String())
	}
	docs, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(docs), "```yaml\npolicy: gift-cards")
	tables, _, _ = strings.Cut(tables, "```")
	for text, want := range map[string]string{
		tables: "untried rows of decision tables, which hit in no case: cards_firm, cards_2, cards_4\npolicy gift-cards version 1: 4 rules (4 of them rows of decision tables), 2 cases, all good\n",
		strings.Replace(tables, "[3..10)", "[4..10)", 1): "FAILED  three cards from a new device",
		strings.Replace(tables, "[1..3)", "[3..10)", 1):  "row 4 of the table cards is never reached: row 3 takes all that it takes",
	} {
		out.Reset()
		if err := os.WriteFile(path, []byte("policy: gift-cards"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _ = testPolicy(cli.PolicyOptions{File: path}, &out); !strings.Contains(out.String(), want) {
			t.Errorf("%s\nwant %q", out.String(), want)
		}
	}
}

// TestTrainAccount: a small model is written and read back from an overlay; seeds
// for measuring are refused, and a model that does not fit says why.
func TestTrainAccount(t *testing.T) {
	overlay := t.TempDir()
	into := filepath.Join(overlay, "models")
	if err := os.Mkdir(into, 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := cli.TrainAccountOptions{Into: into, Seed: 2, Shops: 1, Later: 1, Accounts: 300, Days: 30}
	if err := trainAccount(context.Background(), o, &out); err == nil || !strings.Contains(err.Error(), "kept for measuring") {
		t.Errorf("seed 2: %v", err)
	}
	o.Seed = 2001
	if err := trainAccount(context.Background(), o, &out); err != nil || !strings.Contains(out.String(), "account.marketplace-takeover.bin") {
		t.Fatalf("%v\n%s", err, out.String())
	}
	p, err := policyOf("", overlay)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := p.ModelCard(); !ok || !strings.Contains(c.Data, "seeds 2001 to 2001") {
		t.Errorf("the overlay's model is not the one that is read: %+v", c)
	}
	if err := os.WriteFile(filepath.Join(into, "account.marketplace-takeover.bin"), []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := testPolicy(cli.PolicyOptions{Overlay: overlay}, &out); err == nil || !strings.Contains(err.Error(), "not a model file") {
		t.Errorf("a broken model: %v", err)
	}
}
