package bonafide_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bonafide/data"
	"bonafide/locale"
)

// TestEveryAuditActionHasWords: each action that a desk writes into the audit
// has words in the locale files, from which the page of the audit takes what can
// be chosen there; and no words are of an action that nobody writes. Actions that
// are put together ("policy." + state) need at least one.
func TestEveryAuditActionHasWords(t *testing.T) {
	texts, err := locale.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	const prefix = "audit.action."
	var worded []string
	for _, key := range texts.Keys() {
		if action, ok := strings.CutPrefix(key, prefix); ok {
			worded = append(worded, action)
		}
	}
	written := auditActions(t, "desk", "server", "cli", "store")
	for action := range written {
		if begins := strings.HasSuffix(action, "."); begins && !slices.ContainsFunc(worded, func(w string) bool { return strings.HasPrefix(w, action) }) ||
			!begins && !slices.Contains(worded, action) {
			t.Errorf("%s writes %q into the audit: give it words, %s%s in data/locale/*.yaml", written[action], action, prefix, action)
		}
	}
	for _, w := range worded {
		if written[w] == "" && !slices.ContainsFunc(slices.Collect(maps.Keys(written)), func(a string) bool { return strings.HasSuffix(a, ".") && strings.HasPrefix(w, a) }) {
			t.Errorf("%s%s has words and nobody writes it", prefix, w)
		}
	}
	if len(written) < 40 {
		t.Errorf("only %d actions were found: does this test still know how they are written?", len(written))
	}
}

// auditActions finds the literal actions of deeds in the code below some
// folders, each with a file that writes it.
func auditActions(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, folder := range folders {
		packages := map[string][]*ast.File{}
		fset := token.NewFileSet()
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest") {
				return err
			}
			f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, files := range packages {
			takes := actionPlaces(files)
			for _, f := range files {
				ast.Inspect(f, func(n ast.Node) bool {
					for _, e := range actionsOf(n, takes) {
						if a := beginning(e); strings.Contains(a, ".") {
							out[a] = fset.Position(e.Pos()).Filename
						}
					}
					return true
				})
			}
		}
	}
	return out
}

// actionPlaces tells which argument of a package's functions is an action.
func actionPlaces(files []*ast.File) map[string]int {
	places := map[string]int{}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			i := 0
			for _, field := range fn.Type.Params.List {
				for _, name := range field.Names {
					if name.Name == "action" {
						places[fn.Name.Name] = i
					}
					i++
				}
			}
		}
	}
	return places
}

// actionsOf gives the expressions within one node that are actions of the audit.
func actionsOf(n ast.Node, takes map[string]int) (out []ast.Expr) {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Action" {
			out = append(out, n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if s, ok := left.(*ast.SelectorExpr); ok && s.Sel.Name == "Action" && i < len(n.Rhs) {
				out = append(out, n.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if strings.HasPrefix(strings.ToLower(name.Name), "action") && i < len(n.Values) {
				out = append(out, n.Values[i])
			}
		}
	case *ast.CallExpr:
		var name string
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if i, ok := takes[name]; ok && i < len(n.Args) {
			out = append(out, n.Args[i])
		}
	}
	return out
}

// beginning is the text of a literal, or of the literal that a sum begins with.
func beginning(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return beginning(e.X)
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return s
		}
	}
	return ""
}
