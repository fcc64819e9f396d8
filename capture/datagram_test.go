package capture

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

const (
	dnsQ = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
	dnsA = "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
	dns6 = "\x56\x78\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x1c\x00\x01"
	dns7 = "\x56\x78\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x1c\x00\x01"
)

// A confirmed request of BACnet and the acknowledgement that answers it.
const (
	bacAsk  = "\x81\x0a\x00\x0c\x01\x04\x00\x05\x01\x0f\x0c\x00"
	bacDone = "\x81\x0a\x00\x09\x01\x00\x20\x01\x0f"
)

func udpLine(ep, client, turn, req, data string) string {
	return "banner udp " + ep + "<" + client + " " + turn + " " + cut([]byte(req)) + " " + cut([]byte(data))
}

func TestDatagrams(t *testing.T) {
	const c, s = "10.0.0.2:40000", "10.0.0.1:53"
	open := "open udp 10.0.0.1:53 udp-response 1"
	tests := []struct {
		name string
		say  func(k *talk)
		want []string
	}{
		{
			"asked and answered", func(k *talk) { k.udp(c, s, dnsQ); k.udp(s, c, dnsA) },
			[]string{open, udpLine(s, "40000", "0", dnsQ, dnsA)},
		},
		{
			"each twice", func(k *talk) { k.udp(c, s, dnsQ); k.udp(c, s, dnsQ); k.udp(s, c, dnsA); k.udp(s, c, dnsA) },
			[]string{open, udpLine(s, "40000", "0", dnsQ, dnsA)},
		},
		{"all of it twice", func(k *talk) {
			for range 2 {
				k.udp(c, s, dnsQ)
				k.udp(s, c, dnsA)
			}
		}, []string{open, udpLine(s, "40000", "0", dnsQ, dnsA)}},
		{"two questions at once", func(k *talk) {
			k.udp(c, s, dnsQ)
			k.udp(c, s, dns6)
			k.udp(s, c, dnsA)
			k.udp(s, c, dns7)
		}, []string{open, udpLine(s, "40000", "0", dnsQ, dnsA), udpLine(s, "40000", "1", dns6, dns7)}},
		{"not answered", func(k *talk) { k.udp(c, s, dnsQ); k.udp(c, s, dns6) }, nil},
		{
			"an answer that nobody heard asked for", func(k *talk) { k.udp(s, c, dnsA) },
			[]string{open, udpLine(s, "40000", "0", "", dnsA)},
		},
		{"another port, other words", func(k *talk) {
			k.udp(c, "10.0.0.1:7777", "hello?")
			k.udp("10.0.0.1:7777", c, "here")
		}, []string{"open udp 10.0.0.1:7777 udp-response 1", udpLine("10.0.0.1:7777", "40000", "0", "hello?", "here")}},
		{"heard from the middle", func(k *talk) {
			k.udp("10.0.0.1:162", c, "mid")
			k.udp(c, "10.0.0.1:162", "and")
			k.udp("10.0.0.1:162", c, "end")
		}, []string{"open udp 10.0.0.1:162 udp-response 1", udpLine("10.0.0.1:162", "40000", "0", "and", "end")}},
		{"to a group", func(k *talk) {
			k.udp(c, "239.255.255.250:1900", "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n")
		}, nil},
		{"announced to a group", func(k *talk) {
			k.udp("10.0.0.1:1900", "239.255.255.250:1900", "NOTIFY * HTTP/1.1\r\nSERVER: x\r\n\r\n")
			k.udp("10.0.0.1:1900", "239.255.255.250:1900", "NOTIFY * HTTP/1.1\r\nSERVER: x\r\n\r\n")
		}, []string{"open udp 10.0.0.1:1900 udp-response 1", udpLine("10.0.0.1:1900", "1900", "0", "", "NOTIFY * HTTP/1.1\r\nSERVER: x\r\n\r\n")}},
		{"DHCP", func(k *talk) {
			k.udp("0.0.0.0:68", "255.255.255.255:67", "\x01\x01\x06\x00")
			k.udp("10.0.0.1:67", "10.0.0.2:68", "\x02\x01\x06\x00")
		}, []string{"open udp 10.0.0.1:67 udp-response 1", udpLine("10.0.0.1:67", "68", "0", "", "\x02\x01\x06\x00")}},
		{"peers that serve each other from one port", func(k *talk) {
			k.udp("10.0.0.2:47808", "10.0.0.1:47808", bacAsk)
			k.udp("10.0.0.1:47808", "10.0.0.2:47808", bacDone)
			k.udp("10.0.0.1:47808", "10.0.0.2:47808", bacAsk)
			k.udp("10.0.0.2:47808", "10.0.0.1:47808", bacDone)
		}, []string{
			"open udp 10.0.0.1:47808 udp-response 1", udpLine("10.0.0.1:47808", "47808", "0", bacAsk, bacDone),
			"open udp 10.0.0.2:47808 udp-response 1", udpLine("10.0.0.2:47808", "47808", "0", bacAsk, bacDone),
		}},
		{"IPv6", func(k *talk) {
			k.udp("[2001:db8::2]:5000", "[2001:db8::1]:53", dnsQ)
			k.udp("[2001:db8::1]:53", "[2001:db8::2]:5000", dnsA)
		}, []string{"open udp [2001:db8::1]:53 udp-response 1", udpLine("[2001:db8::1]:53", "5000", "0", dnsQ, dnsA)}},
		{"an answer twice, then a long silence", func(k *talk) {
			k.udp(s, c, dnsA)
			k.udp(s, c, dnsA)
			k.wait(300.5e9)
			k.udp(c, s, dns6)
			k.udp(s, c, dns7)
		}, []string{open, udpLine(s, "40000", "0", "", dnsA), udpLine(s, "40000", "1", dns6, dns7)}},
		{"after a long silence it counts again", func(k *talk) {
			k.udp(c, s, dnsQ)
			k.udp(s, c, dnsA)
			k.wait(1000e9)
			k.udp(c, s, dns6)
			k.udp(s, c, dns7)
		}, []string{"open udp 10.0.0.1:53 udp-response 2", udpLine(s, "40000", "0", dnsQ, dnsA), udpLine(s, "40000", "0", dns6, dns7)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newTalk()
			tt.say(k)
			checkTalk(t, k, tt.want...)
		})
	}
}

