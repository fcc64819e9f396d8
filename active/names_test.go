package active

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPointer(t *testing.T) {
	for a, want := range map[string]string{
		"192.0.2.7":   "7.2.0.192.in-addr.arpa.",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := pointer(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %s", a, got)
		}
	}
}

// answerTo makes an answer to a question, with one record.
func answerTo(t testing.TB, id uint16, name string, body dnsmessage.ResourceBody, kind dnsmessage.Type, code dnsmessage.RCode) []byte {
	t.Helper()
	n := dnsmessage.MustNewName(name)
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: true, RCode: code},
		Questions: []dnsmessage.Question{{Name: n, Type: kind, Class: dnsmessage.ClassINET}},
	}
	if body != nil {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET}, Body: body}}
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadNames(t *testing.T) {
	const name = "7.2.0.192.in-addr.arpa."
	ptr := &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("printer.example.")}
	good := answerTo(t, 7, name, ptr, dnsmessage.TypePTR, 0)
	out, err := readNames(good, 7, name, dnsmessage.TypePTR)
	if err != nil || len(out.names) != 1 || out.names[0] != "printer.example" {
		t.Errorf("%+v, %v", out, err)
	}
	for what, c := range map[string]struct {
		msg  []byte
		want error
	}{
		"another id":       {answerTo(t, 8, name, ptr, dnsmessage.TypePTR, 0), errNotOurs},
		"another question": {answerTo(t, 7, "8.2.0.192.in-addr.arpa.", ptr, dnsmessage.TypePTR, 0), errNotOurs},
		"no such name":     {answerTo(t, 7, name, nil, dnsmessage.TypePTR, dnsmessage.RCodeNameError), errRefused},
		"empty":            {answerTo(t, 7, name, nil, dnsmessage.TypePTR, 0), errRefused},
		"damaged":          {good[:20], errNotOurs},
	} {
		if _, err := readNames(c.msg, 7, name, dnsmessage.TypePTR); err != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
	for n, want := range map[string]bool{"a.example": true, "_x.example": true, "": false, "a b": false, "a\x1b[31m": false, "-a": false, "é.example": false} {
		if plain(n) != want {
			t.Errorf("%q: %v", n, !want)
		}
	}
	for a, want := range map[string]bool{"127.0.0.1": true, "::1": true, "169.254.1.1": true, "fe80::1": true, "10.0.0.1": false, "2001:db8::1": false} {
		if reserved(netip.MustParseAddr(a)) != want {
			t.Errorf("%s: %v", a, !want)
		}
	}
}

// A server that does not answer is given up, whatever number of hosts there is.
func TestMuteNameServer(t *testing.T) {
	t.Parallel()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := new(Ledger)
	cfg := &Config{Ledger: l, Reverse: &Reverse{Local: true, Servers: []netip.AddrPort{netip.MustParseAddrPort(c.LocalAddr().String())}}}
	d := newDialer(cfg)
	for i := range 200 {
		cfg.Reverse.begin(t.Context(), d, netip.AddrFrom4([4]byte{127, 0, 1, byte(i)}), func(string, string) { t.Error("a name") })
	}
	cfg.Reverse.wait()
	if n := l.Totals().Datagrams; n == 0 || n > 2*(lookupsAtOnce+maxMute) {
		t.Errorf("%d questions", n)
	}
}

func FuzzReadNames(f *testing.F) {
	const name = "7.2.0.192.in-addr.arpa."
	f.Add(answerTo(f, 7, name, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("printer.example.")}, dnsmessage.TypePTR, 0), false)
	f.Add(answerTo(f, 7, name, &dnsmessage.AResource{A: [4]byte{192, 0, 2, 7}}, dnsmessage.TypeA, 0), true)
	f.Fuzz(func(t *testing.T, msg []byte, addr bool) {
		kind := dnsmessage.TypePTR
		if addr {
			kind = dnsmessage.TypeA
		}
		out, err := readNames(msg, 7, name, kind)
		if err == nil && len(out.names)+len(out.addrs) == 0 || len(out.names)+len(out.addrs) > 32 {
			t.Errorf("%+v, %v", out, err)
		}
	})
}
