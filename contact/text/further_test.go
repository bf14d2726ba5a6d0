package text

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bonafide/contact"
)

// further are words as other rooms hand them over.
var further = []string{"prize", "cash", "collect", "now", "schnell", "schon", "model", "fee", "you", "claim", "the", "ist", "garantiert", "auf", "ich", "gen"}

func TestFurtherWords(t *testing.T) {
	base, err := LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	v := base.With(further)
	for _, c := range []struct {
		name, in, want string
	}{
		{"digits and signs", "c0||3ct y0ur pr1ze, ca$h", "collect your prize, cash"},
		{"most of it digits", "c0113ct", "collect"},
		{"three letters, in the middle", "n0w f3e", "now fee"},
		{"ordinal numbers stay", "1st 2nd 7h3 f33", "1st 2nd 7h3 f33"},
		{"an exclamation mark is one", "Mode! Schnel!", "mode! schnel!"},
		{"another alphabet alone", "Сӏаіm your рrіzе ոօԝ", "claim your prize now"},
		{"letters of three alphabets, no word of ours", "νօκіαs", "vokias"},
		{"three letters of another alphabet beside Latin ones", "get it ոօԝ", "get it now"},
		{"Russian stays", "Мы рады вас видеть", "мы рады вас видеть"},
		{"Greek stays", "Καλημέρα σας", "καλημέρα σας"},
		{"lunate sigma and palochka", "ϲӏаim", "claim"},
		{"dots below", "pṛịẓẹ ọf tḥẹ", "prize ọf the"},
		{"umlauts of real words stay", "schön Prïze", "schön prïze"},
		{"spaced out, three letters", "f-e-e n_o_w f e e", "fee now fee"},
		{"spaced out before an exclamation mark", "p-r-i-z-e!", "prize!"},
		{"spaced out with an ending", "g a r a n t i e r t e n", "garantierten"},
		{"signs say where a word ends", "a-u-f-z-e-i-c-h-n-u-n-g-e-n", "aufzeichnungen"},
		{"short words in a long one are chance", "a u f z e i c h n u n g e n", "aufzeichnungen"},
		{"words without wide gaps", "c l a i m t h e p r i z e", "claim the prize"},
		{"no word comes out", "a b c, U.S.A.", "a b c, u.s.a."},
	} {
		if got := Read(contact.Part{Text: c.in}, v).Folded; got != c.want {
			t.Errorf("%s: %q is read as %q, want %q", c.name, c.in, got, c.want)
		}
	}
	// The folding that With was called on does not know them.
	if got := Read(contact.Part{Text: "c4sh"}, base).Folded; got != "c4sh" {
		t.Errorf("With changed the folding that it was called on: %q", got)
	}
}

// TestFurtherWordsAreNoTrick: people write "n0w", too.
func TestFurtherWordsAreNoTrick(t *testing.T) {
	base, err := LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	r := Read(contact.Part{Text: "c4sh n0w, s-c-h-n-e-l-l, amaz0n"}, base.With(append(further, "amazon")))
	var got []string
	for _, tr := range r.Tricks {
		got = append(got, tr.Kind+":"+r.Where(tr.Span).Quote)
	}
	if diff := cmp.Diff([]string{"leet:amaz0n"}, got); diff != "" {
		t.Errorf("tricks (-want +got):\n%s", diff)
	}
}

// TestSize: a disguise does not make a text longer, and what is no disguise
// counts as it stands.
func TestSize(t *testing.T) {
	base, err := LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	v := base.With(further)
	const plain = "claim your prize now"
	for _, in := range []string{
		plain, "𝖼𝗅𝖺𝗂𝗆 𝗒𝗈𝗎𝗋 𝗉𝗋𝗂𝗓𝖾 𝗇𝗈𝗐", "ｃｌａｉｍ　ｙｏｕｒ　ｐｒｉｚｅ　ｎｏｗ", "c\u200bl\u200ba\u200bi\u200bm y\u2060our prize now", "c-l-a-i-m your prize now",
		"сӏаіm your prize now",
	} {
		if got := Read(contact.Part{Text: in}, v).Size(); got < len(plain) || got > len(plain)+6 {
			t.Errorf("%q has size %d, want about %d", in, got, len(plain))
		}
	}
	for _, in := range []string{"", "Grüße aus Köln", "ご注文の確認", "a  b\n\n\nc", "50 % off!"} {
		if got := Read(contact.Part{Text: in}, v).Size(); got != len(in) {
			t.Errorf("%q has size %d, want %d", in, got, len(in))
		}
	}
}
