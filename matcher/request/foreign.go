package request

import "bytes"

// Foreign reports whether words that nobody knows cannot be of the protocol that was asked
// for: JSON begins with a brace, each answer of Redis with one of its marks, and a protocol of
// binary records does not answer in a sentence, as servers of mail and pools of connections do
// that are told no.
func Foreign(asked string, data []byte) bool {
	begins := byte(0) // with what the data begin; 0 for none
	if len(data) > 0 {
		begins = data[0]
	}
	switch asked {
	case "jsonrpc", "stratum":
		head := bytes.TrimLeft(data, " \t\r\n")
		return !has(head, 0, "{") && !has(head, 0, "[")
	case "redis":
		return bytes.IndexByte([]byte("+-:$*_#,(!=%>~|"), begins) < 0
	case "memcached":
		return !memcachedAnswer(data)
	case "relp":
		return !isDigit(begins)
	case "irc":
		return begins != ':' && begins != '@' && (begins < 'A' || begins > 'Z')
	case "msrpc", "fastcgi", "ms-wbt-server", "ldap", "mqtt", "domain", "microsoft-ds", "netbios-ssn", "kerberos-sec", "X11", "x11", "dicom", "ajp13", "snmp":
		return len(data) > 8 && plainText(data)
	}
	return false
}

// plainText reports whether b is printable ASCII and the ends of lines.
func plainText(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// memcachedAnswer reports whether an answer begins as one of memcached's does (its
// doc/protocol.txt), or as one of its binary protocol.
func memcachedAnswer(data []byte) bool {
	for _, w := range [...]string{
		"\x81", "ERROR", "CLIENT_ERROR", "SERVER_ERROR", "VERSION ", "STAT ", "END", "VALUE ", "STORED", "NOT_", "OK\r", "RESET", "EXISTS", "DELETED", "TOUCHED",
		"VA ", "HD\r", "HD ", "EN\r", "MN\r", "NF\r", "NF ", "NS\r", "NS ", "EX\r", "EX ", "ME ", // of its meta commands
		"ITEM ", "PREFIX ", "key=", "BUSY ", "BADCLASS ", "NOSPARE ", "NOTFULL ", "UNSAFE ", "SAME ", // of what it is made of
	} {
		if bytes.HasPrefix(data, []byte(w)) {
			return true
		}
	}
	return len(data) > 0 && data[0] >= '0' && data[0] <= '9' // what it counted to
}
