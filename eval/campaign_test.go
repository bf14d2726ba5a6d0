package eval_test

import (
	"context"
	"crypto/sha256"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"bonafide/contact"
	"bonafide/contact/fingerprint"
	"bonafide/contact/mail"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
)

// member is a mail of a corpus with what campaigns are told by.
type member struct {
	id      string
	sig     fingerprint.Signature
	verdict string
	// body is a hash of the letters of its text without those of the receiver;
	// ok is false where there are too few of them.
	body [sha256.Size]byte
	ok   bool
}

// TestCampaigns holds the bounds on what may be grouped on a sample of each set; too few
// of a campaign are in it to tell how many are found. It is skipped where the corpora are
// not there.
func TestCampaigns(t *testing.T) { campaigns(t, 150) }

// BenchmarkCampaigns measures on all of the train parts which pairs of mails are grouped.
// Truth among phishing: two mails whose texts have the same letters, once the
// words with digits, addresses and the receiver's name are taken out, are one
// campaign (this is cruder than what the room itself leaves out, and its own
// code). Among legitimate mails no pair is one.
//
//	go test ./eval -run '^$' -bench Campaigns -benchtime 1x
func BenchmarkCampaigns(b *testing.B) {
	for range b.N {
		campaigns(b, 0)
	}
}

func campaigns(t testing.TB, limit int) {
	const folder = "../../shared/corpora"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("skipped: needs the corpora beside the project (../shared/corpora); contact/fingerprint has tests with mails of our own")
	}
	library, err := corpus.Open(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := fingerprint.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	var fraud, honest []member
	for _, s := range library.Sets {
		switch s.Name {
		case "mail-phishing_pot":
			fraud = members(t, library, s, limit)
			t.Logf("%s: %d mails", s.Name, len(fraud))
		case "mail-shop_legit", "mail-enron", "mail-spamassassin_ham":
			ms := members(t, library, s, limit)
			t.Logf("%s: %d mails", s.Name, len(ms))
			honest = append(honest, ms...)
		}
	}
	for _, judged := range []bool{true, false} {
		n := falsePairs(t, rules, honest, judged)
		found, truth, grouped, inTruth := truePairs(t, rules, fraud, judged)
		if mixed := mixedGroups(rules, fraud, honest, judged); mixed > 0 {
			t.Errorf("%d groups hold phishing and legitimate mails", mixed)
		}
		if bound := 20; n > bound {
			t.Errorf("%d pairs of legitimate mails are grouped, at most %d were when this was written", n, bound)
		}
		if bound := 0.85; judged && limit == 0 && float64(found) < bound*float64(truth) {
			t.Errorf("%d of %d pairs of the same text are found, want a share of %.2f", found, truth, bound)
		}
		t.Logf("verdicts used: %v; legitimate: %d of %d pairs grouped; phishing: %d of %d pairs of the same text found; %d pairs grouped, %d of them of the same text",
			judged, n, len(honest)*(len(honest)-1)/2, found, truth, grouped, inTruth)
	}
}

func members(t testing.TB, library *corpus.Library, s corpus.Set, limit int) []member {
	t.Helper()
	desk, err := contacts.New(contacts.Config{Data: data.FS, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var out []member
	for c, err := range library.Contacts(s, corpus.Query{Part: corpus.Train, Limit: limit}) {
		if err != nil {
			t.Fatal(err)
		}
		a, err := desk.Check(context.Background(), contacts.Request{Channel: "mail", Raw: c.Raw}, contacts.Caller{})
		if err != nil {
			continue
		}
		m := member{id: c.ID, verdict: a.Verdict}
		if a.Fingerprint != nil { // nil: nothing was in it
			if m.sig, err = fingerprint.Parse(a.Fingerprint.Signature); err != nil {
				t.Fatal(err)
			}
		}
		m.body, m.ok = body(c.Raw)
		out = append(out, m)
	}
	return out
}

// body hashes the letters of a mail's text.
func body(raw []byte) (sum [sha256.Size]byte, ok bool) {
	c, err := mail.Read(raw, mail.Options{})
	if err != nil {
		return sum, false
	}
	mine := map[string]bool{}
	for _, to := range c.Mail.To {
		for _, w := range words(to.Name + " " + to.Mail.Local) {
			mine[w] = true
		}
	}
	var letters strings.Builder
	for _, p := range c.Parts {
		if p.Kind != contact.Said || p.Name == "subject" || strings.HasPrefix(p.Name, "attachment") {
			continue
		}
		for _, chunk := range strings.Fields(p.Text) {
			if strings.ContainsAny(chunk, "@/0123456789") {
				continue
			}
			for _, w := range words(chunk) {
				if !mine[w] {
					letters.WriteString(w)
				}
			}
		}
	}
	return sha256.Sum256([]byte(letters.String())), letters.Len() >= 80
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
}

func group(rules *fingerprint.Rules, ms []member, judged bool) [][]int {
	in := make([]fingerprint.Member, len(ms))
	for i, m := range ms {
		in[i] = fingerprint.Member{Signature: m.sig, Doubted: judged && (m.verdict == "scam" || m.verdict == "suspicious")}
	}
	return rules.Group(in)
}

func falsePairs(t testing.TB, rules *fingerprint.Rules, ms []member, judged bool) int {
	n := 0
	for _, g := range group(rules, ms, judged) {
		n += len(g) * (len(g) - 1) / 2
		var ids []string
		for _, i := range g[:min(len(g), 6)] {
			ids = append(ids, ms[i].id+" "+ms[i].verdict)
		}
		t.Logf("legitimate group of %d: %v", len(g), ids)
	}
	return n
}

// mixedGroups counts groups with mails of both.
func mixedGroups(rules *fingerprint.Rules, fraud, honest []member, judged bool) int {
	n := 0
	for _, g := range group(rules, append(slices.Clone(fraud), honest...), judged) {
		if g[0] < len(fraud) && g[len(g)-1] >= len(fraud) {
			n++
		}
	}
	return n
}

func truePairs(t testing.TB, rules *fingerprint.Rules, ms []member, judged bool) (found, truth, grouped, inTruth int) {
	at := make([]int, len(ms))
	for k, g := range group(rules, ms, judged) {
		if k < 5 {
			t.Logf("phishing group of %d, such as %s", len(g), ms[g[0]].id)
		}
		for _, i := range g {
			at[i] = k + 1
		}
	}
	for i := range ms {
		for k := range ms[:i] {
			same := ms[i].ok && ms[k].ok && ms[i].body == ms[k].body
			together := at[i] != 0 && at[i] == at[k]
			if same {
				truth++
			}
			if together {
				grouped++
			}
			if same && together {
				found++
				inTruth++
			} else if same && testing.Verbose() && truth-found < 15 {
				m := rules.Match(&fingerprint.Member{Signature: ms[i].sig, Doubted: true}, &fingerprint.Member{Signature: ms[k].sig, Doubted: true})
				t.Logf("apart: %s %s, %s %s: %d words, %.2f, shared %d", ms[i].id, ms[i].verdict, ms[k].id, ms[k].verdict, ms[i].sig.Words(), m.Words, len(m.Shared))
			}
		}
	}
	return found, truth, grouped, inTruth
}
