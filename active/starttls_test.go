package active

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

const upgradeProbes = `
Probe TCP NULL q||
totalwaitms 2000
match smtp m|^220 \S+ ESMTP| p/Post/
match ftp m|^220-hi| p/Ftp/
match imap m|^\* OK IMAP| p/Imap/
match pop3 m|^\+OK POP| p/Pop/
match nntp m|^200 news| p/News/
match sieve m|^"IMPLEMENTATION"| p/Sieve/
match irc m|^:irc NOTICE| p/Irc/
match mysql m|^.\0\0\0\x0a8| p/MySQL/
match ldap m|^ldap| p/Directory/
match xmpp-client m|^xmpp| p/Jabber/
match postgresql m|^postgres| p/Elephant/
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
totalwaitms 1000
match http m|^HTTP| p/Web/
`

// upgrades runs a server that says hello, takes part in a script of questions and
// answers, and then speaks TLS. Questions are told apart by what they end with.
func upgrades(t *testing.T, hello string, script ...string) *scripted {
	cert := certificate(t)
	return serve(t, func(c net.Conn, s *scripted) {
		_, _ = c.Write([]byte(hello))
		in := bufio.NewReader(c)
		for i := 0; i < len(script); i += 2 {
			var got []byte
			for !bytes.HasSuffix(got, []byte(script[i])) {
				b, err := in.ReadByte()
				if err != nil {
					return
				}
				got = append(got, b)
			}
			s.mu.Lock()
			s.first = append(s.first, string(got))
			s.mu.Unlock()
			_, _ = c.Write([]byte(script[i+1]))
		}
		if len(script) > 0 {
			server := tls.Server(&buffered{c, in}, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12})
			_ = server.Handshake()
			_, _ = server.Read(make([]byte, 1))
		}
	})
}

// buffered is a connection of which some was read ahead.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

const mysqlHello = "\x2b\x00\x00\x00\x0a8.0.1\x00\x01\x00\x00\x00saltsalt\x00\xff\xff\x08\x02\x00\xff\xc1\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00saltsalt"

func TestStartTLS(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		hello  string
		script []string
		conns  int
	}{
		"smtp": {"220 mx ESMTP\r\n", []string{"EHLO earshot\r\n", "250-mx\r\n250-STARTTLS\r\n250 HELP\r\n", "STARTTLS\r\n", "220 go\r\n"}, 1},
		"ftp":  {"220-hi\r\n220 some FTP\r\n", []string{"AUTH TLS\r\n", "234 go\r\n"}, 1},
		"imap": {"* OK IMAP\r\n", []string{"es1 STARTTLS\r\n", "* NOTE\r\nes1 OK go\r\n"}, 1},
		"pop3": {"+OK POP\r\n", []string{"STLS\r\n", "+OK go\r\n"}, 1},
		"nntp": {"200 news\r\n", []string{"STARTTLS\r\n", "382 go\r\n"}, 1},
		"sieve": {
			"\"IMPLEMENTATION\" \"x\"\r\n\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\nOK\r\n",
			[]string{"STARTTLS\r\n", "OK \"go\"\r\n"},
			1,
		},
		"irc":   {":irc NOTICE * :hi\r\n", []string{"STARTTLS\r\n", ":irc 670 * :go\r\n"}, 1},
		"mysql": {mysqlHello, []string{mysqlSSLRequest, ""}, 1},
		"ldap":  {"ldap", []string{ldapStartTLS, "\x30\x0c\x02\x01\x7e\x78\x07\x0a\x01\x00\x04\x00\x04\x00"}, 1},
		"xmpp-client": {
			"xmpp", []string{
				"version='1.0'>", "<stream:stream><stream:features><starttls/></stream:features>",
				"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
			}, 1,
		},
		// The greeting of this server is the test's only: a new connection is made for the request.
		"postgresql": {"", []string{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "S"}, 1},
	} {
		s := upgrades(t, x.hello, x.script...)
		r := asking(t, database(t, false, upgradeProbes), s.port, func(c *Config) {
			c.StartTLS = true
			if name == "postgresql" {
				c.Store = postgresHeard(t, s.port)
			}
		})
		var facts *capture.TLS
		for _, e := range r.evidence {
			if e.Via == capture.StartTLS {
				facts = e.TLS
			}
		}
		switch {
		case facts == nil:
			t.Errorf("%s: no handshake; %q\n%s", name, s.questions(), r.trace)
		case facts.Version != tls.VersionTLS12 || facts.Cipher == 0 || len(facts.Names) == 0:
			t.Errorf("%s: %+v", name, facts)
		}
		if n := s.connections(); n != x.conns {
			t.Errorf("%s: %d connections\n%s", name, n, r.ledger)
		}
		if r.Service != name || r.Tunnel != "" {
			t.Errorf("%s: %+v", name, r.Belief)
		}
	}
}

