package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"bonafide/desk/contacts"
)

// errForm is a form that is none: cut off, or of a kind that browsers do not send.
var errForm = errors.New("web: the form cannot be read")

// form reads the fields of a page into a request.
func (w *Web) form(rw http.ResponseWriter, r *http.Request) (contacts.Request, error) {
	r.Body = http.MaxBytesReader(rw, r.Body, w.opt.BodyBytes)
	var req contacts.Request
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		// The whole body may stay in memory: it is bounded, and so nothing of it
		// goes to a disk.
		if err := r.ParseMultipartForm(w.opt.BodyBytes); err != nil {
			return req, fmt.Errorf("%w: %w", errForm, err)
		}
		defer func() { _ = r.MultipartForm.RemoveAll() }()
		if err := readFile(r, &req); err != nil {
			return req, err
		}
	} else if err := r.ParseForm(); err != nil {
		return req, fmt.Errorf("%w: %w", errForm, err)
	}
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req.Channel, req.From, req.Words, req.Platform = v("channel"), v("from"), v("words"), v("platform")
	if req.From == "" {
		req.From = v("number") // the helper's page has one field for both
	}
	req.Text = strings.TrimSpace(strings.Join(nonEmpty(v("title"), r.PostFormValue("text"), v("url")), "\n"))
	req.Lang, req.Country, req.Region, req.Role = w.language(r), v("country"), v("region"), v("role")
	if req.Country == "" {
		req.Country, _ = w.country(r)
	}
	req.AlreadyDone, req.Gave, req.SpokenCode = r.PostForm["already_done"], r.PostForm["gave"], v("spoken_code")
	req.Settled, req.StartedByUser, req.Expected = yesNo(v("settled")), yesNo(v("started")), yesNo(v("expected"))
	if at, err := contacts.ParseMoment(v("at")); err == nil && !at.IsZero() {
		req.At = contacts.MomentOf(at)
	}
	if req.Channel == "call" || req.Channel == "voicemail" {
		req.Call = &contacts.Call{Number: v("number"), Withheld: v("withheld") != "", Claimed: v("claimed"),
			Asked: r.PostForm["asked"], Knew: r.PostForm["knew"], Ongoing: v("ongoing") != "",
			Called: v("called"), Identity: nonEmpty(v("identity"))}
	}
	return req, nil
}

func readFile(r *http.Request, req *contacts.Request) error {
	for _, h := range r.MultipartForm.File["file"] {
		if h.Size == 0 {
			continue
		}
		f, err := h.Open()
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			return err
		}
		req.Raw, req.Filename = raw, h.Filename
		return nil
	}
	return nil
}

func nonEmpty(in ...string) []string {
	var out []string
	for _, s := range in {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

func yesNo(s string) *bool {
	switch s {
	case "yes":
		t := true
		return &t
	case "no":
		f := false
		return &f
	}
	return nil
}
