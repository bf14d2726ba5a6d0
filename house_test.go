// Package bonafide_test holds the rules of the house: which room may import
// which, and how large things may grow. They are asserted here so that a plan
// on paper cannot drift from what is built. ARCHITECTURE.md shows the plan.
package bonafide_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// storeys tells on which floor a package stands; an import only goes down.
// Packages of one floor do not import each other, but for the trees below.
var storeys = map[string]int{
	"ident": 0, "evidence": 0, "fault": 0, "data": 0, "access": 0, "locale": 0, "keyring": 0,
	"contact": 2, "account": 2, "casework": 2,
	"outside": 3, "store": 3, "eventlog": 3,
	"desk": 4,
	"cli":  5, "web": 5, "api": 5,
	"eval":   6,
	"config": 7, "server": 7, "cmd": 7,
}

// trees lists, inside one subject, which rooms a room may stand on beside
// those of its own folder. Every room of contact may use the Contact itself.
var trees = map[string][]string{
	"contact":            {},
	"contact/text":       {"contact"},
	"contact/textmodel":  {},
	"contact/wording":    {"contact", "contact/text", "contact/redflag", "contact/textmodel"},
	"contact/redflag":    {"contact", "contact/text", "contact/textmodel"},
	"contact/phone":      {"contact", "contact/text"},
	"contact/mention":    {"contact", "contact/text"},
	"contact/link":       {"contact", "contact/text"},
	"contact/brand":      {"contact", "contact/text", "contact/link", "contact/phone"},
	"contact/envelope":   {"contact", "contact/text", "contact/link"},
	"contact/hypertext":  {"contact"},
	"contact/qr":         {"contact"},
	"contact/attachment": {"contact", "contact/hypertext", "contact/hypertext/charset", "contact/qr"},
	"contact/mail":       {"contact", "contact/hypertext", "contact/hypertext/charset", "contact/attachment", "contact/qr"},
	"contact/mailauth":   {"contact"},
	"contact/message":    {"contact", "contact/hypertext"},
	"contact/call":       {"contact"},
	"contact/callid":     {"contact"},
	"contact/image":      {"contact"},
	"contact/record":     {"contact"},
	"contact/verdict":    {"contact"},
	"desk/system":        {"desk/custody", "store"},
	"desk/accounts/persons": {"desk/accounts", "desk/accounts/lists", "desk/accounts/past", "account/event", "account/guard", "account/policy", "casework/request", "casework/retention", "contact/term",
		"eventlog", "store"},
	"desk/accounts/books":      {"account/event", "contact/record", "store"},
	"desk/accounts/hypothesis": {"account/event"},
	"desk/accounts/past":       {"account/event", "account/guard", "eventlog", "store"},
	"desk/accounts/notices":    {},
	"desk/accounts/coupling":   {"desk/accounts", "account/event", "store"},
	"desk/accounts/leaks":      {"desk/accounts", "desk/accounts/past", "account/event", "casework/compromise", "eventlog", "store"},
	"desk/accounts/lists":      {"desk/accounts", "account/event", "account/policy", "store"},
	"desk/accounts/hooks":      {"desk/accounts", "casework/retention", "outside/webhook", "store"},
	"eval/train": {"eval/corpus", "eval/score", "contact", "contact/text", "contact/mail", "contact/redflag", "contact/textmodel", "contact/wording", "contact/verdict", "desk/contacts",
		"eval/simulate/shop", "account/policy", "account/riskmodel", "account/window"},
	"account/event":       {},
	"account/window":      {},
	"account/policy":      {"account/event", "account/window", "account/riskmodel"},
	"account/riskmodel":   {},
	"account/guard":       {"account/event", "account/window", "account/policy"},
	"account/burst":       {},
	"account/shadow":      {"account/event", "account/policy", "account/guard"},
	"account/replay":      {"account/event", "account/policy", "account/guard"},
	"account/secevent":    {"account/event"},
	"casework/compromise": {},
	"casework/playbook":   {},
	"casework/report":     {},
	"casework/request":    {},
	"casework/retention":  {},
	"outside/dns":         {"contact/mailauth"},
	"outside/orders":      {"contact/record", "outside/local"},
	"outside/speech":      {"outside/local"},
	"outside/transit":     {"outside/local"},
	"outside/webhook":     {"outside/local"},
	"contact/fingerprint": {"contact", "contact/text", "contact/link"},
	"contact/term":        {"contact", "contact/text", "contact/phone"},
	"eval/load": {"eval/clock", "account/event", "account/guard", "account/policy", "account/replay", "account/window", "eventlog", "eventlog/cold",
		"eventlog/jetstream", "store", "store/sql"},
	"eval/ngram":         {},
	"eval/plot":          {"eval/score"},
	"eval/records":       {"eval/clock", "contact", "contact/term", "contact/verdict", "desk/people", "store"},
	"eventlog/memory":    {"eventlog"},
	"eventlog/jetstream": {"eventlog"},
	"eventlog/logtest":   {"eventlog"},
	"eventlog/shelf":     {},
	"eventlog/cold":      {"account/window"},
	"store":              {"contact", "contact/verdict"},
	"store/sql":          {"store", "contact", "contact/verdict"},
	"store/sealed":       {"store"},
	"store/storetest":    {"store", "store/sql", "contact", "contact/verdict"},
}

