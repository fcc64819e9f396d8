package state

import (
	"slices"
	"strconv"
	"strings"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Belief is what is shown of a service.
type Belief struct {
	Service string // name; empty if not even the port has one
	Tunnel  string // "ssl" if it is heard inside TLS or DTLS; else ""
	matcher.Fields
	Method     string    // "passive", "active" or "table"
	Confidence int       // 0 to 10
	By         *Evidence // the claim that named it; nil with method "table"
	Others     []string  // products and versions that other claims of the same strength name: disagreement

	Certified bool // the product is a certificate's word: those inside may name another
}

// Guess reports whether the name is to be shown with a question mark
// (nmap 7.93, measured).
func (b *Belief) Guess() bool {
	return b.Confidence <= confGuess && b.Service != "" && b.Service != "unknown"
}

// Believe says what a service is, from its evidence and, where that names nothing,
// from the port table (nil for none). It is a pure function.
//
// The strongest claim names the service, as the rank of claims says, of two of one
// rank the newer; without any, the port table. Fields that it lacks are taken from weaker
// claims that agree with it: same service, and no other product or version. Words
// heard through a proxy are another host's: they say that this is a proxy, and
// nothing else unless the line that matched is one for proxies.
func Believe(s *Service, names *PortNames) Belief {
	var best, tls, proxied *Evidence
	var plain, ciphered uint64
	for i := range s.Evidence {
		e := &s.Evidence[i]
		switch {
		case e.Via == capture.Proxied && !isProxy(e.Result.Service):
			if proxied == nil {
				proxied = e
			}
		case e.named():
			if best == nil {
				best = e
			}
			plain += e.Count
		case (e.TLS != nil || e.ciphered()) && e.Via == capture.Direct:
			if tls == nil {
				tls = e
			}
			ciphered += e.Count
		}
	}
	b := named(s, best, tls, proxied, ciphered > plain, names.Name(s.Endpoint.Proto, s.Endpoint.Addr.Port()))
	b.certified(s)
	for i := 0; i < len(s.Evidence) && b.Hostname == "" && b.By != nil; i++ {
		if e := &s.Evidence[i]; e.TLS != nil && e.Via != capture.Proxied {
			b.Hostname = tlsName(e.TLS)
		}
	}
	return b
}

// named is Believe but for what handshakes tell of the host: best, tls and proxied
// are the strongest claims of their sort, or nil, mostlyTLS says which there are more
// of, and name is the port's.
func named(s *Service, best, tls, proxied *Evidence, mostlyTLS bool, name string) Belief {
	switch {
	case proxied != nil && s.Endpoint.Proto == request.TCP && (best == nil && tls == nil || best != nil && best.plainHTTP()):
		return Belief{Service: "http-proxy", Method: proxied.Source.String(), Confidence: confSpoken, By: proxied}
	case best != nil && best.unfounded() && name != "" && name != best.Result.Service:
		// The port's name, then.
	case best != nil:
		b := fromMatch(s, best)
		b.Service = registered(b.Service, name)
		// A port that answers in the clear and in TLS is named by its clear words; it
		// is an ssl service if it mostly speaks TLS and the same service is inside.
		if tls != nil && b.Tunnel == "" && mostlyTLS {
			if in, _ := inside(tls.facts(), name); in == b.Service {
				b.Tunnel = "ssl"
			}
		}
		return b
	case tls != nil:
		return fromTLS(s.Endpoint.Proto, tls, name)
	}
	return Belief{Service: name, Method: "table", Confidence: confTable}
}

// registered is the name of a service that its words tell roughly only: an answer of RPC does not say of
// which program it is, and what rsh and rexec are sent has one form. There the name of the port counts, if it is one
// of those that the words may be of.
func registered(service, port string) string {
	if service == "rpc" && request.IsProgram(port) || service == "shell" && port == "exec" {
		return port
	}
	return service
}

// plainHTTP reports whether a claim is of a web server and names nothing of it: a proxy
// says the like of itself.
func (e *Evidence) plainHTTP() bool {
	return e.Result.Service == "http" && e.Result.Kind != matcher.Hard
}

// unfounded reports whether a claim is no more than a slight likeness, and without a request
// to judge by: what the port is registered for tells more.
func (e *Evidence) unfounded() bool {
	return e.Result.Any && e.Request == "" && e.Result.Kind != matcher.Hard && e.Result.Kind != matcher.Soft
}

func fromMatch(s *Service, best *Evidence) Belief {
	b := Belief{
		Service: best.Result.Service, Tunnel: best.Result.Tunnel, Fields: best.Result.Fields,
		Method: best.Source.String(), Confidence: confidence(best), By: best,
	}
	b.CPE = slices.Clone(b.CPE)
	first := rankOf(best)
	greeted := "" // the name that a greeting has: a later answer may have another, of a relay or a pool
	for i := range s.Evidence {
		e := &s.Evidence[i]
		r := &e.Result
		if e == best || e.Via == capture.Proxied && !isProxy(r.Service) || !e.named() {
			continue
		}
		if r.Service != b.Service || !agree(r.Product, b.Product) || !agree(r.Version, b.Version) {
			if r.Kind == matcher.Hard && rankOf(e).compare(first) == 0 {
				b.dispute(r)
			}
			continue
		}
		// A version means something beside its product only.
		if b.Product == "" || r.Product != "" {
			fill(&b.Version, r.Version)
			fill(&b.Info, r.Info)
		}
		fill(&b.Product, r.Product)
		fill(&b.Hostname, r.Hostname)
		if r.Probe == matcher.NullProbe && !r.Any {
			fill(&greeted, r.Hostname)
		}
		fill(&b.OS, r.OS)
		fill(&b.Device, r.Device)
		for _, c := range r.CPE {
			b.addCPE(c)
		}
	}
	if best.Result.Probe != matcher.NullProbe && greeted != "" {
		b.Hostname = greeted
	}
	return b
}

// isProxy reports whether a service passes on the words of others.
func isProxy(service string) bool {
	return service == "http-proxy" || strings.HasPrefix(service, "socks")
}

// agree reports whether two fields do not contradict each other.
func agree(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

func fill(to *string, from string) {
	if *to == "" {
		*to = from
	}
}

// dispute notes a claim as strong as the one shown that says otherwise.
func (b *Belief) dispute(r *matcher.Result) {
	t := r.Service
	for _, f := range [...]string{r.Product, r.Version} {
		if f != "" {
			t += " " + f
		}
	}
	if !slices.Contains(b.Others, t) {
		b.Others = append(b.Others, t)
	}
}

// addCPE adds a name of a part that has none yet, keeping the order a, h, o.
func (b *Belief) addCPE(c string) {
	i := 0
	for ; i < len(b.CPE); i++ {
		switch p, q := cpePart(b.CPE[i]), cpePart(c); {
		case p == q:
			return
		case p > q:
			b.CPE = slices.Insert(b.CPE, i, c)
			return
		}
	}
	b.CPE = append(b.CPE, c)
}

// cpePart returns the letter of "cpe:/a:…": a, h or o; 0 if there is none.
func cpePart(c string) byte {
	if len(c) > 5 {
		return c[5]
	}
	return 0
}

func fromTLS(p capture.Proto, e *Evidence, table string) Belief {
	b := Belief{Method: e.Source.String(), By: e}
	var sure bool
	t := *e.facts()
	if t.QUIC != 0 {
		b.Service, b.Confidence, b.Info = "quic", confALPN, overQUIC(&t)
		if e.Mid {
			b.Confidence -= confMid
		}
		return b
	}
	if e.Source == Active {
		t.Offered = nil // that we offered a protocol says nothing of the server
	}
	b.Service, sure = inside(&t, table)
	if p == request.UDP && !sure && datagramTLS(t.Version) && !overDatagrams(b.Service) {
		b.Service = ""
	}
	switch {
	case e.ciphered() && (p == request.UDP || b.Service == ""):
		b.Service, b.Confidence = e.Result.Service, confTLS
	case b.Service == "":
		b.Service, b.Confidence = "ssl", confTLS
		if p == request.UDP {
			b.Service = "dtls"
			if !datagramTLS(e.TLS.Version) {
				b.Service = "quic"
			}
		}
	case sure:
		b.Tunnel, b.Confidence = "ssl", confALPN
		if strings.HasPrefix(b.Service, "quic") {
			b.Tunnel = ""
		}
	default:
		b.Tunnel, b.Confidence = "ssl", confGuess
	}
	if e.Mid {
		b.Confidence -= confMid
	}
	return b
}

// overQUIC names what is spoken over QUIC; "" if that is not known. Servers that have no
// protocol in common with what the client offers must refuse it (RFC 9001 §8.1), so one
// that answers an offer of one protocol speaks it, in whatever version.
func overQUIC(t *capture.TLS) string {
	name := ""
	offered := t.Offered
	if t.ALPN != "" {
		offered = []string{t.ALPN}
	} else if t.Version == 0 {
		return ""
	}
	for _, o := range offered {
		n := ""
		switch {
		case o == "h3" || strings.HasPrefix(o, "h3-"):
			n = "HTTP/3"
		case strings.HasPrefix(o, "hq"):
			n = "HTTP/0.9"
		case o == "doq" || strings.HasPrefix(o, "doq-"):
			n = "DNS"
		case o == "smb":
			n = "SMB"
		case strings.HasPrefix(o, "moq-"), o == "moq":
			n = "media over QUIC"
		}
		if n == "" || name != "" && n != name {
			return ""
		}
		name = n
	}
	return name
}

// facts returns what a claim knows of its handshake.
func (e *Evidence) facts() *capture.TLS {
	if e.TLS == nil {
		return new(capture.TLS)
	}
	return e.TLS
}

// datagramTLS reports whether v is a DTLS version (RFC 9147 §5.3: the ones'
// complement of TLS's), or none was seen.
func datagramTLS(v uint16) bool { return v>>8 == 0xfe || v == 0 || v == 0x0100 }

// overDatagrams says whether a service is spoken over DTLS too: RFC 7252 §9, RFC 8094,
// RFC 7360, RFC 6353, RFC 6012, RFC 7350, RFC 3261 §26.3.1. A VPN on port 443 has no HTTP in its datagrams.
func overDatagrams(service string) bool {
	switch service {
	case "coap", "domain", "radius", "snmp", "syslog", "stun", "turn", "sip", "diameter":
		return true
	}
	return false
}

// inside names what is spoken inside TLS: by the protocol the server chose, by what
// the client offered a server that hides its choice (TLS 1.3, RFC 8446 §4.3.1), or by the
// port's name where that is a name for TLS; "" if nothing tells. sure says that it
// is the server's own word.
func inside(t *capture.TLS, table string) (name string, sure bool) {
	if t.ALPN != "" {
		if n := alpnService(t.ALPN); n != "" {
			return n, true
		}
	}
	if n := innerName(table); n != "" {
		return n, false
	}
	if t.ALPN == "" {
		for _, o := range t.Offered {
			if n := alpnService(o); n != "" {
				return n, false
			}
		}
	}
	return "", false
}

// ByALPN names the service that an ALPN protocol identifier stands for, if it is spoken
// in TLS over TCP; "" if none is known.
func ByALPN(id string) string {
	if n := alpnService(id); n != "quic" {
		return n
	}
	return ""
}

// alpnService names the service of an ALPN protocol identifier (IANA registry "TLS
// ALPN Protocol IDs"); "" for those that name no service.
func alpnService(id string) string {
	switch {
	case id == "h3" || strings.HasPrefix(id, "h3-") || id == "hq" || strings.HasPrefix(id, "hq-"):
		return "quic"
	case id == "h2" || strings.HasPrefix(id, "http/") || strings.HasPrefix(id, "spdy/") || strings.HasPrefix(id, "h2-"):
		return "http"
	case strings.HasPrefix(id, "xmpp-"):
		return id
	case strings.HasPrefix(id, "stun."):
		return "stun"
	case strings.HasPrefix(id, "sip"):
		return "sip"
	case strings.HasPrefix(id, "ntske/"):
		return "ntske"
	case strings.HasPrefix(id, "tds/"):
		return "ms-sql-s"
	case strings.HasPrefix(id, "radius/"):
		return "radius"
	}
	switch id {
	case "imap", "pop3", "ftp", "irc", "nntp", "mqtt", "coap", "postgresql", "smtp", "ldap", "amqp":
		return id
	case "dot":
		return "domain"
	case "doq":
		return "quic"
	case "co":
		return "coap"
	case "bep/1.0":
		return "syncthing"
	case "managesieve":
		return "sieve"
	case "smb":
		return "microsoft-ds"
	}
	return ""
}

// innerName gives, for a port name of the IANA registry that means TLS, the name of
// what is inside; "" for other names.
func innerName(table string) string {
	if strings.HasSuffix(table, "https") {
		return "http"
	}
	switch table {
	case "https-alt", "wsmans", "ipps", "docker-s", "etcd-client", "puppet":
		return "http"
	case "nrpe": // of those that have no name of their own for TLS
		return table
	case "imaps", "pop3s", "nntps", "ldaps", "ftps", "telnets", "sips", "amqps", "coaps", "turns", "stuns":
		return strings.TrimSuffix(table, "s")
	case "submissions", "smtps", "urd":
		return "smtp"
	case "ftps-data":
		return "ftp-data"
	case "domain-s":
		return "domain"
	case "secure-mqtt":
		return "mqtt"
	case "ircs", "ircs-u":
		return "irc"
	case "stun-behaviors":
		return "stun"
	case "msft-gc-ssl":
		return "ldap"
	case "syslog-tls":
		return "syslog"
	case "radsec":
		return "radius"
	case "snmptls", "snmptls-trap":
		return "snmp"
	case "dicom-tls":
		return "dicom"
	case "opcua-tls":
		return "opcua"
	case "diameters":
		return "diameter"
	case "rtsps":
		return "rtsp"
	case "giop-ssl":
		return "giop"
	case "netconf-tls":
		return "netconf"
	case "xmpps-client":
		return "xmpp-client"
	}
	return ""
}

// Signature returns the file and line that made a claim, "ssh.probes:12"; "" if no
// line did.
func (e *Evidence) Signature() string {
	if e.Result.Line == 0 {
		return ""
	}
	return e.Result.File + ":" + strconv.Itoa(e.Result.Line)
}

// InsideTLS reports whether a port's name means TLS: "https", "imaps".
func InsideTLS(portName string) bool { return innerName(portName) != "" }
