package request

import "bytes"

// textual recognises the protocols of lines: verbs, greetings, reply codes.
func textual(b []byte) (Kind, Side) {
	if k, s := first(b, web, distinct, opened, studio, leisureText, gaugeAnswer, db2Search, greeting); k != "" {
		return k, s
	}
	line, rest := firstLine(b)
	if rest == 0 {
		return unfinished(b)
	}
	if len(line) > 512 {
		return "", Unknown
	}
	if len(line) == 0 {
		if len(bytes.Trim(b, "\r\n")) == 0 {
			return "lines", Originator
		}
		return "", Unknown
	}
	if !printable(line) {
		return "", Unknown
	}
	switch k := firstVerb(b, line); k {
	case "":
	case "irc-ping", "munin-cap": // servers ask so, too, and answer so
		return k, Unknown
	default:
		return k, Originator
	}
	if k := tagged(line); k != "" {
		return k, Originator
	}
	if k, s := backendLine(line); k != "" {
		return k, s
	}
	switch {
	case b[0] == '{':
		return json(b)
	case rest != len(b):
		return "", Unknown
	}
	return oneLine(line)
}

// unfinished recognises requests that need no line end.
func unfinished(b []byte) (Kind, Side) {
	switch {
	case len(b) == 4 && zookeeperWord(b):
		return "zookeeper-word", Originator
	case b[0] == '{':
		return json(b)
	case string(b) == "JDWP-Handshake":
		return "jdwp-handshake", Unknown
	}
	return "", Unknown
}

// oneLine recognises requests that are one line and nothing else.
func oneLine(line []byte) (Kind, Side) {
	switch {
	case len(line) == 4 && zookeeperWord(line):
		return "zookeeper-word", Originator
	case string(line) == "HI":
		return "speedtest-hello", Originator
	case isDigit(line[0]):
		if k, s := ident(line); k != "" {
			return k, s
		}
	case line[0] == '/':
		if len(line) >= 2 && (line[1] == 'W' || line[1] == 'w') && (len(line) == 2 || line[2] == ' ') {
			return "finger-long", Originator
		}
		if bytes.IndexByte(line, ' ') < 0 {
			return "gopher-selector", Originator
		}
		return "", Unknown
	}
	if domain(line) {
		return "whois-query", Originator
	}
	return "", Unknown
}

// headers reports whether the second line looks like "name:value", or is empty.
func headers(b []byte) bool {
	_, i := firstLine(b)
	line, _ := firstLine(b[i:])
	return len(line) == 0 || bytes.IndexByte(line, ':') > 0
}

// storage reads memcached's "key flags exptime bytes".
func storage(args []byte) bool {
	i := bytes.IndexByte(args, ' ')
	if i <= 0 {
		return false
	}
	n := 0
	for _, c := range args[i+1:] {
		if c == ' ' {
			n++
		} else if !isDigit(c) && c != '-' {
			return n >= 2
		}
	}
	return n >= 2
}

// tagged recognises IMAP's "tag COMMAND" (RFC 9051 §2.2.1).
func tagged(line []byte) Kind {
	i := bytes.IndexByte(line, ' ')
	if i < 1 || i > 16 {
		return ""
	}
	for _, c := range line[:i] {
		if !isAlpha(c) && !isDigit(c) && c != '.' && c != '-' && c != '_' && c != '$' {
			return ""
		}
	}
	var buf [12]byte
	switch w := word(line[i+1:], &buf); string(w) {
	case "CAPABILITY":
		return "imap-capability"
	case "ID", "NOOP", "LOGOUT", "STARTTLS", "LOGIN", "AUTHENTICATE", "SELECT", "EXAMINE", "NAMESPACE", "ENABLE":
		if j := i + 1 + len(w); j == len(line) || line[j] == ' ' {
			return "imap-command"
		}
	case "UID", "FETCH", "STORE", "COPY", "CLOSE", "EXPUNGE", "IDLE", "STATUS", "LSUB", "LIST", "APPEND", "SEARCH", "GETQUOTAROOT":
		if j := i + 1 + len(w); (j == len(line) || line[j] == ' ') && isDigit(line[i-1]) {
			return "imap-command"
		}
	}
	return ""
}

// ident recognises "port, port" (RFC 1413 §4) and the answer to it.
func ident(line []byte) (Kind, Side) {
	i, ports := 0, 0
	for ports < 2 {
		n := i
		for i < len(line) && isDigit(line[i]) {
			i++
		}
		if i == n || i-n > 5 {
			return "", Unknown
		}
		ports++
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if ports == 1 {
			if at(line, i) != ',' {
				return "", Unknown
			}
			for i++; i < len(line) && line[i] == ' '; i++ {
			}
		}
	}
	switch {
	case i == len(line):
		return "ident-query", Originator
	case line[i] == ':':
		return "ident-answer", Responder
	}
	return "", Unknown
}

// domain reports whether the line is a domain name, an address or an AS number,
// as one asks whois for (RFC 3912).
func domain(line []byte) bool {
	dots := 0
	for i, c := range line {
		switch {
		case c == '.' && i > 0:
			dots++
		case !isAlpha(c) && !isDigit(c) && c != '-' && c != '_' && c != ':' && c != '/':
			return false
		}
	}
	return dots > 0 && len(line) > 3 && len(line) < 254 && (isAlpha(line[0]) || isDigit(line[0])) && line[len(line)-1] != '.'
}

// zookeeperWord reports whether b is one of ZooKeeper's four-letter commands.
func zookeeperWord(b []byte) bool {
	switch string(b) {
	case "ruok", "stat", "srvr", "conf", "envi", "mntr", "dump", "cons", "crst", "srst", "wchs", "wchc", "wchp", "isro", "reqs":
		return true
	}
	return false
}

// json recognises JSON-RPC, and what speaks by it. An answer says its version, too, but no method.
func json(b []byte) (Kind, Side) {
	if k, s := stratum(b); k != "" {
		return k, s
	}
	switch {
	case within(b, 512, `"method"`):
		return "jsonrpc-call", Originator
	case within(b, 512, `"result"`), within(b, 512, `"jsonrpc"`) && within(b, 512, `"error"`):
		return "jsonrpc-answer", Responder
	case within(b, 512, `"jsonrpc"`):
		return "jsonrpc-call", Originator
	}
	return "", Unknown
}
