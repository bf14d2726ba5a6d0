// Package cli is the command-line door: bonafide check, serve, config, codes,
// eval, replay, policy, train, access, admin, audit, keys, backup, restore, export, import, log, leaks, lists,
// retain, hold, privacy, erasures. It reads files and flags, asks the desk, and prints: the verdict first,
// colours only on a terminal, or JSON.
//
// It decides nothing. What it needs from the storeys above (configuration,
// server, measuring) is handed in by main as functions.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/alecthomas/kong"

	"bonafide/contact/fingerprint"
	"bonafide/desk/contacts"
	"bonafide/eventlog"
	"bonafide/fault"
	"bonafide/store"
)

// Exit codes. With --exit-code, check ends with the code of the worst verdict.
const (
	ExitOK         = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitScam       = 3
	ExitSuspicious = 4
	ExitAlarm      = 5
)

// Checker is what check needs of the desk.
type Checker interface {
	Check(ctx context.Context, req contacts.Request, who contacts.Caller) (*contacts.Answer, error)
	// Fingerprints are the rules by which answers are grouped to campaigns.
	Fingerprints() *fingerprint.Rules
}

// Env is what the commands work with.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal: Stdout is a terminal; Progress: Stderr is one.
	Terminal, Progress bool
	Version            string
	// Lang is the language of the environment (LANG), "" if none of ours.
	Lang string
	// Open makes a desk from a configuration file ("" for none) and overrides.
	Open func(configFile string, o Overrides) (Checker, error)
	// Serve runs the server until the context ends.
	Serve func(ctx context.Context, configFile string, demo bool) error
	// CheckConfig returns a description of the configuration, secrets hidden.
	CheckConfig func(configFile string) (string, error)
	ConfigDocs  func() string
	// CodesDocs documents the evidence codes.
	CodesDocs func() (string, error)
	// AccessDocs documents who may do what.
	AccessDocs func() string
	// EvalContact measures the contact check.
	EvalContact func(ctx context.Context, o EvalOptions, out io.Writer) error
	// Knowledge is the shipped data with a folder laid over it.
	Knowledge func(overlay string) fs.FS
	// TestPolicy checks a policy and runs its cases; the error tells that some
	// failed.
	TestPolicy func(o PolicyOptions, out io.Writer) error
	// EvalGuard measures the account guard.
	EvalGuard func(ctx context.Context, o GuardOptions, out io.Writer) error
	// EvalLoad measures how many events the account guard bears.
	EvalLoad func(ctx context.Context, o LoadOptions, out io.Writer) error
	// EvalAccountModel measures the learned score of the account guard.
	EvalAccountModel func(ctx context.Context, o AccountModelOptions, out io.Writer) error
	// EvalRecords measures pages and searches over many reports; progress is for
	// whoever waits, and the error tells that a bar was not reached.
	EvalRecords func(ctx context.Context, o RecordsOptions, out, progress io.Writer) error
	// TrainContact makes the learned files of the contact check.
	TrainContact func(ctx context.Context, o TrainOptions, out io.Writer) error
	// TrainAccount makes the learned score of the account guard.
	TrainAccount func(ctx context.Context, o TrainAccountOptions, out io.Writer) error
	// Keys opens the records and the keyring that a configuration names; done closes
	// them.
	Keys func(ctx context.Context, configFile string) (desk KeyDesk, done func() error, err error)
	// Anchor hands the heads of the audit chains to the configured address.
	Anchor func(ctx context.Context, configFile string) ([]store.Head, error)
	// Audit opens the records that a configuration names; done closes them.
	Audit func(ctx context.Context, configFile string) (a Auditor, done func() error, err error)
	// VerifyLog walks the frames of a log of events.
	VerifyLog func(ctx context.Context, dir string) ([]LogResult, error)
	// OpenLog opens the log of events in a folder that holds one.
	OpenLog func(ctx context.Context, dir string) (eventlog.Log, error)
	// Records opens the records that a configuration names, to move them; into
	// makes an empty database where there is none.
	Records func(ctx context.Context, configFile string, into bool) (m Mover, done func() error, err error)
	// Privacy opens the records for what is kept and erased; done closes them.
	// Asleep ones are those that a restore fills: no keyring is made for them.
	Privacy func(ctx context.Context, configFile string, asleep bool) (p Privacy, done func() error, err error)
	// Later reads from the records at a DSN what was erased, held and certified.
	Later func(ctx context.Context, configFile, dsn string) (store.Later, error)
	// Admin opens the records for people and roles; base is the address of the
	// pages, done closes the records.
	Admin func(ctx context.Context, configFile string) (a Admin, base string, done func() error, err error)
}

