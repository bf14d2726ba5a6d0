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
	Remove(ctx context.Context, a access.Actor, id string) error
	Resume(ctx context.Context, a access.Actor, id string) (hooks.Webhook, error)
	Test(ctx context.Context, a access.Actor, id string) (hooks.WebhookSent, error)
	Graves(ctx context.Context, a access.Actor, id string, before int64) (hooks.DeadPage, error)
	SendAgain(ctx context.Context, a access.Actor, id string, sequence int64) (hooks.WebhookSent, error)
}

func hookRoutes() []staffRoute {
	return []staffRoute{
		{"GET /webhooks", false, (*visit).hooks, "", 0},
		{"POST /webhooks", false, (*visit).addHook, "/webhooks", 0},
		{"GET /webhooks/{id}", false, (*visit).hook, "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/test", false, (*visit).testHook, "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/resume", false, (*visit).resumeHook, "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/again", false, (*visit).sendAgain, "/webhooks/{id}", 0},
		{"POST /webhooks/{id}/remove", false, (*visit).removeHook, "/webhooks/{id}", 0},
	}
}

// hooksData is the page of all webhooks.
type hooksData struct {
	Webhooks []hooks.Webhook
	Actions  []string
	// Typed is one that could not be added.
	Typed hooks.NewHook
}

// Wants tells whether an action was chosen.
func (d hooksData) Wants(action string) bool { return slices.Contains(d.Typed.Actions, action) }

func (v *visit) hooked() error {
	if v.opt.Hooks == nil {
		return fault.New(fault.NotFound, "", "no decisions are posted from here")
	}
	return nil
}

func (v *visit) hooks() error {
	return v.showHooks(http.StatusOK, hooks.NewHook{Lang: v.language(v.r)}, "")
}

func (v *visit) showHooks(code int, typed hooks.NewHook, problem string) error {
	if err := v.hooked(); err != nil {
		return err
	}
	list, err := v.opt.Hooks.List(v.r.Context(), v.who.Actor)
	if err != nil {
		return err
	}
	return v.page(code, "hooks", "hooks.title", hooksData{list, []string{"challenge", "hold", "block"}, typed}, problem)
}

// addHook adds an address and shows its secret this once.
func (v *visit) addHook() error {
	if err := v.hooked(); err != nil {
		return err
	}
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
}

func (v *visit) hookID() string { return clip(v.r.PathValue("id"), 64) }

func (v *visit) hook() error { return v.showHook(nil) }

func (v *visit) showHook(sent *hooks.WebhookSent) error {
	if err := v.hooked(); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64) // what is no number asks for the newest
	d := hookData{Sent: sent}
	var err error
	if d.DeadPage, err = v.opt.Hooks.Graves(v.r.Context(), v.who.Actor, v.hookID(), max(before, 0)); err != nil {
		return err
	}
	d.More = goesOn("/webhooks/"+url.PathEscape(d.Webhook.ID), url.Values{}, d.Next)
	return v.page(http.StatusOK, "hook", "hooks.title", d, "")
}

func (v *visit) testHook() error {
	return v.post(func() (hooks.WebhookSent, error) {
		return v.opt.Hooks.Test(v.r.Context(), v.who.Actor, v.hookID())
	})
}

func (v *visit) sendAgain() error {
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
	if err := v.hooked(); err != nil {
		return err
	}
	sent, err := do()
	if err != nil {
		return err
	}
	return v.showHook(&sent)
}

func (v *visit) resumeHook() error {
	if err := v.hooked(); err != nil {
		return err
	}
	_, err := v.opt.Hooks.Resume(v.r.Context(), v.who.Actor, v.hookID())
	return v.after(err, v.back)
}

func (v *visit) removeHook() error {
	if err := v.hooked(); err != nil {
		return err
	}
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