func TestManyAnswers(t *testing.T) {
	k := newTalk()
	for i := range 100 {
		k.udp("10.0.0.2:40000", "10.0.0.1:7777", strings.Repeat("q", i+1))
		k.udp("10.0.0.1:7777", "10.0.0.2:40000", strings.Repeat("a", i+1))
	}
	if got, _ := hear(t, k.frames, Config{}, nil); len(got) != 13 {
		t.Errorf("%d lines: %q", len(got), got)
	}
}

// TestPeersLate hears a peer serve when the flow was decided long ago: by its first answer, if
// both ask from the port that they serve.
func TestPeersLate(t *testing.T) {
	const a = "10.0.0.1:47808"
	for b, both := range map[string]bool{"10.0.0.2:47808": true, "10.0.0.2:47809": false} {
		k := newTalk()
		for i := range 100 {
			k.udp(b, a, bacAsk[:8]+string(rune(i))+bacAsk[9:])
			k.udp(a, b, bacDone[:7]+string(rune(i))+bacDone[8:])
		}
		k.udp(a, b, bacAsk)
		k.udp(b, a, bacDone)
		got, _ := hear(t, k.frames, Config{}, nil)
		if !slices.Contains(got, "open udp "+a+" udp-response 1") || slices.Contains(got, "open udp "+b+" udp-response 1") != both {
			t.Errorf("%s: %q", b, got)
		}
	}
}

// sctp adds a packet with one chunk.
func (k *talk) sctp(src, dst string, sp, dp uint16, chunk byte, data string) {
	h := make([]byte, 12, 64)
	binary.BigEndian.PutUint16(h, sp)
	binary.BigEndian.PutUint16(h[2:], dp)
	body := make([]byte, 12) // of DATA: TSN, stream, sequence, protocol; INIT has 16 or more
	body[11] = 46
	if chunk != 0 {
		body = make([]byte, 16)
	}
	c := []byte{chunk, 3, 0, 0}
	binary.BigEndian.PutUint16(c[2:], uint16(4+len(body)+len(data)))
	k.add(ip(src, dst, 132, append(append(append(h, c...), body...), data...)))
}

func TestSCTP(t *testing.T) {
	k := newTalk()
	k.sctp("10.0.0.2", "10.0.0.1", 5000, 3868, 1, "")
	k.sctp("10.0.0.1", "10.0.0.2", 3868, 5000, 2, "")
	k.sctp("10.0.0.2", "10.0.0.1", 5000, 3868, 0, "question")
	k.sctp("10.0.0.1", "10.0.0.2", 3868, 5000, 0, "answer")
	k.sctp("10.0.0.2", "10.0.0.1", 5001, 99, 1, "")
	k.sctp("10.0.0.1", "10.0.0.2", 99, 5001, 6, "")
	checkTalk(t, k, "open sctp 10.0.0.1:3868 init-ack 1", "closed sctp 10.0.0.1:99 abort 1",
		`banner sctp 10.0.0.1:3868<5000 0 "question" "answer" carries 46`)
}

func TestUnreachable(t *testing.T) {
	k := newTalk()
	k.udp("10.0.0.2:40000", "10.0.0.1:7777", "hello?")
	quoted := k.frames[0].Data[14:]
	icmp := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quoted...)
	k.add(ip("10.0.0.1", "10.0.0.2", 1, icmp))
	k.add(ip("10.0.0.1", "10.0.0.2", 1, icmp))
	checkTalk(t, k, "closed udp 10.0.0.1:7777 port-unreach 1")
}

// Twelve bytes that are left of more are no whole message of twelve bytes, which the client
// would have sent as a server of NAT-PMP.
func TestDatagramCut(t *testing.T) {
	k := newTalk()
	k.udp("10.0.0.2:50000", "10.0.0.1:4000", "\x00\x80\x00\x00"+strings.Repeat("question", 10))
	k.udp("10.0.0.1:4000", "10.0.0.2:50000", strings.Repeat("answer", 20))
	for i := range k.frames {
		k.frames[i].Data = k.frames[i].Data[:54]
	}
	checkTalk(t, k, "open udp 10.0.0.1:4000 udp-response 1", `banner udp 10.0.0.1:4000<50000 0 "\x00\x80\x00\x00question" "answeranswer" cut 12`)
}
