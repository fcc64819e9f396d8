package request

import "bytes"

// requestLine reads "METHOD target VERSION", the first line of HTTP (RFC 9112
// §3), RTSP (RFC 7826 §20), SIP (RFC 3261 §7.1) and their kin. end is false if
// the line is cut before its end, and version then is empty.
func requestLine(b []byte) (method, target, version []byte, end bool) {
	i := 0
	for i < len(b) && i < 24 && (b[i] >= 'A' && b[i] <= 'Z' || b[i] == '-' || b[i] == '_') {
		i++
	}
	if i < 3 || i >= len(b) || b[i] != ' ' {
		return nil, nil, nil, false
	}
	method = b[:i]
	line, rest := firstLine(b[i+1:])
	if rest == 0 {
		return method, line, nil, false
	}
	j := bytes.LastIndexByte(line, ' ')
	if j < 0 {
		return method, line, nil, true
	}
	return method, line[:j], line[j+1:], true
}

// web recognises the requests and the status lines of HTTP-like protocols.
func web(b []byte) (Kind, Side) {
	if k, s := statusLine(b); k != "" {
		return k, s
	}
	method, target, version, end := requestLine(b)
	if method == nil || len(target) == 0 {
		return "", Unknown
	}
	switch {
	case bytes.HasPrefix(version, []byte("HTTP/")):
		if len(Host(b)) > 0 {
			return "httpproxy-get", Originator
		}
		return httpKind(method), Originator
	case bytes.HasPrefix(version, []byte("RTSP/")):
		return rtspKind(method), Originator
	case bytes.HasPrefix(version, []byte("SIP/")):
		return sipKind(method), Originator
	case bytes.HasPrefix(version, []byte("ICAP/")):
		return "icap-options", Originator
	case bytes.HasSuffix(target, []byte(" MGCP")) || bytes.Contains(target, []byte(" MGCP ")): // RFC 3435 §3.2.1
		return "mgcp-command", Unknown // gateway and agent both command
	case end && len(version) == 0 || !end && len(b) >= 64:
		return bareKind(method, target)
	}
	return "", Unknown
}

// statusLine recognises how responders begin, and the preface of HTTP/2 (RFC 9113 §3.4).
func statusLine(b []byte) (Kind, Side) {
	if b[0] != 'H' {
		return lookUp(statusLines[:], b)
	}
	if c := at(b, 8); (has(b, 0, "HTTP/1.") || has(b, 0, "HTTP/2") || has(b, 0, "HTTP/0.")) && c != '\r' && c != '\n' { // that is the end of a request's line
		return "http-answer", Responder
	}
	return "", Unknown
}

// statusLines are those that a word tells; sorted as openings are.
var statusLines = [...]opening{
	{"ICY 200 ", "http-icy", Responder},
	{"ICY 40", "http-icy", Responder},
	{"ICAP/1.0 ", "icap-answer", Responder},
	{"PRI * HTTP/2.0\r\n", "http2-preface", Originator},
	{"RTSP/1.0 ", "rtsp-answer", Responder},
	{"RTSP/2.0 ", "rtsp-answer", Responder},
	{"SIP/2.0 ", "sip-answer", Responder},
}

// bareKind recognises a request without a version: that of HTTP/0.9, or one whose target is
// longer than what was kept. FTP and others know "GET" too, but no path that begins like this.
func bareKind(method, target []byte) (Kind, Side) {
	k := httpKind(method)
	if k == "http-other" || target[0] != '/' && !bytes.Contains(target, []byte("://")) || !printable(target) {
		return "", Unknown
	}
	return k, Originator
}

// Authority returns the host that an HTTP request in absolute form names (RFC 9112
// §3.2.2), with the port if it has one: what a client asks of a proxy, and whose words
// come back. It is empty for any other request: rtsp:// and sip: name the server itself.
func Authority(b []byte) []byte {
	_, target, _, _ := requestLine(b)
	i := bytes.Index(target, []byte("://"))
	if i < 3 || i > 5 || !hasFold(target, 0, "HTTP") && !hasFold(target, 0, "FTP") {
		return nil
	}
	host := target[i+3:]
	if i := bytes.IndexAny(host, "/?# "); i >= 0 {
		host = host[:i]
	}
	return host[bytes.LastIndexByte(host, '@')+1:]
}

