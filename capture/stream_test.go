package capture

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const (
	cl  = "10.0.0.2:40000"
	srv = "10.0.0.1:80"
	get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	ok1 = "HTTP/1.1 200 OK\r\nServer: nginx/1.2\r\nContent-Length: 0\r\n\r\n"
)

func bannerLine(turn string, req, data, rest string) string {
	return "banner tcp 10.0.0.1:80<40000 " + turn + " " + cut([]byte(req)) + " " + cut([]byte(data)) + rest
}

func TestOneRequest(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 100, 900).open().client(get).server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
}

func TestKeepAliveTurns(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 100, 900).open().client(get).server(ok1).client(get).server(ok1 + "2").close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""), bannerLine("1", get, ok1+"2", ""))
}

func TestGreeting(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 100, 900).open().server("220 hello\r\n").client("QUIT\r\n").server("221 bye\r\n").close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", "", "220 hello\r\n", ""), bannerLine("1", "QUIT\r\n", "221 bye\r\n", ""))
}

func TestBothSpeakFirst(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 100, 900).open()
	k.tcp(p.c, p.s, ACK, p.cn, p.sn, "SSH-2.0-client\r\n")
	k.tcp(p.s, p.c, ACK, p.sn, p.cn, "SSH-2.0-server\r\n")
	p.cn += 16
	p.sn += 16
	p.close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", "SSH-2.0-client\r\n", "SSH-2.0-server\r\n", ""))
}

func TestOneByteSegmentsAcrossTheWrap(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 0xfffffff0, 0xfffffffa).open()
	for _, c := range get {
		p.client(string(c))
	}
	for _, c := range ok1 {
		p.server(string(c))
	}
	p.close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
}

func TestHugeSegment(t *testing.T) {
	k := newTalk()
	body := ok1 + strings.Repeat("x", 65000)
	k.pair(cl, srv, 1, 2).open().client(get).server(body).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, body[:8192], " cut 8192"))
}

func TestOutOfOrderOverlapRetransmission(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get)
	at := func(from, to int, s string) { k.tcp(p.s, p.c, ACK, p.sn+uint32(from), p.cn, s[from:to]) }
	at(20, 30, ok1)
	at(5, 25, strings.ToUpper(ok1)) // 20…25 lie over what came before
	at(0, 10, ok1)                  // 5…10 too
	at(0, 10, ok1)
	at(25, len(ok1), ok1)
	p.sn += uint32(len(ok1))
	p.close()
	want := ok1[:10] + strings.ToUpper(ok1)[10:25] + ok1[25:]
	st := checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, want, ""))
	if st.Flow.OutOfOrder == 0 || st.Flow.Duplicates == 0 {
		t.Errorf("not counted: %+v", st.Flow)
	}
}

func TestRequestAfterItsAnswer(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open()
	k.tcp(p.s, p.c, ACK, p.sn, p.cn+uint32(len(get)), ok1)
	k.tcp(p.c, p.s, ACK, p.cn, p.sn, get)
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
}

func TestSynWithData(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, SYN, 1, 0, get)
	p.cn = 2 + uint32(len(get))
	k.tcp(p.s, p.c, SYN|ACK, 2, p.cn, "")
	p.sn = 3
	p.server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
}

func TestMidStream(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 1, 2).client(get).server(ok1).client(get).server(ok1 + "2")
	checkTalk(t, k, "open tcp 10.0.0.1:80 tcp-response 1", bannerLine("0", get, ok1, " mid"), bannerLine("1", get, ok1+"2", ""))
}

func TestMidStreamServerFirst(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 1, 2).server("\x01\x02\x03").client(get).server(ok1)
	checkTalk(t, k, "open tcp 10.0.0.1:80 tcp-response 1", bannerLine("0", "", "\x01\x02\x03", " mid"), bannerLine("1", get, ok1, ""))
}

func TestOneSide(t *testing.T) {
	t.Run("server", func(t *testing.T) {
		k := newTalk()
		p := k.pair(cl, srv, 1, 2)
		k.tcp(p.s, p.c, SYN|ACK, 2, 2, "")
		k.tcp(p.s, p.c, ACK, 3, 30, ok1)
		k.tcp(p.s, p.c, ACK, 3+uint32(len(ok1)), 60, ok1+"2")
		checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", "", ok1, ""), bannerLine("1", "", ok1+"2", ""))
	})
	t.Run("client", func(t *testing.T) {
		k := newTalk()
		p := k.pair(cl, srv, 1, 2)
		k.tcp(p.c, p.s, SYN, 1, 0, "")
		k.tcp(p.c, p.s, ACK, 2, 3, get)
		k.tcp(p.c, p.s, ACK, 2+uint32(len(get)), 90, get)
		checkTalk(t, k)
	})
	t.Run("acks only", func(t *testing.T) {
		k := newTalk()
		p := k.pair(cl, srv, 1, 2)
		k.tcp(p.c, p.s, ACK, 1, 1, "")
		k.tcp(p.s, p.c, ACK, 1, 1, "")
		st := checkTalk(t, k)
		if st.Flow.Flows != 0 || st.Flow.Stray != 2 {
			t.Errorf("%+v", st.Flow)
		}
	})
}

