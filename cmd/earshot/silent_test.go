package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sends reports whether something of another package opens a connection, sends, or starts
// a program that could.
func sends(o types.Object) bool {
	if o.Pkg() == nil {
		return false
	}
	name := o.Name()
	switch o.Pkg().Path() {
	case "earshot/active", "earshot/active/discover", "os/exec", "net/smtp", "net/rpc", "golang.org/x/net/proxy", "golang.org/x/net/icmp":
		return true
	case "net":
		return strings.HasPrefix(name, "Dial") || strings.HasPrefix(name, "Lookup") || strings.HasPrefix(name, "Write") || name == "Resolver" ||
			slices.Contains([]string{"ListenPacket", "ListenUDP", "ListenMulticastUDP", "ListenIP", "ListenUnixgram"}, name)
	case "crypto/tls":
		return strings.HasPrefix(name, "Dial") || name == "Client"
	case "net/http":
		return slices.Contains([]string{"Get", "Head", "Post", "PostForm", "Client", "Transport", "DefaultClient", "DefaultTransport", "RoundTripper", "NewRequest", "NewRequestWithContext"}, name)
	case "syscall", "golang.org/x/sys/unix":
		return strings.HasPrefix(name, "Send") || slices.Contains([]string{"Connect", "Write", "Writev", "Pwrite", "ForkExec", "Exec", "StartProcess"}, name)
	case "github.com/google/gopacket/pcap":
		return strings.HasPrefix(name, "WritePacketData")
	case "os":
		return name == "StartProcess"
	}
	return false
}

// checked is a package of this module with what its identifiers mean.
type checked struct {
	path  string
	files []*ast.File
	info  types.Info
}

// checkedPackages reads packages of this module and what they depend on there.
func checkedPackages(t *testing.T, roots ...string) (out []*checked, fset *token.FileSet) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,CgoFiles,Export,Standard"}, roots...)...)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles, CgoFiles       []string
		Standard                bool
	}
	var ours []listed
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, "earshot") && !p.Standard {
			if len(p.CgoFiles) > 0 {
				t.Fatalf("%s has C of its own, which this test cannot see into", p.ImportPath)
			}
			ours = append(ours, p)
		}
	}
	fset = token.NewFileSet()
	look := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", look)}
	for _, p := range ours {
		c := &checked{path: p.ImportPath, info: types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.files = append(c.files, f)
		}
		if _, err := conf.Check(p.ImportPath, fset, c.files, &c.info); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out, fset
}

// Nothing that listening is made of can dial: the packages below it refer to nothing that
// sends, and from listen no function that does can be reached in this one, but by an asker,
// which only watch makes.
func TestListenHasNoDialer(t *testing.T) {
	below, fset := checkedPackages(t, "earshot/capture", "earshot/matcher", "earshot/state", "earshot/state/report", "earshot/state/sqlite", "earshot/data", "earshot/cmd/earshot/confine")
	seen := map[string]bool{}
	for _, p := range below {
		seen[p.path] = true
		for id, o := range p.info.Uses {
			if sends(o) {
				t.Errorf("%s: %s.%s sends", fset.Position(id.Pos()), o.Pkg().Path(), o.Name())
			}
		}
	}
	if len(seen) < 7 || seen["earshot/active"] {
		t.Errorf("listening is made of %v", seen)
	}

	all, fset := checkedPackages(t, ".")
	main := all[len(all)-1]
	if main.path != "earshot/cmd/earshot" {
		t.Fatalf("%s is not the command", main.path)
	}
	bodies := map[types.Object]*ast.FuncDecl{}
	for _, f := range main.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				bodies[main.info.Defs[fn.Name]] = fn
			}
		}
	}
	uses := func(fn *ast.FuncDecl, visit func(*ast.Ident, types.Object)) {
		ast.Inspect(fn, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && main.info.Uses[id] != nil {
				visit(id, main.info.Uses[id])
			}
			return true
		})
	}
	ofAsker := func(fn *ast.FuncDecl) bool {
		return fn.Recv != nil && len(fn.Recv.List) == 1 && strings.Contains(types.ExprString(fn.Recv.List[0].Type), "asker")
	}
	var found []string // what sends, of what was reached
	reach := func(from string) map[string]bool {
		reached, done := map[string]bool{}, map[types.Object]bool{}
		found = nil
		var walk func(o types.Object)
		walk = func(o types.Object) {
			fn := bodies[o]
			if fn == nil || done[o] || ofAsker(fn) {
				return
			}
			done[o], reached[o.Name()] = true, true
			uses(fn, func(_ *ast.Ident, x types.Object) {
				if sends(x) {
					found = append(found, o.Name()+": "+x.Pkg().Path()+"."+x.Name())
				}
				walk(x)
			})
		}
		for o, fn := range bodies {
			if fn.Recv == nil && fn.Name.Name == from {
				walk(o)
			}
		}
		return reached
	}
	reached := reach("listen")
	for _, f := range found {
		t.Errorf("listen reaches %s", f)
	}
	if !reached["listenLive"] || !reached["flush"] || reached["newAsker"] {
		t.Errorf("from listen: %v", reached)
	}
	if reach("probeCommand"); len(found) == 0 {
		t.Error("probe reaches nothing that sends: the test sees nothing")
	}
	for _, fn := range bodies {
		uses(fn, func(id *ast.Ident, o types.Object) {
			if o.Name() == "newAsker" && fn.Name.Name != "watch" {
				t.Errorf("%s: %s makes an asker", fset.Position(id.Pos()), fn.Name.Name)
			}
		})
	}
}
