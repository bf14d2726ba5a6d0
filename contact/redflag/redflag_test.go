package redflag_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"bonafide/contact"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
	"bonafide/evidence"
)

// mini is a small lexicon that shows every element of the language of
// patterns.
const mini = `
as_of: "2026-11-22"
lang: en
source: [own]
concepts:
  secret: ["password/passcode", "pin", "*konto*"]
  tell: ["tell/give/read me", "read _ out"]
  pay: ["pay .. <money>", "pay .. <num> euro*"]
  ask_secret: ["{tell} .. {secret}"]
  never: ["never", "do not/don't"]
  code: ["code"]
  send: ["send/sent"]
flags:
  asks_password:
    not: [never]
    any:
      - need: [ask_secret]
  asks_fee:
    any:
      - need: [pay]
  asks_one_time_code:
    any:
      - need: [send, code]
        near: 6
        across: true
        strength: 0.5
  callback_number:
    any:
      - seq: ["= call/ring us?", "= <phone>"]
        channels: [sms]
  user_denies_order:
    any:
      - need: ["= did not order"]
        in: told
`

const miniJA = `
as_of: "2026-11-22"
lang: ja
concepts:
  code: ["コード", "確認番号"]
  tell: ["教えてください/教えて下さい", "読み上げて"]
flags:
  asks_one_time_code:
    any:
      - seq: [code, tell]
        near: 8
  urgency_deadline:
    any:
      - need: ["= <num>時間以内"]
`

func miniature(t *testing.T, files ...string) (*redflag.Catalogue, *text.Folding, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range files {
		lang := strings.TrimSpace(f[strings.Index(f, "lang: ")+6:][:2])
		fsys["redflags/"+lang+".yaml"] = &fstest.MapFile{Data: []byte(f)}
	}
	cat, err := redflag.Load(fsys)
	fold, ferr := text.LoadFolding(os.DirFS("../../data"))
	if ferr != nil {
		t.Fatal(ferr)
	}
	return cat, fold, err
}

func TestCompositions(t *testing.T) {
	cat, fold, err := miniature(t, mini, miniJA)
	if err != nil {
		t.Fatal(err)
	}
	told := contact.Told
	tests := []struct {
		name, text string
		kind       contact.PartKind
		channel    contact.Channel
		want       string // code, or "" for none
		quote      string
	}{
		{"need in order of concept pattern", "Please tell me slowly your password now.", 0, "", "asks_password", "tell me slowly your password"},
		{"infix and compound", "Give me the Kundenkontonummer please, thank you.", 0, "", "asks_password", "Give me the Kundenkontonummer"},
		{"any word", "Read it out: your PIN is needed for this.", 0, "", "asks_password", "Read it out: your PIN"},
		{"negation in the sentence", "Never tell me your password.", 0, "", "", ""},
		{"negation in another sentence", "Never mind that. Tell me your password.", 0, "", "asks_password", "Tell me your password"},
		{"gap too wide", "Tell me one two three four five six seven password", 0, "", "", ""},
		{"money class", "You must pay a fee of €1.99 today.", 0, "", "asks_fee", "pay a fee of €1.99"},
		{"number and word", "pay the 3 Euros", 0, "", "asks_fee", "pay the 3 Euros"},
		{"two sentences", "I have sent you something to your phone. It is a code for the parcel.", 0, "", "asks_one_time_code", ""},
		{"too far apart in one sentence", "Send flowers to my mother on the first day of every month as in the dress code", 0, "", "", ""},
		{"channel bound, wrong channel", "Call us (888) 555-0147", 0, contact.Mail, "", ""},
		{"channel bound", "Call us (888) 555-0147", 0, contact.SMS, "callback_number", ""},
		{"told only, said", "I did not order this.", 0, "", "", ""},
		{"told only, told", "I did not order this.", told, "", "user_denies_order", "did not order"},
		{"hidden text is not read", "tell me your password", contact.Hidden, "", "", ""},
		{"japanese sequence", "届いたコードを教えてください。", 0, "", "asks_one_time_code", "コードを教えてください"},
		{"japanese order matters", "教えてください、コードとは何ですか", 0, "", "", ""},
		{"japanese number", "24時間以内に手続きを", 0, "", "urgency_deadline", "24時間以内"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := text.Read(contact.Part{Name: "body", Kind: tt.kind, Text: tt.text}, fold)
			fs := cat.Find([]*text.Reading{r}, tt.channel)
			if tt.want == "" {
				if len(fs) > 0 {
					t.Fatalf("found %s at %q, want nothing", fs[0].Code, fs[0].Where.Quote)
				}
				return
			}
			if len(fs) != 1 || fs[0].Code != evidence.Code(tt.want) {
				t.Fatalf("found %v, want %s", fs, tt.want)
			}
			if tt.quote != "" && fs[0].Where.Quote != tt.quote {
				t.Errorf("quote %q, want %q", fs[0].Where.Quote, tt.quote)
			}
		})
	}
}

