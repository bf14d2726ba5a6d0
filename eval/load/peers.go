package load

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bonafide/account/event"
	"bonafide/account/policy"
	_ "bonafide/store/sql" // the driver of PostgreSQL
)

// history is how many events a peer holds before it is measured.
const history = 50_000

// peers measures the other ways, where they are installed.
func (r *Result) peers(ctx context.Context, o Options, _ *policy.Policy, dir string) error {
	if o.Peers < 0 {
		return nil
	}
	for _, x := range []struct {
		name string
		run  func(context.Context, Options, string) (*Peer, error)
	}{{"PostgreSQL", postgres}, {"Redis", redis}} {
		p, err := x.run(ctx, o, dir)
		if errors.Is(err, errNotInstalled) {
			p, err = &Peer{How: "not installed"}, nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		p.Name = x.name
		r.Peers = append(r.Peers, *p)
	}
	return nil
}

var errNotInstalled = errors.New("not installed")

// measured times one event after the other.
func measured(ctx context.Context, s *stream, n int, how string, one func(*event.Event) error) (*Peer, error) {
	times := make([]time.Duration, 0, n)
	start := time.Now()
	for range n {
		var e event.Event
		s.next(&e)
		t := time.Now()
		if err := one(&e); err != nil {
			return nil, err
		}
		times = append(times, time.Since(t))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	p := &Peer{How: how, Events: n, EventsPerSecond: float64(n) / time.Since(start).Seconds()}
	p.P50, p.P99 = quantiles(times)
	return p, nil
}

// The tables and questions of somebody who knows PostgreSQL: one index a key,
// and one statement a key for all of its windows.
const tables = `
CREATE TABLE events (id TEXT PRIMARY KEY, type TEXT NOT NULL, at TIMESTAMPTZ NOT NULL, account TEXT NOT NULL, device TEXT NOT NULL, ip TEXT NOT NULL,
  card TEXT, amount BIGINT, success BOOLEAN);
CREATE INDEX ON events (account, at); CREATE INDEX ON events (device, at); CREATE INDEX ON events (ip, at); CREATE INDEX ON events (card, at) WHERE card IS NOT NULL;
CREATE INDEX ON events (account, device, at);`

const insert = `INSERT INTO events (id, type, at, account, device, ip, card, amount, success) VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), $8, $9)`

var questions = []string{
	`SELECT count(*) FILTER (WHERE type = 'login' AND at > $2::timestamptz - interval '1 hour'), count(*) FILTER (WHERE type = 'login' AND NOT success AND at > $2::timestamptz - interval '1 hour'),
  count(*) FILTER (WHERE type = 'order.placed' AND at > $2::timestamptz - interval '1 hour'), count(*) FILTER (WHERE type = 'order.placed' AND at > $2::timestamptz - interval '1 day'),
  COALESCE(sum(amount) FILTER (WHERE type = 'order.placed' AND at > $2::timestamptz - interval '1 day'), 0), COALESCE(sum(amount) FILTER (WHERE type = 'order.placed'), 0),
  COALESCE(max(amount) FILTER (WHERE type = 'order.placed'), 0) FROM events WHERE account = $1 AND at > $2::timestamptz - interval '30 days' AND at <= $2`,
	`SELECT count(DISTINCT account), count(*) FILTER (WHERE type = 'login' AND at > $2::timestamptz - interval '1 hour'),
  count(*) FILTER (WHERE type = 'login' AND NOT success AND at > $2::timestamptz - interval '1 day'), count(*) FILTER (WHERE type = 'order.placed' AND at > $2::timestamptz - interval '1 day')
  FROM events WHERE device = $1 AND at > $2::timestamptz - interval '7 days' AND at <= $2`,
	`SELECT count(DISTINCT account) FILTER (WHERE at > $2::timestamptz - interval '1 hour'), count(*) FILTER (WHERE type = 'login' AND NOT success AND at > $2::timestamptz - interval '10 minutes'),
  count(*) FILTER (WHERE type = 'login'), count(*) FILTER (WHERE type = 'order.placed' AND at > $2::timestamptz - interval '1 hour')
  FROM events WHERE ip = $1 AND at > $2::timestamptz - interval '1 day' AND at <= $2`,
	`SELECT count(DISTINCT account), count(*) FILTER (WHERE at > $2::timestamptz - interval '1 day'), COALESCE(sum(amount) FILTER (WHERE at > $2::timestamptz - interval '1 day'), 0)
  FROM events WHERE card = $1 AND at > $2::timestamptz - interval '30 days' AND at <= $2`,
	`SELECT min(at), count(*) FILTER (WHERE type = 'login' AND at > $2::timestamptz - interval '7 days') FROM events
  WHERE account = $1 AND device = $3 AND at > $2::timestamptz - interval '400 days' AND at <= $2`,
}

func postgres(ctx context.Context, o Options, dir string) (*Peer, error) {
	dsn, stop, err := startPostgres(filepath.Join(dir, "pg"))
	if err != nil {
		return nil, err
	}
	defer stop()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, tables); err != nil {
		return nil, err
	}
	s := newStream(o.Seed, o.Accounts, history+o.Peers, 2)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	for range history {
		var e event.Event
		s.next(&e)
		if _, err := tx.ExecContext(ctx, insert, rowOf(&e)...); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "ANALYZE events"); err != nil {
		return nil, err
	}
	return measured(ctx, s, o.Peers, "one client; insert and one statement a key (5) for the 20 windows in one transaction, synchronous_commit=on", func(e *event.Event) error { return ask(ctx, db, e) })
}

func rowOf(e *event.Event) []any {
	return []any{e.ID, string(e.Type), e.Time, e.Context.Account, e.Context.Device, e.Context.IP, e.Order.Card, e.Order.Amount, e.Login.Success}
}

// ask inserts the event and reads its windows.
func ask(ctx context.Context, db *sql.DB, e *event.Event) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	if _, err := tx.ExecContext(ctx, insert, rowOf(e)...); err != nil {
		return err
	}
	for i, q := range questions {
		args := []any{[]string{e.Context.Account, e.Context.Device, e.Context.IP, e.Order.Card, e.Context.Account}[i], e.Time}
		if i == 4 {
			args = append(args, e.Context.Device)
		}
		if i == 3 && e.Order.Card == "" {
			continue
		}
		rows, err := tx.QueryContext(ctx, q, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			continue
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// redis keeps one sorted set for each key and kind of event, and asks for all
// windows in one pipeline.
func redis(ctx context.Context, o Options, dir string) (*Peer, error) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNotInstalled
	}
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.CommandContext(ctx, bin, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir, "--loglevel", "warning")
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var conn net.Conn
	for range 100 {
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	c := &pipe{w: bufio.NewWriter(conn), r: bufio.NewReaderSize(conn, 1<<16)}
	s := newStream(o.Seed, o.Accounts, history+o.Peers, 2)
	for range history {
		var e event.Event
		s.next(&e)
		if err := c.event(&e); err != nil {
			return nil, err
		}
	}
	return measured(ctx, s, o.Peers, "one client; one pipeline an event: sorted sets, counts by the server, sums and distinct by the client; in memory, nothing synced", c.event)
}

// pipe is a client of Redis: enough for a pipeline.
type pipe struct {
	w    *bufio.Writer
	r    *bufio.Reader
	sent int
}

func (c *pipe) send(args ...string) {
	fmt.Fprintf(c.w, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c.w, "$%d\r\n%s\r\n", len(a), a)
	}
	c.sent++
}

// flush sends what was written and reads all answers.
func (c *pipe) flush() error {
	if err := c.w.Flush(); err != nil {
		return err
	}
	for ; c.sent > 0; c.sent-- {
		if err := c.skip(); err != nil {
			return err
		}
	}
	return nil
}

func (c *pipe) skip() error {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return errors.New("an empty answer")
	}
	switch n, _ := strconv.Atoi(line[1:]); line[0] {
	case '-':
		return errors.New(line)
	case '$':
		if n >= 0 {
			_, err = io.CopyN(io.Discard, c.r, int64(n)+2)
		}
		return err
	case '*':
		for range n {
			if err := c.skip(); err != nil {
				return err
			}
		}
	}
	return nil
}

