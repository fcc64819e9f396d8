package report

import (
	"bytes"
	"encoding/json"
	encxml "encoding/xml"
	"errors"
	"flag"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(n int) time.Time {
	return time.Date(2026, 11, 20, 11, 30, 0, 678901000, time.UTC).Add(time.Duration(n) * time.Second)
}

// service tells a store of an endpoint, seen open from the first second to the last.
func service(t testing.TB, m *state.Memory, where string, p capture.Proto, first, last int, claims ...state.Evidence) {
	t.Helper()
	ep := capture.Endpoint{Addr: netip.MustParseAddrPort(where), Proto: p}
	reason := "syn-ack"
	if p == request.UDP {
		reason = "udp-response"
	}
	err := m.See(state.Sighting{Origin: "t", Sighting: capture.Sighting{Endpoint: ep, First: at(first), Last: at(last), Count: 3, Reason: reason}})
	for _, e := range claims {
		e.Endpoint, e.First, e.Last, e.Origin = ep, at(first), at(last), "t"
		if e.Count == 0 {
			e.Count = 1
		}
		err = errors.Join(err, m.Add(e))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func hard(svc, product, version, info string, more ...func(*matcher.Result)) state.Evidence {
	r := matcher.Result{
		Kind: matcher.Hard, Service: svc, Probe: "NULL", File: "t.probes", Line: 12,
		Fields: matcher.Fields{Product: product, Version: version, Info: info},
	}
	for _, f := range more {
		f(&r)
	}
	return state.Evidence{Result: r}
}

func words(probe, data string) state.Evidence {
	return state.Evidence{Result: matcher.Result{Probe: probe}, Banner: []byte(data), Size: len(data)}
}

const hostile = "\x00\x1b[31m<&\"'>--\r\n\t\x7f\x9b\xff\xfe\u2028\ufffe/é,=cmd"

// town is a store with one of everything that a report can show.
func town(t testing.TB) *state.Memory {
	t.Helper()
	m := new(state.Memory)
	service(t, m, "192.0.2.7:22", request.TCP, 0, 9, hard("ssh", "OpenSSH", "9.2p1 Debian 2+deb12u3", "protocol 2.0", func(r *matcher.Result) {
		r.OS, r.CPE = "Linux", []string{"cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:linux:linux_kernel"}
	}))
	service(t, m, "192.0.2.7:443", request.TCP, 1, 5, state.Evidence{TLS: &capture.TLS{ALPN: "h2", SNI: "www.example", Version: 0x303, Subject: "www.example", Issuer: "An Issuer"}})
	service(t, m, "192.0.2.7:993", request.TCP, 1, 5, state.Evidence{TLS: &capture.TLS{SNI: "imap.example", Version: 0x304}})
	service(t, m, "192.0.2.7:80", request.TCP, 2, 6,
		hard("http", "Apache httpd", "2.4.57", "(Debian)", func(r *matcher.Result) { r.Probe, r.Hostname = "GetRequest", "www.example" }),
		hard("http", "nginx", "1.22.1", "", func(r *matcher.Result) { r.Probe, r.Line = "GetRequest", 77 }))
	service(t, m, "192.0.2.7:9001", request.TCP, 0, 1, words("NULL", "\x00\x01WIDGETD/3.7 \"alpha\"\r\n"), words("GetRequest", "ERR \xff"))
	service(t, m, "192.0.2.7:9002", request.TCP, 0, 1, words("", strings.Repeat("x", 20)))
	service(t, m, "192.0.2.7:53", request.UDP, 3, 3, state.Evidence{Result: matcher.Result{Kind: matcher.Soft, Service: "domain", Probe: "DNSVersionBindReq", File: "t.probes", Line: 9}, Banner: []byte("\x00\x06"), Size: 2})
	service(t, m, "192.0.2.7:25", request.TCP, 3, 4)
	service(t, m, "192.0.2.7:2", request.TCP, 3, 4)
	service(t, m, "192.0.2.7:38412", request.SCTP, 3, 4)
	service(t, m, "[2001:db8::1]:5353", request.UDP, 8, 9, hard(hostile, hostile, hostile, hostile, func(r *matcher.Result) {
		r.Hostname, r.OS, r.Device, r.CPE, r.File, r.Probe = hostile, hostile, hostile, []string{"cpe:/a:" + hostile}, hostile, hostile
	}))
	service(t, m, "192.0.2.8:443", request.UDP, 3, 4, state.Evidence{TLS: &capture.TLS{
		QUIC: 1, SNI: "quic.example", Offered: []string{"h3"}, Version: 0x304, Cipher: 0x1301, JA3S: "f4febc55ea12b31ae17cfb7e614afda8", JA4: "q13d0310h3_55b375c5d22e_cd85d2d88918",
	}})
	service(t, m, "192.0.2.8:4443", request.TCP, 3, 4, state.Evidence{TLS: &capture.TLS{
		Version: 0x303, Cipher: 0xc02f, Subject: "a.example", SubjectDN: "C=XX, O=" + hostile + ", CN=a.example", Issuer: hostile, IssuerDN: "CN=" + hostile,
		Names: []string{"a.example", hostile}, NotBefore: at(0), NotAfter: at(9), Serial: "01ab", SHA256: "00ff00ff", JA4: "t12i0101h2_000000000000_000000000000",
	}})
	service(t, m, "192.0.2.8:22", request.TCP, 3, 4, state.Evidence{
		Result: matcher.Result{Service: "ssh"},
		SSH:    &capture.SSH{HASSHServer: "b12d2871a1189eff20364cf5333619ee", Kex: "curve25519-sha256," + hostile, HostKeys: "ssh-ed25519", Ciphers: "aes128-ctr", MACs: "hmac-sha2-256", Compression: "none"},
	})
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.8"), Kind: "ja3", Value: "cd08e31494f9531f560d64c695473da9", From: "tls", First: at(0), Last: at(3)})
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.8"), Kind: "ja4", Value: "t13d1516h2_8daaf6152771_e5627efa2ab1", From: "tls", First: at(0), Last: at(3)})
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.8"), Kind: "hassh", Value: "ec7378c1a92f5a8dde7e8b7a1ddf33d1", From: "ssh", First: at(0), Last: at(3)})
	closed := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.7:23"), Proto: request.TCP}
	_ = m.See(state.Sighting{Closed: true, Origin: "t", Sighting: capture.Sighting{Endpoint: closed, First: at(1), Last: at(1), Count: 1, Reason: "reset"}})
	vlan := capture.Endpoint{Addr: netip.MustParseAddrPort("192.0.2.7:22"), Proto: request.TCP, VLAN: 7, VNI: 4096}
	_ = m.See(state.Sighting{Origin: "t", Sighting: capture.Sighting{Endpoint: vlan, First: at(1), Last: at(100000), Count: 1, Reason: "syn-ack"}})
	for _, h := range []capture.Hint{
		{Addr: netip.MustParseAddr("192.0.2.7"), Kind: "mac", Value: "00:00:5e:00:53:01", From: "arp", First: at(0), Last: at(3)},
		{Addr: netip.MustParseAddr("192.0.2.7"), Kind: "name", Value: "www.example", From: "sni", First: at(0), Last: at(3)},
		{Addr: netip.MustParseAddr("192.0.2.7"), Kind: "name", Value: "town.example", From: "dhcp", First: at(0), Last: at(3)},
		{Addr: netip.MustParseAddr("192.0.2.9"), Kind: "name", Value: hostile, From: "mdns", First: at(0), Last: at(3)},
	} {
		_ = m.Note(h)
	}
	return m
}

func options(t testing.TB) *Options {
	t.Helper()
	names, err := state.ReadPortNames("ssh\t22/tcp\nsmtp\t25/tcp\nimaps\t993/tcp\ntor-orport\t9001/tcp\ntelnet\t23/tcp\n")
	if err != nil {
		t.Fatal(err)
	}
	return &Options{
		Version: "0.0", Args: "earshot listen -r a--b.pcap", Names: names, Shape: "linux-amd64",
		Vendor: func(string) string { return "IANA" },
	}
}

type writer func(io.Writer, state.Store, *Options) error

func write(t testing.TB, w writer, s state.Store, o *Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := w(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name  string
		write writer
		set   func(*Options)
	}{
		{"table.txt", Table, nil},
		{"table-reason.txt", Table, func(o *Options) { o.Reason, o.All = true, true }},
		{"table-narrow.txt", Table, func(o *Options) { o.Width = 40 }},
		{"normal.txt", Normal, nil},
		{"greppable.txt", Greppable, nil},
		{"report.xml", XML, nil},
		{"report-all.xml", XML, func(o *Options) { o.All = true }},
		{"report.jsonl", JSON, nil},
		{"report-all.jsonl", JSON, func(o *Options) { o.All = true }},
		{"report.ocsf.jsonl", OCSF, nil},
		{"report.eve.jsonl", EVE, nil},
		{"report.csv", CSV, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t)
			if c.set != nil {
				c.set(o)
			}
			got := write(t, c.write, town(t), o)
			if again := write(t, c.write, town(t), o); !bytes.Equal(got, again) {
				t.Error("two runs over equal stores differ")
			}
			for i, x := range got {
				if x < ' ' && x != '\n' && x != '\t' || x == 0x7f || x == 0x9b {
					t.Errorf("byte %#x at %d can act on a terminal", x, i)
				}
			}
			path := filepath.Join("testdata", "golden", c.name)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s (-update writes it anew):\n%s", path, diff(want, got))
			}
		})
	}
}