// postgresHeard is a store in which a PostgreSQL server was overheard.
func postgresHeard(t *testing.T, port uint16) state.Store {
	t.Helper()
	m := new(state.Memory)
	e := state.Evidence{Endpoint: endpoint(addr("127.0.0.1"), Port{request.TCP, port}), First: time.Now(), Last: time.Now(), Count: 1}
	e.Result.Kind, e.Result.Service = matcher.Soft, "postgresql"
	if err := m.Add(e); err != nil {
		t.Fatal(err)
	}
	return m
}

// Nothing is asked of a service that has said that it has no TLS, of one that is no such
// service, or where it is not wanted.
func TestStartTLSLeft(t *testing.T) {
	t.Parallel()
	plain := strings.Replace(mysqlHello, "\xff\xff\x08", "\xff\xf7\x08", 1)
	for name, x := range map[string]struct {
		hello string
		off   bool
	}{
		"off":   {"* OK IMAP\r\n", true},
		"imap":  {"* OK IMAP [CAPABILITY IMAP4rev1 ID] hi\r\n", false},
		"sieve": {"\"IMPLEMENTATION\" \"x\"\r\n\"SIEVE\" \"fileinto\"\r\nOK\r\n", false},
		"mysql": {plain, false},
		"other": {"nobody knows\r\n", false},
	} {
		var asked []string
		s := serve(t, func(c net.Conn, s *scripted) {
			_, _ = c.Write([]byte(x.hello))
			for q := s.asked(c); q != ""; q = s.asked(c) {
				if !strings.HasPrefix(q, "GET ") && q[0] != 22 {
					s.mu.Lock()
					asked = append(asked, q)
					s.mu.Unlock()
				}
			}
		})
		r := asking(t, database(t, false, upgradeProbes), s.port, func(c *Config) { c.StartTLS = !x.off })
		s.mu.Lock()
		if len(asked) > 0 {
			t.Errorf("%s: asked %q\n%s", name, asked, r.trace)
		}
		s.mu.Unlock()
	}
}

// A service that refuses, floods, or takes no part in it is what it was before.
func TestStartTLSRefused(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"refuses":  "es1 BAD what\r\n",
		"floods":   strings.Repeat("* what\r\n", 1<<16),
		"closes":   "",
		"no TLS":   "es1 OK go\r\nand this is no TLS",
		"an alert": "es1 OK go\r\n\x15\x03\x01\x00\x02\x02\x28",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(c net.Conn, s *scripted) {
				_, _ = c.Write([]byte("* OK IMAP\r\n"))
				s.asked(c)
				_, _ = c.Write([]byte(answer))
				if answer != "" {
					s.asked(c)
				}
			})
			r := asking(t, database(t, false, upgradeProbes), s.port, func(c *Config) { c.StartTLS = true })
			if r.Service != "imap" || r.Product != "Imap" || r.Tunnel != "" || r.totals.GotData > 64<<10 {
				t.Errorf("%+v, %d bytes", r.Belief, r.totals.GotData)
			}
			if n := s.connections(); n > 2 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestStartTLSClassic(t *testing.T) {
	s := upgrades(t, "+OK POP\r\n", "STLS\r\n", "+OK go\r\n")
	r := asking(t, database(t, true, upgradeProbes), s.port, func(c *Config) { c.Strategy, c.StartTLS = Classic, true })
	found := false
	for _, e := range r.evidence {
		found = found || e.Via == capture.StartTLS && e.TLS.Version == tls.VersionTLS12
	}
	if !found || r.Product != "Pop" {
		t.Errorf("%+v\n%s", r.Belief, r.trace)
	}
}

func TestOffersTLS(t *testing.T) {
	for said, want := range map[string]string{
		"250-x\r\n250-STARTTLS\r\n250 OK\r\n": "smtp", "* OK [CAPABILITY STARTTLS]\r\n": "imap", "+OK\r\nUIDL\r\nSTLS\r\n.\r\n": "pop3",
		"211-Features\r\n AUTH TLS\r\n211 End\r\n": "ftp", "\"STARTTLS\"\r\nOK\r\n": "sieve", "<starttls xmlns=''/>": "xmpp-client", "HTTP/1.0 200 OK": "",
	} {
		if got := offersTLS([]byte(said)); got != want {
			t.Errorf("%q: %q", said, got)
		}
	}
}

func FuzzStartTLS(f *testing.F) {
	f.Add([]byte(mysqlHello))
	f.Add([]byte("\x30\x0c\x02\x01\x7e\x78\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("<stream from='host.example'>"))
	f.Add([]byte("250-a\r\n250 STARTTLS\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		mysqlOffers(b)
		ldapAgrees(b)
		lastCode(b)
		offersTLS(b)
		if a := attribute(b, "from"); strings.ContainsAny(a, "'\"<> ") {
			t.Errorf("%q", a)
		}
	})
}
