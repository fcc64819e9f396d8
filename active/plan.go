package active

import (
	"net/netip"
	"slices"
	"strings"

	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// view is what the state knows of one host before it is asked.
type view struct {
	services map[Port]*state.Service
	names    []string // that it goes by, learned
	up       bool
	found    bool // an earlier run looked for it, and it was there
}

// views reads the state once, before the first packet: hosts in scope only, and of
// virtual networks only the one that we are on.
func views(cfg *Config) (map[netip.Addr]*view, error) {
	out := map[netip.Addr]*view{}
	err := cfg.Store.Hosts(func(h *state.Host) error {
		if h.VLAN != 0 || h.VNI != 0 || !cfg.Scope.Contains(h.Addr) {
			return nil
		}
		v := &view{services: map[Port]*state.Service{}}
		for i := range h.Services {
			s := h.Services[i]
			v.services[Port{s.Endpoint.Proto, s.Endpoint.Addr.Port()}] = &s
			v.up = true
		}
		v.found = len(h.Hinted("up")) > 0
		for _, n := range h.Hinted("name") {
			if strings.Contains(n, ".") && !strings.HasSuffix(n, ".local") {
				v.names = append(v.names, n)
			}
		}
		out[h.Addr] = v
		return nil
	})
	return out, err
}

// Step is what the plan says of one port.
type Step struct {
	Addr    netip.Addr
	Port    Port
	Why     string   // why it is asked, or not
	Ask     bool     // packets will be sent
	Speak   bool     // it will be asked what it is, not only whether it is open
	Probes  []string // what would be sent, in this order, as far as needed
	Packets int      // at most, of the questions, if it is open
}

// decide says what is to be done about one port of a host, v being nil if nothing is known.
func (cfg *Config) decide(a netip.Addr, p Port, v *view) Step {
	s := Step{Addr: a, Port: p, Why: "nothing is known of it"}
	if !cfg.Scope.Contains(a) {
		s.Why = "out of scope"
		return s
	}
	var known *state.Service
	if v != nil {
		known = v.services[p]
	}
	if known != nil {
		why, leave := cfg.heard(known)
		if leave {
			s.Why = why
			return s
		}
		if why != "" {
			s.Why = why
		}
	}
	if v == nil && cfg.missed(a) {
		s.Why = "was looked for before and did not answer"
		return s
	}
	if cfg.asked(a, p, known) {
		s.Why = "was asked before"
		return s
	}
	s.Ask, s.Speak = true, !cfg.ScanOnly
	if why := cfg.spared(p); why != "" && !cfg.AllPorts {
		s.Speak, s.Why = false, why
		s.Ask = p.Proto != request.UDP // there is no other way to ask than to speak
	}
	return s
}

// heard says what is known of a service, "" for nothing of use, and whether that is reason
// to leave it alone.
func (cfg *Config) heard(s *state.Service) (why string, leave bool) {
	b := state.Believe(s, cfg.Names)
	switch {
	case s.State() == "closed":
		return "was heard to be closed", true
	case identified(cfg, s, &b):
		return "known: " + s.Endpoint.Proto.String() + " " + b.Service + " " + b.VersionText(), true
	case b.By != nil:
		return "heard: " + b.Service + "; product or version not known", false
	case s.State() == "open":
		return "was heard to be open", false
	}
	return "", false
}

// asked reports whether an earlier run has asked a port, of which known is recorded, and
// asking again is of no use.
func (cfg *Config) asked(a netip.Addr, p Port, known *state.Service) bool {
	if cfg.Asked == nil {
		return false
	}
	tried, spoken := cfg.Asked(a, p)
	if spoken {
		return true
	}
	if !tried || known == nil { // the answer was not waited for
		return false
	}
	return known.State() != "open" || cfg.ScanOnly
}

// missed reports whether an earlier run looked for a host in vain.
func (cfg *Config) missed(a netip.Addr) bool {
	if cfg.Asked == nil {
		return false
	}
	sought, _ := cfg.Asked(a, Port{})
	return sought
}

// swept reports whether an earlier run has looked for a host, whatever came of it.
func (cfg *Config) swept(a netip.Addr, v *view) bool {
	if v != nil {
		return cfg.Asked != nil && v.found
	}
	return cfg.missed(a)
}

// identified reports whether asking could tell no more than is known.
func identified(cfg *Config, s *state.Service, b *state.Belief) bool {
	if b.By == nil || b.Product == "" || b.By.TLS != nil || b.Certified { // a certificate tells who made it, and not what is inside
		return false
	}
	if b.Version != "" {
		return true
	}
	r := b.By.Result
	r.Fields = b.Fields
	p := prober{cfg: cfg}
	for _, probe := range cfg.DB.Probes() {
		if probe.Proto == s.Endpoint.Proto && p.tells(probe, &r) {
			return false
		}
	}
	return true
}

// Spared says why nothing is said first to a port; "" if something is.
func (cfg *Config) Spared(p Port) string {
	if cfg.AllPorts || cfg.ScanOnly {
		return ""
	}
	return cfg.spared(p)
}

// spared says why a port must not be spoken to first; "" if it may be. Printers put on
// paper what they are sent; the controllers of machines may stop.
func (cfg *Config) spared(p Port) string {
	if cfg.DB.Excluded(p.Proto, p.Port, cfg.Names.Name) {
		return "excluded by the signatures' Exclude"
	}
	if cfg.Strategy == Classic {
		return ""
	}
	switch p.Port {
	case 102, 502, 789, 1089, 1090, 1091, 1911, 1962, 2222, 2404, 4000, 4840, 4911, 5006, 5007, 5094, 9600, 18245, 18246, 20000, 20547, 34962, 34963, 34964, 34980, 44818, 46824, 47808, 55000, 55001, 55002, 55003:
		if industrial(p) {
			return "industrial control may stop at it"
		}
	}
	if p.Proto == request.TCP && p.Port >= 9100 && p.Port <= 9107 {
		return "a printer would print it"
	}
	return ""
}

// industrial reports whether a port of the list above is used by such systems mainly.
func industrial(p Port) bool {
	switch p.Port {
	case 2222, 4000: // EtherNet/IP over UDP, and ROC; but SSH and much else over TCP
		return p.Proto == request.UDP
	}
	return true
}

// ports lists what is looked at on a host, in order: what was asked for, else what was
// heard to be open.
func (cfg *Config) ports(v *view) []Port {
	if cfg.Ports != nil {
		return cfg.Ports
	}
	var out []Port
	if v == nil {
		return nil
	}
	for p, s := range v.services {
		if s.State() == "open" && p.Proto != request.SCTP {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, comparePorts)
	return out
}

// Most is the most packets of ours that a run would take, by kind.
type Most struct {
	discover.Cost
	Names     int // looking up the names of hosts
	Questions int // if every port is open
	Hosts     int // that would be asked
	Ports     int // of them
}

// All is the sum.
func (m *Most) All() int { return m.Closed() + m.Questions }

// Closed is the sum if no port is open.
func (m *Most) Closed() int { return m.Cost.Hosts + m.Link + m.System + m.Scan + m.Names }

// Plan says what Run would do, port by port, and how many packets it would send at most. How
// is what finds hosts and ports ahead; nil if nothing does. It sends none.
func Plan(cfg *Config, how *discover.Config, yield func(*Step) error) (m Most, err error) {
	known, err := views(cfg)
	if err != nil {
		return m, err
	}
	x := discover.Config{}
	if how != nil {
		x = *how
		s := &Scan{cfg: cfg}
		x.Payloads, x.SkipPing = s.payloads, x.SkipPing || cfg.Up
		x.Alive = func(a netip.Addr) bool { return known[a] != nil && (known[a].up || cfg.swept(a, known[a])) }
	}
	e := discover.NewEstimator(x, how != nil)
	defer e.Close()
	for a := range cfg.Scope.All() {
		v := known[a]
		if x.PingOnly {
			if !cfg.swept(a, v) {
				m.host(cfg, a, e.Host(a, 0, nil))
			}
			continue
		}
		tcp, udp, ports := 0, []uint16(nil), m.Ports
		for _, p := range cfg.ports(v) {
			s := cfg.decide(a, p, v)
			cfg.estimate(&s)
			switch {
			case !s.Ask:
			case p.Proto == request.TCP:
				tcp++
			case how != nil:
				udp = append(udp, p.Port)
			}
			if s.Ask {
				m.Ports++
			}
			m.Questions += s.Packets
			if s.Ask && !s.Speak && how == nil && p.Proto == request.TCP {
				m.Questions += discover.ConnectMost
			}
			if err := yield(&s); err != nil {
				return m, err
			}
		}
		if m.Ports > ports {
			m.host(cfg, a, e.Host(a, tcp, udp))
		}
	}
	return m, nil
}

// host adds a host.
func (m *Most) host(cfg *Config, a netip.Addr, c discover.Cost) {
	m.Hosts++
	m.Cost.Add(c)
	if r := cfg.Reverse; r.asks(a) {
		m.Names += lookupTries * len(r.Servers) * (1 + mostNames)
	}
}

// estimate fills in the probes and the upper bound of a step.
func (cfg *Config) estimate(s *Step) {
	if !s.Ask || !s.Speak {
		return
	}
	if cfg.Strategy == Classic {
		cfg.estimateClassic(s)
		return
	}
	s.Packets = cfg.allowed(s.Port.Proto)
	p := &prober{cfg: cfg}
	t := &task{ep: capture.Endpoint{Addr: netip.AddrPortFrom(s.Addr, s.Port.Port), Proto: s.Port.Proto}, name: cfg.Names.Name(s.Port.Proto, s.Port.Port)}
	q := quiet{p: p, t: t}
	for _, x := range q.questions() {
		if len(s.Probes) >= maxSilent+maxUnknown+maxMore {
			break
		}
		name := "TLS"
		if x.probe != nil {
			name = x.probe.Name
		}
		s.Probes = append(s.Probes, name)
	}
}

// estimateClassic adds up every probe, in the clear and within TLS, each over a connection of
// its own that costs what one may.
func (cfg *Config) estimateClassic(s *Step) {
	const others = 8 // portmapper, programs, STARTTLS and what nmap asks by script
	if s.Port.Proto == request.UDP {
		s.Packets = cfg.rpcPackets(request.UDP) + others
	} else {
		s.Packets = cfg.rpcPackets(request.TCP) + others*cfg.connection()
	}
	for _, tunnel := range []bool{false, true} {
		o := classicOrder{db: cfg.DB, proto: s.Port.Proto, port: s.Port.Port, intensity: cfg.Intensity, tunnel: tunnel}
		for probe := o.next(""); probe != nil; probe = o.next("") {
			if !tunnel {
				s.Probes = append(s.Probes, probe.Name)
			}
			switch {
			case s.Port.Proto == request.TCP:
				s.Packets += cfg.connection()
			case !tunnel:
				s.Packets++
			}
		}
	}
}

// connection is the most that one connection with one question costs.
func (cfg *Config) connection() int { return cfg.acks() + 2*askedAcks + overshoot }

func comparePorts(a, b Port) int {
	if a.Proto != b.Proto {
		return int(a.Proto) - int(b.Proto)
	}
	return int(a.Port) - int(b.Port)
}
