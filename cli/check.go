package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"bonafide/contact/fingerprint"
	"bonafide/contact/mail"
	"bonafide/desk/contacts"
	"bonafide/fault"
)

type checkCmd struct {
	File     string `arg:"" optional:"" help:"File, folder, mbox, or - for standard input."`
	Channel  string `help:"call, voicemail, sms, mail, chat, web, letter, screenshot, order_notice; left out, it is recognised."`
	From     string `help:"Sender id, number or address as shown."`
	Words    string `help:"What the person adds in their own words."`
	At       string `help:"When it came (RFC 3339)."`
	Lang     string `help:"Language of the answer: en, de, ja."`
	Country  string `help:"Country of the person (ISO 3166-1)."`
	Orders   string `help:"File of the person's orders: CSV, JSON, or the shop's order history export." type:"path"`
	Outbound string `help:"File of contacts that the shop made (CSV or NDJSON)." type:"path"`
	DNSFile  string `name:"dns-file" help:"File with DNS records for checking mail signatures offline." type:"path"`
	DNSCache string `name:"dns-cache" help:"File in which answers of DNS are kept for the next check; DNS itself is only asked where mail_auth.dns is on." type:"path"`
	Mailbox  string `help:"Where the mailbox is that the mail was saved from (gmail, outlook): what it wrote into the mail is believed." placeholder:"ID"`
	Request  string `help:"Take the whole request as JSON from this file (- for standard input)." placeholder:"FILE"`
	JSON     bool   `help:"Print JSON: one object, or one per line for folders and mboxes, then a line for each group of one campaign."`
	Color    string `help:"Colours: auto, always, never." default:"auto" enum:"auto,always,never"`
	ExitCode bool   `name:"exit-code" help:"End with 3 for scam, 4 for suspicious, 5 for a genuine alarm, 0 otherwise."`
	NoOCR    bool   `name:"no-ocr" help:"Do not read text in pictures."`
}

func (c *checkCmd) run(ctx context.Context, config string, env Env) int {
	desk, err := env.Open(config, Overrides{DNSFile: c.DNSFile, DNSCache: c.DNSCache, Mailbox: c.Mailbox, NoOCR: c.NoOCR, Orders: c.Orders, Outbound: c.Outbound})
	if err != nil {
		return report(err, env.Stderr)
	}
	if c.Lang == "" {
		c.Lang = env.Lang
	}
	p := &printer{w: env.Stdout, json: c.JSON, color: c.Color == "always" || c.Color == "auto" && env.Terminal}
	switch {
	case c.Request != "":
		err = c.request(ctx, desk, p, env)
	case c.File == "" || c.File == "-":
		err = c.stdin(ctx, desk, p, env)
	default:
		err = c.path(ctx, desk, p, env)
	}
	if code := report(err, env.Stderr); code != ExitOK {
		return code
	}
	if c.ExitCode {
		return p.worst
	}
	return ExitOK
}

// base is the request that the flags describe.
func (c *checkCmd) base() (contacts.Request, error) {
	req := contacts.Request{Channel: c.Channel, From: c.From, Words: c.Words, Lang: c.Lang, Country: c.Country}
	if c.At != "" {
		at, err := contacts.ParseMoment(c.At)
		if err != nil {
			return req, fault.New(fault.Invalid, "--at", "%s", err.Error())
		}
		req.At = contacts.MomentOf(at)
	}
	return req, nil
}

// request takes a request as JSON, the same as the API does.
func (c *checkCmd) request(ctx context.Context, desk Checker, p *printer, env Env) error {
	raw, err := readFile(c.Request, env.Stdin)
	if err != nil {
		return err
	}
	var req contacts.Request
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		req = contacts.Request{}
		if lenient := json.Unmarshal(raw, &req); lenient != nil {
			return fault.New(fault.Invalid, c.Request, "is not a request: %s", err.Error())
		}
		fmt.Fprintf(env.Stderr, "bonafide: %s: %v: left out\n", c.Request, err)
	}
	if req.Lang == "" {
		req.Lang = c.Lang
	}
	a, err := desk.Check(ctx, req, contacts.Caller{Operator: true})
	if err != nil {
		return err
	}
	return p.one("", a)
}

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, contacts.MaxRaw+1))
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > contacts.MaxRaw {
		return nil, fault.New(fault.TooLarge, name, "has %d bytes: at most %d are read", info.Size(), contacts.MaxRaw)
	}
	return os.ReadFile(name)
}

func (c *checkCmd) stdin(ctx context.Context, desk Checker, p *printer, env Env) error {
	raw, err := readFile("-", env.Stdin)
	if err != nil {
		return err
	}
	return c.bytes(ctx, desk, p, "-", raw)
}

// bytes checks the bytes of one contact, or of each mail of an mbox.
func (c *checkCmd) bytes(ctx context.Context, desk Checker, p *printer, name string, raw []byte) error {
	req, err := c.base()
	if err != nil {
		return err
	}
	if isMbox(raw) && (c.Channel == "" || c.Channel == "mail") {
		return c.many(ctx, desk, p, mbox(name, bytes.NewReader(raw)))
	}
	req.Raw, req.Filename = raw, filepath.Base(name)
	a, err := desk.Check(ctx, req, contacts.Caller{Operator: true})
	if err != nil {
		return err
	}
	return p.one(name, a)
}

