package sqlite

import (
	"database/sql"
	"net/netip"

	"earshot/capture"
)

// network is an address on one network.
type network struct {
	addr netip.Addr
	vlan uint16
	vni  uint32
}

func networkOf(ep *capture.Endpoint) network { return network{ep.Addr.Addr(), ep.VLAN, ep.VNI} }

// addrKey is an address for sorting: as netip.Addr.Compare has it.
func addrKey(a netip.Addr) []byte {
	b := make([]byte, 1, 17)
	b[0] = 6
	if a.Is4() {
		b[0] = 4
	}
	b = append(b, a.AsSlice()...)
	return append(b, a.Zone()...)
}

// ids finds the number of a thing that has one, and gives it one if it has none. What
// is known is remembered, up to a bound.
type ids[K comparable] struct {
	known map[K]int64
	limit int
}

func newIDs[K comparable](limit int) ids[K] { return ids[K]{known: map[K]int64{}, limit: limit} }

// get returns the number of k. insert makes a row if there is none;
// find returns the id of the one that was there.
func (m *ids[K]) get(k K, insert, find *sql.Stmt, values []any, keys []any) (int64, error) {
	if id, ok := m.known[k]; ok {
		return id, nil
	}
	done, err := insert.Exec(values...)
	if err != nil {
		return 0, err
	}
	id, err := done.LastInsertId()
	if err != nil {
		return 0, err
	}
	if n, err := done.RowsAffected(); err != nil {
		return 0, err
	} else if n == 0 {
		if err := find.QueryRow(keys...).Scan(&id); err != nil {
			return 0, err
		}
	}
	if len(m.known) >= m.limit {
		clear(m.known)
	}
	m.known[k] = id
	return id, nil
}

// endpoint reads which endpoint a service is.
func (w *writer) endpoint(service int64) (capture.Endpoint, error) {
	var ep capture.Endpoint
	var addr string
	var port uint16
	var proto uint8
	err := w.db.QueryRow("SELECT h.addr, h.vlan, h.vni, s.proto, s.port FROM endpoint s JOIN host h ON h.id = s.host WHERE s.id = ?", service).
		Scan(&addr, &ep.VLAN, &ep.VNI, &proto, &port)
	if err != nil {
		return ep, err
	}
	a, err := netip.ParseAddr(addr)
	ep.Addr, ep.Proto = netip.AddrPortFrom(a, port), capture.Proto(proto)
	return ep, err
}
