package reports

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/contact/term"
	"bonafide/contact/verdict"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/store"
)

// Checked is a contact and what the check said of it.
type Checked struct {
	Channel contact.Channel
	// Lang is the language of the contact; "": Draft finds it.
	Lang        string
	Country     string
	Text        string
	Outcome     verdict.Outcome
	Probability float64
	Codes       []evidence.Code
	Fingerprint string
	// Orders are the order numbers that the check found.
	Orders []string
}

// Shown is a contact and its check as doors have them.
type Shown struct {
	Channel, Country string
	// From and Number are the sender as it was shown; either may be empty.
	From, Number string
	// Parts are the texts of the contact in their order.
	Parts       []string
	Outcome     string
	Probability float64
	Codes       []evidence.Code
	Fingerprint string
	// Orders are the order numbers that the check found.
	Orders []string
}

// CheckedOf puts what a door has together: the sender, then the texts.
func CheckedOf(s Shown) Checked {
	var text []string
	for _, line := range append([]string{s.From, s.Number}, s.Parts...) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(text, line) {
			text = append(text, line)
		}
	}
	return Checked{Channel: contact.Channel(s.Channel), Country: s.Country, Text: strings.Join(text, "\n"), Outcome: verdict.Outcome(s.Outcome),
		Probability: s.Probability, Codes: s.Codes, Fingerprint: s.Fingerprint, Orders: s.Orders[:min(len(s.Orders), store.MaxCoupled)]}
}

// Bounds of what is sent.
const (
	// MaxText is how much of a contact's text a report keeps, in bytes; what is
	// longer is cut.
	MaxText = 64 << 10
	// MaxDraft is the longest draft in bytes.
	MaxDraft = 256 << 10
)

// draft is what Draft seals: all of a report but the agreement.
type draft struct {
	Nonce   string  `json:"n"`
	Until   int64   `json:"u"`
	Tenant  string  `json:"t"`
	Checked Checked `json:"c"`
}

// Draft seals a checked contact, so that the person's own browser can hold it
// until they agree: nothing is kept before. Only this desk can have made it, so
// nobody can send a verdict that no check gave. It returns the draft with the
// text to agree to. NotConfigured where reports cannot be sent.
func (d *Desk) Draft(ctx context.Context, c Checked, lang string) (string, Consent, error) {
	home, err := d.receiver(ctx)
	if err != nil {
		return "", Consent{}, err
	}
	c.Text = clean(c.Text)
	if c.Text == "" {
		return "", Consent{}, fault.New(fault.Invalid, "text", "is missing: there is nothing to report")
	}
	if c.Lang == "" {
		c.Lang = d.terms.Language(c.Text)
	}
	raw := make([]byte, 16)
	if _, err := io.ReadFull(d.cfg.Random, raw); err != nil {
		return "", Consent{}, fmt.Errorf("reports: draw a number: %w", err)
	}
	body, err := json.Marshal(draft{Nonce: hex.EncodeToString(raw), Until: d.cfg.Now().Add(d.lim.DraftFor).Unix(), Tenant: string(home.ID), Checked: c})
	if err != nil {
		return "", Consent{}, fmt.Errorf("reports: seal a draft: %w", err)
	}
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.DefaultCompression) // the level is one of its own
	_, _ = z.Write(body)                                  // a buffer takes all
	_ = z.Close()
	sum := d.mac("draft", b.String())
	return base64.RawURLEncoding.EncodeToString(append(sum[:], b.Bytes()...)), d.consent.in(lang, home.Name), nil
}

// Consent is the text to agree to. NotConfigured where reports cannot be sent.
func (d *Desk) Consent(ctx context.Context, lang string) (Consent, error) {
	home, err := d.receiver(ctx)
	if err != nil {
		return Consent{}, err
	}
	return d.consent.in(lang, home.Name), nil
}

// clean is a text as it may be kept: valid, without NUL, of bounded length.
func clean(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
	if len(s) <= MaxText {
		return s
	}
	n := MaxText - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// open reads a draft that this desk sealed.
func (d *Desk) open(sealed string) (draft, error) {
	var out draft
	bad := fault.New(fault.Invalid, "draft", "is not one of this server, or too old: check the contact again, then report it")
	if len(sealed) > MaxDraft {
		return out, fault.New(fault.TooLarge, "draft", "has %d bytes: at most %d are read", len(sealed), MaxDraft)
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) <= len(store.Hash{}) {
		return out, bad
	}
	sum := d.mac("draft", string(raw[len(store.Hash{}):]))
	if !hmac.Equal(sum[:], raw[:len(sum)]) {
		return out, bad
	}
	// What is read now, this desk wrote itself: it is bounded.
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw[len(sum):])), 8*MaxText))
	if err != nil || json.Unmarshal(body, &out) != nil || d.cfg.Now().Unix() > out.Until {
		return draft{}, bad
	}
	return out, nil
}

