package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// These tests run the real program, built once, over captures of real servers.

const day = "../../testdata/captures/lab-day.pcap.gz"

// binary is the program under test; TestMain builds it.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv("EARSHOT_PEER") != "" { // a host of a network plays a part, and is killed at the end: see TestPeer
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "earshot")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "earshot")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	code := 1
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// result is what a run of the program left.
type result struct {
	out, errs string
	code      int
}

// earshot runs the program with in on its standard input.
func earshot(t testing.TB, in string, args ...string) result {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Stdin = strings.NewReader(in)
	return runs(t, cmd)
}

// runs runs the program to its end.
func runs(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	if strings.Contains(r.errs, "goroutine ") {
		t.Fatalf("earshot %q panicked:\n%s", cmd.Args, r.errs)
	}
	return r
}

// want fails unless the program ended with code.
func (r result) want(t testing.TB, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit status %d, want %d; standard error:\n%s", r.code, code, r.errs)
	}
	return r
}

// packets returns the unpacked bytes of the day's capture.
func packets(t testing.TB) []byte { return unpacked(t, day) }

// unpacked returns what a file has inside gzip.
func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestListenTable(t *testing.T) {
	r := earshot(t, "", "listen", "-r", day).want(t, 0)
	for _, want := range []string{
		"\nearshot report for h11.lab.test (10.77.0.11)\n",
		"\nPORT     STATE SERVICE ",
		"22/tcp   open  ssh ",
		"OpenSSH 9.2p1",
		"nginx 1.22.1",
		"\nearshot done: ",
	} {
		if !strings.Contains("\n"+r.out, want) {
			t.Errorf("%q is not in the table", want)
		}
	}
	if r.errs != "" {
		t.Errorf("a plain run says on standard error: %s", r.errs)
	}
}

// The report depends on the packets, not on how the work was shared or how often it
// was done.
func TestListenIsDeterministic(t *testing.T) {
	var first string
	for _, workers := range []string{"1", "2", "8", "1", "8"} {
		r := earshot(t, "", "listen", "-r", day, "-oJ", "-", "--workers", workers).want(t, 0)
		if first == "" {
			first = r.out
		}
		if r.out != first {
			t.Errorf("--workers %s reports otherwise", workers)
		}
	}
	if n := strings.Count(first, "\n"); n < 40 {
		t.Fatalf("only %d lines", n)
	}
	for l := range strings.Lines(first) {
		var v map[string]any
		if err := json.Unmarshal([]byte(l), &v); err != nil || v["host"] == nil {
			t.Errorf("%v: %s", err, l)
		}
	}
}

// Both engines of regular expressions give one report.
func TestListenEngines(t *testing.T) {
	want := earshot(t, "", "listen", "-r", day, "-oJ", "-").want(t, 0).out
	if got := earshot(t, "", "listen", "-r", day, "-oJ", "-", "--engine", "regexp2").want(t, 0).out; got != want {
		t.Error("regexp2 reports otherwise")
	}
}

// The same bytes from a file, from standard input and from a folder are one report.
func TestListenInputs(t *testing.T) {
	b := packets(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pcap"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	want := earshot(t, "", "listen", "-r", day, "-oJ", "-").want(t, 0).out
	if got := earshot(t, string(b), "listen", "-r", "-", "-oJ", "-").want(t, 0).out; got != want {
		t.Error("standard input is reported otherwise")
	}
	if got := earshot(t, "", "listen", "-r", dir, "-oJ", "-").want(t, 0).out; got != want {
		t.Error("a folder is reported otherwise")
	}
}

func TestListenOutputs(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "day")
	r := earshot(t, "", "listen", "-r", day, "-oA", base).want(t, 0)
	if !strings.Contains(r.out, "OpenSSH") {
		t.Error("the table is missing beside files")
	}
	for ext, want := range map[string]string{
		".nmap": "# earshot ", ".xml": "<?xml ", ".gnmap": "# earshot ", ".jsonl": `{"type":"host"`,
	} {
		b, err := os.ReadFile(base + ext)
		if err != nil || !strings.HasPrefix(string(b), want) || !strings.Contains(string(b), "OpenSSH") {
			t.Errorf("%s: %v, begins %.40q", ext, err, b)
		}
	}
	if x, err := exec.LookPath("xmllint"); err == nil {
		if _, err := os.Stat("/usr/share/nmap/nmap.dtd"); err == nil {
			if out, err := exec.Command(x, "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", base+".xml").CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		}
	}
	r = earshot(t, "", "listen", "-r", day, "-oX", "-", "-oG", filepath.Join(dir, "g")).want(t, 0)
	if !strings.HasPrefix(r.out, "<?xml ") || strings.Contains(r.out, "earshot report for") {
		t.Errorf("with -oX - standard output begins %.60q", r.out)
	}
}

