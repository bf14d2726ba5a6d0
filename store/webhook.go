package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/fault"
)

// Webhook is an address that a tenant's decisions are posted to, and how far that
// has come. What waits is not copied: it is the decisions after Place.
type Webhook struct {
	Tenant access.Tenant
	// ID names it; random letters and digits.
	ID string
	// URL and Secret stand sealed (store/sealed). What a secret holds is for
	// desk/accounts/hooks: the present one, and for a while the one before.
	URL, Secret string
	// Actions are those that are posted; none: all that decisions have.
	Actions []string
	// Lang is the language of the texts in what is posted: en, de or ja.
	Lang string
	// State is WebhookOn or WebhookStopped.
	State string
	Made  time.Time
	By    Actor
	WebhookProgress
	// Revision counts what people changed, 1 when added.
	Revision int64
}

// WebhookProgress is how far an address has come.
type WebhookProgress struct {
	// Place is the sequence of the last decision that is done with: taken, not
	// wanted, or given up.
	Place int64
	// Delivered counts what was taken, LastDone is when the last was.
	Delivered int64
	LastDone  time.Time
	// Tries counts those of the decision that comes next, Due is when the next is.
	Tries int64
	Due   time.Time
	// Failing is since when nothing was taken; zero: the last try was good.
	Failing time.Time
	// GivenUp counts what was given up since something was taken last.
	GivenUp int64
	// Problem is what was wrong at last, as one of the codes of desk/accounts/hooks.
	Problem string
}

// The states of an address.
const (
	WebhookOn      = "on"
	WebhookStopped = "stopped"
)

// DeadHook is a decision that was given up for an address.
type DeadHook struct {
	Tenant   access.Tenant
	Webhook  string
	Sequence int64
	Decision DecisionID
	// Made is when it was given up, Problem why.
	Made    time.Time
	Problem string
}

// Webhooks are the addresses that decisions are posted to.
type Webhooks interface {
	// Add keeps a new address; Conflict when the tenant has the id.
	Add(ctx context.Context, w Webhook) error
	// Get returns an address.
	Get(ctx context.Context, t access.Tenant, id string) (Webhook, error)
	// All returns the tenant's addresses, longest there first, at most MaxWebhooks.
	All(ctx context.Context, t access.Tenant) ([]Webhook, error)
	// Change writes address, secret, actions, language and state of w, and that nothing failed since;
	// Conflict when somebody else changed it since Revision.
	Change(ctx context.Context, w Webhook) error
	// Move writes state and progress of w; Conflict when somebody changed or removed
	// the address since Revision. The revision stays.
	Move(ctx context.Context, w Webhook) error
	// Remove removes an address with all that was given up for it.
	Remove(ctx context.Context, t access.Tenant, id string) error

	// Bury keeps what was given up, in place of an earlier try.
	Bury(ctx context.Context, d DeadHook) error
	// Dead returns what was given up with a sequence below before (0: from the
	// newest), newest first, and how many there are.
	Dead(ctx context.Context, t access.Tenant, webhook string, before int64, limit int) (list []DeadHook, all int64, err error)
	// OneDead returns one.
	OneDead(ctx context.Context, t access.Tenant, webhook string, sequence int64) (DeadHook, error)
	// Unbury removes one.
	Unbury(ctx context.Context, t access.Tenant, webhook string, sequence int64) error
	// Sweep removes what was given up before a time, of all tenants, and counts it.
	Sweep(ctx context.Context, before time.Time) (int64, error)
}

// Bounds of addresses.
const (
	MaxWebhooks = 20
	// MaxWebhookURL is how many bytes an address has at most.
	MaxWebhookURL = 2000
	maxSealedText = 16 << 10
)

