package term_test

import (
	"slices"
	"strings"
	"testing"

	"bonafide/contact/term"
	"bonafide/data"
	"bonafide/fault"
)

func tables(t testing.TB) *term.Tables {
	t.Helper()
	x, err := term.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// found tells whether a text is found by a query.
func found(t testing.TB, x *term.Tables, body, query string) bool {
	t.Helper()
	q, err := x.Query(query, "DE", 8)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	of := x.Of(body, "DE")
	for _, n := range q.Terms {
		if !slices.Contains(of, n) {
			return false
		}
	}
	return q.Match(body)
}

func TestFindsWhatPeopleSearchFor(t *testing.T) {
	x := tables(t)
	for _, c := range []struct {
		body   string
		hits   []string
		misses []string
	}{
		{"AMZ: Ihr Konto wurde gesperrt. Rufen Sie +49 (30) 555-01 234 an!", []string{"konto", "KONTO gesperrt", "030 55501234", "0049 30 55501234", "+493055501234", "０３０５５５０１２３４", "ＡＭＺ"},
			[]string{"030 55501235", "kont", "konten"}},
		{"Call 1-888-555-0147 now. Order #112-1234567-7654321", []string{"(888) 555 0147", "18885550147", "order 112-1234567-7654321", "11212345677654321"}, []string{"112-1234567-7654322", "888 555 0148"}},
		{"ご注文番号２５０−１２３４５６７−７６５４３２１は、発送できません。", []string{"注文", "注文番号", "ご注文 発送", "250-1234567-7654321", "できません"}, []string{"番注", "文発送", "番号注文", "注番"}},
		{"注文した番号", []string{"注文", "番号"}, []string{"注文番号"}},
		{"Mail From: Kundenservice@Amazon-Hilfe.EXAMPLE see https://login.konto.shop.example/de?x=1", []string{"kundenservice@amazon-hilfe.example", "amazon-hilfe.example", "konto.shop.example", "shop.example", "www.shop.example", "shop[.]example"},
			[]string{"hop.example", "service@amazon-hilfe.example", "amazon.example"}},
		{"Straße MÜLLER ﬁn", []string{"müller", "straße", "fin"}, []string{"mull"}},
		{"ｶﾀｶﾅでﾒｰﾙ", []string{"カタカナ", "メール"}, nil},
		{"詳しくはanna.b@konto.shop.exampleまで。サイトhttps://www.pay.exampleをご覧", []string{"anna.b@konto.shop.example", "konto.shop.example", "shop.example", "pay.example", "www.pay.example", "サイト"}, []string{"b@konto.shop.example", "hop.example"}},
		{"メール：担当@例え.jp", []string{"担当@例え.jp", "例え.jp"}, nil},
		{"Code 4711", []string{"4711"}, []string{"471"}},
		{strings.Repeat("a b c d e f g h i ", 3) + "zuletzt", []string{"a b c d e f g h i zuletzt"}, []string{"a b c d e f g h i niemals"}},
	} {
		for _, q := range c.hits {
			if !found(t, x, c.body, q) {
				t.Errorf("%q is not found in %q", q, c.body)
			}
		}
		for _, q := range c.misses {
			if found(t, x, c.body, q) {
				t.Errorf("%q is found in %q", q, c.body)
			}
		}
	}
}

func TestQueriesThatAreNone(t *testing.T) {
	x := tables(t)
	for _, q := range []string{"", "  ", "注", "!?", strings.Repeat("x", term.MaxQuery+1), "a\x00b", "\xff"} {
		if _, err := x.Query(q, "", 8); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%q: %v, want Invalid", q, err)
		}
	}
}

// FuzzFound: whatever a text is, each of its words finds it, nothing panics,
// and a query stays within its bounds.
func FuzzFound(f *testing.F) {
	f.Add("AMZ: 注文番号 250-1234567", "注文")
	f.Add("a@b.example +49 30 1234567", "030 1234567")
	x := tables(f)
	f.Fuzz(func(t *testing.T, body, query string) {
		if len(body) > 2000 {
			return
		}
		of := x.Of(body, "")
		q, err := x.Query(query, "", 8)
		if err == nil && (len(q.Terms) == 0 || len(q.Terms) > 8) {
			t.Errorf("%d terms of %q", len(q.Terms), query)
		}
		q.Match(body)
		for _, w := range of {
			if w == "" || len(w) > 400 {
				t.Errorf("the term %q", w)
			}
		}
	})
}
