package state

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// Identify names what sent data in answer to req, whose kind is given; req is empty
// for a greeting. cut is how much of data came before the first bytes that are missing
// (capture.Banner.Cut), 0 if none are. Its result is a function of its arguments alone.
type Identify func(p capture.Proto, kind request.Kind, req, data []byte, cut int) matcher.Result

// Config tells recorders what to keep. The zero Config matches nothing and keeps
// the open endpoints of every network.
type Config struct {
	Identify    Identify
	Sensor      string         // who listens; part of every claim
	Origin      string         // this pass over this input: counts of one origin do not add up twice
	Home        []netip.Prefix // only these addresses become hosts; empty for all
	Closed      bool           // keep refusals, too
	MaxServices int            // endpoints one recorder keeps; 0 means 8192; twice as many hosts with hints. Beyond it new ones are counted and dropped
	Track       bool           // remember what has changed, for Flush
	Forget      bool           // when there is no room, what was heard longest ago goes after a Flush, once an hour of packet time; needs Track
	MaxSamples  int            // bytes of banners one recorder keeps; 0 means 2 MiB. Beyond it only the first few of each
}

// Stats counts what went through a recorder.
type Stats struct {
	Banners  uint64 // banners taken
	UDP      uint64 // of these: in datagrams
	Hard     uint64 // of these: named by a match line
	Soft     uint64 // by a softmatch line
	TLS      uint64 // handshakes
	None     uint64 // no line matched
	Timeout  uint64 // a matching budget ran out first
	Away     uint64 // banners, sightings and hints of addresses outside Config.Home
	Forgot   uint64 // services and hosts that went to make room, see Config.Forget
	Overflow uint64 // banners, sightings and hints dropped because Config.MaxServices was reached
	Weak     uint64 // claims dropped because a service had MaxClaims stronger ones
}

// Add adds o to s.
func (s *Stats) Add(o Stats) {
	s.Banners += o.Banners
	s.UDP += o.UDP
	s.Hard += o.Hard
	s.Soft += o.Soft
	s.TLS += o.TLS
	s.None += o.None
	s.Timeout += o.Timeout
	s.Away += o.Away
	s.Overflow += o.Overflow
	s.Forgot += o.Forgot
	s.Weak += o.Weak
}

// match counts how a banner was matched.
func (s *Stats) match(k matcher.Kind) {
	switch k {
	case matcher.Hard:
		s.Hard++
	case matcher.Soft:
		s.Soft++
	case matcher.Timeout:
		s.Timeout++
	default:
		s.None++
	}
}

// Recorder turns what one shard hears into evidence. It implements capture.Sink; it
// is not for concurrent use: each shard has its own, and Gather unites them.
type Recorder struct {
	Stats Stats

	cfg    *Config
	known  Memory
	seed   maphash.Seed
	recent map[uint64]*matcher.Result // by the hash of transport, kind and data

	samples int // bytes of banners kept
	hearsay hearsay

	origin  string                        // what is first heard now is counted under; another one after something was forgotten
	own     string                        // and the first of them
	now     time.Time                     // packet time
	forgot  time.Time                     // when something was forgotten
	touched map[capture.Endpoint]struct{} // since the last Flush; nil if not tracked
	noted   map[hostKey]struct{}
}

// maxRecent bounds the results remembered: the words of many servers are few.
const maxRecent = 256

// NewRecorder returns a recorder for one shard. Recorders share cfg and do not change it. The
// name in Origin may still be put together until the first packet comes.
func NewRecorder(cfg *Config) *Recorder {
	r := &Recorder{cfg: cfg, seed: maphash.MakeSeed(), recent: map[uint64]*matcher.Result{}}
	if cfg.Track {
		r.touched, r.noted = map[capture.Endpoint]struct{}{}, map[hostKey]struct{}{}
	}
	return r
}

// Own makes a recorder count under an origin of its own.
func (r *Recorder) Own(origin string) { r.origin, r.own = origin, origin }

// pass is what this is counted under. The name of standard input is known with its first frame,
// so it is not looked at before.
func (r *Recorder) pass() string {
	if r.own == "" {
		r.Own(r.cfg.Origin)
	}
	return r.origin
}

