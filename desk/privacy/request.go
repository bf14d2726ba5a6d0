package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

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
	if err := d.ready(ctx); err != nil {
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

func (d *Desk) ready(ctx context.Context) error {
	for _, h := range d.cfg.Holders {
		if err := h.Ready(ctx); err != nil {
			return err
		}
	}
	return nil
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
		err = d.ready(ctx)
	}
	if err != nil {
		return Copy{}, err
	}
	var out Copy
	return out, d.cfg.Store.Write(ctx, func(r store.Records) error {
		found, err := d.find(ctx, r, a.Tenant, q)
		if err != nil {
			return err
		}
		chosen, left, err := found.picked(picks)
		if err != nil {
			return err
		}
		var body Body
		for _, x := range chosen {
			data, err := d.holder(x.Kind).Copy(ctx, r, a.Tenant, x.ID)
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
// to stay and why. What a hold keeps stays, and the rest goes.
func (d *Desk) Erase(ctx context.Context, a access.Actor, q Ask, picks []Pick) (Certificate, error) {
	why, err := a.Because(access.PrivacyErase, all(a), q.Reason, d.cfg.Now())
	if err == nil {
		q, err = q.clean()
	}
	if err == nil {
		err = d.ready(ctx)
	}
	if err != nil {
		return Certificate{}, err
	}
	if slices.ContainsFunc(picks, func(p Pick) bool { return p.Kind == "person" }) {
		if err := a.May(access.PeopleChange, all(a), d.cfg.Now()); err != nil {
			return Certificate{}, err
		}
	}
	var out Certificate
	return out, d.cfg.Store.Write(ctx, func(r store.Records) error {
		found, err := d.find(ctx, r, a.Tenant, q)
		if err != nil {
			return err
		}
		chosen, left, err := found.picked(picks)
		if err != nil {
			return err
		}
		var body Body
		for _, x := range chosen {
			if err := d.erase(ctx, r, a, x, &body); err != nil {
				return err
			}
		}
		if len(left) > 0 {
			body.Kept = request.Add(body.Kept, request.Part{Code: "not_chosen", Count: int64(len(left))})
		}
		body.Kept = request.Add(body.Kept, request.Part{Code: "backups"}, request.Part{Code: "exports"}, request.Part{Code: "certificate"})
		out, err = d.certify(ctx, r, a, act{"erasure", q, why, found.Subject, body})
		return err
	})
}

// erase erases one record with its audit entry, or says why it stays.
func (d *Desk) erase(ctx context.Context, r store.Records, a access.Actor, x request.Found, body *Body) error {
	deed := d.deed(a, x.Kind+".erase", x.Kind+":"+x.ID, "request of the person")
	parts, err := d.holder(x.Kind).Erase(ctx, r, a.Tenant, x.ID, request.Erasing{When: deed.When})
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

// Removed is what went, or was given, of one kind.
type Removed struct {
	Kind    string         `json:"kind"`
	Records int64          `json:"records"`
	Parts   []request.Part `json:"parts,omitempty"`
}

// Body is what a certificate says was done.
type Body struct {
	Given   []Removed      `json:"given,omitempty"`
	Removed []Removed      `json:"removed,omitempty"`
	Kept    []request.Part `json:"kept,omitempty"`
}

func (b *Body) removed(kind string, parts []request.Part) { b.Removed = count(b.Removed, kind, parts) }

func (b *Body) given(kind string) { b.Given = count(b.Given, kind, nil) }

func count(list []Removed, kind string, parts []request.Part) []Removed {
	i := slices.IndexFunc(list, func(r Removed) bool { return r.Kind == kind })
	if i < 0 {
		list, i = append(list, Removed{Kind: kind}), len(list)
	}
	list[i].Records++
	list[i].Parts = request.Add(list[i].Parts, parts...)
	return list
}

// Certificate says what was done when a person asked. It holds no value of
// theirs: Subject is a keyed hash of the identifier that they gave.
type Certificate struct {
	ID      string      `json:"id"`
	Kind    string      `json:"kind"`
	Made    time.Time   `json:"made_at"`
	By      store.Actor `json:"by"`
	Asker   string      `json:"asked_by"`
	Reason  string      `json:"reason,omitempty"`
	Subject string      `json:"subject"`
	Entry   int64       `json:"entry"`
	Hash    string      `json:"hash"`
	Body
}

// act is what is certified.
type act struct {
	kind    string
	ask     Ask
	why     access.Reason
	subject store.Hash
	body    Body
}

// certify appends the audit entry of an act and keeps its certificate.
func (d *Desk) certify(ctx context.Context, r store.Records, a access.Actor, x act) (Certificate, error) {
	id, err := d.id()
	if err != nil {
		return Certificate{}, err
	}
	action := map[string]string{"copy": "privacy.copy", "erasure": "privacy.erase"}[x.kind]
	entry, err := r.Audit.Append(ctx, d.deed(a, action, "certificate:"+id, x.why))
	if err != nil {
		return Certificate{}, err
	}
	raw, err := json.Marshal(x.body)
	if err != nil {
		return Certificate{}, err
	}
	c := store.Certificate{Tenant: a.Tenant, ID: id, Kind: x.kind, Made: entry.When, By: entry.Actor, Asker: x.ask.Asker, Subject: x.subject, Body: string(raw),
		Entry: entry.Sequence, Hash: entry.Hash}
	if err := r.Certificates.Add(ctx, c); err != nil {
		return Certificate{}, err
	}
	out := shown(c)
	out.Reason = string(x.why)
	return out, nil
}

// shown is a certificate as it is given out.
func shown(c store.Certificate) Certificate {
	out := Certificate{ID: c.ID, Kind: c.Kind, Made: c.Made, By: c.By, Asker: c.Asker, Subject: c.Subject.String(), Entry: c.Entry, Hash: c.Hash.String()}
	_ = json.Unmarshal([]byte(c.Body), &out.Body) // what cannot be read is not shown
	return out
}

// Certificates lists the tenant's certificates, newest first.
func (d *Desk) Certificates(ctx context.Context, a access.Actor, p store.Page) (out []Certificate, next store.Key, err error) {
	if err := a.May(access.PrivacyRead, all(a), d.cfg.Now()); err != nil {
		return nil, next, err
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		list, on, err := r.Certificates.List(ctx, a.Tenant, p)
		for _, c := range list {
			out = append(out, shown(c))
		}
		next = on
		return err
	})
	return out, next, err
}

// Certificate returns one certificate, with the reason that its audit entry
// keeps.
func (d *Desk) Certificate(ctx context.Context, a access.Actor, id string) (out Certificate, err error) {
	if err := a.May(access.PrivacyRead, all(a), d.cfg.Now()); err != nil {
		return out, err
	}
	err = d.cfg.Store.Read(ctx, func(r store.Records) error {
		c, err := r.Certificates.Get(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		out = shown(c)
		list, _, err := r.Audit.List(ctx, a.Tenant, store.AuditFilter{Object: "certificate:" + id}, 0, 1)
		if len(list) > 0 {
			out.Reason = list[0].Why
		}
		return err
	})
	return out, err
}
