package store_test

import (
	"slices"
	"testing"

	"bonafide/store"
)

// TestSealedAndPlainFields: what a family says of its fields names fields that it
// has, and that can be sealed or stay as they are; a sealed value is never plain.
func TestSealedAndPlainFields(t *testing.T) {
	for _, f := range store.Families() {
		kinds := map[string]store.Field{}
		for _, field := range f.Fields {
			kinds[field.Name] = field
		}
		for _, name := range f.Sealed {
			if x := kinds[name]; x.Kind != store.FieldText || x.Key || slices.Contains(f.Plain, name) {
				t.Errorf("%s.%s cannot be sealed: want a text that is no key and not plain", f.Name, name)
			}
		}
		for _, field := range f.Fields {
			if len(f.Sealed) > 0 && field.Key && field.Kind != store.FieldText {
				t.Errorf("%s has sealed values and the key %s, which is no text", f.Name, field.Name)
			}
		}
		for _, name := range f.Plain {
			if x := kinds[name]; x.Kind != store.FieldText && x.Kind != store.FieldList {
				t.Errorf("%s.%s is no text that could stay plain", f.Name, name)
			}
			if f.Secret {
				t.Errorf("%s is secret and has the plain field %s: no copy with pseudonyms holds it", f.Name, name)
			}
		}
	}
}
