package active

import "bytes"

// onlyAcknowledges reports whether a datagram is L2TP's acknowledgement of what was asked
// (RFC 2661 section 5.8: a header without a message); the answer follows it.
func onlyAcknowledges(b []byte) bool {
	return len(b) == 12 && bytes.HasPrefix(b, []byte("\xc8\x02\x00\x0c"))
}