const day = 24 * time.Hour

// event adds an event to the sets of its keys and asks for their windows.
func (c *pipe) event(e *event.Event) error {
	at := func(back time.Duration) string { return strconv.FormatInt(e.Time.Add(-back).UnixMicro(), 10) }
	add := func(key, member string, keep time.Duration) {
		c.send("ZADD", key, at(0), member)
		c.send("ZREMRANGEBYSCORE", key, "-inf", at(keep))
		c.send("EXPIRE", key, strconv.Itoa(int(keep/time.Second)))
	}
	count := func(key string, back time.Duration) { c.send("ZCOUNT", key, "("+at(back), "+inf") }
	list := func(key string, back time.Duration) { c.send("ZRANGEBYSCORE", key, "("+at(back), "+inf") }
	a, d, ip, pair := e.Context.Account, e.Context.Device, e.Context.IP, e.Context.Account+"/"+e.Context.Device
	switch e.Type {
	case event.LoginTried:
		add("l:a:"+a, e.ID, day)
		add("l:d:"+d, e.ID, day)
		add("l:i:"+ip, e.ID, day)
		add("l:p:"+pair, e.ID, 7*day)
		add("u:d:"+d, a, 7*day)
		add("u:i:"+ip, a, time.Hour)
		if !e.Login.Success {
			add("f:a:"+a, e.ID, time.Hour)
			add("f:d:"+d, e.ID, day)
			add("f:i:"+ip, e.ID, 10*time.Minute)
		}
		c.send("SETNX", "age:"+pair, at(0))
	case event.OrderPlaced:
		worth := e.ID + ":" + strconv.FormatInt(e.Order.Amount, 10)
		add("o:a:"+a, worth, 30*day)
		add("o:d:"+d, e.ID, day)
		add("o:i:"+ip, e.ID, time.Hour)
		add("o:c:"+e.Order.Card, worth, day)
		add("u:c:"+e.Order.Card, a, 30*day)
		add("u:d:"+d, a, 7*day)
		add("u:i:"+ip, a, time.Hour)
		c.send("SETNX", "age:"+pair, at(0))
	default:
		return nil
	}
	count("l:a:"+a, time.Hour)
	count("f:a:"+a, time.Hour)
	count("o:a:"+a, time.Hour)
	count("o:a:"+a, day)
	list("o:a:"+a, 30*day) // sums of a day and of 30, and the largest
	count("u:d:"+d, 7*day)
	count("l:d:"+d, time.Hour)
	count("f:d:"+d, day)
	count("o:d:"+d, day)
	count("u:i:"+ip, time.Hour)
	count("f:i:"+ip, 10*time.Minute)
	count("l:i:"+ip, day)
	count("o:i:"+ip, time.Hour)
	count("u:c:"+e.Order.Card, 30*day)
	list("o:c:"+e.Order.Card, day) // count and sum
	c.send("GET", "age:"+pair)
	count("l:p:"+pair, 7*day)
	return c.flush()
}

// startPostgres makes and starts a PostgreSQL in a folder, on a socket in it.
func startPostgres(dir string) (dsn string, stop func(), err error) {
	bin := findPostgres()
	if bin == "" {
		return "", nil, errNotInstalled
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, err
	}
	attr, err := otherUser(dir)
	if err != nil {
		return "", nil, errNotInstalled
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.SysProcAttr, c.Dir, c.WaitDelay = attr, dir, 5*time.Second
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "load", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	server := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "shared_buffers=256MB", "-c", "synchronous_commit=on")
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = server.Process.Signal(os.Interrupt); _ = server.Wait() }
	for range 200 {
		if run("pg_isready", "-q", "-h", dir, "-U", "load", "-d", "postgres").Run() == nil {
			return "postgres:///postgres?host=" + dir + "&user=load", stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("the server does not answer")
}

func findPostgres() string {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}
