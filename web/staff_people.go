package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bonafide/access"
	"bonafide/desk/people"
	"bonafide/store"
)

// peoplePage is how many people a page lists.
const peoplePage = 50

// peopleData is the page of who works here.
type peopleData struct {
	List  []store.Person
	Next  string
	Open  []people.Open
	Teams []store.Team
	Roles []access.Role
}

// TeamName is how a team is called.
func (d peopleData) TeamName(id string) string {
	i := slices.IndexFunc(d.Teams, func(t store.Team) bool { return t.ID == id })
	if i < 0 {
		return ""
	}
	return d.Teams[i].Name
}

func (v *visit) people() error {
	after, err := store.ParseKey(clip(v.r.URL.Query().Get("after"), 200))
	if err != nil {
		return err
	}
	d := peopleData{Roles: access.Roles()}
	list, next, err := v.opt.People.People(v.r.Context(), v.who.Actor, store.Page{After: after, Limit: peoplePage})
	if err != nil {
		return err
	}
	d.List, d.Next = list, next.String()
	if d.Open, err = v.opt.People.Invitations(v.r.Context(), v.who.Actor); err != nil {
		return err
	}
	if d.Teams, err = v.opt.People.Teams(v.r.Context(), v.who.Actor); err != nil {
		return err
	}
	return v.page(http.StatusOK, "people", "people.title", d, "")
}

func (v *visit) roles() []access.Role {
	var out []access.Role
	for _, r := range v.r.PostForm["role"] {
		out = append(out, access.Role(r))
	}
	return out
}

func (v *visit) invite() error {
	word, err := v.opt.People.Invite(v.r.Context(), v.who.Actor, people.Invitation{Login: v.field("login"), Name: v.field("name"), Roles: v.roles(),
		Team: v.field("team"), Lang: v.language(v.r)})
	return v.once("shown.invitation", []string{v.beginLink(word)}, err)
}

// beginLink is the whole address of a link to begin.
func (v *visit) beginLink(word string) string {
	base := strings.TrimSuffix(v.opt.BaseURL, "/")
	if base == "" {
		base = "http://" + v.r.Host
	}
	return base + "/begin/" + word
}

func (v *visit) withdraw() error {
	return v.after(v.opt.People.Withdraw(v.r.Context(), v.who.Actor, v.field("id")), "/people")
}

func (v *visit) addTeam() error {
	return v.after(v.opt.People.AddTeam(v.r.Context(), v.who.Actor, v.field("name")), "/people")
}

func (v *visit) removeTeam() error {
	return v.after(v.opt.People.RemoveTeam(v.r.Context(), v.who.Actor, v.field("id")), "/people")
}

// personData is the page of one person.
type personData struct {
	store.Person
	AllRoles []access.Role
	Teams    []store.Team
	Self     bool
}

// Has reports whether the person has a role.
func (d personData) Has(r access.Role) bool { return slices.Contains(d.Roles, r) }

// id is the person that the path names.
func (v *visit) id() store.PersonID { return store.PersonID(v.r.PathValue("id")) }

func (v *visit) person() error {
	p, err := v.opt.People.Person(v.r.Context(), v.who.Actor, v.id())
	if err != nil {
		return err
	}
	teams, err := v.opt.People.Teams(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, "person", "person.title", personData{p, access.Roles(), teams, string(p.ID) == v.who.Person}, "")
}

func (v *visit) changePerson() error {
	id := v.id()
	revision, _ := strconv.ParseInt(v.field("revision"), 10, 64)
	err := v.opt.People.ChangePerson(v.r.Context(), v.who.Actor, id, people.PersonChange{Name: v.field("name"), Roles: v.roles(), Team: v.field("team"),
		Suspended: v.field("suspended") != "", Revision: revision})
	return v.after(err, v.back)
}

func (v *visit) newStart() error {
	word, err := v.opt.People.NewStart(v.r.Context(), v.who.Actor, v.id(), v.field("reason"))
	return v.once("shown.start", []string{v.beginLink(word)}, err)
}

func (v *visit) endTheirs() error {
	_, err := v.opt.People.EndSessions(v.r.Context(), v.who, v.id())
	return v.after(err, v.back)
}
