// Command bonafide answers one question: is this call, mail, text, chat, letter
// or order notice really from the shop, and what do I do now? It is the whole
// product in one file: the command line, the server with pages and API, and
// the means to measure both.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // opening hours need time zones, also where the system has none

	"bonafide/access"
	"bonafide/cli"
	"bonafide/config"
	"bonafide/contact/mailauth"
	"bonafide/contact/record"
	"bonafide/contact/text"
	"bonafide/data"
	"bonafide/desk/contacts"
	"bonafide/eval"
	"bonafide/eval/corpus"
	"bonafide/eval/simulate"
	"bonafide/eval/train"
	"bonafide/evidence"
	"bonafide/fault"
	"bonafide/server"
	"bonafide/store"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], environment())
	stop()
	os.Exit(code)
}

// environment hands the command line what stands above it.
func environment() cli.Env {
	return cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: terminal(os.Stdout) && os.Getenv("NO_COLOR") == "", Progress: terminal(os.Stderr),
		Version: version, Lang: language(), EvalLoad: evalLoad,
		Open: open, Serve: serve, CheckConfig: checkConfig, ConfigDocs: configDocs, CodesDocs: codesDocs, AccessDocs: access.Markdown,
		EvalContact: evalContact, EvalGuard: evalGuard, EvalAccountModel: evalAccountModel, EvalRecords: evalRecords, TestPolicy: testPolicy, Knowledge: server.Knowledge, TrainContact: trainContact, TrainAccount: trainAccount, Audit: audit, Admin: admin, Records: records, Keys: keys, Anchor: anchor, Privacy: keeping, Later: later,
		VerifyLog: verifyLog, OpenLog: openLog,
	}
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// language is that of the environment (POSIX LC_ALL, LC_MESSAGES, LANG).
func language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			for _, l := range []string{"en", "de", "ja"} {
				if strings.HasPrefix(v, l) {
					return l
				}
			}
			return ""
		}
	}
	return ""
}

// scanMemory is how much memory the collector aims at while many contacts are
// checked, in bytes, loadMemory while the knowledge is loaded. With the pages of
// the program itself 74 to 80 MB are resident (docs/performance.md).
const (
	scanMemory = 54 << 20
	loadMemory = 40 << 20
)

// lean makes a desk with the collector set for a run over many contacts: it
// works when the memory is used up, not when it has doubled. Where the knowledge
// itself takes more than half of it, memory gives way, not time. An operator's
// own settings hold.
func lean(desk func() (*contacts.Desk, error)) (*contacts.Desk, error) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return desk()
	}
	runtime.MemProfileRate = 0 // its tables take 1.5 MB, and nobody reads them
	dropPages()
	debug.SetGCPercent(100) // with 400, loading alone takes more than scanning
	debug.SetMemoryLimit(loadMemory)
	d, err := desk()
	debug.FreeOSMemory() // what loading needed
	dropPages()
	debug.SetGCPercent(400)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(max(scanMemory, 2*int64(m.HeapAlloc)))
	return d, err
}

// open makes a desk for the command line.
func open(file string, o cli.Overrides) (cli.Checker, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, err
	}
	if o.DNSFile != "" {
		cfg.MailAuth.File = o.DNSFile
	}
	if o.DNSCache != "" {
		cfg.MailAuth.Cache = o.DNSCache
	}
	if o.Mailbox != "" {
		cfg.MailAuth.Mailboxes = append(cfg.MailAuth.Mailboxes, o.Mailbox)
	}
	cfg.OCR.Enabled = cfg.OCR.Enabled && !o.NoOCR
	if o.Outbound != "" {
		cfg.Books.Outbound = o.Outbound
	}
	own, err := ownOrders(o.Orders)
	if err != nil {
		return nil, err
	}
	return lean(func() (*contacts.Desk, error) { return server.Desk(cfg, nil, own) })
}

// ownOrders reads the orders of the one person that the command line asks for.
func ownOrders(path string) ([]record.Order, error) {
	if path == "" {
		return nil, nil
	}
	records, err := record.Load(server.Knowledge(""))
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	orders, skipped, err := records.ReadOrders(f, record.Limits{})
	if err != nil {
		return nil, fmt.Errorf("orders: read %s: %w", path, err)
	}
	if len(orders) == 0 {
		return nil, fmt.Errorf("orders: %s holds no order that can be used (left out: %v)", path, skipped)
	}
	return orders, nil
}

