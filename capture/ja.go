package capture

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// JA3 and JA3S are Salesforce's fingerprints of a TLS client and server, JA4 is FoxIO's of
// a client: hashes of what a hello offers, in which the values that are there to keep
// servers tolerant (GREASE, RFC 8701) do not count. They are taken of whole hellos only.

// carrier says what a handshake travels in: the first letter of a JA4.
type carrier byte

const (
	overTCP  carrier = 't'
	overQUIC carrier = 'q'
	overDTLS carrier = 'd'
)

// isGREASE reports whether a number is one of the sixteen of RFC 8701 §2.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// offer is what the fingerprints of a client are made of.
type offer struct {
	version    uint16
	highest    uint16 // of supported_versions; 0 without
	ciphers    []uint16
	extensions []uint16
	groups     []uint16
	signatures []uint16
	points     []byte
	alpn       []byte // the first name
	named      bool   // there is a server name
}

// maxOffer bounds the lists of an offer; a hello with longer ones has no fingerprint.
const maxOffer = 512

// readOffer reads the body of a whole ClientHello (RFC 8446 §4.1.2).
func readOffer(body []byte, over carrier) (o offer, ok bool) {
	s := cryptobyte.String(body)
	var session, cookie, ciphers, methods, all cryptobyte.String
	if !s.ReadUint16(&o.version) || !s.Skip(32) || !s.ReadUint8LengthPrefixed(&session) || over == overDTLS && !s.ReadUint8LengthPrefixed(&cookie) ||
		!s.ReadUint16LengthPrefixed(&ciphers) || !s.ReadUint8LengthPrefixed(&methods) {
		return o, false
	}
	if o.ciphers, ok = readList(ciphers); !ok {
		return o, false
	}
	if s.Empty() { // before TLS 1.0 had extensions
		return o, true
	}
	if !s.ReadUint16LengthPrefixed(&all) || !s.Empty() {
		return o, false
	}
	for !all.Empty() {
		var typ uint16
		var ext cryptobyte.String
		if !all.ReadUint16(&typ) || !all.ReadUint16LengthPrefixed(&ext) || len(o.extensions) >= maxOffer {
			return o, false
		}
		if isGREASE(typ) {
			continue
		}
		o.extensions = append(o.extensions, typ)
		o.read(typ, ext, over)
	}
	return o, true
}

// read keeps what an extension says.
func (o *offer) read(typ uint16, ext cryptobyte.String, over carrier) {
	var list cryptobyte.String
	switch typ {
	case 0: // server_name
		o.named = true
	case 10: // supported_groups
		if ext.ReadUint16LengthPrefixed(&list) {
			o.groups, _ = readList(list)
		}
	case 11: // ec_point_formats
		if ext.ReadUint8LengthPrefixed(&list) {
			o.points = list
		}
	case 13: // signature_algorithms
		if ext.ReadUint16LengthPrefixed(&list) {
			o.signatures, _ = readList(list)
		}
	case 16: // application_layer_protocol_negotiation
		var name cryptobyte.String
		if ext.ReadUint16LengthPrefixed(&list) && list.ReadUint8LengthPrefixed(&name) {
			o.alpn = name
		}
	case 43: // supported_versions
		if ext.ReadUint8LengthPrefixed(&list) {
			versions, _ := readList(list)
			for _, v := range versions {
				if o.highest == 0 || over == overDTLS && v < o.highest || over != overDTLS && v > o.highest { // DTLS counts down
					o.highest = v
				}
			}
		}
	}
}

// readList reads numbers of two bytes, without those of GREASE.
func readList(s cryptobyte.String) (list []uint16, ok bool) {
	if len(s) > 2*maxOffer {
		return nil, false
	}
	list = make([]uint16, 0, len(s)/2)
	var v uint16
	for s.ReadUint16(&v) {
		if !isGREASE(v) {
			list = append(list, v)
		}
	}
	return list, true
}

// ja3 is the MD5 of the version, the ciphers, the extensions, the groups and the point
// formats, in decimal and in the order of the hello.
func (o *offer) ja3() string {
	b := make([]byte, 0, 512)
	b = strconv.AppendUint(b, uint64(o.version), 10)
	for _, l := range [...][]uint16{o.ciphers, o.extensions, o.groups} {
		b = joinDecimal(append(b, ','), l)
	}
	b = append(b, ',')
	for i, p := range o.points {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(p), 10)
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func joinDecimal(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

// ja4 is made of three parts: what can be read of the offer, a hash of its ciphers, and
// one of its extensions and signature algorithms. Ciphers and extensions are sorted, so
// that clients which shuffle them have one fingerprint.
func (o *offer) ja4(over carrier) string {
	b := make([]byte, 0, 36)
	b = append(b, byte(over))
	v := o.highest
	if v == 0 {
		v = o.version
	}
	b = append(b, ja4Version(v)...)
	if o.named {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = twoDigits(b, len(o.ciphers))
	b = twoDigits(b, len(o.extensions))
	b = ja4ALPN(b, o.alpn)

	text := make([]byte, 0, 512)
	ciphers := slices.Sorted(slices.Values(o.ciphers))
	b = appendHash(append(b, '_'), joinHex(text, ciphers))

	extensions := slices.DeleteFunc(slices.Sorted(slices.Values(o.extensions)), func(x uint16) bool { return x == 0 || x == 16 })
	text = joinHex(text[:0], extensions)
	if len(o.signatures) > 0 {
		text = joinHex(append(text, '_'), o.signatures)
	}
	if len(o.extensions) == 0 {
		text = nil
	}
	return string(appendHash(append(b, '_'), text))
}

func ja4Version(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}

func twoDigits(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, '0'+byte(n/10), '0'+byte(n%10))
}

// ja4ALPN adds the first and last character of a protocol's name; of a name that does not
// begin and end with letters or digits, those of its hexadecimal form.
func ja4ALPN(b, name []byte) []byte {
	if len(name) == 0 {
		return append(b, "00"...)
	}
	first, last := name[0], name[len(name)-1]
	if isAlnum(first) && isAlnum(last) {
		return append(b, first, last)
	}
	const digits = "0123456789abcdef"
	return append(b, digits[first>>4], digits[last&15])
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func joinHex(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return b
}

// appendHash adds the first twelve digits of a SHA-256, zeros for nothing.
func appendHash(b, text []byte) []byte {
	if len(text) == 0 {
		return append(b, "000000000000"...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}

// ja3s is the MD5 of a server's version, cipher and extensions, as ja3 is of a client's.
func ja3s(version, cipher uint16, extensions []uint16) string {
	b := make([]byte, 0, 128)
	b = strconv.AppendUint(b, uint64(version), 10)
	b = strconv.AppendUint(append(b, ','), uint64(cipher), 10)
	b = joinDecimal(append(b, ','), extensions)
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}
