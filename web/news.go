package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bonafide/desk/accounts"
	"bonafide/fault"
)

// Bounds of the streams that pages have open.
const (
	// newsFor is how long one lasts before the browser asks anew, with its session.
	newsFor = 10 * time.Minute
	// newsBeat is how often it says that it is there.
	newsBeat = 15 * time.Second
	// newsAtOnce is how many there are at the same time.
	newsAtOnce = 200
)

// decisionNews tells a page how many decisions were made since it was loaded, as
// server-sent events (WHATWG HTML, 9.2). It tells no decision: the page is loaded
// again for them.
func (v *visit) decisionNews() error {
	if err := v.decided(); err != nil {
		return err
	}
	from := v.r.Header.Get("Last-Event-ID")
	if from == "" {
		from = v.r.URL.Query().Get("after")
	}
	after, err := strconv.ParseInt(from, 10, 64)
	if err != nil || after < 0 {
		return fault.New(fault.Invalid, "after", "is no sequence of a decision: give that of the newest on the page")
	}
	select {
	case v.news <- struct{}{}:
		defer func() { <-v.news }()
	default:
		return fault.New(fault.Temporary, "", "%d pages follow the decisions already: load the page again for new ones", newsAtOnce)
	}
	ctx, cancel := context.WithTimeout(v.unhurried(), newsFor)
	defer cancel()
	list, err := v.opt.Accounts.Follow(ctx, v.who.Actor, after, 0, "en") // whether the person may
	if err != nil {
		return err
	}
	v.tellNews(ctx, after, clip(v.r.URL.Query().Get("action"), 20), list)
	return nil
}

// tellNews writes until its time is over or the browser goes. The person's rights
// are asked anew each time, those of their session when the browser comes again.
func (v *visit) tellNews(ctx context.Context, after int64, action string, list []accounts.DecisionView) {
	h := v.rw.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	v.rw.WriteHeader(http.StatusOK)
	conn := http.NewResponseController(v.rw)
	text := "retry: 15000\n\n"
	for {
		n := 0
		for _, d := range list {
			if after = d.Sequence; action == "" || d.Action == action {
				n++
			}
		}
		if n > 0 {
			text += fmt.Sprintf("id: %d\nevent: news\ndata: %d\n\n", after, n)
		}
		_ = conn.SetWriteDeadline(time.Now().Add(2 * newsBeat)) // not every writer has one
		if _, err := v.rw.Write([]byte(text + ": here\n\n")); err != nil || conn.Flush() != nil {
			return
		}
		var err error
		if list, err = v.opt.Accounts.Follow(ctx, v.who.Actor, after, newsBeat, "en"); err != nil || ctx.Err() != nil {
			return
		}
		text = ""
	}
}