// diff shows the first line that differs.
func diff(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(end)", "(end)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return "want " + a + "\ngot  " + b
		}
	}
	return ""
}

// A report of nothing is whole, too.
func TestEmpty(t *testing.T) {
	for _, w := range []writer{Table, Normal, Greppable, XML} {
		if len(write(t, w, new(state.Memory), options(t))) == 0 {
			t.Error("an empty store gives an empty text")
		}
	}
	if got := write(t, JSON, new(state.Memory), options(t)); len(got) != 0 {
		t.Errorf("JSON of nothing: %q", got)
	}
	parseXML(t, write(t, XML, new(state.Memory), options(t)))
}

// At most nine fingerprints are shown of a host.
func TestFingerprintsPerHost(t *testing.T) {
	m := new(state.Memory)
	for i := range 11 {
		service(t, m, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1000+i)).String(), request.TCP, 0, 1, words("NULL", "?"))
	}
	got := string(write(t, Table, m, options(t)))
	if !strings.Contains(got, "9 services unrecognized") || strings.Count(got, "SF-Port") != 9 || strings.Count(got, "NEXT SERVICE") != 9 {
		t.Error(got)
	}
	if n := strings.Count(string(write(t, XML, m, options(t))), "servicefp="); n != 11 {
		t.Errorf("%d servicefp in XML, want 11", n)
	}
}