// PolicyOptions are the flags of `bonafide policy test`.
type PolicyOptions struct {
	// File is the policy, the shipped one if empty; Overlay is laid over the
	// shipped data, for an own model of its score.
	File, Overlay string
}

// GuardOptions are the flags of `bonafide eval guard`.
type GuardOptions struct {
	// Events and Labels are files; Mapping and Policy replace the shipped ones.
	Events, Labels, Mapping, Policy string
	// Overlay is laid over the shipped data, for an own model of the policy's score.
	Overlay string
	// Simulate measures on a shop of so many accounts, drawn by Seed, instead.
	Simulate int
	Seed     uint64
	JSON     bool
}

// LoadOptions are the flags of `bonafide eval load`.
type LoadOptions struct {
	// Policy is measured in place of the scenario; Dir is a folder on the disk that is measured.
	Policy, Dir                      string
	Accounts, Events, Decide, Replay int
	Seconds, Rate, Batch, Batches    int
	Peers, Flood                     int
	Seed                             uint64
	JSON                             bool
}

// AccountModelOptions are the flags of `bonafide eval account-model`.
type AccountModelOptions struct {
	// Data is the folder of the transactions.
	Data string
	JSON bool
}

// TrainOptions are the flags of `bonafide train contact`.
type TrainOptions struct {
	// Texts is the folder of written examples, Data that of the corpora, Into
	// where the models go.
	Texts, Data, Into string
	// LeaveOut measures each author by a model of the others and writes nothing.
	LeaveOut bool
	// Whole trains the models of whole texts in place of those of the red flags,
	// Except names sets that they do not learn from.
	Whole  bool
	Except []string
	Langs  []string
}

// TrainAccountOptions are the flags of `bonafide train account`.
type TrainAccountOptions struct {
	// Policy is a file, the shipped one if empty; Into is where the model goes.
	Policy, Into string
	// Seed is of the first of Shops simulated shops, Later ones end and calibrate.
	Seed                         uint64
	Shops, Later, Accounts, Days int
}

// Overrides are settings that flags give for one run.
type Overrides struct {
	DNSFile  string
	DNSCache string
	Mailbox  string
	NoOCR    bool
	Orders   string
	Outbound string
}

// EvalOptions are the flags of `bonafide eval contact`.
type EvalOptions struct {
	Data string
	// Texts is the folder of written examples, for models that Full compares.
	Texts string
	Sets  []string
	Part  string
	JSON  bool
	// Limit bounds the contacts of each set; 0 means all.
	Limit int
	// Seed draws the sample that Limit bounds.
	Seed uint64
	// Errors lists so many of the worst errors by id.
	Errors int
	// Ablate measures desks that lack a kind of knowledge, too; Obfuscate lists
	// disguises whose copies are compared with the originals ("all"); Full does
	// both and adds the table of bars.
	Ablate, Full bool
	Obfuscate    []string
	// Markdown prints the block of tables of docs/evaluation.md; Into replaces
	// that block in a file.
	Markdown bool
	Into     string
}

