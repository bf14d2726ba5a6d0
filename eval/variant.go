package eval

import (
	"context"
	"slices"

	"bonafide/eval/corpus"
)

// variants measures each variant like the desk itself.
func (m measurer) variants(ctx context.Context, t *tally) error {
	for _, v := range m.opt.Variants {
		if v.Make != nil {
			var err error
			if v.Desk, err = v.Make(ctx); err != nil {
				v.Missing = err.Error()
			}
		}
		out := VariantRows{Name: v.Name, Missing: v.Missing}
		if v.Missing == "" {
			its := m
			its.desk, its.opt.Errors = v.Desk, 0
			if v.Channel != "" {
				its.sets = slices.DeleteFunc(slices.Clone(m.sets), func(s corpus.Set) bool { return s.Channel != v.Channel })
			}
			vt := newTally()
			if err := its.pass(ctx, vt); err != nil {
				return err
			}
			vt.finish(m.library, Options{Limit: max(m.opt.Limit, 1)}) // without groups of both parts
			out.Channels, out.Sets, out.Subsets = vt.report.Channels, vt.report.Sets, vt.report.Subsets
		}
		t.report.Variants = append(t.report.Variants, out)
	}
	return nil
}
