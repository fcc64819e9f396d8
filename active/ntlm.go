package active

import "encoding/binary"

// Flags of NTLM ([MS-NLMP] §2.2.2.5).
const (
	ntlmUnicode   = 0x1
	ntlmTarget    = 0x4
	ntlmNTLM      = 0x200
	ntlmNobody    = 0x800
	ntlmSign      = 0x8000
	ntlmExtended  = 0x80000
	ntlmVersioned = 0x2000000
)

// ntlmNegotiate begins NTLM and gives away nothing about us ([MS-NLMP] §2.2.1.1).
func ntlmNegotiate() []byte {
	b := append([]byte("NTLMSSP\x00"), 1, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, ntlmUnicode|ntlmTarget|ntlmNTLM|ntlmSign|ntlmExtended|ntlmVersioned)
	b = append(b, make([]byte, 16)...)
	return append(b, 6, 1, 0, 0, 0, 0, 0, 15)
}

// ntlmAnonymous ends NTLM as nobody ([MS-NLMP] §3.2.5.1.2).
func ntlmAnonymous() []byte {
	const payload = 72
	b := append([]byte("NTLMSSP\x00"), 3, 0, 0, 0)
	field := func(n uint16) {
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, n), n)
		b = binary.LittleEndian.AppendUint32(b, payload)
	}
	field(1) // the LM response: one zero byte
	for range 5 {
		field(0) // NT response, domain, user, workstation, session key
	}
	b = binary.LittleEndian.AppendUint32(b, ntlmUnicode|ntlmTarget|ntlmNTLM|ntlmNobody|ntlmExtended|ntlmVersioned)
	return append(b, 6, 1, 0, 0, 0, 0, 0, 15, 0)
}

// der is one element of ASN.1's distinguished encoding.
func der(tag byte, content []byte) []byte {
	switch n := len(content); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, content...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, content...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content...)
	}
}

// spnegoInit offers NTLM, with its first token (RFC 4178 §4.2.1).
func spnegoInit(token []byte) []byte {
	mechanism := []byte{6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10} // 1.3.6.1.4.1.311.2.2.10
	list := der(0xa0, der(0x30, mechanism))
	init := der(0xa0, der(0x30, append(list, der(0xa2, der(4, token))...)))
	return der(0x60, append([]byte{6, 6, 0x2b, 6, 1, 5, 5, 2}, init...)) // 1.3.6.1.5.5.2
}

// spnegoResponse carries a further token (RFC 4178 §4.2.2).
func spnegoResponse(token []byte) []byte { return der(0xa1, der(0x30, der(0xa2, der(4, token)))) }
