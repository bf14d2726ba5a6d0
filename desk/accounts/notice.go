package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/locale"
)

// Notice is what the shop is asked to tell the owner of an account, by another
// way than the account itself.
type Notice struct {
	Title string `json:"title" doc:"The question."`
	Text  string `json:"text" doc:"The order with amount and times (UTC), and what to do. It holds no link."`
}

// alertOwner is the shop's action by which the owner is told.
const alertOwner = "alert_owner"

// notice is what the owner is told of an event that a shop sent now; nil where
// nobody asks for it. The names are the shop's own, from the event as it was sent.
func (d *Desk) notice(ctx context.Context, l *lane, sent, sealed *event.Event, do []Errand, lang string) *Notice {
	if !slices.ContainsFunc(do, func(o Errand) bool { return o.Do == alertOwner }) {
		return nil
	}
	texts := d.notices[lang]
	if texts == nil {
		texts = d.notices["en"]
	}
	fill := []string{"{time}", locale.Moment(lang, sent.Time), "{order}", order(sent)}
	text := texts["other"]
	if sent.Type == event.OrderPlaced {
		text = texts["placed"]
		fill = append(fill, "{amount}", policy.Money(sent.Order.Amount, sent.Order.Currency, lang))
	} else if placed := l.placed(ctx, sealed); placed != nil && sent.Type == event.OrderHidden {
		text = texts["hidden"]
		fill = append(fill, "{placed}", locale.Moment(lang, placed.Time), "{amount}", policy.Money(placed.Order.Amount, placed.Order.Currency, lang))
	}
	return &Notice{Title: texts["title"], Text: strings.NewReplacer(fill...).Replace(text)}
}

// placedAtOnce is how many events of an account are read at once, to find an order.
const placedAtOnce = 20

// placed finds the event by which an event's order was placed, among the newest
// of the account; nil if it is not there, or takes too long.
func (l *lane) placed(ctx context.Context, e *event.Event) *event.Event {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	places, _ := l.trail.Of(e.Context.Account)
	for end := len(places); end > 0; end = max(end-placedAtOnce, 0) {
		list, err := l.read(ctx, places[max(end-placedAtOnce, 0):end])
		if err != nil {
			return nil
		}
		for j := range slices.Backward(list) {
			if list[j].Type == event.OrderPlaced && list[j].Order.ID == order(e) {
				return &list[j]
			}
		}
	}
	return nil
}