func TestResetInBanner(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server("HTTP/1.1 200 OK\r\nSer")
	k.tcp(p.c, p.s, RST, p.cn, 0, "")
	k.tcp(p.s, p.c, ACK, p.sn, p.cn, "ver: late")
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, "HTTP/1.1 200 OK\r\nSer", ""))
}

// A reset after which the connection goes on was not what it seemed.
func TestResetNotBelieved(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, SYN, 1, 0, "")
	k.tcp(p.s, p.c, SYN|ACK, 2, 2, "")
	k.tcp(p.c, p.s, RST|ACK, 2, 3, "")
	p.cn, p.sn = 2, 3
	p.client(get).server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
	k = newTalk()
	p = k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, SYN, 1, 0, "")
	k.tcp(p.s, p.c, SYN|ACK, 2, 2, "")
	k.tcp(p.c, p.s, RST, 2, 0, "")
	k.tcp(p.s, p.c, ACK|PSH, 77, 2, "what is left of another connection")
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1")
	k = newTalk() // a stranger's, between request and answer
	p = k.pair(cl, srv, 1, 2)
	p.open().client(get)
	k.tcp(p.s, p.c, RST, p.sn, 0, "")
	p.server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", "", ok1, ""))
}

// The connections of a server that is known well enough are not listened to after a reset,
// either: who begins again with the same numbers is not heard again and again.
func TestSettledAndReset(t *testing.T) {
	k := newTalk()
	heard := func() int {
		d := new(deaf)
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return d }); err != nil {
			t.Fatal(err)
		}
		return d.banners
	}
	once := func() {
		for i := range 100 {
			p := k.pair(fmt.Sprintf("10.0.0.2:%d", 40000+i), srv, 1, 2).open().server("220 hello\r\n")
			k.tcp(p.c, p.s, RST|ACK, p.cn, p.sn, "")
		}
	}
	once()
	first := heard()
	once()
	if again := heard(); first == 0 || again != first {
		t.Errorf("%d banners of 100 connections, %d when they come again", first, again)
	}
}

func TestRefused(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, SYN, 1, 0, "")
	k.tcp(p.s, p.c, RST|ACK, 0, 2, "")
	k.tcp(p.s, p.c, RST|ACK, 0, 2, "")
	checkTalk(t, k, "closed tcp 10.0.0.1:80 reset 1")
}

func TestScanned(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, SYN, 1, 0, "")
	k.tcp(p.s, p.c, SYN|ACK, 9, 2, "")
	k.tcp(p.c, p.s, RST, 2, 0, "")
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1")
}

func TestGap(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server("HTTP/1.1 200 OK\r\n")
	p.sn += 10
	p.server("rest").close()
	st := checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, "HTTP/1.1 200 OK\r\nrest", " gap cut 17"))
	if st.Flow.Gaps == 0 {
		t.Errorf("%+v", st.Flow)
	}
}

// TestCut: where the first bytes are missing, in words that were captured in part, from there on in the second of
// two answers, and behind what is kept.
func TestCut(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server("HTTP/1.1 200 OK\r\nServer: Simple")
	k.cutLast(4)
	p.server("<html>").client(get).server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, "HTTP/1.1 200 OK\r\nServer: Si<html>", " gap cut 27"), bannerLine("1", get, ok1, ""))

	k = newTalk()
	k.pair(cl, srv, 1, 2).open().client(get + get).server(ok1 + ok1)
	k.cutLast(3)
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""), bannerLine("1", get, ok1[:len(ok1)-3], fmt.Sprintf(" cut %d", len(ok1)-3)))
}

func TestCutDatagram(t *testing.T) {
	k := newTalk()
	k.udp(cl, srv, "question")
	k.udp(srv, cl, "answer")
	k.cutLast(2)
	checkTalk(t, k, "open udp 10.0.0.1:80 udp-response 1", "banner udp 10.0.0.1:80<40000 0 \"question\" \"answ\" cut 4")
}

