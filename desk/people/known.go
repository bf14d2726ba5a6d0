package people

import (
	"sync"
	"time"

	"bonafide/store"
)

// A key that was looked up is believed for knownFor, since a program that sends
// a thousand events a second would else read the records as often. What this desk
// changes counts from the next request on; what another process changes, after that
// time at the latest, as it does for a request that is under way.
const (
	knownFor  = 250 * time.Millisecond
	knownKeys = 1000
)

// knownKey is a key with its person, as they were read.
type knownKey struct {
	key    store.APIKey
	person store.Person
	read   time.Time
}

// known are keys that were read a moment ago. It is safe for concurrent use.
type known struct {
	mu   sync.Mutex
	era  int64 // counts what the desk changed
	keys map[store.Hash]knownKey
}

// find returns a key that may be believed; if there is none, era is what keep
// wants to be told.
func (c *known) find(h store.Hash, now time.Time) (k knownKey, era int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok = c.keys[h]
	age := now.Sub(k.read)
	return k, c.era, ok && age >= 0 && age < knownFor
}

// keep notes a key that was read after find, unless something was changed since.
func (c *known) keep(h store.Hash, k knownKey, era int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if c.keys == nil || len(c.keys) >= knownKeys {
		c.keys = map[store.Hash]knownKey{}
	}
	c.keys[h] = k
}

// forget lets go of all keys; whoever reads one now does not keep it.
func (c *known) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.keys = nil
}
