package corpus

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
)

// Bounds of what is read.
const (
	maxLine  = 4 << 20
	maxMail  = 64 << 20
	maxItems = 1 << 20
)

const labelsFile = "labels.jsonl"

// Other returns the other part.
func Other(part string) string {
	if part == Test {
		return Train
	}
	return Test
}

// Query says which contacts of a set are wanted.
type Query struct {
	// Part is Train or Test.
	Part string
	// Limit bounds their number, 0 means all. Which ones are taken depends on
	// Seed and their ids only.
	Limit int
	Seed  uint64
}

// Contacts yields the contacts of a set in the order of its file. It ends after
// the first error, which names the file and what is wrong with it.
func (l *Library) Contacts(s Set, q Query) iter.Seq2[*Contact, error] {
	return func(yield func(*Contact, error) bool) {
		if q.Part != Train && q.Part != Test {
			yield(nil, fmt.Errorf("corpus: part %q: want %s or %s", q.Part, Train, Test))
			return
		}
		read, file := l.texts, s.Name+".jsonl.gz"
		if s.Channel == "mail" {
			read, file = l.mails, s.Name+"."+q.Part+".tar.gz"
		}
		err := read(s, file, q, func(c *Contact) error {
			if !yield(c, nil) {
				return errStop
			}
			return nil
		})
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// A set may lack a part; it then has no contacts in it.
		case err != nil && !errors.Is(err, errStop):
			yield(nil, fmt.Errorf("corpus: read %s: %w", file, err))
		}
	}
}

// errStop ends the reading when nobody wants more.
var errStop = errors.New("stop")

