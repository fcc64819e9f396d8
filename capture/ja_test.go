package capture

import (
	"crypto/tls"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// helloBody makes the body of a ClientHello.
func helloBody(version uint16, ciphers []uint16, extensions ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, version)
	b = append(b, make([]byte, 32)...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(2*len(ciphers)))
	for _, c := range ciphers {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	b = append(b, 1, 0)
	if len(extensions) == 0 {
		return b
	}
	all := slices.Concat(extensions...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(all))), all...)
}

func ext(typ uint16, data ...byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, typ)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

// numbers16 is a list with its length before it.
func numbers16(v ...uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(2*len(v)))
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, x)
	}
	return b
}

func alpn(names ...string) []byte {
	var l []byte
	for _, n := range names {
		l = append(append(l, byte(len(n))), n...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(l))), l...)
}

// The examples of JA3's and JA4's own descriptions.
func TestFingerprintsDocumented(t *testing.T) {
	o := offer{
		version: 769, ciphers: []uint16{47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
		extensions: []uint16{0, 10, 11}, groups: []uint16{23, 24, 25}, points: []byte{0},
	}
	if got := o.ja3(); got != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("JA3 %s", got)
	}
	o = offer{version: 769, ciphers: []uint16{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}}
	if got := o.ja3(); got != "de350869b8c85de67a350c8d186f11e6" {
		t.Errorf("JA3 without extensions %s", got)
	}
	// Of "769,47,65281-0-11-35-5-16".
	if got := ja3s(769, 47, []uint16{65281, 0, 11, 35, 5, 16}); got != "836ce314215654b5b1f85f97c73e506f" {
		t.Errorf("JA3S %s", got)
	}

	// A Chrome's hello, with GREASE in every list.
	body := helloBody(
		0x0303, []uint16{0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		ext(0x2a2a), ext(0x001b, 2, 0, 2), ext(0x0000, 0, 6, 0, 0, 3, 'a', '.', 'b'), ext(0x0033), ext(0x0010, alpn("h2", "http/1.1")...), ext(0x4469),
		ext(0x0017), ext(0x002d, 1, 1), ext(0x000d, numbers16(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)...), ext(0x0005),
		ext(0x0023), ext(0x0012), ext(0x002b, 6, 0x3a, 0x3a, 3, 4, 3, 3), ext(0xff01, 0), ext(0x000b, 1, 0), ext(0x000a, numbers16(0x4a4a, 0x001d, 0x0017)...), ext(0x0015),
		ext(0x5a5a, 0),
	)
	c, ok := readOffer(body, overTCP)
	if !ok {
		t.Fatal("not read")
	}
	if got := c.ja4(overTCP); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Errorf("JA4 %s", got)
	}
	if got := c.ja4(overQUIC); !strings.HasPrefix(got, "q13d1516h2_") {
		t.Errorf("JA4 of QUIC %s", got)
	}
}

func TestJA4(t *testing.T) {
	ciphers := []uint16{0x1301}
	for name, c := range map[string]struct {
		body []byte
		over carrier
		want string
	}{
		"nothing":            {helloBody(0x0303, nil), overTCP, "t12i000000_000000000000_000000000000"},
		"SSLv3":              {helloBody(0x0300, ciphers), overTCP, "ts3i010000_"},
		"no extensions":      {helloBody(0x0301, ciphers), overTCP, "t10i010000_"},
		"name and ALPN only": {helloBody(0x0303, ciphers, ext(0, 0, 0), ext(16, alpn("h2")...)), overTCP, "t12d0102h2_"},
		"one letter":         {helloBody(0x0303, ciphers, ext(16, alpn("h")...)), overTCP, "t12i0101hh_"},
		"empty ALPN":         {helloBody(0x0303, ciphers, ext(16, alpn("")...)), overTCP, "t12i010100_"},
		"ALPN ab":            {helloBody(0x0303, ciphers, ext(16, alpn("\xab")...)), overTCP, "t12i0101ab_"},
		"ALPN abcd":          {helloBody(0x0303, ciphers, ext(16, alpn("\xab\xcd")...)), overTCP, "t12i0101ad_"},
		"ALPN 30ab":          {helloBody(0x0303, ciphers, ext(16, alpn("\x30\xab")...)), overTCP, "t12i01013b_"},
		"ALPN 3031abcd":      {helloBody(0x0303, ciphers, ext(16, alpn("\x30\x31\xab\xcd")...)), overTCP, "t12i01013d_"},
		"ALPN 30abcd31":      {helloBody(0x0303, ciphers, ext(16, alpn("\x30\xab\xcd\x31")...)), overTCP, "t12i010101_"},
		"versions":           {helloBody(0x0303, ciphers, ext(43, 4, 3, 3, 3, 2)), overTCP, "t12i010100_"},
		"a draft":            {helloBody(0x0303, ciphers, ext(43, 2, 0x7f, 0x1c)), overTCP, "t00i010100_"},
		"many ciphers":       {helloBody(0x0303, make([]uint16, 120)), overTCP, "t12i990000_"},
	} {
		o, ok := readOffer(c.body, c.over)
		if !ok {
			t.Errorf("%s: not read", name)
			continue
		}
		got := o.ja4(c.over)
		if !strings.HasPrefix(got, c.want) || len(got) != 36 {
			t.Errorf("%s: %s, want %s…", name, got, c.want)
		}
	}
	// A hello of DTLS has a cookie.
	body := slices.Insert(helloBody(0xfefd, ciphers, ext(43, 4, 0xfe, 0xfd, 0xfe, 0xfc)), 35, 2, 'x', 'y')
	if o, ok := readOffer(body, overDTLS); !ok || !strings.HasPrefix(o.ja4(overDTLS), "dd3i010100_") {
		t.Errorf("DTLS: %s", o.ja4(overDTLS))
	}
}

// Of a hello whose end is missing there is no fingerprint, and none of a damaged one.
func TestFingerprintWhole(t *testing.T) {
	ours, theirs := shake(t, clientConfig(tls.VersionTLS12), serverConfig(t))
	got, _ := readTLS(ours, theirs)
	if got.JA3 == "" || got.JA3S == "" || len(got.JA4) != 36 {
		t.Errorf("%+v", got)
	}
	n := 5 + int(ours[3])<<8 + int(ours[4])
	for i := range n {
		if got, _ := readTLS(ours[:i], nil); got != nil && (got.JA3 != "" || got.JA4 != "") {
			t.Fatalf("%d of %d bytes: %+v", i, n, got)
		}
	}
	if got2, _ := readTLS(rerecord(ours, 50), rerecord(theirs, 50)); got2.JA3 != got.JA3 || got2.JA4 != got.JA4 || got2.JA3S != got.JA3S {
		t.Errorf("in small records: %+v", got2)
	}
	body := helloBody(0x0303, []uint16{0x1301}, ext(0))
	for _, bad := range [][]byte{append(slices.Clone(body), 0), body[:len(body)-1]} {
		if _, ok := readOffer(bad, overTCP); ok {
			t.Errorf("read: %x", bad)
		}
	}
}
