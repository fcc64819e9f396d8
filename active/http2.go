package active

import (
	"bytes"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"earshot/matcher"
	"earshot/matcher/request"
)

// http2Get is GET path in the words of HTTP/2 (RFC 9113 §3.4, §8.3.1): what is asked where
// the handshake chose "h2", and of a server that answered HTTP/1 with frames.
func http2Get(scheme, path string) []byte {
	var block, out bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", scheme}, {":path", path}, {":authority", "localhost"}} {
		_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}) // a buffer does not fail
	}
	out.WriteString(http2.ClientPreface)
	f := http2.NewFramer(&out, nil)
	_ = f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 4096})
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	return out.Bytes()
}

// plainGet returns the path that payload asks for, if it is GET without a header.
func plainGet(payload []byte) (path string, ok bool) {
	rest, ok := bytes.CutPrefix(payload, []byte("GET /"))
	if !ok {
		return "", false
	}
	rest, ok = bytes.CutSuffix(rest, []byte(" HTTP/1.0\r\n\r\n"))
	return "/" + string(rest), ok && !bytes.ContainsAny(rest, " \r\n")
}

// speaksH2 reports whether the port is to be asked in the words of HTTP/2.
func (q *quiet) speaksH2() bool { return q.h2c || q.tunnel && q.alpn == "h2" }

// inH2 says a question in the words of HTTP/2, where those are spoken and it can be said.
func (q *quiet) inH2(payload []byte) []byte {
	path, ok := plainGet(payload)
	if !ok || !q.speaksH2() {
		return payload
	}
	if q.tunnel {
		return http2Get("https", path)
	}
	return http2Get("http", path)
}

// onlyH1 reports whether p is a question of HTTP that cannot be said where HTTP/2 is
// spoken, or has been said in it.
func (q *quiet) onlyH1(p *matcher.Probe) bool {
	if !q.speaksH2() {
		return false
	}
	_, ok := plainGet(p.Payload)
	f := request.Classify(p.Proto, p.Payload).Family()
	return (f == "http" || f == "http2") && !ok
}

// turnsH2 takes note of a server that answers a question of HTTP/1 with a first frame of
// HTTP/2 (RFC 9113 §3.3, "prior knowledge"): the first page is asked for again.
func (q *quiet) turnsH2(p *matcher.Probe, data []byte) {
	if k, side := request.Recognise(request.TCP, data); k != "http2-settings" || side == request.Originator || q.h2c || p == nil || q.speaksH2() {
		return
	}
	if request.Classify(p.Proto, p.Payload).Family() == "http2" {
		return // asked in HTTP/2 it answers so; it may well speak HTTP/1, as etcd does
	}
	q.h2c = true
	for d := range q.done {
		if isGet(d.Payload) {
			delete(q.done, d)
		}
	}
}
