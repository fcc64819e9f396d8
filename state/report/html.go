package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"slices"
	"strings"

	"earshot/matcher"
	"earshot/state"
)

// What a page shows at most of the things that would make it unreadable; the
// inventory itself is never cut.
const (
	maxPageProducts = 200
	maxPageSpans    = 150
	maxPageChanges  = 1000
	maxPageTalks    = 200
	maxPageUnknown  = 300
)

//go:embed page/page.html
var pageText string

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// page is what the template shows. Text in it is not escaped for HTML: the template
// does that, by context. Bytes that are not printable ASCII are written as \xNN.
type page struct {
	Policy, Version, Args, Span string
	Style                       template.CSS
	Script                      template.JS
	Columns                     []string
	AllOpen                     bool // every service that is shown is open
	Sums                        []pageSum
	Rows                        iter.Seq[pageRow]
	Products                    []pageProduct
	ProductsMore                int
	Timeline                    template.HTML
	SpansMore                   int
	Course                      template.HTML
	Changes                     []pageChange
	ChangesMore                 int
	Talks                       []pageTalk
	TalksMore                   int
	Picture                     template.HTML
	Unknown                     []pageUnknown
	UnknownMore                 int
	Noise                       template.HTML
	NoiseSum                    string
}

type pageSum struct {
	Name  string
	Count int
}

type pageRow struct {
	HostKey, Host, Name              string
	PortKey, Port, State             string
	Service, Product, Version, Info  string
	System, Method, How, First, Last string
	Others                           []string
	Unidentified                     bool
}

type pageProduct struct {
	Service, Product, Version string
	Count, Percent            int
}

type pageChange struct{ When, Where, What, From, To string }

type pageTalk struct{ Client, Service, First, Last string }

type pageUnknown struct {
	Where, Service, Text string
	Records              []pageRecord
}

type pageRecord struct {
	Probe, Data string
	Length      int
}

