package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"earshot/state"
)

// History says which changes are reported.
type History struct {
	Since time.Time     // earlier ones are not; the zero time for all
	Quiet time.Duration // how long a service must not be heard to have gone quiet; 0 for never
	Now   time.Time     // the time that the state has reached; for Quiet
}

// Changes lists what changed, by time: of hosts, those of which nothing but a name or a
// hardware address was heard, too, and of services. With Options.Keep it is those services,
// and the hosts that have any.
func (o *Options) Changes(s state.Store, want History) ([]state.Change, error) {
	type endpoint struct {
		port  uint16
		proto string
	}
	var out []state.Change
	err := s.Hosts(func(h *state.Host) error {
		kept := map[endpoint]bool{}
		if o.Keep != nil {
			beliefs := h.Beliefs(o.Names)
			for i := range h.Services {
				if v := &h.Services[i]; o.Keep(h, v, &beliefs[i]) {
					kept[endpoint{v.Endpoint.Addr.Port(), v.Endpoint.Proto.String()}] = true
				}
			}
			if len(kept) == 0 {
				return nil
			}
		}
		for _, c := range h.Changes(o.Names, want.Now, want.Quiet) {
			if !c.Time.Before(want.Since) && (o.Keep == nil || c.Proto == "" || kept[endpoint{c.Port, c.Proto}]) {
				out = append(out, c)
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b state.Change) int { return a.Time.Compare(b.Time) })
	return out, err
}

// WriteChanges writes changes as lines for people.
func WriteChanges(w io.Writer, cs []state.Change) error {
	out := bufio.NewWriter(w)
	for i := range cs {
		c := &cs[i]
		what := strings.ReplaceAll(c.Kind, "-", " ")
		switch {
		case c.From != "" && c.To != "":
			what += ": " + clean(c.From) + " -> " + clean(c.To)
		case c.To != "":
			what += ": " + clean(c.To)
		case c.From != "":
			what += ": " + clean(c.From)
		}
		fmt.Fprintf(out, "%s %s %s\n", stamp(c.Time), c.Where(), what)
	}
	return out.Flush()
}

// WriteChangesJSON writes changes as JSON lines of "type":"change".
func WriteChangesJSON(w io.Writer, cs []state.Change) error {
	out := bufio.NewWriter(w)
	for i := range cs {
		if _, err := out.Write(append(changeJSON(nil, &cs[i]), '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// changeJSON adds a change as a JSON object.
func changeJSON(b []byte, c *state.Change) []byte {
	j := object(append(b, '{'))
	j.str("type", "change")
	j.str("time", rfc3339(c.Time))
	j.str("kind", c.Kind)
	j.str("host", c.Addr.String())
	j.numIf("port", uint64(c.Port))
	j.str("proto", c.Proto)
	j.numIf("vlan", uint64(c.VLAN))
	j.numIf("vni", uint64(c.VNI))
	j.str("from", c.From)
	j.str("to", c.To)
	return append(j, '}')
}
