package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"strings"
)

// server is a host with what it runs.
type server struct {
	addr  uint32
	web   string // Server header
	ssh   string
	smtp  string
	ftp   string
	mysql string
	cert  []byte // what follows a ServerHello
	page  [4][]byte
}

func (g *generator) servers(n int) {
	pick := func(list ...string) string { return list[g.rng.Intn(len(list))] }
	for i := range n {
		s := &server{addr: 0xc0a80000 + uint32(i)}
		s.web = pick("nginx/1.24.0", "nginx/1.18.0 (Ubuntu)", "Apache/2.4.57 (Debian)", "Apache/2.4.41 (Ubuntu)", "Microsoft-IIS/10.0", "lighttpd/1.4.69", "Caddy", "openresty/1.21.4.1", "gunicorn", "cloudflare")
		s.ssh = pick("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "SSH-2.0-dropbear_2022.83", "SSH-2.0-OpenSSH_7.4")
		host := fmt.Sprintf("h%d.example.net", i)
		s.smtp = pick("220 "+host+" ESMTP Postfix (Debian/GNU)", "220 "+host+" ESMTP Exim 4.96 Mon, 1 Jan 2024 00:00:00 +0000", "220 "+host+" ESMTP Sendmail 8.17.1/8.17.1")
		s.ftp = pick("220 (vsFTPd 3.0.3)", "220 ProFTPD Server (Debian) [::ffff:192.0.2.1]", "220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------")
		s.mysql = pick("8.0.35", "5.7.44-log", "5.5.5-10.11.6-MariaDB-0+deb12u1")
		s.cert = noise(g.rng, 2200+g.rng.Intn(1800))
		for j := range s.page {
			s.page[j] = page(g.rng, 200<<(2*j))
		}
		g.hosts = append(g.hosts, s)
	}
	g.zipf = rand.NewZipf(g.rng, 1.05, 8, uint64(n-1))
}

func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	rng.Read(b)
	return b
}

func page(rng *rand.Rand, n int) []byte {
	words := []string{"the", "<p>", "</p>", "capture", "listens", "network", "<a href=\"/x\">", "</a>", "service", "and", "version"}
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html><html><head><title>page</title></head><body>")
	for b.Len() < n {
		b.WriteString(words[rng.Intn(len(words))])
		b.WriteByte(' ')
	}
	return b.Bytes()
}

// begin makes a flow from some client to a server.
func (g *generator) begin(port uint16) (*flow, *server) {
	s := g.hosts[g.zipf.Uint64()]
	f := &flow{
		client: 0x0a000000 + uint32(g.rng.Intn(60000)), server: s.addr,
		cport: uint16(32768 + g.rng.Intn(28000)), sport: port,
	}
	f.seq = [2]uint32{g.rng.Uint32(), g.rng.Uint32()}
	return f, s
}

// mixFlow begins a flow of an office network.
func (g *generator) mixFlow() *flow {
	switch n := g.rng.Intn(1000); {
	case n < 380:
		return g.dns()
	case n < 580:
		return g.http(1 + g.rng.Intn(6))
	case n < 860:
		return g.tls()
	case n < 880:
		return g.shell(60 + g.rng.Intn(600))
	case n < 920:
		return g.mail()
	case n < 935:
		return g.ftp()
	case n < 955:
		return g.mysql()
	case n < 975:
		return g.unknown()
	}
	f, _ := g.begin(uint16(1 + g.rng.Intn(9000)))
	f.end = endRefused + g.rng.Intn(2)
	return f
}

func (g *generator) dns() *flow {
	f, _ := g.begin(53)
	f.udp = true
	q := make([]byte, 12, 80)
	binary.BigEndian.PutUint16(q, uint16(g.rng.Intn(65536)))
	q[2], q[5] = 1, 1
	for _, l := range []string{"www", fmt.Sprint("host", g.rng.Intn(5000)), "example", "net"} {
		q = append(append(q, byte(len(l))), l...)
	}
	q = append(q, 0, 0, 1, 0, 1)
	a := append([]byte(nil), q...)
	a[2], a[3], a[7] = 0x81, 0x80, 1
	a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, byte(g.rng.Intn(256)))
	f.script = []say{{from: 0, data: q}, {from: 1, data: a}}
	return f
}

