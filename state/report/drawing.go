package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// drawing is an SVG picture under construction. Every text that goes into it is
// escaped here.
type drawing struct {
	strings.Builder
}

func (d *drawing) open(width, height int, title string) {
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		width, height, width, height, template.HTMLEscapeString(title))
}

func (d *drawing) text(x, y int, class, anchor, s string) {
	fmt.Fprintf(d, `<text x="%d" y="%d" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, template.HTMLEscapeString(s))
}

func (d *drawing) rect(x, y, w, h float64, class, title string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5" class="%s"><title>%s</title></rect>`, x, y, w, h, class, template.HTMLEscapeString(title))
}

func (d *drawing) rule(x1, y1, x2, y2 int) {
	fmt.Fprintf(d, `<line x1="%d" y1="%d" x2="%d" y2="%d" class="rule"/>`, x1, y1, x2, y2)
}

func (d *drawing) close() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String())
}

// scale begins a picture below a scale of time, which goes from x = 210 to 970.
func (d *drawing) scale(height int, first, last time.Time, title string) {
	const left, width, ticks = 210, 760, 4
	d.open(left+width+20, height, title)
	whole := max(last.Sub(first).Seconds(), 1e-6)
	for i := 0; i <= ticks; i++ {
		x := left + width*i/ticks
		d.rule(x, 18, x, height)
		anchor := [...]string{"start", "middle", "end"}[min(i, 1)+i/ticks]
		d.text(x, 11, "dim", anchor, tick(first.Add(time.Duration(float64(i)/ticks*whole*1e9)), whole))
	}
}

// curve draws a line from left to right.
func (d *drawing) curve(x1, y1, x2, y2 int, title string) {
	m := (x1 + x2) / 2
	fmt.Fprintf(d, `<path d="M%d %dC%d %d %d %d %d %d" class="edge"><title>%s</title></path>`, x1+8, y1, m, y1, m, y2, x2-8, y2, template.HTMLEscapeString(title))
}

// node draws a point with its name beside it.
func (d *drawing) node(x, y int, anchor, name string) {
	at, to := x+8, x
	if anchor == "start" {
		at, to = x-8, x
	}
	fmt.Fprintf(d, `<circle cx="%d" cy="%d" r="3.5" class="node"/>`, at, y)
	d.text(to, y+4, "name", anchor, name)
}

// span is a thing that was heard from one time to another.
type span struct {
	name        string
	first, last time.Time
}

// timeline draws spans below a scale of time.
func timeline(spans []span, first, last time.Time) template.HTML {
	if len(spans) == 0 {
		return "<p>No times are known.</p>"
	}
	const left, width, row, top = 210, 760, 15, 26
	var d drawing
	d.scale(top+row*len(spans)+6, first, last, "when each host was heard")
	whole := max(last.Sub(first).Seconds(), 1e-6)
	at := func(t time.Time) float64 { return left + float64(width)*t.Sub(first).Seconds()/whole }
	for i, s := range spans {
		y := top + row*i
		d.text(left-8, y+10, "name", "end", shorten(s.name, 32))
		x := at(s.first)
		d.rect(x, float64(y+2), max(at(s.last)-x, 2), row-5, "span", s.name+": "+stamp(s.first)+" to "+stamp(s.last))
	}
	return d.close()
}

// tick writes a time as finely as a scale of whole seconds needs.
func tick(t time.Time, whole float64) string {
	switch t = clamp(t); {
	case whole < 60:
		return t.Format("15:04:05.0")
	case whole < 86400:
		return t.Format("15:04:05")
	case whole < 90*86400:
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02")
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n-1] + "…"
}
