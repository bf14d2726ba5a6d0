package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"bonafide/account/secevent"
	"bonafide/desk/accounts"
	"bonafide/fault"
)

type eventsCmd struct {
	File     string        `arg:"" help:"Events, one JSON object a line; - for standard input." type:"path"`
	Server   string        `help:"Address of the server." default:"http://localhost:8080" placeholder:"URL"`
	Key      string        `help:"API key with event.write." env:"BONAFIDE_KEY" required:"" placeholder:"KEY"`
	Mapping  string        `help:"Name of a mapping on the server, for a shop's own format (docs/mappings.md)." placeholder:"NAME"`
	Set      bool          `help:"The file holds one security event token (CAEP, RISC), which the server checks the signature of (docs/accounts.md)."`
	Header   bool          `help:"The first line names the columns (a mapping of a CSV table): it is sent with each request."`
	Batch    int           `help:"Events in one request." default:"500"`
	Lang     string        `help:"Language of texts: en, de or ja." placeholder:"LANG"`
	JSON     bool          `help:"Print the server's answers, one a line."`
	Patience time.Duration `help:"How long to try again while the server is busy." default:"2m"`
}

// maxLine is the longest line that is read; the server refuses events before.
const maxLine = 1 << 20

// poster posts the lines of a file in batches.
type poster struct {
	cmd    *eventsCmd
	env    Env
	client *http.Client
	// total counts over all batches; first is the line of the first event of the next.
	total   accounts.Taken
	actions map[string]int
}

// errRefused ends `events` when some events were refused.
var errRefused = errors.New("events: some were refused, as listed: mend them and send the file again; what was taken is not counted twice")

// run posts a file and prints what was decided other than allow.
func (c *eventsCmd) run(ctx context.Context, env Env) error {
	if c.Batch < 1 || c.Batch > accounts.MaxEvents {
		return fault.New(fault.Invalid, "--batch", "want 1 to %d", accounts.MaxEvents)
	}
	if u, err := url.Parse(c.Server); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fault.New(fault.Invalid, "--server", "is no address such as https://desk.shop.example")
	}
	in := env.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	p := poster{cmd: c, env: env, client: &http.Client{Timeout: time.Minute}, actions: map[string]int{}}
	send := p.all
	if c.Set {
		send = p.token
	}
	if err := send(ctx, in); err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintf(env.Stdout, "%d accepted (%d of them had come before), %d refused; allow %d, challenge %d, hold %d, block %d\n", p.total.Accepted, p.total.Repeated,
			len(p.total.Refused), p.actions["allow"], p.actions["challenge"], p.actions["hold"], p.actions["block"])
	}
	if len(p.total.Refused) > 0 {
		return errRefused
	}
	return nil
}

func (p *poster) all(ctx context.Context, in io.Reader) error {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	var batch, header bytes.Buffer
	n, line, first := 0, 0, 1
	for s.Scan() {
		line++
		if line == 1 && p.cmd.Header {
			header.Write(s.Bytes())
			header.WriteByte('\n')
			batch.Write(header.Bytes())
			continue
		}
		if n == p.cmd.Batch || batch.Len()+len(s.Bytes()) >= accounts.MaxBody {
			if err := p.post(ctx, batch.Bytes(), first); err != nil {
				return err
			}
			batch.Reset()
			batch.Write(header.Bytes())
			if n, first = 0, line; p.cmd.Header {
				first-- // the line before the first one is the header
			}
		}
		batch.Write(s.Bytes())
		batch.WriteByte('\n')
		if len(bytes.TrimSpace(s.Bytes())) > 0 {
			n++
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("events: read line %d: %w (one event a line, at most %d bytes)", line+1, err, maxLine)
	}
	if n == 0 {
		return nil
	}
	return p.post(ctx, batch.Bytes(), first)
}

// token posts the one security event token of a file.
func (p *poster) token(ctx context.Context, in io.Reader) error {
	if p.cmd.Mapping != "" || p.cmd.Header {
		return fault.New(fault.Invalid, "--set", "a token is read as it is: leave out --mapping and --header")
	}
	raw, err := io.ReadAll(io.LimitReader(in, secevent.MaxToken+1))
	if err != nil {
		return fmt.Errorf("events: read the token: %w", err)
	}
	return p.post(ctx, raw, 1)
}

// post sends one batch, again while the server is busy, and prints its answer.
func (p *poster) post(ctx context.Context, body []byte, first int) error {
	q := url.Values{"decide": {"true"}, "skip": {"true"}}
	for k, v := range map[string]string{"mapping": p.cmd.Mapping, "lang": p.cmd.Lang} {
		if v != "" {
			q.Set(k, v)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.cmd.Patience+time.Minute)
	defer cancel()
	for begun := time.Now(); ; {
		wait, err := p.once(ctx, strings.TrimSuffix(p.cmd.Server, "/")+"/v1/events?"+q.Encode(), body, first)
		if wait == 0 || time.Since(begun) > p.cmd.Patience {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// once sends a batch; with an error, wait tells when to try again, 0 never.
func (p *poster) once(ctx context.Context, address string, body []byte, first int) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("events: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	if p.cmd.Set {
		r.Header.Set("Content-Type", "application/secevent+jwt")
	}
	r.Header.Set("Authorization", "Bearer "+p.cmd.Key)
	res, err := p.client.Do(r)
	if err != nil {
		return time.Second, fmt.Errorf("events: the server does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return time.Second, fmt.Errorf("events: the answer broke off: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var told struct{ Detail, Err, Description string }
		_ = json.Unmarshal(raw, &told) // without a detail the status says it
		err := fmt.Errorf("events: lines from %d on: the server says %s %s", first, res.Status, told.Detail)
		if told.Err != "" {
			err = fmt.Errorf("events: the server does not take the token (%s): %s", told.Err, told.Description)
		}
		if res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests {
			seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
			return time.Duration(min(max(seconds, 1), 30)) * time.Second, err
		}
		return 0, err
	}
	var got accounts.Taken
	if err := json.Unmarshal(raw, &got); err != nil {
		return 0, fmt.Errorf("events: the answer is none of a Bonafide server: %w", err)
	}
	p.print(got, raw, first)
	return 0, nil
}

func (p *poster) print(got accounts.Taken, raw []byte, first int) {
	p.total.Accepted, p.total.Repeated = p.total.Accepted+got.Accepted, p.total.Repeated+got.Repeated
	p.total.Refused = append(p.total.Refused, got.Refused...)
	if p.cmd.JSON {
		fmt.Fprintln(p.env.Stdout, strings.TrimSpace(string(raw)))
		return
	}
	for _, r := range got.Refused {
		fmt.Fprintf(p.env.Stderr, "line %d refused: %s\n", first-1+r.Line, r.Text)
	}
	for _, a := range got.Answers {
		p.actions[a.Action]++
		if a.Action == "allow" {
			continue
		}
		do := ""
		for _, o := range a.Do {
			do += "; " + o.Do + " until " + o.Until.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(p.env.Stdout, "%-9s %s  score %d  %s%s\n", a.Action, a.ID, a.Score, strings.Join(a.Rules, " "), do)
	}
}
