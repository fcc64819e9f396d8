package report

import (
	"cmp"
	"slices"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

// intensity is what fingerprints of overheard words state: nmap's default. It is also the
// least at which nmap prints those of services that a line has half named
// (nmap 7.93, measured).
const intensity = 7

// fingerprintOf gathers the words of a service that no match line named: those heard
// first for each probe, in the order of time.
func (o *Options) fingerprintOf(r *row) *matcher.Fingerprint {
	asked := intensity
	if o.Asked {
		asked = o.Intensity
	}
	if r.By != nil && (r.By.Result.Kind == matcher.Hard && r.By.TLS == nil || asked < intensity) {
		return nil
	}
	ciphered := r.By != nil && (r.Tunnel != "" || r.By.TLS != nil)
	var heard []*state.Evidence
	for i := range r.Evidence {
		e := &r.Evidence[i]
		if e.Result.Kind == matcher.Hard || len(e.Banner) == 0 || e.Via == capture.Proxied {
			continue
		}
		if ciphered && e.Result.Tunnel == "" { // the words of TLS itself
			continue
		}
		heard = append(heard, e)
	}
	if len(heard) == 0 {
		return nil
	}
	slices.SortStableFunc(heard, func(a, b *state.Evidence) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(probeOf(a), probeOf(b)))
	})
	t := heard[0].First.UTC()
	f := &matcher.Fingerprint{
		Port: r.Endpoint.Addr.Port(), Proto: r.Endpoint.Proto, Version: o.Version, TLS: r.Tunnel != "", Intensity: asked,
		Month: int(t.Month()), Day: t.Day(), Time: t.Unix(), Platform: o.Shape,
	}
	for _, e := range heard {
		name := probeOf(e)
		if slices.ContainsFunc(f.Records, func(r matcher.Record) bool { return r.Probe == name }) {
			continue
		}
		f.Records = append(f.Records, matcher.Record{Probe: name, Length: e.Size, Data: e.Banner})
	}
	return f
}

// probeOf names the probe that words answer; NULL stands for a question nobody knows.
func probeOf(e *state.Evidence) string {
	if e.Result.Probe == "" {
		return "NULL"
	}
	return e.Result.Probe
}
