package text

// Sieve tells at the cost of two bytes that a word is none of a list, so that
// few words of a text are looked up in vain. The zero value is an empty list. It
// may be read by many goroutines.
type Sieve struct{ bits [256]uint64 }

// Add adds a word to the list; the empty word is never in it.
func (s *Sieve) Add(word string) {
	if word != "" {
		s.bits[word[0]] |= sieveBit(word)
	}
}

// May reports whether a word may be in the list; false is certain.
func (s *Sieve) May(word string) bool {
	return word != "" && s.bits[word[0]]&sieveBit(word) != 0
}

// sieveBit stands for the length of a word and its last byte.
func sieveBit(word string) uint64 {
	return 1 << ((uint(len(word))*7 + uint(word[len(word)-1])) & 63)
}

// SieveOf returns the sieve of the keys of a map.
func SieveOf[V any](words map[string]V) *Sieve {
	s := &Sieve{}
	for w := range words {
		s.Add(w)
	}
	return s
}
