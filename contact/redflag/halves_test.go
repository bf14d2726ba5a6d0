package redflag_test

import (
	"os"
	"strings"
	"testing"

	"bonafide/contact"
	"bonafide/contact/redflag"
	"bonafide/contact/text"
)

// TestHalvesOfTheKnowledge: with what was learned alone nothing comes from a
// composition, with compositions alone nothing comes from a model.
func TestHalvesOfTheKnowledge(t *testing.T) {
	fsys := os.DirFS("../../data")
	cat, err := redflag.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := text.LoadFolding(fsys)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		"Tell me the code that was just sent to you.", "Please install AnyDesk so that I can fix your computer.",
		"You must buy gift cards and read me the numbers.", "Your account is locked, confirm your password here.",
	}
	count := func(c *redflag.Catalogue, prefix string) (mine, others int) {
		for _, l := range lines {
			for _, f := range c.Find([]*text.Reading{text.Read(contact.Part{Name: "body", Text: l}, fold)}, contact.SMS) {
				if strings.HasPrefix(f.Source, prefix) {
					mine++
				} else {
					others++
				}
			}
		}
		return mine, others
	}
	if mine, others := count(cat.RulesOnly(), "redflags/"); mine == 0 || others > 0 {
		t.Errorf("compositions alone: %d findings of theirs, %d of others", mine, others)
	}
	if !cat.Learned("en") {
		t.Fatal("no English model ships: one does, so the data cannot be read")
	}
	if mine, others := count(cat.LearnedOnly(), "textmodel/"); mine == 0 || others > 0 {
		t.Errorf("models alone: %d findings of theirs, %d of others", mine, others)
	}
}
