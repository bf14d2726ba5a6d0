// Package hooks posts a tenant's decisions to addresses of the shop as they are
// made, signed by the scheme of Standard Webhooks, so that a shop need not ask.
//
// What waits is not copied: each address has a place among the decisions, and what
// follows it is posted in its order, one at a time. A decision that is not taken is
// tried again, MostTries times with longer and longer waits; then it is given up,
// kept as dead, and the next one comes. An address stops, where people see it, when
// it says so (410), when MostDead are given up in a row, or FewDead over a day or more;
// its place stays, and it goes on from there when somebody
// resumes it. A decision may come twice (the server stops between an answer and its
// note), under the same id; one that was given up comes when somebody sends it again.
//
// It is not for the decision itself, which a shop that waits for it gets as the
// answer to its event, and it posts nothing that /v1/decisions/stream does not show.
//
//	desk, err := hooks.New(hooks.Config{Guard: accounts, Store: s, Now: time.Now})
//	made, err := desk.Add(ctx, actor, hooks.NewHook{URL: "https://shop.example/decisions"})
//	defer desk.Start(ctx)()
package hooks

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"bonafide/access"
	"bonafide/desk/accounts"
	"bonafide/fault"
	"bonafide/outside/webhook"
	"bonafide/store"
)

// Guard is what hooks need of the account guard; *accounts.Desk is one.
type Guard interface {
	Latest(ctx context.Context, a access.Actor) (int64, error)
	Follow(ctx context.Context, a access.Actor, after int64, wait time.Duration, lang string) ([]accounts.DecisionView, error)
}

// Config is what a desk works with. Guard, Store and Now are needed.
type Config struct {
	Guard Guard
	Store store.Store
	Now   func() time.Time
	// Private lets addresses lead into private networks and to this machine.
	Private bool
	// Wait is how long the second try waits, doubled for each further one; default
	// FirstWait.
	Wait time.Duration
	// Failed is told what failed in the background; nil: nobody is.
	Failed func(what string, err error)
	// Tried is told the outcome of each try of a decision; nil: nobody is.
	Tried func(Outcome)
}

// Outcome is what became of a try.
type Outcome string

// Outcomes. GaveUp is a Refused that was the last.
const (
	Taken   Outcome = "taken"
	Refused Outcome = "refused"
	GaveUp  Outcome = "given_up"
)

// The rules of tries.
const (
	// MostTries is how often one decision is tried.
	MostTries = 8
	// FirstWait is how long the second try waits: the last comes 21 minutes after the
	// first, give or take a fifth.
	FirstWait = 10 * time.Second
	// MostDead is how many decisions in a row are given up before an address stops.
	MostDead = 20
	// FewDead is how many in a row are enough where nothing was taken for MostFailing.
	// Days on which nothing was decided count, so one trouble, or two, must not do.
	FewDead = 3
	// MostFailing is how long that is.
	MostFailing = 24 * time.Hour
)

// Desk is the desk of webhooks. It is safe for concurrent use.
type Desk struct {
	cfg   Config
	hurry chan struct{}

	mu    sync.Mutex      // guards what follows
	busy  map[string]bool // addresses that somebody works on, by tenant and id
	again map[string]bool // those to which somebody sends again what was given up
}

// New makes a desk; see Start.
func New(c Config) (*Desk, error) {
	if c.Guard == nil || c.Store == nil || c.Now == nil {
		return nil, errors.New("hooks: guard, store and clock are all needed")
	}
	if c.Wait <= 0 {
		c.Wait = FirstWait
	}
	if c.Failed == nil {
		c.Failed = func(string, error) {}
	}
	if c.Tried == nil {
		c.Tried = func(Outcome) {}
	}
	return &Desk{cfg: c, hurry: make(chan struct{}, 1), busy: map[string]bool{}, again: map[string]bool{}}, nil
}

