package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"earshot/state"
)

// XML writes nmap's XML, format 1.05, valid against nmap.dtd. What nmap has no
// place for stands in a script element of the id "earshot". Times are those of
// packets, start the first that counted and finished the last, or those of o.Run.
func XML(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	t, err := o.sum(s)
	if err != nil {
		return err
	}
	start := int64(0)
	if !t.first.IsZero() {
		start = clamp(t.first).Unix()
	}
	fmt.Fprintf(out, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<!-- %s -->
<nmaprun scanner="nmap" args="%s" start="%d" startstr="%s" version="%s" xmloutputversion="1.05">
<verbose level="%d"/>
<debugging level="0"/>
`, xml(o.headline(&t)), xml(o.Args), start, t.when(false), xml("earshot "+o.Version), o.Verbose)
	err = o.walk(s, func(h *host) error {
		var b strings.Builder
		o.xmlHost(&b, h)
		_, err := io.WriteString(out, b.String())
		return err
	})
	if err != nil {
		return err
	}
	end := int64(0)
	if !t.last.IsZero() {
		end = clamp(t.last).Unix()
	}
	fmt.Fprintf(out, `<runstats><finished time="%d" timestr="%s" summary="%s; %s" elapsed="%.2f" exit="%s"/><hosts up="%d" down="%d" total="%d"/>
</runstats>
</nmaprun>
`, end, t.when(true), t.footline(), t.String(), t.seconds(), t.exit(), t.hosts, t.asked-t.hosts, t.asked)
	return out.Flush()
}

// attr writes an attribute unless its value is empty.
func attr(b *strings.Builder, name, v string) {
	if v != "" {
		b.WriteString(" " + name + `="` + xml(v) + `"`)
	}
}

func (o *Options) xmlHost(b *strings.Builder, h *host) {
	b.WriteString("<host")
	if !h.life.First.IsZero() {
		attr(b, "starttime", strconv.FormatInt(clamp(h.life.First).Unix(), 10))
		attr(b, "endtime", strconv.FormatInt(clamp(h.life.Last).Unix(), 10))
	}
	var net []string
	if h.VLAN != 0 {
		net = append(net, fmt.Sprintf("VLAN %d", h.VLAN))
	}
	if h.VNI != 0 {
		net = append(net, fmt.Sprintf("VNI %d", h.VNI))
	}
	attr(b, "comment", strings.Join(net, ", "))
	family := "ipv6"
	if h.Addr.Is4() {
		family = "ipv4"
	}
	fmt.Fprintf(b, "><status state=\"up\" reason=\"%s\" reason_ttl=\"0\"/>\n<address addr=\"%s\" addrtype=\"%s\"/>\n",
		xml(h.reason()), xml(h.Addr.WithZone("").String()), family)
	for _, m := range h.Hinted("mac") {
		fmt.Fprintf(b, `<address addr="%s" addrtype="mac"`, xml(strings.ToUpper(m)))
		attr(b, "vendor", o.vendor(m))
		b.WriteString("/>\n")
	}
	b.WriteString("<hostnames>\n")
	seen := ""
	for _, x := range h.Hints {
		if x.Kind != "name" || x.Value == seen {
			continue
		}
		seen = x.Value
		kind := "user"
		if x.From == "ptr" || x.From == "ptr-only" || x.From == "dns" {
			kind = "PTR"
		}
		fmt.Fprintf(b, "<hostname name=\"%s\" type=\"%s\"/>\n", xml(x.Value), kind)
	}
	b.WriteString("</hostnames>\n")
	if len(h.rows) > 0 || len(h.hidden) > 0 {
		b.WriteString("<ports>")
		h.xmlHidden(b)
		for i := range h.rows {
			h.rows[i].xml(b)
		}
		b.WriteString("</ports>\n")
	}
	h.xmlNature(b)
	b.WriteString("</host>\n")
}

// reason is how a host is known to be up: as it was found, by its first open service, or
// by a hint.
func (h *host) reason() string {
	if up := h.Hinted("up"); len(up) > 0 {
		return up[0]
	}
	for i := range h.rows {
		if h.rows[i].State() == "open" {
			return h.rows[i].life.Reason
		}
	}
	for _, x := range h.Hints {
		if x.From == "arp" {
			return "arp-response"
		}
	}
	for i := range h.Services {
		if l := h.Services[i].Life(); l.Reason != "no-response" && l.Reason != "" {
			return l.Reason
		}
	}
	if len(h.Services) > 0 {
		return "user-set"
	}
	return "unknown-response"
}

func (r *row) xml(b *strings.Builder) {
	fmt.Fprintf(b, `<port protocol="%s" portid="%d"><state state="%s" reason="%s" reason_ttl="0"/>`,
		r.Endpoint.Proto, r.Endpoint.Addr.Port(), r.State(), xml(r.life.Reason))
	fp := ""
	if r.fingerprint != nil {
		fp = r.fingerprint.Text()
	}
	name := r.Belief.Service
	if name == "" {
		name = "unknown" // some readers ask for a service in every port
	}
	b.WriteString("<service")
	method := "probed"
	if r.Method == "table" {
		method = "table"
	}
	for _, a := range [...]struct{ name, value string }{
		{"name", name},
		{"product", r.Product},
		{"version", r.Version},
		{"extrainfo", r.Info},
		{"hostname", r.Hostname},
		{"ostype", r.OS},
		{"devicetype", r.Device},
		{"servicefp", fp},
		{"tunnel", r.Tunnel},
		{"method", method},
		{"conf", strconv.Itoa(r.Confidence)},
	} {
		attr(b, a.name, a.value)
	}
	if len(r.CPE) == 0 {
		b.WriteString("/>")
	} else {
		b.WriteString(">")
		for _, c := range r.CPE {
			b.WriteString("<cpe>" + xml(c) + "</cpe>")
		}
		b.WriteString("</service>")
	}
	r.xmlScript(b)
	b.WriteString("</port>\n")
}

// xmlScript writes how the service is known, where nmap's consumers keep or skip it
// safely. What is otherwise each time that a service is heard stands in the elements
// only: ndiff compares the text.
func (r *row) xmlScript(b *strings.Builder) {
	elems := [][2]string{{"source", r.Method}, {"not asked", r.spared}}
	elems = append(elems, tlsElems(r.tlsFacts())...)
	if x := r.sshFacts(); x != nil {
		elems = append(elems, [2]string{"hassh_server", x.HASSHServer})
	}
	for _, x := range r.Others {
		elems = append(elems, [2]string{"also", x})
	}
	text := ""
	for _, e := range elems {
		if e[1] != "" {
			text += "\n  " + e[0] + ": " + e[1]
		}
	}
	if e := r.By; e != nil {
		elems = append(elems, [2]string{"probe", e.Result.Probe}, [2]string{"request", e.Request}, [2]string{"signature", e.Signature()})
	}
	elems = append(elems, [2]string{"count", strconv.FormatUint(r.life.Count, 10)})
	if !r.life.First.IsZero() {
		elems = append(elems, [2]string{"first", rfc3339(r.life.First)}, [2]string{"last", rfc3339(r.life.Last)})
	}
	fmt.Fprintf(b, `<script id="earshot" output="%s">`, xml(text))
	for _, e := range elems {
		if e[1] != "" {
			fmt.Fprintf(b, `<elem key="%s">%s</elem>`, e[0], xml(e[1]))
		}
	}
	b.WriteString("</script>")
}

// xmlNature writes what the host's system is, since when it runs and how far it is.
func (h *host) xmlNature(b *strings.Builder) {
	if systems := h.systems(); len(systems) > 0 {
		b.WriteString("<os>")
		seen := map[string]bool{}
		for _, c := range systems {
			if seen[c.Name] || len(seen) == 10 {
				continue
			}
			seen[c.Name] = true
			fmt.Fprintf(b, `<osmatch name="%s" accuracy="%d" line="0"><osclass vendor="%s" osfamily="%s" accuracy="%d"/></osmatch>`,
				xml(c.Name), 10*c.Sure, xml(vendorOf(c.Family)), xml(c.Family), 10*c.Sure)
		}
		b.WriteString("</os>\n")
	}
	if boot, heard := h.Booted(); !boot.IsZero() {
		fmt.Fprintf(b, "<uptime seconds=\"%d\" lastboot=\"%s\"/>\n", max(0, int64(heard.Sub(boot).Seconds())), ctime(boot))
	}
	if d := h.Distance(); d > 0 {
		fmt.Fprintf(b, "<distance value=\"%d\"/>\n", d)
	}
}

// vendorOf is who makes the systems of a family, as nmap's consumers expect it.
func vendorOf(family string) string {
	switch family {
	case "Windows", "Windows Phone":
		return "Microsoft"
	case "macOS", "iOS", "Apple":
		return "Apple"
	case "Android", "Chrome OS":
		return "Google"
	case "RouterOS":
		return "MikroTik"
	case "JUNOS":
		return "Juniper"
	case "ESXi":
		return "VMware"
	}
	return family
}
