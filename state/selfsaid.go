package state

import (
	"strings"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
)

// maxDescr is how long a sysDescr may be (DisplayString, RFC 2579 §2).
const maxDescr = 255

// selfSaid notes what the signatures say of a device's description of itself in LLDP or
// CDP: it is the text that its SNMP agent gives as sysDescr (IEEE 802.1AB §8.5.7), so the
// same lines know it.
func (r *Recorder) selfSaid(h *capture.Hint) {
	if h.Kind != "description" || h.From != "lldp" && h.From != "cdp" {
		return
	}
	res := r.identify(&capture.Banner{Endpoint: capture.Endpoint{Proto: request.UDP}, Data: sysDescr(h.Value)}, "")
	if res.Kind != matcher.Hard || res.Service != "snmp" {
		return
	}
	tell := func(kind, value string) {
		if value == "" {
			return
		}
		x := *h
		x.Kind, x.Value = kind, value
		_ = r.known.Note(x) // memory does not fail
	}
	product := res.Product
	if strings.Contains(product, "SNMP") || strings.Contains(product, "snmp") {
		product = "" // the lines know the agent by the system; here is none
	}
	release := strings.TrimSpace(product + " " + res.Version)
	switch {
	case product == "":
	case res.OS != "" && strings.Contains(product, res.OS):
		tell("os", release)
	default:
		tell("model", product)
		tell("os", res.OS)
	}
	if res.Device != "router" { // IOS runs in switches, too: LLDP's capabilities know it better
		tell("device", res.Device)
	}
}

// sysDescr is the answer of an SNMP agent (RFC 1157 §4.1.3) that describes itself so.
func sysDescr(text string) []byte {
	const object = "\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00" // 1.3.6.1.2.1.1.1.0
	text = text[:min(len(text), maxDescr)]
	b := append([]byte(object), wrap(4, []byte(text))...)
	b = wrap(0x30, wrap(0x30, b))
	b = wrap(0xa2, append([]byte("\x02\x04said\x02\x01\x00\x02\x01\x00"), b...))
	return wrap(0x30, append([]byte("\x02\x01\x00\x04\x06public"), b...))
}

// wrap is a value of ASN.1 with its tag and its length, which is below 64 KiB (X.690 §8.1.3).
func wrap(tag byte, v []byte) []byte {
	n := len(v)
	head := []byte{tag, byte(n)}
	switch {
	case n > 0xff:
		head = []byte{tag, 0x82, byte(n >> 8), byte(n)}
	case n > 0x7f:
		head = []byte{tag, 0x81, byte(n)}
	}
	return append(head, v...)
}