// open returns the decompressed bytes of a file.
func (l *Library) open(file string) (io.Reader, func(), error) {
	f, err := l.fsys.Open(file)
	if err != nil {
		return nil, nil, err
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return z, func() { _ = f.Close() }, nil
}

// lines calls do for each line of a stream.
func lines(r io.Reader, do func(line []byte) error) error {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for sc.Scan() {
		n++
		if n > maxItems {
			return fmt.Errorf("more than %d lines", maxItems)
		}
		line := bytes.TrimSpace(sc.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := do(line); err != nil {
			if errors.Is(err, errStop) {
				return err
			}
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil
}

// textLine is one line of a set of texts.
type textLine struct {
	ID     string `json:"id"`
	Label  *int   `json:"label"`
	Class  string `json:"cls"`
	Text   string `json:"text"`
	Lang   string `json:"lang"`
	Part   string `json:"part"`
	Amazon bool   `json:"amazon"`
}

// texts reads a set of texts: once for the ids when only a sample is wanted,
// and once for the texts.
func (l *Library) texts(s Set, file string, q Query, do func(*Contact) error) error {
	each := func(do func(*textLine) error) error {
		r, done, err := l.open(file)
		if err != nil {
			return err
		}
		defer done()
		return lines(r, func(line []byte) error {
			var t textLine
			if err := json.Unmarshal(line, &t); err != nil {
				return errors.New("is no JSON object of a text") // the cause would quote the text
			}
			if t.ID == "" || t.Label == nil || *t.Label != 0 && *t.Label != 1 {
				return errors.New("want an id and a label 0 or 1")
			}
			if t.Part != q.Part {
				return nil
			}
			return do(&t)
		})
	}
	var wanted map[string]bool
	if q.Limit > 0 {
		var ids []string
		if err := each(func(t *textLine) error { ids = append(ids, t.ID); return nil }); err != nil {
			return err
		}
		wanted = sample(s.Name, ids, q)
	}
	return each(func(t *textLine) error {
		if wanted != nil && !wanted[t.ID] {
			return nil
		}
		c := &Contact{Set: s.Name, ID: t.ID, Label: Legitimate, Class: t.Class, Lang: t.Lang, Amazon: t.Amazon, Text: t.Text}
		if *t.Label == 1 {
			c.Label = Fraud
		}
		if c.Lang == "?" {
			c.Lang = ""
		}
		return do(c)
	})
}

// mailLine is one line of an archive's list of labels.
type mailLine struct {
	Path    string `json:"path"`
	Label   string `json:"label"`
	From    string `json:"amazon_from"`
	Subject string `json:"amazon_subject"`
}

// mails reads an archive of mails: once for the labels, which stand at its end,
// and once for the mails.
func (l *Library) mails(s Set, file string, q Query, do func(*Contact) error) error {
	labels, ids, err := l.labels(file)
	if err != nil {
		return err
	}
	wanted := sample(s.Name, ids, q)
	seen := map[string]bool{}
	err = l.entries(file, func(h *tar.Header, r io.Reader) error {
		if h.Name == labelsFile {
			return nil
		}
		m, ok := labels[h.Name]
		if !ok {
			return fmt.Errorf("%s has no line in %s", h.Name, labelsFile)
		}
		seen[h.Name] = true
		if !wanted[h.Name] {
			return nil
		}
		raw := make([]byte, h.Size)
		if _, err := io.ReadFull(r, raw); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		return do(&Contact{
			Set: s.Name, ID: h.Name, Label: mailLabels[m.Label], Class: m.Label, Amazon: m.From == "1" || m.Subject == "1", Raw: raw,
			Checked: l.checked[s.Name][h.Name].Is,
		})
	})
	if err != nil {
		return err
	}
	if len(seen) != len(labels) {
		return fmt.Errorf("%d of %d labelled mails are not in the archive", len(labels)-len(seen), len(labels))
	}
	return nil
}

// mailLabels are the words of the archives' lists.
var mailLabels = map[string]Label{"phish": Fraud, "ham": Legitimate, "spam": Spam}

// labels reads the list of an archive; ids are in its order.
func (l *Library) labels(file string) (labels map[string]mailLine, ids []string, err error) {
	err = l.entries(file, func(h *tar.Header, r io.Reader) error {
		if h.Name != labelsFile {
			return nil
		}
		labels = map[string]mailLine{}
		if err := lines(r, func(line []byte) error {
			var m mailLine
			if err := json.Unmarshal(line, &m); err != nil {
				return fmt.Errorf("%s: %w", labelsFile, err)
			}
			if _, ok := mailLabels[m.Label]; !ok || m.Path == "" {
				return fmt.Errorf("%s: want a path and a label phish, ham or spam", labelsFile)
			}
			if _, twice := labels[m.Path]; twice {
				return fmt.Errorf("%s: %s stands there twice", labelsFile, m.Path)
			}
			labels[m.Path] = m
			ids = append(ids, m.Path)
			return nil
		}); err != nil {
			return err
		}
		return errStop
	})
	switch {
	case err != nil && !errors.Is(err, errStop):
		return nil, nil, err
	case labels == nil:
		return nil, nil, fmt.Errorf("has no %s", labelsFile)
	}
	return labels, ids, nil
}

// entries calls do for each regular file of an archive.
func (l *Library) entries(file string, do func(*tar.Header, io.Reader) error) error {
	z, done, err := l.open(file)
	if err != nil {
		return err
	}
	defer done()
	r := tar.NewReader(z)
	for n := 0; ; n++ {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > maxMail || n > maxItems {
			return fmt.Errorf("%s: %d bytes, entry %d: at most %d and %d are read", h.Name, h.Size, n, maxMail, maxItems)
		}
		if err := do(h, r); err != nil {
			return err
		}
	}
}

// sample picks as many ids as the query wants: those with the smallest hashes.
func sample(set string, ids []string, q Query) map[string]bool {
	wanted := make(map[string]bool, len(ids))
	if q.Limit > 0 && q.Limit < len(ids) {
		type ranked struct {
			id  string
			sum [sha256.Size]byte
		}
		all := make([]ranked, len(ids))
		for i, id := range ids {
			all[i] = ranked{id, sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s", q.Seed, set, id))}
		}
		slices.SortFunc(all, func(a, b ranked) int {
			return cmp.Or(bytes.Compare(a.sum[:], b.sum[:]), cmp.Compare(a.id, b.id))
		})
		ids = make([]string, q.Limit)
		for i := range ids {
			ids[i] = all[i].id
		}
	}
	for _, id := range ids {
		wanted[id] = true
	}
	return wanted
}
