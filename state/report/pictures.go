package report

import (
	"cmp"
	"fmt"
	"html/template"
	"net/netip"
	"slices"
	"strings"
	"time"

	"earshot/state"
)

// Sent is what the prober sent at one time, a line of its ledger.
type Sent struct {
	Time    time.Time
	Addr    netip.Addr
	Port    uint16
	Proto   string
	Why     string
	Packets int
}

// gathered is what a page shows besides the inventory, counted over all hosts.
type gathered struct {
	changes []state.Change // the newest, at most twice maxPageChanges while they are gathered
	dropped int            // older ones
	talks   []talk
	silent  int // talks that were left out
}

// talk is one client of one service.
type talk struct {
	client, server, port string
	service              string
	first, last          time.Time
}

// add takes a host.
func (g *gathered) add(o *Options, h *host, now time.Time) {
	g.changes = append(g.changes, h.Changes(o.Names, now, 0)...)
	if len(g.changes) > 2*maxPageChanges {
		g.settle()
	}
	names := map[string]string{}
	for i := range h.rows {
		r := &h.rows[i]
		names[fmt.Sprintf("%d/%s", r.Endpoint.Addr.Port(), r.Endpoint.Proto)] = clean(r.name())
	}
	for _, x := range h.Hints {
		if x.Kind != "client" {
			continue
		}
		who, port, _ := strings.Cut(x.Value, " ")
		if len(g.talks) >= 20*maxPageTalks {
			g.silent++
			continue
		}
		g.talks = append(g.talks, talk{clean(who), h.Addr.String(), clean(port), names[port], x.First, x.Last})
	}
}

// settle leaves the newest changes, the newest first.
func (g *gathered) settle() {
	slices.SortStableFunc(g.changes, func(a, b state.Change) int { return cmp.Or(b.Time.Compare(a.Time), a.Addr.Compare(b.Addr)) })
	var more int
	g.changes, more = cut(g.changes, maxPageChanges)
	g.dropped += more
}

// fill puts what was gathered on the page.
func (g *gathered) fill(p *page, last time.Time) {
	g.settle()
	p.ChangesMore = g.dropped
	for i := range g.changes {
		c := &g.changes[i]
		p.Changes = append(p.Changes, pageChange{When: stamp(c.Time), Where: c.Where(), What: strings.ReplaceAll(c.Kind, "-", " "), From: clean(c.From), To: clean(c.To)})
	}
	p.Course = course(g.changes, last)
	p.Talks, p.TalksMore, p.Picture = g.draw()
}

// draw chooses the talks that are shown, and draws them: of the services those with the
// most clients, of their clients those with the most services.
func (g *gathered) draw() (rows []pageTalk, more int, picture template.HTML) {
	if len(g.talks) == 0 {
		return nil, 0, ""
	}
	byService, byClient := map[string]int{}, map[string]int{}
	for i := range g.talks {
		byService[g.talks[i].to()]++
		byClient[g.talks[i].client]++
	}
	slices.SortFunc(g.talks, func(a, b talk) int {
		return cmp.Or(byService[b.to()]-byService[a.to()], strings.Compare(a.to(), b.to()), byClient[b.client]-byClient[a.client], strings.Compare(a.client, b.client))
	})
	for i := range g.talks {
		t := &g.talks[i]
		if len(rows) == maxPageTalks {
			break
		}
		rows = append(rows, pageTalk{Client: t.client, Service: t.to(), First: stamp(t.first), Last: stamp(t.last)})
	}
	var clients, services []string
	var lines [][2]string
	for _, t := range rows {
		newC, newS := !slices.Contains(clients, t.Client), !slices.Contains(services, t.Service)
		if newC && len(clients) == maxDrawn || newS && len(services) == maxDrawn {
			continue
		}
		if newC {
			clients = append(clients, t.Client)
		}
		if newS {
			services = append(services, t.Service)
		}
		lines = append(lines, [2]string{t.Client, t.Service})
	}
	return rows, len(g.talks) - len(lines) + g.silent, web(clients, services, lines)
}

// maxDrawn bounds the clients, and the services, of the picture.
const maxDrawn = 40

// to names the service of a talk.
func (t *talk) to() string {
	w := t.server + " " + t.port
	if strings.Contains(t.server, ":") {
		w = "[" + t.server + "] " + t.port
	}
	if t.service != "" && t.service != "unknown" {
		w += " " + t.service
	}
	return w
}

