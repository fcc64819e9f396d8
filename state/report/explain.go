package report

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"earshot/matcher"
	"earshot/state"
)

// Explain writes why something is believed: for each service every piece of evidence, the
// strongest first, with who heard it, when, how often, the line that named it, the request
// or probe that provoked it, and the bytes; for the host each name and where it was heard.
// Only services for which keep holds are written.
func Explain(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriter(w)
	all := *o
	all.All = true
	err := all.walk(s, func(h *host) error {
		fmt.Fprintf(out, "%s", h.Addr)
		if h.VLAN != 0 {
			fmt.Fprintf(out, ", VLAN %d", h.VLAN)
		}
		if h.VNI != 0 {
			fmt.Fprintf(out, ", VNI %d", h.VNI)
		}
		fmt.Fprintln(out)
		for _, x := range h.Hints {
			fmt.Fprintf(out, "  %s: %s, heard from %s, %s\n", clean(x.Kind), clean(x.Value), clean(x.From), between(state.Life{First: x.First, Last: x.Last}))
		}
		for _, c := range h.systems() {
			fmt.Fprintf(out, "  system %s: %s, by %s, confidence %d\n", clean(c.Family), clean(c.Name), clean(c.From), c.Sure)
		}
		for i := range h.rows {
			explainRow(out, &h.rows[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func explainRow(w io.Writer, r *row) {
	fmt.Fprintf(w, "\n  %d/%s %s: %s", r.Endpoint.Addr.Port(), r.Endpoint.Proto, r.State(), clean(r.name()))
	if v := r.VersionText(); v != "" {
		fmt.Fprintf(w, " %s", clean(v))
	}
	fmt.Fprintf(w, " (%s, confidence %d)\n", r.Method, r.Confidence)
	for _, l := range []struct {
		what string
		state.Life
	}{{"open", r.Open}, {"closed", r.Closed}} {
		if l.Heard() {
			fmt.Fprintf(w, "    seen %s %s, %s, by %s\n", l.what, times(l.Count), between(l.Life), clean(l.Reason))
		}
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		fmt.Fprintf(w, "    %d. %s, %s", i+1, e.Source, times(e.Count))
		if !e.First.IsZero() {
			fmt.Fprintf(w, ", %s", between(state.Life{First: e.First, Last: e.Last}))
		}
		if e.Sensor != "" {
			fmt.Fprintf(w, ", sensor %s", clean(e.Sensor))
		}
		fmt.Fprintln(w)
		explainClaim(w, e)
	}
	if len(r.Evidence) == 0 {
		fmt.Fprintln(w, "    no words were heard; the name is that of the port number")
	}
	for _, x := range r.Others {
		fmt.Fprintf(w, "    disagreement: others say %s\n", clean(x))
	}
}

func explainClaim(w io.Writer, e *state.Evidence) {
	explainResult(w, e)
	if e.Request != "" {
		fmt.Fprintf(w, "       provoked by: %s\n", clean(e.Request))
	}
	if v := viaWord(e.Via); v != "" {
		fmt.Fprintf(w, "       %s %s\n", v, clean(e.Target))
	}
	if t := e.TLS; t != nil {
		explainTLS(w, t)
	}
	if e.SSH != nil {
		explainSSH(w, e.SSH)
	}
	if len(e.Banner) > 0 {
		fmt.Fprintf(w, "       the first %d of %d bytes:\n", len(e.Banner), max(e.Size, len(e.Banner)))
		explainBytes(w, e.Banner)
	}
}

// explainResult says what a claim names, and by what.
func explainResult(w io.Writer, e *state.Evidence) {
	x := &e.Result
	switch x.Kind {
	case matcher.Hard, matcher.Soft:
		kind := "match"
		if x.Kind == matcher.Soft {
			kind = "softmatch"
		}
		fmt.Fprintf(w, "       says %s", clean(x.Service))
		for _, f := range []string{x.Product, x.Version} {
			if f != "" {
				fmt.Fprintf(w, " %s", clean(f))
			}
		}
		fmt.Fprintf(w, ", by %s line %s of probe %s\n", kind, clean(e.Signature()), clean(x.Probe))
	case matcher.Timeout:
		fmt.Fprintln(w, "       no match line in time")
	default:
		switch {
		case e.SSH != nil:
			fmt.Fprintf(w, "       says %s, by its offer for the exchange of keys\n", clean(x.Service))
		case x.Service != "" && e.Size == 0 && e.TLS == nil:
			fmt.Fprintf(w, "       takes %s and says nothing, by what its clients send\n", clean(x.Service))
		case x.Service != "":
			fmt.Fprintf(w, "       says %s, by the shape of the words\n", clean(x.Service))
		case e.TLS == nil:
			fmt.Fprintln(w, "       no match line")
		}
	}
}

// explainBytes writes text by its lines, and anything else in hexadecimal.
func explainBytes(w io.Writer, b []byte) {
	if readable(b) {
		controls := strings.NewReplacer(`\x0d`, `\r`, `\x0a`, `\n`, `\x09`, `\t`)
		for l := range strings.Lines(string(b)) {
			fmt.Fprintf(w, "         %s\n", controls.Replace(clean(l)))
		}
		return
	}
	for l := range strings.Lines(hex.Dump(b)) {
		fmt.Fprintf(w, "         %s", l)
	}
}

// readable reports whether bytes are mostly text.
func readable(b []byte) bool {
	odd := 0
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t' {
			odd++
		}
	}
	return odd*8 <= len(b)
}
