package capture

import (
	"net/netip"
	"time"

	"earshot/matcher/request"
)

// Proto is a transport protocol: request.TCP, request.UDP or request.SCTP.
type Proto = request.Proto

// Endpoint is a place that serves: address, port, transport, and the virtual
// network it was heard on. The same address on two VLANs is two endpoints.
type Endpoint struct {
	Addr  netip.AddrPort
	Proto Proto
	VLAN  uint16 // 802.1Q VLAN identifier, innermost; 0 if untagged
	VNI   uint32 // VXLAN or GENEVE network identifier, GTP-U TEID excluded; 0 if none
}

// Via says how a banner's bytes lie inside the connection to its endpoint.
type Via uint8

// The ways. Bytes that came through a proxy are the named target's, not the endpoint's.
const (
	Direct   Via = iota // spoken by the endpoint itself, in the clear
	StartTLS            // after an in-protocol upgrade to TLS: the handshake that followed
	Proxied             // inside a CONNECT or SOCKS tunnel: another host's words
)

// Banner is the one thing the matcher sees, whoever brought it: what a responder
// sent, with the request that provoked it. One connection yields one Banner a
// turn: a greeting, then each request with its answer.
//
// Request, Data, TLS and SSH are valid only during the call that delivers them.
type Banner struct {
	Endpoint
	Client  netip.AddrPort // the originator
	Request []byte         // what the originator sent in this turn, at most Config.Depth bytes; empty when the server talks first
	Data    []byte         // what the responder sent in this turn, at most Config.Depth bytes; empty only where it takes and says nothing (request.Kind.Sink)
	Turn    int            // 0 for the connection's first exchange
	Via     Via
	Target  string    // with Proxied: the host:port the client asked the proxy for
	Carries uint32    // SCTP: the payload protocol identifier (RFC 9260 §3.3.1) that Data came with; 0 if none
	TLS     *TLS      // handshake facts, if this turn was a TLS, DTLS or QUIC handshake; else nil
	SSH     *SSH      // what both sides offer, if this is the beginning of an SSH connection up to there; else nil
	Gap     bool      // bytes are missing before the end of Data
	Cut     int       // how much of Data came before the first bytes that are missing in it or behind it; 0 if none are
	Mid     bool      // the connection's beginning was not seen: Data may not start at a message's start
	First   time.Time // packet time of Data's first byte
	Last    time.Time // packet time of Data's last byte
}

// TLS holds the facts of a TLS, DTLS or QUIC handshake heard in the clear, or, of QUIC,
// behind a veil that anybody can lift.
type TLS struct {
	QUIC                uint32    // version of QUIC that carried the handshake (RFC 9000 §15); 0 if none did
	SNI                 string    // server_name the client asked for
	Offered             []string  // ALPN names the client offered, in order
	ALPN                string    // ALPN name the server chose; empty if unseen (TLS 1.3 hides it)
	Version             uint16    // version the server chose (0x0301 TLS 1.0 … 0x0304 TLS 1.3)
	Cipher              uint16    // cipher suite the server chose
	Subject             string    // common name of the server's certificate (TLS ≤ 1.2)
	Names               []string  // DNS names of the server's certificate
	Issuer              string    // common name of its issuer
	NotBefore, NotAfter time.Time // validity; zero if no certificate was seen
	SubjectDN, IssuerDN string    // the whole names, "C=US, O=Example, CN=www.example.org"
	Serial              string    // the certificate's number, in hexadecimal
	SHA256              string    // hash of the whole certificate, in hexadecimal
	JA3, JA4            string    // fingerprints of the client's hello, empty if it was not heard whole
	JA3S                string    // fingerprint of the server's
	Retried             bool      // the server asked for another hello, and its own was not heard yet
}

// Sighting is the life of an endpoint as the handshakes tell it.
type Sighting struct {
	Endpoint
	First, Last time.Time
	Count       uint64 // connections or datagram exchanges that showed it
	Reason      string // nmap's word: "syn-ack", "udp-response", "tcp-response", "reset", "init-ack", "abort", "port-unreach"
}

// Hint is a fact about a host that is not a service.
type Hint struct {
	Addr        netip.Addr
	VLAN        uint16
	VNI         uint32
	Kind        string // what it says: "mac", "name", "os", "device", "model", "role", "domain", …
	Value       string // at most 256 bytes of UTF-8 without control characters
	From        string // where it was heard: "arp", "ndp", "sni", "dhcp", …
	Told        bool   // by another host: it says something of a known host, and makes none known
	First, Last time.Time
}

// Verdict is a sink's answer to a banner.
type Verdict uint8

// More asks for the connection's further turns; Enough says that the endpoint is
// known as well as this connection can tell, so its bytes need not be kept.
const (
	More Verdict = iota
	Enough
)

// Sink takes what was heard. One shard calls one Sink from one goroutine at a
// time, in packet order; two shards never share a Sink.
type Sink interface {
	Banner(*Banner) Verdict
	Open(Sighting)
	Closed(Sighting)
	Hint(Hint)
}
