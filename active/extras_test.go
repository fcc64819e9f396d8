package active

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"

	"earshot/matcher"
	"earshot/matcher/request"
)

func longString(s string) string {
	return string(binary.BigEndian.AppendUint32([]byte("S"), uint32(len(s)))) + s
}

// start is a Connection.Start with these properties.
func start(properties string) string {
	return "\x01\x00\x00\x00\x00\x01\x00\x00\x0a\x00\x0a\x00\x09" + string(binary.BigEndian.AppendUint32(nil, uint32(len(properties)))) + properties + "\x00\x00\x00\x05PLAIN"
}

func TestExtraParsers(t *testing.T) {
	stun := func(s string) string { return "\x01\x01\x00\x10\x21\x12\xa4\x42earshot-0001" + s }
	ask := []byte("\x00\x01\x00\x00\x21\x12\xa4\x42earshot-0001")
	ping := []byte("\x00\x00\x00\x00earshot1")
	server := func(b string) (matcher.Fields, bool) {
		_, f, ok := httpServer([]savedAnswer{{data: []byte("220 hi")}, {data: []byte(b)}})
		return f, ok
	}
	amqp := func(b string) (matcher.Fields, bool) { return amqpStart([]byte(b)) }
	binding := func(b string) (matcher.Fields, bool) { return stunSoftware(ask, []byte(b)) }
	pong := func(b string) (matcher.Fields, bool) { return mumblePong(ping, []byte(b)) }
	poke := func(b string) (matcher.Fields, bool) { return matcher.Fields{}, isIAX2([]byte(b)) }
	for name, x := range map[string]struct {
		read func(string) (matcher.Fields, bool)
		in   string
		want matcher.Fields
		no   bool
	}{
		"AMQP": {
			amqp, start("\x0ccapabilitiesF\x00\x00\x00\x03\x01xV" + "\x07product" + longString("RabbitMQ") + "\x05flagst\x01" + "\x07version" + longString("3.10.8")),
			matcher.Fields{Product: "RabbitMQ", Version: "3.10.8", Info: "0-9"},
			false,
		},
		"AMQP, cut":      {amqp, start("\x07product" + longString("Broker") + "\x07version" + longString("1.0"))[:45], matcher.Fields{Product: "Broker", Info: "0-9"}, false},
		"AMQP, unknown":  {amqp, start("\x01x?\x00" + "\x07product" + longString("Broker")), matcher.Fields{Info: "0-9"}, false},
		"AMQP, header":   {amqp, "AMQP\x00\x00\x09\x01", matcher.Fields{}, true},
		"STUN":           {binding, stun("\x00\x01\x00\x02ab\x00\x00\x80\x22\x00\x05Turn7\x00\x00\x00"), matcher.Fields{Product: "Turn7"}, false},
		"STUN, nameless": {binding, stun(""), matcher.Fields{}, false},
		"STUN, cut":      {binding, stun("\x80\x22\x00\x50abc"), matcher.Fields{}, false},
		"STUN, other":    {binding, "\x01\x01\x00\x00\x21\x12\xa4\x42earshot-0002", matcher.Fields{}, true},
		"IAX2":           {poke, "\x80\x01\x80\x01\x00\x00\x00\x03\x00\x01\x06\x03", matcher.Fields{}, false},
		"IAX2, voice":    {poke, "\x80\x01\x80\x01\x00\x00\x00\x03\x00\x01\x02\x03", matcher.Fields{}, true},
		"Mumble": {
			pong, "\x00\x01\x03\x04earshot1\x00\x00\x00\x02\x00\x00\x03\xe8\x00\x01\x19\x40",
			matcher.Fields{Product: "Murmur", Version: "1.3.4", Info: "users: 2; max. users: 1000; bandwidth: 72000 b/s"},
			false,
		},
		"Mumble, echo":  {pong, "\x00\x00\x00\x00earshot1", matcher.Fields{}, true},
		"HTTP":          {server, "HTTP/1.1 404 No\r\nDate: x\r\nSERVER:  Thing/1.0 (a)\r\n\r\nServer: no", matcher.Fields{Product: "Thing/1.0 (a)"}, false},
		"HTTP, no name": {server, "HTTP/1.1 404 No\r\n\r\nServer: no", matcher.Fields{}, false},
		"no HTTP":       {server, "RTSP/1.0 200\r\nServer: x\r\n\r\n", matcher.Fields{}, true},
	} {
		f, ok := x.read(x.in)
		if ok == x.no || f.Product != x.want.Product || f.Version != x.want.Version || f.Info != x.want.Info {
			t.Errorf("%s: %+v %v", name, f, ok)
		}
	}
}

