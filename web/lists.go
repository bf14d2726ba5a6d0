package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts/lists"
	"bonafide/fault"
	"bonafide/store"
)

// ListsDesk is the desk of accounts as the pages of lists use it.
type ListsDesk interface {
	Lists(ctx context.Context, a access.Actor) ([]lists.ListView, error)
	MakeList(ctx context.Context, a access.Actor, n lists.NewList) error
	RemoveList(ctx context.Context, a access.Actor, name string) error
	Entries(ctx context.Context, a access.Actor, q lists.EntryQuery) (lists.EntryListing, error)
	PutEntries(ctx context.Context, a access.Actor, list string, entries []lists.NewEntry) (lists.ListView, error)
	TakeOff(ctx context.Context, a access.Actor, list string, values []lists.ListValue, reason string) (lists.ListView, error)
	Import(ctx context.Context, a access.Actor, list string, f lists.ListFile) (lists.Imported, error)
}

func listRoutes() []staffRoute {
	return []staffRoute{
		{"GET /lists", false, (*visit).lists, "", 0},
		{"POST /lists", false, (*visit).makeList, "/lists", 0},
		{"GET /lists/{id}", false, (*visit).list, "/lists/{id}", 0},
		{"POST /lists/{id}", false, (*visit).addEntry, "/lists/{id}", 0},
		{"POST /lists/{id}/find", false, (*visit).findEntry, "/lists/{id}", 0},
		{"POST /lists/{id}/remove", false, (*visit).takeOff, "/lists/{id}", 0},
		{"POST /lists/{id}/import", false, (*visit).importEntries, "/lists/{id}", lists.MaxListFile + 64<<10},
		{"POST /lists/{id}/drop", false, (*visit).removeList, "/lists/{id}", 0},
	}
}

// entriesPage is how many entries a page lists.
const entriesPage = 25

// listFields are the fields that the page offers for a new list; the API takes
// every text field.
func listFields() []string {
	return []string{"event.account", "event.device", "order.gift_recipients", "order.card", "order.address", "order.seller", "payee.id", "identifier.value", "event.ip", "event.network"}
}

func (v *visit) listed() error {
	if v.opt.Lists == nil {
		return fault.New(fault.NotFound, "", "no lists are kept here")
	}
	return nil
}

// listsData is the page of all lists.
type listsData struct {
	Lists  []lists.ListView
	Fields []string
	// Typed is what somebody typed of a list that could not be made.
	Typed lists.NewList
}

func (v *visit) lists() error { return v.showLists(http.StatusOK, lists.NewList{}, "") }

func (v *visit) showLists(code int, typed lists.NewList, problem string) error {
	if err := v.listed(); err != nil {
		return err
	}
	list, err := v.opt.Lists.Lists(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	return v.page(code, "lists", "lists.title", listsData{Lists: list, Fields: listFields(), Typed: typed}, problem)
}

func (v *visit) makeList() error {
	if err := v.listed(); err != nil {
		return err
	}
	n := lists.NewList{Name: v.field("name"), Of: v.field("of"), About: v.field("about")}
	err := v.opt.Lists.MakeList(v.r.Context(), v.who.Actor, n)
	if text, code, ok := v.mended("lists", err); ok {
		return v.showLists(code, n, text)
	}
	return v.after(err, "/lists/"+url.PathEscape(n.Name))
}

// mended tells an error that who filled in the form can mend, in words.
func (v *visit) mended(page string, err error) (text string, code int, ok bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return "", 0, false
	}
	text, code, _ = v.problem(err)
	return v.texts.Or(v.language(v.r), page+".error."+f.Field, text), code, true
}

// listData is the page of one list.
type listData struct {
	lists.EntryListing
	// Sought is what was looked for, Looked that something was.
	Sought lists.ListValue
	Looked bool
	// Typed is an entry that could not be added, File what was wrong in a file.
	Typed   lists.NewEntry
	Until   string
	File    *lists.Imported
	Latest  string
	Longest string
	More    string
}

func (v *visit) listName() string { return clip(v.r.PathValue("id"), 40) }

func (v *visit) list() error {
	after, err := store.ParseKey(v.r.URL.Query().Get("after"))
	if err != nil {
		return v.showList(http.StatusUnprocessableEntity, listData{}, store.Key{}, v.texts.Get(v.language(v.r), "staff.error.invalid"))
	}
	return v.showList(http.StatusOK, listData{}, after, "")
}

