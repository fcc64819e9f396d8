package state

import (
	"slices"

	"earshot/capture"
	"earshot/matcher/request"
)

// Beliefs says what each of the host's services is, in their order: what
// Believe says of it, and the version that the same daemon gave at another of
// its ports. It is a pure function.
func (h *Host) Beliefs(names *PortNames) []Belief {
	bs := make([]Belief, len(h.Services))
	for i := range h.Services {
		bs[i] = Believe(&h.Services[i], names)
	}
	for i := range bs {
		b := &bs[i]
		if b.Product == "" || b.Version != "" || b.By != nil && b.By.Result.Strict {
			continue
		}
		if at := h.Services[i].Endpoint; !oneDaemon(at, at) && !samba(b, at) {
			continue // of most services: there may be very many
		}
		for j := range bs {
			o := &bs[j]
			if o.Version == "" || o.By == nil {
				continue
			}
			if o.Product == b.Product && oneDaemon(h.Services[i].Endpoint, h.Services[j].Endpoint) || samba(b, h.Services[i].Endpoint) && samba(o, h.Services[j].Endpoint) {
				b.Version, b.CPE = o.Version, o.CPE
				if b.OS == "" {
					b.OS = o.OS
				}
				break
			}
		}
	}
	h.voices(bs)
	h.introduce(bs)
	return bs
}

// voices names TLS of which nothing else is known by the datagrams at the same number:
// Mumble speaks with its clients in TLS, and hears their voices in datagrams, at one
// port (Mumble protocol documentation, "Establishing a connection").
func (h *Host) voices(bs []Belief) {
	var heard map[capture.Endpoint]*Belief // a host may have very many services
	for i := range bs {
		if at := h.Services[i].Endpoint; at.Proto == request.UDP && bs[i].Service == "mumble" && bs[i].By != nil {
			if heard == nil {
				heard = map[capture.Endpoint]*Belief{}
			}
			at.Proto = request.TCP
			heard[at] = &bs[i]
		}
	}
	if heard == nil {
		return
	}
	for i := range bs {
		o := heard[h.Services[i].Endpoint]
		if bs[i].Service != "ssl" || o == nil {
			continue
		}
		bs[i].Service, bs[i].Tunnel, bs[i].Confidence = "mumble", "ssl", confSpoken
		if bs[i].Product == "" {
			bs[i].Product, bs[i].Version, bs[i].CPE = o.Product, o.Version, slices.Clone(o.CPE)
		}
	}
}

// oneDaemon reports whether two endpoints of a host are served by one process
// by the definition of their protocols: NetBIOS names and datagrams (RFC 1002
// sections 4.2 and 4.4 share the local name table).
func oneDaemon(a, b capture.Endpoint) bool {
	nb := func(e capture.Endpoint) bool {
		p := e.Addr.Port()
		return e.Proto == request.UDP && (p == 137 || p == 138)
	}
	return nb(a) && nb(b)
}

// samba reports whether a service is one of the daemons of Samba that come in one
// package with one version, on their own ports: nmbd (137, 138) and smbd (139, 445).
func samba(b *Belief, e capture.Endpoint) bool {
	switch e.Addr.Port() {
	case 137, 138:
		return e.Proto == request.UDP && b.Product == "Samba nmbd"
	case 139, 445:
		return e.Proto == request.TCP && b.Product == "Samba smbd"
	}
	return false
}
