package request

// ike recognises ISAKMP and IKEv2 (RFC 2408 §3.1, RFC 7296 §3.1), also behind
// the marker that UDP encapsulation puts before it (RFC 3948 §2.2).
func ike(b []byte) (Kind, Side) {
	if zero(b, 0, 4) && len(b) >= 32 && be32(b, 28) == int64(len(b)-4) {
		b = b[4:]
	}
	if len(b) < 28 || be32(b, 24) != int64(len(b)) || zero(b, 0, 8) {
		return "", Unknown
	}
	fresh := zero(b, 8, 16) // the responder has no cookie yet
	switch b[17] {
	case 0x10:
		return ikeV1(b, fresh)
	case 0x20, 0x21:
		return ikeV2(b, fresh)
	}
	return "", Unknown
}

// ikeV1 recognises the exchanges of ISAKMP by their number in b[18] and the first payload's in b[16].
func ikeV1(b []byte, fresh bool) (Kind, Side) {
	switch {
	case b[18] > 32 || b[16] > 30 && b[16] < 128:
		return "", Unknown
	case fresh && b[18] == 4:
		return "ike-aggressive", Originator
	case fresh:
		return "ike-main", Originator
	case b[16] == 1 && be32(b, 20) == 0 && b[19]&1 == 0:
		return "ike-answer", Responder // an SA payload first, with both cookies
	case b[18] == 5 && zero(b, 20, 24):
		return "ike-answer", Responder
	}
	return "ike-data", Unknown
}

// ikeV2 recognises the exchanges of IKEv2 by their number and flags.
func ikeV2(b []byte, fresh bool) (Kind, Side) {
	switch {
	case b[18] < 34 || b[18] > 43 && b[18] < 240:
		return "", Unknown
	case b[19]&0x20 != 0:
		return "ike-answer", Responder
	case fresh || b[19]&0x08 != 0:
		return "ike-v2", Originator
	}
	return "ike-data", Unknown
}

// openvpn recognises the resets that open an OpenVPN session, plain, signed
// (--tls-auth) and sealed (--tls-crypt).
func openvpn(b []byte) (Kind, Side) {
	n := len(b)
	switch b[0] {
	case 0x38: // P_CONTROL_HARD_RESET_CLIENT_V2
		switch {
		case n == 14 && zero(b, 9, 14), openvpnSigned(n-14) && zero(b, n-5, n), n == 54 && be32(b, 9) == 1:
			return "openvpn-reset", Originator
		}
	case 0x50: // P_CONTROL_HARD_RESET_CLIENT_V3
		if n > 300 && n < 1200 && be24(b, 10) > 0 && be24(b, 10) < 256 && (b[9] == 0 || b[9] == 0x0f) { // a number, which has a mark when cookies may be sent
			return "openvpn-reset", Originator
		}
	case 0x40: // P_CONTROL_HARD_RESET_SERVER_V2
		switch {
		case n == 26 && b[9] == 1 && zero(b, 10, 14) && zero(b, 22, 26), openvpnSigned(n-26) && zero(b, n-4, n), n == 66 && be32(b, 9) == 1:
			return "openvpn-answer", Responder
		}
	}
	return "", Unknown
}

// openvpnSigned tells the bytes that signing adds: a digest, a number and a time.
func openvpnSigned(n int) bool {
	switch n {
	case 24, 28, 36, 40, 56, 72:
		return true
	}
	return false
}

// openvpnStream recognises OpenVPN over TCP: a length, then the packet.
func openvpnStream(b []byte) (Kind, Side) {
	n := be16(b, 0)
	if n < 14 || n > len(b)-2 {
		return "", Unknown
	}
	return openvpn(b[2 : 2+n])
}

// wireguard recognises WireGuard's handshake messages.
func wireguard(b []byte) (Kind, Side) {
	switch {
	case b[0] == 1 && len(b) == 148 && be24(b, 1) == 0:
		return "wireguard-init", Originator
	case b[0] == 2 && len(b) == 92 && be24(b, 1) == 0:
		return "wireguard-answer", Responder
	case b[0] == 4 && be24(b, 1) == 0 && len(b) >= 32 && len(b)&15 == 0 && be32(b, 4) > 0 && zero(b, 13, 16): // filled up to sixteen bytes; a counter
		return "wireguard-data", Unknown
	}
	return "", Unknown
}

// l2tp recognises L2TP's control messages (RFC 2661 §3.1).
func l2tp(b []byte) (Kind, Side) {
	if at(b, 1)&0x0f != 2 || be16(b, 2) != len(b) || len(b) < 12 {
		return "", Unknown
	}
	if be16(b, 12) == 0x8008 && be32(b, 14) == 0 {
		switch be16(b, 18) {
		case 1:
			return "l2tp-sccrq", Originator
		case 2:
			return "l2tp-answer", Responder
		}
	}
	return "l2tp-control", Unknown
}

// pptp recognises PPTP's control messages (RFC 2637 §2).
func pptp(b []byte) (Kind, Side) {
	if be16(b, 2) != 1 || be32(b, 4) != 0x1a2b3c4d || be16(b, 0) < 12 {
		return "", Unknown
	}
	switch be16(b, 8) {
	case 1, 7:
		return "pptp-start", Originator
	case 2, 8:
		return "pptp-answer", Responder
	}
	return "pptp-message", Unknown
}

// fastd recognises the handshakes of fastd's tunnels (its documentation, "Protocol"): 1, a
// length, records of a kind and a length, of which the first says how far it is. They may
// stand behind a header of L2TP's.
func fastd(b []byte) (Kind, Side) {
	if has(b, 0, "\xc8\x03\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00") {
		b = b[12:]
	}
	if len(b) < 32 || b[0] != 1 || b[1] != 0 || be16(b, 2) != len(b)-4 || !has(b, 4, "\x00\x00\x01\x00") || !within(b, 64, "\x00ec25519-") {
		return "", Unknown
	}
	switch b[8] {
	case 1:
		return "fastd-handshake", Originator
	case 2:
		return "fastd-answer", Responder
	}
	return "fastd-finish", Unknown
}

// nebula recognises the handshake of Nebula's hosts: no index of the other's yet, the first
// message or the second.
func nebula(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x10\x00\x00\x00") || len(b) < 64 || !zero(b, 8, 15):
	case zero(b, 4, 8) && b[15] == 1:
		return "nebula-handshake", Originator
	case b[15] == 2:
		return "nebula-answer", Responder
	}
	return "", Unknown
}

// yggdrasil recognises the first words of Yggdrasil's peers: their keys, or versions in fields.
func yggdrasil(b []byte) (Kind, Side) {
	if has(b, 0, "meta\x00\x04") && len(b) == 38 || has(b, 0, "meta\x00") && has(b, 6, "\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02") {
		return "yggdrasil-hello", Unknown
	}
	return "", Unknown
}

// zerotier recognises the first packet of ZeroTier, the only one that is not encrypted: its
// sender's address stands in the header and in the identity that it presents.
func zerotier(b []byte) (Kind, Side) {
	if len(b) < 110 || b[18]>>3&7 != 0 || b[27]&0x1f != 1 || b[28] < 4 || b[28] > 32 || zero(b, 13, 18) || string(b[13:18]) != string(b[41:46]) {
		return "", Unknown
	}
	return "zerotier-hello", Originator
}
