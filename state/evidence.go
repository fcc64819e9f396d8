package state

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// Source says who heard a piece of evidence.
type Source uint8

// The sources.
const (
	Passive Source = iota // overheard
	Active                // answered to a probe of ours
)

// String returns "passive" or "active".
func (s Source) String() string {
	if s == Active {
		return "active"
	}
	return "passive"
}

// MaxSample is the number of bytes of a banner that a claim keeps: more than a
// fingerprint shows (nmap 7.93, measured).
const MaxSample = 1024

// Evidence is one claim about one service: who heard it, what provoked it, which
// line of which signature file named it, and when. Two claims of equal Key are
// one claim; merging takes the earlier First, the later Last, and of the two
// samples the one heard first.
//
// A claim whose Result.Kind is None or Timeout holds words that no line matched:
// Result.Probe still names the probe whose list was asked, and Result.Service the
// protocol the words are of by their shape, if any. A claim with TLS holds a
// handshake, without its JA3: clients that shuffle their extensions have another one
// every time; it is a hint about the client.
type Evidence struct {
	Endpoint capture.Endpoint
	Source   Source
	Via      capture.Via
	Mid      bool // the connection's beginning was not seen, or bytes are missing
	Sensor   string
	Result   matcher.Result
	TLS      *capture.TLS
	SSH      *capture.SSH // without what it tells of the client
	Target   string       // with Proxied: whose words they are, host:port
	Request  string       // kind of the request that provoked it; empty for a greeting or an unknown request

	// What follows is not part of the claim's content.
	First, Last time.Time
	Origin      string         // the pass that counted Count
	Count       uint64         // banners that made this claim
	Banner      []byte         // the bytes heard first, at most MaxSample of them
	Size        int            // how many bytes there were before the cut
	Client      netip.AddrPort // who they were said to; not valid if that is not known
}

// ClientText is the client's address and port; empty where it is not known.
func (e *Evidence) ClientText() string {
	if !e.Client.IsValid() {
		return ""
	}
	return e.Client.String()
}

// Key is a claim's identity: a hash over its content.
type Key [16]byte

// Key returns the hash of everything that the claim says; when, how often, and the
// sample of its bytes are not part of it.
func (e *Evidence) Key() Key {
	b := make([]byte, 0, 512)
	ep := &e.Endpoint
	a := ep.Addr.Addr().As16()
	b = append(b, a[:]...)
	b = appendFlag(b, ep.Addr.Addr().Is4())
	b = binary.BigEndian.AppendUint16(b, ep.Addr.Port())
	b = append(b, byte(ep.Proto))
	b = binary.BigEndian.AppendUint16(b, ep.VLAN)
	b = binary.BigEndian.AppendUint32(b, ep.VNI)
	h := sha256.Sum256(e.appendSaid(b))
	return Key(h[:16])
}

// Said returns the hash of what the claim says, whoever it is about: Key without the
// endpoint.
func (e *Evidence) Said() Key {
	h := sha256.Sum256(e.appendSaid(make([]byte, 0, 512)))
	return Key(h[:16])
}

func appendFlag(b []byte, f bool) []byte {
	if f {
		return append(b, 1)
	}
	return append(b, 0)
}

func (e *Evidence) appendSaid(b []byte) []byte {
	str := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	flag := func(f bool) { b = appendFlag(b, f) }
	b = append(b, byte(e.Source), byte(e.Via))
	str(e.Sensor)
	str(e.Target)
	str(e.Request)
	flag(e.Mid)
	r := &e.Result
	b = append(b, byte(r.Kind))
	for _, s := range [...]string{
		r.Service, r.Tunnel, r.Product, r.Version, r.Info, r.Hostname, r.OS, r.Device, r.Probe, r.File,
	} {
		str(s)
	}
	b = binary.AppendUvarint(b, uint64(len(r.CPE)))
	for _, s := range r.CPE {
		str(s)
	}
	b = binary.AppendVarint(b, int64(r.Line))
	flag(r.Any)
	flag(r.Degraded)
	flag(e.TLS != nil)
	if t := e.TLS; t != nil {
		str(t.SNI)
		str(t.ALPN)
		str(t.Subject)
		str(t.Issuer)
		for _, l := range [...][]string{t.Offered, t.Names} {
			b = binary.AppendUvarint(b, uint64(len(l)))
			for _, s := range l {
				str(s)
			}
		}
		b = binary.BigEndian.AppendUint16(b, t.Version)
		b = binary.BigEndian.AppendUint16(b, t.Cipher)
		b = binary.AppendVarint(b, t.NotBefore.Unix())
		b = binary.AppendVarint(b, t.NotAfter.Unix())
		if t.QUIC != 0 { // what was not known before leaves the keys of old claims as they were
			b = binary.BigEndian.AppendUint32(append(b, 'q'), t.QUIC)
		}
		if t.SHA256 != "" {
			b = append(b, 'c')
			str(t.SHA256)
			str(t.Serial)
			str(t.SubjectDN)
			str(t.IssuerDN)
		}
		if t.JA3S != "" || t.JA4 != "" {
			b = append(b, 'j')
			str(t.JA3S)
			str(t.JA4)
		}
	}
	if x := e.SSH; x != nil {
		b = append(b, 's')
		for _, s := range [...]string{x.HASSHServer, x.Kex, x.HostKeys, x.Ciphers, x.MACs, x.Compression} {
			str(s)
		}
	}
	return b
}
