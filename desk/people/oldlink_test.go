package people_test

import (
	"testing"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/fault"
	"bonafide/store"
)

// TestOldLinkToBeginEnds (S2.17): a link to begin anew that nobody used opens
// nothing once its person was suspended or chose a password.
func TestOldLinkToBeginEnds(t *testing.T) {
	for name, end := range map[string]func(r *rig, admin, anna people.Who) error{
		"suspended and let back": func(r *rig, admin, anna people.Who) error {
			for _, suspended := range []bool{true, false} {
				p, err := r.Person(ctxOf(t), admin.Actor, store.PersonID(anna.Person))
				if err == nil {
					err = r.ChangePerson(ctxOf(t), admin.Actor, p.ID, people.PersonChange{Name: p.Name, Roles: p.Roles, Suspended: suspended, Revision: p.Revision})
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
		"a new password": func(r *rig, _, anna people.Who) error { return r.SetPassword(ctxOf(t), anna, good) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			admin := r.who(r.founded())
			anna := r.who(r.hired(admin, "anna@shop.example", access.Analyst))
			word, err := r.NewStart(ctxOf(t), admin.Actor, store.PersonID(anna.Person), "lost her phone")
			must(t, word, err)
			must(t, 0, end(r, admin, anna))
			if _, err := r.Begin(ctxOf(t), people.Start{Word: word, Password: "yet another long password"}, home); kind(err) != fault.NotFound {
				t.Errorf("the link of before: %v", err)
			}
		})
	}
}
