package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"bonafide/desk/contacts"
)

// headings are the few words around an answer, by language.
func headings(lang string) map[string]string {
	switch lang {
	case "de":
		return map[string]string{"scam": "BETRUG", "suspicious": "VERDÄCHTIG", "genuine": "ECHT", "genuine_alarm": "ECHT, UND EIN ALARM",
			"unknown": "NICHT ZU ENTSCHEIDEN", "for": "Spricht für Betrug", "against": "Spricht dagegen", "none": "nichts gefunden", "seen": "Gesehen",
			"settle": "Was es klären würde", "steps": "Was jetzt zu tun ist", "report": "Wo Sie es melden", "draft": "Text für %s, zum Ausfüllen, wo … steht", "probability": "Betrugswahrscheinlichkeit",
			"high": "schwache Anzeichen, kein Urteil: geschätzt %.0f %% Betrug", "low": "kaum Anzeichen, kein Beweis: geschätzt %.0f %% Betrug", "quote": "„%s“",
			"text": "Text", "body": "Text", "transcript": "Anruf", "call": "Anruf", "subject": "Betreff", "from": "Absender", "words": "Ihre Worte", "ocr": "Bild", "asked": "verlangt", "claimed": "behauptet",
			"promise": "Zusage", "unconfirmed": "unbestätigt, bitte selbst prüfen", "open": "jetzt offen", "closed": "jetzt geschlossen"}
	case "ja":
		return map[string]string{"scam": "詐欺", "suspicious": "疑わしい", "genuine": "本物", "genuine_alarm": "本物(警戒が必要)",
			"unknown": "判断できません", "for": "詐欺を示す根拠", "against": "詐欺でないことを示す根拠", "none": "見つかりませんでした", "seen": "参考",
			"settle": "判断に必要なこと", "steps": "今すること", "report": "報告先", "draft": "%s への報告文(「…」を埋めてください)", "probability": "詐欺の確率",
			"high": "弱い兆候のみで判定ではありません:詐欺の推定%.0f %%", "low": "兆候はほとんどありませんが、証明ではありません:詐欺の推定%.0f %%", "quote": "「%s」",
			"text": "本文", "body": "本文", "transcript": "通話", "call": "通話", "subject": "件名", "from": "差出人", "words": "ご自身の説明", "ocr": "画像", "asked": "要求", "claimed": "主張",
			"promise": "公式の約束", "unconfirmed": "未確認:ご自身でご確認ください", "open": "受付中", "closed": "受付時間外"}
	}
	return map[string]string{"scam": "SCAM", "suspicious": "SUSPICIOUS", "genuine": "GENUINE", "genuine_alarm": "GENUINE, AND AN ALARM",
		"unknown": "CANNOT TELL", "for": "Speaks for fraud", "against": "Speaks against it", "none": "nothing found", "seen": "Seen",
		"settle": "What would settle it", "steps": "What to do now", "report": "Where to report it", "draft": "Text for %s, to be filled in where it says …", "probability": "probability of fraud",
		"high": "weak signs, no verdict: fraud estimated at %.0f %%", "low": "hardly any signs, no proof: fraud estimated at %.0f %%", "quote": "“%s”",
		"text": "text", "body": "text", "transcript": "call", "call": "call", "subject": "subject", "from": "sender", "words": "your words", "ocr": "picture", "asked": "asked for", "claimed": "claimed",
		"promise": "promise", "unconfirmed": "unconfirmed, please check yourself", "open": "open now", "closed": "closed now"}
}

