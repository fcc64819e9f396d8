package capture

// readTLS reads the facts of a TLS handshake out of the heads of a connection's
// two sides, from the first byte of the ClientHello on; either may be empty or
// cut short. It returns nil, and has allocated nothing, if neither side is a
// handshake. more reports that further bytes of the responder could tell more
// (the certificate has not been read to its end); it is false once the
// certificate is read, the rest is encrypted, or the responder refused.
func readTLS(client, server []byte) (t *TLS, more bool) { return nil, false }

// readDTLS is readTLS for datagrams: client and server are the payloads each
// side sent, one after the other.
func readDTLS(client, server []byte) (t *TLS, more bool) { return nil, false }