// HTML writes one page for people who would rather look than read. It needs nothing
// but itself: its content security policy allows its own style and script, by their
// hashes, and no network. Without scripts it can still be read and printed.
func HTML(w io.Writer, s state.Store, o *Options) error {
	t, err := template.New("page").Funcs(template.FuncMap{"minute": minute}).Parse(pageText)
	if err != nil {
		return err
	}
	p := &page{
		Policy:  "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashSource(pageStyle) + "; script-src " + hashSource(pageScript),
		Version: clean(o.Version), Args: clean(o.Args),
		Style: template.CSS(pageStyle), Script: template.JS(pageScript),
		Columns: []string{"Host", "Name", "Port", "State", "Service", "Product", "Version", "More", "System", "Known by", "First", "Last"},
	}
	if err := o.survey(p, s); err != nil {
		return err
	}
	var walked error
	p.Rows = func(yield func(pageRow) bool) {
		walked = o.walk(s, func(h *host) error {
			own, system := clean(h.ownName()), h.system().Name
			for i := range h.rows {
				if !yield(h.rows[i].page(h, own, system)) {
					return io.ErrClosedPipe
				}
			}
			return nil
		})
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(out, p); err != nil {
		return err
	}
	if walked != nil {
		return walked
	}
	return out.Flush()
}

// minute leaves the seconds of a time away: a column is narrow.
func minute(stamp string) string { return stamp[:min(len(stamp), len("2006-01-02 15:04"))] }

// hashSource names an inline text in a content security policy (CSP level 2 §4.2.5).
func hashSource(text string) string {
	h := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

// survey fills in what is counted over all hosts.
func (o *Options) survey(p *page, s state.Store) error {
	type product struct{ service, product, version string }
	counts := map[product]int{}
	var spans []span
	var t totals
	var more gathered
	identified := 0
	p.AllOpen = true
	err := o.walk(s, func(h *host) error {
		t.hosts++
		more.add(o, h, t.last)
		if l := h.life; !l.First.IsZero() {
			if t.first.IsZero() || l.First.Before(t.first) {
				t.first = l.First
			}
			if l.Last.After(t.last) {
				t.last = l.Last
			}
			if len(spans) < maxPageSpans {
				spans = append(spans, span{cmp.Or(clean(h.ownName()), h.Addr.String()), l.First, l.Last})
			} else {
				p.SpansMore++
			}
		}
		for i := range h.rows {
			r := &h.rows[i]
			if r.State() != "open" {
				p.AllOpen = false
				continue
			}
			t.services++
			if r.By != nil && r.Belief.Service != "" && !r.Guess() {
				identified++
			}
			if r.Belief.Product != "" {
				counts[product{r.name(), r.Belief.Product, r.Belief.Version}]++
			}
			if r.fingerprint == nil {
				continue
			}
			if len(p.Unknown) == maxPageUnknown {
				p.UnknownMore++
				continue
			}
			p.Unknown = append(p.Unknown, unknownOf(r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k, n := range counts {
		p.Products = append(p.Products, pageProduct{Service: clean(k.service), Product: clean(k.product), Version: clean(k.version), Count: n})
	}
	slices.SortFunc(p.Products, func(a, b pageProduct) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Product, b.Product), strings.Compare(a.Version, b.Version), strings.Compare(a.Service, b.Service))
	})
	p.Products, p.ProductsMore = cut(p.Products, maxPageProducts)
	for i := range p.Products {
		p.Products[i].Percent = max(1, 100*p.Products[i].Count/p.Products[0].Count)
	}
	if !t.first.IsZero() {
		p.Span = between(state.Life{First: t.first, Last: t.last})
	}
	p.Sums = []pageSum{{"Hosts", t.hosts}, {"Services", t.services}, {"Identified", identified}, {"Not identified", t.services - identified}, {"Products", len(counts)}}
	p.Timeline = timeline(spans, t.first, t.last)
	more.fill(p, t.last)
	if o.Sent != nil {
		p.Noise, p.NoiseSum, err = noise(o.Sent)
	}
	return err
}

// cut leaves the first n and says how many it took away.
func cut[T any](s []T, n int) ([]T, int) {
	if len(s) <= n {
		return s, 0
	}
	return s[:n], len(s) - n
}

// page is a service's line of the inventory.
func (r *row) page(h *host, own, system string) pageRow {
	a := h.Addr.As16()
	p := pageRow{
		HostKey: fmt.Sprintf("%x%04x%08x", a, h.VLAN, h.VNI), Host: h.Addr.String(), Name: own,
		PortKey: fmt.Sprintf("%05d%s", r.Endpoint.Addr.Port(), r.Endpoint.Proto),
		Port:    fmt.Sprintf("%d/%s", r.Endpoint.Addr.Port(), r.Endpoint.Proto), State: r.State(),
		Service: clean(r.name()), Product: clean(r.Product), Version: clean(r.Version), Info: clean(r.Info),
		System: clean(strings.Trim(cmp.Or(r.OS, system)+", "+r.Device, ", ")), Method: r.Method, How: r.Method,
	}
	switch r.Method {
	case "table":
		p.How = "port number only"
	case "passive":
		p.How = "listening"
	case "active":
		p.How = "asking"
	}
	if h.VLAN != 0 {
		p.Host += fmt.Sprintf(", VLAN %d", h.VLAN)
	}
	if h.VNI != 0 {
		p.Host += fmt.Sprintf(", VNI %d", h.VNI)
	}
	for _, x := range r.Others {
		p.Others = append(p.Others, clean(x))
	}
	if !r.life.First.IsZero() {
		p.First, p.Last = stamp(r.life.First), stamp(r.life.Last)
	}
	p.Unidentified = r.State() == "open" && (r.By == nil || r.Guess() || r.Belief.Service == "")
	return p
}

// unknownOf is what a service said that nobody recognised, readable.
func unknownOf(r *row) pageUnknown {
	u := pageUnknown{Where: r.Endpoint.Addr.String() + " " + r.Endpoint.Proto.String(), Service: clean(r.name()), Text: r.fingerprint.Text()}
	for _, rec := range r.fingerprint.Records {
		u.Records = append(u.Records, pageRecord{Probe: clean(rec.Probe), Length: rec.Length, Data: lines(rec)})
	}
	return u
}

// lines is a record's bytes, a line of theirs a line of ours.
func lines(r matcher.Record) string {
	parts := strings.SplitAfter(string(r.Data[:min(len(r.Data), 900)]), "\n")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(clean(p), `\x0d`, `\r`), `\x0a`, `\n`)
	}
	return strings.TrimRight(strings.Join(parts, "\n"), "\n")
}
