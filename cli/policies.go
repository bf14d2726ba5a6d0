package cli

import (
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
	"text/tabwriter"
	"time"

	"bonafide/desk/accounts"
	"bonafide/desk/policies"
	"bonafide/fault"
)

// policyServer says which server is asked, and by which key.
type policyServer struct {
	Server string `help:"Address of the server." default:"http://localhost:8080" placeholder:"URL"`
	Key    string `help:"API key with policy.read, and policy.edit or policy.publish for what changes something." env:"BONAFIDE_KEY" required:"" placeholder:"KEY"`
	JSON   bool   `help:"Print the server's answer."`
}

// policyReason is why something is changed.
type policyReason struct {
	Reason string `help:"Why; it goes into the history and the audit." required:"" placeholder:"TEXT"`
}

type policyNumber struct {
	Number int64 `arg:"" help:"Number of the policy, as the list tells it."`
}

type policyListCmd struct{ policyServer }

type policyPushCmd struct {
	policyServer
	policyReason
	File string `arg:"" help:"Policy (YAML)." type:"existingfile"`
}

type policyCheckCmd struct {
	policyServer
	policyNumber
}

type policyShadowCmd struct {
	policyServer
	Number int64  `arg:"" optional:"" help:"Number of the policy; absent: tell how the candidate does."`
	Reason string `help:"Why; it goes into the history and the audit." placeholder:"TEXT"`
}

type policyPublishCmd struct {
	policyServer
	policyNumber
	policyReason
	Wait time.Duration `help:"How long to wait until it decides; 0: not at all." default:"2m"`
}

type policyRetireCmd struct {
	policyServer
	policyNumber
	policyReason
}

type policyRollbackCmd struct {
	policyServer
	policyReason
}

// errFails ends `policy check` of a policy that may not go live.
var errFails = errors.New("policy: it may not go live: mend what is listed")

// run does what was asked for: a command such as "policy push <file>".
func (c *policyCmd) run(ctx context.Context, env Env, command string) error {
	switch strings.Fields(command)[1] {
	case "list":
		return c.List.run(ctx, env)
	case "push":
		return c.Push.run(ctx, env)
	case "check":
		return c.Check.run(ctx, env)
	case "shadow":
		return c.Shadow.run(ctx, env)
	case "publish":
		return c.Publish.run(ctx, env)
	case "retire":
		return c.Retire.step(ctx, env, "retire", c.Retire.Number, c.Retire.Reason)
	}
	return c.Rollback.run(ctx, env)
}

// patient is how long an answer may take: a check replays days of events.
const patient = 10 * time.Minute

