package active

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"earshot/matcher/request"
)

// maxAnswer is how many bytes of one answer are waited for: no line looks further.
const maxAnswer = 8 << 10

// Waits of the quiet strategy. All of them grow with the round-trip time.
const (
	waitGreeting = 6 * time.Second        // on a port whose service speaks first; nmap's NULL wait
	waitMaybe    = 700 * time.Millisecond // for a greeting on a port that is known for nothing
	waitLikely   = 3 * time.Second        // for the answer to the first question that the port is known for
	waitKnown    = 3 * time.Second        // for the answer to a question in a protocol that was already heard there
	waitCommon   = 1500 * time.Millisecond
	waitLast     = 300 * time.Millisecond // for an answer that comes when the sending was ended
	waitRare     = 600 * time.Millisecond // for the answer to a question that is a guess
	waitHello    = 3 * time.Second        // for a TLS handshake
	waitDatagram = 800 * time.Millisecond
	waitLookup   = 6500 * time.Millisecond // for an IRC server that looks up our name before it says more
)

// scaled lengthens a wait by what the way there and back takes.
func scaled(wait, rtt time.Duration) time.Duration { return wait + min(3*rtt, 4*time.Second) }

// leastGap is more than the 40 ms after which Linux acknowledges what nothing was said to: there are servers
// that say the next piece of an answer only then (RFC 9293 §3.7.4, Nagle).
const leastGap = 100 * time.Millisecond

// gap is how long silence within an answer means that it is over.
func gap(data []byte, rtt time.Duration) time.Duration {
	g := min(max(4*rtt, leastGap), time.Second)
	switch {
	case lookingUp(data):
		return waitLookup
	case isHTTP(data): // its end is known; what is missing is still being made
		return max(g, 800*time.Millisecond)
	case data[len(data)-1] != '\n':
		return 2 * g
	}
	return g
}

// lookingUp reports whether an IRC server has given notices, and not let us in yet.
func lookingUp(b []byte) bool {
	return len(b) > 0 && b[0] == ':' && bytes.Contains(b, []byte(" NOTICE ")) && bytes.Contains(b, []byte(" :***")) &&
		!bytes.Contains(b, []byte(" 001 ")) && !bytes.Contains(b, []byte("\nERROR "))
}

func isHTTP(b []byte) bool {
	return bytes.HasPrefix(b, []byte("HTTP/1.")) || bytes.HasPrefix(b, []byte("RTSP/1.")) || bytes.HasPrefix(b, []byte("SIP/2.0 "))
}

// whole reports whether an answer to a question of the given kind is known to be
// complete: nothing that follows belongs to it.
func whole(kind request.Kind, b []byte) bool {
	switch {
	case isHTTP(b):
		return wholeHTTP(b)
	}
	switch kind.Family() {
	case "smb", "netbios":
		return len(b) >= 4 && len(b) >= 4+int(binary.BigEndian.Uint32(b)&0x1ffff)
	case "dns":
		return len(b) >= 2 && len(b) >= 2+int(binary.BigEndian.Uint16(b))
	case "ldap":
		return wholeBER(b)
	case "postgres":
		return len(b) == 1 || len(b) >= 5 && len(b)-1 >= int(binary.BigEndian.Uint32(b[1:]))
	case "mongodb":
		return len(b) >= 4 && len(b) >= int(binary.LittleEndian.Uint32(b))
	case "rpc":
		return len(b) >= 4 && len(b)-4 >= int(binary.BigEndian.Uint32(b)&0x7fffffff)
	case "rdp", "iso":
		return len(b) >= 4 && b[0] == 3 && len(b) >= int(binary.BigEndian.Uint16(b[2:]))
	}
	return false
}

// wholeBER reports whether b holds one whole BER element (X.690 §8.1.3).
func wholeBER(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	n, at := int(b[1]), 2
	if n >= 0x80 {
		at += n & 0x7f
		if n &= 0x7f; n > 3 || len(b) < at {
			return false
		}
		n = 0
		for _, c := range b[2:at] {
			n = n<<8 | int(c)
		}
	}
	return len(b) >= at+n
}

// wholeHTTP reports whether b holds a whole message of HTTP/1 or its kin (RFC 9112 §6).
func wholeHTTP(b []byte) bool {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		if head, body, ok = bytes.Cut(b, []byte("\n\n")); !ok {
			return false
		}
	}
	if v, ok := header(head, "content-length"); ok {
		n, err := strconv.ParseUint(v, 10, 62)
		return err == nil && uint64(len(body)) >= n
	}
	if v, ok := header(head, "transfer-encoding"); ok && len(v) >= 7 {
		return bytes.HasSuffix(body, []byte("0\r\n\r\n"))
	}
	if _, status, ok := bytes.Cut(head, []byte(" ")); ok && !bytes.HasPrefix(head, []byte("HTTP")) || bytes.HasPrefix(status, []byte("204")) ||
		bytes.HasPrefix(status, []byte("304")) {
		return true
	}
	return false // it lasts until the connection ends
}

// header returns the value of a header field; name is in lower case.
func header(head []byte, name string) (string, bool) {
	for line := range bytes.Lines(head) {
		k, v, ok := bytes.Cut(line, []byte(":"))
		if ok && len(k) == len(name) && bytes.EqualFold(k, []byte(name)) {
			return string(bytes.TrimSpace(v)), true
		}
	}
	return "", false
}

// saysTLS reports whether an answer to words in the clear says that TLS is wanted: an
// alert or a handshake record, or the page that web servers have for it.
func saysTLS(b []byte) bool {
	if len(b) >= 3 && (b[0] == 21 || b[0] == 22) && b[1] == 3 && b[2] <= 4 {
		return true
	}
	if !isHTTP(b) || !bytes.Contains(b[:min(len(b), 16)], []byte(" 400")) {
		return false
	}
	for _, s := range []string{"HTTPS port", "HTTPS server", "SSL-enabled", "requires TLS", "speaking plain HTTP"} {
		if bytes.Contains(b, []byte(s)) {
			return true
		}
	}
	return false
}
