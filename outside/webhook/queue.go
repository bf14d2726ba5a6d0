package webhook

import (
	"context"
	"sync"

	"bonafide/fault"
)

// Dead is a message that was given up, and why: the receiver refused it, did not
// take it in all tries, or the queue was stopped.
type Dead struct {
	Message Message
	Why     error
}

// Queue sends messages in the background, one after the other in their order, so
// that who posts does not wait for the receiver. What it holds is in memory and
// bounded: what must not be lost is kept by who posts, until it is told that the
// message arrived. It is safe for concurrent use.
type Queue struct {
	sender *Sender
	// done is told of each message that arrived, dead of each that was given up.
	done func(id string)
	dead func(Dead)
	line chan Message
	stop context.CancelFunc
	over chan struct{}
	once sync.Once
}

// NewQueue starts a queue that holds at most size messages (1 to 100,000). done
// and dead may be nil; they are called one at a time and must be quick. It runs
// until Close.
func NewQueue(s *Sender, size int, done func(id string), dead func(Dead)) *Queue {
	ctx, stop := context.WithCancel(context.Background())
	q := &Queue{sender: s, done: done, dead: dead, line: make(chan Message, max(1, min(size, 100_000))), stop: stop, over: make(chan struct{})}
	go q.run(ctx)
	return q
}

// Post puts a message into the queue. Temporary when it is full or closed: the
// caller keeps the message and posts it again.
func (q *Queue) Post(m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	select {
	case <-q.over:
		return fault.New(fault.Temporary, "", "webhook: the queue is closed")
	default:
	}
	select {
	case q.line <- m:
		return nil
	default:
		return fault.New(fault.Temporary, "", "webhook: %d messages wait for the receiver: post it again later", cap(q.line))
	}
}

func (q *Queue) run(ctx context.Context) {
	defer close(q.over)
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-q.line:
			err := q.sender.Send(ctx, m)
			switch {
			case err == nil && q.done != nil:
				q.done(m.ID)
			case err != nil && q.dead != nil:
				q.dead(Dead{m, err})
			}
		}
	}
}

// Close stops the queue: what is under way ends, and what waits is dead.
func (q *Queue) Close() {
	q.once.Do(func() {
		q.stop()
		<-q.over
		for {
			select {
			case m := <-q.line:
				if q.dead != nil {
					q.dead(Dead{m, fault.New(fault.Temporary, "", "webhook: the queue was closed before the message was sent")})
				}
			default:
				return
			}
		}
	})
}
