package active

import (
	"context"
	"net/netip"
	"time"

	"earshot/active/discover"
	"earshot/matcher"
	"earshot/state"
)

// Strategy is a way to find out what runs on an open port.
type Strategy uint8

// The strategies.
const (
	Quiet   Strategy = iota // the same answers in few packets
	Classic                 // what nmap -sV does
)

// Config tells Run how to ask. DB, Scope and Store must be set.
type Config struct {
	DB    *matcher.DB       // for Classic, one loaded with Options.Strict
	Scope *discover.Targets // the law
	Store state.Store       // what is known; what is learned is added to it
	Ports []Port            // what to look at on each host, in this order; nil: only what Store knows to be open
	Names *state.PortNames  // for port names; may be nil

	Programs *Programs // of ONC RPC, for their names; may be nil

	Strategy  Strategy
	Intensity int    // 0 to 9: how rare a probe may be (nmap.org/book/man-version-detection.html)
	AllPorts  bool   // also speak to ports that are better left alone
	Origin    string // names this run, among others whose evidence may be merged with its own; empty is "probe"
	StartTLS  bool   // also ask services in the clear for TLS, for the facts of the handshake
	Contact   string // who asks, said where a protocol has a field for it; Classic says nothing
	JARM      bool   // also ask servers of TLS for their JARM, in ten connections
	Favicon   bool   // also ask web servers for their icon
	ScanOnly  bool   // find the open ports and ask them nothing
	Up        bool   // take every host as up; else one whose first ports are all silent is given up

	MaxRate     float64        // packets a second, all hosts together; 0: no limit
	Rate        *discover.Rate // shared with whoever else sends; nil: MaxRate, of this run alone
	ScanDelay   time.Duration  // least time between two connections or datagrams to one host
	HostTimeout time.Duration  // a host that took longer is left as it is then; 0: never
	Patience    time.Duration  // longest wait for a connection; 0: as long as the system takes to ask twice
	Hosts       int            // hosts worked on at once; 0: 64
	PerHost     int            // Classic: ports worked on at once, over all hosts; 0: 20

	Interface string     // to send the questions through; "": by the route
	Source    netip.Addr // to send them from; the zero Addr leaves it to the route

	Discover Discover                            // finds the open ports; nil: by connecting
	Asked    Asked                               // what earlier runs asked, which is not asked again; may be nil
	Await    func(context.Context, netip.Addr)   // returns when Discover can speak of a host; the host's time begins then; may be nil
	Found    func(netip.Addr) discover.HostState // what was found of a host that Await returned for; may be nil
	May      func(netip.AddrPort, string) bool   // is asked before each connection and datagram ("tcp", "udp"): of what it denies nothing is sent; may be nil
	Ledger   *Ledger                             // may be nil
	Tap      *discover.Tap                       // is told of every socket; may be nil
	Reverse  *Reverse                            // looks up the names of hosts that are up; may be nil
	Trace    func(line string)
	Opened   func(netip.AddrPort, string) // called for each port found open; may be nil
}

// Port is a port of a transport.
type Port struct {
	Proto matcher.Proto
	Port  uint16
}

func (cfg *Config) hosts() int {
	if cfg.Hosts > 0 {
		return cfg.Hosts
	}
	return 64
}

func (cfg *Config) tracef(format string, args ...any) {
	if cfg.Trace != nil {
		cfg.Trace(sprintf(format, args...))
	}
}

// contact is who asks: what nmap's questions say is the same for everybody.
func (cfg *Config) contact() string {
	if cfg.Strategy == Classic {
		return ""
	}
	return cfg.Contact
}

// rate is the one that all that is sent is counted by.
func (cfg *Config) rate() *discover.Rate {
	if cfg.Rate != nil {
		return cfg.Rate
	}
	return &discover.Rate{Most: cfg.MaxRate}
}