// Host is Authority without the port, and without the brackets of an IPv6 address.
func Host(b []byte) []byte {
	host := Authority(b)
	if len(host) > 0 && host[0] == '[' {
		if i := bytes.IndexByte(host, ']'); i > 0 {
			return host[1:i]
		}
		return nil
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return host
}

func httpKind(method []byte) Kind {
	switch string(method) {
	case "GET":
		return "http-get"
	case "HEAD":
		return "http-head"
	case "POST":
		return "http-post"
	case "PUT":
		return "http-put"
	case "OPTIONS":
		return "http-options"
	case "CONNECT":
		return "http-connect"
	case "DELETE":
		return "http-delete"
	case "TRACE":
		return "http-trace"
	case "PROPFIND":
		return "http-propfind"
	case "NOTIFY":
		return "http-notify"
	case "SUBSCRIBE":
		return "http-subscribe"
	}
	return "http-other"
}

func rtspKind(method []byte) Kind {
	switch string(method) {
	case "OPTIONS":
		return "rtsp-options"
	case "DESCRIBE":
		return "rtsp-describe"
	}
	return "rtsp-other"
}

func sipKind(method []byte) Kind {
	switch string(method) {
	case "OPTIONS":
		return "sip-options"
	case "REGISTER":
		return "sip-register"
	case "INVITE":
		return "sip-invite"
	}
	return "sip-other"
}

// http2 recognises a responder's first frame, SETTINGS on stream 0 (RFC 9113 §6.5).
func http2(b []byte) (Kind, Side) {
	if n := be24(b, 0); n >= 0 && n <= 240 && n%6 == 0 && at(b, 3) == 4 && at(b, 4) == 0 && be32(b, 5) == 0 && len(b) >= 9+n &&
		(n == 0 || be16(b, 9) >= 1 && be16(b, 9) <= 0x10) {
		return "http2-settings", Responder
	}
	return "", Unknown
}

// http2Frames recognises frames of HTTP/2 after the preface (RFC 9113 §4.1, §6). The first
// header field tells a request from an answer (RFC 7541 appendix A): a method, or a status.
func http2Frames(b []byte) (Kind, Side) {
	if len(b) < 13 {
		return "", Unknown
	}
	side, whole := Unknown, false
	for len(b) >= 9 {
		n := be24(b, 0)
		body := b[9:min(len(b), 9+n)]
		if n > 1<<14 || be32(b, 5) > 1<<24 || !http2Frame(b, n, len(body)) {
			return "", Unknown
		}
		switch typ, flags := b[3], b[4]; typ {
		case 1:
			if s := http2Field(flags, body); s != Unknown {
				side, whole = s, true
			} else if !whole {
				return "", Unknown
			}
		case 6, 8: // of one length, and nothing else looks so
			whole = whole || len(body) == n && (typ == 6 || body[0] < 0x80)
		}
		b = b[9+len(body):]
	}
	if !whole {
		return "", Unknown
	}
	return "http2-frames", side
}

// http2Frame reports whether b begins with the header of a frame as there are: n bytes, of
// which so many have come, flags and a stream that its type allows.
func http2Frame(b []byte, n, come int) bool {
	flags, id := b[4], be32(b, 5)
	allowed, ofStream := byte(0), id != 0
	switch b[3] {
	case 0: // DATA: padded, the end
		allowed, ofStream = 0x09, id&1 == 1
	case 1: // HEADERS, all of them
		allowed, ofStream = 0x2d, id&1 == 1 && flags&4 != 0 && come > 6
	case 3: // RST_STREAM
		ofStream = ofStream && n == 4
	case 4: // SETTINGS, or that they were heard
		allowed, ofStream = 1, id == 0 && n%6 == 0 && (flags == 0 || n == 0)
	case 6: // PING
		allowed, ofStream = 1, id == 0 && n == 8
	case 7: // GOAWAY
		ofStream = id == 0 && n >= 8
	case 8: // WINDOW_UPDATE
		ofStream = n == 4
	default:
		return false
	}
	return ofStream && flags&^allowed == 0
}

// http2Field says who sends headers, by the first field.
func http2Field(flags byte, body []byte) Side {
	i := 0
	if flags&0x08 != 0 { // padded
		i++
	}
	if flags&0x20 != 0 { // with a priority
		i += 5
	}
	for i < len(body)-1 && body[i]>>5 == 1 { // a new size of the table
		i++
	}
	switch c := body[i]; {
	case c >= 0x82 && c <= 0x87, c == 0x41, c == 0x44:
		return Originator
	case c >= 0x88 && c <= 0x8e, c == 0x48:
		return Responder
	}
	return Unknown
}

// ssdp recognises simple service discovery (UPnP Device Architecture §1) and
// what else looks like HTTP in a datagram.
func ssdp(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "M-SEARCH * HTTP/1."):
		return "ssdp-msearch", Originator
	case has(b, 0, "NOTIFY * HTTP/1."):
		return "ssdp-notify", Responder
	case has(b, 0, "HTTP/1."):
		return "ssdp-answer", Responder
	}
	return web(b)
}

