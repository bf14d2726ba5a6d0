package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"bonafide/desk/accounts/hooks"
	"bonafide/fault"
)

// webhooksCmd works on the webhooks of a running server, with an API key.
type webhooksCmd struct {
	Server string `help:"Address of the server." default:"http://localhost:8080" placeholder:"URL"`
	Key    string `help:"API key with webhook.read, or webhook.manage for changes." env:"BONAFIDE_KEY" required:"" placeholder:"KEY"`
	JSON   bool   `help:"Print the server's answers."`

	Show   struct{}       `cmd:"" default:"1" help:"Show the addresses, and how far each has come."`
	Add    webhooksAddCmd `cmd:"" help:"Have decisions posted to an address from now on."`
	Change webhooksChange `cmd:"" help:"Change address, actions or language; it goes on from its place."`
	Rotate webhooksOneCmd `cmd:"" help:"Give an address a new secret; for a day messages are signed with the one of before, too."`
	Test   webhooksOneCmd `cmd:"" help:"Post a message without data of anybody."`
	Resume webhooksOneCmd `cmd:"" help:"Go on from where an address stopped, or try now."`
	Dead   webhooksOneCmd `cmd:"" help:"Show what was given up."`
	Again  webhooksAgain  `cmd:"" help:"Send again what was given up."`
	Remove webhooksOneCmd `cmd:"" help:"Remove an address."`
}

type webhooksAddCmd struct {
	URL     string   `arg:"" help:"An https address."`
	Actions []string `help:"Only decisions of these actions: challenge, hold, block." enum:"challenge,hold,block" placeholder:"ACTION"`
	Lang    string   `help:"Language of texts." enum:"en,de,ja" default:"en"`
}

type webhooksOneCmd struct {
	ID string `arg:"" help:"Id of a webhook."`
}

type webhooksChange struct {
	ID      string   `arg:"" help:"Id of a webhook."`
	URL     string   `help:"An https address; without this it stays." placeholder:"URL"`
	Actions []string `help:"Only decisions of these actions: challenge, hold, block; all for all of them. Without this they stay." enum:"challenge,hold,block,all" placeholder:"ACTION"`
	Lang    string   `help:"Language of texts: en, de or ja; without this it stays." enum:",en,de,ja" default:"" placeholder:"LANG"`
}

type webhooksAgain struct {
	ID       string  `arg:"" help:"Id of a webhook."`
	Sequence []int64 `arg:"" optional:"" help:"Sequences, as dead shows them; none: all, oldest first, until one is not taken."`
}

// ask sends one request and reads its answer into one.
func (c *webhooksCmd) ask(ctx context.Context, env Env, method, path string, body, into any) error {
	var raw []byte
	kind := ""
	if body != nil {
		kind = "application/json"
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return fmt.Errorf("webhooks: %w", err)
		}
	}
	r := remote{name: "webhooks", server: c.Server, key: c.Key, print: c.JSON}
	return r.ask(ctx, env, asking{method, path, kind, raw}, into)
}

// hookPath is the address of a webhook.
func hookPath(id, rest string) string { return "/v1/webhooks/" + url.PathEscape(id) + rest }

func (c *webhooksCmd) show(ctx context.Context, env Env) error {
	var list []hooks.Webhook
	if err := c.ask(ctx, env, http.MethodGet, "/v1/webhooks", nil, &list); err != nil || c.JSON {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 2, 8, 2, ' ', 0)
	for _, h := range list {
		actions, how := strings.Join(h.Actions, ","), h.State
		if actions == "" {
			actions = "all"
		}
		if h.Problem != "" {
			how += ": " + h.Problem
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d delivered\t%d given up\n", h.ID, h.URL, actions, how, h.Delivered, h.Dead)
	}
	return w.Flush()
}

func (c *webhooksCmd) add(ctx context.Context, env Env) error {
	var made hooks.NewWebhook
	if err := c.ask(ctx, env, http.MethodPost, "/v1/webhooks", hooks.NewHook{URL: c.Add.URL, Actions: c.Add.Actions, Lang: c.Add.Lang}, &made); err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(env.Stdout, "webhook %s\nsecret  %s\nThe secret is shown this once: give it to the receiver, which checks signatures by it.\n", made.ID, made.Secret)
	return nil
}

// change sends what an address is now with what is to be other.
func (c *webhooksCmd) change(ctx context.Context, env Env) error {
	var list []hooks.Webhook
	quiet := *c
	quiet.JSON = false
	if err := quiet.ask(ctx, env, http.MethodGet, "/v1/webhooks", nil, &list); err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(h hooks.Webhook) bool { return h.ID == c.Change.ID })
	if i < 0 {
		return fault.New(fault.NotFound, "", "webhooks: there is none of this id: bonafide webhooks lists them")
	}
	to := hooks.HookChange{URL: c.Change.URL, Actions: list[i].Actions, Lang: list[i].Lang, Revision: list[i].Revision}
	if len(c.Change.Actions) > 0 {
		to.Actions = c.Change.Actions
	}
	if slices.Contains(to.Actions, "all") {
		to.Actions = []string{}
	}
	if c.Change.Lang != "" {
		to.Lang = c.Change.Lang
	}
	return c.ask(ctx, env, http.MethodPatch, hookPath(c.Change.ID, ""), to, nil)
}

