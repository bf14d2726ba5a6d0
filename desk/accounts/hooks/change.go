package hooks

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/store"
)

// BothFor is how long messages are signed with the secret of before, too, once an
// address has a new one: a receiver changes over within that time and loses none.
const BothFor = 24 * time.Hour

// secrets are what messages to an address are signed with. They stand in the records
// as one text: the present one, and while there is one before, that and the second
// (since 1970) at which it ends.
type secrets struct {
	now, before string
	until       time.Time
}

func newSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}

func readSecrets(text string) secrets {
	part := strings.Fields(text)
	if len(part) != 3 {
		return secrets{now: text}
	}
	end, _ := strconv.ParseInt(part[2], 10, 64) // what is none has ended long ago
	return secrets{part[0], part[1], time.Unix(end, 0).UTC()}
}

// at leaves out what has ended.
func (s secrets) at(now time.Time) secrets {
	if !now.Before(s.until) {
		return secrets{now: s.now}
	}
	return s
}

func (s secrets) text() string {
	if s.before == "" {
		return s.now
	}
	return s.now + " " + s.before + " " + strconv.FormatInt(s.until.Unix(), 10)
}

// HookChange is what an address is to be from now on: all of it is replaced but for
// an empty URL, which leaves the address as it is, since nobody is shown all of it.
type HookChange struct {
	URL      string   `json:"url,omitempty" maxLength:"2000" doc:"Absent: as it is. Else as of a new one."`
	Actions  []string `json:"actions" maxItems:"3" enum:"challenge,hold,block" doc:"The actions whose decisions are posted; empty: all three."`
	Lang     string   `json:"lang" enum:"en,de,ja" doc:"Language of texts."`
	Revision int64    `json:"revision" doc:"As it was read; 409 when somebody else changed it since."`
}

// Change changes address, actions and language. Its place stays, so that nothing is
// lost or sent twice, and what waits is tried at once; one that stopped stays so until
// it is resumed. Conflict when somebody changed it since. Right: webhook.manage.
func (d *Desk) Change(ctx context.Context, a access.Actor, id string, c HookChange) (Webhook, error) {
	why := "address"
	if c.URL == "" {
		why = ""
	}
	return d.rewrite(ctx, a, "webhook.change", id, strings.TrimSpace(why+" "+strings.Join(c.Actions, " ")), func(w *store.Webhook) error {
		n := NewHook{URL: c.URL, Actions: c.Actions, Lang: c.Lang}
		if c.URL == "" {
			n.URL = w.URL
		}
		w.Revision = c.Revision
		return d.set(w, n)
	})
}

// Rotate gives an address a new secret. For BothFor messages are signed with the one
// of before, too; one that was still there from an earlier change ends now. Right:
// webhook.manage.
func (d *Desk) Rotate(ctx context.Context, a access.Actor, id string) (NewWebhook, error) {
	x := secrets{now: newSecret(), until: d.cfg.Now().Add(BothFor)}
	w, err := d.rewrite(ctx, a, "webhook.rotate", id, "", func(w *store.Webhook) error {
		x.before = readSecrets(w.Secret).now
		w.Secret = x.text()
		return nil
	})
	return NewWebhook{w, x.now}, err
}

// rewrite changes an address in one transaction with its entry in the audit.
func (d *Desk) rewrite(ctx context.Context, a access.Actor, action, id, why string, change func(*store.Webhook) error) (v Webhook, err error) {
	if err := d.may(a, access.WebhookManage); err != nil {
		return Webhook{}, err
	}
	err = store.Change(ctx, d.cfg.Store, d.deed(a, action, idOf(id), why), func(r store.Records) error {
		w, err := r.Webhooks.Get(ctx, a.Tenant, idOf(id))
		if err != nil {
			return err
		}
		w.Secret = readSecrets(w.Secret).at(d.cfg.Now()).text()
		if err := change(&w); err != nil {
			return err
		}
		if err := r.Webhooks.Change(ctx, w); err != nil {
			return err
		}
		if w, err = r.Webhooks.Get(ctx, a.Tenant, w.ID); err != nil {
			return err
		}
		_, n, err := r.Webhooks.Dead(ctx, a.Tenant, w.ID, 0, 1)
		v = d.view(&w, n)
		return err
	})
	if err == nil {
		d.soon()
	}
	return v, err
}
