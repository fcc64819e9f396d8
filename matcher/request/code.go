package request

// gitLine recognises git's first line in its frame, and what a server announces over HTTP.
func gitLine(b []byte) (Kind, Side) {
	if n, ok := hex4(b); ok && n > 8 && (has(b, 4, "git-upload-pack ") || has(b, 4, "git-receive-pack ")) {
		return "git-proto", Originator
	}
	if has(b, 0, "00") && has(b, 4, "# service=git") {
		return "git-answer", Responder
	}
	return "", Unknown
}

// pktLine recognises what git's two sides tell each other after the greeting (gitprotocol-pack).
func pktLine(b []byte) (Kind, Side) {
	n, ok := hex4(b)
	switch {
	case !ok:
	case n >= 50 && n < 1000 && has(b, 4, "want ") && len(b) >= 49 && smallHex(b[9:49]), n >= 50 && n < 1000 && has(b, 4, "have ") && len(b) >= 49 && smallHex(b[9:49]):
		return "git-want", Originator
	case has(b, 0, "0008NAK\n"), n >= 49 && n < 1000 && has(b, 4, "ACK ") && len(b) >= 48 && smallHex(b[8:48]):
		return "git-answer", Responder
	}
	return "", Unknown
}

// hex4 reads four hexadecimal digits: the length of a git pkt-line.
func hex4(b []byte) (n int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch c = upper(c); {
		case isDigit(c):
			n = n<<4 | int(c-'0')
		case c >= 'A' && c <= 'F':
			n = n<<4 | int(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// svnClient recognises the answer of Subversion's client to the greeting.
func svnClient(b []byte) (Kind, Side) {
	if has(b, 0, "(") && len(b) > 4 && isDigit(b[2]) && (within(b, 64, "edit-pipeline") || within(b, 64, "svndiff")) {
		return "svn-client", Originator
	}
	return "", Unknown
}

// perforce recognises the first message of Perforce: five bytes of a length and its sum, then
// names of values. A server's first names its version.
func perforce(b []byte) (Kind, Side) {
	n := le32(b, 1)
	if n < 16 || n > 4096 || b[0] != b[1]^b[2]^b[3]^b[4] || !within(b, int(n)+5, "func\x00\x08\x00\x00\x00protocol\x00") {
		return "", Unknown
	}
	if within(b, int(n)+5, "server2\x00") {
		return "perforce-answer", Responder
	}
	return "perforce-hello", Originator
}

// framed recognises the protocols of editors behind a header of HTTP's kind: a language server's, a debugger's.
func framed(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "Content-Length: "):
	case within(b, 300, `"jsonrpc"`) && within(b, 300, `"initialize"`):
		return "lsp-request", Originator
	case within(b, 300, `"jsonrpc"`):
		return "lsp-message", Unknown
	case within(b, 300, `"seq"`) && within(b, 300, `"request"`):
		return "dap-request", Originator
	case within(b, 300, `"seq"`) && within(b, 300, `"type"`):
		return "dap-message", Responder
	}
	return "", Unknown
}
