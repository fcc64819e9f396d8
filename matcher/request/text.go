package request

import "bytes"

// textual recognises the protocols of lines: verbs, greetings, reply codes.
func textual(b []byte) (Kind, Side) {
	if k, s := first(b, web, distinct, opened, hobby, greeting); k != "" {
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

// textualDatagram recognises datagrams of text, and those with a magic word.
func textualDatagram(b []byte) (Kind, Side) {
	if k, s := ssdp(b); k != "" {
		return k, s
	}
	switch b[0] {
	case '1', '2', '4', '5':
		return mgcpAnswer(b)
	case '<', 0xef:
		return first(b, syslog, xmlDatagram)
	case 'd':
		return dht(b)
	case 'S':
		if has(b, 0, "SpotUdp0") {
			return "spotify-announce", Responder
		}
	case 'I':
		return iscp(b)
	case '{':
		return first(b, homeJSON, dropbox, json)
	case 'T':
		return teamSpeak(b)
	case '\r', '\n':
		return textual(b)
	case 'h', 'H', 'v', 's':
		switch k, s := textual(b); k {
		case "help", "memcached-version", "memcached-stats":
			return k, s
		}
	}
	return "", Unknown
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

// lookUp returns the first row of a table in the order of openings whose word b begins with.
func lookUp(table []opening, b []byte) (Kind, Side) {
	i, end := 0, len(table)
	for i < end { // the first row of that byte
		if middle := (i + end) / 2; table[middle].word[0] < b[0] {
			i = middle + 1
		} else {
			end = middle
		}
	}
	for ; i < len(table) && table[i].word[0] == b[0]; i++ {
		if r := &table[i]; has(b, 0, r.word) {
			return r.kind, r.side
		}
	}
	return "", Unknown
}

// opening is a word that streams of one protocol begin with, and the side that says it.
type opening struct {
	word string
	kind Kind
	side Side
}
