// Package banner holds what the matcher's benchmarks match: answers such as
// servers give, written for this purpose.
package banner

import (
	"bytes"
	"fmt"
	"strings"
)

// Scenario is a kind of answer and the chain of lines it is tried against.
type Scenario struct {
	Name  string
	Chain string // name of a TCP probe; "": every line of TCP
	Data  [][]byte
}

// Scenarios are what the benchmarks run. The answers in "html" match no line of
// any file; they are cut at 8 KB or 64 KB.
func Scenarios() []Scenario {
	text := join(ssh(), ftp(), smtp(), mail())
	return []Scenario{
		{"SSH banner", "NULL", ssh()},
		{"FTP banner", "NULL", ftp()},
		{"SMTP banner", "NULL", smtp()},
		{"HTTP response", "GetRequest", http()},
		{"unknown binary 390 B", "GetRequest", [][]byte{Binary(390, 1), Binary(390, 2), Binary(390, 3), Binary(390, 4)}},
		{"HTML 8 KB, no match", "GetRequest", [][]byte{HTML(8<<10, 5)}},
		{"HTML 64 KB, no match", "GetRequest", [][]byte{HTML(64<<10, 6)}},
		{"text banners, whole database", "", text},
		{"HTTP response, whole database", "", http()},
		{"unknown binary, whole database", "", [][]byte{Binary(390, 7), Binary(390, 8)}},
		{"hostile 8 KB, whole database", "", Hostile()},
	}
}

func join(lists ...[][]byte) [][]byte {
	var all [][]byte
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func list(ss ...string) [][]byte {
	var all [][]byte
	for _, s := range ss {
		all = append(all, []byte(s))
	}
	return all
}

func ssh() [][]byte {
	return list(
		"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5\r\n",
		"SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3\r\n",
		"SSH-2.0-OpenSSH_7.4\r\n",
		"SSH-2.0-dropbear_2020.81\r\n",
		"SSH-2.0-Go\r\n",
	)
}

func ftp() [][]byte {
	return list(
		"220 (vsFTPd 3.0.5)\r\n",
		"220 ProFTPD Server (Debian) [::ffff:192.0.2.7]\r\n",
		"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 3 of 50 allowed.\r\n220-Local time is now 11:42. Server port: 21.\r\n220 You will be disconnected after 15 minutes of inactivity.\r\n",
		"220 Microsoft FTP Service\r\n",
		"220 files.example.org FTP server ready.\r\n",
	)
}

func smtp() [][]byte {
	return list(
		"220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n",
		"220 mx1.example.net ESMTP Exim 4.96 Tue, 02 Apr 2024 09:31:07 +0000\r\n",
		"220 relay.example.com ESMTP Sendmail 8.17.1/8.17.1; Tue, 2 Apr 2024 09:31:07 GMT\r\n",
		"220 EXCH01.corp.example Microsoft ESMTP MAIL Service ready at Tue, 2 Apr 2024 09:31:07 +0200\r\n",
		"220 smtp.example.org ESMTP OpenSMTPD\r\n",
	)
}

func mail() [][]byte {
	return list(
		"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n",
		"+OK Dovecot (Debian) ready.\r\n",
		"200 news.example.org InterNetNews NNRP server INN 2.6.4 ready (posting ok)\r\n",
	)
}

func http() [][]byte {
	page := func(title, body string) string {
		return "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + title + "</title>\n" +
			"<link rel=\"stylesheet\" href=\"/static/site.css\"></head>\n<body>\n<h1>" + title + "</h1>\n<p>" + body + "</p>\n" +
			"<ul><li><a href=\"/about\">About us</a></li><li><a href=\"/contact\">Contact</a></li></ul>\n</body>\n</html>\n"
	}
	answer := func(status, server, body string) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nDate: Tue, 02 Apr 2024 09:31:07 GMT\r\nServer: %s\r\nLast-Modified: Mon, 01 Apr 2024 08:00:00 GMT\r\n"+
			"ETag: \"29cd-60f2d3a1b2c40\"\r\nAccept-Ranges: bytes\r\nContent-Length: %d\r\nVary: Accept-Encoding\r\nConnection: close\r\n"+
			"Content-Type: text/html; charset=UTF-8\r\n\r\n%s", status, server, len(body), body)
	}
	return list(
		answer("200 OK", "Apache/2.4.57 (Debian)", page("Harbour office", "Opening hours of the harbour office and the tide table of this week.")),
		answer("200 OK", "nginx/1.24.0", page("Under construction", "There will be something here soon. Please come back later.")),
		answer("404 Not Found", "lighttpd/1.4.69", page("Nothing here", "What you look for is not on this host.")),
		answer("200 OK", "Microsoft-IIS/10.0", page("Intranet", "Please sign in with your account of the company.")),
		answer("403 Forbidden", "Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips PHP/7.4.33", page("No entry", "You may not read this page.")),
	)
}

// next is a small generator of numbers, the same on every machine.
func next(x *uint64) uint32 {
	*x = *x*6364136223846793005 + 1442695040888963407
	return uint32(*x >> 33)
}

// Binary returns n bytes of a protocol nobody knows: a header with a length,
// then small numbers, zeros and noise.
func Binary(n int, seed uint64) []byte {
	b := make([]byte, 0, n+8)
	b = append(b, 0x9d, 0x02, byte(n>>8), byte(n), 0x00, 0x00, 0x00, byte(seed))
	for len(b) < n {
		switch next(&seed) % 4 {
		case 0:
			b = append(b, 0, 0, 0, byte(next(&seed)%16))
		case 1:
			b = append(b, 0x80|byte(next(&seed)), byte(next(&seed)))
		default:
			b = append(b, byte(next(&seed)), byte(next(&seed)), byte(next(&seed)))
		}
	}
	return b[:n]
}

// HTML returns n bytes of an answer of a web server that tells nothing.
func HTML(n int, seed uint64) []byte {
	words := strings.Fields("river stone market lantern copper window garden letter harbour winter bread candle forest bridge saddle " +
		"thunder meadow pocket silver anchor ladder orchard feather kettle morning valley engine ribbon summer basket north table " +
		"the and of with from into over about under between before after")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nDate: Tue, 02 Apr 2024 09:31:07 GMT\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n" +
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n</head>\n<body>\n")
	for b.Len() < n {
		fmt.Fprintf(&b, "<div class=\"%s-%d\"><h2><a href=\"/%s/%d.html\">%s %s</a></h2>\n<p>", words[next(&seed)%32], next(&seed)%10,
			words[next(&seed)%32], next(&seed)%1000, words[next(&seed)%32], words[next(&seed)%32])
		for range 20 + next(&seed)%40 {
			b.WriteString(words[next(&seed)%uint32(len(words))])
			b.WriteByte(" ,.\n "[next(&seed)%5])
		}
		b.WriteString("</p>\n</div>\n")
	}
	return b.Bytes()[:n]
}

// Hostile returns answers of 8 KB that make matchers work: repetitions of what
// patterns look for, with the end left out.
func Hostile() [][]byte {
	repeat := func(head, unit string) []byte {
		return append([]byte(head), bytes.Repeat([]byte(unit), (8<<10-len(head))/len(unit))...)
	}
	return [][]byte{
		repeat("220 ", "FTP server (Version "),
		repeat("HTTP/1.1 200 OK\r\n", "Server: Apache\r\nSet-Cookie: a=\r\n"),
		repeat("HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"", "a b-c_d.e f"),
		repeat("", ":: "),
		repeat("\x00\x00", "\x00\x01\x00\x00"),
		repeat("* OK ", "[CAPABILITY IMAP4rev1] ready "),
	}
}
