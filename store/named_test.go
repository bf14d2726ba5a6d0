package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"bonafide/store"
)

// TestNamed: what is no id of ours stands in no audit entry.
func TestNamed(t *testing.T) {
	for id, want := range map[string]string{"p-7f3a": "p-7f3a", "A_9": "A_9", "": "-", "Anna Schmidt": "-", "+493055501234": "-", "a@shop.example": "-",
		"x\x00": "-", "ü": "-", strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): "-"} {
		if got := store.Named(id); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

// written is a store that tells whether a transaction was kept.
type written struct {
	store.Store
	kept bool
}

func (w *written) Write(_ context.Context, f func(store.Records) error) error {
	err := f(store.Records{})
	w.kept = err == nil
	return err
}

// TestTry: a dry run is undone and no error; an error is one either way.
func TestTry(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		dry       bool
		err, want error
		kept      bool
	}{{false, nil, nil, true}, {true, nil, nil, false}, {false, broken, broken, false}, {true, broken, broken, false}} {
		w := &written{}
		ran := false
		err := store.Try(t.Context(), w, c.dry, func(store.Records) error { ran = true; return c.err })
		if err != c.want || w.kept != c.kept || !ran {
			t.Errorf("dry %v with %v: %v, kept %v, ran %v", c.dry, c.err, err, w.kept, ran)
		}
	}
}