func TestKeepAliveProbe(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server(ok1)
	k.tcp(p.c, p.s, ACK, p.cn-1, p.sn, "\x00")
	k.tcp(p.s, p.c, ACK, p.sn, p.cn, "")
	p.client(get).server(ok1).close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""), bannerLine("1", get, ok1, ""))

	k = newTalk()
	p = k.pair(cl, srv, 1, 2)
	k.tcp(p.c, p.s, ACK, p.cn-1, p.sn, "\x00")
	k.tcp(p.s, p.c, ACK, p.sn, p.cn, "")
	checkTalk(t, k)
}

func TestPortsUsedAgain(t *testing.T) {
	k := newTalk()
	k.pair(cl, srv, 1, 2).open().client(get).server(ok1).close()
	k.pair(cl, srv, 100001, 200002).open().client(get).server(ok1 + "2").close()
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 2", bannerLine("0", get, ok1, ""), bannerLine("0", get, ok1+"2", ""))
}

func TestLatePackets(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server(ok1).close()
	k.tcp(p.c, p.s, ACK, p.cn, p.sn, "")
	k.tcp(p.c, p.s, SYN, 1, 0, "")
	k.tcp(p.s, p.c, ACK|FIN, p.sn-1, p.cn, "")
	k.tcp(p.s, p.c, ACK, p.sn-1-uint32(len(ok1)), p.cn, ok1)
	checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
}

func TestIdle(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get).server(ok1)
	k.wait(60e9)
	k.pair("10.0.0.3:1234", srv, 1, 2).open() // lets time pass
	p.server("more of it").client(get).server(ok1 + "2")
	st := checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 2", bannerLine("0", get, ok1, ""), bannerLine("1", get, ok1+"2", ""))
	if st.Flow.Idle != 1 {
		t.Errorf("%+v", st.Flow)
	}
}

func TestEnough(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open()
	for range 5 {
		p.client(get).server(ok1)
	}
	got, st := hear(t, k.frames, Config{}, &ear{short: true, verdict: func(*Banner) Verdict { return Enough }})
	if len(got) != 2 || st.Flow.Banners != 1 || st.Flow.Tombstone == 0 {
		t.Errorf("%q %+v", got, st.Flow)
	}
}

func TestMaxTurns(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open()
	for range 50 {
		p.client(get).server(ok1)
	}
	if got, _ := hear(t, k.frames, Config{}, nil); len(got) != 13 {
		t.Errorf("%d lines: %q", len(got), got)
	}
	if got, _ := hear(t, k.frames, Config{MaxTurns: 3}, nil); len(got) != 4 {
		t.Errorf("%d lines: %q", len(got), got)
	}
}

// Each side says it has already heard what the other is only about to say: true
// of no real pair, and once a loop without end.
func TestEachAcknowledgesTheOther(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open()
	k.tcp(p.s, p.c, ACK, p.sn, p.cn+uint32(len(get)), ok1)
	k.tcp(p.c, p.s, ACK, p.cn, p.sn+uint32(len(ok1)), get)
	st := checkTalk(t, k, "open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", get, ok1, ""))
	if st.Flow.Gaps == 0 {
		t.Errorf("not counted: %+v", st.Flow)
	}
}

// TestClocksApart hears a connection whose two sides were captured by clocks that differ:
// all that the client said stands before all that the server said.
func TestClocksApart(t *testing.T) {
	const greeting, answer = "220 hello\r\n", "250 yes\r\n"
	for _, end := range []uint8{0, ACK | FIN, RST} {
		k := newTalk()
		p := k.pair(cl, srv, 100, 900)
		k.tcp(p.c, p.s, SYN, 100, 0, "")
		k.tcp(p.c, p.s, ACK, 101, 901, "")
		k.tcp(p.c, p.s, ACK|PSH, 101, 901+uint32(len(greeting)), "EHLO x\r\n")
		if end != 0 {
			k.tcp(p.c, p.s, end, 109, 901+uint32(len(greeting+answer)), "")
		}
		k.tcp(p.s, p.c, SYN|ACK, 900, 101, "")
		k.tcp(p.s, p.c, ACK|PSH, 901, 101, greeting)
		k.tcp(p.s, p.c, ACK|PSH, 901+uint32(len(greeting)), 109, answer)
		want := []string{"open tcp 10.0.0.1:80 syn-ack 1", bannerLine("0", "", greeting, ""), bannerLine("1", "EHLO x\r\n", answer, "")}
		if end == RST { // what the client said is gone by then
			want[2] = bannerLine("1", "", answer, "")
		}
		checkTalk(t, k, want...)
	}
}