func serve(ctx context.Context, file string, demo bool) error {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return fmt.Errorf("config: log.level: %w", err)
	}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	if cfg.Log.Format == "json" {
		h = slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	}
	records, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = records.Close() }()
	events, err := server.OpenEvents(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = events.Close() }()
	s, err := server.New(cfg, server.Options{Version: version, Demo: demo, Log: slog.New(h), Out: os.Stdout, Store: records, Events: events})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// audit opens the records that there are, for a look beside a running server.
func audit(ctx context.Context, file string) (cli.Auditor, func() error, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return server.Custody(ctx, cfg)
}

func records(ctx context.Context, file string, into bool) (cli.Mover, func() error, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return server.Moving(ctx, cfg, into)
}

func anchor(ctx context.Context, file string) ([]store.Head, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, err
	}
	return server.Anchor(ctx, cfg)
}

// keys opens the records and their keyring; it may run beside a server.
func keys(ctx context.Context, file string) (cli.KeyDesk, func() error, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return server.Keys(ctx, cfg)
}

// keeping opens the records for what is kept and erased; it may run beside a
// server.
func keeping(ctx context.Context, file string, asleep bool) (cli.Privacy, func() error, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, nil, err
	}
	return server.Keeping(ctx, cfg, asleep)
}

func later(ctx context.Context, _, dsn string) (store.Later, error) { return server.Later(ctx, dsn) }

// admin opens the records for people and roles; it may run beside a server.
func admin(ctx context.Context, file string) (cli.Admin, string, func() error, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return nil, "", nil, err
	}
	records, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return nil, "", nil, err
	}
	desk, err := server.People(cfg, records)
	if err != nil {
		_ = records.Close()
		return nil, "", nil, err
	}
	return desk, server.Base(cfg), records.Close, nil
}

func checkConfig(file string) (string, error) {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return "", err
	}
	if _, err := server.Desk(cfg, nil, nil); err != nil {
		return "", err
	}
	name := file
	if name == "" {
		name = "defaults"
	}
	return fmt.Sprintf("configuration is good (%s and environment); data, brands, receivers and texts hold together\n", name), nil
}

func configDocs() string {
	return "# Configuration\n\nOne YAML file, `bonafide --config FILE`; every key has a default, and every key can be overridden by an\n" +
		"environment variable. `bonafide config check FILE` checks both. This page is generated: `make generate`.\n\n" +
		"```yaml\nserver:\n  address: 127.0.0.1:8080\nreader:\n  country: DE\n```\n\n" + config.Markdown()
}

func codesDocs() (string, error) {
	table, err := evidence.LoadTable(server.Knowledge(""))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Evidence codes\n\nEvery finding that an answer can name, with its weight in bits (log2 of the likelihood ratio; positive\n" +
		"speaks for fraud, zero is context). Codes are never renumbered or reused. This page is generated from\n`data/evidence`: `make generate`.\n\n" +
		"| code | bits | kind | group | severity | meaning |\n|---|---|---|---|---|---|\n")
	for _, c := range table.Codes() {
		w, _ := table.Weight(c)
		sev := string(w.Severity)
		if w.StandsAlone {
			sev += ", stands alone"
		}
		fmt.Fprintf(&b, "| `%s` | %+.1f | %s | %s | %s | %s |\n", c, w.Bits, w.Kind, w.Group, sev, strings.ReplaceAll(w.Title.In("en"), "|", "/"))
	}
	return b.String(), nil
}

