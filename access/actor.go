package access

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/fault"
)

// Actor is whoever asks a desk for something: a person in a session, or a
// program with a person's API key. The zero value may do nothing. Desks get it
// from the door and check it themselves; it is a value and safe to copy.
type Actor struct {
	Tenant Tenant
	// Person is the id of the person, a pseudonym; "" for nobody.
	Person string
	Roles  []Role
	// Key is the id of the API key that speaks for the person; "" in a session.
	Key string
	// Scopes are what the key may do, of what the person may. A key without
	// scopes may do nothing; in a session they are not looked at.
	Scopes []Permission
	// Confirmed is when the person last proved who they are.
	Confirmed time.Time
	// Lacking: their roles ask for a second factor, and they have none yet. They
	// have what is Basic, of their own.
	Lacking bool
	// Console is the operator at the server's own command line, who owns the
	// files anyhow: all rights within the tenant, and confirmed.
	Console bool
	// From says where the request came from, for audit entries: a network, not
	// a whole address.
	From string
}

// LoggedIn tells whether the actor is somebody.
func (a Actor) LoggedIn() bool { return a.Console || a.Person != "" }

// ReachOf is how far the actor may use a permission.
func (a Actor) ReachOf(p Permission) Reach {
	rule, ok := RuleOf(p)
	if !ok || !a.LoggedIn() {
		return Nothing
	}
	if a.Console {
		return All
	}
	if a.Key != "" && (rule.Confirm && !rule.ByKey || !slices.Contains(a.Scopes, p)) {
		return Nothing
	}
	if a.Lacking && !rule.Basic {
		return Nothing
	}
	reach := Nothing
	for _, r := range a.Roles {
		reach = max(reach, ReachOf(r, p))
	}
	if a.Lacking {
		return min(reach, Own)
	}
	return reach
}

// Can tells whether the actor has a permission at all, for menus. It is no
// check: that is May.
func (a Actor) Can(p Permission) bool { return a.ReachOf(p) != Nothing }

// ErrSecondFactor asks the person to add a second factor before their roles hold.
var ErrSecondFactor = fault.New(fault.Forbidden, "second", "your roles ask for a second factor: add an authenticator app, or add a passkey and log in with it")

// Of is whose a thing is that an actor asks for.
type Of struct {
	Tenant Tenant
	// Owner is the id of the person who made it or whom it is about; "" if
	// nobody in particular.
	Owner string
}

// ErrConfirm asks the person to prove again who they are; a door sends them to
// the page for it.
var ErrConfirm = fault.New(fault.Forbidden, "", "this needs a fresh proof of who you are: confirm with your password or passkey, then try again")

// May checks a permission on a thing at a time. Whose thing belongs to another
// tenant, or to another person where the right reaches only one's own, is "not
// found": the answer must not tell that it exists. Without the right at all it
// is fault.Forbidden; ErrConfirm when the last proof of identity is too old.
func (a Actor) May(p Permission, of Of, now time.Time) error {
	if of.Tenant == "" || a.Tenant != of.Tenant {
		return notFound()
	}
	rule, _ := RuleOf(p)
	switch reach := a.ReachOf(p); {
	case a.Lacking && !rule.Basic:
		return ErrSecondFactor
	case reach == Nothing:
		return fault.New(fault.Forbidden, "", "%s is not among your rights: ask an administrator", p)
	case reach == Own && (of.Owner == "" || of.Owner != a.Person):
		return notFound()
	case rule.Confirm && !a.Console && a.Key == "" && (a.Confirmed.IsZero() || a.Confirmed.After(now) || now.Sub(a.Confirmed) > FreshFor):
		return ErrConfirm
	}
	return nil
}

func notFound() error {
	return fault.New(fault.NotFound, "", "there is no such thing here: check the address, or go back to the list")
}

// Bounds of a reason, in characters: one word says nothing, a page hides it.
const (
	MinReason = 5
	MaxReason = 500
)

// Reason is why somebody did what needs one. It goes into the audit entry.
type Reason string

// Because is May for what needs a reason: it checks the permission and that the
// reason says something, and returns the reason to write down.
func (a Actor) Because(p Permission, of Of, reason string, now time.Time) (Reason, error) {
	if err := a.May(p, of, now); err != nil {
		return "", err
	}
	reason = strings.Join(strings.Fields(reason), " ")
	if n := utf8.RuneCountInString(reason); n < MinReason || n > MaxReason {
		return "", fault.New(fault.Invalid, "reason", "say in %d to %d characters why: it is kept in the audit", MinReason, MaxReason)
	}
	return Reason(reason), nil
}

// Masking says how an actor sees personal data: always masked, unless Because
// let them unmask. The zero value masks.
type Masking struct{ open bool }

// Unmask checks the permission to unmask a thing and the reason for it. The
// desk writes the audit entry with the reason before it shows anything.
func (a Actor) Unmask(p Permission, of Of, reason string, now time.Time) (Masking, Reason, error) {
	why, err := a.Because(p, of, reason, now)
	if err != nil {
		return Masking{}, "", err
	}
	return Masking{open: true}, why, nil
}

// Show returns the clear text to those who may see it, else the masked one.
func (m Masking) Show(masked, clear string) string {
	if m.open {
		return clear
	}
	return masked
}
