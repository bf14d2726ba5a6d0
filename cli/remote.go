package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bonafide/fault"
)

// remote is a running server that a command asks, with an API key.
type remote struct {
	// name is that of the command, for errors.
	name, server, key string
	// print prints the server's answers.
	print bool
}

// asking is one request.
type asking struct {
	method, path, kind string
	body               []byte
}

// ask sends one request and reads its answer into one.
func (r remote) ask(ctx context.Context, env Env, a asking, into any) error {
	if u, err := url.Parse(r.server); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fault.New(fault.Invalid, "--server", "is no address such as https://desk.shop.example")
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, a.method, strings.TrimSuffix(r.server, "/")+a.path, bytes.NewReader(a.body))
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	if a.kind != "" {
		req.Header.Set("Content-Type", a.kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s: the server does not answer: %w", r.name, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("%s: the answer broke off: %w", r.name, err)
	}
	if res.StatusCode >= 300 {
		var told struct{ Detail string }
		_ = json.Unmarshal(raw, &told) // without a detail the status says it
		return fmt.Errorf("%s: the server says %s %s", r.name, res.Status, told.Detail)
	}
	if r.print && len(raw) > 0 {
		fmt.Fprintln(env.Stdout, strings.TrimSpace(string(raw)))
	}
	if into == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: the answer is none of a Bonafide server: %w", r.name, err)
	}
	return nil
}
