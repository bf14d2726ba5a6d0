package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"bonafide/access"
	"bonafide/account/event"
	"bonafide/account/policy"
	"bonafide/account/replay"
	"bonafide/data"
	"bonafide/desk/accounts/past"
	"bonafide/eventlog"
	"bonafide/eventlog/cold"
	"bonafide/fault"
)

type replayCmd struct {
	Events  string `help:"Events, one a line; may be gzipped." type:"existingfile" placeholder:"FILE" xor:"from"`
	Mapping string `help:"Mapping of the events; our own form if absent." type:"existingfile" placeholder:"FILE"`
	Log     string `help:"Folder of a log of events that no server has open." type:"existingdir" placeholder:"DIR" xor:"from"`
	Tenant  string `help:"Whose events of the log." default:"main"`
	Policy  string `help:"The policy that is tried." required:"" type:"existingfile" placeholder:"FILE"`
	Against string `help:"The policy that it is compared with; the shipped marketplace-takeover if absent." type:"existingfile" placeholder:"FILE"`
	Overlay string `help:"Folder that is laid over the shipped data: an own model of a policy's score." type:"existingdir" placeholder:"DIR"`
	Labels  string `help:"What is known to be true, by account (JSON)." type:"existingfile" placeholder:"FILE"`

	RestGenuine bool   `help:"Accounts without a label are genuine."`
	From        string `help:"Count events from this day or time on; earlier ones fill the windows." placeholder:"TIME"`
	To          string `help:"Count events before this day or time." placeholder:"TIME"`
	Examples    int    `help:"So many examples of each kind, at most 1000." default:"20"`
	JSON        bool   `help:"Print JSON."`
	Unmask      bool   `help:"Print account names whole."`
}

// run replays and prints what was found.
func (c *replayCmd) run(ctx context.Context, env Env) error {
	s := replay.Setup{Examples: c.Examples, Labels: &replay.Labels{}}
	if c.RestGenuine {
		s.Labels.Rest = replay.Genuine
	}
	var err error
	if s.From, err = moment("--from", c.From); err != nil {
		return err
	}
	if s.To, err = moment("--to", c.To); err != nil {
		return err
	}
	if s.Candidate, err = loadPolicy(env, c.Policy, c.Overlay); err != nil {
		return err
	}
	if s.Baseline, err = loadPolicy(env, c.Against, c.Overlay); err != nil {
		return err
	}
	if c.Labels != "" {
		if err := readTruth(c.Labels, s.Labels); err != nil {
			return err
		}
	}
	source, done, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	if err := source(true, func(all iter.Seq2[event.Event, error]) error { s.Labels.Collect(all); return ctx.Err() }); err != nil {
		return err
	}
	s.Progress = meter(env)
	dir, err := os.MkdirTemp("", "bonafide-replay-") // keys beyond memory, as the server has them: or a replay would forget what it knew
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	keys, err := cold.Open(dir, cold.Limits{})
	if err != nil {
		return err
	}
	s.Guard.Cold = keys.New
	r, err := replay.New(s)
	if err != nil {
		return err
	}
	err = source(false, func(all iter.Seq2[event.Event, error]) error { return r.Run(ctx, ahead(all)) })
	if env.Progress {
		fmt.Fprintln(env.Stderr)
	}
	if err != nil {
		return err
	}
	return c.print(r.Report(), env.Stdout)
}

func (c *replayCmd) print(rep *replay.Report, w io.Writer) error {
	if rep.Events == 0 {
		return fault.New(fault.Invalid, "", "replay: no event was counted (%d outside of the period, %d refused; first: %s)", rep.Outside, rep.Refused, rep.FirstRefusal)
	}
	if !c.Unmask {
		maskExamples(&rep.Examples)
	}
	if !c.JSON {
		return printReplay(rep, w)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(rep)
}

// moment reads a day or a time; none is the zero time.
func moment(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "", "%s: write a day (2026-11-01) or a time (2026-11-01T10:00:00Z)", flag)
}

// loadPolicy loads a policy of a file, the shipped one if none is named, with the
// model of its score, if it has one.
func loadPolicy(env Env, path, overlay string) (*policy.Policy, error) {
	files := fs.FS(data.FS)
	if overlay != "" && env.Knowledge != nil {
		files = env.Knowledge(overlay)
	}
	raw, err := fs.ReadFile(files, "account/policies/marketplace-takeover.yaml")
	if path != "" {
		raw, err = readBounded(path, policy.MaxFile)
	}
	if err != nil {
		return nil, err
	}
	return policy.LoadFrom(raw, files)
}

// readBounded reads a file of at most so many bytes and one.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// maxTruth is the largest file of labels in bytes.
const maxTruth = 64 << 20