func (g *generator) http(turns int) *flow {
	f, s := g.begin([]uint16{80, 80, 80, 8080}[g.rng.Intn(4)])
	for range turns {
		n := g.rng.Intn(100000)
		req := fmt.Sprintf("GET /item/%d HTTP/1.1\r\nHost: h%d.example.net\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"+
			"Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en\r\nCookie: session=%016x\r\nConnection: keep-alive\r\n\r\n", n, s.addr&0xffff, g.rng.Uint64())
		body := s.page[min(g.rng.Intn(4), g.rng.Intn(4))]
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 %02d:%02d:%02d GMT\r\nServer: %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nETag: \"%x\"\r\nConnection: keep-alive\r\n\r\n",
			n/3600%24, n/60%60, n%60, s.web, len(body), n)
		f.script = append(f.script, say{from: 0, data: []byte(req)}, say{from: 1, data: append([]byte(head), body...)})
	}
	if g.rng.Intn(5) == 0 {
		f.end = endReset
	}
	return f
}

func record(kind byte, body []byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

func handshake(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func (g *generator) tls() *flow {
	f, s := g.begin(443)
	name := fmt.Sprintf("h%d.example.net", s.addr&0xffff)
	sni := append([]byte{0, 0, 0, byte(len(name) + 5), 0, byte(len(name) + 3), 0, 0, byte(len(name))}, name...)
	alpn := []byte("\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1")
	ext := append(append(sni, alpn...), 0, 43, 0, 3, 2, 3, 4)
	hello := append([]byte{3, 3}, noise(g.rng, 32)...)
	hello = append(append(hello, 32), noise(g.rng, 32)...)
	hello = append(hello, 0, 6, 0x13, 1, 0x13, 2, 0xc0, 0x2f, 1, 0, byte(len(ext)>>8), byte(len(ext)))
	hello = append(hello, ext...)
	answer := append([]byte{3, 3}, noise(g.rng, 32)...)
	answer = append(answer, 0, 0xc0, 0x2f, 0)
	first := append(record(22, handshake(2, answer)), record(23, s.cert)...)
	f.script = []say{
		{from: 0, data: record(22, handshake(1, hello))},
		{from: 1, data: first},
		{from: 0, data: record(20, []byte{1})},
	}
	for range 1 + g.rng.Intn(8) {
		f.script = append(f.script,
			say{from: 0, data: record(23, s.cert[:60+g.rng.Intn(400)])},
			say{from: 1, data: record(23, s.cert[:100+g.rng.Intn(len(s.cert)-200)]), times: 1 + g.rng.Intn(2)})
	}
	return f
}

func (g *generator) shell(keys int) *flow {
	f, s := g.begin(22)
	f.script = []say{
		{from: 1, data: []byte(s.ssh + "\r\n")},
		{from: 0, data: []byte("SSH-2.0-OpenSSH_9.6\r\n")},
		{from: 1, data: s.cert[:1080]},
		{from: 0, data: s.cert[:1400]},
	}
	for range keys / 2 {
		f.script = append(f.script, say{from: 0, data: s.cert[:36]}, say{from: 1, data: s.cert[:36+g.rng.Intn(3)*36]})
	}
	return f
}

func (g *generator) lines(port uint16, words ...string) *flow {
	f, _ := g.begin(port)
	for _, w := range words {
		f.script = append(f.script, say{from: map[byte]int{'S': 1}[w[0]], data: []byte(w[1:] + "\r\n")})
	}
	return f
}

func (g *generator) mail() *flow {
	s := g.hosts[g.zipf.Uint64()]
	f := g.lines(25, "S"+s.smtp, "CEHLO client.example.net", "S250-h\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250 8BITMIME", "CMAIL FROM:<a@example.net>",
		"S250 2.1.0 Ok", "CRCPT TO:<b@example.net>", "S250 2.1.5 Ok", "CDATA", "S354 End data with <CR><LF>.<CR><LF>",
		"C"+string(s.page[g.rng.Intn(4)])+"\r\n.", "S250 2.0.0 Ok: queued as 4F1", "CQUIT", "S221 2.0.0 Bye")
	f.server = s.addr
	return f
}

func (g *generator) ftp() *flow {
	s := g.hosts[g.zipf.Uint64()]
	f := g.lines(21, "S"+s.ftp, "CUSER anonymous", "S331 Please specify the password.", "CPASS x@", "S230 Login successful.", "CSYST", "S215 UNIX Type: L8", "CQUIT", "S221 Goodbye.")
	f.server = s.addr
	return f
}

func (g *generator) mysql() *flow {
	f, s := g.begin(3306)
	hello := append([]byte{10}, s.mysql...)
	hello = append(hello, 0, 1, 2, 3, 4)
	hello = append(hello, "abcdefgh\x00\xff\xf7\x21\x02\x00\xff\xc1\x15"...)
	hello = append(hello, strings.Repeat("\x00", 10)...)
	hello = append(hello, "ijklmnopqrst\x00mysql_native_password\x00"...)
	packet := func(n byte, b []byte) []byte { return append([]byte{byte(len(b)), byte(len(b) >> 8), 0, n}, b...) }
	f.script = []say{
		{from: 1, data: packet(0, hello)},
		{from: 0, data: packet(1, append([]byte("\x85\xa6\xff\x01\x00\x00\x00\x01\x21"), make([]byte, 60)...))},
		{from: 1, data: []byte("\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00")},
	}
	for range g.rng.Intn(30) {
		f.script = append(f.script, say{from: 0, data: packet(0, []byte("\x03select * from t where id = 7"))}, say{from: 1, data: packet(1, s.cert[:100+g.rng.Intn(700)])})
	}
	return f
}

// unknown speaks what no signature knows.
func (g *generator) unknown() *flow {
	f, s := g.begin(7373)
	for range 1 + g.rng.Intn(20) {
		f.script = append(f.script, say{from: 0, data: s.cert[10 : 30+g.rng.Intn(100)]}, say{from: 1, data: s.cert[:20+g.rng.Intn(600)]})
	}
	return f
}

// bulkFlow moves much data at once.
func (g *generator) bulkFlow() *flow {
	f, s := g.begin(80)
	const each = 123.2e6
	body := s.page[3]
	for len(body) < 64<<10 {
		body = append(body, s.page[3]...)
	}
	n := max(1, int(each*g.scale)/len(body))
	f.script = []say{
		{from: 0, data: []byte("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")},
		{from: 1, data: []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: %s\r\nContent-Length: %d\r\n\r\n", s.web, n*len(body)))},
		{from: 1, data: body, times: n},
	}
	return f
}

// smallFlow begins one of very many short flows.
func (g *generator) smallFlow() *flow {
	switch n := g.rng.Intn(100); {
	case n < 33:
		return g.dns()
	case n < 45:
		f, _ := g.begin(uint16(1 + g.rng.Intn(2000)))
		f.end = endRefused
		return f
	case n < 52:
		f, _ := g.begin([]uint16{22, 25, 80, 443}[g.rng.Intn(4)])
		f.end = endScan
		return f
	case n < 88:
		f, s := g.begin(80)
		f.script = []say{{from: 0, data: []byte("GET / HTTP/1.0\r\n\r\n")}, {from: 1, data: []byte("HTTP/1.0 304 Not Modified\r\nServer: " + s.web + "\r\n\r\n")}}
		f.end = []int{endFin, endReset}[g.rng.Intn(2)]
		return f
	}
	f, s := g.begin(22)
	f.script = []say{{from: 1, data: []byte(s.ssh + "\r\n")}}
	f.end = endFin
	return f
}
