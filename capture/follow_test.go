package capture

import (
	"strings"
	"testing"
)

// said is one turn, and what a follower must make of it.
type said struct {
	req, data string
	want      []step
}

const (
	clientHello = "\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\x00\x00\x02\x00\x2f\x01\x00"
	serverHello = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\x00\x00\x2f\x00"
)

const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// hello is serverHello with another random.
func hello(random string) string { return serverHello[:11] + random + serverHello[43:] }

func whole(req, data string, n next) step { return step{next: n, req: len(req), data: len(data)} }

func TestFollow(t *testing.T) {
	mysql := "\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff"
	mysqlSSL := "\x20\x00\x00\x01\x05\xae\xff\x01\x00\x00\x00\x01\x21" + strings.Repeat("\x00", 23)
	ldap := "0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037"
	rdp := "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"
	rdpYes := "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"
	rdpNo := "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x05\x00\x00\x00"
	head := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	get := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	connect := "CONNECT example.org:443 HTTP/1.1\r\n\r\n"
	for name, turns := range map[string][]said{
		"smtp": {
			{"", "220 mail ESMTP\r\n", []step{{data: 16}}},
			{"EHLO x\r\n", "250-mail\r\n250 STARTTLS\r\n", []step{{req: 8, data: 24}}},
			{"STARTTLS\r\n", "220 go\r\n", []step{{next: nextTLS, req: 10, data: 8}}},
		},
		"smtp pipelined": {{"EHLO x\r\nstarttls\r\n", "250 mail\r\n220 go\r\n", []step{{next: nextTLS, req: 18, data: 18}}}},
		"smtp refused":   {{"STARTTLS\r\n", "454 no\r\n", []step{{req: 10, data: 8}}}},
		"imap":           {{"a1 STARTTLS\r\n", "* x\r\na1 OK begin\r\n", []step{{next: nextTLS, req: 13, data: 18}}}},
		"imap refused":   {{"a1 STARTTLS\r\n", "a1 NO begin\r\n", []step{{req: 13, data: 13}}}},
		"pop3":           {{"STLS\r\n", "+OK\r\n", []step{{next: nextTLS, req: 6, data: 5}}}},
		"ftp":            {{"AUTH TLS\r\n", "234 ok\r\n", []step{{next: nextTLS, req: 10, data: 8}}}},
		"nntp":           {{"STARTTLS\r\n", "382 ok\r\n", []step{{next: nextTLS, req: 10, data: 8}}}},
		"xmpp": {{
			"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
			[]step{{next: nextTLS, req: 51, data: 50}},
		}},
		"ldap":         {{ldap, "0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00", []step{{next: nextTLS, req: 31, data: 14}}}},
		"ldap refused": {{ldap, "0\x0c\x02\x01\x01x\x07\x0a\x01\x02\x04\x00\x04\x00", []step{{req: 31, data: 14}}}},
		"postgres":     {{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "S", []step{{next: nextTLS, req: 8, data: 1}}}},
		"postgres none": {
			{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "N", []step{{req: 8, data: 1}}},
			{"\x00\x00\x00\x0e\x00\x03\x00\x00user\x00\x00", "R\x00\x00\x00\x08\x00\x00\x00\x03", []step{{req: 14, data: 9}}},
		},
		"mysql": {
			{"", mysql, []step{{data: len(mysql)}}},
			{mysqlSSL + clientHello, serverHello, []step{{next: nextTLS, req: 36}, whole(clientHello, serverHello, nextStop)}},
		},
		"vnc": {
			{"", "RFB 003.008\n", []step{{data: 12}}},
			{"RFB 003.008\n", "\x01\x01", []step{{req: 12, data: 2}}},
			{"\x01", "\x00\x00\x00\x00", []step{{req: 1, data: 4}}},
			{"\x01", "\x04\x00\x03\x00", []step{{req: 1, data: 4}}},
			{"\x03\x00", "\x00\x00", []step{{next: nextStop, req: 2, data: 2}}},
		},
		"rdp":         {{rdp, rdpYes, []step{{next: nextTLS, req: 19, data: 19}}}},
		"rdp refused": {{rdp, rdpNo, []step{{req: 19, data: 19}}}},
		"tls":         {{clientHello, serverHello, []step{whole(clientHello, serverHello, nextStop)}}},
		"tls retried": {
			{clientHello, hello(retryRandom), []step{whole(clientHello, hello(retryRandom), nextSame)}},
			{"\x14\x03\x03\x00\x01\x01" + clientHello, serverHello, []step{{next: nextStop, req: 6 + len(clientHello), data: len(serverHello)}}},
		},
		"not tls": {{clientHello, "HTTP/1.0 400 Bad Request\r\n\r\n", []step{whole(clientHello, "HTTP/1.0 400 Bad Request\r\n\r\n", nextSame)}}},
		"ssh":     {{"", "SSH-2.0-x\r\n", []step{{next: nextSSH, data: 11}}}},
		"http":    {{get, head + "hello", []step{whole(get, head+"hello", nextSame)}}},
		"http pipelined": {{get + get, head + "hello" + head + "world", []step{
			whole(get, head+"hello", nextSame), whole(get, head+"world", nextSame),
		}}},
		"http pipelined, chunks": {{get + get, chunked + "5\r\nhello\r\n0\r\n\r\n" + head + "world", []step{
			whole(get, chunked+"5\r\nhello\r\n0\r\n\r\n", nextSame), whole(get, head+"world", nextSame),
		}}},
		"http pipelined, cut": {{get + get, head + "hel", []step{
			{req: len(get), data: len(head) + 3, skip: 2}, {req: len(get)},
		}}},
		"http pipelined post": {{"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + get, "HTTP/1.1 204 No\r\n\r\n" + head + "hello", []step{
			{req: 41, data: 19}, whole(get, head+"hello", nextSame),
		}}},
		"http continue": {{get, "HTTP/1.1 100 Continue\r\n\r\n" + head, []step{{data: 25, quiet: true}, whole(get, head, nextSame)}}},
		"http upgrade":  {{get, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x00", []step{{next: nextStop, req: len(get), data: 46}, {data: 2}}}},
		"ipp upgrade":   {{get, "HTTP/1.1 101 Switching\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n", []step{{next: nextTLS, req: len(get), data: 54}}}},
		"connect": {{connect, "HTTP/1.1 200 Established\r\n\r\nSSH-2.0-x\r\n", []step{
			{next: nextProxied, req: len(connect), data: 28, target: "example.org:443"}, {next: nextSSH, data: 11},
		}}},
		"connect refused": {{connect, "HTTP/1.1 407 Auth\r\n\r\n", []step{whole(connect, "HTTP/1.1 407 Auth\r\n\r\n", nextSame)}}},
		"socks4": {{"\x04\x01\x00\x50\xc0\x00\x02\x01u\x00", "\x00\x5a\x00\x00\x00\x00\x00\x00SSH-2.0-x\r\n", []step{
			{next: nextProxied, req: 10, data: 8, target: "192.0.2.1:80"}, {next: nextSSH, data: 11},
		}}},
		"socks4a":        {{"\x04\x01\x00\x50\x00\x00\x00\x01u\x00example.org\x00", "\x00\x5a\x00\x00\x00\x00\x00\x00", []step{{next: nextProxied, req: 22, data: 8, target: "example.org:80"}}}},
		"socks4 refused": {{"\x04\x01\x00\x50\xc0\x00\x02\x01u\x00", "\x00\x5b\x00\x00\x00\x00\x00\x00", []step{{req: 10, data: 8}}}},
		"socks5": {
			{"\x05\x01\x00", "\x05\x00", []step{{req: 3, data: 2}}},
			{"\x05\x01\x00\x03\x0bexample.org\x01\xbb", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", []step{{next: nextProxied, req: 18, data: 10, target: "example.org:443"}}},
		},
		"socks5 password": {
			{"\x05\x02\x00\x02", "\x05\x02", []step{{req: 4, data: 2}}},
			{"\x01\x01u\x01p", "\x01\x00", []step{{req: 5, data: 2}}},
			{"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00HTTP/1.0 200 OK\r\n", []step{
				{next: nextProxied, req: 10, data: 10, target: "192.0.2.1:80"}, {data: 17},
			}},
		},
		"dce rpc is not socks": {{"\x05\x00\x0b\x03\x10\x00\x00\x00", "\x05\x00\x0c\x03\x10\x00\x00\x00", []step{{req: 8, data: 8}}}},
		"socks5 at once": {{"\x05\x01\x00\x05\x01\x00\x04" + strings.Repeat("\x20", 16) + "\x00\x16", "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", []step{
			{req: 3, data: 2}, {next: nextProxied, req: 22, data: 10, target: "[2020:2020:2020:2020:2020:2020:2020:2020]:22"},
		}}},
	} {
		var f follower
		for _, turn := range turns {
			req, data := []byte(turn.req), []byte(turn.data)
			for i := 0; len(req) > 0 || len(data) > 0; i++ {
				got := f.turn(req, data)
				if i >= len(turn.want) || got != turn.want[i] {
					t.Errorf("%s: %q %q: %+v, step %d", name, req, data, got, i)
					break
				}
				if got.next == nextTLS || got.next == nextProxied {
					f = follower{}
				}
				req, data = req[got.req:], data[got.data:]
			}
		}
	}
}

func FuzzFollow(f *testing.F) {
	f.Add([]byte("CONNECT a:1 HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\n\r\nx"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx"))
	f.Add([]byte("\x05\x01\x00\x05\x01\x00\x03\x01a\x00\x01"), []byte("\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x04\x01\x00\x50\x00\x00\x00\x01u\x00example.org\x00"), []byte("\x00\x5a\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"), []byte("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, req, data []byte) {
		var fo follower
		fo.turn(nil, data)
		for range 3 {
			r, d := req, data
			for len(r) > 0 || len(d) > 0 {
				s := fo.turn(r, d)
				if s.req < 0 || s.data < 0 || s.req > len(r) || s.data > len(d) || s.req+s.data == 0 || s.skip < 0 || s.next > nextStop {
					t.Fatalf("%q %q: %+v", r, d, s)
				}
				r, d = r[s.req:], d[s.data:]
			}
		}
	})
}
