package leaks

import (
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"bonafide/casework/compromise"
	"bonafide/fault"
)

// rules are account/leaks.yaml.
type rules struct {
	AsOf        string           `yaml:"as_of"`
	Source      string           `yaml:"source"`
	WithinDays  int              `yaml:"within_days"`
	MaxDays     int              `yaml:"max_days"`
	MaxOrders   int              `yaml:"max_orders"`
	MaxReports  int              `yaml:"max_reports"`
	MinAffected int              `yaml:"min_affected"`
	MinVictims  int              `yaml:"min_victims"`
	MinKnown    int              `yaml:"min_known"`
	MinRatio    float64          `yaml:"min_ratio"`
	Rate        float64          `yaml:"rate"`
	Texts       map[string]texts `yaml:"texts"`
}

type texts struct {
	Kind map[string]string `yaml:"kind"`
	// Say are the sentences.
	Say map[string]string `yaml:",inline"`
}

// The least that data may set: below it parties of small shops would be persons.
const leastVictims = 3

func load(data fs.FS) (r rules, err error) {
	const name = "account/leaks.yaml"
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return r, fmt.Errorf("leaks: read %s: %w", name, err)
	}
	if err := yaml.Unmarshal(raw, &r); err != nil {
		return r, fault.New(fault.Invalid, "", "leaks: %s: %s", name, err.Error())
	}
	if r.AsOf == "" || r.Source == "" || r.WithinDays < 1 || r.WithinDays > 90 || r.MaxDays < 1 || r.MaxDays > 400 || r.MaxOrders < 1 || r.MaxOrders > compromise.MaxOrders || r.MaxReports < 1 || r.MaxReports > compromise.MaxOrders || r.MinVictims < leastVictims {
		return r, fault.New(fault.Invalid, "", "leaks: %s: wants a day, a source, within_days of 1 to 90, max_days of 1 to 400, max_orders and max_reports of 1 to %d, and min_victims of %d or more", name, compromise.MaxOrders, leastVictims)
	}
	if _, err := compromise.New().Analyse(r.Bounds()); err != nil {
		return r, fmt.Errorf("leaks: %s: %w", name, err)
	}
	for _, lang := range []string{"en", "de", "ja"} {
		t := r.Texts[lang]
		for _, key := range []string{"found", "same", "explains", "association", "none", "visible", "few_affected", "few_others", "no_parties", "few_known",
			"next_canary", "next_twins", "next_tie", "next_known", "next_send", "next_longer"} {
			if t.Say[key] == "" {
				return r, fault.New(fault.Invalid, "", "leaks: %s: has no text %s in %s", name, key, lang)
			}
		}
		for _, kind := range []string{"seller", "courier", "warehouse", "delivery", "channel", "payment"} {
			if t.Kind[kind] == "" {
				return r, fault.New(fault.Invalid, "", "leaks: %s: has no word for %s in %s", name, kind, lang)
			}
		}
	}
	return r, nil
}

// Bounds are the numbers by which parties are named.
func (r *rules) Bounds() compromise.Bounds {
	return compromise.Bounds{MinAffected: r.MinAffected, MinVictims: r.MinVictims, MinKnown: r.MinKnown, MinRatio: r.MinRatio, Rate: r.Rate}
}

func (r *rules) within() time.Duration { return time.Duration(r.WithinDays) * 24 * time.Hour }

// words are sentences of one language with the numbers of one answer.
type words struct {
	texts
	lang  string
	given map[string]string
	fill  []string
}

func (w *words) say(key string, more ...string) string {
	return strings.NewReplacer(append(more, w.fill...)...).Replace(w.Say[key])
}

// party is a party for people: its kind, and its name as it was given, if it was.
func (w *words) party(p compromise.Party) string {
	name := p.Name
	if w.given[name] != "" {
		name = w.given[name]
	}
	return w.Kind[p.Kind] + " " + name
}

func (w *words) parties(list []compromise.Party) string {
	out := make([]string, 0, len(list))
	for _, p := range list {
		out = append(out, w.party(p))
	}
	return w.list(out)
}

