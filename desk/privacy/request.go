package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/fault"
	"bonafide/store"
)

// Who asks.
const (
	ByPerson    = "person"
	ByAgent     = "agent"
	ByAuthority = "authority"
)

// Askers lists who may ask.
func Askers() []string { return []string{ByPerson, ByAgent, ByAuthority} }

// maxIdentifier is the longest identifier in bytes.
const maxIdentifier = 254

// Ask is a person's request as somebody takes it in.
type Ask struct {
	request.Subject
	// Asker is one of Askers.
	Asker string
	// Reason is why, such as the number of the letter; no personal data.
	Reason string
}

// Pick names a record that was found.
type Pick struct{ Kind, ID string }

// Finding is where a person was found.
type Finding struct {
	// Subject is the mark by which certificates name the person.
	Subject store.Hash
	Found   []request.Found
}

// Find looks for a person in all records and notes in the audit that somebody
// did, with the mark of the person.
func (d *Desk) Find(ctx context.Context, a access.Actor, q Ask) (Finding, error) {
	why, err := a.Because(access.PrivacyFind, all(a), q.Reason, d.cfg.Now())
	if err != nil {
		return Finding{}, err
	}
	if q, err = q.clean(); err != nil {
		return Finding{}, err
	}
	var out Finding
	deed := d.deed(a, "privacy.find", d.object(a.Tenant, q), why)
	if q, err = d.ready(ctx, a.Tenant, q); err != nil {
		return out, err
	}
	err = store.Change(ctx, d.cfg.Store, deed, func(r store.Records) error {
		out, err = d.find(ctx, r, a.Tenant, q)
		return err
	})
	return out, err
}

func (q Ask) clean() (Ask, error) {
	q.Identifier, q.Country = strings.TrimSpace(q.Identifier), strings.ToUpper(strings.TrimSpace(q.Country))
	switch {
	case q.Identifier == "" || len(q.Identifier) > maxIdentifier || store.CheckText("identifier", q.Identifier, maxIdentifier) != nil:
		return q, fault.New(fault.Invalid, "identifier", "is missing or no text of at most %d bytes: write a mail address, a number, or a name", maxIdentifier)
	case len(q.Country) != 0 && len(q.Country) != 2:
		return q, fault.New(fault.Invalid, "country", "is none: want two letters, such as DE")
	case !slices.Contains(Askers(), q.Asker):
		return q, fault.New(fault.Invalid, "asker", "is none: want one of %s", strings.Join(Askers(), ", "))
	}
	return q, nil
}

// object is how an audit entry names the person: by the mark.
func (d *Desk) object(t access.Tenant, q Ask) string {
	return "subject:" + d.marks(t, q.Subject)[0].String()
}

