package capture

// ReadTLS reads the facts of a TLS handshake out of the first bytes of a connection's two
// sides, from the first byte of the ClientHello on; either may be empty or cut short. It
// returns nil if neither side is a handshake. more reports that further bytes of the
// responder could tell more.
func ReadTLS(client, server []byte) (facts *TLS, more bool) { return readTLS(client, server) }

// ReadDTLS is ReadTLS for DTLS: client and server are the datagrams of each side, one
// after the other.
func ReadDTLS(client, server []byte) (facts *TLS, more bool) { return readDTLS(client, server) }
