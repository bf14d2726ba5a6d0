package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
)

// outlines: what must not open a report gets it without its texts, and all ids of
// a tenant, each once.
func outlines(t *testing.T, s store.Store) {
	full := NewReport("main", "r1", day)
	full.Note, full.Codes, full.Lang, full.Country = "a note", []evidence.Code{"a", "b"}, "de", "DE"
	add(t, s, full, NewReport("main", "B", day), NewReport("main", "a_1", day), NewReport("main", "r2", day), NewReport("other", "r3", day))
	read(t, s, func(ctx context.Context, r store.Records) error {
		got, err := r.Reports.Outline(ctx, "main", "r1")
		if err != nil {
			return err
		}
		whole, err := r.Reports.Get(ctx, "main", "r1")
		whole.Text, whole.Note, whole.Probability, whole.Fingerprint, whole.Consent = "", "", 0, "", ""
		if d := gocmp.Diff(whole, got); d != "" {
			t.Errorf("an outline comes as\n%s", d)
		}
		_, missing := r.Reports.Outline(ctx, "main", "r3")
		wantKind(t, "another tenant's", missing, fault.NotFound)
		return err
	})
	read(t, s, func(ctx context.Context, r store.Records) error {
		var all []string
		var after store.ReportID
		for range 9 {
			ids, err := r.Reports.IDs(ctx, "main", after, 1)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			all, after = append(all, string(ids[0])), ids[0]
		}
		slices.Sort(all)
		if fmt.Sprint(all) != "[B a_1 r1 r2]" {
			t.Errorf("the ids of main are %v", all)
		}
		return nil
	})
}