func (v *visit) showList(code int, d listData, after store.Key, problem string) (err error) {
	if err := v.listed(); err != nil {
		return err
	}
	q := lists.EntryQuery{List: v.listName(), Find: d.Sought, Page: store.Page{After: after, Limit: entriesPage}}
	d.EntryListing, err = v.opt.Lists.Entries(v.r.Context(), v.who.Actor, q)
	if text, code, ok := v.mended("lists", err); ok && d.Looked {
		return v.showList(code, listData{}, store.Key{}, text)
	}
	if err != nil {
		return err
	}
	if !d.Next.IsZero() {
		d.More = "/lists/" + url.PathEscape(v.listName()) + "?after=" + url.QueryEscape(d.Next.String())
	}
	now := time.Now().UTC()
	d.Latest, d.Longest = now.AddDate(0, 0, 1).Format(time.DateOnly), now.Add(lists.EntryLongest).AddDate(0, 0, -1).Format(time.DateOnly)
	return v.page(code, "list", "lists.title", d, problem)
}

// findEntry looks for a value. It is a form that is posted, so that the value
// stands in no address.
func (v *visit) findEntry() error {
	x := lists.ListValue{Value: v.field("value"), Hashed: v.field("hashed") != ""}
	return v.showList(http.StatusOK, listData{Sought: x, Looked: x.Value != ""}, store.Key{}, "")
}

func (v *visit) addEntry() error {
	if err := v.listed(); err != nil {
		return err
	}
	e := lists.NewEntry{ListValue: lists.ListValue{Value: v.field("value"), Hashed: v.field("hashed") != ""}, Reason: v.field("reason")}
	until, err := v.until()
	if err == nil {
		e.Until = until
		_, err = v.opt.Lists.PutEntries(v.r.Context(), v.who.Actor, v.listName(), []lists.NewEntry{e})
	}
	if text, code, ok := v.mended("lists", err); ok {
		return v.showList(code, listData{Typed: e, Until: v.field("until")}, store.Key{}, text)
	}
	return v.after(err, v.back)
}

func (v *visit) until() (t time.Time, err error) {
	if text := v.field("until"); text != "" {
		return lists.ParseUntil(text)
	}
	return t, nil
}

func (v *visit) takeOff() error {
	if err := v.listed(); err != nil {
		return err
	}
	_, err := v.opt.Lists.TakeOff(v.r.Context(), v.who.Actor, v.listName(), []lists.ListValue{{Value: v.field("value"), Hashed: true}}, v.field("reason"))
	if text, code, ok := v.mended("lists", err); ok {
		return v.showList(code, listData{}, store.Key{}, text)
	}
	return v.after(err, v.back)
}

// importEntries takes a file, or what was pasted.
func (v *visit) importEntries() error {
	if err := v.listed(); err != nil {
		return err
	}
	file, _, err := v.r.FormFile("file") // first: it reads the other fields as well
	f := lists.ListFile{Body: []byte(v.r.PostFormValue("lines")), Reason: v.field("reason"), Skip: true}
	if err == nil {
		var raw []byte
		raw, err = io.ReadAll(io.LimitReader(file, lists.MaxListFile+1))
		_ = file.Close()
		if len(raw) > 0 {
			f.Body = raw
		}
	}
	if err != nil && !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart) {
		return errors.Join(errForm, err)
	}
	if f.Until, err = v.until(); err != nil {
		return err
	}
	got, err := v.opt.Lists.Import(v.r.Context(), v.who.Actor, v.listName(), f)
	d := listData{}
	for i, x := range got.Refused {
		field, _, _ := strings.Cut(x.Text, ":")
		got.Refused[i].Text, d.File = v.texts.Or(v.language(v.r), "lists.error."+field, x.Text), &got
	}
	if text, code, ok := v.mended("lists", err); ok {
		return v.showList(code, d, store.Key{}, text)
	} else if d.File = &got; err != nil {
		return err
	}
	return v.showList(http.StatusOK, d, store.Key{}, "")
}

func (v *visit) removeList() error {
	if err := v.listed(); err != nil {
		return err
	}
	err := v.opt.Lists.RemoveList(v.r.Context(), v.who.Actor, v.listName())
	if text, code, ok := v.mended("lists", err); ok {
		return v.showList(code, listData{}, store.Key{}, text)
	}
	return v.after(err, "/lists")
}