// TestPortsAgainstOneSide hears an answer from a client's port to a server's, and nothing else.
func TestPortsAgainstOneSide(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     []string
	}{
		{"10.0.0.2:40000", "10.0.0.1:80", nil},
		{"10.0.0.2:40000", "10.0.0.1:5555", nil},
		{"10.0.0.1:8181", "10.0.0.2:1234", []string{"open tcp 10.0.0.1:8181 tcp-response 1", "banner tcp 10.0.0.1:8181<1234 0 " + cut(nil) + " " + cut([]byte(ok1)) + " mid"}},
	} {
		k := newTalk()
		k.tcp(netip.MustParseAddrPort(tt.from), netip.MustParseAddrPort(tt.to), ACK|PSH, 5, 9, ok1)
		checkTalk(t, k, tt.want...)
	}
}

// Who serves a connection whose beginning was not heard is told by what either side says, and
// by the ports only where both say nothing of it, or contradict each other.
func TestMidStreamByWords(t *testing.T) {
	const low, high = "10.0.0.2:1234", "10.0.0.1:50001"
	for _, tt := range []struct {
		name          string
		first, second string // who speaks first is at the high port
		serves        string
	}{
		{"the second asks", "\x01\x02\x03", get, "10.0.0.1:50001"},
		{"the first answers", ok1, "\x01\x02\x03", "10.0.0.1:50001"},
		{"the first asks", get, "\x01\x02\x03", "10.0.0.2:1234"},
		{"the second answers", "\x01\x02\x03", ok1, "10.0.0.2:1234"},
		{"both ask", get, get, "10.0.0.2:1234"},
		{"neither", "\x01\x02\x03", "\x04\x05\x06", "10.0.0.2:1234"},
	} {
		k := newTalk()
		k.pair(low, high, 1, 2).server(tt.first).client(tt.second).server(tt.first)
		got, _ := hear(t, k.frames, Config{}, nil)
		if len(got) < 2 || !strings.HasPrefix(got[len(got)-1], "open tcp "+tt.serves+" ") || !strings.HasPrefix(got[0], "banner tcp "+tt.serves+"<") {
			t.Errorf("%s: want %s: %q", tt.name, tt.serves, got)
		}
	}
}

// An alert of TLS refuses at the beginning of a connection; from its middle both sides say so, and ports tell.
func TestMidStreamAlert(t *testing.T) {
	const alert = "\x15\x03\x03\x00\x02\x02\x2e"
	k := newTalk()
	k.pair(cl, "10.0.0.1:443", 1, 2).server("\x01\x02\x03").client(alert).server("\x01\x02\x03")
	got, _ := hear(t, k.frames, Config{}, nil)
	if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "open tcp 10.0.0.1:443 ") {
		t.Errorf("a client's alert: %q", got)
	}
	k = newTalk()
	k.pair("10.0.0.2:40001", "10.0.0.1:40002", 1, 2).client("\x01\x02\x03").server(alert)
	got, _ = hear(t, k.frames, Config{}, nil)
	if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "open tcp 10.0.0.1:40002 ") {
		t.Errorf("a server's alert, no port tells: %q", got)
	}
}

// A sink that has enough while segments wait for their turn: what waits is forgotten with the
// connection, whose place the next one takes.
func TestEnoughWhileSegmentsWait(t *testing.T) {
	k := newTalk()
	p := k.pair(cl, srv, 1, 2).open().client(get)
	k.tcp(p.s, p.c, ACK, p.sn+uint32(len(ok1)), p.cn+uint32(len(get)), ok1+"2") // waits for the request and the answer before
	k.tcp(p.c, p.s, ACK, p.cn, p.sn+uint32(len(ok1)), get)
	p.server(ok1)
	k.pair("10.0.0.3:1234", srv, 1, 2).open().client(get).server(ok1 + "3").close()
	got, st := hear(t, k.frames, Config{}, &ear{short: true, verdict: func(*Banner) Verdict { return Enough }})
	if st.Flow.Banners != 2 || len(got) != 3 {
		t.Errorf("%q %+v", got, st.Flow)
	}
}

// TestGreetsFirst hears the beginning of what both sides say alike, without a handshake and
// on ports that say the contrary.
func TestGreetsFirst(t *testing.T) {
	k := newTalk()
	p := k.pair("10.0.0.2:40000", "10.0.0.1:45901", 101, 901)
	p.server("RFB 003.008\n").client("RFB 003.008\n").server("\x01\x02")
	checkTalk(t, k, "open tcp 10.0.0.1:45901 tcp-response 1",
		`banner tcp 10.0.0.1:45901<40000 0 "" "RFB 003.008\n" mid`, `banner tcp 10.0.0.1:45901<40000 1 "RFB 003.008\n" "\x01\x02"`)
}
