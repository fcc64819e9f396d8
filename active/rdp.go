package active

import (
	"time"

	"earshot/capture"
	"earshot/matcher"
)

// rdpRequest asks for TLS, or for CredSSP within TLS ([MS-RDPBCGR] §2.2.1.1).
const rdpRequest = "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"

// Protocols of RDP's security ([MS-RDPBCGR] §2.2.1.2.1).
const (
	rdpTLS     = 1
	rdpHybrid  = 2
	rdpEarlier = 8
)

// rdpAgreed reads the answer to rdpRequest: the protocol that was chosen, 0 if none of
// those that are within TLS.
func rdpAgreed(b []byte) byte {
	if len(b) < 19 || b[0] != 3 || b[5] != 0xd0 || b[11] != 2 {
		return 0
	}
	if p := b[15]; p == rdpTLS || p == rdpHybrid || p == rdpEarlier {
		return p
	}
	return 0
}

// wholeTPKT reports whether b is as long as its head says (RFC 1006 §6).
func wholeTPKT(b []byte) bool { return len(b) >= 4 && len(b) >= int(b[2])<<8|int(b[3]) }

// credssp begins the login of CredSSP, without a name, inside the TLS of Remote Desktop:
// the challenge tells the build of the system and the computer's names.
func (u *upgrader) credssp() {
	q := u.q
	token := der(0x30, der(0x30, der(0xa0, der(4, ntlmNegotiate()))))
	req := der(0x30, append([]byte{0xa0, 3, 2, 1, 2}, der(0xa1, token)...)) // TSRequest ([MS-CSSP] §2.2.1)
	begin := time.Now()
	if q.link.send(u.ctx, "CredSSP", req, 5*time.Second) != nil {
		return
	}
	data := u.hear(wholeBER)
	n, ok := capture.ParseNTLM(data)
	if !ok {
		return
	}
	r := matcher.Result{Kind: matcher.Hard, Service: u.service, Fields: rdpFields(&n, q.best.Product)}
	if r.Product == "" {
		r.Kind = matcher.Soft
	}
	q.p.cfg.tracef("%s: CredSSP: %s (%s) on %s", q.t.where(), r.Product, r.Info, r.Hostname)
	b := banner(q.t.ep, nil, data, begin, time.Now())
	q.p.rec.claim(b, r)
}

// rdpFields says what a challenge tells of a server of Remote Desktop, whose answer to the
// negotiation gave product. Servers of others tell a build of Windows as well: one that is
// known keeps its name, and the builds of Windows 7 alone make none Microsoft's.
func rdpFields(n *capture.NTLM, product string) matcher.Fields {
	const microsoft = "Microsoft Terminal Services"
	f := matcher.Fields{Hostname: n.Name(), Info: "CredSSP"}
	w := n.Windows()
	switch {
	case product != "" && product != microsoft:
		f.Product = product
	case w != "" && (product != "" || n.Build != 7600 && n.Build != 7601):
		f.Product, f.OS, f.CPE = microsoft, "Windows", []string{"cpe:/o:microsoft:windows"}
		f.Info += "; " + w
	}
	domain := n.DNSDomain
	if domain == "" {
		domain = n.Domain
	}
	if domain != "" && domain != n.Computer && domain != f.Hostname {
		f.Info += "; domain: " + domain
	}
	return f
}
