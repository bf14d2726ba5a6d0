package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"bonafide/fault"
)

// listing shows the page of a list that somebody asked for. What is wrong with the
// question is said on the page; its title is named as the page is.
func (v *visit) listing(page string, data any, err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		said, code, _ := v.problem(err)
		return v.page(code, page, page+".title", data, said)
	}
	if err != nil {
		return err
	}
	return v.page(http.StatusOK, page, page+".title", data, "")
}

// goesOn is where a list goes on before a place, with what was asked; empty at its end.
func goesOn(path string, asked url.Values, before int64) string {
	if before <= 0 {
		return ""
	}
	asked.Set("before", strconv.FormatInt(before, 10))
	return path + "?" + asked.Encode()
}