// paint colours a text by verdict, on a terminal only.
func (p *printer) paint(verdict, s string) string {
	if !p.color {
		return s
	}
	code := map[string]string{"scam": "1;31", "suspicious": "1;33", "genuine": "1;32", "genuine_alarm": "1;35", "unknown": "1;36"}[verdict]
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// human prints one answer for people: verdict first.
func (p *printer) human(w io.Writer, a *contacts.Answer) {
	h := headings(a.Lang)
	if !a.Judged {
		fmt.Fprintf(w, "%s\n", a.Action)
		p.steps(w, h, a)
		p.receivers(w, h, a.ReportTo)
		p.draft(w, h, a)
		fmt.Fprintf(w, "\n%s\n", a.Disclaimer)
		return
	}
	fmt.Fprintf(w, "%s  (%s)\n", p.paint(a.Verdict, h[a.Verdict]), chance(h, a))
	fmt.Fprintf(w, "%s\n\n%s\n", a.Action, a.Summary)
	for _, g := range a.GoalTexts {
		fmt.Fprintf(w, "%s\n", g)
	}
	p.evidence(w, h["for"], h, a.Evidence, func(l contacts.Line) bool { return l.Bits > 0 }, true)
	p.evidence(w, h["against"], h, a.Evidence, func(l contacts.Line) bool { return l.Bits < 0 }, true)
	p.evidence(w, h["seen"], h, a.Evidence, func(l contacts.Line) bool { return l.Bits == 0 }, false)
	if len(a.Unsettled) > 0 {
		fmt.Fprintf(w, "\n%s\n", h["settle"])
		for _, u := range a.Unsettled {
			fmt.Fprintf(w, "  ? %s\n", u.Text)
		}
	}
	p.steps(w, h, a)
	p.receivers(w, h, a.ReportTo)
	p.draft(w, h, a)
	for _, n := range a.Notes {
		fmt.Fprintf(w, "\n* %s", n)
	}
	fmt.Fprintf(w, "\n%s\n", a.Disclaimer)
}

// chance says how likely fraud is. Beside "cannot tell" a bare percentage would
// be a second verdict: there it says what it rests on.
func chance(h map[string]string, a *contacts.Answer) string {
	switch p := percent(a.Probability); {
	case a.Verdict != "unknown":
		return fmt.Sprintf("%s %.0f %%", h["probability"], p)
	case a.Probability >= 0.5:
		return fmt.Sprintf(h["high"], p)
	default:
		return fmt.Sprintf(h["low"], p)
	}
}

// percent never says 0 or 100: no check is certain.
func percent(p float64) float64 { return min(max(p*100, 1), 99) }

// steps prints the plan, most urgent first.
func (p *printer) steps(w io.Writer, h map[string]string, a *contacts.Answer) {
	if len(a.NextSteps) > 0 {
		fmt.Fprintf(w, "\n%s\n", h["steps"])
		when := ""
		for _, s := range a.NextSteps {
			if s.When != when {
				fmt.Fprintf(w, "  %s\n", s.When)
				when = s.When
			}
			fmt.Fprintf(w, "    [ ] %s\n", s.Text)
			if len(s.Details) > 0 {
				fmt.Fprintf(w, "        %s\n", strings.Join(s.Details, " > "))
			}
		}
	}
}

func (p *printer) evidence(w io.Writer, title string, h map[string]string, lines []contacts.Line, keep func(contacts.Line) bool, always bool) {
	n := 0
	for _, l := range lines {
		if !keep(l) {
			continue
		}
		if n == 0 {
			fmt.Fprintf(w, "\n%s\n", title)
		}
		n++
		fmt.Fprintf(w, "  %+5.1f  %s: %s", l.Bits, l.Title, l.Text)
		if l.Where != nil && l.Where.Quote != "" {
			fmt.Fprintf(w, " [%s: "+h["quote"]+"]", cmp.Or(h[l.Where.Part], l.Where.Part), strings.Join(strings.Fields(l.Where.Quote), " "))
		}
		fmt.Fprintln(w)
		if l.Promise != nil {
			fmt.Fprintf(w, "         %s %s: %s (%s; %s)\n", l.Promise.Brand, h["promise"], l.Promise.Text, l.Promise.AsOf, strings.Join(l.Promise.Source, "; "))
		}
	}
	if n == 0 && always {
		fmt.Fprintf(w, "\n%s\n  %s\n", title, h["none"])
	}
}

// draft prints the text that a step says is prepared: that for the first place which
// the step names.
func (p *printer) draft(w io.Writer, h map[string]string, a *contacts.Answer) {
	for _, step := range a.NextSteps {
		if step.Code != "report_body" {
			continue
		}
		for _, r := range a.ReportTo {
			if r.Report != "" && slices.Contains(step.Receivers, r.ID) {
				fmt.Fprintf(w, "\n"+h["draft"]+"\n", r.Name)
				for l := range strings.Lines(strings.TrimSpace(r.Report)) {
					fmt.Fprintf(w, "  | %s", l)
				}
				fmt.Fprintln(w)
				return
			}
		}
	}
}

func (p *printer) receivers(w io.Writer, h map[string]string, rs []contacts.Receiver) {
	if len(rs) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", h["report"])
	for _, r := range rs {
		var ways []string
		for _, s := range []string{r.Web, r.Mail, r.SMS, r.Phone} {
			if s != "" {
				ways = append(ways, s)
			}
		}
		mark := ""
		if r.Unconfirmed {
			mark = "  (" + h["unconfirmed"] + ")"
		}
		if r.Open != "" {
			mark += "  " + h[r.Open]
		}
		fmt.Fprintf(w, "  %s: %s%s\n", r.Name, strings.Join(ways, ", "), mark)
	}
}