// web draws clients on the left, services on the right and a line for each pair.
func web(clients, services []string, pairs [][2]string) template.HTML {
	const left, right, row, top = 260, 520, 22, 14
	slices.Sort(services)
	y := func(i, of, most int) int { return top + row*i + row*(most-of)/2 }
	most := max(len(clients), len(services))
	// A client stands where its services are on average: fewer lines cross.
	at := map[string]int{}
	for _, c := range clients {
		sum, n := 0, 0
		for _, p := range pairs {
			if p[0] == c {
				sum += 1000 * slices.Index(services, p[1])
				n++
			}
		}
		at[c] = sum / max(n, 1)
	}
	slices.SortFunc(clients, func(a, b string) int { return cmp.Or(at[a]-at[b], strings.Compare(a, b)) })
	var d drawing
	d.open(left+right+20, top+row*most, "who talks to whom")
	for _, p := range pairs {
		a, b := y(slices.Index(clients, p[0]), len(clients), most), y(slices.Index(services, p[1]), len(services), most)
		d.curve(left, a, right, b, p[0]+" to "+p[1])
	}
	for i, c := range clients {
		d.node(left, y(i, len(clients), most), "end", shorten(c, 38))
	}
	for i, s := range services {
		d.node(right, y(i, len(services), most), "start", shorten(s, 38))
	}
	return d.close()
}

// bins is into how many parts the pictures cut time.
const bins = 90

// bin says in which part of a span of time a time lies.
func bin(t, first, last time.Time) int {
	whole := last.Sub(first)
	if whole <= 0 {
		return 0
	}
	return min(bins-1, max(0, int(float64(t.Sub(first))/float64(whole)*bins)))
}

// course draws when what changed: a lane for each kind of change, higher where there were
// more. last is the end of the picture; it begins with the first change.
func course(changes []state.Change, last time.Time) template.HTML {
	if len(changes) == 0 {
		return ""
	}
	kinds := []string{"new-host", "new-service", "version-changed", "certificate-changed", "address-moved", "gone-quiet"}
	counts, most := map[string]*[bins]int{}, map[string]int{}
	first := last
	for i := range changes {
		if changes[i].Time.Before(first) && !changes[i].Time.IsZero() {
			first = changes[i].Time
		}
	}
	for i := range changes {
		c := &changes[i]
		if counts[c.Kind] == nil {
			counts[c.Kind] = new([bins]int)
		}
		n := &counts[c.Kind][bin(c.Time, first, last)]
		*n++
		most[c.Kind] = max(most[c.Kind], *n)
	}
	kinds = slices.DeleteFunc(kinds, func(k string) bool { return counts[k] == nil })
	const lane, wide = 34, 8
	var d drawing
	d.scale(26+lane*len(kinds)+4, first, last, "what changed when")
	for i, k := range kinds {
		base := float64(26 + lane*(i+1) - 4)
		d.text(202, int(base), "name", "end", strings.ReplaceAll(k, "-", " "))
		for b, n := range counts[k] {
			if n == 0 {
				continue
			}
			h := max(4, float64(lane-8)*float64(n)/float64(most[k]))
			from := first.Add(time.Duration(float64(b) / bins * float64(last.Sub(first))))
			d.rect(210+float64(b)*760/bins, base-h, wide, h, "span", fmt.Sprintf("%s: %d from %s", strings.ReplaceAll(k, "-", " "), n, stamp(from)))
		}
	}
	return d.close()
}

// noise draws how many packets were sent when, and sums them up.
func noise(sent func(func(*Sent) error) error) (template.HTML, string, error) {
	var first, last time.Time
	hosts := map[netip.Addr]int{}
	questions, packets := 0, 0
	err := sent(func(s *Sent) error {
		if first.IsZero() || s.Time.Before(first) {
			first = s.Time
		}
		if s.Time.After(last) {
			last = s.Time
		}
		questions++
		packets += s.Packets
		hosts[s.Addr] += s.Packets
		return nil
	})
	if err != nil || questions == 0 {
		return "", "", err
	}
	var counts [bins]int
	err = sent(func(s *Sent) error {
		counts[bin(s.Time, first, last)] += s.Packets
		return nil
	})
	if err != nil {
		return "", "", err
	}
	var loudest netip.Addr
	for a, n := range hosts {
		if !loudest.IsValid() || n > hosts[loudest] || n == hosts[loudest] && a.Less(loudest) {
			loudest = a
		}
	}
	most := slices.Max(counts[:])
	const height = 120
	var d drawing
	d.scale(26+height+8, first, last, "packets sent over time")
	d.text(202, 36, "dim", "end", fmt.Sprintf("%d packets", most))
	d.text(202, 26+height, "dim", "end", "0")
	for b, n := range counts {
		if n == 0 {
			continue
		}
		h := max(2, float64(height)*float64(n)/float64(max(most, 1)))
		from := first.Add(time.Duration(float64(b) / bins * float64(last.Sub(first))))
		d.rect(210+float64(b)*760/bins, 26+height-h, 8, h, "ask", fmt.Sprintf("%d packets from %s", n, stamp(from)))
	}
	return d.close(), fmt.Sprintf("%s of earshot's own to %s: about %s, from %s. The most went to %s: %d.",
		plural(questions, "connection or datagram", "connections and datagrams"), plural(len(hosts), "host", "hosts"), plural(packets, "packet", "packets"),
		between(state.Life{First: first, Last: last}), loudest, hosts[loudest]), nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
