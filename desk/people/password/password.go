// Package password hashes passwords with argon2id (RFC 9106), compares them at
// equal cost for known and unknown people, and says which ones are too easy to
// guess.
//
// It is not for random tokens: those are long enough for a plain hash.
//
//	hash, err := hasher.Hash(ctx, random, "four words nobody says together")
//	ok, err := hasher.Verify(ctx, hash, given)
package password

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// Cost is what one hash costs whoever makes it, and whoever guesses.
type Cost struct {
	// KiB of memory, Passes over it, Lanes at a time.
	KiB, Passes uint32
	Lanes       uint8
}

// DefaultCost is RFC 9106's second recommendation: 64 MiB, three passes, four
// lanes.
func DefaultCost() Cost { return Cost{KiB: 64 << 10, Passes: 3, Lanes: 4} }

const (
	saltBytes = 16
	sumBytes  = 32
	// bounds of a stored hash, against one that costs a day or all memory
	maxKiB, maxPasses, maxLanes = 1 << 20, 20, 64
)

// Hasher makes and compares hashes. It is safe for concurrent use and lets only
// so many work at a time, so that log-ins cannot fill the memory.
type Hasher struct {
	cost  Cost
	slots chan struct{}
	done  atomic.Int64
	// decoy is compared where there is nothing to compare.
	decoy string
}

// New makes a hasher that lets atOnce hashes work at the same time.
func New(cost Cost, atOnce int) (*Hasher, error) {
	if cost.KiB < 8*uint32(max(cost.Lanes, 1)) || cost.Passes < 1 || cost.Lanes < 1 || atOnce < 1 {
		return nil, fmt.Errorf("password: cost %+v with %d at once: want at least one of each and 8 KiB a lane", cost, atOnce)
	}
	h := &Hasher{cost: cost, slots: make(chan struct{}, atOnce)}
	h.decoy = encode(cost, make([]byte, saltBytes), make([]byte, sumBytes))
	return h, nil
}

// Work is how many hashes were computed so far: with it a test shows that a
// log-in for an unknown name does as much as one for a known name.
func (h *Hasher) Work() int64 { return h.done.Load() }

func (h *Hasher) sum(ctx context.Context, password string, salt []byte, c Cost) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("password: wait for a turn: %w", ctx.Err())
	}
	h.done.Add(1)
	return argon2.IDKey([]byte(password), salt, c.Passes, c.KiB, c.Lanes, sumBytes), nil
}

// Hash returns the hash of a password in PHC form, with salt and cost in it.
func (h *Hasher) Hash(ctx context.Context, random io.Reader, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("password: make a salt: %w", err)
	}
	sum, err := h.sum(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	return encode(h.cost, salt, sum), nil
}

// Verify compares a password with a hash. An empty hash (a person who is
// unknown or has no password) costs the same and is never equal.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	absent := hash == ""
	if absent {
		hash = h.decoy
	}
	cost, salt, want, err := decode(hash)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, password, salt, cost)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && !absent, nil
}

// Outdated tells whether a hash was made at another cost than today's; it is
// made anew when the password is known, after a log-in.
func (h *Hasher) Outdated(hash string) bool {
	c, _, _, err := decode(hash)
	return err != nil || c != h.cost
}

var b64 = base64.RawStdEncoding

func encode(c Cost, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.KiB, c.Passes, c.Lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func decode(hash string) (c Cost, salt, sum []byte, err error) {
	bad := errors.New("password: a stored hash cannot be read: let the person set a new password")
	var version int
	var rest string
	n, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &c.KiB, &c.Passes, &c.Lanes, &rest)
	if err != nil || n != 5 || version != argon2.Version || c.KiB < 8 || c.KiB > maxKiB || c.Passes < 1 || c.Passes > maxPasses || c.Lanes < 1 || c.Lanes > maxLanes {
		return c, nil, nil, bad
	}
	for i := range rest {
		if rest[i] != '$' {
			continue
		}
		salt, err = b64.DecodeString(rest[:i])
		if err != nil {
			return c, nil, nil, bad
		}
		sum, err = b64.DecodeString(rest[i+1:])
		if err != nil || len(sum) != sumBytes || len(salt) < 8 {
			return c, nil, nil, bad
		}
		return c, salt, sum, nil
	}
	return c, nil, nil, bad
}