func TestLoadNamesTheMistake(t *testing.T) {
	base := "as_of: x\nlang: en\n"
	tests := []struct{ name, body, want string }{
		{"unknown concept", base + "concepts: {a: [\"x\"]}\nflags: {f: {any: [{need: [b]}]}}", `no concept "b"`},
		{"circle", base + "concepts: {a: [\"{b}\"], b: [\"{a}\"]}\nflags: {}", "refers to itself"},
		{"unknown reference", base + "concepts: {a: [\"{zz}\"]}\nflags: {}", "no concept {zz}"},
		{"gap at the end", base + "concepts: {a: [\"x ..\"]}\nflags: {}", "must begin and end"},
		{"unknown class", base + "concepts: {a: [\"<zz>\"]}\nflags: {}", "no such class"},
		{"typing mistake in a key", base + "concept: {}\n", "not found"},
		{"need and seq", base + "concepts: {a: [\"x\"]}\nflags: {f: {any: [{need: [a], seq: [a]}]}}", "either need or seq"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := miniature(t, tt.body)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	cat, err := redflag.Load(fstest.MapFS{"redflags/en.yaml": {Data: []byte(mini)}, "redflags/ja.yaml": {Data: []byte(miniJA)}})
	if err != nil {
		f.Fatal(err)
	}
	fold, err := text.LoadFolding(os.DirFS("../../data"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Tell me your password. コードを教えてください +1 888 555 0147 http://a.b/c?d")
	f.Add("pay €1.99 \x00\xff ( ( ( ") //nolint
	f.Fuzz(func(t *testing.T, s string) {
		r := text.Read(contact.Part{Name: "body", Text: s}, fold)
		for _, x := range cat.Find([]*text.Reading{r}, contact.Unknown) {
			if x.Where.Start < 0 || x.Where.End > len(r.Part.Text) || x.Where.Start > x.Where.End {
				t.Fatalf("place %d-%d outside of %d bytes", x.Where.Start, x.Where.End, len(r.Part.Text))
			}
		}
	})
}

// TestFilesOfOneLanguage: a second file adds to the first, and a guard of one
// file holds for the flags of that file alone.
func TestFilesOfOneLanguage(t *testing.T) {
	fsys := fstest.MapFS{
		"redflags/en.yaml":      {Data: []byte("as_of: x\nlang: en\nnot: [advice]\nconcepts: {advice: [\"never\"], code: [\"code\"]}\nflags: {asks_one_time_code: {any: [{need: [code]}]}}")},
		"redflags/en.told.yaml": {Data: []byte("as_of: x\nlang: en\nconcepts: {parcel: [\"parcel\"]}\nflags: {unexpected_parcel: {any: [{need: [parcel]}]}}")},
	}
	cat, err := redflag.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := text.LoadFolding(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]int{"Tell me the code of the parcel": 2, "Never tell the code of the parcel": 1} {
		if got := flagsOf(cat, fold, s); len(got) != want {
			t.Errorf("%q: %d flags, want %d", s, len(got), want)
		}
	}
	fsys["redflags/en.more.yaml"] = &fstest.MapFile{Data: []byte("as_of: x\nlang: en\nconcepts: {code: [\"pin\"]}\nflags: {}")}
	if _, err := redflag.Load(fsys); err == nil || !strings.Contains(err.Error(), "two files") {
		t.Errorf("a concept in two files: %v", err)
	}
}
