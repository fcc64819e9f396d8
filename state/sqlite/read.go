package sqlite

import (
	"database/sql"
	"net/netip"

	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// maxClaimsHeld bounds the claims that one reading remembers.
const maxClaimsHeld = 1 << 16

// reading is one transaction of reading: it sees the file as it was when it began.
type reading struct {
	tx                                *sql.Tx
	evidence, sightings, hints, claim *sql.Stmt
	claims                            map[int64]*state.Evidence
	passes                            map[int64]string
}

func (d *DB) begin() (*reading, error) {
	if err := d.Flush(); err != nil {
		return nil, err
	}
	tx, err := d.read.Begin()
	if err != nil {
		return nil, err
	}
	client := "e.client"
	if d.withoutClients {
		client = "NULL"
	}
	r := &reading{tx: tx, claims: map[int64]*state.Evidence{}, passes: map[int64]string{}}
	for _, p := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&r.evidence, `SELECT s.proto, s.port, e.claim, e.origin, e.first, e.last, e.count, b.data, e.size, ` + client + ` FROM endpoint s
			JOIN evidence e ON e.endpoint = s.id LEFT JOIN banner b ON b.id = e.banner WHERE s.host = ?`},
		{&r.sightings, `SELECT s.proto, s.port, g.closed, g.origin, g.first, g.last, g.count, g.reason FROM endpoint s
			JOIN sighting g ON g.endpoint = s.id WHERE s.host = ?`},
		{&r.hints, "SELECT kind, value, source, first, last FROM hint WHERE host = ?"},
		{&r.claim, "SELECT " + claimColumns + " FROM claim WHERE id = ?"},
	} {
		if *p.to, err = tx.Prepare(p.sql); err != nil {
			r.end()
			return nil, err
		}
	}
	rows, err := tx.Query("SELECT id, name FROM origin")
	if err != nil {
		r.end()
		return nil, err
	}
	err = each(rows, func() error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		r.passes[id] = name
		return err
	})
	if err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

// end ends the transaction, which changed nothing.
func (r *reading) end() { _ = r.tx.Rollback() }

