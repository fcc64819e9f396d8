package capture

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// framed puts the length of each datagram before it.
func framed(datagrams ...[]byte) (b []byte) {
	for _, d := range datagrams {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(d))), d...)
	}
	return b
}

// vectors returns the packets of RFC 9001 and RFC 9369, appendix A. The clients' are
// made here of what the appendices have in them; that they are the same is told by
// their first bytes and by their seals.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	payload := unhex(t, `060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
		04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
		616d706c652e636f6dff01000100000a00080006001d00170018001000070005
		04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
		baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
		0d0010000e0403050306030203080408050806002d00020101001c0002400100
		3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
		75300901100f088394c8f03e51570806048000ffff`)
	dcid := unhex(t, "8394c8f03e515708")
	v := map[string][]byte{
		"v1 client": seal(t, 1, dcid, dcid, nil, nil, 0, 2, 1200, payload...),
		"v2 client": seal(t, 0x6b3343cf, dcid, dcid, nil, nil, 0, 2, 1200, payload...),
		"v1 server": unhex(t, `cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
			5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
			dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
			022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
			2158407dd074ee`),
		"v2 server": unhex(t, `dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
			baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17
			f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
			c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
			4bed8521e2e140`),
		"v1 retry": unhex(t, "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"),
		"v2 retry": unhex(t, "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6"),
	}
	for name, ends := range map[string][2]string{
		"v1 client": {"c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11", "e221af44860018ab0856972e194cd934"},
		"v2 client": {"d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485", "a18b2faa745b6fe189cf772a9f84cbfc"},
	} {
		if p := hex.EncodeToString(v[name]); !strings.HasPrefix(p, ends[0]) || !strings.HasSuffix(p, ends[1]) {
			t.Fatalf("%s is %s… …%s", name, p[:64], p[len(p)-32:])
		}
	}
	return v
}

// The appendices A of RFC 9001 and RFC 9369: the keys of both sides.
func TestQUICKeys(t *testing.T) {
	dcid := unhex(t, "8394c8f03e515708")
	for _, c := range []struct {
		version            uint32
		label, key, iv, hp string
	}{
		{1, "client in", "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{1, "server in", "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
		{0x6b3343cf, "client in", "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
		{0x6b3343cf, "server in", "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"},
	} {
		k, ok := quicInitialKeys(c.version, dcid, c.label)
		if !ok || hex.EncodeToString(k.iv[:]) != c.iv {
			t.Errorf("%#x %s: iv %x", c.version, c.label, k.iv)
		}
		want, err := aes.NewCipher(unhex(t, c.hp))
		if err != nil {
			t.Fatal(err)
		}
		var a, b [16]byte
		k.head.Encrypt(a[:], dcidBlock())
		want.Encrypt(b[:], dcidBlock())
		if a != b {
			t.Errorf("%#x %s: header key", c.version, c.label)
		}
	}
	if _, ok := quicInitialKeys(0x0a0a0a0a, dcid, "client in"); ok {
		t.Error("keys of a version without a salt")
	}
}

func dcidBlock() []byte { return []byte("0123456789abcdef") }

// The packets of the appendices, client and server.
func TestQUICVectors(t *testing.T) {
	v := vectors(t)
	for _, c := range []struct {
		name    string
		version uint32
	}{{"v1", 1}, {"v2", 0x6b3343cf}} {
		client, server := v[c.name+" client"], v[c.name+" server"]
		if len(client) != 1200 || len(server) != 135 {
			t.Fatalf("%s: vectors of %d and %d bytes", c.name, len(client), len(server))
		}
		got, more := readQUIC(framed(client), nil)
		if got == nil || !more || got.QUIC != c.version || got.SNI != "example.com" || !slices.Equal(got.Offered, []string{"alpn"}) || got.Version != 0 {
			t.Errorf("%s, client only: %+v, more %v", c.name, got, more)
		}
		got, more = readQUIC(framed(client), framed(server))
		if got == nil || more || got.Version != 0x0304 || got.Cipher != 0x1301 || got.SNI != "example.com" {
			t.Errorf("%s: %+v, more %v", c.name, got, more)
		}
		// A packet that was damaged on its way is none.
		bad := bytes.Clone(client)
		bad[700]++
		if got, _ := readQUIC(framed(bad), framed(server)); got != nil {
			t.Errorf("%s, damaged: %+v", c.name, got)
		}
		for n := range len(client) {
			if got, _ := readQUIC(framed(client[:n]), nil); got != nil {
				t.Fatalf("%s, %d bytes: %+v", c.name, n, got)
			}
		}
	}
	// What a Retry of either version begins with is no Initial.
	for _, name := range []string{"v1 retry", "v2 retry"} {
		if p, _, ok := nextQUIC(v[name]); !ok || p.initial {
			t.Errorf("%s: %v %v", name, ok, p.initial)
		}
	}
}

// seal makes an Initial packet of frames, padded to at least size bytes.
func seal(t testing.TB, version uint32, keyID, dcid, scid, token []byte, side int, number uint32, size int, frames ...byte) []byte {
	t.Helper()
	k, ok := quicInitialKeys(version, keyID, []string{"client in", "server in"}[side])
	if !ok {
		t.Fatal("no keys")
	}
	_, _, initial, _ := quicVersion(version)
	b := binary.BigEndian.AppendUint32([]byte{0xc3 | initial}, version)
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(append(b, byte(len(scid))), scid...)
	b = append(append(b, byte(len(token))), token...)
	if pad := size - len(b) - 2 - 4 - 16 - len(frames); pad > 0 {
		frames = append(frames, make([]byte, pad)...)
	}
	b = binary.BigEndian.AppendUint16(b, 0x4000|uint16(4+len(frames)+16))
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, number)
	nonce := k.iv
	for i := range 4 {
		nonce[8+i] ^= b[at+i]
	}
	b = k.aead.Seal(b, nonce[:], frames, b)
	var mask [16]byte
	k.head.Encrypt(mask[:], b[at+4:at+20])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[at+i] ^= mask[1+i]
	}
	return b
}

// crypto makes a CRYPTO frame.
func crypto(at int, data []byte) []byte {
	b := []byte{6}
	b = binary.BigEndian.AppendUint16(b, 0x4000|uint16(at))
	b = binary.BigEndian.AppendUint16(b, 0x4000|uint16(len(data)))
	return append(b, data...)
}

// hellos returns the two hellos of a TLS 1.3 handshake.
func hellos(t testing.TB) (client, server []byte) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS13), serverConfig(t))
	cut := func(b []byte) []byte { return b[5 : 5+int(b[3])<<8+int(b[4])] }
	return cut(ours), cut(theirs)
}

func TestReadQUIC(t *testing.T) {
	ch, sh := hellos(t)
	id, id2, cid, sid := []byte("\x01\x02\x03\x04\x05\x06\x07\x08"), []byte("retried!"), []byte("client"), []byte("server..")
	const v1, v2 = 1, 0x6b3343cf
	at := len(ch) / 3
	ack := []byte{2, 0, 0, 0, 0}
	whole := func(version uint32, key, dcid, token []byte, number uint32) []byte {
		return seal(t, version, key, dcid, cid, token, 0, number, 1200, crypto(0, ch)...)
	}
	answer := func(version uint32, key []byte) []byte {
		return seal(t, version, key, cid, sid, nil, 1, 0, 0, append(bytes.Clone(ack), crypto(0, sh)...)...)
	}
	for name, c := range map[string]struct {
		client, server [][]byte
		quic           uint32
		version        uint16
		sni            string
		more           bool
	}{
		"one datagram each": {[][]byte{whole(v1, id, id, nil, 0)}, [][]byte{answer(v1, id)}, v1, 0x304, "www.example.org", false},
		"two datagrams, the later first": {
			[][]byte{
				seal(t, v1, id, id, cid, nil, 0, 1, 1200, crypto(at, ch[at:])...),
				seal(t, v1, id, id, cid, nil, 0, 0, 1200, crypto(0, ch[:at])...),
			},
			[][]byte{answer(v1, id)},
			v1, 0x304, "www.example.org", false,
		},
		"pieces that overlap, in any order, with pings and padding": {
			[][]byte{seal(t, v1, id, id, cid, nil, 0, 0, 1200, slices.Concat(crypto(at, ch[at:]), []byte{1, 0, 0}, crypto(0, ch[:50]), crypto(40, ch[40:at+9]))...)},
			nil, v1, 0, "www.example.org", true,
		},
		"a piece that is missing": {
			[][]byte{seal(t, v1, id, id, cid, nil, 0, 1, 1200, crypto(at, ch[at:])...)},
			nil, v1, 0, "", true,
		},
		"two packets in one datagram": {
			[][]byte{append(seal(t, v1, id, id, cid, nil, 0, 0, 0, crypto(0, ch[:at])...), seal(t, v1, id, id, cid, nil, 0, 1, 1000, crypto(at, ch[at:])...)...)},
			[][]byte{append(seal(t, v1, id, cid, sid, nil, 1, 0, 0, ack...), seal(t, v1, id, cid, sid, nil, 1, 1, 0, crypto(0, sh)...)...)},
			v1, 0x304, "www.example.org", false,
		},
		"an acknowledgement, then the hello": {
			[][]byte{whole(v1, id, id, nil, 0)},
			[][]byte{seal(t, v1, id, cid, sid, nil, 1, 0, 0, ack...), answer(v1, id)},
			v1, 0x304, "www.example.org", false,
		},
		"a Retry": {
			[][]byte{whole(v1, id, id, nil, 0), whole(v1, id2, id2, []byte("token"), 1)},
			[][]byte{answer(v1, id2)},
			v1, 0x304, "www.example.org", false,
		},
		"another version after a negotiation": {
			[][]byte{whole(v1, id, id, nil, 0), whole(v2, id2, id2, nil, 0)},
			[][]byte{answer(v2, id2)},
			v2, 0x304, "www.example.org", false,
		},
		"another version, agreed upon on the way": {
			[][]byte{whole(v1, id, id, nil, 0)},
			[][]byte{answer(v2, id)},
			v2, 0x304, "www.example.org", false,
		},
		"the server's identifier is no key": {
			[][]byte{whole(v1, id, id, nil, 0), seal(t, v1, id, sid, cid, nil, 0, 1, 0, ack...)},
			[][]byte{answer(v1, id)},
			v1, 0x304, "www.example.org", false,
		},
		"a refusal": {
			[][]byte{whole(v1, id, id, nil, 0)},
			[][]byte{seal(t, v1, id, cid, sid, nil, 1, 0, 0, 0x1c, 0x41, 0x28, 0x06, 0)},
			v1, 0, "www.example.org", false,
		},
		"draft 29": {[][]byte{whole(0xff00001d, id, id, nil, 0)}, [][]byte{answer(0xff00001d, id)}, 0xff00001d, 0x304, "www.example.org", false},
	} {
		got, more := readQUIC(framed(c.client...), framed(c.server...))
		if got == nil || got.QUIC != c.quic || got.Version != c.version || got.SNI != c.sni || more != c.more {
			t.Errorf("%s: %+v, more %v", name, got, more)
		}
	}
	// Nothing can be read without the client's first packet.
	if got, more := readQUIC(framed(seal(t, v1, id, sid, cid, nil, 0, 1, 0, ack...)), framed(answer(v1, id))); got != nil || more {
		t.Errorf("the middle only: %+v", got)
	}
}

// kept keeps the banners with facts.
type kept struct {
	deaf
	all []Banner
}

func (k *kept) Banner(b *Banner) Verdict {
	c := *b
	c.Request, c.Data = bytes.Clone(b.Request), bytes.Clone(b.Data)
	k.all = append(k.all, c)
	if b.TLS != nil {
		return Enough
	}
	return More
}

func TestQUICFlow(t *testing.T) {
	ch, sh := hellos(t)
	id, id2, cid, sid := []byte("\x01\x02\x03\x04\x05\x06\x07\x08"), []byte("retried!"), []byte("client"), []byte("server..")
	at := len(ch) - 30
	const c, s = "10.0.0.1:50000", "10.0.0.2:4433"
	first := seal(t, 1, id, id, cid, nil, 0, 0, 1200, crypto(at, ch[at:])...)
	second := seal(t, 1, id, id, cid, nil, 0, 1, 1200, crypto(0, ch[:at])...)
	whole := seal(t, 1, id, id, cid, nil, 0, 0, 1200, crypto(0, ch)...)
	again := seal(t, 1, id2, id2, cid, []byte("token"), 0, 1, 1200, crypto(0, ch)...)
	ack := seal(t, 1, id, cid, sid, nil, 1, 0, 0, 2, 0, 0, 0, 0)
	answer := seal(t, 1, id, cid, sid, nil, 1, 1, 1200, crypto(0, sh)...)
	retry := append([]byte("\xf0\x00\x00\x00\x01\x06client\x08retried!token"), "0123456789abcdef"...)
	short := []byte("\x41client..........................................")
	for name, x := range map[string]struct {
		talk []string // "<" from the server
		want []string // of each banner: what the request and the data begin with
	}{
		"two and two": {
			[]string{string(first), string(second), "<" + string(ack), "<" + string(answer), string(short), "<" + string(short)},
			[]string{"0x1 www.example.org 0x304"},
		},
		"no hello comes": {
			[]string{string(whole), "<" + string(ack), "<" + string(short)},
			[]string{"0x1 www.example.org 0x0"},
		},
		"a Retry": {
			[]string{string(whole), "<" + string(retry), string(again), "<" + string(seal(t, 1, id2, cid, sid, nil, 1, 1, 1200, crypto(0, sh)...))},
			[]string{"-", "0x1 www.example.org 0x304"},
		},
		"the answer's beginning was not captured": {
			[]string{string(whole), "<" + string(short), "<" + string(short[1:])},
			[]string{"0x1 www.example.org 0x0"},
		},
		"nobody answers": {[]string{string(whole), string(whole[:1199]) + "x"}, nil},
	} {
		k := newTalk()
		for _, d := range x.talk {
			if d, ok := strings.CutPrefix(d, "<"); ok {
				k.udp(s, c, d)
			} else {
				k.udp(c, s, d)
			}
		}
		var sink kept
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return &sink }); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range sink.all {
			if b.TLS == nil {
				got = append(got, "-")
				continue
			}
			got = append(got, strings.Join([]string{hexNumber(b.TLS.QUIC), b.TLS.SNI, hexNumber(uint32(b.TLS.Version))}, " "))
			if b.Addr.String() != s || b.Client.String() != c || len(b.Request) == 0 || len(b.Data) == 0 {
				t.Errorf("%s: banner of %v to %v, %d and %d bytes", name, b.Addr, b.Client, len(b.Request), len(b.Data))
			}
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

func hexNumber(v uint32) string {
	s := strings.TrimLeft(hex.EncodeToString(binary.BigEndian.AppendUint32(nil, v)), "0")
	if s == "" {
		s = "0"
	}
	return "0x" + s
}

func FuzzQUIC(f *testing.F) {
	v := vectors(f)
	f.Add(framed(v["v1 client"]), framed(v["v1 server"]), []byte("\x02\x00\x00\x00\x00"))
	f.Add(framed(v["v2 client"]), framed(v["v2 server"]), crypto(0, []byte("\x01\x00\x00\x10abcdefgh")))
	f.Add(framed(v["v1 retry"]), []byte("\x00\x05\x80\x00\x00\x00\x00"), []byte("\x03\x00\x00\x40\x01\x00"))
	f.Fuzz(func(t *testing.T, client, server, frames []byte) {
		if got, more := readQUIC(client, server); got == nil && more {
			t.Error("more of nothing")
		}
		for d := server; ; { // headers
			p, rest, ok := nextQUIC(d)
			if !ok || len(rest) >= len(d) {
				break
			}
			if len(p.dcid) > 20 || p.number > len(d) {
				t.Errorf("%d bytes of identifier, number at %d", len(p.dcid), p.number)
			}
			d = rest
		}
		// What lies behind the protection, from somebody who has the keys.
		h := quicHello{keys: []quicSecret{{}}}
		h.frames(frames, 0, 0)
		if n := len(h.crypto(0)); n > maxQUICCrypto || n > len(frames) {
			t.Errorf("%d bytes of messages", n)
		}
	})
}

func BenchmarkReadQUIC(b *testing.B) {
	v := vectors(b)
	client, server := framed(v["v1 client"]), framed(v["v1 server"])
	b.ReportAllocs()
	for b.Loop() {
		readQUIC(client, server)
	}
}
