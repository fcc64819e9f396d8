package report

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"

	"earshot/capture"
	"earshot/state"
)

// EVE writes events in the envelope of Suricata's eve.json, one JSON object a line, so
// that what ships that file ships these: timestamp, event_type, in_iface where the report is
// of one, vlan, dest_ip, dest_port and proto of what serves, the src_ip and src_port of the
// client that was answered with what names it and the flow's community_id and flow_id, and under the name of the event_type its own body. The types
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
		b = o.eve(b[:0], h.life.Last, "host", h.Addr.String(), 0, "", h.VLAN, nil, o.jsonHost(nil, h))
		for i := range h.rows {
			r := &h.rows[i]
			if r.State() == "open" {
				t.services++
			}
			b = o.eve(b, r.life.Last, "service", h.Addr.String(), r.Endpoint.Addr.Port(), r.Endpoint.Proto.String(), h.VLAN, r.By, r.json(nil, h))
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
		if _, err := out.Write(o.eve(b[:0], c.Time, "change", c.Addr.String(), c.Port, c.Proto, c.VLAN, nil, changeJSON(nil, c))); err != nil {
			return err
		}
	}
	stats := object{'{'}
	stats.num("hosts", uint64(t.hosts))
	stats.num("services", uint64(t.services))
	stats.num("changes", uint64(len(changes)))
	if _, err := out.Write(o.eve(b[:0], t.last, "stats", "", 0, "", 0, nil, append(stats, '}'))); err != nil {
		return err
	}
	return out.Flush()
}

// flowID is a number for a flow at one time, as Suricata's are: of 53 bits, so that those who
// read numbers as floating point keep it.
func flowID(e *state.Evidence) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, e.Endpoint, e.Client, e.First.UnixNano())
	return h.Sum64() >> 11
}

// eveTime is the form of Suricata's timestamps.
const eveTime = "2006-01-02T15:04:05.000000-0700"

// eve adds one event; by is the evidence whose flow it tells of, nil for none, and body is a
// JSON object, which may end in a newline.
func (o *Options) eve(b []byte, at time.Time, kind, addr string, port uint16, proto string, vlan uint16, by *state.Evidence, body []byte) []byte {
	j := object(append(b, '{'))
	j.str("timestamp", clamp(at).Format(eveTime))
	if by != nil && by.Client.IsValid() {
		j.num("flow_id", flowID(by))
	}
	j.str("in_iface", o.Interface)
	j.str("event_type", kind)
	if vlan != 0 {
		j.key("vlan")
		j = append(strconv.AppendUint(append(j, '['), uint64(vlan), 10), ']')
	}
	if by != nil && by.Client.IsValid() {
		j.str("src_ip", by.Client.Addr().String())
		j.num("src_port", uint64(by.Client.Port()))
	}
	j.str("dest_ip", addr)
	j.numIf("dest_port", uint64(port))
	j.str("proto", strings.ToUpper(proto))
	if by != nil {
		j.str("community_id", capture.CommunityID(by.Endpoint.Proto, by.Client, by.Endpoint.Addr))
	}
	j.key(kind)
	for len(body) > 0 && body[len(body)-1] == '\n' {
		body = body[:len(body)-1]
	}
	return append(append(j, body...), '}', '\n')
}