// each calls f for every row and closes them.
func each(rows *sql.Rows, f func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// place is a host's row.
type place struct {
	id int64
	network
}

// Hosts implements state.Store. It sees the state as it is when it begins.
func (d *DB) Hosts(yield func(*state.Host) error) error { return d.hosts(nil, yield) }

// Recall tells another store what is known of the hosts for which wanted holds, account
// by account; all of them if wanted is nil.
func (d *DB) Recall(to state.Store, wanted func(netip.Addr) bool) error {
	r, err := d.begin()
	if err != nil {
		return plain(d.path, err)
	}
	defer r.end()
	return d.places(r, []byte{0}, []byte{0xff}, func(p *place) error {
		if wanted != nil && !wanted(p.addr) {
			return nil
		}
		m, err := r.host(p)
		if err != nil {
			return plain(d.path, err)
		}
		return m.Replay(to)
	})
}

// Within is a store of the hosts of some networks only: it reads no others.
func (d *DB) Within(nets []netip.Prefix) state.Store { return &within{d, nets} }

type within struct {
	*DB
	nets []netip.Prefix
}

// Hosts implements state.Store.
func (w *within) Hosts(yield func(*state.Host) error) error { return w.hosts(w.nets, yield) }

// pageSize is how many hosts are read at once: while yield runs no query is open.
const pageSize = 256

func (d *DB) hosts(nets []netip.Prefix, yield func(*state.Host) error) error {
	r, err := d.begin()
	if err != nil {
		return plain(d.path, err)
	}
	defer r.end()
	if nets == nil {
		return d.span(r, []byte{0}, []byte{0xff}, yield)
	}
	for _, n := range merged(nets) {
		from, to := addrKey(n.Masked().Addr()), addrKey(lastOf(n))
		if err := d.span(r, from, append(to, 0xff), yield); err != nil {
			return err
		}
	}
	return nil
}

// span yields the hosts with keys from from to to, in order.
func (d *DB) span(r *reading, from, to []byte, yield func(*state.Host) error) error {
	return d.places(r, from, to, func(p *place) error {
		m, err := r.host(p)
		if err != nil {
			return plain(d.path, err)
		}
		return m.Hosts(yield)
	})
}

// places yields the rows of hosts with keys from from to to, in order.
func (d *DB) places(r *reading, from, to []byte, yield func(*place) error) error {
	vlan, vni := int64(-1), int64(-1)
	for {
		rows, err := r.tx.Query(`SELECT id, key, addr, vlan, vni FROM host WHERE (key, vlan, vni) > (?, ?, ?) AND key <= ?
			ORDER BY key, vlan, vni LIMIT ?`, from, vlan, vni, to, pageSize)
		if err != nil {
			return plain(d.path, err)
		}
		var page []place
		err = each(rows, func() error {
			var p place
			var addr string
			if err := rows.Scan(&p.id, &from, &addr, &p.vlan, &p.vni); err != nil {
				return err
			}
			var err error
			p.addr, err = netip.ParseAddr(addr)
			page = append(page, p)
			vlan, vni = int64(p.vlan), int64(p.vni)
			return err
		})
		if err != nil {
			return plain(d.path, err)
		}
		for i := range page {
			if err := yield(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// host reads all that is known of one host.
func (r *reading) host(p *place) (*state.Memory, error) {
	m := new(state.Memory)
	endpoint := func(proto uint8, port uint16) capture.Endpoint {
		return capture.Endpoint{Addr: netip.AddrPortFrom(p.addr, port), Proto: request.Proto(proto), VLAN: p.vlan, VNI: p.vni}
	}
	var proto uint8
	var port uint16
	var pass, first, last, count int64

	rows, err := r.sightings.Query(p.id)
	if err != nil {
		return nil, err
	}
	err = each(rows, func() error {
		var s state.Sighting
		if err := rows.Scan(&proto, &port, &s.Closed, &pass, &first, &last, &count, &s.Reason); err != nil {
			return err
		}
		s.Endpoint, s.Origin = endpoint(proto, port), r.passes[pass]
		s.First, s.Last, s.Count = timeOf(first), timeOf(last), uint64(count)
		return m.See(s)
	})
	if err != nil {
		return nil, err
	}

	if rows, err = r.evidence.Query(p.id); err != nil {
		return nil, err
	}
	err = each(rows, func() error {
		var claim, size int64
		var data []byte
		var client *string
		if err := rows.Scan(&proto, &port, &claim, &pass, &first, &last, &count, &data, &size, &client); err != nil {
			return err
		}
		said, err := r.said(claim)
		if err != nil {
			return err
		}
		e := *said
		e.Endpoint, e.Origin, e.Banner, e.Size = endpoint(proto, port), r.passes[pass], data, int(size)
		e.First, e.Last, e.Count = timeOf(first), timeOf(last), uint64(count)
		if client != nil {
			e.Client, _ = netip.ParseAddrPort(*client) // not valid: not known
		}
		return m.Add(e)
	})
	if err != nil {
		return nil, err
	}

	if rows, err = r.hints.Query(p.id); err != nil {
		return nil, err
	}
	err = each(rows, func() error {
		h := capture.Hint{Addr: p.addr, VLAN: p.vlan, VNI: p.vni}
		if err := rows.Scan(&h.Kind, &h.Value, &h.From, &first, &last); err != nil {
			return err
		}
		h.First, h.Last = timeOf(first), timeOf(last)
		return m.Note(h)
	})
	return m, err
}

// said reads what a claim says.
func (r *reading) said(id int64) (*state.Evidence, error) {
	if e := r.claims[id]; e != nil {
		return e, nil
	}
	e, err := scanClaim(r.claim.QueryRow(id).Scan)
	if err != nil {
		return nil, err
	}
	if len(r.claims) >= maxClaimsHeld {
		clear(r.claims)
	}
	r.claims[id] = e
	return e, nil
}

// Count returns the numbers of hosts, services and rows of evidence.
func (d *DB) Count() (hosts, services, evidence int, err error) {
	if err = d.Flush(); err == nil {
		err = d.read.QueryRow("SELECT (SELECT count(*) FROM host), (SELECT count(*) FROM services), (SELECT count(*) FROM evidence)").
			Scan(&hosts, &services, &evidence)
	}
	return hosts, services, evidence, plain(d.path, err)
}
