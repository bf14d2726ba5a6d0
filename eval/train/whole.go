package train

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sort"
	"strings"

	"bonafide/contact/textmodel"
	"bonafide/contact/wording"
	"bonafide/desk/contacts"
	"bonafide/eval/corpus"
	"bonafide/eval/score"
)

// Reader reads a contact as the models of whole texts see it; the contact desk
// is one.
type Reader interface {
	Sample(ctx context.Context, req contacts.Request) (textmodel.Text, string, error)
}

// wholeSets are the sets that the model of a kind of channel learns from, and how
// much one of their contacts counts: by licence (data/models/README.md), and so
// that no set drowns the texts that we wrote.
var wholeSets = map[string]map[string]float64{
	"mail": {"mail-enron": 0.3, "mail-spamassassin_ham": 0.3},
	"sms":  {"sms-uci": 1, "sms-mendeley_minus_uci": 1, "sms-modesim": 1},
	"call": {"calls-bothbosu_single": 0.5, "calls-bothbosu_multi": 0.5, "calls-robocall_ftc": 1, "calls-youtube": 1},
}

// own is how much a text that we wrote counts, by the kind of model and that of
// the text: fraud of other channels uses the same pretexts.
var own = map[string]map[string]float64{
	"mail": {"mail": 4, "sms": 0.5, "call": 0.25},
	"sms":  {"sms": 2, "mail": 0.25, "call": 0.1},
	"call": {"call": 4, "sms": 0.25, "mail": 0.25},
}

// hardHam is how much more a legitimate mail counts that resembles advertising:
// they are few, and nearest to what shops send today.
const hardHam = 3

// folds is into how many parts texts are cut to score each by a model that has
// not seen it nor a sibling of it.
const folds = 3

// whole is one text to learn from.
type whole struct {
	textmodel.Example
	lang string
	// group is shared by siblings: texts of one template, or of one set with one
	// id.
	group string
	// sibling is the group of the first of those that it is a sibling of; its own at
	// first.
	sibling string
	// own tells that we wrote it.
	own bool
	// foreign tells that it is of another kind of channel.
	foreign bool
}

// Message is one written text of training/messages.
type Message struct {
	Fraud                               bool
	Channel, Kind, Group, Subject, Text string
}

