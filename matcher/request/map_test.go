package request

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The package's page lists each file with the protocols it knows, so that who looks for one
// finds it. What is returned as a Kind, or stands in a table of them, is known there.
func TestMapIsTrue(t *testing.T) {
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	known := map[string]map[string]bool{} // families by file
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		known[name] = map[string]bool{}
	}
	info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: nothingImported{}, Error: func(error) {}} // a literal has its type without what is imported
	conf.Check("request", fset, files, &info)
	var page string
	for _, f := range files {
		if f.Doc != nil {
			page += f.Doc.Text()
		}
		families := known[fset.Position(f.Pos()).Filename]
		ast.Inspect(f, func(n ast.Node) bool { return note(n, &info, families) })
	}
	for name, want := range known {
		got, ok := listed(page, name)
		if !ok {
			t.Errorf("the package's page does not list %s", name)
		}
		if rest := slices.Sorted(maps.Keys(want)); !slices.Equal(got, rest) {
			t.Errorf("the package's page should list\n\t%s %s\nand has %s", name, strings.Join(rest, " "), strings.Join(got, " "))
		}
	}
	for line := range strings.Lines(page) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasSuffix(name, ".go") && known[name] == nil {
			t.Errorf("the package's page lists %s, which there is not", name)
		}
	}
}

// note puts the family of n into families if n is a kind that is not compared with another.
func note(n ast.Node, info *types.Info, families map[string]bool) bool {
	switch n := n.(type) {
	case *ast.CaseClause: // asks for kinds, and knows none
		for _, s := range n.Body {
			ast.Inspect(s, func(n ast.Node) bool { return note(n, info, families) })
		}
		return false
	case *ast.BinaryExpr:
		return n.Op != token.EQL && n.Op != token.NEQ
	case *ast.BasicLit:
		v := info.Types[n]
		if v.Type != nil && v.Type.String() == "request.Kind" && v.Value != nil && constant.StringVal(v.Value) != "" {
			families[Kind(constant.StringVal(v.Value)).Family()] = true
		}
	}
	return true
}

// listed returns the words behind a file's name on the page, which go on in lines that begin
// with no name; a file that knows no protocol is told of in other words behind a dash.
func listed(page, name string) (words []string, ok bool) {
	for line := range strings.Lines(page) {
		first, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case !strings.HasPrefix(line, "\t"):
			if ok {
				return words, ok
			}
		case first == name:
			ok = true
			if !strings.HasPrefix(strings.TrimSpace(rest), "- ") {
				words = strings.Fields(rest)
			}
		case strings.HasSuffix(first, ".go"):
			if ok {
				return words, ok
			}
		case ok:
			words = append(words, strings.Fields(line)...)
		}
	}
	return words, ok
}

// nothingImported gives an empty package for any that is imported.
type nothingImported struct{}

func (nothingImported) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}
