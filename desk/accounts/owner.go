package accounts

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/guard"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// Owners is the page of an account's owner: what happened in their account, hidden
// orders included, and what they say to it. A token that the shop signed opens it
// (access.OwnerKeys), once and for a short while; there is no log-in. It shows one
// account and nothing else, and an owner's word raises the account's risk and never
// lowers it. It is safe for concurrent use.
type Owners struct {
	d    *Desk
	keys *access.OwnerKeys
}

// NewOwners returns the owners' page of a desk, with the keys by which shops sign.
func NewOwners(d *Desk, keys *access.OwnerKeys) (*Owners, error) {
	if d == nil || keys.Len() == 0 {
		return nil, fault.New(fault.Invalid, "owner keys", "the page of owners needs a desk and at least one key")
	}
	return &Owners{d, keys}, nil
}

// The kinds of tickets: a visit, and a token that was used.
const (
	kindOwner = "owner"
	kindUsed  = "owner-used"
)

// OwnerVisit is how long a visit lasts; it is not prolonged.
const OwnerVisit = 30 * time.Minute

// maxOwnerAnswers is how often one visit may say something.
const maxOwnerAnswers = 200

// ErrOwnerVisit means that there is no such visit, or that it is over.
var ErrOwnerVisit = fault.New(fault.Forbidden, "visit", "this visit is over: open the page again from your account at the shop")

// OwnerEntry is what the browser or program gets for a token.
type OwnerEntry struct {
	Visit string    `json:"visit" doc:"Word of the visit: send it as Authorization: Bearer."`
	Until time.Time `json:"until" doc:"When the visit ends."`
	Lang  string    `json:"lang,omitempty" doc:"Language, as the shop said."`
}

// visitData is what a visit needs. It stands in the records sealed with a key that
// only the visit's word gives: who reads them learns neither account nor orders.
type visitData struct {
	Account  string            `json:"account"` // as in the log
	Orders   map[string]string `json:"orders"`  // the shop's numbers by what the log has
	Lang     string            `json:"lang"`
	Brand    string            `json:"brand"`
	Zone     string            `json:"zone"`
	Second   *bool             `json:"second"`
	Cards    *int              `json:"cards"`
	Sessions *int              `json:"sessions"`
	Devices  *int              `json:"devices"`

	tenant access.Tenant
	until  time.Time
	word   store.Hash
}

// Enter takes a token and begins a visit; from says where the request came from, as
// audit entries have it. A token that was used is refused like any other that is not
// good (access.ErrOwnerToken): of two that bring it at once, one gets in.
func (o *Owners) Enter(ctx context.Context, token, from string) (OwnerEntry, error) {
	now := o.d.cfg.Now()
	who, why, err := o.keys.Check(token, now)
	if err != nil {
		o.refused(why)
		return OwnerEntry{}, err
	}
	data, err := o.data(&who)
	if err != nil {
		return OwnerEntry{}, err
	}
	word := base64.RawURLEncoding.EncodeToString(random(32))
	sealed, err := sealVisit(word, data)
	if err != nil {
		return OwnerEntry{}, err
	}
	out := OwnerEntry{Visit: word, Until: now.Add(OwnerVisit), Lang: who.Lang}
	deed := store.Deed{Tenant: who.Tenant, When: now, Actor: "owner", Action: "owner.enter", Object: "account:" + data.Account, Why: "signed with key " + who.Key, From: from}
	err = store.Change(ctx, o.d.cfg.Store, deed, func(r store.Records) error {
		if _, err := r.Tenants.Get(ctx, who.Tenant); err != nil {
			return err
		}
		used := sha256.Sum256([]byte(who.Key + "\x00" + who.Serial))
		if err := r.Tickets.Add(ctx, store.Ticket{Kind: kindUsed, Word: used, Tenant: who.Tenant, Created: now, Expires: who.Expires.Add(time.Minute)}); err != nil {
			return err
		}
		return r.Tickets.Add(ctx, store.Ticket{Kind: kindOwner, Word: sha256.Sum256([]byte(word)), Tenant: who.Tenant, Data: sealed, Created: now, Expires: out.Until})
	})
	switch fault.KindOf(err) {
	case fault.Conflict, fault.NotFound:
		o.refused("was used before, or its tenant is not here")
		return OwnerEntry{}, access.ErrOwnerToken
	}
	if err != nil {
		return OwnerEntry{}, err
	}
	return out, nil
}

// refused tells the operator why a token opened nothing; it holds no value of it.
func (o *Owners) refused(why string) {
	if f := o.d.cfg.Watch.TokenRefused; f != nil {
		f()
	}
	o.d.failed("a token of an owner's page is refused", fault.New(fault.Forbidden, "", "it %s", why))
}