// Gather unites what the shards of one pass recorded. The recorders are spent.
func Gather(recorders ...*Recorder) (*Memory, Stats) {
	m := new(Memory)
	var st Stats
	for _, r := range recorders {
		m.join(&r.known, unionSum)
		st.Add(r.Stats)
	}
	m.Hearsay(recorders...)
	return m, st
}

// Services returns the number of endpoints that the recorder knows.
func (r *Recorder) Services() int { return r.known.Len() }

// home reports that an address is one of ours.
func (r *Recorder) home(a netip.Addr) bool {
	return len(r.cfg.Home) == 0 || slices.ContainsFunc(r.cfg.Home, func(p netip.Prefix) bool { return p.Contains(a) })
}

// away reports that an address is none of ours, and counts it.
func (r *Recorder) away(a netip.Addr) bool {
	if r.home(a) {
		return false
	}
	r.Stats.Away++
	return true
}

// full reports that there is no room for hints about one more host.
func (r *Recorder) full(k hostKey) bool {
	if len(r.known.hosts) < 2*r.limit() || r.known.hosts[k] != nil {
		return false
	}
	r.Stats.Overflow++
	return true
}

// limit is how many endpoints are kept, and half of how many hosts with hints.
func (r *Recorder) limit() int {
	if r.cfg.MaxServices == 0 {
		return 1 << 13
	}
	return r.cfg.MaxServices
}

// record returns the endpoint's record, nil if there is no room for it. Refusals get
// half of the room: a scan of closed ports does not hide what is open.
func (r *Recorder) record(ep capture.Endpoint, closed bool) *record {
	if to := r.known.services[ep]; to != nil {
		r.touch(ep)
		return to
	}
	limit := r.limit()
	if closed {
		limit /= 2
	}
	if r.known.Len() >= limit {
		r.Stats.Overflow++
		return nil
	}
	r.touch(ep)
	to := r.known.record(ep)
	if to.origin == "" { // it is new
		to.origin = r.pass()
	}
	return to
}

func (r *Recorder) touch(ep capture.Endpoint) {
	if r.touched != nil {
		r.touched[ep] = struct{}{}
	}
}

// Open implements capture.Sink.
func (r *Recorder) Open(s capture.Sighting) { r.see(s, false) }

// Closed implements capture.Sink.
func (r *Recorder) Closed(s capture.Sighting) {
	if r.cfg.Closed {
		r.see(s, true)
	}
}

func (r *Recorder) see(s capture.Sighting, closed bool) {
	if r.away(s.Addr.Addr()) {
		return
	}
	if to := r.record(s.Endpoint, closed); to != nil {
		r.now = s.Last
		to.see(closed, s.First, s.Last, s.Reason, []tally{{to.origin, s.Count}}, unionSum)
	}
}

// Hint implements capture.Sink.
func (r *Recorder) Hint(h capture.Hint) {
	k := hostKey{h.Addr, h.VLAN, h.VNI}
	if r.away(h.Addr) {
		return
	}
	if h.Told {
		r.hearsay.note(&h)
		return
	}
	if r.full(k) {
		return
	}
	r.now = h.Last
	_ = r.known.Note(h) // memory does not fail
	r.selfSaid(&h)
	if r.noted != nil {
		r.noted[k] = struct{}{}
	}
}

// Banner implements capture.Sink. It returns Enough when a match line named product
// and version, and for a TLS handshake: what follows can tell no more.
func (r *Recorder) Banner(b *capture.Banner) capture.Verdict {
	if r.away(b.Addr.Addr()) {
		return capture.Enough
	}
	if b.TLS == nil && len(b.Data) == 0 && !requestKind(b).Sink() {
		return capture.More
	}
	to := r.record(b.Endpoint, false)
	if to == nil {
		return capture.Enough
	}
	r.Stats.Banners++
	if b.Proto == request.UDP {
		r.Stats.UDP++
	}
	r.now = b.Last
	if host := request.Authority(b.Request); len(host) > 0 && b.Via == capture.Direct && b.Proto == request.TCP && !namesItself(b) {
		through := *b
		through.Via, through.Target = capture.Proxied, string(host)
		b = &through
	}
	if b.TLS != nil {
		r.Stats.TLS++
		r.handshake(to, b)
		if b.TLS.Retried {
			return capture.More // the server's own hello is still to come
		}
		return capture.Enough
	}
	if b.SSH != nil {
		r.keyExchange(to, b)
		return capture.Enough
	}
	kind := requestKind(b)
	res := r.identify(b, kind)
	if name := request.Carried(b.Carries); name != "" && name != res.Service {
		res = &matcher.Result{Service: name} // the sender says what it is; protocols of one family look alike
	}
	r.Stats.match(res.Kind)
	r.claim(to, b, res, string(kind))
	if res.Kind == matcher.Hard && res.Product != "" && res.Version != "" && b.Via != capture.Proxied {
		return capture.Enough
	}
	return capture.More
}

