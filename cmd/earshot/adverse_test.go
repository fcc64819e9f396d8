package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// put writes a file and returns its path.
func put(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each of several files that are damaged has its line, and the others are reported.
func TestSeveralComplaints(t *testing.T) {
	b := string(packets(t))
	dir := t.TempDir()
	put(t, dir, "a.pcap", b)
	put(t, dir, "b.pcap", b[:len(b)/2+7])
	put(t, dir, "c.pcap", b[:10])
	none := filepath.Join(dir, "none")
	want := earshot(t, "", "listen", "-r", day, "-oJ", "-").want(t, 0).out
	r := earshot(t, "", "listen", "-r", dir, "-r", none, "-oJ", "-").want(t, 3)
	if r.out != want {
		t.Error("what could be read is reported otherwise")
	}
	lines := strings.Split(strings.TrimSpace(r.errs), "\n")
	if len(lines) != 3 {
		t.Fatalf("want three lines: %q", lines)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "earshot: "+dir) {
			t.Errorf("whose line is this? %s", l)
		}
	}
	if !strings.Contains(r.errs, none+": there is no such file") {
		t.Errorf("the missing file is not named in plain words: %q", r.errs)
	}
}

// Where nothing at all can be read, there is no report and the run has failed.
func TestNothingRead(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.xml")
	for name, text := range map[string]string{
		"header": string(packets(t)[:10]), "section": "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00", "gzip": "\x1f\x8b\x08\x00\x00\x00", "text": "hello, world",
	} {
		r := earshot(t, "", "listen", "-r", put(t, dir, name, text), "-oX", out).want(t, 1)
		if strings.Count(r.errs, "\n") != 1 || r.out != "" {
			t.Errorf("%s: says %q, prints %q", name, r.errs, r.out)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a report of nothing was left behind")
	}
}

// A folder that may not be looked into does not hide the rest.
func TestUnreadableFolder(t *testing.T) {
	words := []string{binary}
	switch euid := os.Geteuid(); {
	case euid < 0:
		t.Skip("folders have no permissions here")
	case euid == 0: // who may look into any folder, but for this
		setpriv, err := exec.LookPath("setpriv")
		if err != nil {
			t.Skip(err)
		}
		words = []string{setpriv, "--bounding-set", "-dac_override,-dac_read_search", binary}
	}
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "a.pcap", string(packets(t)))
	words = append(words, "listen", "-r", dir, "-oJ", "-")
	r := runs(t, exec.Command(words[0], words[1:]...)).want(t, 3)
	if !strings.Contains(r.out, "OpenSSH") || !strings.Contains(r.errs, closed+": no permission") {
		t.Errorf("says %q", r.errs)
	}
}

// A report that cannot be written does not take the others with it.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	path := filepath.Join(t.TempDir(), "out.jsonl")
	r := earshot(t, "", "listen", "-r", day, "-oX", "/dev/full", "-oJ", path).want(t, 1)
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "OpenSSH") || !strings.Contains(r.out, "OpenSSH") {
		t.Errorf("the other reports are not whole (%v)", err)
	}
	if want := "earshot: /dev/full: no space left on device\n"; r.errs != want {
		t.Errorf("says %q, want %q", r.errs, want)
	}
}

// A capture is never taken for the place of a report.
func TestReportOverCapture(t *testing.T) {
	dir := t.TempDir()
	b := string(packets(t))
	path := put(t, dir, "a.pcap", b)
	for _, in := range []string{path, dir} {
		r := earshot(t, "", "listen", "-r", in, "-oX", filepath.Join(dir, ".", "a.pcap"))
		r.want(t, 2)
		if got, err := os.ReadFile(path); string(got) != b || err != nil {
			t.Fatalf("the capture was written over (%v)", err)
		}
	}
}

func TestStandardInputTwice(t *testing.T) {
	r := earshot(t, string(packets(t)), "listen", "-r", "-", "-r", "-").want(t, 2)
	if !strings.Contains(r.errs, "only once") {
		t.Errorf("says %q", r.errs)
	}
}

// Names of files are other people's bytes, too.
func TestNamesOfFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such names")
	}
	dir := t.TempDir()
	b := string(packets(t))
	path := put(t, dir, "päck\x1b[31m\n\u202ex\x9b.pcap", b[:len(b)/2+7])
	r := earshot(t, "", "listen", "-r", path).want(t, 3)
	if want := `päck\x1b[31m\x0a\xe2\x80\xaex\x9b.pcap: at byte `; !strings.Contains(r.errs, want) || strings.Count(r.errs, "\n") != 1 {
		t.Errorf("says %q", r.errs)
	}
	for _, flag := range []string{"-oN", "-oX", "-oG", "-oJ"} {
		r := earshot(t, "", "listen", flag, "-", "-r", path).want(t, 3)
		if i := strings.IndexFunc(r.out, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c > '~' }); i >= 0 {
			t.Errorf("%s: byte %#x reaches the terminal", flag, r.out[i])
		}
	}
}

// A banner cannot act on the terminal.
func TestHostileBanner(t *testing.T) {
	r := earshot(t, "SSH-2.0-OpenSSH_9\x1b[31m\u202e\x9b\r\n", "match").want(t, 0)
	if i := strings.IndexFunc(r.out, func(c rune) bool { return c < ' ' && c != '\n' || c > '~' }); i >= 0 || !strings.Contains(r.out, "OpenSSH") {
		t.Errorf("match prints %q", r.out)
	}
}

// A line of the user's own that could never match is said, not passed over.
func TestBrokenSignature(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Probe TCP X q|a|\nmatch foo m|^x| p/x/\nmatch foo m|(| p/x/\n", "my.probes:3: pattern"},
		{"match foo m|x|\n", "my.probes:1: match before"},
		{"\x7fELF\x02\x01\x01\x00", "my.probes:1: "},
	} {
		path := put(t, t.TempDir(), "my.probes", c.text)
		for _, args := range [][]string{{"listen", "-r", day}, {"match"}} {
			r := earshot(t, "", append(args, "--versiondb", path)...).want(t, 1)
			if want := fmt.Sprint("earshot: ", c.want); !strings.HasPrefix(r.errs, want) || strings.Count(r.errs, "\n") != 1 || r.out != "" {
				t.Errorf("%q: says %q, want %q", args, r.errs, want)
			}
		}
	}
}
