package active

import (
	"net/netip"
	"slices"
	"strings"

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
	Packets int      // at most, ours
}

// decide says what is to be done about one port of a host, v being nil if nothing is known.
func (cfg *Config) decide(a netip.Addr, p Port, v *view) Step {
	s := Step{Addr: a, Port: p, Ask: true, Speak: true, Why: "nothing is known of it"}
	if !cfg.Scope.Contains(a) {
		s.Ask, s.Speak, s.Why = false, false, "out of scope"
		return s
	}
	if v != nil && v.services[p] != nil {
		known := v.services[p]
		b := state.Believe(known, cfg.Names)
		switch {
		case known.State() == "closed":
			s.Ask, s.Speak, s.Why = false, false, "was heard to be closed"
			return s
		case identified(cfg, known, &b):
			s.Ask, s.Speak, s.Why = false, false, "known: "+known.Endpoint.Proto.String()+" "+b.Service+" "+b.VersionText()
			return s
		case b.By != nil:
			s.Why = "heard: " + b.Service + "; product or version not known"
		case known.State() == "open":
			s.Why = "was heard to be open"
		}
	}
	if v == nil && cfg.missed(a) {
		s.Ask, s.Speak, s.Why = false, false, "was looked for before and did not answer"
		return s
	}
	if cfg.Asked != nil {
		was := v != nil && v.services[p] != nil // else the answer was not waited for
		open := was && v.services[p].State() == "open"
		if tried, spoken := cfg.Asked(a, p); spoken || tried && was && (!open || cfg.ScanOnly) {
			s.Ask, s.Speak, s.Why = false, false, "was asked before"
			return s
		}
	}
	if cfg.ScanOnly {
		s.Speak = false
	}
	if why := cfg.spared(p); why != "" && !cfg.AllPorts {
		s.Speak, s.Why = false, why
		if p.Proto == request.UDP {
			s.Ask = false // there is no other way to ask than to speak
		}
	}
	return s
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
	if b.By == nil || b.Product == "" {
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
			return "industrial control: not spoken to first"
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

// Plan says what Run would do, port by port, and how many packets it would send at
// most. It sends none.
func Plan(cfg *Config, yield func(*Step) error) error {
	known, err := views(cfg)
	if err != nil {
		return err
	}
	for a := range cfg.Scope.All() {
		v := known[a]
		for _, p := range cfg.ports(v) {
			s := cfg.decide(a, p, v)
			cfg.estimate(&s)
			if err := yield(&s); err != nil {
				return err
			}
		}
	}
	return nil
}

// Packets of ours that one connection with one exchange costs, and a TLS one.
const (
	exchangePackets = 8
	tlsPackets      = 16
)

// estimate fills in the probes and the upper bound of a step.
func (cfg *Config) estimate(s *Step) {
	if !s.Ask {
		return
	}
	p := &prober{cfg: cfg}
	t := &task{ep: capture.Endpoint{Addr: netip.AddrPortFrom(s.Addr, s.Port.Port), Proto: s.Port.Proto}, name: cfg.Names.Name(s.Port.Proto, s.Port.Port)}
	if s.Port.Proto == request.TCP {
		s.Packets = 4
	}
	if !s.Speak {
		return
	}
	s.Packets += cfg.rpcPackets(s.Port.Proto)
	if cfg.StartTLS && s.Port.Proto == request.TCP {
		s.Packets += exchangePackets + tlsPackets
	}
	if cfg.Strategy == Classic {
		for _, tunnel := range []bool{false, true} {
			o := classicOrder{db: cfg.DB, proto: s.Port.Proto, port: s.Port.Port, intensity: cfg.Intensity, tunnel: tunnel}
			for probe := o.next(""); probe != nil; probe = o.next("") {
				if !tunnel {
					s.Probes = append(s.Probes, probe.Name)
				}
				switch {
				case s.Port.Proto == request.UDP:
					if !tunnel {
						s.Packets++
					}
				case tunnel:
					s.Packets += tlsPackets
				default:
					s.Packets += exchangePackets
				}
			}
		}
		return
	}
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
	if s.Port.Proto == request.UDP {
		s.Packets += 2 * len(s.Probes)
		return
	}
	s.Packets += exchangePackets*len(s.Probes) + tlsPackets*(maxSilent+maxMore)
}

func comparePorts(a, b Port) int {
	if a.Proto != b.Proto {
		return int(a.Proto) - int(b.Proto)
	}
	return int(a.Port) - int(b.Port)
}