// requestKind is what a banner's request asks for, "" if there is none.
func requestKind(b *capture.Banner) request.Kind {
	if len(b.Request) == 0 {
		return ""
	}
	kind := request.Classify(b.Proto, b.Request)
	if kind == "httpproxy-get" && namesItself(b) {
		return "http-get"
	}
	return kind
}

// namesItself reports whether the whole URL that is asked for is the address that is asked:
// there are clients that name a server in full which is no proxy.
func namesItself(b *capture.Banner) bool {
	addr, err := netip.ParseAddr(string(request.Host(b.Request)))
	return err == nil && addr == b.Addr.Addr()
}

// identify asks the matcher, or remembers what it said of the same words.
func (r *Recorder) identify(b *capture.Banner, kind request.Kind) *matcher.Result {
	var h maphash.Hash
	h.SetSeed(r.seed)
	h.WriteByte(byte(b.Proto))
	if len(b.Request) > 0 {
		h.WriteByte(1)
		h.WriteString(string(kind))
	}
	h.WriteByte(0)
	h.Write(b.Data)
	if b.Cut > 0 {
		h.Write(binary.AppendUvarint(nil, uint64(b.Cut)))
	}
	sum := h.Sum64()
	if res := r.recent[sum]; res != nil {
		return res
	}
	return r.ask(sum, b, kind)
}

// ask asks the matcher, and remembers under sum what it says.
func (r *Recorder) ask(sum uint64, b *capture.Banner, kind request.Kind) *matcher.Result {
	res := new(matcher.Result)
	if r.cfg.Identify != nil {
		*res = r.cfg.Identify(b.Proto, kind, b.Request, b.Data, b.Cut)
	}
	if len(r.recent) >= maxRecent {
		clear(r.recent)
	}
	r.recent[sum] = res
	return res
}

// claim adds what a banner says to its service.
func (r *Recorder) claim(to *record, b *capture.Banner, res *matcher.Result, kind string) {
	mid := b.Mid || b.Gap
	// Most banners repeat a claim: find it without hashing.
	for _, c := range to.claims {
		if c.TLS == nil && c.said != nil && (c.said == res || sameResult(c.said, res)) && c.Request == kind && c.Via == b.Via && c.Target == b.Target && c.Mid == mid {
			again := claim{Evidence: Evidence{First: b.First, Last: b.Last, Banner: b.Data, Size: len(b.Data), Client: b.Client}}
			if sampleBefore(&again, c) {
				c.Banner, c.Size, c.Client = r.sample(b.Data), len(b.Data), b.Client
			}
			c.First, c.Last = earlier(c.First, b.First), later(c.Last, b.Last)
			c.counts = addTally(c.counts, to.origin, 1, unionSum)
			return
		}
	}
	r.add(to, &claim{said: res, Evidence: Evidence{
		Endpoint: b.Endpoint, Sensor: r.cfg.Sensor, Result: *res, Via: b.Via, Target: b.Target, Request: kind, Mid: mid,
		First: b.First, Last: b.Last, Banner: r.sample(b.Data), Size: len(b.Data), Client: b.Client,
	}})
}

// sameResult reports whether two results say the same: what a claim's Key is made of.
func sameResult(a, b *matcher.Result) bool {
	return a.Line == b.Line && a.Kind == b.Kind && a.Any == b.Any && a.Degraded == b.Degraded &&
		a.Service == b.Service && a.Tunnel == b.Tunnel && a.Product == b.Product && a.Version == b.Version && a.Info == b.Info &&
		a.Hostname == b.Hostname && a.OS == b.OS && a.Device == b.Device && a.Probe == b.Probe && a.File == b.File && slices.Equal(a.CPE, b.CPE)
}

