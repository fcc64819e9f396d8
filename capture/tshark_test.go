package capture

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What two programs say of one capture's handshakes: conversation, then field, then values.
type handshakes map[[2]netip.AddrPort]map[string][]string

func (h handshakes) add(a, b netip.AddrPort, field, value string) {
	if value == "" {
		return
	}
	if a, b = netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), netip.AddrPortFrom(b.Addr().Unmap(), b.Port()); a.Compare(b) > 0 {
		a, b = b, a
	}
	k := [2]netip.AddrPort{a, b}
	if h[k] == nil {
		h[k] = map[string][]string{}
	}
	if !slices.Contains(h[k][field], value) {
		h[k][field] = append(h[k][field], value)
	}
}

// overhear is a sink that keeps the facts of handshakes.
type overhear struct{ said handshakes }

func (o overhear) Open(Sighting)   {}
func (o overhear) Closed(Sighting) {}
func (o overhear) Hint(Hint)       {}
func (o overhear) Banner(b *Banner) Verdict {
	add := func(field, value string) { o.said.add(b.Client, b.Addr, field, value) }
	if t := b.TLS; t != nil {
		add("name asked for", t.SNI)
		add("protocols offered", strings.Join(t.Offered, ","))
		add("protocol chosen", t.ALPN)
		add("JA3", t.JA3)
		add("JA3S", t.JA3S)
		add("JA4", t.JA4)
		add("certificate", t.SHA256)
		if t.SHA256 != "" {
			add("subject", t.Subject)
			add("issuer", t.Issuer)
			add("from", t.NotBefore.UTC().Format(time.RFC3339))
			add("until", t.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	if s := b.SSH; s != nil {
		add("HASSH", s.HASSH)
		add("hasshServer", s.HASSHServer)
	}
	return More
}

// The columns asked of tshark.
var columns = strings.Fields(`ip.src ipv6.src ip.dst ipv6.dst tcp.srcport udp.srcport tcp.dstport udp.dstport
	tls.handshake.type dtls.handshake.type tls.handshake.extensions_server_name dtls.handshake.extensions_server_name
	tls.handshake.extensions_alpn_str dtls.handshake.extensions_alpn_str tls.handshake.ja3 dtls.handshake.ja3 tls.handshake.ja3s
	dtls.handshake.ja3s tls.handshake.certificate dtls.handshake.certificate ssh.kex.hassh ssh.kex.hasshserver quic.version
	tls.handshake.version dtls.handshake.version tls.handshake.ciphersuite dtls.handshake.ciphersuite
	tls.handshake.extension.type tls.handshake.extensions.supported_version tls.handshake.sig_hash_alg
	dtls.handshake.extension.type dtls.handshake.extensions.supported_version dtls.handshake.sig_hash_alg`)

// tshark asks tshark for the handshakes of a capture.
func tshark(program, file string) (handshakes, error) {
	args := []string{
		"-n", "-r", file, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|",
		"-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "tls.handshake.type || dtls.handshake.type || ssh.kex.hassh || ssh.kex.hasshserver",
	}
	for _, c := range columns {
		args = append(args, "-e", c)
	}
	cmd := exec.Command(program, args...)
	out, err := cmd.Output()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || len(out) == 0) {
		return nil, err // a capture that is cut short is read as far as it goes
	}
	said, clients := handshakes{}, map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		if len(row) != len(columns) {
			return nil, fmt.Errorf("%d columns of %d: %s", len(row), len(columns), lines.Text())
		}
		get := func(names ...string) (all []string) {
			for _, n := range names {
				if v := row[slices.Index(columns, n)]; v != "" {
					all = append(all, strings.Split(v, "|")...)
				}
			}
			return all
		}
		last := func(names ...string) string { // of a tunnel, what is innermost
			if v := get(names...); len(v) > 0 {
				return v[len(v)-1]
			}
			return ""
		}
		transport := "tcp"
		if last("tcp.srcport") == "" || last("quic.version", "dtls.handshake.type") != "" {
			transport = "udp" // else that of a tunnel
		}
		end := func(side string) netip.AddrPort {
			a, _ := netip.ParseAddr(last("ip."+side, "ipv6."+side))
			port, _ := strconv.Atoi(last(transport + "." + side + "port"))
			return netip.AddrPortFrom(a, uint16(port))
		}
		src, dst := end("src"), end("dst")
		add := func(field string, values ...string) {
			for _, v := range values {
				said.add(src, dst, field, v)
			}
		}
		types := get("tls.handshake.type", "dtls.handshake.type")
		add("HASSH", get("ssh.kex.hassh")...)
		add("hasshServer", get("ssh.kex.hasshserver")...)
		if slices.Contains(types, "1") {
			clients[src.String()+dst.String()] = true
			add("name asked for", get("tls.handshake.extensions_server_name", "dtls.handshake.extensions_server_name")...)
			add("protocols offered", strings.Join(get("tls.handshake.extensions_alpn_str", "dtls.handshake.extensions_alpn_str"), ","))
			add("JA3", get("tls.handshake.ja3", "dtls.handshake.ja3")...)
			if n := 0; !slices.ContainsFunc(types, func(t string) bool {
				if t == "1" {
					n++
				}
				return n > 1 || t == "2"
			}) {
				add("JA4", ja4Of(get))
			}
			continue
		}
		if slices.Contains(types, "2") {
			add("protocol chosen", get("tls.handshake.extensions_alpn_str", "dtls.handshake.extensions_alpn_str")...)
			add("JA3S", get("tls.handshake.ja3s", "dtls.handshake.ja3s")...)
		}
		if der := get("tls.handshake.certificate", "dtls.handshake.certificate"); len(der) > 0 && !clients[src.String()+dst.String()] {
			raw, err := hex.DecodeString(strings.ReplaceAll(der[0], ":", ""))
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(raw)
			add("certificate", hex.EncodeToString(sum[:]))
			if c, err := x509.ParseCertificate(raw); err == nil {
				add("subject", c.Subject.CommonName)
				add("issuer", c.Issuer.CommonName)
				add("from", c.NotBefore.UTC().Format(time.RFC3339))
				add("until", c.NotAfter.UTC().Format(time.RFC3339))
			}
		}
	}
	return said, lines.Err()
}

// ja4Of works out JA4 from what tshark has taken apart, which is another way than ours;
// tshark itself knows it from 4.2 on.
func ja4Of(get func(...string) []string) string {
	number := func(s string) int {
		n, _ := strconv.ParseInt(s, 0, 32)
		return int(n)
	}
	grease := func(n int) bool { return n&0x0f0f == 0x0a0a && n>>8 == n&0xff }
	pick := func(names ...string) (all []int) {
		for _, s := range get(names...) {
			if n := number(s); !grease(n) {
				all = append(all, n)
			}
		}
		return all
	}
	list := func(n []int) string {
		s := make([]string, len(n))
		for i := range n {
			s[i] = fmt.Sprintf("%04x", n[i])
		}
		return strings.Join(s, ",")
	}
	hash := func(s string) string {
		if s == "" {
			return "000000000000"
		}
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:6])
	}
	carrier, version := "t", 0
	if len(get("quic.version")) > 0 {
		carrier = "q"
	}
	if len(get("dtls.handshake.type")) > 0 {
		carrier = "d"
	}
	versions := pick("tls.handshake.extensions.supported_version", "dtls.handshake.extensions.supported_version")
	if len(versions) == 0 {
		versions = pick("tls.handshake.version", "dtls.handshake.version")
	}
	if carrier == "d" {
		version = slices.Min(append(versions, 0xffff)) // they count down
	} else {
		version = slices.Max(append(versions, 0))
	}
	name := map[int]string{0x304: "13", 0x303: "12", 0x302: "11", 0x301: "10", 0x300: "s3", 0xfeff: "d1", 0xfefd: "d2", 0xfefc: "d3"}[version]
	if name == "" {
		name = "00"
	}
	ciphers, extensions := pick("tls.handshake.ciphersuite", "dtls.handshake.ciphersuite"), pick("tls.handshake.extension.type", "dtls.handshake.extension.type")
	signatures := pick("tls.handshake.sig_hash_alg", "dtls.handshake.sig_hash_alg")
	sni, alpn := "i", "00"
	if slices.Contains(extensions, 0) {
		sni = "d"
	}
	if len(ciphers) == 0 || slices.Contains(extensions, 34) || slices.Contains(extensions, 50) {
		return "" // SSLv2; or other extensions list algorithms of signatures, too, and the columns do not say which is whose
	}
	if a := get("tls.handshake.extensions_alpn_str", "dtls.handshake.extensions_alpn_str"); len(a) > 0 && a[0] != "" {
		alpn = a[0][:1] + a[0][len(a[0])-1:]
	}
	head := fmt.Sprintf("%s%s%s%02d%02d%s", carrier, name, sni, min(99, len(ciphers)), min(99, len(extensions)), alpn)
	slices.Sort(ciphers)
	rest := slices.DeleteFunc(slices.Clone(extensions), func(n int) bool { return n == 0 || n == 16 })
	slices.Sort(rest)
	tail := list(rest)
	if len(signatures) > 0 {
		tail += "_" + list(signatures)
	}
	if len(extensions) == 0 {
		tail = ""
	}
	return head + "_" + hash(list(ciphers)) + "_" + hash(tail)
}