// A host's own name is not repeated as a service's.
func TestServiceInfoLimits(t *testing.T) {
	m := new(state.Memory)
	for i := range 8 {
		name := string(rune('a'+i)) + ".example"
		service(t, m, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(1000+i)).String(), request.TCP, 0, 1,
			hard("x", "", "", "", func(r *matcher.Result) { r.Hostname = name }))
	}
	_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: "A.example", From: "ptr"})
	got := string(write(t, Table, m, options(t)))
	if want := "\nService Info: Hosts: b.example, c.example, d.example, e.example, f.example\n"; !strings.Contains(got, want) {
		t.Error(got)
	}
}

// parseXML reads a report as any XML reader would and returns its elements' names.
func parseXML(t testing.TB, b []byte) (names []string) {
	t.Helper()
	d := encxml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if e, ok := tok.(encxml.StartElement); ok {
			names = append(names, e.Name.Local)
		}
	}
}

// nmapFile returns a file of an installed nmap, which CI has.
func nmapFile(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"/usr/share/nmap", "/usr/local/share/nmap", "/opt/homebrew/share/nmap"} {
		if p := filepath.Join(dir, name); exists(p) {
			return p
		}
	}
	t.Skipf("no installed nmap: %s is missing", name)
	return ""
}

func exists(p string) bool { _, err := os.Stat(p); return err == nil }

func tool(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return p
}

