package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer4Test is a name server on loopback: 127.0.0.2 is called right.example, which
// leads back to it, 127.0.0.3 liar.example, which does not.
func nameServer4Test(t *testing.T) (addr string, asked func() []string) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	var mu sync.Mutex
	var questions []string
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			mu.Lock()
			questions = append(questions, q.Name.String())
			mu.Unlock()
			m.Response = true
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}
			name := func(s string) dnsmessage.ResourceBody {
				return &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(s)}
			}
			switch q.Name.String() {
			case "2.0.0.127.in-addr.arpa.":
				m.Answers = []dnsmessage.Resource{{Header: h, Body: name("right.example.")}}
			case "3.0.0.127.in-addr.arpa.":
				m.Answers = []dnsmessage.Resource{{Header: h, Body: name("liar.example.")}}
			case "right.example.":
				if q.Type == dnsmessage.TypeA {
					m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 2}}}}
				}
			default:
				m.RCode = dnsmessage.RCodeNameError
			}
			if b, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(b, from)
			}
		}
	}()
	return c.LocalAddr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), questions...)
	}
}

// Hosts are found and named, and no port is asked of them; the name server's packets are
// on the ledger.
func TestProbeHostsOnly(t *testing.T) {
	server, asked := nameServer4Test(t)
	dir := t.TempDir()
	l, x := filepath.Join(dir, "ledger"), filepath.Join(dir, "o.xml")
	r := earshot(t, "", "probe", "-sn", "--dns-servers", server, "--ledger", l, "-oX", x, "127.0.0.2-4").want(t, 0)
	for _, want := range []string{"earshot report for right.example (127.0.0.2)", "earshot report for liar.example (127.0.0.3)", "earshot report for 127.0.0.4", "3 hosts up"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if strings.Contains(r.out, "PORT") || strings.Contains(r.out, "No services") {
		t.Errorf("ports:\n%s", r.out)
	}
	if n := len(asked()); n != 5 { // three addresses, two names
		t.Errorf("the name server was asked %q", asked())
	}
	text, err := os.ReadFile(l)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), `"why":"name of 127.0.0.`); n != 5 || strings.Count(string(text), "\n") != 5 {
		t.Errorf("ledger:\n%s", text)
	}
	if text, _ = os.ReadFile(x); !strings.Contains(string(text), `reason="localhost-response"`) || !strings.Contains(string(text), `<hostname name="right.example" type="PTR"/>`) {
		t.Errorf("XML:\n%s", text)
	}
	// A name that does not lead back says where it is from.
	if r := earshot(t, "", "probe", "-sn", "--dns-servers", server, "-oJ", "-", "127.0.0.3").want(t, 0); !strings.Contains(r.out, `"from":"ptr-only"`) {
		t.Errorf("JSON:\n%s", r.out)
	}
	before := len(asked())
	earshot(t, "", "probe", "-n", "-p1", "127.0.0.2").want(t, 0)
	earshot(t, "", "probe", "-sL", "127.0.0.2-4").want(t, 0)
	if len(asked()) != before {
		t.Errorf("-n asked for names: %q", asked()[before:])
	}
	// The targets' names are looked up at the same servers.
	if r := earshot(t, "", "probe", "-sL", "--dns-servers", server, "right.example").want(t, 0); !strings.Contains(r.out, "right.example (127.0.0.2)") {
		t.Errorf("list:\n%s", r.out)
	}
	// What they cost is on the ledger, and no packet of it is the system's.
	r = earshot(t, "", "probe", "-n", "-p", "1", "--dns-servers", server, "--ledger", l, "right.example").want(t, 0)
	if text, err = os.ReadFile(l); err != nil || strings.Count(string(text), `"why":"address of right.example"`) != 2 || strings.Contains(r.errs, "not counted") {
		t.Errorf("ledger: %v\n%s%s", err, text, r.errs)
	}
	if r = earshot(t, "", "probe", "-n", "-p", "1", "--dns-servers", server, "--dry-run", "right.example").want(t, 0); !strings.Contains(r.out, "2 questions for their addresses") {
		t.Errorf("plan:\n%s", r.out)
	}
	for _, args := range [][]string{{"-n", "-R", "127.0.0.1"}, {"--dns-servers", "nobody", "127.0.0.1"}} {
		earshot(t, "", append([]string{"probe"}, args...)...).want(t, 2)
	}
}

// The system's own files are read as it reads them.
func TestSystemNames(t *testing.T) {
	c := readResolvConf(strings.NewReader("# a\nnameserver 192.0.2.53\nnameserver fd00::1\nnameserver nobody\nsearch a.test b.test\noptions edns0 ndots:2 timeout:1\n"))
	if len(c.servers) != 2 || c.servers[1].String() != "[fd00::1]:53" || len(c.search) != 2 || c.dots != 2 {
		t.Errorf("%+v", c)
	}
	h := readHosts(strings.NewReader("127.0.0.1 localhost\n192.0.2.7 Box.test box # mine\nfd00::7 box\nnonsense here\n"))
	if len(h["box"]) != 2 || len(h["box.test"]) != 1 || h["box"][1].String() != "fd00::7" || len(h["here"]) != 0 {
		t.Errorf("%v", h)
	}
}