// thirdParty names the one package that may import a module; its types do not
// leave it. Page and command libraries stay within the doors.
var thirdParty = map[string][]string{
	"github.com/nyaruka/phonenumbers":     {"contact/phone"},
	"github.com/nlnwa/whatwg-url":         {"contact/link"},
	"github.com/makiuchi-d/gozxing":       {"contact/qr"},
	"github.com/danielgtaylor/huma":       {"api"},
	"github.com/alecthomas/kong":          {"cli"},
	"github.com/knadh/koanf":              {"config"},
	"github.com/prometheus/client_golang": {"server"},
	"github.com/golang-jwt/jwt":           {"access"},
	"github.com/go-jose/go-jose":          {"account/secevent"},
	"modernc.org/sqlite":                  {"store/sql"},
	"github.com/jackc/pgx":                {"store/sql"},
	"github.com/pressly/goose":            {"store/sql"},
	"github.com/pquerna/otp":              {"desk/people/onetime"},
	"github.com/go-webauthn/webauthn":     {"desk/people/passkey"},
	"github.com/coreos/go-oidc":           {"outside/oidc"},
	"github.com/nats-io/nats-server":      {"eventlog/jetstream"},
	"github.com/nats-io/nats.go":          {"eventlog/jetstream"},
	"cel.dev/cel-go":                      {"account/policy"},
	// YAML is the one format of our data: every room that has data reads it.
	"go.yaml.in/yaml": nil,
}

var testModules = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/rogpeppe/go-internal", "github.com/chromedp/", "github.com/emersion/go-msgauth"}

// suites are packages that only tests import: conformance suites and what they
// start. They may use test modules.
var suites = map[string]bool{"outside/crashtest": true, "store/storetest": true, "eventlog/logtest": true, "desk/people/passkey/passkeytest": true}

var forbiddenNames = regexp.MustCompile(`^(util|utils|common|helper|helpers|model|models|types|base|misc|shared|internal|service|services|manager)$`)

const (
	maxFunc    = 80
	maxFile    = 800
	maxPackage = 5000
)

type pkg struct {
	path    string
	files   map[string]*ast.File
	lines   int
	imports map[string]bool
	doc     bool
}