// evalContact measures the desk with default settings, so that a result does
// not depend on a configuration: no network, no OCR, no books.
func evalContact(ctx context.Context, o cli.EvalOptions, out io.Writer) error {
	cfg := config.Default()
	cfg.OCR.Enabled = false
	desk, err := lean(func() (*contacts.Desk, error) { return server.Desk(cfg, nil, nil) })
	if err != nil {
		return err
	}
	folding, err := text.LoadFolding(server.Knowledge(""))
	if err != nil {
		return err
	}
	library, err := corpus.Open(os.DirFS(o.Data))
	if err != nil {
		return err
	}
	opt := eval.Options{
		Sets: o.Sets, Part: o.Part, Limit: o.Limit, Seed: o.Seed, Errors: o.Errors, Language: folding.Language,
		Version: version, Day: time.Now().UTC().Format(time.DateOnly), Bars: o.Full,
	}
	if o.Full {
		opt.Timed = keyed
		o.Ablate, o.Obfuscate = true, []string{"all"}
	}
	if opt.Obfuscate, err = simulate.ParseKinds(o.Obfuscate); err != nil {
		return fault.New(fault.Invalid, "--obfuscate", "%s", err.Error())
	}
	if o.Ablate {
		opt.Variants = variants(desk)
	}
	if o.Full {
		opt.Variants = append(opt.Variants, compared(desk, library, o.Texts)...)
		opt.Variants = append(opt.Variants, eval.NGrams(library)...)
	}
	report, err := eval.Measure(ctx, desk, library, opt)
	if err != nil {
		return err
	}
	switch {
	case o.Into != "":
		return report.WriteInto(o.Into)
	case o.Markdown:
		return report.WriteMarkdown(out)
	case o.JSON:
		return report.WriteJSON(out)
	}
	return report.WriteText(out)
}

// keyed makes a desk that finds a record or a key for every name. The collector works
// as in a server from then on.
func keyed() (eval.Checker, error) {
	keys, err := eval.NewKeys()
	if err != nil {
		return nil, err
	}
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
	}
	return contacts.New(contacts.Config{Data: data.FS, Now: time.Now, Resolver: func() mailauth.Resolver { return keys }})
}

// trainContact makes the models that ship, from the shipped knowledge only, so
// that the same checkout and corpora give the same bytes.
func trainContact(ctx context.Context, o cli.TrainOptions, out io.Writer) error {
	library := &corpus.Library{}
	if o.Data != "" {
		var err error
		if library, err = corpus.Open(os.DirFS(o.Data)); err != nil {
			return err
		}
	}
	src := train.Sources{Texts: os.DirFS(o.Texts), Data: data.FS, Corpora: library, Except: o.Except}
	if o.LeaveOut {
		return train.ReportLeftOut(ctx, src, o.Langs, out)
	}
	if !o.Whole {
		return train.WriteAll(ctx, src, o.Langs, o.Into, out)
	}
	cfg := config.Default()
	cfg.OCR.Enabled = false
	desk, err := server.Desk(cfg, nil, nil)
	if err != nil {
		return err
	}
	return train.WriteWhole(ctx, src, desk, o.Into, out)
}

// compared are desks with models that do not ship: one that was taught the train
// part of a set that may only be measured on, one that was not taught a set.
func compared(desk *contacts.Desk, library *corpus.Library, texts string) []eval.Variant {
	variant := func(name, kind string, src train.Sources) eval.Variant {
		src.Texts, src.Data, src.Corpora = os.DirFS(texts), data.FS, library
		return eval.Variant{Name: name, Make: func(ctx context.Context) (eval.Checker, error) {
			t, err := train.Whole(ctx, src, desk, kind)
			if err != nil {
				return nil, err
			}
			return desk.WithModel(t.Model), nil
		}}
	}
	return []eval.Variant{
		variant(eval.Fitted, "mail", train.Sources{Also: map[string]float64{"mail-phishing_pot": 1}}),
		variant(eval.Unseen, "sms", train.Sources{Except: []string{"sms-modesim"}}),
	}
}

// variants are desks that lack a kind of knowledge.
func variants(desk *contacts.Desk) []eval.Variant {
	out := []eval.Variant{
		{Name: eval.RulesOnly, Desk: desk.Without(contacts.Ablation{Learned: true})},
		{Name: eval.ModelOnly, Desk: desk.Without(contacts.Ablation{Rules: true})},
		{Name: "without mail authentication", Desk: desk.Without(contacts.Ablation{Authentication: true})},
	}
	if !desk.Learned() {
		for i := range 2 {
			out[i].Missing = "no model ships: all knowledge is rules"
		}
	}
	return out
}