// Wish is what a person sends who wants to report.
type Wish struct {
	Draft string
	// Consent is the version of the text that the person read, Agreed that they
	// agreed to it.
	Consent string
	Agreed  bool
}

// From is where a report comes from.
type From struct {
	// Door is web or api.
	Door string
	// Network is the sender's, to count by; it is not kept with the report.
	Network string
}

// Receipt is what the person gets.
type Receipt struct {
	// ID is the reference number.
	ID store.ReportID `json:"id" doc:"Reference number; name it to have the report erased."`
	// Erased is the day on which the report is erased at the latest.
	Erased time.Time `json:"erased_at" doc:"When the report is erased at the latest."`
	// Again: it had been sent before, and is kept once.
	Again bool `json:"again,omitempty" doc:"It had been sent before and is kept once."`
}

// Send keeps a report. The same draft sent again gives the same receipt and
// keeps nothing more. Invalid when the person did not agree to the present text
// or the draft is none, Conflict when its report was erased since, Temporary when
// too many were sent.
func (d *Desk) Send(ctx context.Context, w Wish, from From) (Receipt, error) {
	if !w.Agreed || w.Consent != d.consent.file.Version {
		return Receipt{}, fault.New(fault.Invalid, "consent", "is missing, or its text has changed since: read it and agree, or nothing is kept")
	}
	in, err := d.open(w.Draft)
	if err != nil {
		return Receipt{}, err
	}
	home, err := d.receiver(ctx)
	if err != nil {
		return Receipt{}, err
	}
	if in.Tenant != string(home.ID) {
		return Receipt{}, fault.New(fault.Invalid, "draft", "was made for another receiver: check the contact again, then report it")
	}
	now, c := d.cfg.Now(), in.Checked
	x := store.Report{Tenant: home.ID, ID: store.ReportID(in.Nonce), Created: now, Channel: c.Channel, Lang: c.Lang, Country: c.Country, Text: c.Text,
		Outcome: c.Outcome, Probability: c.Probability, Codes: c.Codes[:min(len(c.Codes), store.MaxReportCodes)], Fingerprint: c.Fingerprint,
		Consent: w.Consent, Status: store.ReportNew, RetainUntil: now.AddDate(0, 0, d.consent.days)}
	terms := d.termsOf(x)
	out := Receipt{ID: x.ID, Erased: x.RetainUntil}
	err = d.cfg.Store.Write(ctx, func(r store.Records) error {
		switch old, err := r.Reports.Get(ctx, x.Tenant, x.ID); {
		case err == nil:
			out.Again, out.Erased = true, old.RetainUntil
			return nil
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		if was, err := r.Erasures.Has(ctx, x.Tenant, Kind, store.Buried(x.Tenant, Kind, string(x.ID))); err != nil {
			return err
		} else if was {
			return fault.New(fault.Conflict, "draft", "was sent before, and its report was erased since: check the contact again to report it anew")
		}
		if err := d.count(ctx, r, x, from); err != nil {
			return err
		}
		if err := r.Reports.Add(ctx, x); err != nil {
			return err
		}
		if err := r.Search.Put(ctx, x.Tenant, x.ID, terms, term.Version); err != nil {
			return err
		}
		if d.cfg.Guard != nil {
			if err := d.cfg.Guard.Sent(ctx, r, x, c.Orders); err != nil {
				return err
			}
		}
		_, err := r.Audit.Append(ctx, store.Deed{Tenant: x.Tenant, When: now, Actor: "system report button", Action: "report.add", Object: "report:" + string(x.ID), From: from.Door})
		return err
	})
	return out, err
}

// count counts a report that a stranger sends. Where there are too many the
// transaction ends and so does not count: the window, once full, opens again.
func (d *Desk) count(ctx context.Context, r store.Records, x store.Report, from From) error {
	for _, c := range []struct {
		key   store.Hash
		limit int64
	}{{d.mac("network", string(x.Tenant), from.Network), d.lim.PerNetwork}, {d.mac("tenant", string(x.Tenant)), d.lim.PerTenant}} {
		n, err := r.Attempts.Note(ctx, c.key, 1, x.Created, d.lim.Window)
		if err != nil {
			return err
		}
		if n > c.limit {
			return fault.New(fault.Temporary, "report", "cannot be taken now, there were too many: try again in an hour; your check is not affected")
		}
	}
	return nil
}

// termsOf are what a report is found by.
func (d *Desk) termsOf(x store.Report) []store.Term {
	var out []store.Term
	for _, s := range d.terms.Of(x.Text, x.Country) {
		if out = append(out, store.NewTerm(x.Tenant, s)); len(out) == store.MaxTerms {
			break
		}
	}
	return slices.Clip(out)
}
