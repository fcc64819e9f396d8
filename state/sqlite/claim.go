package sqlite

import (
	"strings"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

// claimColumns are those of what a claim says, in the order of claimValues.
const claimColumns = "source, sensor, via, target, request, mid, kind, service, tunnel, product, version, info, hostname, os, device, cpe, probe, file, line, anyline, degraded, tls"

// sshHead begins the facts of an SSH connection; those of TLS are not in an object of
// their own.
const sshHead = `{"SSH":`

func claimValues(e *state.Evidence) ([]any, error) {
	r := &e.Result
	var tls any
	if e.TLS != nil {
		t, err := encodeFacts(e.TLS)
		if err != nil {
			return nil, err
		}
		tls = t
	}
	if e.SSH != nil {
		t, err := encodeFacts(e.SSH)
		if err != nil {
			return nil, err
		}
		tls = sshHead + t + "}"
	}
	return []any{
		int64(e.Source), e.Sensor, int64(e.Via), e.Target, e.Request, e.Mid, int64(r.Kind), r.Service, r.Tunnel, r.Product, r.Version,
		r.Info, r.Hostname, r.OS, r.Device, strings.Join(r.CPE, "\n"), r.Probe, r.File, int64(r.Line), r.Any, r.Degraded, tls,
	}, nil
}

// scanClaim reads what claimValues wrote; scan is that of a row.
func scanClaim(scan func(...any) error) (*state.Evidence, error) {
	var e state.Evidence
	var cpe string
	var tls *string
	r := &e.Result
	var source, via, kind uint8
	err := scan(&source, &e.Sensor, &via, &e.Target, &e.Request, &e.Mid, &kind, &r.Service, &r.Tunnel, &r.Product, &r.Version,
		&r.Info, &r.Hostname, &r.OS, &r.Device, &cpe, &r.Probe, &r.File, &r.Line, &r.Any, &r.Degraded, &tls)
	if err != nil {
		return nil, err
	}
	e.Source, e.Via, r.Kind = state.Source(source), capture.Via(via), matcher.Kind(kind)
	if cpe != "" {
		r.CPE = strings.Split(cpe, "\n")
	}
	if tls != nil {
		if s, ok := strings.CutPrefix(*tls, sshHead); ok {
			e.SSH = new(capture.SSH)
			err = decodeFacts(strings.TrimSuffix(s, "}"), e.SSH)
		} else {
			e.TLS = new(capture.TLS)
			err = decodeFacts(*tls, e.TLS)
		}
		if err != nil {
			return nil, err
		}
	}
	return &e, nil
}
