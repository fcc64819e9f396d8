package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

// maxWrites is after how many changes a transaction ends by itself.
const maxWrites = 20_000

// maxIDs bounds what is remembered of rows that are there.
const maxIDs = 1 << 18

// ids remembers the rows that were met.
type ids struct {
	hosts     map[host]int64
	endpoints map[capture.Endpoint]int64
	origins   map[string]int64
	findings  map[[16]byte]int64
}

type host struct {
	addr netip.Addr
	vlan uint16
	vni  uint32
}

// begin makes sure that a transaction is open.
func (d *DB) begin() error {
	if d.writes++; d.in && d.writes < maxWrites {
		return nil
	}
	if err := d.Flush(); err != nil {
		return err
	}
	if d.ids.hosts == nil || len(d.ids.endpoints)+len(d.ids.hosts)+len(d.ids.findings) > maxIDs {
		d.ids = ids{map[host]int64{}, map[capture.Endpoint]int64{}, map[string]int64{}, map[[16]byte]int64{}}
	}
	if _, err := d.conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return d.short(err)
	}
	d.in = true
	return nil
}

func (d *DB) exec(text string, args ...any) (sql.Result, error) {
	s, err := d.statement(text)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// row returns the id of the row that find finds, made by insert if there is none.
func (d *DB) row(find, insert string, key []any, more ...any) (int64, error) {
	s, err := d.statement(find)
	if err != nil {
		return 0, err
	}
	var id int64
	if err = s.QueryRow(key...).Scan(&id); !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	r, err := d.exec(insert, append(key, more...)...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// known returns what remembers has of key, else what find finds.
func known[K comparable](remembers map[K]int64, key K, find func() (int64, error)) (int64, error) {
	if id, ok := remembers[key]; ok {
		return id, nil
	}
	id, err := find()
	if err == nil {
		remembers[key] = id
	}
	return id, err
}

func (d *DB) host(h host) (int64, error) {
	return known(d.ids.hosts, h, func() (int64, error) {
		return d.row("SELECT id FROM host WHERE addr = ? AND vlan = ? AND vni = ?", "INSERT INTO host (addr, vlan, vni, address) VALUES (?, ?, ?, ?)",
			[]any{addrKey(h.addr), h.vlan, h.vni}, h.addr.String())
	})
}

// addrKey is an address as bytes that sort as netip.Addr.Compare does.
func addrKey(a netip.Addr) []byte {
	b := a.As16()
	kind := byte(6)
	if a.Is4() {
		kind = 4
	}
	return append(append([]byte{kind}, b[:]...), a.Zone()...)
}

func (d *DB) endpoint(ep capture.Endpoint) (int64, error) {
	return known(d.ids.endpoints, ep, func() (int64, error) {
		h, err := d.host(host{ep.Addr.Addr(), ep.VLAN, ep.VNI})
		if err != nil {
			return 0, err
		}
		return d.row("SELECT id FROM endpoint WHERE host_id = ? AND proto = ? AND port = ?", "INSERT INTO endpoint (host_id, proto, port) VALUES (?, ?, ?)",
			[]any{h, int64(ep.Proto), ep.Addr.Port()})
	})
}

func (d *DB) origin(name string) (int64, error) {
	return known(d.ids.origins, name, func() (int64, error) {
		return d.row("SELECT id FROM origin WHERE name = ?", "INSERT INTO origin (name) VALUES (?)", []any{name})
	})
}

func (d *DB) finding(r *matcher.Result) (int64, error) {
	f := []any{
		int64(r.Kind), r.Service, r.Tunnel, r.Product, r.Version, r.Info, r.Hostname, r.OS, r.Device,
		strings.Join(r.CPE, "\n"), r.Probe, r.File, r.Line, r.Any, r.Degraded,
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", f))
	key := [16]byte(sum[:16])
	return known(d.ids.findings, key, func() (int64, error) {
		return d.row("SELECT id FROM finding WHERE hash = ?",
			`INSERT INTO finding (hash, kind, service, tunnel, product, version, info, hostname, os, device, cpe, probe, file, line, anyprobe, degraded)
			 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, []any{key[:]}, f...)
	})
}

// banner returns the row of the bytes, nil for none.
func (d *DB) banner(data []byte) (any, error) {
	if len(data) == 0 {
		return nil, nil
	}
	sum := sha256.Sum256(data)
	return d.row("SELECT id FROM banner WHERE hash = ?", "INSERT INTO banner (hash, data) VALUES (?, ?)", []any{sum[:16]}, data)
}

// stamp is a time as it is kept: nanoseconds since 1970, as far as 64 bits reach; NULL
// for no time.
func stamp(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case t.Year() > 2261:
		return int64(math.MaxInt64)
	case t.Year() < 1678:
		return int64(math.MinInt64)
	}
	return t.UnixNano()
}

// See implements state.Store.
func (d *DB) See(s state.Sighting) error {
	if err := d.begin(); err != nil {
		return err
	}
	ep, err := d.endpoint(s.Endpoint)
	if err != nil {
		return d.short(err)
	}
	o, err := d.origin(s.Origin)
	if err != nil {
		return d.short(err)
	}
	first, last, reason := s.First, s.Last, s.Reason
	find, err := d.statement("SELECT first, last, reason FROM life WHERE endpoint_id = ? AND closed = ?")
	if err != nil {
		return d.short(err)
	}
	var f, l sql.NullInt64
	var why string
	switch err := find.QueryRow(ep, s.Closed).Scan(&f, &l, &why); {
	case err == nil:
		first, last, reason = state.JoinLives(unstamp(f), unstamp(l), why, first, last, reason)
	case !errors.Is(err, sql.ErrNoRows):
		return d.short(err)
	}
	if _, err = d.exec("INSERT OR REPLACE INTO life (endpoint_id, closed, first, last, reason) VALUES (?, ?, ?, ?, ?)", ep, s.Closed, stamp(first), stamp(last), reason); err != nil {
		return d.short(err)
	}
	_, err = d.exec("INSERT INTO life_count (endpoint_id, closed, origin_id, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n)", ep, s.Closed, o, int64(s.Count))
	return d.short(err)
}

// Note implements state.Store.
func (d *DB) Note(n capture.Hint) error {
	if err := d.begin(); err != nil {
		return err
	}
	h, err := d.host(host{n.Addr, n.VLAN, n.VNI})
	if err != nil {
		return d.short(err)
	}
	_, err = d.exec(`INSERT INTO hint (host_id, kind, value, source, first, last) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
		first = CASE WHEN first IS NULL OR excluded.first < first THEN ifnull(excluded.first, first) ELSE first END,
		last = CASE WHEN last IS NULL OR excluded.last > last THEN ifnull(excluded.last, last) ELSE last END`,
		h, n.Kind, n.Value, n.From, stamp(n.First), stamp(n.Last))
	return d.short(err)
}

// Add implements state.Store.
func (d *DB) Add(e state.Evidence) error {
	if err := d.begin(); err != nil {
		return err
	}
	return d.short(d.add(&e))
}

func (d *DB) add(e *state.Evidence) error {
	ep, err := d.endpoint(e.Endpoint)
	if err != nil {
		return err
	}
	o, err := d.origin(e.Origin)
	if err != nil {
		return err
	}
	e.Banner = e.Banner[:min(len(e.Banner), state.MaxSample)]
	key := e.Key()
	find, err := d.statement("SELECT e.id, e.first, e.last, e.size, ifnull(b.data, x'') FROM evidence e LEFT JOIN banner b ON b.id = e.banner_id WHERE e.endpoint_id = ? AND e.key = ?")
	if err != nil {
		return err
	}
	var id int64
	var f, l sql.NullInt64
	old := state.Evidence{}
	switch err := find.QueryRow(ep, key[:]).Scan(&id, &f, &l, &old.Size, &old.Banner); {
	case errors.Is(err, sql.ErrNoRows):
		if id, err = d.insert(ep, key, e); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		old.First, old.Last = unstamp(f), unstamp(l)
		was := old
		old.Join(e)
		if !old.First.Equal(was.First) || !old.Last.Equal(was.Last) || old.Size != was.Size || !bytes.Equal(old.Banner, was.Banner) {
			b, err := d.banner(old.Banner)
			if err != nil {
				return err
			}
			if _, err := d.exec("UPDATE evidence SET first = ?, last = ?, size = ?, banner_id = ? WHERE id = ?", stamp(old.First), stamp(old.Last), old.Size, b, id); err != nil {
				return err
			}
		}
	}
	_, err = d.exec("INSERT INTO evidence_count (evidence_id, origin_id, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n)", id, o, int64(e.Count))
	return err
}

func (d *DB) insert(ep int64, key state.Key, e *state.Evidence) (int64, error) {
	f, err := d.finding(&e.Result)
	if err != nil {
		return 0, err
	}
	b, err := d.banner(e.Banner)
	if err != nil {
		return 0, err
	}
	r, err := d.exec(`INSERT INTO evidence (endpoint_id, key, source, sensor, finding_id, tls, via, target, request, mid, first, last, size, banner_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		ep, key[:], int64(e.Source), e.Sensor, f, tlsText(e.TLS), int64(e.Via), e.Target, e.Request, e.Mid, stamp(e.First), stamp(e.Last), e.Size, b)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// tlsText writes the facts of a handshake as JSON in which a character stands for a
// byte, so that names that are not UTF-8 come back as they were.
func tlsText(t *capture.TLS) string {
	if t == nil {
		return ""
	}
	c := eachText(*t, widen)
	b, err := json.Marshal(c)
	if err != nil { // of strings, numbers and times; a time may be beyond what JSON can say
		c.NotBefore, c.NotAfter = time.Time{}, time.Time{}
		b, _ = json.Marshal(c)
	}
	return string(b)
}

// eachText applies f to every string of t.
func eachText(t capture.TLS, f func(string) string) capture.TLS {
	all := func(l []string) []string {
		if l == nil {
			return nil
		}
		out := make([]string, len(l))
		for i := range l {
			out[i] = f(l[i])
		}
		return out
	}
	t.SNI, t.ALPN, t.Subject, t.Issuer = f(t.SNI), f(t.ALPN), f(t.Subject), f(t.Issuer)
	t.Offered, t.Names = all(t.Offered), all(t.Names)
	return t
}

// widen makes a character of every byte; narrow is its inverse.
func widen(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

func narrow(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
