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
