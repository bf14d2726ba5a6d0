package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bonafide/access"
	"bonafide/desk/accounts/hooks"
	"bonafide/fault"
)

// HooksDesk is the desk of webhooks as the pages use it.
type HooksDesk interface {
	List(ctx context.Context, a access.Actor) ([]hooks.Webhook, error)
	Add(ctx context.Context, a access.Actor, n hooks.NewHook) (hooks.NewWebhook, error)
	Change(ctx context.Context, a access.Actor, id string, c hooks.HookChange) (hooks.Webhook, error)
	Rotate(ctx context.Context, a access.Actor, id string) (hooks.NewWebhook, error)
	Remove(ctx context.Context, a access.Actor, id string) error
	Resume(ctx context.Context, a access.Actor, id string) (hooks.Webhook, error)
	Test(ctx context.Context, a access.Actor, id string) (hooks.WebhookSent, error)
	Graves(ctx context.Context, a access.Actor, id string, before int64) (hooks.DeadPage, error)
	SendAgain(ctx context.Context, a access.Actor, id string, sequence int64) (hooks.WebhookSent, error)
	SendAllAgain(ctx context.Context, a access.Actor, id string) (hooks.WebhookResent, error)
}

func hookRoutes() []staffRoute {
	return []staffRoute{
		{"GET /webhooks", false, hooked((*visit).hooks), "", 0},
		{"POST /webhooks", false, hooked((*visit).addHook), "/webhooks", 0},
		{"GET /webhooks/{id}", false, hooked((*visit).hook), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/test", false, hooked((*visit).testHook), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/resume", false, hooked((*visit).resumeHook), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/change", false, hooked((*visit).changeHook), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/rotate", false, hooked((*visit).rotateHook), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/again", false, hooked((*visit).sendAgain), "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/remove", false, hooked((*visit).removeHook), "/webhooks/{id}", 0},
	}
}

// hooksData is the page of all webhooks.
type hooksData struct {
	Webhooks []hooks.Webhook
	Actions  []string
	// Typed is one that could not be added.
	Typed hooks.NewHook
}

func hookActions() []string { return []string{"challenge", "hold", "block"} }

// Wants tells whether an action was chosen.
func (d hooksData) Wants(action string) bool { return slices.Contains(d.Typed.Actions, action) }

// hooked is a page that is there where decisions are posted.
func hooked(page func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if v.opt.Hooks == nil {
			return fault.New(fault.NotFound, "", "no decisions are posted from here")
		}
		return page(v)
	}
}

func (v *visit) hooks() error {
	return v.showHooks(http.StatusOK, hooks.NewHook{Lang: v.language(v.r)}, "")
}

func (v *visit) showHooks(code int, typed hooks.NewHook, problem string) error {
	list, err := v.opt.Hooks.List(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	return v.page(code, "hooks", "hooks.title", hooksData{list, hookActions(), typed}, problem)
}

// addHook adds an address and shows its secret this once.
func (v *visit) addHook() error {
	n := hooks.NewHook{URL: v.field("url"), Actions: v.r.PostForm["of"], Lang: v.field("texts")}
	made, err := v.opt.Hooks.Add(v.r.Context(), v.who.Actor, n)
	if text, code, ok := v.mended("hooks", err); ok {
		return v.showHooks(code, n, text)
	}
	return v.once("hooks.secret", []string{made.Secret}, err)
}

// hookData is the page of one webhook, with what was given up.
type hookData struct {
	hooks.DeadPage
	More string
	// Sent is what became of a message that somebody asked for just now.
	Sent *hooks.WebhookSent
	// Resent is what became of all that was given up.
	Resent *hooks.WebhookResent
	// Typed is what could not be changed, else what the address is.
	Typed   *hooks.NewHook
	Actions []string
	// Changing tells that somebody was at it.
	Changing bool
}

// Wants tells whether an action was chosen.
func (d hookData) Wants(action string) bool { return slices.Contains(d.Typed.Actions, action) }

func (v *visit) hookID() string { return clip(v.r.PathValue("id"), 64) }

func (v *visit) hook() error { return v.showHook(http.StatusOK, hookData{}, "") }

func (v *visit) showHook(code int, d hookData, problem string) error {
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64) // what is no number asks for the newest
	var err error
	if d.DeadPage, err = v.opt.Hooks.Graves(v.r.Context(), v.who.Actor, v.hookID(), max(before, 0)); err != nil {
		return err
	}
	d.More, d.Actions, d.Changing = goesOn("/webhooks/"+url.PathEscape(d.Webhook.ID), url.Values{}, d.Next), hookActions(), d.Typed != nil
	if d.Typed == nil {
		d.Typed = &hooks.NewHook{Actions: d.Webhook.Actions, Lang: d.Webhook.Lang}
	}
	return v.page(code, "hook", "hooks.title", d, problem)
}

func (v *visit) testHook() error {
	return v.post(func() (hooks.WebhookSent, error) {
		return v.opt.Hooks.Test(v.r.Context(), v.who.Actor, v.hookID())
	})
}

func (v *visit) sendAgain() error {
	if v.field("sequence") == "all" {
		resent, err := v.opt.Hooks.SendAllAgain(v.r.Context(), v.who.Actor, v.hookID())
		if err != nil {
			return err
		}
		return v.showHook(http.StatusOK, hookData{Resent: &resent}, "")
	}
	return v.post(func() (hooks.WebhookSent, error) {
		sequence, err := strconv.ParseInt(v.field("sequence"), 10, 64)
		if err != nil {
			return hooks.WebhookSent{}, errForm
		}
		return v.opt.Hooks.SendAgain(v.r.Context(), v.who.Actor, v.hookID(), sequence)
	})
}

// post has one message posted and shows what became of it.
func (v *visit) post(do func() (hooks.WebhookSent, error)) error {
	sent, err := do()
	if err != nil {
		return err
	}
	return v.showHook(http.StatusOK, hookData{Sent: &sent}, "")
}

func (v *visit) resumeHook() error {
	_, err := v.opt.Hooks.Resume(v.r.Context(), v.who.Actor, v.hookID())
	return v.after(err, v.back)
}

// changeHook writes what an address is to be; without an address it stays.
func (v *visit) changeHook() error {
	revision, err := strconv.ParseInt(v.field("revision"), 10, 64)
	if err != nil {
		return errForm
	}
	c := hooks.HookChange{URL: v.field("url"), Actions: v.r.PostForm["of"], Lang: v.field("texts"), Revision: revision}
	_, err = v.opt.Hooks.Change(v.r.Context(), v.who.Actor, v.hookID(), c)
	if text, code, ok := v.mended("hooks", err); ok {
		return v.showHook(code, hookData{Typed: &hooks.NewHook{URL: c.URL, Actions: c.Actions, Lang: c.Lang}}, text)
	}
	return v.after(err, v.back)
}

// rotateHook makes a new secret and shows it this once.
func (v *visit) rotateHook() error {
	made, err := v.opt.Hooks.Rotate(v.r.Context(), v.who.Actor, v.hookID())
	return v.once("hooks.secret.new", []string{made.Secret}, err)
}

func (v *visit) removeHook() error {
	return v.after(v.opt.Hooks.Remove(v.r.Context(), v.who.Actor, v.hookID()), "/webhooks")
}

// Trouble tells in words what was wrong with a try; empty: nothing.
func (s staffView) Trouble(problem string) string {
	if status, ok := strings.CutPrefix(problem, "status_"); ok {
		return s.T("hooks.problem.status", "status", status)
	}
	if problem == "" {
		return ""
	}
	return s.T("hooks.problem." + problem)
}