func (w *words) list(out []string) string {
	if w.lang == "ja" {
		return strings.Join(out, "、")
	}
	return strings.Join(out, ", ")
}

func (w *words) number(x float64) string { return Number(x, w.lang) }

// Number is a number for people in a language, such as 30, 0,02 or 3·10⁻²¹.
func Number(x float64, lang string) string {
	if x != 0 && math.Abs(x) < 1e-3 {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', 0, 64), "e")
		n, _ := strconv.Atoi(exponent)
		return mantissa + "·10" + strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(n))
	}
	digits := 1
	if math.Abs(x) < 1 {
		digits = 3
	}
	s := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(x, 'f', digits, 64), "0"), ".")
	if lang == "de" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func (w *words) count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + map[bool]string{true: ".", false: ","}[w.lang == "de"] + s[i:]
	}
	return s
}

// explain tells the outcome in words, and what would settle it.
func (r *rules) explain(f *Found, lang string) {
	if _, ok := r.Texts[lang]; !ok {
		lang = "en"
	}
	w := &words{texts: r.Texts[lang], lang: lang, given: f.Given}
	w.fill = []string{"{affected}", w.count(f.Affected), "{others}", w.count(f.Others), "{tried}", w.count(f.Tried), "{visible}", w.count(f.Visible),
		"{least}", w.count(r.MinAffected), "{unlinked}", w.count(f.Unlinked)}
	f.Explanation, f.Next = []string{}, []string{}
	twins := false
	for _, x := range f.Findings {
		f.Explanation = append(f.Explanation, w.say("found", "{party}", w.party(x.Party), "{victims}", w.count(x.Victims), "{share}", w.number(100*x.Share), "{base}", w.number(100*x.Base),
			"{ratio}", w.number(x.Ratio), "{low}", w.number(x.Low), "{high}", w.number(x.High), "{p}", w.number(x.Adjusted)))
		if len(x.Same) > 0 {
			twins = true
			f.Explanation = append(f.Explanation, w.say("same", "{party}", w.parties(x.Same)))
		}
		if len(x.Explains) > 0 {
			f.Explanation = append(f.Explanation, w.say("explains", "{party}", w.parties(x.Explains)))
		}
	}
	switch f.Outcome {
	case compromise.Found:
		f.Explanation = append(f.Explanation, w.say("association"))
		if f.Next = append(f.Next, w.say("next_canary")); twins {
			f.Next = append(f.Next, w.say("next_twins"))
		}
	case compromise.None:
		if f.Explanation = append(f.Explanation, w.say("none")); f.Visible > 0 {
			f.Explanation = append(f.Explanation, w.say("visible"))
		}
	default:
		f.Explanation = append(f.Explanation, w.say(f.Lacks))
	}
	r.settle(f, w)
}

// settle tells what would settle what is open.
func (r *rules) settle(f *Found, w *words) {
	if f.Lacks == compromise.FewKnown {
		f.Next = append(f.Next, w.say("next_known"))
	}
	if f.Unlinked > 0 {
		f.Next = append(f.Next, w.say("next_tie"))
	}
	var missing []string
	for _, kind := range []string{"seller", "courier", "warehouse"} {
		named := 0.0
		for _, c := range f.Coverage {
			if c.Kind == kind {
				named = c.Affected
			}
		}
		if named < .5 {
			missing = append(missing, w.Kind[kind])
		}
	}
	if len(missing) > 0 && f.Affected > 0 {
		f.Next = append(f.Next, w.say("next_send", "{kinds}", w.list(missing)))
	}
	if f.Outcome != compromise.Found {
		f.Next = append(f.Next, w.say("next_longer"))
	}
}

// Day reads a day of a wish, UTC; the zero time where there is none.
func Day(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1971 || t.Year() > 9000 {
		return time.Time{}, fault.New(fault.Invalid, name, "is no day: want YYYY-MM-DD")
	}
	return t, nil
}
