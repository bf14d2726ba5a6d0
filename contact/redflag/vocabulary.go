package redflag

// vocabulary remembers which slots a word fills, and the sequences that are
// filed under them. Most words of a text are short: those stand in a table by
// their bytes, the rest in a map. One goroutine at a time.
type vocabulary struct {
	short []remembered // open addressing, a power of two
	used  int
	long  map[string]wordUses
	slots []int32 // of all words, one after the other
	filed []call
	// classes are the uses of numbers, addresses and signs, by class.
	classes [question + 1]classUses
}

// classUses are the uses of what is of a class, once they are known.
type classUses struct {
	wordUses
	known bool
}

// wordUses is where the slots that a word fills, and the sequences that it
// calls for, stand in the lists of the vocabulary.
type wordUses struct{ slots, slotsEnd, filed, filedEnd int32 }

// call is a sequence that a word calls for by filling a slot.
type call struct {
	waiting
	second need  // see filed
	own    int32 // the slot
	level  int32
}

// remembered is a word of at most eight bytes and its uses.
type remembered struct {
	key uint64 // 0: free
	wordUses
}

// maxWords bounds how many short and how many long words are remembered,
// maxUses how long the lists of their uses get.
const (
	maxWords = 1 << 12
	maxUses  = 1 << 16
)

func newVocabulary() vocabulary {
	return vocabulary{short: make([]remembered, 2*maxWords), long: map[string]wordUses{}}
}

// packed is a word of at most eight bytes as a number; 0 for a longer one.
func packed(word string) (key uint64) {
	if len(word) > 8 {
		return 0
	}
	for i := 0; i < len(word); i++ {
		key = key<<8 | uint64(word[i])
	}
	return key
}

// place returns where a key stands, or the free place where it would.
func (v *vocabulary) place(key uint64) *remembered {
	for i := key * 0x9e3779b97f4a7c15 >> 32; ; i++ {
		if r := &v.short[i&(2*maxWords-1)]; r.key == key || r.key == 0 {
			return r
		}
	}
}

// of returns the uses of a word, if it is remembered.
func (v *vocabulary) of(word string) (wordUses, bool) {
	if key := packed(word); key != 0 {
		r := v.place(key)
		return r.wordUses, r.key != 0
	}
	u, ok := v.long[word]
	return u, ok
}

// begin starts a sentence: uses are good until the next. It forgets all when
// there is too much.
func (v *vocabulary) begin() {
	if v.used < maxWords-maxTokens && len(v.long) < maxWords && len(v.slots) < maxUses && len(v.filed) < maxUses {
		return
	}
	clear(v.short)
	clear(v.long)
	clear(v.classes[:])
	v.used, v.slots, v.filed = 0, v.slots[:0], v.filed[:0]
}

// add lists the uses of a word that fills these slots.
func (v *vocabulary) add(l *lexicon, slots []int32) wordUses {
	u := wordUses{slots: int32(len(v.slots)), filed: int32(len(v.filed))}
	v.slots = append(v.slots, slots...)
	for _, s := range slots {
		for _, f := range l.filed[l.slotFrom[s]:l.slotFrom[s+1]] {
			v.filed = append(v.filed, call{f.waiting, f.second, s, f.level})
		}
	}
	u.slotsEnd, u.filedEnd = int32(len(v.slots)), int32(len(v.filed))
	return u
}

// remember notes the uses of a word. It keeps no text of a contact but its
// words.
func (v *vocabulary) remember(word string, u wordUses) {
	if key := packed(word); key != 0 {
		*v.place(key) = remembered{key, u}
		v.used++
		return
	}
	v.long[string([]byte(word))] = u
}
