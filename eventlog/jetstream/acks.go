package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// maxKept bounds the frame that a partition keeps to write the next into.
const maxKept = 64 << 10

// acks publishes frames of one partition and waits for their acknowledgements,
// one after the other, in an inbox of its own. The client's way of answering
// requests, an inbox for all of them with a goroutine and a table, costs some
// hand-overs more for each event. What failed once must not be used again: the
// acknowledgement may still come.
type acks struct {
	nc      *nats.Conn
	sub     *nats.Subscription
	subject string
	inbox   string
}

func newAcks(nc *nats.Conn, subject string) (*acks, error) {
	a := &acks{nc: nc, subject: subject, inbox: nc.NewInbox()}
	var err error
	a.sub, err = nc.SubscribeSync(a.inbox)
	return a, err
}

// publish writes a frame as the message after the sequence last, and returns
// when the store has synced it.
func (a *acks) publish(ctx context.Context, frame []byte, last uint64) error {
	m := nats.Msg{Subject: a.subject, Reply: a.inbox, Data: frame, Header: nats.Header{"Nats-Expected-Last-Sequence": {strconv.FormatUint(last, 10)}}}
	if err := a.nc.PublishMsg(&m); err != nil {
		return err
	}
	r, err := a.sub.NextMsgWithContext(ctx)
	if err != nil {
		return err
	}
	var ack struct {
		Sequence uint64 `json:"seq"`
		Error    *struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	switch err := json.Unmarshal(r.Data, &ack); {
	case len(r.Header) > 0:
		return errors.New("the store answered " + strconv.Quote(r.Header.Get("Status")))
	case err != nil:
		return fmt.Errorf("the store's acknowledgement: %w", err)
	case ack.Error != nil:
		return fmt.Errorf("the store refused the frame (%d): %s", ack.Error.Code, ack.Error.Description)
	case ack.Sequence != last+1:
		return errors.New("the store gave the frame another sequence than the next")
	}
	return nil
}