// readTruth reads labels by account.
func readTruth(path string, into *replay.Labels) error {
	raw, err := readBounded(path, maxTruth)
	if err != nil {
		return err
	}
	if len(raw) > maxTruth {
		return fault.New(fault.TooLarge, "", "labels: the file has more than %d bytes", maxTruth)
	}
	var all map[string]struct {
		Verdict    string   `json:"verdict"`
		Kind       string   `json:"kind"`
		Start, End int64    `json:",omitempty"`
		Orders     []string `json:"orders"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return fault.New(fault.Invalid, "", "labels: the file is no object of labels by account: %s", err.Error())
	}
	for who, x := range all {
		l := replay.Label{Verdict: replay.Fraud, Kind: x.Kind, Orders: x.Orders}
		switch x.Verdict {
		case "", "fraud":
		case "genuine":
			l.Verdict = replay.Genuine
		default:
			return fault.New(fault.Invalid, "", "labels: a verdict is fraud or genuine")
		}
		if x.Start != 0 {
			l.Start = time.Unix(x.Start, 0)
		}
		if x.End != 0 {
			l.End = time.Unix(x.End, 0)
		}
		into.Add(who, l)
	}
	return nil
}

// source gives all events to a function, or (labels) those that may be labels.
type source func(labels bool, use func(iter.Seq2[event.Event, error]) error) error

func (c *replayCmd) open(ctx context.Context, env Env) (source, func(), error) {
	none := func() {}
	switch {
	case c.Events != "":
		var m *event.Mapping
		if c.Mapping != "" {
			raw, err := readBounded(c.Mapping, 1<<20)
			if err != nil {
				return nil, none, err
			}
			if m, err = event.LoadMapping(raw); err != nil {
				return nil, none, fmt.Errorf("mapping: %w", err)
			}
		}
		return c.file(m), none, nil
	case c.Log != "":
		l, err := env.OpenLog(ctx, c.Log)
		if err != nil {
			return nil, none, err
		}
		return func(labels bool, use func(iter.Seq2[event.Event, error]) error) error {
			var failed error
			err := use(logged(ctx, l, access.Tenant(c.Tenant), labels, &failed))
			return cmp.Or(failed, err)
		}, func() { _ = l.Close() }, nil
	}
	return nil, none, fault.New(fault.Invalid, "", "replay needs --events FILE or --log DIR")
}

func (c *replayCmd) file(m *event.Mapping) source {
	return func(labels bool, use func(iter.Seq2[event.Event, error]) error) error {
		f, err := os.Open(c.Events)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		var r io.Reader = bufio.NewReaderSize(f, 1<<16)
		if head, _ := r.(*bufio.Reader).Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
			if r, err = gzip.NewReader(r); err != nil {
				return fmt.Errorf("events: %w", err)
			}
		}
		switch {
		case m != nil:
			return use(m.Read(r))
		case labels:
			return use(event.ReadLines(labelLines(r), event.Options{Unknown: event.Keep}))
		}
		return use(event.ReadLines(r, event.Options{Unknown: event.Keep}))
	}
}

// labelMark stands in every label and in few other events: all else need not be
// parsed to find the labels.
const labelMark = `"label"`

// labelLines leaves out the lines that are no labels.
func labelLines(r io.Reader) io.Reader {
	out, in := io.Pipe()
	go func() {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 64<<10), event.MaxSize+1)
		for s.Scan() {
			if bytes.Contains(s.Bytes(), []byte(labelMark)) {
				if _, err := in.Write(append(s.Bytes(), '\n')); err != nil {
					return
				}
			}
		}
		_ = in.Close() // what is wrong with the file is told when it is read whole
	}()
	return out
}

// logged are the tenant's events of a log, in the order in which a server decides
// them. An event that cannot be read is refused and ends nothing; a log that cannot be
// ends them, and failed says why: a part is not told as the whole.
func logged(ctx context.Context, l eventlog.Log, t access.Tenant, labels bool, failed *error) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		for r, err := range past.Strand(l, t).Walk(ctx, 1, eventlog.End) {
			if err != nil {
				*failed = err
				return
			}
			if labels && !bytes.Contains(r.Data, []byte(labelMark)) {
				continue
			}
			e, _, err := past.EventOf(r)
			if !yield(e, err) {
				return
			}
		}
	}
}

// ahead reads the next events while others are decided.
func ahead(events iter.Seq2[event.Event, error]) iter.Seq2[event.Event, error] {
	type item struct {
		e   event.Event
		err error
	}
	return func(yield func(event.Event, error) bool) {
		parts, stop := make(chan []item, 4), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(parts)
			var part []item
			for e, err := range events {
				if part = append(part, item{e, err}); len(part) < 512 {
					continue
				}
				select {
				case parts <- part:
					part = make([]item, 0, 512)
				case <-stop:
					return
				}
			}
			select {
			case parts <- part:
			case <-stop:
			}
		}()
		for part := range parts {
			for i := range part {
				if !yield(part[i].e, part[i].err) {
					return
				}
			}
		}
	}
}

// meter tells on a terminal how far a replay has come.
func meter(env Env) func(replay.Progress) {
	if !env.Progress {
		return nil
	}
	begun := time.Now()
	last := begun
	return func(p replay.Progress) {
		now := time.Now()
		if now.Sub(last) < 250*time.Millisecond {
			return
		}
		last = now
		fmt.Fprintf(env.Stderr, "\r%d events, up to %s, %.0f/s, %d decided differently ", p.Events, p.At.UTC().Format("2006-01-02 15:04"),
			float64(p.Events)/now.Sub(begun).Seconds(), p.Changed)
	}
}
