package privacy

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"bonafide/access"
	"bonafide/casework/request"
	"bonafide/store"
)

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
	entry, err := r.Audit.Append(ctx, d.deed(a, "privacy."+map[string]string{"copy": "copy", "erasure": "erase"}[x.kind], "certificate:"+id, x.why))
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