// xmlDatagram recognises WS-Discovery (OASIS WS-Discovery 1.1 §5) and its kin.
func xmlDatagram(b []byte) (Kind, Side) {
	if has(b, 0, "\xef\xbb\xbf") {
		b = b[3:]
	}
	if !has(b, 0, "<") {
		return "", Unknown
	}
	switch {
	case !within(b, 1024, "/discovery"):
	case within(b, 2048, ":ProbeMatches>"), within(b, 2048, ":ResolveMatches>"), within(b, 2048, ":Hello>"), within(b, 2048, ":Bye>"):
		return "wsd-answer", Responder
	case within(b, 2048, "discovery/ProbeMatches"), within(b, 2048, "discovery/ResolveMatches"),
		within(b, 2048, "discovery/Hello"), within(b, 2048, "discovery/Bye"):
		return "wsd-answer", Responder
	case within(b, 2048, "discovery/Probe"), within(b, 2048, "discovery/Resolve"):
		return "wsd-probe", Originator
	case within(b, 2048, ":Probe>"), within(b, 2048, ":Probe/>"), within(b, 2048, ":Resolve>"):
		return "wsd-probe", Originator
	}
	switch {
	case within(b, 512, "<ProbeMatch"):
		return "sadp-answer", Responder
	case within(b, 512, "<Probe"):
		return "sadp-probe", Originator
	}
	return "", Unknown
}

// fastCGI recognises the record that begins a request (FastCGI 1.0 §5.1), and the streams
// of its answer.
func fastCGI(b []byte) (Kind, Side) {
	n, pad := be16(b, 4), at(b, 6)
	switch {
	case len(b) < 8 || b[0] != 1 || b[7] != 0 || be16(b, 2) == 0:
	case b[1] == 1 && n == 8 && be16(b, 8) >= 1 && be16(b, 8) <= 3 && at(b, 10) <= 1 && zero(b, 11, 16):
		return "fastcgi-begin", Originator
	case (b[1] == 6 || b[1] == 7) && n > 0 && (within(b[8:], 256, "Content-") || within(b[8:], 256, "Status: ") || at(b, 8+n+pad) == 1):
		return "fastcgi-answer", Responder
	}
	return "", Unknown
}

// ajp recognises Apache's AJP 1.3: its two sides have their own magic numbers.
func ajp(b []byte) (Kind, Side) {
	switch n := be16(b, 2); {
	case has(b, 0, "\x12\x34") && n >= 1 && n <= 8192:
		switch at(b, 4) {
		case 2:
			return "ajp-forward", Originator
		case 10:
			return "ajp-cping", Originator
		}
	case has(b, 0, "AB") && n >= 1 && n <= 8192:
		switch at(b, 4) {
		case 3, 4, 5, 6, 9:
			return "ajp-answer", Responder
		}
	}
	return "", Unknown
}
