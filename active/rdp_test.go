package active

import (
	"bytes"
	"crypto/tls"
	"encoding/asn1"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"earshot/capture"
)

// rdpChallenge is a TSRequest with a challenge of NTLM: a version, a NetBIOS name and
// the names of DNS.
func rdpChallenge(major, minor byte, build uint16) []byte {
	le := binary.LittleEndian
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 44)...)
	le.PutUint32(b[20:], ntlmUnicode|ntlmVersioned)
	var pairs []byte
	for id, s := range []string{1: "SRV", 2: "CORP", 3: "srv.corp.example", 4: "corp.example"} {
		if w := utf16le(s); id > 0 {
			pairs = append(le.AppendUint16(le.AppendUint16(pairs, uint16(id)), uint16(len(w))), w...)
		}
	}
	pairs = append(pairs, 0, 0, 0, 0)
	le.PutUint16(b[40:], uint16(len(pairs)))
	le.PutUint32(b[44:], 56)
	b[48], b[49], b[55] = major, minor, 15
	le.PutUint16(b[50:], build)
	token := der(0x30, der(0x30, der(0xa0, der(4, append(b, pairs...)))))
	return der(0x30, append([]byte{0xa0, 3, 2, 1, 2}, der(0xa1, token)...))
}

// tsRequest is TSRequest of [MS-CSSP] §2.2.1, as a server reads it.
type tsRequest struct {
	Version int `asn1:"explicit,tag:0"`
	Tokens  []struct {
		Token []byte `asn1:"explicit,tag:0"`
	} `asn1:"explicit,tag:1"`
}

// desktop speaks Remote Desktop, with those flags, and chooses that protocol. asked gets
// what is said inside TLS.
func desktop(t *testing.T, ref [2]byte, flags, protocol byte, challenge []byte, asked chan<- []byte) *scripted {
	cert := certificate(t)
	return serve(t, func(c net.Conn, s *scripted) {
		req := make([]byte, 19)
		if _, err := io.ReadFull(c, req); err != nil || req[5] != 0xe0 {
			return
		}
		_, _ = c.Write([]byte{3, 0, 0, 19, 14, 0xd0, 0, 0, ref[0], ref[1], 0, 2, flags, 8, 0, protocol, 0, 0, 0})
		server := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if server.Handshake() != nil {
			return
		}
		buf := make([]byte, 4096)
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		select {
		case asked <- bytes.Clone(buf[:n]):
		default:
		}
		_, _ = server.Write(challenge)
		_, _ = server.Read(buf)
	})
}

func TestRemoteDesktop(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../data/probes/desktop.probes")
	if err != nil {
		t.Fatal(err)
	}
	probes := strings.ReplaceAll(string(text), "ports 3389,3388\n", "ports 3389,1024-65535\n")
	for _, x := range []struct {
		name            string
		flags, protocol byte
		challenge       []byte
		product, info   string
		host            string
	}{
		{
			"Windows", 0x1f, 2, rdpChallenge(10, 0, 20348), "Microsoft Terminal Services",
			"CredSSP; Windows Server 2022; build 20348; domain: corp.example", "srv.corp.example",
		},
		{
			"Windows 7", 0x1f, 2, rdpChallenge(6, 1, 7601), "Microsoft Terminal Services",
			"CredSSP; Windows 7 SP1 or Server 2008 R2 SP1; build 7601; domain: corp.example", "srv.corp.example",
		},
		{"another with Windows 7's build", 0, 2, rdpChallenge(6, 1, 7601), "", "CredSSP; domain: corp.example", "srv.corp.example"},
		{"libfreerdp with Windows 11's build", 3, 2, rdpChallenge(10, 0, 22631), "FreeRDP", "CredSSP; domain: corp.example", "srv.corp.example"},
		{"nonsense", 0x1f, 2, []byte("\x30\x84\xff\xff\xff\xffNTLMSSP\x00\x02\x00\x00\x00"), "Microsoft Terminal Services", "CredSSP", ""},
	} {
		asked := make(chan []byte, 1)
		ref := [2]byte{0x12, 0x34}
		if x.product == "FreeRDP" {
			ref = [2]byte{}
		}
		s := desktop(t, ref, x.flags, x.protocol, x.challenge, asked)
		r := asking(t, database(t, false, probes), s.port, func(c *Config) { c.StartTLS = true })
		if r.Service != "ms-wbt-server" || r.Product != x.product || r.Info != x.info || x.host != "" && r.Hostname != x.host {
			t.Errorf("%s: %+v\n%s", x.name, r.Belief, r.trace)
		}
		var req tsRequest
		select {
		case b := <-asked:
			if rest, err := asn1.Unmarshal(b, &req); err != nil || len(rest) > 0 || len(req.Tokens) != 1 ||
				!bytes.HasPrefix(req.Tokens[0].Token, []byte("NTLMSSP\x00\x01")) {
				t.Errorf("%s: asked %x: %v", x.name, b, err)
			}
		default:
			t.Errorf("%s: nothing was asked inside TLS\n%s", x.name, r.trace)
		}
	}
}

// A server that has TLS and no CredSSP is not asked to log anyone in.
func TestRemoteDesktopTLS(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../data/probes/desktop.probes")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan []byte, 1)
	s := desktop(t, [2]byte{0x12, 0x34}, 0, 1, nil, asked)
	r := asking(t, database(t, false, strings.ReplaceAll(string(text), "ports 3389,3388\n", "ports 3389,1024-65535\n")), s.port,
		func(c *Config) { c.StartTLS = true })
	if r.Service != "ms-wbt-server" || r.Info != "TLS" || !strings.Contains(r.trace, "within ms-wbt-server") || len(asked) > 0 {
		t.Errorf("%+v, asked %d\n%s", r.Belief, len(asked), r.trace)
	}
}

func FuzzRDP(f *testing.F) {
	f.Add(rdpChallenge(10, 0, 20348))
	f.Add([]byte{3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = wholeTPKT(b), wholeBER(b)
		if p := rdpAgreed(b); p != 0 && p != rdpTLS && p != rdpHybrid && p != rdpEarlier {
			t.Errorf("protocol %d", p)
		}
		if n, ok := capture.ParseNTLM(b); ok {
			if w := rdpFields(&n, ""); w.Product == "" && w.OS != "" {
				t.Errorf("%+v", w)
			}
		}
	})
}
