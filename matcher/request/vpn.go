package request

import "bytes"

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

// gtp recognises GTP's control plane (3GPP TS 29.060 §6, TS 29.274 §5) and echoes.
func gtp(b []byte) (Kind, Side) {
	if len(b) < 8 {
		return "", Unknown
	}
	switch {
	case b[0]&0xf8 == 0x30 && be16(b, 2) == len(b)-8:
	case b[0]&0xe0 == 0x40 && b[0]&0x07 == 0 && be16(b, 2) == len(b)-4 && len(b) >= 8:
	default:
		return "", Unknown
	}
	switch b[1] {
	case 1:
		return "gtp-echo", Originator
	case 16, 18, 20, 32, 34, 36:
		return "gtp-request", Originator
	case 2, 17, 19, 21, 33, 35, 37:
		return "gtp-answer", Responder
	case 26, 254, 255: // of the user plane, where either side sends
		if b[0]>>5 == 1 {
			return "gtp-user", Unknown
		}
	}
	if b[0]>>5 == 1 { // version 1: PDU notification, identification, SGSN context
		switch b[1] {
		case 22, 27, 29, 48, 50, 53, 55:
			return "gtp-request", Originator
		case 23, 28, 30, 49, 51, 54, 56:
			return "gtp-answer", Responder
		}
		return "", Unknown
	}
	switch b[1] { // version 2: commands, bearers, identification, contexts, relocation
	case 38, 64, 66, 68, 95, 97, 99, 128, 130, 133, 135, 149, 160, 162, 164, 166, 168, 170, 176, 200, 211:
		return "gtp-request", Originator
	case 39, 65, 67, 69, 96, 98, 100, 129, 131, 134, 136, 150, 161, 163, 165, 167, 169, 171, 177, 201, 212:
		return "gtp-answer", Responder
	}
	return "", Unknown
}

// socks4 recognises SOCKS 4 and 4a.
func socks4(b []byte) (Kind, Side) {
	if c := at(b, 1); c != 1 && c != 2 || len(b) < 9 || len(b) > 600 || b[len(b)-1] != 0 || be16(b, 2) == 0 {
		return "", Unknown
	}
	i := 8
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
		i++
	}
	if at(b, i) != 0 {
		return "", Unknown
	}
	if zero(b, 4, 7) && b[7] != 0 { // 4a: the name comes behind the user
		if i+1 >= len(b) {
			return "", Unknown
		}
		return "socks4-connect", Originator
	}
	if i+1 != len(b) {
		return "", Unknown
	}
	return "socks4-connect", Originator
}

// socks4Answer recognises the answer of eight bytes.
func socks4Answer(b []byte) (Kind, Side) {
	if at(b, 1) >= 0x5a && at(b, 1) <= 0x5d && (len(b) == 8 || len(b) > 11 && printable(b[8:12])) {
		return "socks4-answer", Responder
	}
	return "", Unknown
}

// socks5 recognises the greetings of SOCKS 5 (RFC 1928 §3).
func socks5(b []byte) (Kind, Side) {
	if len(b) == 2 && (b[1] <= 2 || b[1] == 0xff || b[1] == 0x80) {
		switch b[1] {
		case 0: // DCE/RPC begins like this
			return "socks5-answer", Unknown
		case 2, 0xff:
			return "socks5-answer", Responder
		}
		return "", Unknown
	}
	n := at(b, 1)
	if n < 1 || n > 16 || len(b) < 2+n {
		return "", Unknown
	}
	for i, m := range b[2 : 2+n] {
		if m > 9 && m < 0x80 || bytes.IndexByte(b[2:2+i], m) >= 0 { // nobody offers a method twice
			return "", Unknown
		}
	}
	// The request may follow at once.
	if len(b) == 2+n || len(b) >= 2+n+4 && b[2+n] == 5 || len(b) > 2+n+2 && b[2+n] == 1 {
		return "socks5-greeting", Originator
	}
	return "", Unknown
}
