package active

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"time"

	"earshot/matcher/request"
)

// facts learns what was asked for besides the service: it costs connections of its own.
func (q *quiet) facts(ctx context.Context) {
	if q.t.quiet || q.t.closed || q.t.ep.Proto != request.TCP || ctx.Err() != nil {
		return
	}
	if q.p.cfg.Favicon && (q.best.Service == "http" || q.best.Service == "http-proxy" || q.best.Service == "upnp" || q.best.Service == "ipp") {
		if icon := q.favicon(ctx); len(icon) > 0 {
			sum := sha256.Sum256(icon)
			q.fact("favicon", sprintf("%d sha256:%s", int32(murmur3(iconText(icon))), hex.EncodeToString(sum[:])))
		}
	}
	if q.p.cfg.JARM && (q.tunnel || q.spokeTLS) {
		if j := q.jarm(ctx); j != "" {
			q.fact("jarm", j)
		}
	}
}

// fact keeps a fact of this port.
func (q *quiet) fact(kind, value string) {
	q.p.cfg.tracef("%s: %s %s", q.t.where(), kind, value)
	q.p.rec.fact(q.t.ep, kind, value, time.Now())
}

// maxIcon bounds an icon.
const maxIcon = 1 << 20

// favicon asks for the icon of a web site.
func (q *quiet) favicon(ctx context.Context) []byte {
	q.hangUp()
	if len(q.hello.alpn) > 0 {
		q.hello.alpn = []string{"http/1.1"}
	}
	if !q.connected(ctx, "favicon") {
		return nil
	}
	q.link.most = iconAcks
	host := q.t.sni
	if host == "" {
		host = "localhost"
	}
	ask := "GET /favicon.ico HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"
	if q.link.send(ctx, "favicon", []byte(ask), 5*time.Second) != nil {
		return nil
	}
	var out []byte
	buf := make([]byte, 16<<10)
	for until := time.Now().Add(scaled(5*time.Second, q.t.rtt)); len(out) < maxIcon && ctx.Err() == nil; {
		n, err := q.link.read(buf, time.Until(until))
		out = append(out, buf[:n]...)
		if err != nil || wholeHTTP(out) {
			break
		}
	}
	q.hangUp()
	return iconOf(out)
}

// iconOf reads the icon out of an answer; nil if it is no whole icon.
func iconOf(b []byte) []byte {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.")) || len(head) < 12 || string(head[9:12]) != "200" {
		return nil
	}
	if v, ok := header(head, "transfer-encoding"); ok {
		if v != "chunked" {
			return nil
		}
		body = dechunked(body)
	} else if _, ok := header(head, "content-length"); ok && !wholeHTTP(b) {
		return nil
	}
	if v, ok := header(head, "content-type"); ok && bytes.HasPrefix(bytes.ToLower([]byte(v)), []byte("text/html")) {
		return nil // a page that says that there is none
	}
	return body
}

// dechunked puts the chunks of a body together (RFC 9112 §7.1); nil if they are not whole.
func dechunked(b []byte) []byte {
	var out []byte
	for {
		line, rest, ok := bytes.Cut(b, []byte("\r\n"))
		if !ok {
			return nil
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n := 0
		for _, c := range bytes.TrimSpace(size) {
			d := bytes.IndexByte([]byte("0123456789abcdef"), c)
			if c >= 'A' && c <= 'F' {
				d = int(c-'A') + 10
			}
			if d < 0 || n > maxIcon {
				return nil
			}
			n = n<<4 | d
		}
		if n == 0 {
			return out
		}
		if len(rest) < n+2 {
			return nil
		}
		out, b = append(out, rest[:n]...), rest[n+2:]
	}
}

// iconText is the text that search engines hash of an icon: its base64 in lines of 76.
func iconText(icon []byte) []byte {
	text := base64.StdEncoding.EncodeToString(icon)
	var out []byte
	for len(text) > 0 {
		n := min(76, len(text))
		out = append(append(out, text[:n]...), '\n')
		text = text[n:]
	}
	return out
}

// murmur3 is MurmurHash3 for x86 in 32 bits, with the seed 0 (Austin Appleby, public domain).
func murmur3(b []byte) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	var h uint32
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*c1, 15) * c2 }
	n := uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		h ^= mix(binary.LittleEndian.Uint32(b))
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	if len(b) > 0 {
		var k uint32
		for i, c := range b {
			k |= uint32(c) << (8 * i)
		}
		h ^= mix(k)
	}
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