func FuzzExtras(f *testing.F) {
	f.Add([]byte(start("\x07product" + longString("RabbitMQ") + "\x01at\x01")))
	f.Add([]byte("\x01\x01\x00\x10\x21\x12\xa4\x42earshot-0001\x80\x22\x00\x05Turn7\x00\x00\x00"))
	f.Add([]byte("\x00\x01\x03\x04earshot1\x00\x00\x00\x02\x00\x00\x03\xe8\x00\x01\x19\x40"))
	f.Add([]byte("HTTP/1.1 404 No\r\nServer: x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		amqp, _ := amqpStart(b)
		stun, _ := stunSoftware([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42earshot-0001"), b)
		mumble, _ := mumblePong([]byte("\x00\x00\x00\x00earshot1"), b)
		_, http, _ := httpServer([]savedAnswer{{data: b}})
		isIAX2(b)
		for _, x := range []matcher.Fields{amqp, stun, mumble, http} {
			for _, s := range []string{x.Product, x.Version} {
				if len(s) > 79 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("%q", s)
				}
			}
		}
	})
}

// What a line has said of a broker waits for what the broker says of itself, and stays
// if it says nothing more.
func TestClassicExtra(t *testing.T) {
	t.Parallel()
	text := classicProbes + "Probe TCP Broker q|BROKER\\r\\n|\nrarity 1\ntotalwaitms 300\nmatch amqp m|^AMQP| p/Some Broker/ cpe:/a:some:broker/\n"
	for _, x := range []struct {
		says, product, version string
		intensity              int
	}{
		{start("\x07product" + longString("RabbitMQ") + "\x07version" + longString("3.10.8")), "RabbitMQ", "3.10.8", 7},
		{start("\x07product" + longString("RabbitMQ")), "Some Broker", "", 6},
		{"AMQP\x00\x00\x09\x01", "Some Broker", "", 7},
	} {
		s := serve(t, func(c net.Conn, s *scripted) {
			for {
				switch s.asked(c) {
				case "":
					return
				case "BROKER\r\n":
					_, _ = c.Write([]byte("AMQP?"))
				case "AMQP\x00\x00\x09\x01":
					_, _ = c.Write([]byte(x.says))
				}
			}
		})
		r := asking(t, database(t, true, text), s.port, func(c *Config) { c.Strategy, c.Intensity = Classic, x.intensity })
		if r.Service != "amqp" || r.Product != x.product || r.Version != x.version || len(r.CPE) != 1 || len(r.Others) > 0 {
			t.Errorf("%+v", r.Belief)
		}
	}
}

// What is asked of a UDP port follows from what a soft line took it for.
func TestClassicExtraUDP(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ service, product, info string }{
		{"stun", "Turn7", ""},
		{"murmur", "Murmur", "voice port; users: 2; max. users: 1000; bandwidth: 72000 b/s"},
		{"iax2", "", ""},
	} {
		port := serveUDP(t, func(b []byte, _ netip.AddrPort, say func(string)) {
			switch {
			case string(b) == "who?":
				say("soft")
			case x.service == "stun" && len(b) == 20:
				say("\x01\x01\x00\x0c" + string(b[4:20]) + "\x80\x22\x00\x05Turn7\x00\x00\x00")
			case x.service == "murmur" && len(b) == 12:
				say("\x00\x01\x03\x04" + string(b[4:12]) + "\x00\x00\x00\x02\x00\x00\x03\xe8\x00\x01\x19\x40")
			case x.service == "iax2" && len(b) == 12 && b[0] == 0x80:
				say("\x80\x01\x80\x01\x00\x00\x00\x03\x00\x01\x06\x03")
			}
		})
		db := database(t, true, "Probe UDP S q|who?|\nrarity 1\ntotalwaitms 300\nsoftmatch "+x.service+" m|^soft|\n")
		r := asking(t, db, 0, func(c *Config) { c.Strategy, c.Ports = Classic, []Port{{request.UDP, port}} })
		if r.Service != x.service || r.Product != x.product || r.Info != x.info || r.By == nil || r.By.Result.Kind != matcher.Hard || r.state != "open" {
			t.Errorf("%+v %s", r.Belief, r.state)
		}
	}
}
