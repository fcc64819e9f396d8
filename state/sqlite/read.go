package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

func unstamp(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}

// Hosts implements state.Store: host by host, with memory for one at a time.
func (d *DB) Hosts(yield func(*state.Host) error) error {
	return d.each("SELECT id, addr, vlan, vni, address FROM host ORDER BY addr, vlan, vni", nil, func(m *state.Memory) error { return m.Hosts(yield) })
}

// Recall tells another store what is known of the hosts for which wanted holds, account
// by account; all of them if wanted is nil.
func (d *DB) Recall(to state.Store, wanted func(netip.Addr) bool) error {
	return d.each("SELECT id, addr, vlan, vni, address FROM host ORDER BY addr, vlan, vni", wanted, func(m *state.Memory) error { return m.Replay(to) })
}

// hostRow is a row of the table host.
type hostRow struct {
	id int64
	host
}

// each gives what is known of each host.
func (d *DB) each(query string, wanted func(netip.Addr) bool, take func(*state.Memory) error) error {
	if err := d.Flush(); err != nil {
		return err
	}
	hosts, err := d.hosts(query)
	if err != nil {
		return d.short(err)
	}
	for _, h := range hosts {
		if wanted != nil && !wanted(h.addr) {
			continue
		}
		m := new(state.Memory)
		if err := d.load(h, m); err != nil {
			return d.short(err)
		}
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) hosts(query string) ([]hostRow, error) {
	rows, err := d.conn.QueryContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []hostRow
	for rows.Next() {
		var h hostRow
		var key []byte
		var text string
		if err := rows.Scan(&h.id, &key, &h.vlan, &h.vni, &text); err != nil {
			return nil, err
		}
		if h.addr, err = netip.ParseAddr(text); err != nil {
			return nil, fmt.Errorf("host %d: %w", h.id, err)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// query calls scan for every row.
func (d *DB) query(text string, id int64, scan func(*sql.Rows) error) error {
	s, err := d.statement(text)
	if err != nil {
		return err
	}
	rows, err := s.Query(id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load tells m what is known of a host.
func (d *DB) load(h hostRow, m *state.Memory) error {
	endpoint := func(proto uint8, port uint16) capture.Endpoint {
		return capture.Endpoint{Addr: netip.AddrPortFrom(h.addr, port), Proto: capture.Proto(proto), VLAN: h.vlan, VNI: h.vni}
	}
	var proto uint8
	var port uint16
	var first, last sql.NullInt64
	var origin string
	var n int64
	err := d.query(`SELECT p.proto, p.port, l.closed, l.first, l.last, l.reason, o.name, c.n
		FROM endpoint p JOIN life l ON l.endpoint_id = p.id JOIN life_count c ON c.endpoint_id = p.id AND c.closed = l.closed JOIN origin o ON o.id = c.origin_id
		WHERE p.host_id = ?`, h.id, func(r *sql.Rows) error {
		var s state.Sighting
		if err := r.Scan(&proto, &port, &s.Closed, &first, &last, &s.Reason, &s.Origin, &n); err != nil {
			return err
		}
		s.Endpoint, s.First, s.Last, s.Count = endpoint(proto, port), unstamp(first), unstamp(last), uint64(n)
		return m.See(s)
	})
	if err != nil {
		return err
	}
	err = d.query(`SELECT p.proto, p.port, e.source, e.sensor, e.tls, e.via, e.target, e.request, e.mid, e.first, e.last, e.size, b.data,
		f.kind, f.service, f.tunnel, f.product, f.version, f.info, f.hostname, f.os, f.device, f.cpe, f.probe, f.file, f.line, f.anyprobe, f.degraded, o.name, c.n
		FROM endpoint p JOIN evidence e ON e.endpoint_id = p.id JOIN finding f ON f.id = e.finding_id JOIN evidence_count c ON c.evidence_id = e.id
		JOIN origin o ON o.id = c.origin_id LEFT JOIN banner b ON b.id = e.banner_id
		WHERE p.host_id = ?`, h.id, func(r *sql.Rows) error {
		var e state.Evidence
		var source, via, kind uint8
		var tls, cpe string
		x := &e.Result
		if err := r.Scan(&proto, &port, &source, &e.Sensor, &tls, &via, &e.Target, &e.Request, &e.Mid, &first, &last, &e.Size, &e.Banner,
			&kind, &x.Service, &x.Tunnel, &x.Product, &x.Version, &x.Info, &x.Hostname, &x.OS, &x.Device, &cpe, &x.Probe, &x.File, &x.Line, &x.Any, &x.Degraded, &origin, &n); err != nil {
			return err
		}
		e.Endpoint, e.Source, e.Via, x.Kind = endpoint(proto, port), state.Source(source), capture.Via(via), matcher.Kind(kind)
		e.First, e.Last, e.Origin, e.Count = unstamp(first), unstamp(last), origin, uint64(n)
		if cpe != "" {
			x.CPE = strings.Split(cpe, "\n")
		}
		if tls != "" {
			t := new(capture.TLS)
			if err := json.Unmarshal([]byte(tls), t); err != nil {
				return fmt.Errorf("evidence of %s: %w", e.Endpoint.Addr, err)
			}
			*t = eachText(*t, narrow)
			e.TLS = t
		}
		return m.Add(e)
	})
	if err != nil {
		return err
	}
	return d.query("SELECT kind, value, source, first, last FROM hint WHERE host_id = ?", h.id, func(r *sql.Rows) error {
		n := capture.Hint{Addr: h.addr, VLAN: h.vlan, VNI: h.vni}
		if err := r.Scan(&n.Kind, &n.Value, &n.From, &first, &last); err != nil {
			return err
		}
		n.First, n.Last = unstamp(first), unstamp(last)
		return m.Note(n)
	})
}
