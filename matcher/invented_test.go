package matcher

import (
	"testing"

	"earshot/data"
	"earshot/matcher/request"
)

// A server that nobody has heard of is named by its protocol, and nothing is said of its product:
// behind the lines of each protocol stands a general one.
func TestInventedServers(t *testing.T) {
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proto         Proto
		probe, answer string
		service       string
	}{
		{request.TCP, NullProbe, "220 zorb FTP daemon here\r\n", "ftp"},
		{request.TCP, NullProbe, "220-Welcome stranger\r\n220-to the blarg file service\r\n220 ftp ready\r\n", "ftp"},
		{request.TCP, NullProbe, "220 Service Ready For New User\r\n", "ftp"},
		{request.TCP, NullProbe, "530 Too early to be logged in\r\n", "ftp"},
		{request.TCP, "FTPUser", "226 all of it went through\r\n", "ftp"},
		{request.TCP, NullProbe, "220 zorb SMTP hello\r\n", "smtp"},
		{request.TCP, NullProbe, "220 mail.example.com zorb mail here\r\n", "smtp"},
		{request.TCP, NullProbe, "554 5.7.1 not you\r\n", "smtp"},
		{request.TCP, "Help", "252 perhaps\r\n", "smtp"},
		{request.TCP, "Help", "500 zorb knows no VRFY\r\n", "smtp"},
		{request.TCP, "Help", "221 mail.example.com zorb closing the line\r\n", "smtp"},
		{request.TCP, "Help", "214-zorb has\r\n214 HELO MAIL RCPT DATA\r\n", "smtp"},
		{request.TCP, NullProbe, "+OK zorb awaits\r\n", "pop3"},
		{request.TCP, NullProbe, "-ERR zorb is full\r\n", "pop3"},
		{request.TCP, NullProbe, "* OK zorb awaits\r\n", "imap"},
		{request.TCP, NullProbe, "200 zorb NNTP here\r\n", "nntp"},
		{request.TCP, NullProbe, "200 example news here\r\n", "nntp"},
		{request.TCP, NullProbe, "SSH-2.0-zorb\r\n", "ssh"},
		{request.TCP, NullProbe, "\xff\xfb\x01\xff\xfb\x03zorb\r\nName:", "telnet"},
		{request.TCP, NullProbe, "zorb X9 login: ", "telnet"},
		{request.TCP, NullProbe, "zorb X9\r\nAccount: ", "telnet"},
		{request.TCP, "GetRequest", "HTTP/1.1 418 Zorb\r\nX-Zorb: 1\r\n\r\n", "http"},
		{request.TCP, "GetRequest", "<html><head><title>zorb</title></head></html>", "http"},
		{request.TCP, "GetRequest", "ICY 200 OK\r\nicy-name:zorb\r\n\r\n", "shoutcast"},
		{request.TCP, "RTSPRequest", "RTSP/1.0 454 Zorb\r\nCSeq: 1\r\n\r\n", "rtsp"},
		{request.UDP, "SIPOptions", "SIP/2.0 486 Zorb\r\n\r\n", "sip"},
		{request.UDP, "SSDPSearch", "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n", "upnp"},
	} {
		p := db.Null()
		if c.probe != NullProbe {
			p = db.Probe(c.proto, c.probe)
		}
		if r := db.Match([]byte(c.answer), p); r.Service != c.service || r.Product != "" {
			t.Errorf("%q is %q %q by %s:%d, want %q and no product", c.answer, r.Service, r.Product, r.File, r.Line, c.service)
		}
	}
}