// Check returns what is wrong with an address, nil if it can be kept.
func (w *Webhook) Check() error {
	if _, err := access.ParseTenant(string(w.Tenant)); err != nil {
		return err
	}
	if w.ID == "" || w.URL == "" || w.Secret == "" || w.Lang == "" || Micros(w.Made) <= 0 || w.By == "" {
		return fault.New(fault.Invalid, "webhook", "lacks id, address, secret, language, time or who made it: all are needed")
	}
	if w.State != WebhookOn && w.State != WebhookStopped {
		return fault.New(fault.Invalid, "state", "of a webhook is on or stopped")
	}
	if w.Place < 0 || w.Delivered < 0 || w.Tries < 0 || w.GivenUp < 0 {
		return fault.New(fault.Invalid, "place", "of a webhook, or one of its counts, is below 0")
	}
	for _, a := range w.Actions {
		if !slices.Contains([]string{"challenge", "hold", "block"}, a) {
			return fault.New(fault.Invalid, "actions", "of a webhook are challenge, hold and block")
		}
	}
	if len(w.Actions) > 3 {
		return fault.New(fault.Invalid, "actions", "of a webhook name one twice")
	}
	return checkTexts([]field{{"id", w.ID, 64}, {"url", w.URL, maxSealedText}, {"secret", w.Secret, maxSealedText}, {"lang", w.Lang, 16},
		{"made_by", string(w.By), 100}, {"problem", w.Problem, 100}})
}

// Check returns what is wrong with one that was given up, nil if it can be kept.
func (d *DeadHook) Check() error {
	if _, err := access.ParseTenant(string(d.Tenant)); err != nil {
		return err
	}
	if d.Webhook == "" || d.Decision == "" || d.Sequence <= 0 || Micros(d.Made) <= 0 {
		return fault.New(fault.Invalid, "dead", "lacks webhook, decision, sequence or time: all are needed")
	}
	return checkTexts([]field{{"webhook", d.Webhook, 64}, {"decision", string(d.Decision), 64}, {"problem", d.Problem, 100}})
}

// hookFamilies declares those of webhooks.
func hookFamilies() []Family {
	return []Family{
		{Name: "webhooks", Secret: true, Check: checkWebhookRow, Sealed: []string{"url", "secret"}, Fields: []Field{
			{"tenant", FieldTenant, false}, {"id", FieldText, true}, {"url", FieldText, false}, {"secret", FieldText, false}, {"actions", FieldList, false},
			{"lang", FieldText, false}, {"state", FieldText, false}, {"made", FieldTime, false}, {"made_by", FieldText, false}, {"place", FieldNumber, false},
			{"delivered", FieldNumber, false}, {"last_done", FieldTime, false}, {"tries", FieldNumber, false}, {"due", FieldTime, false},
			{"failing", FieldTime, false}, {"given_up", FieldNumber, false}, {"problem", FieldText, false}, {"revision", FieldNumber, false}}},
		{Name: "webhook_dead", Secret: true, Check: checkDeadRow, Fields: []Field{
			{"tenant", FieldTenant, false}, {"webhook", FieldText, true}, {"sequence", FieldNumber, true}, {"decision", FieldText, false},
			{"made", FieldTime, false}, {"problem", FieldText, false}}},
	}
}

func checkWebhookRow(r Row) error {
	w := Webhook{Tenant: access.Tenant(r[0].(string)), ID: r[1].(string), URL: r[2].(string), Secret: r[3].(string), Lang: r[5].(string), State: r[6].(string),
		Made: Time(r[7].(int64)), By: Actor(r[8].(string)), WebhookProgress: WebhookProgress{Place: r[9].(int64), Delivered: r[10].(int64), Tries: r[12].(int64),
			GivenUp: r[15].(int64), Problem: r[16].(string)}}
	if err := json.Unmarshal([]byte(r[4].(string)), &w.Actions); err != nil {
		return fault.New(fault.Invalid, "actions", "of a webhook are no list")
	}
	if r[17].(int64) < 1 {
		return fault.New(fault.Invalid, "revision", "of a webhook is below 1")
	}
	return w.Check()
}

func checkDeadRow(r Row) error {
	d := DeadHook{Tenant: access.Tenant(r[0].(string)), Webhook: r[1].(string), Sequence: r[2].(int64), Decision: DecisionID(r[3].(string)), Made: Time(r[4].(int64)), Problem: r[5].(string)}
	return d.Check()
}
