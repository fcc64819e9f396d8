package active

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
)

const togetherProbes = `
Probe TCP NULL q||
match ftp m|^220 ready, this is Y (\S+) and no other\r\n| p/Y/ v/$1/
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
ports 1-65535
match http m|^HTTP/1\.\d .*\r\nServer: Z/(\S+)\r\n|s p/Z/ v/$1/
`

// A port that is asked at once is asked in the packet that ends the opening of the connection, and
// what it says is acknowledged with the end: an answer in many pieces costs few packets.
func TestTogether(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, s *scripted) {
		if s.asked(c) == "" {
			return
		}
		answer := "HTTP/1.0 200 OK\r\nServer: Z/1.5\r\nContent-Length: 10\r\n\r\n0123456789"
		for len(answer) > 0 { // a packet each
			n := min(7, len(answer))
			_, _ = io.WriteString(c, answer[:n])
			answer = answer[n:]
		}
	})
	for _, c := range []struct {
		probes string
		most   int // the opening, the question, the end, and one for a machine that was slow
	}{
		{togetherProbes, 5},
		{strings.ReplaceAll(togetherProbes, "ports 1-65535", ""), 6}, // which is listened to first
	} {
		// A machine that is slow acknowledges in between: one quick run of ten is enough.
		for try := 1; ; try++ {
			r := asking(t, database(t, false, c.probes), s.port, nil)
			if r.Product != "Z" || r.Version != "1.5" {
				t.Fatalf("%+v", r.Belief)
			}
			sent, connections := spent(t, r.ledger)
			if connections == 1 && sent <= c.most {
				break
			}
			if connections != 1 || try == 10 {
				t.Fatalf("%d packets of ours in %d connections:\n%s", sent, connections, r.ledger)
			}
		}
	}
}

// A server that sends the second piece of what it says only when the first is acknowledged is heard
// to the end.
func TestTogetherNagle(t *testing.T) {
	s := serve(t, func(c net.Conn, s *scripted) {
		_ = c.(*net.TCPConn).SetNoDelay(false)
		for _, piece := range []string{"220 ready", ", this is Y", " 7.1", " and no other", "\r\n"} {
			_, _ = io.WriteString(c, piece)
		}
		s.asked(c)
	})
	r := asking(t, database(t, false, strings.ReplaceAll(togetherProbes, "ports 1-65535", "")), s.port, nil)
	if r.Product != "Y" || r.Version != "7.1" {
		t.Errorf("%+v", r.Belief)
	}
}

// spent counts the packets that a ledger says we sent, and the connections that had any.
func spent(t *testing.T, ledger string) (sent, connections int) {
	t.Helper()
	for line := range strings.Lines(ledger) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Sent > 0 {
			sent, connections = sent+e.Sent, connections+1
		}
	}
	return sent, connections
}
