package text

import "slices"

// passages tells the language of each sentence, with the help of its
// neighbours, and joins sentences of one language.
// may holds, per sentence, the set of languages that it may be in.
func passages(s string, sentences []Span, l *languages) (out []Passage, may []uint8, lang string) {
	if l == nil || len(sentences) == 0 {
		return nil, nil, ""
	}
	views := make([]view, len(sentences))
	var total [maxLatin]float64
	latin := 0
	for i, sp := range sentences {
		t := s[sp.Start:sp.End]
		v := &views[i]
		if v.script, v.sure = l.scripts(t).byScript(); v.script != "" {
			continue
		}
		v.scores, v.letters = l.score(t)
		latin += v.letters
		for k := range total {
			total[k] += v.scores[k]
		}
	}
	main := l.main(total, latin)
	kana, chinese := false, false
	for _, v := range views {
		kana = kana || v.script == "ja" && v.sure > 0.6
		chinese = chinese || v.script == "zh"
	}
	weight := map[string]int{}
	may = make([]uint8, len(sentences))
	for i, sp := range sentences {
		lang, set := l.settle(views, i, main, chinese && !kana)
		may[i] = set
		weight[lang] += views[i].weight(sp)
		if n := len(out); n > 0 && out[n-1].Lang == lang {
			out[n-1].End = sp.End
			continue
		}
		out = append(out, Passage{Span: sp, Lang: lang})
	}
	most := 0
	for _, p := range out {
		if w := weight[p.Lang]; p.Lang != "" && w > most {
			lang, most = p.Lang, w
		}
	}
	return out, may, lang
}

// view is what one sentence says about its language by itself.
type view struct {
	script  string
	sure    float64
	scores  [maxLatin]float64
	letters int
}

func (v *view) weight(sp Span) int {
	if v.script != "" {
		return sp.End - sp.Start
	}
	return v.letters
}

// settle names the language of sentence i: by itself when that is sure, else
// with half the weight of each neighbour, else that of the whole text. It also
// returns the set of languages that the sentence may be in: that one alone when
// there is no doubt, else also that of the whole text and all that are not ruled
// out.
func (l *languages) settle(views []view, i int, main string, chinese bool) (string, uint8) {
	v := &views[i]
	if v.script != "" {
		if v.script == "ja" && v.sure < 0.6 && chinese {
			return "zh", l.set(main)
		}
		return v.script, l.set(main)
	}
	if lang, sure := l.best(v.scores, v.letters); sure >= certain && v.letters >= 6 {
		return lang, l.possible(v.scores, v.letters, lang, main)
	}
	scores, letters := v.scores, v.letters
	for _, j := range []int{i - 1, i + 1} {
		if j < 0 || j >= len(views) || views[j].script != "" {
			continue
		}
		for k := range scores {
			scores[k] += views[j].scores[k] / 2
		}
		letters += views[j].letters
	}
	lang, conf := l.best(scores, letters)
	switch {
	case letters < fewLetters && conf < certain:
		lang = ""
	case conf < sure && main != "" && len(views) > 1:
		lang = main
	}
	if v.letters < fewLetters && len(views) > 1 {
		return lang, l.set(lang) | l.set(main) // a word or two among others
	}
	return lang, l.possible(scores, letters, lang, main)
}

// main names the language of a whole text: the usual one where the letters leave
// it open, as in a list of addresses and dates.
func (l *languages) main(total [maxLatin]float64, letters int) string {
	lang, conf := l.best(total, letters)
	if lang != "" && (conf < sure || letters < fewLetters) {
		return usual
	}
	return lang
}

// possible returns the set of languages that a sentence with these scores may
// be in when it was told one and most of the text is in main.
func (l *languages) possible(scores [maxLatin]float64, letters int, told, main string) uint8 {
	set, share := l.set(told), l.shares(scores)
	if k := slices.Index(l.names, told); k >= 0 && share[k] >= beyond && letters >= someLetters {
		return set
	}
	if set |= l.set(main); letters < 2 {
		return set | l.set(usual)
	}
	for k := range l.names {
		if share[k] >= ruledOut {
			set |= 1 << k
		}
	}
	return set
}

// set returns the set of one language, empty when it is not of Latin script.
func (l *languages) set(lang string) uint8 {
	if k := slices.Index(l.names, lang); k >= 0 {
		return 1 << k
	}
	return 0
}