// nmap's own DTD accepts what we write, ndiff reads it, and nmap's style sheet
// makes a page of it.
func TestXMLForNmapsTools(t *testing.T) {
	dir := t.TempDir()
	o := options(t)
	o.All = true
	files := map[string][]byte{"town.xml": write(t, XML, town(t), o), "empty.xml": write(t, XML, new(state.Memory), o)}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name := range files {
		t.Run("dtd "+name, func(t *testing.T) {
			cmd := exec.Command(tool(t, "xmllint"), "--noout", "--dtdvalid", nmapFile(t, "nmap.dtd"), filepath.Join(dir, name))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	t.Run("ndiff", func(t *testing.T) {
		cmd := exec.Command(tool(t, "ndiff"), filepath.Join(dir, "empty.xml"), filepath.Join(dir, "town.xml"))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: they differ
			t.Fatalf("%v\n%s", err, out)
		}
		if !strings.Contains(string(out), "OpenSSH 9.2p1 Debian 2+deb12u3 (protocol 2.0)") {
			t.Errorf("ndiff does not tell of the ssh service:\n%s", out)
		}
	})
	// What was heard once more is no difference, and what is another version is one.
	t.Run("ndiff of two days", func(t *testing.T) {
		day := func(name, version string, seconds int) string {
			m := new(state.Memory)
			service(t, m, "192.0.2.1:22", request.TCP, 0, seconds, hard("ssh", "OpenSSH", version, ""))
			service(t, m, "192.0.2.1:21", request.TCP, 0, seconds, hard("ftp", "vsftpd", "3.0.3", ""))
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, write(t, XML, m, o), 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}
		a, b, c := day("a.xml", "9.2p1", 10), day("b.xml", "9.2p1", 20), day("c.xml", "9.6p1", 30)
		if out, err := exec.Command(tool(t, "ndiff"), a, b).CombinedOutput(); err != nil || strings.Contains(string(out), "OpenSSH") {
			t.Errorf("heard again: %v\n%s", err, out)
		}
		out, err := exec.Command(tool(t, "ndiff"), b, c).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "-22/tcp open  ssh     OpenSSH 9.2p1\n+22/tcp open  ssh     OpenSSH 9.6p1\n") || strings.Contains(string(out), "vsftpd") {
			t.Errorf("another version: %v\n%s", err, out)
		}
	})
	t.Run("nmap.xsl", func(t *testing.T) {
		cmd := exec.Command(tool(t, "xsltproc"), nmapFile(t, "nmap.xsl"), filepath.Join(dir, "town.xml"))
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), "OpenSSH") {
			t.Errorf("error %v, %d bytes of HTML", err, len(out))
		}
	})
}

// checkJSON reads JSON lines and returns them.
func checkJSON(t testing.TB, b []byte) (lines []map[string]any) {
	t.Helper()
	if !utf8.Valid(b) {
		t.Fatal("not UTF-8")
	}
	for l := range strings.Lines(string(b)) {
		var v map[string]any
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatalf("not JSON: %v\n%q", err, l)
		}
		lines = append(lines, v)
	}
	return lines
}

func TestJSONFields(t *testing.T) {
	m := new(state.Memory)
	service(t, m, "192.0.2.1:22", request.TCP, 0, 1, hard("ssh", "A\xff", "é\u009b", ""))
	l := checkJSON(t, write(t, JSON, m, options(t)))
	if len(l) != 2 || l[0]["type"] != "host" || l[1]["type"] != "service" {
		t.Fatalf("%v", l)
	}
	s := l[1]
	if s["product_base64"] != "Qf8=" || s["product"] != nil || s["version"] != "é\u009b" || s["extrainfo"] != nil {
		t.Errorf("%v", s)
	}
	if s["first"] != "2026-11-20T11:30:00.678901Z" || s["signature"] != "t.probes:12" || s["count"] != 3.0 || s["confidence"] != 10.0 {
		t.Errorf("%v", s)
	}
}

// Whatever the bytes, the output is JSON, XML, and tame.
func FuzzEscaping(f *testing.F) {
	f.Add(hostile)
	f.Add("]]>\xc2\x85\xf0\x9f\x92\xa9\xed\xa0\x80")
	f.Add("---")
	f.Fuzz(func(t *testing.T, s string) {
		m := new(state.Memory)
		service(t, m, "192.0.2.1:22", request.TCP, 0, 1, hard(s, s, s, s, func(r *matcher.Result) {
			r.Hostname, r.OS, r.Device, r.CPE, r.Probe, r.File = s, s, s, []string{s}, s, s
		}))
		service(t, m, "192.0.2.1:23", request.TCP, 0, 1, words(s, s), state.Evidence{TLS: &capture.TLS{SNI: s, ALPN: s, Subject: s}})
		_ = m.Note(capture.Hint{Addr: netip.MustParseAddr("192.0.2.1"), Kind: "name", Value: s, From: s})
		o := options(t)
		o.Args, o.Version, o.Reason = s, s, true
		lines := checkJSON(t, write(t, JSON, m, o))
		if got := lines[1]["product"]; utf8.ValidString(s) && s != "" && got != s {
			t.Errorf("product %q came back as %q", s, got)
		}
		x := write(t, XML, m, o)
		if n := parseXML(t, x); !slices.Contains(n, "runstats") {
			t.Errorf("elements %q", n)
		}
		if i := bytes.IndexFunc(x, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\n' }); i >= 0 {
			t.Errorf("XML has %q", x[i])
		}
		for _, w := range []writer{Table, Normal, Greppable} {
			b := write(t, w, m, o)
			if i := bytes.IndexFunc(b, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
				t.Errorf("text has %q", b[i:min(len(b), i+10)])
			}
		}
	})
}
