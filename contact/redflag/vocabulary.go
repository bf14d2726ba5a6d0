package redflag

// vocabulary remembers which slots a word fills. Most words of a text are
// short: those stand in a table by their bytes, the rest in a map. One
// goroutine at a time.
type vocabulary struct {
	short []remembered // open addressing, a power of two
	used  int
	long  map[string][2]int32
	slots []int32 // of all words, one after the other
}

// remembered is a word of at most eight bytes and where its slots stand.
type remembered struct {
	key      uint64 // 0: free
	from, to int32
}

// maxWords bounds how many short and how many long words are remembered.
const maxWords = 1 << 12

func newVocabulary() vocabulary {
	return vocabulary{short: make([]remembered, 2*maxWords), long: map[string][2]int32{}}
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

// of returns the slots of a word, if it is remembered.
func (v *vocabulary) of(word string) ([]int32, bool) {
	if key := packed(word); key != 0 {
		r := v.place(key)
		return v.slots[r.from:r.to], r.key != 0
	}
	at, ok := v.long[word]
	return v.slots[at[0]:at[1]], ok
}

// remember notes the slots of a word. It forgets all when there are too many,
// and keeps no text of a contact but its words.
func (v *vocabulary) remember(word string, slots []int32) {
	if v.used >= maxWords || len(v.long) >= maxWords {
		clear(v.short)
		clear(v.long)
		v.used, v.slots = 0, v.slots[:0]
	}
	from := int32(len(v.slots))
	v.slots = append(v.slots, slots...)
	to := int32(len(v.slots))
	if key := packed(word); key != 0 {
		*v.place(key) = remembered{key, from, to}
		v.used++
		return
	}
	v.long[string([]byte(word))] = [2]int32{from, to}
}
