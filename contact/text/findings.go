package text

import (
	"strconv"

	"bonafide/contact"
	"bonafide/evidence"
)

// The codes of this room; weights and sentences stand in data/evidence/text.yaml.
const (
	codeHidden   evidence.Code = "hidden_letters"
	codeReversed evidence.Code = "reversed_order"
	codeMixed    evidence.Code = "mixed_script_word"
	codeLeet     evidence.Code = "leet_word"
	codeSpaced   evidence.Code = "spaced_out_word"
	codeStyled   evidence.Code = "styled_letters"
)

// Findings returns one finding for each kind of disguise in what the other side
// wrote, at its first place, with the number of words in Args["count"] and the
// word in Args["word"]. Full-width Latin letters are ordinary in Chinese,
// Japanese and Korean text and are no finding there.
func Findings(rs []*Reading) []evidence.Finding {
	codes := map[string]evidence.Code{
		ZeroWidth: codeHidden, BidiOverride: codeReversed, MixedScript: codeMixed,
		Leet: codeLeet, SpacedOut: codeSpaced, FullwidthLatin: codeStyled,
	}
	var out []evidence.Finding
	at := map[evidence.Code]int{}
	count := map[evidence.Code]int{}
	for _, r := range rs {
		if r.Part.Kind == contact.Told || r.Part.Kind == contact.Hidden {
			continue
		}
		for _, t := range r.Tricks {
			if t.Kind == FullwidthLatin && eastern(r, t.Span.Start) || t.Kind == SpacedOut && spoken(r) {
				continue
			}
			code := codes[t.Kind]
			count[code]++
			if _, ok := at[code]; ok {
				continue
			}
			at[code] = len(out)
			out = append(out, evidence.Finding{Code: code, Args: map[string]string{"word": t.Word}, Where: r.Where(t.Span)})
		}
	}
	for code, i := range at {
		out[i].Args["count"] = strconv.Itoa(count[code])
	}
	return out
}

func eastern(r *Reading, off int) bool {
	for _, lang := range []string{r.LangAt(off), r.Lang} {
		if lang == "ja" || lang == "zh" || lang == "ko" {
			return true
		}
	}
	return false
}

// spoken reports whether a part was heard, not read: spelling a word out loud is
// no disguise.
func spoken(r *Reading) bool { return r.Part.Name == "transcript" || r.Part.Name == "call" }
