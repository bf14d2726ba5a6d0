package policies

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/data"
	"bonafide/fault"
	"bonafide/store/storetest"
)

// TestDifferenceGivesBothTexts: the old text is what is common and removed, the new
// one what is common and added, in their order.
func TestDifferenceGivesBothTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 12)
		old, now := lines.Draw(t, "old"), lines.Draw(t, "now")
		var was, is []string
		for _, l := range middle(old, now, 0) {
			if l.Kind != '+' {
				was = append(was, l.Text)
			}
			if l.Kind != '-' {
				is = append(is, l.Text)
			}
		}
		if !slices.Equal(was, old) || !slices.Equal(is, now) {
			t.Errorf("%q to %q is told as %q to %q", old, now, was, is)
		}
		c := difference(7, old, now)
		if len(old)-c.Removed != len(now)-c.Added || c.Cut || slices.Equal(old, now) != (c.Added+c.Removed == 0) {
			t.Errorf("%q to %q: %+v", old, now, c)
		}
	})
}

func TestDifferenceIsBounded(t *testing.T) {
	many := func(word string) (out []string) {
		for range 4000 {
			out = append(out, word)
		}
		return out
	}
	c := difference(1, many("a"), many("b"))
	if c.Added != 4000 || c.Removed != 4000 || len(c.Lines) != maxDiff || !c.Cut {
		t.Errorf("%d added, %d removed, %d lines, cut %v", c.Added, c.Removed, len(c.Lines), c.Cut)
	}
	text := make([]string, 100)
	for i := range text {
		text[i] = strings.Repeat("x", i)
	}
	changed := slices.Clone(text)
	changed[50] = "other"
	c = difference(1, text, changed)
	if c.Added != 1 || c.Removed != 1 || len(c.Lines) != 2+2*aroundDiff+1 || c.Lines[0].Old != 48 {
		t.Errorf("%+v", c)
	}
}

// TestExamine: what is wrong is told with its line; a text that loads is told with
// its cases, cost and warnings.
func TestExamine(t *testing.T) {
	raw, err := fs.ReadFile(data.FS, "account/policies/marketplace-takeover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Config{Store: storetest.SQLite().Open(t), Data: data.FS, Now: time.Now, Shipped: raw})
	if err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Analyst}}
	f, err := d.Examine(t.Context(), who, raw)
	if err != nil || f.Wrong != nil || !f.Fit() || len(f.Cases) < 10 || f.Cost == 0 || f.CostOf == "" || f.Rules < 10 {
		t.Errorf("%+v, %v", f, err)
	}
	docs, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(docs), "```yaml\npolicy: gift-cards")
	tables, _, _ = strings.Cut(tables, "```")
	f, err = d.Examine(t.Context(), who, []byte("policy: gift-cards"+tables))
	if err != nil || !f.Fit() || len(f.Tables) != 1 || f.Rules != 4 {
		t.Fatalf("%+v, %v", f, err)
	}
	if x := f.Tables[0]; x.ID != "cards" || x.Hit != "first" || len(x.Inputs) != 4 || x.Rows[0].Rule != "cards_firm" || x.Rows[2].Action != "challenge" || x.Rows[2].Cells[1] != "[3..10)" || x.Rows[1].Shop[0] != "hide_gift_cards" || x.On[0] != "order.placed" {
		t.Errorf("%+v", x)
	}
	line := strings.Count(string(raw[:strings.Index(string(raw), "    when: ")]), "\n") + 1
	for what, c := range map[string]struct {
		text string
		line int
	}{
		"unknown name": {strings.Replace(string(raw), "    when: ", "    when: no_such_thing && ", 1), line},
		"no YAML":      {"policy: x\nversion: 1\nrules: [", 3},
		"unknown key":  {"policy: x\nversion: 1\nfoo: 1\n", 3},
		"too large":    {strings.Repeat("#", 2<<20), 0},
	} {
		f, err := d.Examine(t.Context(), who, []byte(c.text))
		if err != nil || f.Wrong == nil || f.Wrong.Line != c.line || f.Wrong.Text == "" || f.Fit() {
			t.Errorf("%s: %+v, %v", what, f.Wrong, err)
		}
	}
	_, err = d.Examine(t.Context(), access.Actor{Tenant: "main", Person: "p", Roles: []access.Role{access.Admin}}, raw)
	var x *fault.Error
	if !errors.As(err, &x) || x.Kind != fault.Forbidden {
		t.Errorf("an administrator examines: %v", err)
	}
	c, err := d.Compare(t.Context(), who, strings.Replace(string(raw), "challenge: 50", "challenge: 40", 1))
	if err != nil || c.Old != 0 || c.Added != 1 || c.Removed != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
