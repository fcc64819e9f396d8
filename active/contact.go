package active

import (
	"bytes"
	"strings"
)

// A server's administrator who wonders about our questions shall find who asks: --contact
// goes where a protocol has a field for it. HTTP (RFC 9110 §10.1.2, §10.1.5), SIP (RFC 3261
// §20.41), RTSP (RFC 7826 §18.55) and SSDP requests have one; a HELO names a host and not a
// person, and other protocols have none.

// agentLines is the header lines that say who asks.
func agentLines(contact string, http bool) string {
	s := "User-Agent: earshot (" + strings.NewReplacer("(", "[", ")", "]").Replace(contact) + ")\r\n"
	if http && strings.Count(contact, "@") == 1 && !strings.ContainsAny(contact, " <>,;()") {
		s += "From: " + contact + "\r\n" // an address of mail; other texts are not allowed there
	}
	return s
}

// signed adds who asks to a request that has a place for it. Requests that name an agent
// already, and all that is not a whole request with a header, stay as they are.
func signed(payload []byte, contact string) []byte {
	line, rest, ok := bytes.Cut(payload, []byte("\r\n"))
	if contact == "" || !ok || !bytes.HasSuffix(payload, []byte("\r\n\r\n")) || bytes.Count(payload, []byte("\r\n\r\n")) != 1 {
		return payload
	}
	words := strings.Split(string(line), " ")
	if len(words) != 3 || words[0] == "" || strings.Trim(words[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return payload
	}
	protocol, _, _ := strings.Cut(words[2], "/")
	if protocol != "HTTP" && protocol != "SIP" && protocol != "RTSP" {
		return payload
	}
	if bytes.Contains(bytes.ToLower(rest), []byte("user-agent:")) {
		return payload
	}
	out := make([]byte, 0, len(payload)+2*len(contact)+64)
	out = append(out, payload[:len(payload)-2]...)
	out = append(out, agentLines(contact, protocol == "HTTP")...)
	return append(out, "\r\n"...)
}
