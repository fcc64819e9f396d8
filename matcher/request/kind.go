package request

// Kind names what a request asks for: "http-get", "tls-hello", "dns-version".
// The part before the first '-' is the family; two kinds of one family provoke
// answers of one protocol, two equal kinds provoke equal answers. The empty
// Kind is a request nobody recognised.
type Kind string

// Side says which side of a conversation would send some bytes.
type Side uint8

// The sides. Unknown means the bytes fit either side, or neither.
const (
	Unknown    Side = iota
	Originator      // a client's request
	Responder       // a server's answer or greeting
)

// Classify returns the kind of the request b, the head of what an originator
// sent (one datagram, or a stream's first bytes), or "" if it is not recognised.
func Classify(p Proto, b []byte) Kind { return "" }

// SideOf says, from content alone, whether the originator or the responder would
// have sent b as its first bytes. It is asked only when no handshake was seen.
func SideOf(p Proto, b []byte) Side { return Unknown }