// ask sends a request and reads the answer into out; with --json it prints it, and
// done tells that nothing more is to be printed.
func (s *policyServer) ask(ctx context.Context, env Env, method, path string, body, out any) (done bool, err error) {
	u, err := url.Parse(s.Server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false, fault.New(fault.Invalid, "--server", "is no address such as https://desk.shop.example")
	}
	var send io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return false, fmt.Errorf("policy: %w", err)
		}
		send = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.Server, "/")+path, send)
	if err != nil {
		return false, fmt.Errorf("policy: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Timeout: patient}).Do(r)
	if err != nil {
		return false, fmt.Errorf("policy: the server does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return false, fmt.Errorf("policy: the answer broke off: %w", err)
	}
	if res.StatusCode >= 300 {
		return false, refusal(res.Status, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return false, fmt.Errorf("policy: the answer is none of a Bonafide server: %w", err)
	}
	if s.JSON {
		fmt.Fprintln(env.Stdout, strings.TrimSpace(string(raw)))
	}
	return s.JSON, nil
}

// refusal tells what a server refuses, one reason a line.
func refusal(status string, raw []byte) error {
	var told struct {
		Detail string
		Errors []struct{ Message string }
	}
	_ = json.Unmarshal(raw, &told) // without a detail the status says it
	text := fmt.Sprintf("policy: the server says %s %s", status, told.Detail)
	for _, e := range told.Errors {
		if !strings.Contains(told.Detail, e.Message) {
			text += "\n  " + e.Message
		}
	}
	return errors.New(text)
}

func (c *policyListCmd) run(ctx context.Context, env Env) error {
	var now accounts.Deciding
	if _, err := (&policyServer{Server: c.Server, Key: c.Key}).ask(ctx, env, http.MethodGet, "/v1/policies/deciding", nil, &now); err != nil {
		return err
	}
	var page struct{ Policies []policies.View }
	if done, err := c.ask(ctx, env, http.MethodGet, "/v1/policies?limit=200", nil, &page); done || err != nil {
		return err
	}
	t := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "number\tstate\tname\tversion\tmade\tby")
	for _, v := range page.Policies {
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%s\t%s\n", v.Number, v.State, v.Name, v.Version, v.Made.UTC().Format(time.RFC3339), v.Author)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	number := strconv.FormatInt(now.Policy, 10)
	if now.Policy == 0 {
		number = "the configured one"
	}
	fmt.Fprintf(env.Stdout, "decides: %s (%s version %d), from place %d on\n", number, now.Name, now.Version, now.Place)
	if b := now.Burst; b != nil {
		fmt.Fprintf(env.Stdout, "a burst of declines at %s: %d of %d events were stopped under policy %d; rolled back: %v\n", b.At.UTC().Format(time.RFC3339), b.Stopped, b.Decided, b.Policy, b.RolledBack)
	}
	return nil
}

func (c *policyPushCmd) run(ctx context.Context, env Env) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var v policies.View
	if done, err := c.ask(ctx, env, http.MethodPost, "/v1/policies", map[string]string{"text": string(text), "reason": c.Reason}, &v); done || err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "policy %d: %s version %d, %s\n", v.Number, v.Name, v.Version, v.State)
	return nil
}

func (c *policyCheckCmd) run(ctx context.Context, env Env) error {
	var p policies.Proof
	done, err := c.ask(ctx, env, http.MethodPost, fmt.Sprintf("/v1/policies/%d/check", c.Number), nil, &p)
	if err != nil {
		return err
	}
	if !done {
		fmt.Fprintf(env.Stdout, "%d of %d cases failed; an event costs at most %d\n%d events of %d days, %d good accounts: %d would be stopped (%d before), %d newly caught, %d newly missed\n",
			p.Failed, p.Cases, p.Cost, p.Replayed, p.Days, p.Accounts, p.Annoyed, p.AnnoyedBefore, p.NewlyCaught, p.NewlyMissed)
		for _, w := range p.Warnings {
			fmt.Fprintln(env.Stdout, "warning:", w)
		}
		for _, x := range p.Problems {
			fmt.Fprintln(env.Stdout, "problem:", x)
		}
	}
	if len(p.Problems) > 0 {
		return errFails
	}
	return nil
}

// step moves a policy from the revision that it has now.
func (s *policyServer) step(ctx context.Context, env Env, name string, number int64, reason string) error {
	var v policies.View
	quiet := policyServer{Server: s.Server, Key: s.Key}
	if _, err := quiet.ask(ctx, env, http.MethodGet, fmt.Sprintf("/v1/policies/%d", number), nil, &v); err != nil {
		return err
	}
	done, err := s.ask(ctx, env, http.MethodPost, fmt.Sprintf("/v1/policies/%d/%s", number, name), map[string]any{"revision": v.Revision, "reason": reason}, &v)
	if done || err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "policy %d: %s version %d, %s\n", v.Number, v.Name, v.Version, v.State)
	return nil
}

func (c *policyShadowCmd) run(ctx context.Context, env Env) error {
	if c.Number > 0 {
		if c.Reason == "" {
			return fault.New(fault.Invalid, "--reason", "is missing: say why")
		}
		return c.step(ctx, env, "shadow", c.Number, c.Reason)
	}
	var x accounts.Trial
	if done, err := c.ask(ctx, env, http.MethodGet, "/v1/policies/shadow", nil, &x); done || err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "policy %d beside %d since %s: %d events compared, %d alike; newly stopped %d, released %d, stricter %d, milder %d; missed %d, behind %d\n",
		x.Policy, x.Against, x.Since.UTC().Format(time.RFC3339), x.Compared, x.Agreed, x.NewlyStopped, x.Released, x.Stricter, x.Milder, x.Missed, x.Behind)
	t := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "live\tcandidate\tboth\t rule\t")
	for _, r := range x.Rules {
		fmt.Fprintf(t, "%d\t%d\t%d\t %s\t\n", r.Live, r.Candidate, r.Both, r.Rule)
	}
	return t.Flush()
}

func (c *policyPublishCmd) run(ctx context.Context, env Env) error {
	if err := c.step(ctx, env, "publish", c.Number, c.Reason); err != nil {
		return err
	}
	quiet := policyServer{Server: c.Server, Key: c.Key}
	for end := time.Now().Add(c.Wait); time.Now().Before(end); {
		var now accounts.Deciding
		if _, err := quiet.ask(ctx, env, http.MethodGet, "/v1/policies/deciding", nil, &now); err != nil {
			return err
		}
		if now.Policy == c.Number {
			if !c.JSON {
				fmt.Fprintf(env.Stdout, "it decides from place %d on\n", now.Place)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func (c *policyRollbackCmd) run(ctx context.Context, env Env) error {
	var back struct{ Policy int64 }
	if done, err := c.ask(ctx, env, http.MethodPost, "/v1/policies/rollback", map[string]string{"reason": c.Reason}, &back); done || err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "policy %d is live again (0: the configured one)\n", back.Policy)
	return nil
}
