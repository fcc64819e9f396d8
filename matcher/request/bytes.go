package request

import (
	"bytes"
	"unicode/utf8"
)

// The readers below return -1 where b is too short, so that a recogniser may
// compare fields without asking for the length first. No field is negative.

func at(b []byte, i int) int {
	if i < 0 || i >= len(b) {
		return -1
	}
	return int(b[i])
}

func be16(b []byte, i int) int {
	if i < 0 || i+2 > len(b) {
		return -1
	}
	return int(b[i])<<8 | int(b[i+1])
}

func le16(b []byte, i int) int {
	if i < 0 || i+2 > len(b) {
		return -1
	}
	return int(b[i+1])<<8 | int(b[i])
}

func be24(b []byte, i int) int {
	if i < 0 || i+3 > len(b) {
		return -1
	}
	return int(b[i])<<16 | int(b[i+1])<<8 | int(b[i+2])
}

func le24(b []byte, i int) int {
	if i < 0 || i+3 > len(b) {
		return -1
	}
	return int(b[i+2])<<16 | int(b[i+1])<<8 | int(b[i])
}

func be32(b []byte, i int) int64 {
	if i < 0 || i+4 > len(b) {
		return -1
	}
	return int64(b[i])<<24 | int64(b[i+1])<<16 | int64(b[i+2])<<8 | int64(b[i+3])
}

func le32(b []byte, i int) int64 {
	if i < 0 || i+4 > len(b) {
		return -1
	}
	return int64(b[i+3])<<24 | int64(b[i+2])<<16 | int64(b[i+1])<<8 | int64(b[i])
}

// has reports whether s stands at offset i.
func has(b []byte, i int, s string) bool {
	return i >= 0 && i+len(s) <= len(b) && string(b[i:i+len(s)]) == s
}

// hasFold is has with ASCII letters of s, which is upper case, matching either case.
func hasFold(b []byte, i int, s string) bool {
	if i < 0 || i+len(s) > len(b) {
		return false
	}
	for j := 0; j < len(s); j++ {
		if upper(b[i+j]) != s[j] {
			return false
		}
	}
	return true
}

// within reports whether s stands anywhere in the first n bytes.
func within(b []byte, n int, s string) bool {
	return indexOf(b[:min(n, len(b))], s) >= 0
}

// indexOf returns where s first stands in b, or -1.
func indexOf(b []byte, s string) int {
	for i := 0; i+len(s) <= len(b); {
		j := bytes.IndexByte(b[i:], s[0])
		if j < 0 {
			return -1
		}
		if i += j; has(b, i, s) {
			return i
		}
		i++
	}
	return -1
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func isAlpha(c byte) bool { return upper(c) >= 'A' && upper(c) <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isHex reports whether b is of hexadecimal digits only.
func isHex(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && (upper(c) < 'A' || upper(c) > 'F') {
			return false
		}
	}
	return true
}

// smallHex is isHex of small letters.
func smallHex(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// printable reports whether b holds printable ASCII only.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// words reports whether b holds text in UTF-8, with no control characters but those of lines.
func words(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(b)
}

// zero reports whether b[i:j] exists and holds zeros only.
func zero(b []byte, i, j int) bool {
	if i < 0 || j < i || j > len(b) {
		return false
	}
	for _, c := range b[i:j] {
		if c != 0 {
			return false
		}
	}
	return true
}

// firstLine returns b up to its first CR or LF and where the next line begins,
// which is 0 if the line has no end in b.
func firstLine(b []byte) (line []byte, rest int) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, 0
	}
	if i > 0 && b[i-1] == '\r' {
		return b[:i-1], i + 1
	}
	return b[:i], i + 1
}

// word returns the upper-case letters of b's first word, as far as they fit, and
// its length: the verbs of text protocols, whatever their case.
func word(b []byte, buf *[12]byte) []byte {
	n := 0
	for n < len(b) && n < len(buf) && isAlpha(b[n]) {
		buf[n] = upper(b[n])
		n++
	}
	return buf[:n]
}

// number reports whether w are digits.
func number(w []byte) bool {
	for _, c := range w {
		if !isDigit(c) {
			return false
		}
	}
	return len(w) > 0
}

// crcCCITT is the CRC-16 of the polynomial 0x1021, begun with ones; some take its complement.
func crcCCITT(b []byte) uint16 {
	sum := uint16(0xffff)
	for _, c := range b {
		sum ^= uint16(c) << 8
		for range 8 {
			carry := sum&0x8000 != 0
			sum <<= 1
			if carry {
				sum ^= 0x1021
			}
		}
	}
	return sum
}
