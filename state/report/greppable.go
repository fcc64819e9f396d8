package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"earshot/state"
)

// Greppable writes nmap's greppable lines (nmap.org/book/output-formats-grepable-output.html). A slash inside a
// field becomes a bar, a tab cannot stand in one.
func Greppable(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	t, err := o.sum(s)
	if err != nil {
		return err
	}
	o.head(out, &t)
	err = o.walk(s, func(h *host) error {
		who := fmt.Sprintf("Host: %s (%s)", h.Addr, bar(h.ownName()))
		fmt.Fprintf(out, "%s\tStatus: Up\n", who)
		if len(h.rows) == 0 && len(h.hidden) == 0 {
			return nil
		}
		ports := make([]string, len(h.rows))
		for i := range h.rows {
			r := &h.rows[i]
			name := r.name()
			if name == "unknown" {
				name = ""
			}
			ports[i] = fmt.Sprintf("%d/%s/%s//%s//%s/", r.Endpoint.Addr.Port(), r.State(), r.Endpoint.Proto, bar(name), bar(r.version()))
		}
		_, err := fmt.Fprintf(out, "%s\tPorts: %s%s\n", who, strings.Join(ports, ", "), h.greppableHidden())
		return err
	})
	if err != nil {
		return err
	}
	o.foot(out, &t)
	return out.Flush()
}

func bar(s string) string { return strings.ReplaceAll(clean(s), "/", "|") }

// head writes the first line of a file in nmap's text formats.
func (o *Options) head(w io.Writer, t *totals) { fmt.Fprintf(w, "# %s\n", clean(o.headline(t))) }

// foot writes the last line of a file in nmap's text formats.
func (o *Options) foot(w io.Writer, t *totals) {
	fmt.Fprintf(w, "# %s -- %s\n", t.footline(), t.String())
}

// when writes the first or last time.
func (t *totals) when(last bool) string {
	x := t.first
	if last {
		x = t.last
	}
	if x.IsZero() {
		return "never"
	}
	return ctime(x)
}