// grammar is the command line.
type grammar struct {
	Config string `help:"Configuration file (YAML)." type:"path" placeholder:"FILE" env:"BONAFIDE_CONFIG"`

	Check    checkCmd    `cmd:"" help:"Is this contact really from the shop? Takes a mail, text, picture, chat export, mbox or folder."`
	Serve    serveCmd    `cmd:"" help:"Run the server with pages and API."`
	Conf     confCmd     `cmd:"" name:"config" help:"Check or document the configuration."`
	Codes    codesCmd    `cmd:"" help:"Print the documentation of all evidence codes."`
	Access   accessCmd   `cmd:"" help:"Print the table of roles and permissions."`
	Eval     evalCmd     `cmd:"" help:"Measure accuracy on labelled data."`
	Policy   policyCmd   `cmd:"" help:"Check policies of the account guard; list, push, try and publish them on a server."`
	Replay   replayCmd   `cmd:"" help:"Decide a stretch of history again by another policy, and compare (docs/replay.md)."`
	Train    trainCmd    `cmd:"" help:"Make the learned files from written examples."`
	Admin    adminCmd    `cmd:"" help:"Let people in and keep them out, without logging in: for whoever runs the server."`
	Audit    auditCmd    `cmd:"" help:"Verify, export and anchor the audit chains of the records."`
	Events   eventsCmd   `cmd:"" help:"Post a file of account events to a server, and print what was decided."`
	Leaks    leaksCmd    `cmd:"" help:"Ask a running server who may have leaked the orders that fraudsters knew of."`
	Lists    listsCmd    `cmd:"" help:"Show and change the lists that policies ask for, on a running server."`
	Webhooks webhooksCmd `cmd:"" help:"Show and change the addresses that decisions are posted to, on a running server."`
	Log      logCmd      `cmd:"" help:"Verify the log of events."`
	Keys     keysCmd     `cmd:"" help:"List, rotate and retire the keys that seal the most sensitive values of records."`
	Backup   backupCmd   `cmd:"" help:"Write all records to a file, while the server runs, and check it."`
	Restore  restoreCmd  `cmd:"" help:"Bring a backup back into an empty database."`
	Export   exportCmd   `cmd:"" help:"Write the records of a tenant to a file (docs/export-format.md), and check it."`
	Import   importCmd   `cmd:"" help:"Take the export of a tenant into a database that has none of it."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	Retain   retainCmd   `cmd:"" help:"Erase what is past its time, but for what a hold keeps; the server does it too."`
	Hold     holdCmd     `cmd:"" help:"Keep records from being erased, list holds, release them."`
	Privacy  privacyCmd  `cmd:"" help:"Find a person in all records, give them a copy, erase them, list certificates."`
	Erasures erasuresCmd `cmd:"" help:"What was erased, for restored copies."`
}

type serveCmd struct {
	Demo bool `help:"Serve with demo data and print how to start."`
}

type confCmd struct {
	Check confCheckCmd `cmd:"" help:"Check a configuration file and the environment, and print what holds."`
	Docs  confDocsCmd  `cmd:"" help:"Print the documentation of all keys."`
}

type confCheckCmd struct {
	File string `arg:"" optional:"" help:"Configuration file." type:"path"`
}

type (
	confDocsCmd struct{}
	codesCmd    struct{}
	accessCmd   struct{}
	versionCmd  struct{}
)

type evalCmd struct {
	Contact evalContactCmd `cmd:"" help:"Measure the contact check on labelled mails, texts and calls."`
	Guard   evalGuardCmd   `cmd:"" help:"Measure the account guard on a stream of events in which the takeovers are known."`

	Records evalRecordsCmd `cmd:"" help:"Measure pages and searches over many made-up reports, in a database for the purpose."`

	Load evalLoadCmd `cmd:"" help:"Measure how many events the account guard bears, beside PostgreSQL and Redis where they are installed."`

	AccountModel evalAccountModelCmd `cmd:"" help:"Measure the learned score on the handbook's simulated card transactions, by its protocol."`
}

type evalLoadCmd struct {
	Policy   string `help:"Policy; the stated scenario if absent." type:"existingfile" placeholder:"FILE"`
	Dir      string `help:"Folder on the disk that is measured; that of temporary files if absent." type:"existingdir" placeholder:"DIR"`
	Accounts int    `help:"Accounts of the stream." default:"100000"`
	Events   int    `help:"Events of state when speed is measured." default:"1000000"`
	Decide   int    `help:"Decisions that are timed." default:"300000"`
	Replay   int    `help:"Events that are replayed." default:"1000000"`
	Seconds  int    `help:"How long single events are sent." default:"10"`
	Rate     int    `help:"Single events a second." default:"1000"`
	Batch    int    `help:"Events of a durable batch." default:"1000"`
	Batches  int    `help:"How many batches." default:"100"`
	Peers    int    `help:"Events that each peer takes; below 0: no peers." default:"2000"`
	Flood    int    `help:"Sources that a flood comes from; below 0: no flood." default:"1000000"`
	Seed     uint64 `help:"Draws the stream." default:"1"`
	JSON     bool   `help:"Print JSON."`
}

type evalAccountModelCmd struct {
	Data string `help:"Folder with transactions.csv.gz." required:"" type:"existingdir"`
	JSON bool   `help:"Print JSON."`
}

type policyCmd struct {
	Test     policyTestCmd     `cmd:"" help:"Load a policy, print what the lint found, and run its cases."`
	List     policyListCmd     `cmd:"" help:"List the policies of a server, and which of them decides."`
	Push     policyPushCmd     `cmd:"" help:"Give a server a policy as a draft."`
	Check    policyCheckCmd    `cmd:"" help:"Tell whether a policy of a server may go live: cases, cost, and a replay of the last days."`
	Shadow   policyShadowCmd   `cmd:"" help:"Let a policy decide beside the live one for comparison; without a number: how the candidate does."`
	Publish  policyPublishCmd  `cmd:"" help:"Let a policy decide that was tried in the shadow."`
	Retire   policyRetireCmd   `cmd:"" help:"Give a draft or candidate up."`
	Rollback policyRollbackCmd `cmd:"" help:"Bring the policy back that was live before."`
}

type policyTestCmd struct {
	File    string `arg:"" optional:"" help:"Policy; the shipped marketplace-takeover if absent." type:"existingfile"`
	Overlay string `help:"Folder that is laid over the shipped data: an own model of the policy's score." type:"existingdir" placeholder:"DIR"`
}

type evalGuardCmd struct {
	Events   string `help:"Events, one JSON object a line; may be gzipped." type:"existingfile" placeholder:"FILE"`
	Labels   string `help:"Known takeovers by account (JSON)." type:"existingfile" placeholder:"FILE"`
	Mapping  string `help:"Mapping of the events; the shipped takeover-chain if absent." type:"existingfile" placeholder:"FILE"`
	Policy   string `help:"Policy; the shipped marketplace-takeover if absent." type:"existingfile" placeholder:"FILE"`
	Overlay  string `help:"Folder that is laid over the shipped data: an own model of the policy's score." type:"existingdir" placeholder:"DIR"`
	Simulate int    `help:"Measure on a simulated shop of so many accounts, instead of files." placeholder:"ACCOUNTS"`
	Seed     uint64 `help:"Draws the simulated shop." default:"1"`
	JSON     bool   `help:"Print JSON."`
}

type evalContactCmd struct {
	Data   string   `help:"Folder with the corpora." required:"" type:"existingdir"`
	Set    []string `help:"Only these sets, such as sms-uci." placeholder:"SET"`
	Part   string   `help:"Part of the data: test or train." default:"test" enum:"test,train"`
	JSON   bool     `help:"Print JSON." xor:"form"`
	Limit  int      `help:"At most so many contacts of each set (a seeded sample); 0: all."`
	Seed   uint64   `help:"Draws the sample." default:"1"`
	Errors int      `help:"List so many of the worst errors of each set and kind by id, with the codes that fired."`

	Ablate    bool     `help:"Measure without the model, by the model alone, and without mail authentication, too."`
	Obfuscate []string `help:"Compare disguised copies with the originals: all, zero-width, homoglyph, l33t, spacing, html-hiding, image-only, qr-only, base64, rtl, reply-chain, padding." placeholder:"KIND"`
	Full      bool     `help:"All of it: --ablate, --obfuscate all, models that do not ship for comparison, and the table of bars. Takes many minutes."`
	Texts     string   `help:"Folder with the written examples, which --full trains on." default:"training" type:"path"`

	Markdown bool   `help:"Print the block of tables of docs/evaluation.md." xor:"form"`
	Into     string `help:"Replace the block of tables in this file." type:"existingfile" placeholder:"FILE" xor:"form"`
}

type trainCmd struct {
	Contact trainContactCmd `cmd:"" help:"Train the models of the red flags."`
	Account trainAccountCmd `cmd:"" help:"Train the learned score of a policy of the account guard, on simulated shops."`
}

type trainAccountCmd struct {
	Policy   string `help:"Policy whose score is trained; the shipped marketplace-takeover if absent." type:"existingfile" placeholder:"FILE"`
	Into     string `help:"Folder of the models." default:"data/models" type:"existingdir"`
	Seed     uint64 `help:"Seed of the first simulated shop, from 1001; those below are for measuring." default:"1001"`
	Shops    int    `help:"Simulated shops that trees are grown from." default:"6"`
	Later    int    `help:"Further shops that end the training and calibrate." default:"3"`
	Accounts int    `help:"Accounts of each shop." default:"6000"`
	Days     int    `help:"Days that each shop is watched." default:"60"`
}

type trainContactCmd struct {
	Texts    string   `help:"Folder with the written examples." default:"training" type:"existingdir"`
	Data     string   `help:"Folder with the corpora, for what honest messages say; English and German need it." type:"existingdir"`
	Into     string   `help:"Folder of the models." default:"data/models" type:"existingdir"`
	LeaveOut bool     `help:"Measure each author by a model of the others; write nothing."`
	Whole    bool     `help:"Train the models of whole texts, which read what the models of the red flags found: train those first."`
	Except   []string `help:"Sets that whole texts are not learned from, to measure on them." placeholder:"SET"`
	Lang     []string `help:"Only these languages." placeholder:"LANG"`
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, args []string, env Env) int {
	var g grammar
	parser, err := kong.New(&g, kong.Name("bonafide"),
		kong.Description("Is this call, mail, text or order notice really from the shop, and what do I do now?"),
		kong.Writers(env.Stdout, env.Stderr), kong.Exit(func(code int) { panic(exit(code)) }))
	if err != nil {
		fmt.Fprintln(env.Stderr, "bonafide:", err)
		return ExitFailed
	}
	return guard(func() int { return dispatch(ctx, parser, &g, args, env) })
}

// exit carries kong's wish to end (after --help) out of its parser.
type exit int

func guard(f func() int) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	return f()
}

func dispatch(ctx context.Context, parser *kong.Kong, g *grammar, args []string, env Env) int {
	kctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(env.Stderr, "bonafide: %v\nbonafide --help lists commands and flags.\n", err)
		return ExitUsage
	}
	switch kctx.Command() {
	case "check", "check <file>":
		return g.Check.run(ctx, g.Config, env)
	case "serve":
		err = env.Serve(ctx, g.Config, g.Serve.Demo)
	case "config check", "config check <file>":
		file := g.Conf.Check.File
		if file == "" {
			file = g.Config
		}
		var text string
		if text, err = env.CheckConfig(file); err == nil {
			fmt.Fprint(env.Stdout, text)
		}
	case "config docs":
		fmt.Fprint(env.Stdout, env.ConfigDocs())
	case "codes":
		var text string
		if text, err = env.CodesDocs(); err == nil {
			fmt.Fprint(env.Stdout, text)
		}
	case "access":
		fmt.Fprint(env.Stdout, env.AccessDocs())
	case "eval contact":
		e := g.Eval.Contact
		err = env.EvalContact(ctx, EvalOptions{
			Data: e.Data, Sets: e.Set, Part: e.Part, JSON: e.JSON, Limit: e.Limit, Seed: e.Seed, Errors: e.Errors, Markdown: e.Markdown, Into: e.Into,
			Ablate: e.Ablate, Obfuscate: e.Obfuscate, Full: e.Full, Texts: e.Texts,
		}, env.Stdout)
	case "policy test", "policy test <file>":
		err = env.TestPolicy(PolicyOptions(g.Policy.Test), env.Stdout)
	case "policy list", "policy push <file>", "policy check <number>", "policy shadow", "policy shadow <number>", "policy publish <number>", "policy retire <number>", "policy rollback":
		err = g.Policy.run(ctx, env, kctx.Command())
	case "replay":
		err = g.Replay.run(ctx, env)
	case "eval guard":
		err = env.EvalGuard(ctx, GuardOptions(g.Eval.Guard), env.Stdout)
	case "eval load":
		err = env.EvalLoad(ctx, LoadOptions(g.Eval.Load), env.Stdout)
	case "eval account-model":
		err = env.EvalAccountModel(ctx, AccountModelOptions(g.Eval.AccountModel), env.Stdout)
	case "eval records":
		err = env.EvalRecords(ctx, RecordsOptions(g.Eval.Records), env.Stdout, env.Stderr)
	case "train contact":
		c := g.Train.Contact
		err = env.TrainContact(ctx, TrainOptions{Texts: c.Texts, Data: c.Data, Into: c.Into, LeaveOut: c.LeaveOut, Whole: c.Whole, Except: c.Except, Langs: c.Lang}, env.Stdout)
	case "train account":
		err = env.TrainAccount(ctx, TrainAccountOptions(g.Train.Account), env.Stdout)
	case "audit verify", "audit head", "audit export", "audit anchor":
		err = g.Audit.run(ctx, kctx.Command(), g.Config, env)
	case "keys list", "keys add", "keys rotate", "keys retire <id>", "keys wrap":
		err = g.Keys.run(ctx, kctx.Command(), g.Config, env)
	case "events <file>":
		err = g.Events.run(ctx, env)
	case "log verify":
		err = g.Log.Verify.run(ctx, env)
	case "backup <file>", "restore <file>", "export <file>", "import <file>":
		err = g.moveRecords(ctx, kctx.Command(), env)
	case "admin create <login>", "admin reset <login>", "admin people", "admin sessions <login>", "admin keys", "admin end-key <id>", "admin setup-code":
		err = g.Admin.run(ctx, kctx.Command(), g.Config, env)
	case "retain", "hold list", "hold add", "hold release <id>", "privacy find <person>", "privacy copy <person>", "privacy erase <person>", "privacy certificates", "privacy certificates <id>":
		err = g.runPrivacy(ctx, kctx.Command(), env)
	case "erasures export <file>", "erasures apply <file>":
		err = g.runErasures(ctx, kctx.Command(), env)
	case "version":
		fmt.Fprintln(env.Stdout, "bonafide", env.Version)
	default:
		err = g.remotely(ctx, kctx.Command(), env)
	}
	return report(err, env.Stderr)
}

// remotely does what asks a running server.
func (g *grammar) remotely(ctx context.Context, command string, env Env) error {
	switch {
	case command == "leaks":
		return g.Leaks.run(ctx, env)
	case strings.HasPrefix(command, "lists "):
		return g.Lists.run(ctx, env, command)
	case strings.HasPrefix(command, "webhooks"):
		return g.Webhooks.run(ctx, env, command)
	}
	return nil
}

// report prints an error and returns its exit code.
func report(err error, w io.Writer) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return ExitOK
	}
	fmt.Fprintln(w, "bonafide:", err)
	switch {
	case fault.KindOf(err) == fault.Invalid, errors.Is(err, fs.ErrNotExist):
		return ExitUsage
	}
	return ExitFailed
}