// data is what a visit of an owner needs, with names hashed as the log has them.
func (o *Owners) data(who *access.Owner) (*visitData, error) {
	s, err := o.d.sealer(who.Tenant)
	if err != nil {
		return nil, err
	}
	out := &visitData{Orders: map[string]string{}, Lang: who.Lang, Brand: who.Brand, Zone: who.Zone, Second: who.SecondStep, Cards: who.Cards, Sessions: who.Sessions, Devices: who.Devices}
	out.Account = s.Seal(event.Event{Context: event.Context{Account: who.Account}}).Context.Account
	for _, n := range who.Orders {
		out.Orders[s.Seal(event.Event{Order: event.Order{ID: n}}).Order.ID] = n
	}
	return out, nil
}

// visit finds the visit of a word.
func (o *Owners) visit(ctx context.Context, word string) (*visitData, error) {
	if word == "" || len(word) > 100 {
		return nil, ErrOwnerVisit
	}
	sum := store.Hash(sha256.Sum256([]byte(word)))
	var t store.Ticket
	err := o.d.cfg.Store.Read(ctx, func(r store.Records) (err error) {
		t, err = r.Tickets.Find(ctx, kindOwner, sum, o.d.cfg.Now())
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil, ErrOwnerVisit
	}
	if err != nil {
		return nil, err
	}
	v, err := openVisit(word, t.Data)
	if err != nil {
		return nil, ErrOwnerVisit
	}
	v.tenant, v.until, v.word = t.Tenant, t.Expires, sum
	return v, nil
}

// Leave ends a visit; one that is over already is no mistake.
func (o *Owners) Leave(ctx context.Context, word string) error {
	err := o.d.cfg.Store.Write(ctx, func(r store.Records) error {
		_, err := r.Tickets.Take(ctx, kindOwner, sha256.Sum256([]byte(word)), o.d.cfg.Now())
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// visitKey is the key of what belongs to a visit: from its word, which only the
// visitor has.
func visitKey(word string) (cipher.AEAD, error) {
	m := hmac.New(sha256.New, []byte(word))
	_, _ = m.Write([]byte("bonafide owner visit 1"))
	block, err := aes.NewCipher(m.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func sealVisit(word string, v *visitData) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	key, err := visitKey(word)
	if err != nil {
		return "", err
	}
	nonce := random(key.NonceSize())
	return base64.StdEncoding.EncodeToString(key.Seal(nonce, nonce, raw, nil)), nil
}

func openVisit(word, sealed string) (*visitData, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	key, err := visitKey(word)
	if err != nil {
		return nil, err
	}
	if len(raw) < key.NonceSize() {
		return nil, ErrOwnerVisit
	}
	if raw, err = key.Open(nil, raw[:key.NonceSize()], raw[key.NonceSize():], nil); err != nil {
		return nil, err
	}
	v := &visitData{}
	return v, json.Unmarshal(raw, v)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// OwnerReply is what an owner says to one thing.
type OwnerReply struct {
	// About is "" for an order, log-in, change or payment of the page, which Ref
	// names; or "alerts".
	About string `json:"about,omitempty" enum:"alerts," doc:"alerts: whether to be told of orders by another way; absent: the thing that ref names."`
	Ref   string `json:"ref,omitempty" maxLength:"64" doc:"The thing, as the page names it."`
	Said  string `json:"said" enum:"yes,no"`
}

// ownerSource is the source of events that owners cause.
const ownerSource = "bonafide/owner"

// Answer writes what the owner said into the log of events: an answer, and for an
// order that was not theirs also a label. NotFound when the page has no such thing.
func (o *Owners) Answer(ctx context.Context, word string, reply OwnerReply) error {
	v, err := o.visit(ctx, word)
	if err != nil {
		return err
	}
	if reply.Said != "yes" && reply.Said != "no" {
		return fault.New(fault.Invalid, "said", "is yes or no")
	}
	now := o.d.cfg.Now().UTC().Truncate(time.Microsecond)
	e := event.Event{Source: ownerSource, Type: event.OwnerAnswered, Time: now, Context: event.Context{Account: v.Account}, Answer: event.Answer{Said: reply.Said}}
	switch reply.About {
	case "alerts":
		e.Answer.About, e.ID = "alerts", "alerts-"+reply.Said+":"+hex.EncodeToString(random(8))
	case "":
		about, err := o.about(ctx, v, reply.Ref)
		if err != nil {
			return err
		}
		e.Answer.About, e.Answer.Event, e.Answer.Order = about.kind, reply.Ref, about.order
		e.ID = strings.Join([]string{reply.Said, reply.Ref, hex.EncodeToString(random(4)), strings.ToValidUTF8(about.event[:min(len(about.event), 400)], "")}, ":")
	default:
		return fault.New(fault.Invalid, "about", "is alerts, or absent")
	}
	list := []event.Event{e}
	if reply.Said == "no" && e.Answer.About == "order" {
		list = append(list, event.Event{ID: "label:" + reply.Ref, Source: ownerSource, Type: event.Labelled, Time: now, Context: e.Context,
			Label: event.Label{Verdict: "fraud", Kind: "owner_denied", By: "owner", Order: e.Answer.Order, KnownAt: now}})
	}
	return o.write(ctx, v, list)
}

// OwnerContact is a contact that the owner tells of.
type OwnerContact struct {
	Channel string `json:"channel" enum:"call,sms,mail,chat,letter,web" doc:"How it came."`
	Kind    string `json:"kind,omitempty" enum:"impostor,mail_flood,other" doc:"mail_flood: hundreds of mails that bury the notices."`
	// Knew: they knew what was ordered. Ref names the order, where that is known.
	Knew bool   `json:"knew,omitempty" doc:"They knew what was ordered: a sign of a leak, never of honesty."`
	Ref  string `json:"ref,omitempty" maxLength:"64" doc:"The order that they knew, as the page names it."`
}

// Report writes a contact that the owner tells of into the log of events: it raises
// the account's risk for a while, and right details lower nothing.
func (o *Owners) Report(ctx context.Context, word string, c OwnerContact) error {
	v, err := o.visit(ctx, word)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"call", "sms", "mail", "chat", "letter", "web"}, c.Channel) {
		return fault.New(fault.Invalid, "channel", "is call, sms, mail, chat, letter or web")
	}
	if c.Kind == "" {
		c.Kind = "impostor"
	}
	if !slices.Contains([]string{"impostor", "mail_flood", "other"}, c.Kind) {
		return fault.New(fault.Invalid, "kind", "is impostor, mail_flood or other")
	}
	now := o.d.cfg.Now().UTC().Truncate(time.Microsecond)
	e := event.Event{ID: "contact:" + hex.EncodeToString(random(8)), Source: ownerSource, Type: event.ContactReported, Time: now, Context: event.Context{Account: v.Account},
		Contact: event.Contact{Channel: c.Channel, Kind: c.Kind, Verdict: "suspicious", Knew: c.Knew, By: "owner"}}
	if c.Ref != "" {
		about, err := o.about(ctx, v, c.Ref)
		if err != nil {
			return err
		}
		if about.kind != "order" {
			return fault.New(fault.Invalid, "ref", "names no order")
		}
		e.Contact.Order = about.order
	}
	return o.write(ctx, v, []event.Event{e})
}

// write brings events, whose identifiers are hashed already, to the log and waits
// until they are decided.
func (o *Owners) write(ctx context.Context, v *visitData, list []event.Event) error {
	var n int64
	if err := o.d.cfg.Store.Write(ctx, func(r store.Records) (err error) {
		n, err = r.Tickets.Try(ctx, kindOwner, v.word)
		return err
	}); err != nil {
		return err
	}
	if n > maxOwnerAnswers {
		return fault.New(fault.TooLarge, "", "this visit said more than is taken: open the page again from your account at the shop")
	}
	l, err := o.d.lane(ctx, v.tenant)
	if err != nil {
		return err
	}
	c := &call{events: list, entries: make([]eventlog.Event, len(list)), received: o.d.cfg.Now(), decide: true, done: make(chan struct{})}
	for i := range list {
		c.entries[i] = past.Entry(&list[i], "", c.received) // nothing in it was written freely
		c.entries[i].Tenant = v.tenant
	}
	if err := l.enqueue(c); err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fault.New(fault.Temporary, "", "the answer took too long: look at the page again, and say it once more if it does not stand there")
	}
}

// asked is a thing of the page that an owner speaks of.
type asked struct{ kind, order, event string }

// about finds a thing of the page.
func (o *Owners) about(ctx context.Context, v *visitData, ref string) (asked, error) {
	l, err := o.d.lane(ctx, v.tenant)
	if err != nil {
		return asked{}, err
	}
	places, _ := l.trail.Of(v.Account)
	events, err := l.readShown(ctx, v.Account, places)
	if err != nil {
		return asked{}, err
	}
	for i := range events {
		if kind := ownerKind(&events[i]); kind != "" && idText(guard.IDOf(&events[i])) == ref {
			return asked{kind, order(&events[i]), events[i].ID}, nil
		}
	}
	return asked{}, fault.New(fault.NotFound, "ref", "is nothing of this page: look at the page again")
}

// ownerKind is what an owner is asked about an event; empty: nothing.
func ownerKind(e *event.Event) string {
	switch e.Type {
	case event.OrderPlaced:
		return "order"
	case event.LoginTried:
		if e.Login.Success {
			return "login"
		}
	case event.SessionStarted:
		return "login"
	case event.PaymentResult:
		if e.Payment.Result == "pending" {
			return "payment"
		}
	case event.CredentialChange, event.IdentifierChange, event.RecoveryUsed, event.RecoveryChanged, event.AddressAdded, event.PayeeAdded, event.CardAdded:
		return "change"
	}
	return ""
}