func (c *webhooksCmd) rotate(ctx context.Context, env Env) error {
	var made hooks.NewWebhook
	if err := c.ask(ctx, env, http.MethodPost, hookPath(c.Rotate.ID, "/rotate"), nil, &made); err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(env.Stdout, "secret  %s\nThe secret is shown this once: give it to the receiver within a day; until then the one of before is good, too.\n", made.Secret)
	return nil
}

// sent tells what became of a delivery; one that was not taken fails the command.
func (c *webhooksCmd) sent(ctx context.Context, env Env, path, what string) error {
	var got hooks.WebhookSent
	if err := c.ask(ctx, env, http.MethodPost, path, nil, &got); err != nil {
		return err
	}
	if !got.Taken {
		return fmt.Errorf("webhooks: %s was not taken: %s", what, got.Problem)
	}
	if !c.JSON {
		fmt.Fprintf(env.Stdout, "%s was taken (status %d)\n", what, got.Status)
	}
	return nil
}

// againAll sends all that was given up; one that is not taken fails the command.
func (c *webhooksCmd) againAll(ctx context.Context, env Env) error {
	for taken, gone := int64(0), int64(0); ; {
		var got hooks.WebhookResent
		if err := c.ask(ctx, env, http.MethodPost, hookPath(c.Again.ID, "/dead"), nil, &got); err != nil {
			return err
		}
		taken, gone = taken+got.Taken, gone+got.Gone
		if got.Problem == "" && got.Left > 0 && got.Taken+got.Gone > 0 {
			continue
		}
		if !c.JSON {
			fmt.Fprintf(env.Stdout, "%d decisions were taken, %d were erased since, %d are left\n", taken, gone, got.Left)
		}
		if got.Problem != "" {
			return fmt.Errorf("webhooks: the next was not taken: %s", got.Problem)
		}
		return nil
	}
}

func (c *webhooksCmd) dead(ctx context.Context, env Env) error {
	w := tabwriter.NewWriter(env.Stdout, 2, 8, 2, ' ', 0)
	for before := int64(0); ; {
		var page hooks.DeadPage
		if err := c.ask(ctx, env, http.MethodGet, hookPath(c.Dead.ID, "/dead?before="+strconv.FormatInt(before, 10)), nil, &page); err != nil {
			return err
		}
		for _, d := range page.Dead {
			if !c.JSON {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", d.Sequence, d.Decision, d.Made.UTC().Format(time.RFC3339), d.Problem)
			}
		}
		if before = page.Next; before == 0 {
			return w.Flush()
		}
	}
}

// run does what the command says.
func (c *webhooksCmd) run(ctx context.Context, env Env, command string) error {
	word, _, _ := strings.Cut(strings.TrimPrefix(command, "webhooks "), " ")
	switch word {
	case "add":
		return c.add(ctx, env)
	case "change":
		return c.change(ctx, env)
	case "rotate":
		return c.rotate(ctx, env)
	case "test":
		return c.sent(ctx, env, hookPath(c.Test.ID, "/test"), "the message")
	case "resume":
		return c.ask(ctx, env, http.MethodPost, hookPath(c.Resume.ID, "/resume"), nil, nil)
	case "dead":
		return c.dead(ctx, env)
	case "again":
		if len(c.Again.Sequence) == 0 {
			return c.againAll(ctx, env)
		}
		for _, n := range c.Again.Sequence {
			if err := c.sent(ctx, env, hookPath(c.Again.ID, "/dead/"+strconv.FormatInt(n, 10)), fmt.Sprintf("decision %d", n)); err != nil {
				return err
			}
		}
		return nil
	case "remove":
		return c.ask(ctx, env, http.MethodDelete, hookPath(c.Remove.ID, ""), nil, nil)
	}
	return c.show(ctx, env)
}
