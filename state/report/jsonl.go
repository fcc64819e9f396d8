package report

import (
	"bufio"
	"encoding/base64"
	"io"
	"strconv"
	"unicode/utf8"

	"earshot/capture"
	"earshot/state"
)

// JSON writes one JSON object a line: a line of "type":"host" for each host, then
// one of "type":"service" for each of its services. A field that is empty is
// absent; one whose bytes are not UTF-8 is named <field>_base64 and holds base64.
func JSON(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var b []byte
	err := o.walk(s, func(h *host) error {
		b = o.jsonHost(b[:0], h)
		for i := range h.rows {
			b = h.rows[i].json(b, h)
		}
		_, err := out.Write(b)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// object is a JSON object under construction.
type object []byte

func (o *object) key(name string) {
	if n := len(*o); n > 0 && (*o)[n-1] != '{' {
		*o = append(*o, ',')
	}
	*o = jsonString(*o, name)
	*o = append(*o, ':')
}

func (o *object) str(name, v string) {
	switch {
	case v == "":
	case utf8.ValidString(v):
		o.key(name)
		*o = jsonString(*o, v)
	default:
		o.key(name + "_base64")
		*o = jsonString(*o, base64.StdEncoding.EncodeToString([]byte(v)))
	}
}

func (o *object) num(name string, v uint64) {
	o.key(name)
	*o = strconv.AppendUint(*o, v, 10)
}

func (o *object) numIf(name string, v uint64) {
	if v != 0 {
		o.num(name, v)
	}
}

// list writes strings; if one is not UTF-8 the field is <name>_base64, all of it.
func (o *object) list(name string, v []string) {
	if len(v) == 0 {
		return
	}
	b64 := false
	for _, s := range v {
		b64 = b64 || !utf8.ValidString(s)
	}
	if b64 {
		name += "_base64"
	}
	o.key(name)
	*o = append(*o, '[')
	for i, s := range v {
		if i > 0 {
			*o = append(*o, ',')
		}
		if b64 {
			s = base64.StdEncoding.EncodeToString([]byte(s))
		}
		*o = jsonString(*o, s)
	}
	*o = append(*o, ']')
}

func (o *object) span(l state.Life) {
	if !l.First.IsZero() {
		o.str("first", rfc3339(l.First))
		o.str("last", rfc3339(l.Last))
	}
}

func (o *object) place(h *state.Host) {
	o.str("host", h.Addr.String())
	o.numIf("vlan", uint64(h.VLAN))
	o.numIf("vni", uint64(h.VNI))
}

func (o *Options) jsonHost(b []byte, h *host) []byte {
	j := object(append(b, '{'))
	j.str("type", "host")
	j.place(h.Host)
	for _, f := range [...]struct{ kind, field string }{
		{"name", "names"},
		{"mac", "macs"},
		{"os", "os"},
		{"device", "devices"},
		{"model", "models"},
		{"role", "roles"},
		{"domain", "domains"},
		{"label", "labels"},
		{"user", "users"},
		{"description", "descriptions"},
		{"software", "software"},
		{"advertised", "advertised"},
		{"dhcp-vendor", "dhcp_vendors"},
		{"dhcp-options", "dhcp_options"},
		{"stack", "stacks"},
		{"boot", "boots"},
		{"up", "up"},
		{"ja3", "ja3"},
		{"ja4", "ja4"},
		{"hassh", "hassh"},
	} {
		first := true
		for _, x := range h.Hints {
			if x.Kind != f.kind {
				continue
			}
			if first {
				j.key(f.field)
				j = append(j, '[')
			} else {
				j = append(j, ',')
			}
			first = false
			v := object{'{'}
			v.str("value", x.Value)
			if f.kind == "mac" && o.Vendor != nil {
				v.str("vendor", o.Vendor(x.Value))
			}
			v.str("from", x.From)
			v.span(state.Life{First: x.First, Last: x.Last})
			j = append(append(j, v...), '}')
		}
		if !first {
			j = append(j, ']')
		}
	}
	j.systems(h)
	j.span(h.life)
	return append(j, '}', '\n')
}

// systems writes what the host's system is taken for, how far it is, and when it was
// started.
func (o *object) systems(h *host) {
	if systems := h.systems(); len(systems) > 0 {
		o.key("system")
		*o = append(*o, '[')
		for i, c := range systems {
			if i > 0 {
				*o = append(*o, ',')
			}
			v := object{'{'}
			v.str("family", c.Family)
			v.str("name", c.Name)
			v.num("confidence", uint64(c.Sure))
			v.str("from", c.From)
			*o = append(append(*o, v...), '}')
		}
		*o = append(*o, ']')
	}
	o.numIf("distance", uint64(h.Distance()))
	if boot, _ := h.Booted(); !boot.IsZero() {
		o.str("booted", rfc3339(boot))
	}
}

func (r *row) json(b []byte, h *host) []byte {
	j := object(append(b, '{'))
	j.str("type", "service")
	j.str("host", h.Addr.String())
	j.num("port", uint64(r.Endpoint.Addr.Port()))
	j.str("proto", r.Endpoint.Proto.String())
	j.numIf("vlan", uint64(h.VLAN))
	j.numIf("vni", uint64(h.VNI))
	j.str("state", r.State())
	j.str("reason", r.life.Reason)
	j.str("service", r.Belief.Service)
	j.str("tunnel", r.Tunnel)
	j.str("product", r.Product)
	j.str("version", r.Version)
	j.str("extrainfo", r.Info)
	j.str("hostname", r.Hostname)
	j.str("os", r.OS)
	j.str("device", r.Device)
	j.list("cpe", r.CPE)
	j.str("method", r.Method)
	j.num("confidence", uint64(r.Confidence))
	if r.By != nil {
		j.str("probe", r.By.Result.Probe)
		j.str("signature", r.By.Signature())
	}
	j.tls(r.tlsFacts())
	j.ssh(r.sshFacts())
	j.list("others", r.Others)
	j.span(r.life)
	j.num("count", r.life.Count)
	if r.fingerprint != nil {
		j.str("fingerprint", r.fingerprint.Text())
	}
	return append(j, '}', '\n')
}

// viaWord names a way that words took, for people.
func viaWord(v capture.Via) string {
	switch v {
	case capture.StartTLS:
		return "after STARTTLS"
	case capture.Proxied:
		return "through a proxy"
	}
	return ""
}
