package data

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each signature file stands once in the map of CONTRIBUTING.md, which names no other, and
// says in its first line what stands in it.
func TestMapOfSignatures(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "# Where is what\n")
	section, _, _ = strings.Cut(section, "\n# ")
	var mapped []string
	for _, m := range regexp.MustCompile(`(?m)^    (?:\S.*?)?  +(\S.*)$`).FindAllStringSubmatch(section, -1) {
		mapped = append(mapped, strings.Fields(m[1])...)
	}
	paths, err := fs.Glob(Probes, "probes/*.probes")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, p := range paths {
		files = append(files, strings.TrimSuffix(strings.TrimPrefix(p, "probes/"), ".probes"))
		b, err := Probes.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), "# ") {
			t.Errorf("%s does not begin with what stands in it", p)
		}
	}
	slices.Sort(mapped)
	slices.Sort(files)
	if !slices.Equal(mapped, files) {
		t.Errorf("the map of CONTRIBUTING.md names\n%s\nand there are\n%s", strings.Join(mapped, " "), strings.Join(files, " "))
	}
}
