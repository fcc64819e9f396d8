package request

import "bytes"

// Foreign reports whether words that nobody knows cannot be of the protocol that was asked
// for: JSON begins with a brace, each answer of Redis with one of its marks, and a protocol of
// binary records does not answer in a sentence, as servers of mail and pools of connections do
// that are told no.
func Foreign(asked string, data []byte) bool {
	switch asked {
	case "jsonrpc", "stratum":
		head := bytes.TrimLeft(data, " \t\r\n")
		return len(head) == 0 || head[0] != '{' && head[0] != '['
	case "redis":
		return len(data) == 0 || bytes.IndexByte([]byte("+-:$*_#,(!=%>~|"), data[0]) < 0
	case "memcached":
		return !memcachedAnswer(data)
	case "relp":
		return len(data) == 0 || data[0] < '0' || data[0] > '9'
	case "irc":
		return len(data) == 0 || data[0] != ':' && data[0] != '@' && (data[0] < 'A' || data[0] > 'Z')
	case "msrpc", "fastcgi", "ms-wbt-server", "ldap", "mqtt", "domain", "microsoft-ds", "netbios-ssn", "kerberos-sec", "X11", "x11", "dicom", "ajp13", "snmp":
		for _, b := range data {
			if (b < ' ' || b > '~') && b != '\r' && b != '\n' && b != '\t' {
				return false
			}
		}
		return len(data) > 8
	}
	return false
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
