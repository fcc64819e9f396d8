package request

// tls recognises a record of TLS or SSLv3 (RFC 8446 §5.1, RFC 6101 §5.2).
func tls(b []byte) (Kind, Side) {
	n := be16(b, 3)
	if at(b, 1) != 3 || at(b, 2) > 4 || n < 1 || n > 1<<14+2048 {
		return "", Unknown
	}
	switch b[0] {
	case 0x14: // ChangeCipherSpec
		if n == 1 && at(b, 5) == 1 {
			return "tls-data", Unknown
		}
	case 0x15:
		return tlsAlert(b, n)
	case 0x16:
		return tlsHandshake(b, n)
	case 0x17:
		if len(b) > 5 {
			return "tls-data", Unknown
		}
	}
	return "", Unknown
}

// tlsAlert recognises an alert of n bytes, which may be encrypted.
func tlsAlert(b []byte, n int) (Kind, Side) {
	switch {
	case n == 2 && at(b, 5) == 2 && at(b, 6) <= 120:
		return "tls-alert", Responder // a refusal: the originator has nothing to refuse yet
	case n == 2 && at(b, 5) == 1 && at(b, 6) <= 120 || n > 2 && n < 128:
		return "tls-data", Unknown
	}
	return "", Unknown
}

// tlsHandshake recognises the first message in a record of n bytes by its type (RFC 8446 §4,
// RFC 5246 §7.4). Its beginning may not have been heard: some messages only a server says.
func tlsHandshake(b []byte, n int) (Kind, Side) {
	if at(b, 6) != 0 {
		return "", Unknown
	}
	switch at(b, 5) {
	case 0: // HelloRequest
		if be24(b, 6) == 0 {
			return "tls-answer", Responder
		}
	case 1:
		if at(b, 9) == 3 && be24(b, 6) >= 38 {
			return "tls-hello", Originator
		}
	case 2:
		if (at(b, 9) == 3 || at(b, 9) == 0x7f) && be24(b, 6) >= 38 {
			return "tls-answer", Responder
		}
	case 4: // a ticket
		if n < 1<<12 {
			return "tls-answer", Responder
		}
	case 11:
		return "tls-certificate", certificateSide(b, n)
	case 12, 14, 22: // ServerKeyExchange, ServerHelloDone, CertificateStatus
		return "tls-answer", Responder
	case 16: // ClientKeyExchange
		if n < 1<<12 {
			return "tls-keys", Originator
		}
	}
	return "", Unknown
}

// certificateSide says whose certificate a handshake goes on with: a client that has none
// says so, and goes on with its keys.
func certificateSide(b []byte, n int) Side {
	if be24(b, 9) == 0 {
		return Originator
	}
	next := at(b, 5+4+be24(b, 6)) // in the same record
	if 4+be24(b, 6) == n {
		next = at(b, 5+n+5)
		if at(b, 5+n) != 0x16 {
			next = -1
		}
	}
	switch next {
	case 16:
		return Originator
	case 12, 13, 14, 22:
		return Responder
	}
	if len(b) < 5+n { // cut short: servers are those that have one
		return Responder
	}
	return Unknown
}

// ssl2 recognises the two hellos of SSLv2, the client's also as the envelope of
// later versions (RFC 5246 appendix E.2).
func ssl2(b []byte) (Kind, Side) {
	n := be16(b, 0) & 0x7fff
	if b[0] < 0x80 || len(b) < 11 {
		return "", Unknown
	}
	switch at(b, 2) {
	case 1:
		specs, id, challenge := be16(b, 5), be16(b, 7), be16(b, 9)
		v := be16(b, 3)
		if (v == 2 || v >= 0x300 && v <= 0x304) && specs > 0 && specs%3 == 0 && (id == 0 || id == 16) &&
			challenge >= 16 && challenge <= 32 && n == 9+specs+id+challenge {
			return "tls-ssl2-hello", Originator
		}
	case 4:
		if at(b, 3) <= 1 && at(b, 4) <= 1 && be16(b, 5) == 2 && n == 11+be16(b, 7)+be16(b, 9)+be16(b, 11) {
			return "tls-ssl2-answer", Responder
		}
	}
	return "", Unknown
}

// dtls recognises a DTLS record (RFC 6347 §4.1).
func dtls(b []byte) (Kind, Side) {
	v := be16(b, 1)
	if v != 0xfeff && v != 0xfefd && v != 0x0100 || len(b) < 14 {
		return "", Unknown
	}
	switch {
	case b[0] == 0x16 && b[13] == 1 && be16(b, 3) == 0:
		return "dtls-hello", Originator
	case b[0] == 0x16 && (b[13] == 2 || b[13] == 3) && be16(b, 3) == 0:
		return "dtls-answer", Responder
	case b[0] == 0x15 && be16(b, 3) == 0 && be16(b, 11) == 2:
		return "dtls-answer", Responder
	case b[0] >= 0x14 && b[0] <= 0x17:
		return "dtls-data", Unknown
	}
	return "", Unknown
}