func (c *checkCmd) path(ctx context.Context, desk Checker, p *printer, env Env) error {
	info, err := os.Stat(c.File)
	if err != nil {
		if !strings.ContainsAny(c.File, " \n") {
			return err
		}
		return fault.New(fault.Invalid, "", "%q is no file: to check a text, pipe it in: echo \"…\" | bonafide check -", clip(c.File, 40))
	}
	if info.IsDir() {
		p.progress = env.Progress && !c.JSON
		p.progressTo = env.Stderr
		return c.many(ctx, desk, p, folder(c.File))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	if isMbox(head[:n]) && (c.Channel == "" || c.Channel == "mail") {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		p.progress = env.Progress && !c.JSON
		p.progressTo = env.Stderr
		return c.many(ctx, desk, p, mbox(c.File, f))
	}
	raw, err := readFile(c.File, env.Stdin)
	if err != nil {
		return err
	}
	return c.bytes(ctx, desk, p, c.File, raw)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func isMbox(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(line, []byte("From ")) && bytes.Count(line, []byte(" ")) >= 3
}

// input is one contact of many.
type input struct {
	name string
	raw  []byte
	err  error
}

// mbox yields the mails of an mbox, numbered from 1.
func mbox(name string, r io.Reader) func(yield func(input) bool) {
	return func(yield func(input) bool) {
		n := 0
		for raw, err := range mail.SplitMbox(r) {
			n++
			if !yield(input{fmt.Sprintf("%s:%d", name, n), bytes.Clone(raw), err}) {
				return
			}
		}
	}
}

// folder yields the files below a folder, in order of their names; hidden ones
// and links are left out.
func folder(root string) func(yield func(input) bool) {
	return func(yield func(input) bool) {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if !yield(input{name: path, err: err}) {
					return fs.SkipAll
				}
				return nil
			}
			if strings.HasPrefix(d.Name(), ".") && path != root {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if !d.Type().IsRegular() {
				return nil
			}
			raw, err := readFile(path, nil)
			if !yield(input{path, raw, err}) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

// many checks a stream of contacts on all cores and prints the answers in the
// order of the stream.
func (c *checkCmd) many(ctx context.Context, desk Checker, p *printer, inputs func(func(input) bool)) error {
	base, err := c.base()
	if err != nil {
		return err
	}
	type job struct {
		in   input
		done chan result
	}
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan job)
	order := make(chan job, workers*2)
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				r := result{err: j.in.err}
				if r.err == nil {
					req := base
					req.Raw, req.Filename, req.Brief = j.in.raw, filepath.Base(j.in.name), !p.json
					r.answer, r.err = desk.Check(ctx, req, contacts.Caller{Operator: true})
				}
				j.done <- r
			}
		}()
	}
	go func() {
		inputs(func(in input) bool {
			j := job{in, make(chan result, 1)}
			select {
			case order <- j:
			case <-ctx.Done():
				return false
			}
			jobs <- j
			return true
		})
		close(jobs)
		close(order)
	}()
	for j := range order {
		r := <-j.done
		if err := p.of(j.in.name, r); err != nil {
			return err
		}
	}
	wg.Wait()
	return errors.Join(p.summary(desk.Fingerprints()), ctx.Err())
}

type result struct {
	answer *contacts.Answer
	err    error
}

// printer prints answers and keeps count.
type printer struct {
	w          io.Writer
	json       bool
	color      bool
	progress   bool
	progressTo io.Writer
	worst      int
	count      map[string]int
	total      int
	failed     []string
	groups     grouping
}

// named is an answer of many, in JSON.
type named struct {
	Input string `json:"input"`
	*contacts.Answer
	Error string `json:"error,omitempty"`
}

func (p *printer) note(a *contacts.Answer) {
	code := map[string]int{"scam": ExitScam, "suspicious": ExitSuspicious, "genuine_alarm": ExitAlarm}[a.Verdict]
	if p.worst == 0 || code != 0 && code < p.worst {
		p.worst = code
	}
	if p.count == nil {
		p.count = map[string]int{}
	}
	p.count[a.Verdict]++
	p.total++
}

// one prints the answer for a single contact.
func (p *printer) one(_ string, a *contacts.Answer) error {
	p.note(a)
	if p.json {
		enc := json.NewEncoder(p.w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	}
	w := bufio.NewWriter(p.w)
	p.human(w, a)
	return w.Flush()
}

// of prints the answer for one of many: a line.
func (p *printer) of(name string, r result) error {
	if r.err != nil {
		p.failed = append(p.failed, name)
		if p.json {
			return encodeLine(p.w, named{Input: name, Error: r.err.Error()})
		}
		_, err := fmt.Fprintf(p.w, "%-13s      %s: %v\n", "not read", name, r.err)
		return err
	}
	p.note(r.answer)
	p.groups.add(name, r.answer)
	if p.json {
		return encodeLine(p.w, named{Input: name, Answer: r.answer})
	}
	if p.progress && p.total%20 == 0 {
		fmt.Fprintf(p.progressTo, "\r%d checked", p.total)
	}
	_, err := fmt.Fprintf(p.w, "%s %3.0f %%  %s\n", p.paint(r.answer.Verdict, fmt.Sprintf("%-13s", r.answer.Verdict)), percent(r.answer.Probability), name)
	return err
}

func encodeLine(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// summary closes the output for many contacts: in JSON with a line for each
// group of one campaign.
func (p *printer) summary(rules *fingerprint.Rules) error {
	groups := p.groups.campaigns(rules)
	if p.json {
		for i := range groups {
			if err := encodeLine(p.w, map[string]*campaign{"group": &groups[i]}); err != nil {
				return err
			}
		}
		return nil
	}
	if p.progress {
		fmt.Fprint(p.progressTo, "\r                \r")
	}
	fmt.Fprintf(p.w, "\n%d checked: %s", p.total, counted(p.count))
	if len(p.failed) > 0 {
		fmt.Fprintf(p.w, "; %d not read", len(p.failed))
	}
	fmt.Fprintln(p.w)
	p.groups.print(p.w, groups)
	return nil
}