// NewHook is an address to be added.
type NewHook struct {
	URL     string   `json:"url" maxLength:"2000" doc:"An https address of the public internet, without user and password."`
	Actions []string `json:"actions,omitempty" maxItems:"3" enum:"challenge,hold,block" doc:"The actions whose decisions are posted; absent or empty: all three."`
	Lang    string   `json:"lang,omitempty" enum:"en,de,ja" doc:"Language of texts; en if absent."`
}

// Webhook is an address as those see it who may.
type Webhook struct {
	ID      string      `json:"id"`
	URL     string      `json:"url" doc:"The address, without what follows a question mark, which may be secret."`
	Actions []string    `json:"actions" doc:"The actions whose decisions are posted; empty: all."`
	Lang    string      `json:"lang" doc:"Language of texts."`
	State   string      `json:"state" enum:"on,stopped"`
	Problem string      `json:"problem,omitempty" doc:"What was wrong at the last try: status_NNN, silent (no answer), private (a private network), large."`
	Made    time.Time   `json:"made_at"`
	By      store.Actor `json:"made_by"`
	// Delivered counts decisions that were taken; Dead those that were given up.
	Delivered int64      `json:"delivered" doc:"Decisions that were taken."`
	LastDone  *time.Time `json:"last_delivered_at,omitempty"`
	Failing   *time.Time `json:"failing_since,omitempty" doc:"Since when nothing was taken; absent: the last try was good."`
	Tries     int64      `json:"tries,omitempty" doc:"Tries of the decision that comes next."`
	Due       *time.Time `json:"next_try_at,omitempty"`
	Dead      int64      `json:"dead" doc:"Decisions that were given up and can be sent again."`
	Place     int64      `json:"place" doc:"Sequence of the last decision that is done with."`
	// Both is until when messages are signed with the secret of before, too.
	Both     *time.Time `json:"signed_with_both_until,omitempty" doc:"Until then messages are signed with the secret of before, too; absent: with the present one only."`
	Revision int64      `json:"revision" doc:"Counts what people changed; give it with a change."`
}

