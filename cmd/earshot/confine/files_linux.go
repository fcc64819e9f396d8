package confine

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// The rights that a policy speaks of.
const (
	readFile  = ll.AccessFSReadFile
	readTree  = ll.AccessFSReadFile | ll.AccessFSReadDir
	writeTree = readTree | ll.AccessFSWriteFile | ll.AccessFSTruncate | ll.AccessFSMakeReg | ll.AccessFSRemoveFile
)

// restrictFiles lets Landlock refuse every file that the policy does not name and, unless
// it may ask, to bind and connect TCP sockets.
func restrictFiles(p Policy) (missing string, err error) {
	if v, err := ll.LandlockGetABIVersion(); err != nil || v < 1 {
		return "this kernel has no Landlock: only permissions protect files", nil
	}
	var rules []landlock.Rule
	add := func(path string, file, folder landlock.AccessFSSet) {
		st, err := os.Stat(path)
		switch {
		case err != nil:
		case st.IsDir():
			rules = append(rules, landlock.PathAccess(folder, path))
		case st.Mode().IsRegular():
			rules = append(rules, landlock.PathAccess(file, path))
		}
	}
	for _, path := range p.Read {
		add(path, readFile, readTree)
	}
	for _, path := range p.Write {
		add(path, readFile, writeTree)
	}
	config := landlock.V8.BestEffort()
	if p.Ask || p.Serve {
		err = config.RestrictPaths(rules...)
	} else {
		err = config.Restrict(rules...)
	}
	if err != nil {
		return "", fmt.Errorf("cannot restrict files: %w", err)
	}
	return "", nil
}