// ready has all holders ready, and looks where none may look within a transaction.
func (d *Desk) ready(ctx context.Context, t access.Tenant, q Ask) (Ask, error) {
	for _, h := range d.cfg.Holders {
		if err := h.Ready(ctx); err != nil {
			return q, err
		}
	}
	for _, l := range d.lookers() {
		var err error
		if q.Subject, err = l.Look(ctx, t, q.Subject); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (d *Desk) find(ctx context.Context, r store.Records, t access.Tenant, q Ask) (Finding, error) {
	out := Finding{Subject: d.marks(t, q.Subject)[0]}
	for _, h := range d.cfg.Holders {
		list, err := h.Find(ctx, r, t, q.Subject)
		if err != nil {
			return out, err
		}
		out.Found = append(out.Found, list...)
	}
	slices.SortStableFunc(out.Found, func(a, b request.Found) int {
		switch {
		case a.Certain != b.Certain && a.Certain:
			return -1
		case a.Certain != b.Certain:
			return 1
		}
		return b.Created.Compare(a.Created)
	})
	return out, nil
}

// picked are those of what was found that somebody chose; one that was not found
// is refused, so that a request reaches the records of its person only.
func (f Finding) picked(picks []Pick) (chosen, left []request.Found, err error) {
	for _, x := range f.Found {
		if slices.Contains(picks, Pick{x.Kind, x.ID}) {
			chosen = append(chosen, x)
		} else {
			left = append(left, x)
		}
	}
	if len(chosen) == 0 || len(chosen) < len(picks) {
		return nil, nil, fault.New(fault.Invalid, "records", "are not chosen, or not all of them were found: find the person again and choose among the list")
	}
	return chosen, left, nil
}

// chosen finds a person and takes what somebody chose of what was found.
func (d *Desk) chosen(ctx context.Context, r store.Records, t access.Tenant, q Ask, picks []Pick) (found Finding, chosen, left []request.Found, err error) {
	if found, err = d.find(ctx, r, t, q); err == nil {
		chosen, left, err = found.picked(picks)
	}
	return found, chosen, left, err
}

// read has holders read what of the records that were chosen stands elsewhere,
// where none may look within a transaction.
func (d *Desk) read(ctx context.Context, t access.Tenant, q Ask, picks []Pick) (map[Pick]any, error) {
	out := map[Pick]any{}
	for _, h := range d.cfg.Holders {
		outside, ok := h.(Reader)
		if !ok {
			continue
		}
		var ids []string
		for _, p := range picks {
			if p.Kind == h.Kind() {
				ids = append(ids, p.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		got, err := outside.Read(ctx, t, q.Subject, ids)
		if err != nil {
			return nil, err
		}
		for id, what := range got {
			out[Pick{h.Kind(), id}] = what
		}
	}
	return out, nil
}

// Copy is all that is kept of a person (GDPR Art. 15(3), APPI Art. 33), with
// what has to be told about it.
type Copy struct {
	Certificate Certificate `json:"certificate"`
	Tenant      string      `json:"tenant"`
	// Kinds say of each kind what it is, how long it is kept and on what basis.
	Kinds   []CopiedKind   `json:"kinds"`
	Records []CopiedRecord `json:"records"`
}

// CopiedKind is what has to be told of a kind of record (GDPR Art. 15(1)).
type CopiedKind struct {
	Kind  string `json:"kind"`
	What  string `json:"what"`
	Days  int    `json:"days,omitempty"`
	From  string `json:"from,omitempty"`
	Basis string `json:"basis"`
}

// CopiedRecord is one record of the person.
type CopiedRecord struct {
	Kind string          `json:"kind"`
	ID   string          `json:"id"`
	Data json.RawMessage `json:"data"`
}

// Copy gives out what was found and chosen, in the clear, and certifies it.
func (d *Desk) Copy(ctx context.Context, a access.Actor, q Ask, picks []Pick) (Copy, error) {
	why, err := a.Because(access.PrivacyCopy, all(a), q.Reason, d.cfg.Now())
	if err == nil {
		q, err = q.clean()
	}
	if err == nil {
		q, err = d.ready(ctx, a.Tenant, q)
	}
	if err != nil {
		return Copy{}, err
	}
	outside, err := d.read(ctx, a.Tenant, q, picks)
	if err != nil {
		return Copy{}, err
	}
	var out Copy
	return out, d.cfg.Store.Write(ctx, func(r store.Records) error {
		found, chosen, left, err := d.chosen(ctx, r, a.Tenant, q, picks)
		if err != nil {
			return err
		}
		var body Body
		for _, x := range chosen {
			x.Outside = outside[Pick{x.Kind, x.ID}]
			data, err := d.holder(x.Kind).Copy(ctx, r, a.Tenant, x)
			if err != nil {
				return err
			}
			raw, err := json.Marshal(data)
			if err != nil {
				return err
			}
			out.Records = append(out.Records, CopiedRecord{x.Kind, x.ID, raw})
			body.given(x.Kind)
		}
		for _, k := range body.Given {
			kind := d.table.Kind(k.Kind)
			out.Kinds = append(out.Kinds, CopiedKind{kind.Name, kind.What, kind.Days, kind.From, kind.Basis})
		}
		if len(left) > 0 {
			body.Kept = request.Add(body.Kept, request.Part{Code: "not_chosen", Count: int64(len(left))})
		}
		if t, err := r.Tenants.Get(ctx, a.Tenant); err == nil {
			out.Tenant = t.Name
		}
		out.Certificate, err = d.certify(ctx, r, a, act{"copy", q, why, found.Subject, body})
		return err
	})
}

// Erase erases what was found and chosen, and certifies what went and what had
// to stay and why. What a hold keeps stays, and the rest goes. It is done whole or
// not at all; done again it erases what is left.
func (d *Desk) Erase(ctx context.Context, a access.Actor, q Ask, picks []Pick) (Certificate, error) {
	var out Certificate
	var after []func()
	err := d.erasure(ctx, a, q, picks, func(r store.Records, x act, then []func()) (err error) {
		after = then
		out, err = d.certify(ctx, r, a, x)
		return err
	})
	if err == nil {
		for _, f := range after {
			f()
		}
	}
	return out, err
}

// errForeseen ends the transaction of an erasure that is only foreseen.
var errForeseen = errors.New("privacy: what is foreseen is not done")

// Foresee tells what Erase would remove and what would stay, and why: it does the
// same and keeps nothing of it.
func (d *Desk) Foresee(ctx context.Context, a access.Actor, q Ask, picks []Pick) (Body, error) {
	var out Body
	err := d.erasure(ctx, a, q, picks, func(_ store.Records, x act, _ []func()) error {
		out = x.body
		return errForeseen
	})
	if errors.Is(err, errForeseen) {
		err = nil
	}
	return out, err
}

// erasure erases within a transaction, which finish ends.
func (d *Desk) erasure(ctx context.Context, a access.Actor, q Ask, picks []Pick, finish func(store.Records, act, []func()) error) error {
	why, err := a.Because(access.PrivacyErase, all(a), q.Reason, d.cfg.Now())
	if err == nil {
		q, err = q.clean()
	}
	if err == nil {
		q, err = d.ready(ctx, a.Tenant, q)
	}
	if err == nil && slices.ContainsFunc(picks, func(p Pick) bool { return p.Kind == "person" }) {
		err = a.May(access.PeopleChange, all(a), d.cfg.Now())
	}
	if err != nil {
		return err
	}
	return d.cfg.Store.Write(ctx, func(r store.Records) error {
		found, chosen, left, err := d.chosen(ctx, r, a.Tenant, q, picks)
		if err != nil {
			return err
		}
		var body Body
		var after []func()
		for _, x := range chosen {
			if err := d.erase(ctx, r, a, x, &body, func(f func()) { after = append(after, f) }); err != nil {
				return err
			}
		}
		if len(left) > 0 {
			body.Kept = request.Add(body.Kept, request.Part{Code: "not_chosen", Count: int64(len(left))})
		}
		body.Kept = request.Add(body.Kept, d.stays(q)...)
		body.Kept = request.Add(body.Kept, request.Part{Code: "backups"}, request.Part{Code: "exports"}, request.Part{Code: "certificate"})
		return finish(r, act{"erasure", q, why, found.Subject, body}, after)
	})
}

// stays is what no erasure can remove of a person.
func (d *Desk) stays(q Ask) (out []request.Part) {
	for _, l := range d.lookers() {
		out = append(out, l.Stays(q.Subject)...)
	}
	return out
}

// erasing is the audit entry of an erased record.
func (d *Desk) erasing(a access.Actor, x request.Found) store.Deed {
	const why = "request of the person"
	object := x.Kind + ":" + x.ID
	switch x.Kind {
	case "report":
		return d.deed(a, "report.erase", object, why)
	case "person":
		return d.deed(a, "person.erase", object, why)
	case "decision":
		return d.deed(a, "decision.erase", object, why)
	case "event":
		return d.deed(a, "event.erase", object, why)
	case "list_entry":
		return d.deed(a, "list_entry.erase", object, why)
	}
	return d.deed(a, "privacy.erase", object, why)
}

// erase erases one record with its audit entry, or says why it stays.
func (d *Desk) erase(ctx context.Context, r store.Records, a access.Actor, x request.Found, body *Body, after func(func())) error {
	deed := d.erasing(a, x)
	parts, err := d.holder(x.Kind).Erase(ctx, r, a.Tenant, x, request.Erasing{When: deed.When, After: after})
	var f *fault.Error
	if errors.As(err, &f) {
		switch {
		case f.Field == "hold":
			body.Kept = request.Add(body.Kept, request.Part{Code: "held", Count: 1})
			return nil
		case x.Kind == "person" && f.Field == "roles":
			body.Kept = request.Add(body.Kept, request.Part{Code: "last_admin", Count: 1})
			return nil
		}
	}
	if err != nil {
		return err
	}
	body.removed(x.Kind, parts)
	if _, err := r.Audit.Append(ctx, deed); err != nil {
		return err
	}
	stay, _, err := r.Audit.List(ctx, a.Tenant, store.AuditFilter{Object: deed.Object}, 0, 0)
	body.Kept = request.Add(body.Kept, request.Part{Code: "audit", Count: int64(len(stay))})
	return err
}
