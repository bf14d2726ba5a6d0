package custody

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bonafide/fault"
	"bonafide/store"
)

// Keeper keeps heads where nobody who can write to the database can change them.
type Keeper interface {
	// Keep hands a message over; nil when it was taken. The id names it.
	Keep(ctx context.Context, id string, body []byte) error
}

// Heads as they are handed to a keeper: one JSON object, which `audit verify
// --anchors` reads as it is.
type headsForm struct {
	Type string    `json:"type"`
	When time.Time `json:"timestamp"`
	Data struct {
		Heads []string `json:"heads"`
	} `json:"data"`
}

const headsType = "audit.heads"

// Anchor hands the heads of all chains to a keeper, and returns them. There is no
// audit entry of it: it would make other heads.
func (d *Desk) Anchor(ctx context.Context, now time.Time, k Keeper) ([]store.Head, error) {
	all, err := d.Heads(ctx, Scope{})
	if err != nil {
		return nil, err
	}
	m := headsForm{Type: headsType, When: now.UTC().Truncate(time.Second)}
	m.Data.Heads = []string{}
	var heads []store.Head
	for _, h := range all {
		if h.Sequence > 0 {
			heads = append(heads, h)
			m.Data.Heads = append(m.Data.Heads, h.String())
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := k.Keep(ctx, "msg_"+hex.EncodeToString(sum[:12]), body); err != nil {
		return nil, fmt.Errorf("anchor: the heads of the audit chains are not kept elsewhere: %w", err)
	}
	return heads, nil
}

// MaxAnchors is how many bytes of anchors are read.
const MaxAnchors = 64 << 20

// ParseAnchors reads what was kept of heads, one a line: tenant:sequence:hash as
// `audit head` prints it, or the JSON object that a keeper was handed.
func ParseAnchors(text string) ([]Anchor, error) {
	if len(text) > MaxAnchors {
		return nil, fault.New(fault.TooLarge, "anchors", "have more than %d bytes: keep fewer of each chain", MaxAnchors)
	}
	var out []Anchor
	for n, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		words := []string{line}
		if line[0] == '{' {
			var m headsForm
			if json.Unmarshal([]byte(line), &m) != nil || m.Type != headsType {
				return nil, fmt.Errorf("line %d of the anchors: %w", n+1, fault.New(fault.Invalid, "anchor", "is no message of heads"))
			}
			words = m.Data.Heads
		}
		for _, w := range words {
			a, err := ParseAnchor(w)
			if err != nil {
				return nil, fmt.Errorf("line %d of the anchors: %w", n+1, err)
			}
			out = append(out, a)
		}
	}
	return out, nil
}
