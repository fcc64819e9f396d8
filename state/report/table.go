package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"earshot/matcher"
	"earshot/state"
)

// maxFingerprints is how many fingerprints are shown of one host
// (nmap 7.93, measured).
const maxFingerprints = 9

// maxInfo is how many of each thing the Service Info line names
// (nmap 7.93, measured).
const maxInfo = 5

// Table writes what a person reads: a block a host, in nmap's look.
func Table(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	t := totals{hostsOnly: o.HostsOnly}
	if err := o.blocks(out, s, &t); err != nil {
		return err
	}
	if err := o.account(&t, s); err != nil {
		return err
	}
	fmt.Fprintf(out, "earshot done: %s\n", t.String())
	return out.Flush()
}

// Normal writes the table between the comment lines of nmap's -oN.
func Normal(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	t, err := o.sum(s)
	if err != nil {
		return err
	}
	o.head(out, &t)
	uncut := *o
	uncut.Width = 0
	if err := uncut.blocks(out, s, new(totals)); err != nil {
		return err
	}
	o.foot(out, &t)
	return out.Flush()
}

// blocks writes a block a host, and counts in t what it shows.
func (o *Options) blocks(w io.Writer, s state.Store, t *totals) error {
	return o.walk(s, func(h *host) error {
		t.add(h)
		var b strings.Builder
		o.block(&b, h)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

func (o *Options) block(b *strings.Builder, h *host) {
	who := h.Addr.String()
	own := h.ownName()
	if own != "" {
		who = fmt.Sprintf("%s (%s)", clean(own), who)
	}
	if h.VLAN != 0 {
		who += fmt.Sprintf(", VLAN %d", h.VLAN)
	}
	if h.VNI != 0 {
		who += fmt.Sprintf(", VNI %d", h.VNI)
	}
	fmt.Fprintf(b, "earshot report for %s\n", who)
	switch {
	case h.life.First.IsZero(), o.Asked && h.reason() == "user-set":
		b.WriteString("Host is up.\n")
	default:
		fmt.Fprintf(b, "Host is up, heard %s.\n", between(h.life))
	}
	if names := others(h, own); names != "" {
		fmt.Fprintf(b, "Other names: %s\n", names)
	}
	if n := h.notShown(); n != "" {
		b.WriteString(n)
	} else if !o.HostsOnly {
		b.WriteString("\n")
	}
	if len(h.rows) > 0 || len(h.hidden) == 0 && !o.HostsOnly {
		o.table(b, h.rows)
	}
	o.fingerprints(b, h.rows)
	for _, m := range h.Hinted("mac") {
		fmt.Fprintf(b, "MAC Address: %s (%s)\n", clean(m), clean(cmp.Or(o.vendor(m), "Unknown")))
	}
	if info := serviceInfo(h.rows, own); info != "" {
		b.WriteString(info + "\n")
	}
	o.nature(b, h)
	b.WriteString("\n")
}

func (o *Options) vendor(mac string) string {
	if o.Vendor == nil {
		return ""
	}
	return o.Vendor(mac)
}

// between writes a span of time; the second day only where it is another.
func between(l state.Life) string {
	a, z := stamp(l.First), stamp(l.Last)
	if a == z {
		return a + " UTC"
	}
	if a[:10] == z[:10] {
		z = z[11:]
	}
	return a + " to " + z + " UTC"
}

// others lists the names heard of a host besides its own, with where from.
func others(h *host, own string) string {
	var names []string
	more := 0
	for _, x := range h.Hints {
		if x.Kind != "name" || x.Value == own {
			continue
		}
		if len(names) == maxInfo {
			more++
			continue
		}
		names = append(names, fmt.Sprintf("%s (%s)", clean(x.Value), clean(x.From)))
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// table writes the rows under their header, each column as wide as its longest cell.
func (o *Options) table(b *strings.Builder, rows []row) {
	if len(rows) == 0 {
		b.WriteString("No services heard.\n")
		return
	}
	head := []string{"PORT", "STATE", "SERVICE", "VERSION"}
	if o.Reason {
		head = slices.Insert(head, 3, "REASON")
	}
	cells := [][]string{head}
	for i := range rows {
		r := &rows[i]
		c := []string{fmt.Sprintf("%d/%s", r.Endpoint.Addr.Port(), r.Endpoint.Proto), r.State(), clean(r.name()), clean(r.version())}
		if o.Reason {
			c = slices.Insert(c, 3, clean(r.life.Reason))
		}
		cells = append(cells, c)
	}
	width := make([]int, len(head))
	for _, c := range cells {
		for i := range c {
			width[i] = max(width[i], len(c[i]))
		}
	}
	for i, c := range cells {
		line := ""
		for k := range c {
			line += c[k] + strings.Repeat(" ", width[k]-len(c[k])+1)
		}
		o.line(b, strings.TrimRight(line, " "))
		if o.Reason && i > 0 {
			why := reasons(&rows[i-1])
			for k, s := range why {
				mark := "| "
				if k == len(why)-1 {
					mark = "|_"
				}
				o.line(b, mark+s)
			}
		}
	}
}

// line writes one line, cut to the terminal's width if there is one.
func (o *Options) line(b *strings.Builder, s string) {
	if o.Width > 3 && len(s) > o.Width {
		s = s[:o.Width-3] + "..."
	}
	b.WriteString(s + "\n")
}

// reasons tells how a service is known.
func reasons(r *row) []string {
	out := []string{fmt.Sprintf("heard: %s, %s", times(r.life.Count), between(r.life))}
	if r.life.First.IsZero() {
		out[0] = "heard: " + times(r.life.Count)
	}
	if r.By != nil {
		out = append(out, "named: "+clean(strings.Join(grounds(r), ", ")))
	} else if r.Belief.Service != "" {
		out = append(out, "named: by its port number only")
	}
	if r.fingerprint != nil {
		var asked []string
		for _, x := range r.fingerprint.Records {
			asked = append(asked, x.Probe)
		}
		out = append(out, "words that no match line knows: in answer to "+clean(strings.Join(asked, ", ")))
	}
	for _, x := range r.Others {
		out = append(out, "but also heard as: "+clean(x))
	}
	if x := r.sshFacts(); x != nil {
		out = append(out, "ssh: hasshServer "+clean(x.HASSHServer))
	}
	if k := slices.IndexFunc(r.Evidence, func(e state.Evidence) bool { return e.TLS != nil }); k >= 0 {
		out = append(out, "tls: "+clean(strings.Join(handshake(&r.Evidence[k]), ", ")))
	}
	return out
}

// grounds are the words for the claim that a service is named by.
func grounds(r *row) []string {
	e := r.By
	w := []string{r.Method, fmt.Sprintf("confidence %d", r.Confidence)}
	if s := e.Signature(); s != "" {
		w = append(w, s)
	}
	unmatched := e.Result.Kind == matcher.None || e.Result.Kind == matcher.Timeout
	switch {
	case !unmatched && e.Result.Probe != "":
		w = append(w, "probe "+e.Result.Probe)
	case !unmatched || e.TLS != nil:
	case e.SSH != nil:
		w = append(w, "by its offer for the exchange of keys")
	case e.Size == 0 && e.Request != "":
		w = append(w, "by what its clients send")
	case e.Result.Any && e.Request != "":
		w = append(w, "by what was asked and answered")
	default:
		w = append(w, "by the shape of the words")
	}
	if e.Request != "" {
		w = append(w, "request "+e.Request)
	}
	if e.Result.Any && !unmatched {
		w = append(w, "request not recognised")
	}
	if e.Mid {
		w = append(w, "beginning not seen")
	}
	if v := viaWord(e.Via); v != "" {
		w = append(w, v)
	}
	return append(w, times(e.Count))
}

// handshake are the words for what both sides said of themselves before TLS began.
func handshake(e *state.Evidence) []string {
	t := e.TLS
	w := []string{tlsVersion(t.Version)}
	if t.QUIC != 0 {
		w[0] += " in " + quicVersion(t.QUIC)
	}
	for _, f := range [...]struct{ name, v string }{
		{"", cipherName(t.Cipher)},
		{"asked for ", t.SNI},
		{"chose ", t.ALPN},
		{"certificate of ", t.Subject},
		{"issued by ", t.Issuer},
		{"until ", day(t.NotAfter)},
		{"JA3S ", t.JA3S},
		{"client JA4 ", t.JA4},
	} {
		if f.v != "" {
			w = append(w, f.name+f.v)
		}
	}
	if v := viaWord(e.Via); v != "" {
		w = append(w, v)
	}
	return w
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// fingerprints writes the SF-Port texts of a host below its table: of the services
// that nothing but their port names; with -v of every one whose product is not known.
func (o *Options) fingerprints(b *strings.Builder, rows []row) {
	var prints []string
	for i := range rows {
		if f := rows[i].fingerprint; f != nil && (rows[i].By == nil || o.Verbose > 0) && rows[i].State() == "open" && len(prints) < maxFingerprints {
			prints = append(prints, f.Wrapped())
		}
	}
	if len(prints) == 0 {
		return
	}
	if len(prints) == 1 {
		b.WriteString("1 service unrecognized despite returning data. \"earshot fingerprint\" decodes the following fingerprint and drafts a match line from it:\n")
	} else {
		fmt.Fprintf(b, "%d services unrecognized despite returning data. \"earshot fingerprint\" decodes the following fingerprints and drafts match lines from them:\n", len(prints))
	}
	for _, p := range prints {
		if len(prints) > 1 {
			b.WriteString("==============NEXT SERVICE FINGERPRINT (SUBMIT INDIVIDUALLY)==============\n")
		}
		b.WriteString(p + "\n")
	}
}

// serviceInfo is the Service Info line (nmap 7.93, measured); "" for none.
func serviceInfo(rows []row, own string) string {
	var hosts, oses, devices, cpes []string
	add := func(to *[]string, s string, same func(a, b string) bool) {
		if s != "" && len(*to) < maxInfo && !slices.ContainsFunc(*to, func(x string) bool { return same(x, s) }) {
			*to = append(*to, s)
		}
	}
	exact := func(a, b string) bool { return a == b }
	for i := range rows {
		r := &rows[i]
		if r.State() != "open" {
			continue
		}
		if own == "" || !strings.EqualFold(r.Hostname, own) {
			add(&hosts, r.Hostname, strings.EqualFold)
		}
		add(&oses, r.OS, exact)
		add(&devices, r.Device, exact)
		for _, c := range r.CPE {
			if strings.HasPrefix(c, "cpe:/h") || strings.HasPrefix(c, "cpe:/o") {
				add(&cpes, c, exact)
			}
		}
	}
	var parts []string
	for _, p := range [...]struct {
		word string
		list []string
	}{{"Host", hosts}, {"OS", oses}, {"Device", devices}, {"CPE", cpes}} {
		if len(p.list) == 0 {
			continue
		}
		word := p.word
		if len(p.list) > 1 && word != "CPE" {
			word += "s"
		}
		parts = append(parts, word+": "+clean(strings.Join(p.list, ", ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Service Info: " + strings.Join(parts, "; ")
}

// nature writes what a host is, where its services' words do not say it already: its
// system, what kind of device, what it does in the network; with -v how far it is and
// since when it runs.
func (o *Options) nature(b *strings.Builder, h *host) {
	if systems := h.systems(); len(systems) > 0 {
		c := systems[0]
		if !strings.HasPrefix(c.From, "banner") || c.Name != c.Family && !bannersSay(h.rows, c.Name) {
			word := "OS details"
			if c.Sure <= guessed {
				word = "OS guess"
			}
			fmt.Fprintf(b, "%s: %s (%s, confidence %d)\n", word, clean(c.Name), clean(c.From), c.Sure)
		}
	}
	for _, l := range [...]struct{ kind, word string }{{"model", "Model"}, {"role", "Role"}, {"label", "Called"}, {"advertised", "Advertised"}, {"software", "Software"}} {
		if l.kind == "software" && o.Verbose == 0 {
			continue // what clients say of themselves, in full
		}
		v := h.Hinted(l.kind)
		if l.kind == "model" {
			for _, d := range h.Hinted("device") {
				if !bannersSay(h.rows, d) {
					v = append(v, d)
				}
			}
		}
		if len(v) == 0 {
			continue
		}
		if n := len(v) - maxInfo; n > 0 {
			v = append(v[:maxInfo:maxInfo], fmt.Sprintf("and %d more", n))
		}
		fmt.Fprintf(b, "%s: %s\n", l.word, clean(strings.Join(v, "; ")))
	}
	if o.Verbose == 0 {
		return
	}
	if boot, heard := h.Booted(); !boot.IsZero() {
		fmt.Fprintf(b, "Uptime guess: %.3f days (since %s UTC)\n", heard.Sub(boot).Hours()/24, stamp(boot))
	}
	switch d := h.Distance(); d {
	case 0:
	case 1:
		b.WriteString("Network Distance: 1 hop\n")
	default:
		fmt.Fprintf(b, "Network Distance: %d hops\n", d)
	}
}

// guessed is the confidence up to which a system is only a guess: what TCP and DHCP tell.
const guessed = 5

// system is what the host's system is; its name is "" if it is not known or only a guess.
func (h *host) system() (c state.Clue) {
	if all := h.systems(); len(all) > 0 && all[0].Sure > guessed {
		c = all[0]
	}
	return c
}

// bannersSay reports whether a row says of the system or the device what is said here.
func bannersSay(rows []row, what string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.OS == what || r.Device == what })
}
