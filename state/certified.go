package state

import (
	"slices"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// certified adds what the lines for certificates say: devices and programs make one for
// themselves that bears their maker's name. It is the word of whoever ends TLS there.
//
// Where nothing is known of what is inside, the product is the certificate's, and the
// service, too, if the line names one and the handshake has not said otherwise. Words
// from the inside are stronger: they get what they lack, the device and the system
// among it, and no other product.
func (b *Belief) certified(s *Service) {
	if b.By == nil || s.Endpoint.Proto == request.SCTP || b.By.TLS == nil && b.By.Result.Strict {
		return // nothing is added to what nmap would show
	}
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if r := &e.Result; e.TLS != nil && e.Via != capture.Proxied && r.Kind == matcher.Hard && b.admits(r) {
			b.takeCertified(r)
			return
		}
	}
}

// admits reports whether what a certificate says can be true beside b.
func (b *Belief) admits(r *matcher.Result) bool {
	switch {
	case r.Service == "ssl" || r.Service == b.Service:
		return true
	case b.By.TLS == nil:
		return false
	}
	return b.Service == "ssl" || b.Tunnel == "ssl" && b.Confidence <= confGuess
}

func (b *Belief) takeCertified(r *matcher.Result) {
	if b.By.TLS != nil && r.Service != "ssl" {
		b.Service, b.Tunnel, b.Confidence = r.Service, "ssl", max(b.Confidence, confHardAny)
	}
	other := b.Product != "" && b.Product != r.Product
	if b.Product == "" {
		b.Product, b.Certified = r.Product, r.Product != ""
		fill(&b.Info, r.Info)
	}
	if b.Product == r.Product {
		fill(&b.Version, r.Version)
	}
	fill(&b.Hostname, r.Hostname)
	fill(&b.OS, r.OS)
	fill(&b.Device, r.Device)
	b.CPE = slices.Clone(b.CPE)
	for _, c := range r.CPE {
		if !other || cpePart(c) != 'a' {
			b.addCPE(c)
		}
	}
}
