package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// hidden is a state whose ports are counted and not listed (nmap 7.93, measured).
type hidden struct {
	state string
	total int
	parts []hiddenPart // the most frequent first
}

// hiddenPart is the ports of one state that share a reason and a transport.
type hiddenPart struct {
	reason, proto string
	ports         []uint16 // ascending
}

// hideAbove is how many ports of a state are listed; of more only the number is told.
const hideAbove = 25

// hide takes the rows of states that are too frequent out of a host's table; without
// Options.All those of every state but open.
func (o *Options) hide(h *host) {
	if !o.Asked {
		return
	}
	count := map[string]int{}
	for i := range h.rows {
		count[h.rows[i].State()]++
	}
	gone := func(st string) bool {
		if st == "open" {
			return false
		}
		return count[st] > hideAbove*(1+o.Verbose) || !o.All && st != "open|filtered"
	}
	var kept []row
	for i := range h.rows {
		r := &h.rows[i]
		st := r.State()
		if !gone(st) {
			kept = append(kept, *r)
			continue
		}
		k := slices.IndexFunc(h.hidden, func(x hidden) bool { return x.state == st })
		if k < 0 {
			k = len(h.hidden)
			h.hidden = append(h.hidden, hidden{state: st})
		}
		x := &h.hidden[k]
		x.total++
		proto := r.Endpoint.Proto.String()
		j := slices.IndexFunc(x.parts, func(p hiddenPart) bool { return p.reason == r.life.Reason && p.proto == proto })
		if j < 0 {
			j = len(x.parts)
			x.parts = append(x.parts, hiddenPart{reason: r.life.Reason, proto: proto})
		}
		x.parts[j].ports = append(x.parts[j].ports, r.Endpoint.Addr.Port())
	}
	h.rows = kept
	slices.SortStableFunc(h.hidden, func(a, b hidden) int { return cmp.Or(b.total-a.total, cmp.Compare(a.state, b.state)) })
	for i := range h.hidden {
		slices.SortStableFunc(h.hidden[i].parts, func(a, b hiddenPart) int { return len(b.ports) - len(a.ports) })
	}
}

// notShown is the lines that stand above the table for what it leaves out.
func (h *host) notShown() string {
	if len(h.hidden) == 0 {
		return ""
	}
	total := 0
	var parts []string
	for _, x := range h.hidden {
		total += x.total
		for _, p := range x.parts {
			word := "ports"
			if x.total == 1 {
				word = "port"
			}
			parts = append(parts, fmt.Sprintf("%d %s %s %s (%s)", len(p.ports), x.state, p.proto, word, clean(p.reason)))
		}
	}
	s := "Not shown: " + strings.Join(parts, ", ") + "\n"
	if len(h.rows) == 0 {
		s = fmt.Sprintf("All %d scanned ports on %s are in ignored states.\n", total, h.Addr) + s
	}
	return s
}

// portRanges writes ascending ports as nmap's XML does: "1-3,80".
func portRanges(ports []uint16) string {
	var b strings.Builder
	for i := 0; i < len(ports); {
		k := i
		for k+1 < len(ports) && ports[k+1] == ports[k]+1 {
			k++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(ports[i])))
		if k > i {
			b.WriteString("-" + strconv.Itoa(int(ports[k])))
		}
		i = k + 1
	}
	return b.String()
}

// xmlHidden writes the extraports elements.
func (h *host) xmlHidden(b *strings.Builder) {
	for _, x := range h.hidden {
		fmt.Fprintf(b, "<extraports state=\"%s\" count=\"%d\">\n", xml(x.state), x.total)
		for _, p := range x.parts {
			fmt.Fprintf(b, "<extrareasons reason=\"%s\" count=\"%d\" proto=\"%s\" ports=\"%s\"/>\n", xml(p.reason), len(p.ports), p.proto, portRanges(p.ports))
		}
		b.WriteString("</extraports>\n")
	}
}

// greppableHidden is the field "Ignored State" of greppable output, which has room for
// one state only (nmap.org/book/output-formats-grepable-output.html).
func (h *host) greppableHidden() string {
	if len(h.hidden) != 1 {
		return ""
	}
	return fmt.Sprintf("\tIgnored State: %s (%d)", h.hidden[0].state, h.hidden[0].total)
}
