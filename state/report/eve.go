package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	"earshot/state"
)

// EVE writes events in the envelope of Suricata's eve.json, one JSON object a line, so
// that what ships that file ships these: timestamp, event_type, vlan, dest_ip, dest_port
// and proto of what serves, and under the name of the event_type its own body. The types
// are host, service and change, and one stats at the end. An event's time is the last
// time that its subject was heard; a change's, when it came.
func EVE(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var b []byte
	var t totals
	err := o.walk(s, func(h *host) error {
		t.hosts++
		if h.life.Last.After(t.last) {
			t.last = h.life.Last
		}
		b = eve(b[:0], h.life.Last, "host", h.Addr.String(), 0, "", h.VLAN, o.jsonHost(nil, h))
		for i := range h.rows {
			r := &h.rows[i]
			if r.State() == "open" {
				t.services++
			}
			b = eve(b, r.life.Last, "service", h.Addr.String(), r.Endpoint.Addr.Port(), r.Endpoint.Proto.String(), h.VLAN, r.json(nil, h))
		}
		_, err := out.Write(b)
		return err
	})
	if err != nil {
		return err
	}
	changes, err := o.Changes(s, History{})
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		if _, err := out.Write(eve(b[:0], c.Time, "change", c.Addr.String(), c.Port, c.Proto, c.VLAN, changeJSON(nil, c))); err != nil {
			return err
		}
	}
	stats := object{'{'}
	stats.num("hosts", uint64(t.hosts))
	stats.num("services", uint64(t.services))
	stats.num("changes", uint64(len(changes)))
	if _, err := out.Write(eve(b[:0], t.last, "stats", "", 0, "", 0, append(stats, '}'))); err != nil {
		return err
	}
	return out.Flush()
}

// eveTime is the form of Suricata's timestamps.
const eveTime = "2006-01-02T15:04:05.000000-0700"

// eve adds one event; body is a JSON object, which may end in a newline.
func eve(b []byte, at time.Time, kind, addr string, port uint16, proto string, vlan uint16, body []byte) []byte {
	j := object(append(b, '{'))
	j.str("timestamp", clamp(at).Format(eveTime))
	j.str("event_type", kind)
	if vlan != 0 {
		j.key("vlan")
		j = append(strconv.AppendUint(append(j, '['), uint64(vlan), 10), ']')
	}
	j.str("dest_ip", addr)
	j.numIf("dest_port", uint64(port))
	j.str("proto", strings.ToUpper(proto))
	j.key(kind)
	for len(body) > 0 && body[len(body)-1] == '\n' {
		body = body[:len(body)-1]
	}
	return append(append(j, body...), '}', '\n')
}
