package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// NTLM is what a server says of itself in the challenge of NTLM ([MS-NLMP] §2.2.1.2),
// whatever protocol carries it. Text is as the server wrote it, without control
// characters; it is empty where the challenge does not have it.
type NTLM struct {
	Target         string // the domain or workgroup it answers for, or its own name
	Computer       string // NetBIOS name
	Domain         string // NetBIOS name of its domain
	DNSComputer    string
	DNSDomain      string
	DNSForest      string
	Major, Minor   int // of the system; zero if it gives none
	Build          int // zero with servers that are not Windows and only claim to be like it
	VersionIsGiven bool
}

// maxNTLMName bounds a name, in bytes of UTF-16.
const maxNTLMName = 512

// ParseNTLM finds the first challenge in b, wherever it begins, and reads it. A challenge
// that is cut off is read as far as it goes. It returns false if there is none.
func ParseNTLM(b []byte) (n NTLM, ok bool) {
	const head, versioned = 48, 56
	at := bytes.Index(b, []byte("NTLMSSP\x00\x02\x00\x00\x00"))
	if at < 0 || len(b)-at < 32 {
		return n, false
	}
	b = b[at:]
	le := binary.LittleEndian
	flags := le.Uint32(b[20:])
	n.Target = ntlmText(ntlmField(b, 12), flags&1 != 0)
	if flags&0x2000000 != 0 && len(b) >= versioned {
		n.Major, n.Minor, n.Build = int(b[48]), int(b[49]), int(le.Uint16(b[50:]))
		n.VersionIsGiven = n.Major != 0
	}
	if len(b) < head {
		return n, true
	}
	for pairs := ntlmField(b, 40); len(pairs) >= 4; {
		id, size := le.Uint16(pairs), int(le.Uint16(pairs[2:]))
		if pairs = pairs[4:]; id == 0 || size > len(pairs) {
			break
		}
		text := ntlmText(pairs[:size], true) // always UTF-16 ([MS-NLMP] §2.2.2.1)
		pairs = pairs[size:]
		switch id {
		case 1:
			n.Computer = text
		case 2:
			n.Domain = text
		case 3:
			n.DNSComputer = text
		case 4:
			n.DNSDomain = text
		case 5:
			n.DNSForest = text
		}
	}
	return n, true
}

// ntlmField is the part of b that the length and offset at b[at:] tell, nil if it is not
// wholly there.
func ntlmField(b []byte, at int) []byte {
	size, offset := uint64(binary.LittleEndian.Uint16(b[at:])), uint64(binary.LittleEndian.Uint32(b[at+4:]))
	if offset+size > uint64(len(b)) {
		return nil
	}
	return b[offset : offset+size]
}

// ntlmText is a name in UTF-16 or bytes, "" if it is too long or has control characters.
func ntlmText(b []byte, wide bool) string {
	if len(b) > maxNTLMName {
		return ""
	}
	var runes []rune
	if wide {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		runes = utf16.Decode(units)
	} else {
		for _, c := range b {
			runes = append(runes, rune(c))
		}
	}
	for _, r := range runes {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ""
		}
	}
	return string(runes)
}

// Name is the computer's name: that of DNS, or else that of NetBIOS.
func (n *NTLM) Name() string {
	if n.DNSComputer != "" {
		return n.DNSComputer
	}
	return n.Computer
}

// Windows names the system by its build, or by its version where the build is not one
// that was released; "" for servers that give no build of Windows. The builds 7600 and
// 7601 are also what some programs that are not Windows give: judge them by other signs.
func (n *NTLM) Windows() string {
	if !n.VersionIsGiven || n.Build == 0 {
		return ""
	}
	name := fmt.Sprintf("Windows %d.%d", n.Major, n.Minor)
	switch n.Build {
	case 2600:
		name = "Windows XP"
	case 3790:
		name = "Windows Server 2003"
	case 6001:
		name = "Windows Vista SP1 or Server 2008"
	case 6002, 6003:
		name = "Windows Vista SP2 or Server 2008 SP2"
	case 7600:
		name = "Windows 7 or Server 2008 R2"
	case 7601:
		name = "Windows 7 SP1 or Server 2008 R2 SP1"
	case 9200:
		name = "Windows 8 or Server 2012"
	case 9600:
		name = "Windows 8.1 or Server 2012 R2"
	case 10240:
		name = "Windows 10 1507"
	case 10586:
		name = "Windows 10 1511"
	case 14393:
		name = "Windows 10 1607 or Server 2016"
	case 15063:
		name = "Windows 10 1703"
	case 16299:
		name = "Windows 10 1709"
	case 17134:
		name = "Windows 10 1803"
	case 17763:
		name = "Windows 10 1809 or Server 2019"
	case 18362, 18363:
		name = "Windows 10 1903 or 1909"
	case 19041, 19042, 19043, 19044, 19045:
		name = "Windows 10 2004 to 22H2"
	case 20348:
		name = "Windows Server 2022"
	case 22000:
		name = "Windows 11 21H2"
	case 22621:
		name = "Windows 11 22H2"
	case 22631:
		name = "Windows 11 23H2"
	case 26100:
		name = "Windows 11 24H2 or Server 2025"
	}
	return fmt.Sprintf("%s; build %d", name, n.Build)
}
