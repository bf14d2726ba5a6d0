package record

import (
	"math"
	"strconv"
	"time"

	"bonafide/contact"
	"bonafide/evidence"
)

// Question is all that the books are asked about one contact. Nil Orders and a
// nil Book mean that those books may not be or were not consulted.
type Question struct {
	Channel  contact.Channel
	At       time.Time
	Mentions Mentions
	Orders   []Order
	// AsksPayment: the contact asks to renew or correct the way of payment.
	AsksPayment bool
	// PaymentPrompt is what the person answered to "does Your Orders ask you
	// for another way of payment?"; the books outrank it.
	PaymentPrompt contact.Answer
	Claim         Claim
	Book          *Book
	// Key opens hashed receivers of the register; nil when it has none.
	Key []byte
}

// Findings asks the books and returns what they say, in the codes of
// evidence/record.yaml. It returns nil when nothing was consulted.
func (r *Records) Findings(q Question) []evidence.Finding {
	var out []evidence.Finding
	res := OutboundResult{}
	if q.Book != nil {
		res = r.Outbound(q.Claim, *q.Book, q.Key)
		out = append(out, outboundFindings(res)...)
	}
	out = append(out, r.orderFindings(q)...)
	if f, ok := r.soonAfter(q); ok && res.Found != Certain {
		out = append(out, f)
	}
	if f, ok := r.payment(q); ok {
		out = append(out, f)
	}
	return out
}

const (
	sourceOrders   = "shop_orders"
	sourceRegister = "shop_register"
	sourceUser     = "user"
)

func outboundFindings(res OutboundResult) []evidence.Finding {
	args := map[string]string{}
	if res.Found == Possible || res.Found == Certain {
		args["at"] = minute(res.Entry.At)
		args["channel"] = string(res.Entry.Channel)
	}
	var out []evidence.Finding
	add := func(code evidence.Code) {
		out = append(out, evidence.Finding{Code: code, Args: args, Source: sourceRegister, Strength: 1})
	}
	switch res.Found {
	case Certain:
		add("outbound_match")
	case Possible:
		add("outbound_possible")
	case Missing:
		add("outbound_missing")
		if res.Near {
			out[len(out)-1].Strength = 0.4
		}
	}
	switch res.Code {
	case CodeRight:
		add("spoken_code_ok")
	case CodeWrong:
		add("spoken_code_wrong")
	}
	return out
}

func (r *Records) orderFindings(q Question) []evidence.Finding {
	if q.Orders == nil {
		return nil
	}
	res := r.Match(q.Mentions, q.Orders, q.At)
	best, ok := res.Best()
	if !ok {
		return r.noMatch(q, res)
	}
	return r.matched(q, best)
}

// noMatch speaks up only when an order was named that could be looked up.
func (r *Records) noMatch(q Question, res MatchResult) []evidence.Finding {
	if q.Mentions.Empty() {
		return nil
	}
	f := evidence.Finding{
		Code: "no_matching_order", Where: q.Mentions.place(), Source: sourceOrders,
		Args: map[string]string{"checked": strconv.Itoa(res.Checked)}, Strength: 1,
	}
	if len(q.Mentions.Orders) == 0 {
		// Articles are told less surely from a text than numbers are.
		f.Strength = 0.6
	}
	return []evidence.Finding{f}
}

func (r *Records) matched(q Question, m Match) []evidence.Finding {
	o := m.Order
	args := map[string]string{"order": o.ID.Masked(), "date": day(o.PlacedAt)}
	if o.Recipient != "" {
		args["recipient"] = o.Recipient
	}
	if o.Site != "" {
		args["site"] = o.Site
	}
	say(args, "by", m.By, r.words.By, r.words.Join)
	var out []evidence.Finding
	add := func(code evidence.Code, strength float64) {
		out = append(out, evidence.Finding{Code: code, Args: args, Where: q.Mentions.place(), Source: sourceOrders, Strength: strength})
	}
	switch {
	case q.Channel == contact.Call || q.Channel == contact.Voicemail || q.Channel == contact.Chat:
		// Who speaks with you and knows your order has learned it somewhere;
		// that is how leaks are used, and no sign of the shop.
		add("order_details_right", 1)
	case m.ByNumber():
		add("order_match", 1)
	default:
		add("order_match", 0.5)
	}
	if o.Household != Own {
		say(args, "reason", []string{string(o.Household)}, r.words.Tie, r.words.Join)
		add("order_match_household", 1)
	}
	for _, c := range []struct {
		is   bool
		code evidence.Code
	}{
		{o.Archived, "order_match_archived"}, {o.Hidden, "order_match_hidden"},
		{o.Digital, "order_match_digital"}, {o.Status == StatusCancelled, "order_cancelled"},
	} {
		if c.is {
			add(c.code, 1)
		}
	}
	return out
}

// soonAfter finds the latest order within the window before the contact.
func (r *Records) soonAfter(q Question) (evidence.Finding, bool) {
	if q.At.IsZero() {
		return evidence.Finding{}, false
	}
	window := time.Duration(r.windows.SoonAfterHours * float64(time.Hour))
	var last Order
	found := false
	for _, o := range q.Orders {
		dt := q.At.Sub(o.PlacedAt)
		if o.PlacedAt.IsZero() || dt <= 0 || dt > window || (found && !o.PlacedAt.After(last.PlacedAt)) {
			continue
		}
		last, found = o, true
	}
	if !found {
		return evidence.Finding{}, false
	}
	hours := q.At.Sub(last.PlacedAt).Hours()
	args := map[string]string{
		"hours": strconv.Itoa(max(1, int(math.Round(hours)))), "order": last.ID.Masked(), "date": day(last.PlacedAt),
	}
	if last.Household != Own {
		say(args, "reason", []string{string(last.Household)}, r.words.Tie, r.words.Join)
	}
	return evidence.Finding{Code: "contact_soon_after_order", Args: args, Source: sourceOrders}, true
}

// payment compares a request for payment data with what the shop waits for.
// The books say "missing" only when they know it of every order that is young
// enough; what they leave open the person's own look into the account may fill.
func (r *Records) payment(q Question) (evidence.Finding, bool) {
	if !q.AsksPayment {
		return evidence.Finding{}, false
	}
	pending, open := false, q.Orders == nil
	for _, o := range q.Orders {
		switch {
		case o.PaymentRevisionPending == nil:
			open = open || recent(o.PlacedAt, q.At, r.windows.PaymentDays)
		case *o.PaymentRevisionPending:
			pending = true
		}
	}
	f := evidence.Finding{Code: "payment_prompt_missing", Source: sourceOrders}
	switch {
	case pending:
		f.Code = "payment_prompt_pending"
	case !open:
	case q.PaymentPrompt == contact.No:
		f.Source = sourceUser
	case q.PaymentPrompt == contact.Yes:
		f.Code, f.Source = "payment_prompt_pending", sourceUser
	default:
		return evidence.Finding{}, false
	}
	return f, true
}

func day(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.Format("2006-01-02")
}

func minute(t time.Time) string { return t.Format("2006-01-02 15:04") }
