package text

// kanaWord writes Japanese text; Han characters between katakana that pass for
// katakana are undone where a word of the vocabulary comes out.
func (f *folder) kanaWord(w []unit) {
	for i := 0; i < len(w); {
		j := i
		suspects, firm := 0, 0
		for j < len(w) {
			if _, ok := f.v.kana[w[j].r]; ok {
				suspects++
			} else if isKatakana(w[j].r) {
				firm++
			} else {
				break
			}
			j++
		}
		if j == i {
			f.emit(w[i].r, &w[i])
			i++
			continue
		}
		f.katakana(w[i:j], suspects > 0 && firm > 0)
		i = j
	}
}

func isKatakana(r rune) bool { return r >= 0x30a1 && r <= 0x30ff }

func (f *folder) katakana(w []unit, suspect bool) {
	from := len(f.out)
	trick := false
	if suspect {
		trick = f.undoKana(w)
	}
	hidden := false
	for i := range w {
		hidden = hidden || i > 0 && w[i].hidden
		f.emit(w[i].r, &w[i])
	}
	if trick {
		f.trick(MixedScript, from, len(f.out))
	}
	if hidden {
		f.trick(ZeroWidth, from, len(f.out))
	}
}

// undoKana replaces look-alikes in the longest known words within w.
func (f *folder) undoKana(w []unit) bool {
	f.plain.reset()
	for _, u := range w {
		r, ok := f.v.kana[u.r]
		if !ok {
			r = u.r
		}
		f.plain.add(f.v, r)
	}
	done := false
	for i := 0; i < len(w); {
		n := f.plain.longest(f.v, i, len(w))
		for k := i; k < i+n; k++ {
			if r, ok := f.v.kana[w[k].r]; ok {
				w[k].r, done = r, true
			}
		}
		i += max(n, 1)
	}
	return done
}