// What tshark reads of handshakes and what we do are one. EARSHOT_TEST_CAPTURES names
// other captures to compare: there the differences are told, and only values that
// differ fail.
func TestTshark(t *testing.T) {
	program, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("no tshark")
	}
	if known, err := exec.Command(program, "-G", "fields").Output(); err != nil || !bytes.Contains(known, []byte("\tdtls.handshake.ja3s\t")) || !bytes.Contains(known, []byte("\tssh.kex.hasshserver\t")) {
		t.Skip("this tshark does not know JA3, JA3S and HASSH: 4.0 does")
	}
	files, _ := filepath.Glob("../testdata/captures/*.pcap.gz")
	others := os.Getenv("EARSHOT_TEST_CAPTURES")
	if others != "" {
		files, _ = filepath.Glob(others)
	}
	if len(files) == 0 {
		t.Fatal("no captures")
	}
	type count struct{ equal, differ, theirs, ours int }
	total := map[string]*count{}
	for _, file := range files {
		theirs, err := tshark(program, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		ours := handshakes{}
		src, err := Open([]string{file}, Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		_, err = Run(context.Background(), src, Config{Workers: 1}, func(int) Sink { return overhear{ours} })
		src.Close()
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Logf("%s: %v", file, err)
		}
		conversations := map[[2]netip.AddrPort]bool{}
		for k := range theirs {
			conversations[k] = true
		}
		for k := range ours {
			conversations[k] = true
		}
		for k := range conversations {
			for _, field := range []string{"name asked for", "protocols offered", "protocol chosen", "JA3", "JA3S", "JA4", "certificate", "subject", "issuer", "from", "until", "HASSH", "hasshServer"} {
				c := total[field]
				if c == nil {
					c = new(count)
					total[field] = c
				}
				var a, b []string
				for _, v := range theirs[k][field] {
					if slices.Contains(ours[k][field], v) {
						c.equal++
					} else {
						a = append(a, v)
					}
				}
				for _, v := range ours[k][field] {
					if !slices.Contains(theirs[k][field], v) {
						b = append(b, v)
					}
				}
				both := min(len(a), len(b))
				c.differ += both
				c.theirs += len(a) - both
				c.ours += len(b) - both
				if len(a)+len(b) > 0 {
					t.Logf("%s %v %s: tshark %q, ours %q", filepath.Base(file), k, field, a, b)
				}
			}
		}
	}
	for field, c := range total {
		t.Logf("%-18s equal %5d, different %3d, only tshark's %3d, only ours %3d", field, c.equal, c.differ, c.theirs, c.ours)
		if others == "" && c.differ+c.theirs > 0 {
			t.Errorf("%s: %d differ, %d are tshark's alone", field, c.differ, c.theirs)
		}
	}
}
