package capture

import (
	"bytes"
)

// httpExchange reads the first request of a turn and its answer, if it is HTTP
// (RFC 9110, 9112). The answer is cut only where something else begins behind
// it: an upgrade, a tunnel, the answer to a pipelined request.
func httpExchange(req, data []byte) (step, bool) {
	head, method, target := httpRequest(req)
	if head == 0 {
		return step{}, false
	}
	s := step{req: len(req), data: len(data)}
	status, end := httpStatus(data)
	if status == 0 {
		return s, true
	}
	connect := string(method) == "CONNECT"
	switch {
	case status == 101:
		if end > 0 {
			s.req, s.data = head, end
		}
		s.next = nextStop
		if hasFold(headerValue(data[:s.data], "UPGRADE"), "TLS/") {
			s.next = nextTLS
		}
		return s, true
	case status < 200 && end > 0 && end < len(data):
		return step{data: end, quiet: true}, true
	case connect && status < 300 && end > 0:
		return step{next: nextProxied, req: head, data: end, target: string(target)}, true
	case connect:
		return s, true
	}
	n := httpLength(req, head, false)
	if n < 0 || n >= int64(len(req)) {
		return s, true
	}
	if h, _, _ := httpRequest(req[n:]); h == 0 {
		return s, true
	}
	s.req = int(n)
	s.pipelined(data, method, status, end)
	return s, true
}

// pipelined cuts an answer where the next one may begin: the next request stands behind this one.
func (s *step) pipelined(data, method []byte, status, end int) {
	m := int64(-1)
	switch {
	case end == 0:
	case string(method) == "HEAD" || status == 204 || status == 304:
		m = int64(end)
	default:
		m = httpLength(data, end, true)
	}
	if m >= 0 {
		s.data = int(min(m, int64(len(data))))
		s.skip = m - int64(s.data)
	}
}

// httpRequest reads a request's first line: where the head ends (all of req if
// it does not), the method and the target; head is 0 if it is not a request.
func httpRequest(req []byte) (head int, method, target []byte) {
	i := bytes.IndexByte(req, '\n')
	if i < 0 || i > 8192 {
		return 0, nil, nil
	}
	line := bytes.TrimSuffix(req[:i], []byte("\r"))
	method, rest, ok := bytes.Cut(line, []byte(" "))
	j := bytes.LastIndexByte(rest, ' ')
	if !ok || len(method) < 3 || len(method) > 20 || j < 1 || !bytes.HasPrefix(rest[j+1:], []byte("HTTP/1.")) {
		return 0, nil, nil
	}
	for _, c := range method {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return 0, nil, nil
		}
	}
	if head = headEnd(req); head == 0 {
		head = len(req)
	}
	return head, method, rest[:j]
}

// httpStatus reads a status line: its code, and where the head ends, 0 if it
// does not; code is 0 if it is not an answer.
func httpStatus(data []byte) (code, end int) {
	if len(data) < 12 || !bytes.HasPrefix(data, []byte("HTTP/1.")) || data[8] != ' ' {
		return 0, 0
	}
	for _, c := range data[9:12] {
		if c < '0' || c > '9' {
			return 0, 0
		}
		code = code*10 + int(c-'0')
	}
	return code, headEnd(data)
}

// headEnd returns where the empty line behind a head ends, or 0.
func headEnd(b []byte) int {
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return 0
		}
		i += j + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i + 2
		}
	}
}

// headerValue returns the value of the first header of that upper-case name.
func headerValue(head []byte, name string) []byte {
	for {
		i := bytes.IndexByte(head, '\n')
		if i < 0 {
			return nil
		}
		head = head[i+1:]
		if len(head) > len(name) && head[len(name)] == ':' && hasFold(head, name) {
			v := head[len(name)+1:]
			if j := bytes.IndexByte(v, '\n'); j >= 0 {
				v = v[:j]
			}
			return bytes.TrimSpace(v)
		}
	}
}

// httpLength returns the length of the message whose head is b[:head] (RFC 9112
// §6.3), or -1 if that cannot be told: the connection's end ends it, or the
// chunks go on behind b. It may exceed len(b).
func httpLength(b []byte, head int, answer bool) int64 {
	if v := headerValue(b[:head], "TRANSFER-ENCODING"); len(v) >= 7 && equalFold(v[len(v)-7:], "CHUNKED") {
		return chunksEnd(b, head)
	}
	v := headerValue(b[:head], "CONTENT-LENGTH")
	if len(v) == 0 {
		if answer {
			return -1
		}
		return int64(head)
	}
	n := int64(0)
	for _, c := range v {
		if c < '0' || c > '9' || n > 1<<50 {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return int64(head) + n
}

// chunksEnd walks the chunks from i on (RFC 9112 §7.1).
func chunksEnd(b []byte, i int) int64 {
	for {
		n, start := 0, i
		for i < len(b) && i < start+7 {
			d, ok := hexDigit(b[i])
			if !ok {
				break
			}
			n = n<<4 | d
			i++
		}
		if i == start {
			return -1
		}
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return -1
		}
		i += j + 1
		if n == 0 {
			if e := headEnd(b[i-1:]); e > 0 { // trailers, then the empty line
				return int64(i - 1 + e)
			}
			return -1
		}
		if i += n + 2; i >= len(b) {
			return -1
		}
	}
}

func hexDigit(c byte) (int, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10, true
	}
	return 0, false
}