// Messages reads messages/*.txt: records that begin with
//
//	== legit | mail | order-shipped | L017
//
// that is label, channel, kind, and a template that siblings share. A mail begins
// with a line "Subject:".
func Messages(texts fs.FS) ([]Message, error) {
	names, err := fs.Glob(texts, "messages/*.txt")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []Message
	for _, name := range names {
		raw, err := fs.ReadFile(texts, name)
		if err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		for i, rec := range strings.Split(string(raw), "\n== ")[1:] {
			head, body, _ := strings.Cut(rec, "\n")
			f := strings.Split(head, "|")
			if len(f) != 4 {
				return nil, fmt.Errorf("train: %s: record %d: %q: want label | channel | kind | template", name, i+1, head)
			}
			for j := range f {
				f[j] = strings.TrimSpace(f[j])
			}
			m := Message{Fraud: f[0] == "scam", Channel: f[1], Kind: f[2], Group: name + " " + f[3], Text: strings.TrimSpace(body)}
			if f[0] != "scam" && f[0] != "legit" || !slices.Contains(wording.Kinds(), m.Channel) {
				return nil, fmt.Errorf("train: %s: record %d: %q: want scam or legit, and one of %v", name, i+1, head, wording.Kinds())
			}
			if first, rest, ok := strings.Cut(m.Text, "\n"); ok && strings.HasPrefix(first, "Subject:") {
				m.Subject, m.Text = strings.TrimSpace(first[len("Subject:"):]), strings.TrimSpace(rest)
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// request is how a written text is put to the desk.
func (m *Message) request() contacts.Request {
	req := contacts.Request{Channel: m.Channel, Text: m.Text, Lang: "en", Brief: true}
	if m.Channel == "mail" {
		req.Text = ""
		req.Filename = "message.eml"
		req.Raw = []byte("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nSubject: " + strings.ReplaceAll(m.Subject, "\n", " ") + "\r\n\r\n" + m.Text)
	}
	return req
}

// read collects all texts that a model of a kind learns from.
func (src Sources) read(ctx context.Context, desk Reader, kind string) ([]whole, error) {
	var out []whole
	add := func(req contacts.Request, w whole) error {
		t, lang, err := desk.Sample(ctx, req)
		if err != nil {
			return fmt.Errorf("train: read a text of %s: %w", w.group, err)
		}
		w.Text, w.lang, w.sibling = t, lang, w.group
		if w.own {
			w.lang = strings.SplitN(strings.TrimPrefix(w.group, "messages/"), ".", 2)[0]
		}
		out = append(out, w)
		return nil
	}
	messages, err := Messages(src.Texts)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		w := whole{group: m.Group, own: true, foreign: m.Channel != kind}
		w.Fraud, w.Cost = m.Fraud, own[kind][m.Channel]
		if err := add(m.request(), w); err != nil {
			return nil, err
		}
	}
	sets := maps.Clone(wholeSets[kind])
	maps.Copy(sets, src.Also)
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		if slices.Contains(src.Except, name) {
			continue
		}
		i := slices.IndexFunc(src.Corpora.Sets, func(s corpus.Set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("train: the set %s is not there; give the folder of the corpora with --data", name)
		}
		for c, err := range src.Corpora.Contacts(src.Corpora.Sets[i], corpus.Query{Part: corpus.Train}) {
			if err != nil {
				return nil, err
			}
			if c.Label == corpus.Spam || len(c.Raw) == 0 && strings.TrimSpace(c.Text) == "" {
				continue
			}
			w := whole{group: name + " " + c.ID}
			w.Fraud, w.Cost = c.Label == corpus.Fraud, sets[name]
			if strings.HasPrefix(c.ID, "hard-ham") {
				w.Cost *= hardHam
			}
			if err := add(asked(kind, c), w); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// asked is how a collected contact is put to the desk.
func asked(kind string, c *corpus.Contact) contacts.Request {
	req := contacts.Request{Channel: kind, Text: c.Text, Lang: "en", Brief: true}
	if len(c.Raw) > 0 {
		req.Text, req.Raw, req.Filename = "", c.Raw, "message.eml"
	}
	return req
}

// fold is the part of a group of siblings.
func fold(group string) int {
	h := fnv.New32a()
	h.Write([]byte(group))
	return int(h.Sum32() % folds)
}

// alike is how many words in a row two texts share that are siblings.
const alike = 6

// siblings gives collected texts that share a run of words one group: senders of
// texts use templates, and whoever has learned one has seen the others. Numbers count
// as their kind. Mails and calls have no such groups: honest ones quote one another.
func siblings(all []whole) {
	parent := make([]int, len(all))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[uint64]int{}
	for i := range all {
		parent[i] = i
		if all[i].own || all[i].foreign {
			continue
		}
		words := slices.Concat(all[i].Sentences...)
		for n := 0; n == 0 || n+alike <= len(words); n++ {
			h := fnv.New64a()
			for _, w := range words[n:min(n+alike, len(words))] {
				h.Write([]byte(w + " "))
			}
			if j, ok := first[h.Sum64()]; ok {
				parent[root(i)] = root(j)
			} else {
				first[h.Sum64()] = i
			}
		}
	}
	for i := range all {
		if !all[i].own && !all[i].foreign {
			all[i].sibling = all[root(i)].group
		}
	}
}

// Scored is a text with the score of a model that had not seen it.
type Scored struct {
	// Group is shared by siblings: the set and the id, or the file and the
	// template.
	Group     string
	Set, Lang string
	Own       bool
	Fraud     bool
	Score     float32
	cost      float64
}

// Trained is a model of whole texts, and what cross validation gave.
type Trained struct {
	Model *textmodel.Whole
	// Folds are models that have not seen the texts of one fold each.
	Folds []*textmodel.Whole
	// Scores are of models that had not seen the text; scales were fitted to
	// them.
	Scores []Scored
	part   map[string]int // of each group
}

// Unseen returns the model that has not seen a group of siblings.
func (t *Trained) Unseen(group string) *textmodel.Whole { return t.Folds[t.partOf(group)] }

// partOf is the part of a group; one that was not learned from is in any.
func (t *Trained) partOf(group string) int {
	if f, ok := t.part[group]; ok {
		return f
	}
	return fold(group)
}

// Whole trains the model of a kind of channel.
func Whole(ctx context.Context, src Sources, desk Reader, kind string) (*Trained, error) {
	all, err := src.read(ctx, desk, kind)
	if err != nil {
		return nil, err
	}
	t := &Trained{part: map[string]int{}}
	if kind == "sms" {
		siblings(all)
	}
	for _, w := range all {
		t.part[w.group] = fold(w.sibling)
	}
	for f := range folds {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var in []textmodel.Example
		for _, w := range all {
			if fold(w.sibling) != f {
				in = append(in, w.Example)
			}
		}
		m, err := textmodel.FitWhole(kind, in)
		if err != nil {
			return nil, err
		}
		t.Folds = append(t.Folds, m)
		s := m.Scorer()
		for _, w := range all {
			if fold(w.sibling) == f && !w.foreign {
				score, _ := s.Score(w.Text)
				set, _, _ := strings.Cut(w.group, " ")
				t.Scores = append(t.Scores, Scored{w.group, set, w.lang, w.own, w.Fraud, score, w.Cost})
			}
		}
	}
	in := make([]textmodel.Example, len(all))
	for i, w := range all {
		in[i] = w.Example
	}
	if t.Model, err = textmodel.FitWhole(kind, in); err != nil {
		return nil, err
	}
	t.Model.Scales = scales(t.Scores)
	for _, m := range t.Folds {
		m.Scales = t.Model.Scales
	}
	return t, nil
}

// scales are fitted for each language that has enough texts of both kinds, and
// for all texts together.
func scales(scored []Scored) []textmodel.Scale {
	langs := []string{""}
	for _, s := range scored {
		if s.Own && !slices.Contains(langs, s.Lang) {
			langs = append(langs, s.Lang)
		}
	}
	slices.Sort(langs)
	var out []textmodel.Scale
	for _, lang := range langs {
		var score []float32
		var fraud []bool
		var cost []float64
		for _, s := range scored {
			if lang == "" || s.Lang == lang {
				score, fraud, cost = append(score, s.Score), append(fraud, s.Fraud), append(cost, s.cost)
			}
		}
		out = append(out, textmodel.FitScale(lang, score, fraud, cost))
	}
	return out
}

// Report prints how well scores of cross validation tell fraud, by set and
// language: area under the curve, and recall at 1 % and 0.1 % false alarms of the set's
// own legitimate texts (at fewer than a thousand, 0.1 % allows none).
func Report(kind string, scored []Scored, out io.Writer) {
	type key struct{ set, lang string }
	by := map[key][]Scored{}
	var keys []key
	for _, s := range scored {
		k := key{s.Set, ""}
		if s.Own {
			k = key{"written", s.Lang}
		}
		if by[k] == nil {
			keys = append(keys, k)
		}
		by[k] = append(by[k], s)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].set+keys[i].lang < keys[j].set+keys[j].lang })
	for _, k := range keys {
		var legit, fraud []float64
		for _, s := range by[k] {
			if s.Fraud {
				fraud = append(fraud, float64(s.Score))
			} else {
				legit = append(legit, float64(s.Score))
			}
		}
		line := fmt.Sprintf("%-5s %-24s %-3s fraud %4d legitimate %4d", kind, k.set, k.lang, len(fraud), len(legit))
		if area, ok := score.NewArea(fraud, legit); ok {
			one, _ := score.RecallAt(fraud, legit, .01)
			tenth, _ := score.RecallAt(fraud, legit, .001)
			line += fmt.Sprintf(" area %.3f recall at 1 %% %.1f %% at 0.1 %% %.1f %%", area.Value, 100*one.Recall.Value, 100*tenth.Recall.Value)
		}
		fmt.Fprintln(out, line)
	}
}