// A file that stands there is not touched by a run that fails, and one that was not
// there is not left behind.
func TestFailedRunLeavesFilesAlone(t *testing.T) {
	dir := t.TempDir()
	old, fresh, empty := filepath.Join(dir, "old"), filepath.Join(dir, "fresh"), filepath.Join(dir, "empty.pcap")
	for _, f := range []string{old, empty} {
		text := "precious"
		if f == empty {
			text = ""
		}
		if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	earshot(t, "", "listen", "-r", empty, "-oX", old, "-oJ", fresh).want(t, 1)
	earshot(t, "", "listen", "-r", day, "-oX", old, "-oJ", fresh, "-oG", filepath.Join(dir, "no", "such")).want(t, 1)
	if b, err := os.ReadFile(old); string(b) != "precious" || err != nil {
		t.Errorf("the old file holds %q (%v)", b, err)
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a file was left behind")
	}
}

// A capture that breaks off is reported as far as it goes.
func TestListenTruncated(t *testing.T) {
	b := packets(t)
	path := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(path, b[:len(b)/2+7], 0o644); err != nil {
		t.Fatal(err)
	}
	r := earshot(t, "", "listen", "-r", path, "-oJ", "-").want(t, 3)
	if !strings.Contains(r.out, `"type":"service"`) {
		t.Error("nothing is reported of the whole part")
	}
	if n := strings.Count(r.errs, "\n"); n != 1 || !strings.Contains(r.errs, path) || !strings.Contains(r.errs, "byte") {
		t.Errorf("want one line that says where it broke: %q", r.errs)
	}
}

func TestListenLimits(t *testing.T) {
	all := earshot(t, "", "listen", "-r", day, "-oJ", "-").want(t, 0).out
	few := earshot(t, "", "listen", "-r", day, "-oJ", "-", "-c", "200").want(t, 0).out
	if len(few) == 0 || len(few) >= len(all) {
		t.Errorf("%d bytes of 200 packets, %d of all", len(few), len(all))
	}
	home := earshot(t, "", "listen", "-r", day, "-oJ", "-", "--home", "10.77.0.11,10.77.0.13/32").want(t, 0).out
	for l := range strings.Lines(home) {
		if !strings.Contains(l, `"host":"10.77.0.11"`) && !strings.Contains(l, `"host":"10.77.0.13"`) {
			t.Errorf("not at home: %s", l)
		}
	}
	if home == "" {
		t.Error("nobody is at home")
	}
}

func TestListenFilter(t *testing.T) {
	r := earshot(t, "", "listen", "-r", day, "-oJ", "-", "tcp", "port", "22")
	if strings.Contains(r.errs, "no BPF compiler") {
		t.Skip("built without libpcap")
	}
	r.want(t, 0)
	for l := range strings.Lines(r.out) {
		if strings.Contains(l, `"type":"service"`) && !strings.Contains(l, `"port":22,`) {
			t.Errorf("the filter let through %s", l)
		}
	}
	if !strings.Contains(r.out, "OpenSSH") {
		t.Error("nothing heard on port 22")
	}
	file := filepath.Join(t.TempDir(), "filter")
	if err := os.WriteFile(file, []byte("tcp port 22\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := earshot(t, "", "listen", "-r", day, "-oJ", "-", "-F", file).want(t, 0).out; got != r.out {
		t.Error("-F filters otherwise")
	}
	earshot(t, "", "listen", "-r", day, "not", "a", "filter").want(t, 2)
}

// What is wrong is said in one line, with the way out where there is one.
func TestOneClearLine(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pcap")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"listen"}, 2, "-r FILE"},
		{[]string{"listen", day}, 2, "listen -r " + day},
		{[]string{"listen", "--wat"}, 2, "listen -h"},
		{[]string{"listen", "-r", filepath.Join(dir, "none.pcap")}, 1, "there is no such file"},
		{[]string{"listen", "-r", empty}, 1, "empty"},
		{[]string{"listen", "-r", t.TempDir()}, 1, "no capture"},
		{[]string{"listen", "-r", day, "tcp", "-oX", "x"}, 2, "flags come first"},
		{[]string{"listen", "-r", day, "-oX", "-", "-oJ", "-"}, 2, "standard output"},
		{[]string{"listen", "-r", day, "-oX", "x", "-oJ", "x"}, 2, "two reports"},
		{[]string{"listen", "-r", day, "-oA", "-"}, 2, "-oA"},
		{[]string{"listen", "-r", day, "--workers", "-1"}, 2, "--workers"},
		{[]string{"listen", "-r", day, "--depth", "70000"}, 2, "--depth"},
		{[]string{"listen", "-r", day, "--home", "10.0.0.0/33"}, 2, "--home"},
		{[]string{"listen", "-r", day, "-F", filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{"listen", "-r", day, "-F", "x", "tcp"}, 2, "twice"},
		{[]string{"listen", "-r", day, "--no-embedded"}, 2, "--versiondb"},
		{[]string{"listen", "-r", day, "--engine", "pcre"}, 2, "--engine is machine or regexp2"},
		{[]string{"listen", "-r", day, "--versiondb", filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{"wat"}, 2, "earshot -h"},
		{[]string{"--wat"}, 2, "earshot -h"},
		{[]string{"match", "--probe", "None"}, 2, "None"},
		{[]string{"match", "--proto", "sctp"}, 2, "sctp"},
		{[]string{"match", "word"}, 2, "word"},
		{[]string{"signatures"}, 2, "signatures -h"},
		{[]string{"signatures", "wat"}, 2, "wat"},
		{[]string{"signatures", "check"}, 2, "check -h"},
		{[]string{"signatures", "check", filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{"signatures", "test"}, 2, "testdata/banners"},
		{[]string{"fingerprint", "SF-Nothing"}, 1, "SF-Port"},
		{[]string{"fingerprint", "--service", "x", "SF-Nothing"}, 2, "--draft"},
	} {
		r := earshot(t, "", c.args...)
		if r.code != c.code || strings.Count(r.errs, "\n") != 1 || !strings.HasPrefix(r.errs, "earshot: ") || !strings.Contains(r.errs, c.want) || r.out != "" {
			t.Errorf("earshot %q: status %d (want %d), says %q (want %q), prints %q", c.args, r.code, c.code, r.errs, c.want, r.out)
		}
	}
}

func TestMatchCommand(t *testing.T) {
	const banner = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
	r := earshot(t, banner, "match").want(t, 0)
	if !strings.HasPrefix(r.out, "ssh OpenSSH 9.2p1") || !strings.Contains(r.out, "ssh.probes:") || !strings.Contains(r.out, "cpe:2.3:a:openbsd:openssh") {
		t.Error(r.out)
	}
	r = earshot(t, banner, "match", "--json", "--probe", "NULL").want(t, 0)
	var v map[string]any
	if err := json.Unmarshal([]byte(r.out), &v); err != nil || v["product"] != "OpenSSH" || v["kind"] != "hard" {
		t.Errorf("%v: %s", err, r.out)
	}
	if r = earshot(t, banner, "match", "--all").want(t, 0); !strings.Contains(r.out, "OpenSSH") {
		t.Error(r.out)
	}
	// Only a UDP probe is called so: nobody has to say that it is one.
	if r = earshot(t, "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 Sonos/70.3-35220 (ZPS9)\r\n\r\n", "match", "--probe", "SSDPSearch").want(t, 0); !strings.HasPrefix(r.out, "upnp Sonos ZPS9") {
		t.Error(r.out)
	}
	if r = earshot(t, "\x00\xffnobody knows this", "match").want(t, 1); r.out != "" || r.errs != "no match\n" {
		t.Errorf("%q, %q", r.out, r.errs)
	}
	db := filepath.Join(t.TempDir(), "t.probes")
	if err := os.WriteFile(db, []byte("Probe TCP NULL q||\nmatch mine m|^mine (\\d+)| p/Mine/ v/$1/\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r = earshot(t, "mine 7", "match", "--no-embedded", "--versiondb", db).want(t, 0); !strings.HasPrefix(r.out, "mine Mine 7\n") {
		t.Error(r.out)
	}
}

func TestSignatureCommands(t *testing.T) {
	earshot(t, "", "signatures", "test", "../../testdata/banners").want(t, 0)
	r := earshot(t, "", "signatures", "list").want(t, 0)
	if !strings.Contains(r.out, "ssh.probes:") || !strings.Contains(r.out, "OpenSSH") {
		t.Errorf("%.200s", r.out)
	}
	if r = earshot(t, "", "signatures", "list", "--stats").want(t, 0); !strings.Contains(r.out, "tcp NULL") {
		t.Error(r.out)
	}
	bad := filepath.Join(t.TempDir(), "bad.probes")
	if err := os.WriteFile(bad, []byte("Probe TCP NULL q||\nmatch x m|^(a| p/A/\nwat\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	large, banner := filepath.Join(t.TempDir(), "large.probes"), filepath.Join(t.TempDir(), "large.jsonl")
	if err := os.WriteFile(large, []byte("Probe TCP NULL q||\nmatch x m|^ab(?:cd){0,9000}|\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(banner, []byte(`{"probe":"NULL","proto":"tcp","data":"abcd","service":"x","cpe":[],"source":"documented","provenance":"made up"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r = earshot(t, "", "signatures", "test", "--no-embedded", "--versiondb", large, banner).want(t, 1); !strings.Contains(r.out, "too large for PCRE2, and so for nmap: 1\n  large.probes:2 ") {
		t.Error(r.out)
	}
	if r = earshot(t, "", "signatures", "check", bad).want(t, 1); !strings.Contains(r.out, "bad.probes:2") || !strings.Contains(r.out, "bad.probes:3") {
		t.Error(r.out)
	}
}

func TestFingerprintCommand(t *testing.T) {
	const text = `SF-Port9001-TCP:V=7.93%I=2%D=11/20%Time=6B00328B%P=x86_64-pc-linux-gnu%r(NULL,1E,"WIDGETD/3\.7\x20\x1b\[31mready\r\nmore\n\0");`
	r := earshot(t, text, "fingerprint").want(t, 0)
	for _, want := range []string{"9001/tcp: 1 reply", "NULL, 30 bytes", `    WIDGETD/3.7 \x1b[31mready` + "\n", `    more\n` + "\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in\n%s", want, r.out)
		}
	}
	if r = earshot(t, "", "fingerprint", "--draft", "--service", "widget", text).want(t, 0); !strings.Contains(r.out, "\nmatch widget m") {
		t.Error(r.out)
	}
	// What the table shows can be read back.
	table := earshot(t, "", "listen", "-v", "-r", day).want(t, 0).out
	if strings.Contains(table, "SF-Port") {
		earshot(t, table, "fingerprint").want(t, 0)
	}
}

// Every flag stands in the help text, and so does the exit status.
func TestHelp(t *testing.T) {
	r := earshot(t, "", "-h").want(t, 0)
	if got := earshot(t, "").want(t, 0).out; got != r.out {
		t.Error("earshot alone does not show the help text")
	}
	con := &console{}
	for _, c := range app(con).Commands {
		if !strings.Contains(r.out, "\n  "+c.Name+" ") {
			t.Errorf("%s is not in the help text", c.Name)
		}
		out := earshot(t, "", c.Name, "-h").want(t, 0).out
		for _, f := range c.VisibleFlags() {
			if n := f.Names()[0]; n != "help" && !strings.Contains(out, "-"+n) {
				t.Errorf("%s -h does not tell of %s", c.Name, n)
			}
		}
		if len(c.Subcommands) == 0 && c.Name != "version" && !strings.Contains(out, "exit status: 0 ") {
			t.Errorf("%s -h does not tell the exit status", c.Name)
		}
		for l := range strings.Lines(out) {
			if len([]rune(l)) > 100 {
				t.Errorf("%s -h: a long line: %s", c.Name, l)
			}
		}
	}
	for _, args := range [][]string{{"version"}, {"-V"}, {"--version"}} {
		if out := earshot(t, "", args...).want(t, 0).out; !strings.HasPrefix(out, "earshot ") {
			t.Errorf("%q: %s", args, out)
		}
	}
}
