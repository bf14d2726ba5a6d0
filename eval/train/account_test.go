package train

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bonafide/account/policy"
	"bonafide/account/riskmodel"
	"bonafide/data"
)

func accountPolicy(t *testing.T) *policy.Policy {
	t.Helper()
	raw, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(raw)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAccountSameBytes: the same policy and seeds give the same file, other seeds
// another one, and the policy takes it.
func TestAccountSameBytes(t *testing.T) {
	p := accountPolicy(t)
	o := AccountOptions{Shops: 1, Later: 1, Accounts: 300, Days: 30}
	var files [3][]byte
	for i := range files {
		if i == 2 {
			o.Seed = 1050
		}
		into := t.TempDir()
		var out strings.Builder
		if err := WriteAccount(context.Background(), p, o, into, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "orders with gift cards") {
			t.Errorf("it says %q", out.String())
		}
		var err error
		if files[i], err = os.ReadFile(filepath.Join(into, "account.marketplace-takeover.bin")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same seeds gave other bytes")
	}
	if bytes.Equal(files[0], files[2]) {
		t.Error("other seeds gave the same bytes")
	}
	with, err := p.WithModel(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range with.Warnings {
		t.Errorf("the fresh model is warned of: %s", w)
	}
	m, err := riskmodel.Read(bytes.NewReader(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range m.Features() {
		if f.Usual == nil || f.Direction != p.Features()[i].Direction {
			t.Errorf("%+v: what is usual and its direction belong into the file", f)
		}
	}
}

// TestSeedsForMeasuringAreKept: nobody trains on what the guard is measured on.
func TestSeedsForMeasuringAreKept(t *testing.T) {
	p := accountPolicy(t)
	for _, o := range []AccountOptions{{Seed: 2}, {Seed: 13}, {Seed: 1000}, {Shops: -1}, {Later: 101}, {Accounts: 5}, {Days: 3}} {
		if _, err := Account(context.Background(), p, o, &strings.Builder{}); err == nil {
			t.Errorf("%+v must be refused", o)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Account(ctx, p, AccountOptions{Shops: 1, Later: 1, Accounts: 100, Days: 21}, &strings.Builder{}); err == nil {
		t.Error("it must end when it is told to")
	}
}

// TestShippedAccountModelLearnedFromItsOwnSeeds: the card names the seeds.
func TestShippedAccountModelLearnedFromItsOwnSeeds(t *testing.T) {
	raw, err := data.FS.ReadFile("account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.LoadFrom(raw, data.FS)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := p.ModelCard()
	if !ok || !strings.Contains(c.Data, "seeds 1001 to 1006") || !strings.Contains(c.Data, "1101 to 1103") {
		t.Errorf("%+v", c)
	}
}
