package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// attack is what a host would say to get its own markup onto the page.
const attack = `</td></script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`

// hostilePage is a page of a network whose every word is an attack.
func hostilePage(t *testing.T) []byte {
	t.Helper()
	m := new(state.Memory)
	service(t, m, "192.0.2.1:80", request.TCP, 0, 60, hard(attack, attack, attack, attack, func(r *matcher.Result) {
		r.Hostname, r.OS, r.Device = attack, attack, attack
	}))
	e := state.Evidence{Banner: []byte(attack + "\r\n\x00\xff"), Size: 500}
	service(t, m, "192.0.2.2:81", request.TCP, 30, 90, e)
	service(t, m, "[2001:db8::1]:22", request.TCP, 10, 20, hard("ssh", "OpenSSH", "9.2p1", ""))
	upgraded := hard("ftp", attack, "10", "")
	upgraded.First, upgraded.Last = at(100), at(110)
	old := hard("ftp", attack, "9", "")
	service(t, m, "[2001:db8::2]:21", request.TCP, 10, 20, old)
	service(t, m, "[2001:db8::2]:21", request.TCP, 100, 110, upgraded)
	for _, v := range []string{"192.0.2.77 80/tcp", attack + " 80/tcp"} {
		if err := m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "client", Value: v, From: "flow", First: at(0), Last: at(60)}); err != nil {
			t.Fatal(err)
		}
	}
	sent := func(yield func(*Sent) error) error {
		for i := range 3 {
			if err := yield(&Sent{Time: at(40 * i), Addr: netip.MustParseAddr("192.0.2.2"), Port: 81, Proto: "tcp", Why: attack, Packets: 7}); err != nil {
				return err
			}
		}
		return nil
	}
	var b bytes.Buffer
	if err := HTML(&b, m, &Options{Version: "test", Args: "earshot " + attack, Shape: "x", Sent: sent}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What hosts say stays text, and the page asks for nothing from anywhere.
func TestHTMLHostile(t *testing.T) {
	b := hostilePage(t)
	for _, bad := range []string{"<script>document", "<img", "http://", "https://", "\x00", "\xff"} {
		if strings.Contains(strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", ""), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if n := strings.Count(string(b), "&lt;img"); n < 8 {
		t.Errorf("the attack is shown as text %d times, want it in every cell", n)
	}
	if got := strings.Count(string(b), "<tr data-unidentified>"); got != 1 {
		t.Errorf("%d services are marked as not identified, want 1", got)
	}
}

// The page shows what changed, who talks to whom, and what was sent, as pictures and as
// text.
func TestHTMLPictures(t *testing.T) {
	b := string(hostilePage(t))
	for _, want := range []string{
		`aria-label="what changed when"`, "version changed: 1 from", `<td data-label="What">version changed</td>`,
		`aria-label="who talks to whom"`, "192.0.2.77 to 192.0.2.1 80/tcp", `<td data-label="Client">192.0.2.77</td>`,
		`aria-label="packets sent over time"`, "7 packets from", "3 connections and datagrams of earshot&#39;s own to 1 host: about 21 packets", "The most went to 192.0.2.2: 21.",
	} {
		if !strings.Contains(b, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// However many changes, clients and questions there are, the pictures stay small.
func TestHTMLBounded(t *testing.T) {
	m := new(state.Memory)
	for i := range 3000 {
		service(t, m, fmt.Sprintf("10.0.%d.%d:80", i>>8, i&255), request.TCP, i, i)
		h := capture.Hint{Addr: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Kind: "client", From: "flow", First: at(i), Last: at(i)}
		for c := range 3 {
			h.Value = fmt.Sprintf("10.1.%d.%d 80/tcp", c, i&255)
			if err := m.Note(h); err != nil {
				t.Fatal(err)
			}
		}
	}
	sent := func(yield func(*Sent) error) error {
		for i := range 100000 {
			if err := yield(&Sent{Time: at(i), Addr: netip.MustParseAddr("192.0.2.2"), Packets: 1}); err != nil {
				return err
			}
		}
		return nil
	}
	var b bytes.Buffer
	if err := HTML(&b, m, &Options{Sent: sent}); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	for what, most := range map[string]int{"<path ": maxPageTalks, "<circle ": 2 * maxDrawn, `class="ask"`: bins, `data-label="What"`: maxPageChanges, `data-label="Client"`: maxPageTalks} {
		if n := strings.Count(s, what); n == 0 || n > most {
			t.Errorf("%d times %s, want 1 to %d", n, what, most)
		}
	}
	if !strings.Contains(s, "5000 older ones are not shown") {
		t.Error("nothing is said of the changes that are not shown")
	}
}

// The policy allows exactly the style and the script that the page has.
func TestHTMLPolicy(t *testing.T) {
	b := string(hostilePage(t))
	policy := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(b)[1])
	for _, tag := range []string{"style", "script"} {
		m := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(b, -1)
		if len(m) != 1 {
			t.Fatalf("%d elements %s, want 1", len(m), tag)
		}
		sum := sha256.Sum256([]byte(m[0][1]))
		if want := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("policy %q has not %q", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q lets something in", policy)
	}
}

// A real browser runs the page: its script filters the inventory, and no host's does.
func TestHTMLBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			browser = p
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium here")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, hostilePage(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		find  string
		shown int
	}{{"", 4}, {"openssh", 1}, {"192.0.2. TCP", 2}, {"nothing like it", 0}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+file+"#find="+strings.ReplaceAll(c.find, " ", "%20"))
		cmd.Stderr = nil
		out, err := cmd.Output()
		cancel()
		if err != nil {
			t.Skipf("%s does not run here: %v", browser, err)
		}
		if want := fmt.Sprintf("%d of 4 shown", c.shown); !strings.Contains(string(out), want) {
			t.Errorf("searching for %q: the page does not say %q", c.find, want)
		}
		if strings.Contains(string(out), "<title>owned") {
			t.Errorf("a host's script ran")
		}
		if hidden := strings.Count(string(out), `class="off"`); hidden != 4-c.shown {
			t.Errorf("searching for %q hides %d rows, want %d", c.find, hidden, 4-c.shown)
		}
	}
}