// NewWebhook is an address that was just added.
type NewWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"What signatures are made with. It is shown this once."`
}

// DeadDecision is a decision that was given up.
type DeadDecision struct {
	Sequence int64            `json:"sequence" doc:"By which it is sent again."`
	Decision store.DecisionID `json:"decision"`
	Made     time.Time        `json:"given_up_at"`
	Problem  string           `json:"problem" doc:"As of the webhook."`
}

// DeadPage is a page of what was given up.
type DeadPage struct {
	Webhook Webhook        `json:"webhook"`
	Dead    []DeadDecision `json:"dead" doc:"Newest decision first."`
	Next    int64          `json:"next,omitempty" doc:"Give it as before for the next page; absent: there is none."`
}

// WebhookSent is what became of a delivery that somebody asked for.
type WebhookSent struct {
	Taken   bool   `json:"taken" doc:"The receiver took it (status 200 to 299)."`
	Status  int    `json:"status,omitempty" doc:"Status of its answer; absent: there was none."`
	Problem string `json:"problem,omitempty" doc:"As of the webhook."`
}

func (d *Desk) may(a access.Actor, p access.Permission) error {
	return a.May(p, access.Of{Tenant: a.Tenant}, d.cfg.Now())
}

// deed is the audit entry of what an actor does to an address.
func (d *Desk) deed(a access.Actor, action, id, why string) store.Deed {
	return store.Deed{Tenant: a.Tenant, When: d.cfg.Now(), Actor: store.ActorOf(a), Action: action, Object: "webhook:" + id, Why: why, From: a.From}
}

// idOf bounds an id that somebody sent before it stands in a deed.
func idOf(id string) string {
	for _, r := range id {
		if !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') {
			return "-"
		}
	}
	if id == "" || len(id) > 64 {
		return "-"
	}
	return id
}

// self is the server itself, which reads the decisions of a tenant in order to post
// them: whoever added the address had the right to have them posted.
func self(t access.Tenant) access.Actor { return access.Actor{Tenant: t, Console: true} }

// shown is an address without what may be secret in it.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	hidden := u.RawQuery != ""
	u.RawQuery, u.Fragment, u.User = "", "", nil
	if hidden {
		return u.String() + "?…"
	}
	return u.String()
}

func (d *Desk) view(w *store.Webhook, dead int64) Webhook {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	v := Webhook{ID: w.ID, URL: shown(w.URL), Actions: w.Actions, Lang: w.Lang, State: w.State, Problem: w.Problem, Made: w.Made, By: w.By, Delivered: w.Delivered,
		LastDone: at(w.LastDone), Failing: at(w.Failing), Tries: w.Tries, Due: at(w.Due), Dead: dead, Place: w.Place, Both: at(readSecrets(w.Secret).at(d.cfg.Now()).until), Revision: w.Revision}
	if v.Actions == nil {
		v.Actions = []string{}
	}
	return v
}

// List returns the addresses of the actor's tenant, longest there first. Right:
// webhook.read.
func (d *Desk) List(ctx context.Context, a access.Actor) ([]Webhook, error) {
	if err := d.may(a, access.WebhookRead); err != nil {
		return nil, err
	}
	out := []Webhook{}
	err := d.cfg.Store.Read(ctx, func(r store.Records) error {
		all, err := r.Webhooks.All(ctx, a.Tenant)
		for i := 0; err == nil && i < len(all); i++ {
			var n int64
			_, n, err = r.Webhooks.Dead(ctx, a.Tenant, all[i].ID, 0, 1)
			out = append(out, d.view(&all[i], n))
		}
		return err
	})
	return out, err
}

// Add adds an address, to which what is decided from now on is posted. Invalid for
// an address that nothing is posted to. Right: webhook.manage.
func (d *Desk) Add(ctx context.Context, a access.Actor, n NewHook) (NewWebhook, error) {
	if err := d.may(a, access.WebhookManage); err != nil {
		return NewWebhook{}, err
	}
	w, err := d.wanted(a, n)
	if err != nil {
		return NewWebhook{}, err
	}
	if w.Place, err = d.cfg.Guard.Latest(ctx, self(a.Tenant)); err != nil {
		return NewWebhook{}, err
	}
	deed := d.deed(a, "webhook.add", w.ID, strings.Join(w.Actions, " "))
	w.Made, w.By = deed.When, deed.Actor
	err = store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error {
		all, err := r.Webhooks.All(ctx, a.Tenant)
		if err == nil && len(all) >= store.MaxWebhooks {
			err = fault.New(fault.Conflict, "", "there are %d webhooks already, the most that are kept: remove one", len(all))
		}
		if err != nil {
			return err
		}
		return r.Webhooks.Add(ctx, w)
	})
	if err != nil {
		return NewWebhook{}, err
	}
	w.Revision = 1
	d.soon()
	return NewWebhook{d.view(&w, 0), readSecrets(w.Secret).now}, nil
}

// wanted checks what somebody wants to add.
func (d *Desk) wanted(a access.Actor, n NewHook) (store.Webhook, error) {
	w := store.Webhook{Tenant: a.Tenant, ID: rand.Text(), Secret: newSecret(), State: store.WebhookOn}
	err := d.set(&w, n)
	return w, err
}

// set checks and sets what people choose of an address.
func (d *Desk) set(w *store.Webhook, n NewHook) error {
	w.URL, w.Lang, w.Actions = strings.TrimSpace(n.URL), n.Lang, nil
	if w.Lang == "" {
		w.Lang = "en"
	}
	if !slices.Contains([]string{"en", "de", "ja"}, w.Lang) {
		return fault.New(fault.Invalid, "lang", "is none of en, de and ja")
	}
	for _, x := range []string{"challenge", "hold", "block"} {
		if slices.Contains(n.Actions, x) {
			w.Actions = append(w.Actions, x)
		}
	}
	for _, x := range n.Actions {
		if !slices.Contains(w.Actions, x) {
			return fault.New(fault.Invalid, "actions", "are challenge, hold and block; none of them means all")
		}
	}
	if len(w.URL) > store.MaxWebhookURL {
		return fault.New(fault.Invalid, "url", "of a webhook has more than %d bytes", store.MaxWebhookURL)
	}
	_, err := d.sender(w)
	return invalid(err)
}

// invalid is the error of an address for whoever typed it.
func invalid(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Conflict {
		return fault.New(fault.Invalid, "url", "%s", f.Text)
	}
	return err
}

// sender makes what posts to an address.
func (d *Desk) sender(w *store.Webhook) (*webhook.Sender, error) {
	return webhook.New(d.posting(w))
}

// posting is how an address is posted to now.
func (d *Desk) posting(w *store.Webhook) webhook.Config {
	x := readSecrets(w.Secret).at(d.cfg.Now())
	return webhook.Config{URL: w.URL, Secret: x.now, Before: x.before, Now: d.cfg.Now, Public: !d.cfg.Private}
}

// Remove removes an address, with what was given up for it. Right: webhook.manage.
func (d *Desk) Remove(ctx context.Context, a access.Actor, id string) error {
	if err := d.may(a, access.WebhookManage); err != nil {
		return err
	}
	return store.Change(ctx, d.cfg.Store, d.deed(a, "webhook.remove", idOf(id), ""), func(r store.Records) error {
		return r.Webhooks.Remove(ctx, a.Tenant, idOf(id))
	})
}

// Resume has an address go on from its place, at once: one that stopped, or one that
// waits for its next try. Right: webhook.manage.
func (d *Desk) Resume(ctx context.Context, a access.Actor, id string) (Webhook, error) {
	return d.rewrite(ctx, a, "webhook.resume", id, "", func(w *store.Webhook) error {
		w.State = store.WebhookOn
		return nil
	})
}

// graves is how many that were given up a page has at most.
const graves = 50

// Graves returns a page of what was given up for an address, with a sequence below
// before (0: from the newest). Right: webhook.read.
func (d *Desk) Graves(ctx context.Context, a access.Actor, id string, before int64) (out DeadPage, err error) {
	if err := d.may(a, access.WebhookRead); err != nil {
		return out, err
	}
	out.Dead = []DeadDecision{}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		w, err := r.Webhooks.Get(ctx, a.Tenant, idOf(id))
		if err != nil {
			return err
		}
		list, n, err := r.Webhooks.Dead(ctx, a.Tenant, w.ID, before, graves+1)
		if len(list) > graves {
			list = list[:graves]
			out.Next = list[graves-1].Sequence
		}
		for _, x := range list {
			out.Dead = append(out.Dead, DeadDecision{x.Sequence, x.Decision, x.Made, x.Problem})
		}
		out.Webhook = d.view(&w, n)
		return err
	})
	return out, err
}

func (d *Desk) one(ctx context.Context, a access.Actor, id string) (w store.Webhook, err error) {
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		w, err = r.Webhooks.Get(ctx, a.Tenant, idOf(id))
		return err
	})
	return w, err
}

// Test posts a message without data of anybody to an address, once, and tells what
// became of it. Right: webhook.manage.
func (d *Desk) Test(ctx context.Context, a access.Actor, id string) (WebhookSent, error) {
	if err := d.may(a, access.WebhookManage); err != nil {
		return WebhookSent{}, err
	}
	w, err := d.one(ctx, a, id)
	if err != nil {
		return WebhookSent{}, err
	}
	now := d.cfg.Now()
	sent, err := d.once(ctx, &w, webhook.Message{ID: "test_" + rand.Text(), Body: bodyOf("webhook.test", now, map[string]string{"webhook": w.ID})})
	if err != nil {
		return WebhookSent{}, err
	}
	return sent, store.Change(ctx, d.cfg.Store, d.deed(a, "webhook.test", w.ID, sent.Problem), func(store.Records) error { return nil })
}
