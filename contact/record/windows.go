package record

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

// Records holds the times, tolerances and words by which contacts are compared
// with books. It is immutable after Load and safe for concurrent use.
type Records struct {
	windows windows
	words   words
	columns columns
}

type windows struct {
	SoonAfterHours float64 `yaml:"soon_after_hours"`
	OrderDays      int     `yaml:"order_days"`
	DateDays       int     `yaml:"date_days"`
	AmountPercent  float64 `yaml:"amount_percent"`
	PaymentDays    int     `yaml:"payment_days"`
	Match          struct {
		Number      float64 `yaml:"number"`
		Item        float64 `yaml:"item"`
		AmountExact float64 `yaml:"amount_exact"`
		AmountNear  float64 `yaml:"amount_near"`
		Date        float64 `yaml:"date"`
		Least       float64 `yaml:"least"`
		ItemShare   float64 `yaml:"item_share"`
	} `yaml:"match"`
	Outbound map[contact.Channel]tolerance `yaml:"outbound"`
}

// tolerance is in minutes.
type tolerance struct {
	Before int `yaml:"before"`
	After  int `yaml:"after"`
}

type words struct {
	By   map[string]map[string]string `yaml:"by"`
	Tie  map[string]map[string]string `yaml:"tie"`
	Join map[string]string            `yaml:"join"`
}

type columns struct {
	Orders   map[string][]string `yaml:"orders"`
	Outbound map[string][]string `yaml:"outbound"`
	Status   map[Status][]string `yaml:"status"`
	True     []string            `yaml:"true"`
	False    []string            `yaml:"false"`
}

// Load reads record/windows.yaml, record/words.yaml and record/columns.yaml of
// the data folder and checks them. An error names the file and the value.
func Load(fsys fs.FS) (*Records, error) {
	r := &Records{}
	for name, into := range map[string]any{
		"record/windows.yaml": &r.windows, "record/words.yaml": &r.words, "record/columns.yaml": &r.columns,
	} {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("record: read %s: %w", name, err)
		}
		if err := yaml.Unmarshal(b, into); err != nil {
			return nil, fmt.Errorf("record: parse %s: %w", name, err)
		}
	}
	if err := r.windows.check(); err != nil {
		return nil, fmt.Errorf("record: record/windows.yaml: %w", err)
	}
	for _, by := range []string{byNumber, byItem, byAmount, byDate} {
		if r.words.By[by]["en"] == "" {
			return nil, fmt.Errorf("record: record/words.yaml: no English word for %q", by)
		}
	}
	return r, nil
}

func (w windows) check() error {
	switch {
	case w.SoonAfterHours <= 0 || w.SoonAfterHours > 24*365:
		return errors.New("soon_after_hours: want more than 0 and at most one year")
	case w.OrderDays <= 0 || w.PaymentDays <= 0:
		return errors.New("order_days and payment_days: want more than 0")
	case w.DateDays < 0 || w.AmountPercent < 0 || w.AmountPercent > 50:
		return errors.New("date_days: want 0 or more; amount_percent: want 0 to 50")
	case w.Match.Least <= 0 || w.Match.Number < w.Match.Least:
		return errors.New("match: want least > 0 and number >= least")
	case w.Match.ItemShare <= 0 || w.Match.ItemShare > 1:
		return errors.New("match.item_share: want more than 0 and at most 1")
	case len(w.Outbound) == 0:
		return errors.New("outbound: want a tolerance for each channel")
	}
	for ch, t := range w.Outbound {
		if t.Before < 0 || t.After < 0 || t.Before+t.After == 0 {
			return fmt.Errorf("outbound.%s: want minutes of 0 or more, not both 0", ch)
		}
	}
	return nil
}

// WithSoonAfter returns a copy with another window for contact_soon_after_order,
// for a shop that configures its own. A duration that is not positive changes
// nothing.
func (r *Records) WithSoonAfter(d time.Duration) *Records {
	if d <= 0 {
		return r
	}
	cp := *r
	cp.windows.SoonAfterHours = d.Hours()
	return &cp
}

// say adds the words of ids to args under name_en, name_de, name_ja and the
// ids themselves under name.
func say(args map[string]string, name string, ids []string, table map[string]map[string]string, join map[string]string) {
	args[name] = strings.Join(ids, ",")
	for _, lang := range []string{"en", "de", "ja"} {
		list := make([]string, 0, len(ids))
		for _, id := range ids {
			word := table[id][lang]
			if word == "" {
				word = strings.ReplaceAll(id, "_", " ")
			}
			list = append(list, word)
		}
		sep := join[lang]
		if sep == "" {
			sep = ", "
		}
		args[name+"_"+lang] = strings.Join(list, sep)
	}
}

// fold lower-cases and keeps letters and digits only: how column names, item
// words and subjects are compared.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