func load(t *testing.T) (map[string]*pkg, *token.FileSet) {
	t.Helper()
	fset := token.NewFileSet()
	pkgs := map[string]*pkg{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "tools" || n == "node_modules" || n == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, path, src, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		p := pkgs[dir]
		if p == nil {
			p = &pkg{path: dir, files: map[string]*ast.File{}, imports: map[string]bool{}}
			pkgs[dir] = p
		}
		p.files[path] = f
		if !ast.IsGenerated(f) { // nobody reads it to understand the package
			p.lines += strings.Count(string(src), "\n")
		}
		p.doc = p.doc || f.Doc != nil && len(strings.Fields(f.Doc.Text())) >= 20
		for _, im := range f.Imports {
			p.imports[strings.Trim(im.Path.Value, `"`)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs, fset
}

func subject(path string) string { return strings.SplitN(path, "/", 2)[0] }

func TestImportsGoDown(t *testing.T) {
	pkgs, _ := load(t)
	for _, p := range pkgs {
		from, ok := storeys[subject(p.path)]
		if !ok {
			t.Errorf("%s stands on no storey: give it one in house_test.go and ARCHITECTURE.md", p.path)
			continue
		}
		for im := range p.imports {
			to, ours := strings.CutPrefix(im, "bonafide/")
			if !ours {
				checkThirdParty(t, p, im)
				continue
			}
			if suites[to] && !suites[p.path] {
				t.Errorf("%s imports the suite %s outside of a test", p.path, to)
			}
			level := storeys[subject(to)]
			allowed, inTree := trees[p.path]
			switch {
			case slices.Contains(allowed, to) || strings.HasPrefix(to, p.path+"/"):
			case level > from:
				t.Errorf("%s imports %s: an import only goes down", p.path, to)
			case level < from && !(inTree && level >= 2 && subject(to) != subject(p.path)):
				if from == 2 && level == 0 && to == "data" {
					t.Errorf("%s imports data: a room takes an fs.FS", p.path)
				}
			case subject(to) == "config" || subject(p.path) == "cmd" || subject(p.path) == "server":
			case subject(to) == "evidence" || level == 0:
			default:
				t.Errorf("%s imports %s: rooms of one storey do not know each other (see trees)", p.path, to)
			}
		}
	}
}

func checkThirdParty(t *testing.T, p *pkg, im string) {
	t.Helper()
	if !strings.Contains(strings.SplitN(im, "/", 2)[0], ".") || strings.HasPrefix(im, "golang.org/x/") {
		return
	}
	for module, owners := range thirdParty {
		if strings.HasPrefix(im, module) {
			if owners != nil && !slices.Contains(owners, p.path) {
				t.Errorf("%s imports %s: only %v may", p.path, im, owners)
			}
			return
		}
	}
	for _, m := range testModules {
		if strings.HasPrefix(im, m) && suites[p.path] {
			return
		}
		if strings.HasPrefix(im, m) {
			t.Errorf("%s imports the test module %s outside of a test", p.path, im)
			return
		}
	}
	t.Errorf("%s imports %s: add it to thirdParty in house_test.go and to docs/dependencies.md", p.path, im)
}

// TestRoomsArePure: on the storeys of knowledge nothing reads a clock, an
// environment, a network, a file or a global source of chance.
func TestRoomsArePure(t *testing.T) {
	pkgs, fset := load(t)
	impure := map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"},
		"os":   nil, "net/http": nil, "os/exec": nil,
		"math/rand": nil, "math/rand/v2": nil, "crypto/rand": nil,
	}
	netOK := map[string]bool{"IP": true, "ParseIP": true, "IPNet": true, "ParseCIDR": true, "ParseMAC": true}
	for _, p := range pkgs {
		if l := storeys[subject(p.path)]; l > 2 || p.path == "data" {
			continue
		}
		for im := range p.imports {
			if names, bad := impure[im]; bad && names == nil {
				t.Errorf("%s imports %s: a room is pure", p.path, im)
			}
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok {
					return true
				}
				if x.Name == "time" && slices.Contains(impure["time"], sel.Sel.Name) && x.Obj == nil {
					t.Errorf("%s: time.%s: a room takes the time as a value", fset.Position(sel.Pos()), sel.Sel.Name)
				}
				if x.Name == "net" && p.imports["net"] && !netOK[sel.Sel.Name] && x.Obj == nil && ast.IsExported(sel.Sel.Name) && strings.HasPrefix(sel.Sel.Name, "Dial") {
					t.Errorf("%s: net.%s: a room opens no connection", fset.Position(sel.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// TestNothingThatAnswersWritesKnowledge: nothing that answers people writes a file
// from which weights, patterns, models or thresholds are read, so that no report,
// check or correction of theirs can move one: all of them come from data.FS and
// the operator's overlay, read once at the start.
func TestNothingThatAnswersWritesKnowledge(t *testing.T) {
	writers := map[string]string{
		"eventlog/jetstream": "makes the folder of the log of events, from which no weight is read",
		"eventlog/shelf":     "makes snapshots and the key beside the log of events, from which no weight is read",
		"eventlog/cold":      "makes files without a name for keys of windows, from which no weight is read",
		"cli":                "makes the file of a backup or export, which only restore and import read, into records",
		"eval":               "writes docs/evaluation.md and its pictures, for maintainers",
		"eval/load":          "makes a folder for what it measures, which is removed afterwards; no weight among it",
		"eval/train":         "writes the models that ship, for maintainers",
		"outside/keyfile":    "makes the file of the keyring, from which no weight is read",
		"outside/ocr":        "gives a child process a folder of its own that is removed afterwards",
		"outside/dns":        "keeps DNS answers for a check that is repeated; no weight among them",
		"store/sql":          "makes the file of records, from which no weight is read",
		"store/storetest":    "starts a database for tests",
	}
	names := []string{"Create", "CreateTemp", "WriteFile", "OpenFile", "OpenRoot", "Rename", "Mkdir", "MkdirAll", "MkdirTemp", "Symlink", "Link", "Truncate"}
	pkgs, fset := load(t)
	for _, p := range pkgs {
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Name == "os" && x.Obj == nil && slices.Contains(names, sel.Sel.Name) && writers[p.path] == "" {
					t.Errorf("%s: os.%s: give the package a line in writers that says why no weight can be moved", fset.Position(sel.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestSizesAndNames(t *testing.T) {
	pkgs, fset := load(t)
	for _, p := range pkgs {
		if p.lines > maxPackage {
			t.Errorf("%s has %d lines: at most %d", p.path, p.lines, maxPackage)
		}
		if !p.doc {
			t.Errorf("%s has no package comment that says what it is for and what not", p.path)
		}
		for _, part := range strings.Split(p.path, "/") {
			if forbiddenNames.MatchString(part) {
				t.Errorf("%s: a package is named after a thing of the field", p.path)
			}
		}
		for path, f := range p.files {
			if ast.IsGenerated(f) {
				continue
			}
			if n := fset.Position(f.End()).Line; n > maxFile {
				t.Errorf("%s has %d lines: at most %d", path, n, maxFile)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if fn.Name.Name == "init" && fn.Recv == nil {
					t.Errorf("%s: init(): a reader must find every wire from server", path)
				}
				if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > maxFunc {
					t.Errorf("%s: %s has %d lines: at most %d", path, fn.Name.Name, n, maxFunc)
				}
			}
		}
	}
}

// TestExportedNamesAreDocumented: every exported name has a sentence that
// begins with it.
func TestExportedNamesAreDocumented(t *testing.T) {
	pkgs, fset := load(t)
	for _, p := range pkgs {
		for path, f := range p.files {
			if ast.IsGenerated(f) {
				continue
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !fn.Name.IsExported() || fn.Recv != nil && !ast.IsExported(receiver(fn)) {
					continue
				}
				if fn.Doc == nil || !strings.HasPrefix(fn.Doc.Text(), fn.Name.Name) {
					t.Errorf("%s: %s: its comment must begin with its name (%s)", path, fn.Name.Name, fset.Position(fn.Pos()))
				}
			}
		}
	}
}

func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	if s, ok := e.(*ast.StarExpr); ok {
		e = s.X
	}
	if ix, ok := e.(*ast.IndexExpr); ok {
		e = ix.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// TestNoMachineInFiles: no file carries the path of a machine.
func TestNoMachineInFiles(t *testing.T) {
	bad := regexp.MustCompile(`[\s"'=(](/home|/Users|/root)/[a-z]+/|/wo` + `rk/(main|shared)|/tm` + `p/(bash_jobs|brief)`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "testdata") {
			if err == nil {
				return filepath.SkipDir
			}
			return err
		}
		if !d.Type().IsRegular() || strings.HasSuffix(path, ".sum") || path == ".git" { // a worktree's .git is a file of git
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) > 4<<20 {
			return err
		}
		if loc := bad.FindIndex(raw); loc != nil {
			t.Errorf("%s names a path of a machine: %q", path, raw[loc[0]:min(loc[1]+20, len(raw))])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