// leastSample is what is kept of a banner when there is no room for more.
const leastSample = 64

// sample keeps the beginning of a banner.
func (r *Recorder) sample(b []byte) []byte {
	limit := r.cfg.MaxSamples
	if limit == 0 {
		limit = 2 << 20
	}
	n := min(len(b), MaxSample)
	if r.samples+n > limit {
		n = min(n, leastSample)
	}
	r.samples += n
	return bytes.Clone(b[:n])
}

func (r *Recorder) add(to *record, c *claim) {
	c.key = c.Key()
	c.counts = []tally{{to.origin, 1}}
	if to.add(c, unionSum) == nil {
		r.Stats.Weak++
	}
}

// handshake keeps the facts of a TLS handshake, the name the client asked for as a hint
// about the host, and the client's fingerprints as hints about the client.
func (r *Recorder) handshake(to *record, b *capture.Banner) {
	t := *b.TLS
	t.Offered, t.Names = slices.Clone(t.Offered), slices.Clone(t.Names)
	t.JA3, t.Retried = "", false
	r.add(to, &claim{Evidence: Evidence{
		Endpoint: b.Endpoint, Sensor: r.cfg.Sensor, TLS: &t, Result: r.certified(&t), Via: b.Via, Target: b.Target, Mid: b.Mid || b.Gap, First: b.First, Last: b.Last, Client: b.Client,
	}})
	if _, err := netip.ParseAddr(t.SNI); err != nil && t.SNI != "" && b.Via != capture.Proxied { // an address is no name (RFC 6066 §3)
		r.Hint(capture.Hint{
			Addr: b.Addr.Addr(), VLAN: b.VLAN, VNI: b.VNI, Kind: "name", Value: t.SNI, From: "sni", First: b.First, Last: b.Last,
		})
	}
	r.client(b, "ja3", b.TLS.JA3)
	r.client(b, "ja4", b.TLS.JA4)
}

// certified is what the lines for certificates make of the server's. One that was met
// shortly before is not written out again to be read.
func (r *Recorder) certified(t *capture.TLS) matcher.Result {
	if t.SHA256 == "" || r.cfg.Identify == nil {
		return matcher.Result{}
	}
	var h maphash.Hash
	h.SetSeed(r.seed)
	h.WriteByte(byte(request.Cert))
	h.WriteString(t.SHA256)
	sum := h.Sum64()
	if res := r.recent[sum]; res != nil {
		return *res
	}
	return *r.ask(sum, &capture.Banner{Endpoint: capture.Endpoint{Proto: request.Cert}, Data: t.CertificateText()}, "")
}

// keyExchange keeps what an SSH server offers, and what the client is as hints about it.
func (r *Recorder) keyExchange(to *record, b *capture.Banner) {
	if b.SSH.HASSHServer != "" {
		x := *b.SSH
		x.Client, x.HASSH = "", ""
		r.add(to, &claim{Evidence: Evidence{
			Endpoint: b.Endpoint, Sensor: r.cfg.Sensor, SSH: &x, Via: b.Via, Target: b.Target, First: b.First, Last: b.Last,
			Result: matcher.Result{Fields: matcher.Fields{}, Service: "ssh"},
		}})
	}
	r.client(b, "hassh", b.SSH.HASSH)
	r.client(b, "software", b.SSH.Client)
}

// client notes what a handshake tells of the client's software.
func (r *Recorder) client(b *capture.Banner, kind, value string) {
	if value == "" || !r.home(b.Client.Addr()) {
		return
	}
	from := "tls"
	switch {
	case b.SSH != nil:
		from = "ssh"
	case b.TLS.QUIC != 0:
		from = "quic"
	case b.Proto == request.UDP:
		from = "dtls"
	}
	r.Hint(capture.Hint{Addr: b.Client.Addr(), VLAN: b.VLAN, VNI: b.VNI, Kind: kind, Value: value, From: from, First: b.First, Last: b.Last})
}
