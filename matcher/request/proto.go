// Package request tells what a client's bytes ask for, without knowing any product.
//
// Two rooms need that knowledge: capture, to decide who is the server when no
// handshake was seen, and matcher, to find the probe whose answer a request
// provokes. It stands here once and imports nothing of the project.
package request

// Proto is a transport protocol.
type Proto uint8

// The transports earshot hears. The zero Proto is none of them.
const (
	TCP Proto = iota + 1
	UDP
	SCTP
	Cert // no transport: what servers show as their certificate, written as text (capture.TLS.CertificateText)
)

// String returns "tcp", "udp", "sctp", "cert", or "" for the zero Proto.
func (p Proto) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case SCTP:
		return "sctp"
	case Cert:
		return "cert"
	}
	return ""
}
