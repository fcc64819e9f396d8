package sqlite

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"slices"
	"strings"

	"earshot/capture"
	"earshot/state"
)

// hash is the head of a SHA-256.
type hash [16]byte

func hashOf(b []byte) hash {
	h := sha256.Sum256(b)
	return hash(h[:16])
}

// How many numbers of rows are remembered: what a busy sensor meets again.
const (
	knownHosts    = 1 << 16
	knownServices = 1 << 17
	knownClaims   = 1 << 18
	knownBanners  = 1 << 18
	knownPasses   = 1 << 12
)

// writer puts batches into the file.
type writer struct {
	db *sql.DB

	hosts    ids[network]
	services ids[capture.Endpoint]
	passes   ids[string]
	claims   ids[state.Key]
	banners  ids[hash]

	insHost, getHost, insService, getService, insPass, getPass, insClaim, getClaim, insBanner, getBanner *sql.Stmt
	addEvidence, mergeEvidence, addSighting, addHint, addQuestion                                        *sql.Stmt

	grown map[int64]int // rows of evidence put to each service by this process since it was last pruned
}

func newWriter(db *sql.DB) (*writer, error) {
	w := &writer{db: db, grown: map[int64]int{}}
	w.forget()
	for _, p := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&w.insHost, "INSERT INTO host (key, vlan, vni, addr) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"},
		{&w.getHost, "SELECT id FROM host WHERE key = ? AND vlan = ? AND vni = ?"},
		{&w.insService, "INSERT INTO endpoint (host, proto, port) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"},
		{&w.getService, "SELECT id FROM endpoint WHERE host = ? AND proto = ? AND port = ?"},
		{&w.insPass, "INSERT INTO origin (name) VALUES (?) ON CONFLICT DO NOTHING"},
		{&w.getPass, "SELECT id FROM origin WHERE name = ?"},
		{&w.insClaim, "INSERT INTO claim (hash, " + claimColumns + ") VALUES (?" + strings.Repeat(", ?", strings.Count(claimColumns, ",")+1) + ") ON CONFLICT DO NOTHING"},
		{&w.getClaim, "SELECT id FROM claim WHERE hash = ?"},
		{&w.insBanner, "INSERT INTO banner (hash, data) VALUES (?, ?) ON CONFLICT DO NOTHING"},
		{&w.getBanner, "SELECT id FROM banner WHERE hash = ?"},
		{&w.addEvidence, "INSERT INTO evidence (endpoint, claim, origin, first, last, count, banner, size, client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
		// Of two samples of one origin the one heard first is kept; of two heard at one time,
		// the one that sorts first.
		{&w.mergeEvidence, `UPDATE evidence AS e SET
			(banner, size, client) = (SELECT ?7, ?8, ?9 WHERE ?4 < e.first OR ?4 = e.first AND
				CASE WHEN ?7 IS e.banner THEN ?8 < e.size OR ?8 = e.size AND ifnull(?9, '') < ifnull(e.client, '')
				ELSE ifnull((SELECT data FROM banner WHERE id = ?7), x'') < ifnull((SELECT data FROM banner WHERE id = e.banner), x'') END
				UNION ALL SELECT e.banner, e.size, e.client LIMIT 1),
			first = min(e.first, ?4), last = max(e.last, ?5), count = max(e.count, ?6)
			WHERE endpoint = ?1 AND claim = ?2 AND origin = ?3`},
		{&w.addSighting, `INSERT INTO sighting AS s (endpoint, closed, origin, first, last, count, rank, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET
			(rank, reason) = (SELECT min(rank), reason FROM (SELECT excluded.rank AS rank, excluded.reason AS reason WHERE (excluded.rank, excluded.reason) < (s.rank, s.reason)
				UNION ALL SELECT s.rank, s.reason WHERE (excluded.rank, excluded.reason) >= (s.rank, s.reason))),
			first = min(s.first, excluded.first), last = max(s.last, excluded.last), count = max(s.count, excluded.count)`},
		{&w.addHint, `INSERT INTO hint AS h (host, kind, value, source, first, last) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET first = min(h.first, excluded.first), last = max(h.last, excluded.last)`},
		{&w.addQuestion, `INSERT INTO question (time, addr, proto, port, why, asked, outcome, sent, got, sentdata, gotdata, took)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
	} {
		var err error
		if *p.to, err = db.Prepare(p.sql); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// close lets go of the statements.
func (w *writer) close() {
	for _, s := range [...]*sql.Stmt{
		w.insHost, w.getHost, w.insService, w.getService, w.insPass, w.getPass, w.insClaim, w.getClaim, w.insBanner, w.getBanner,
		w.addEvidence, w.mergeEvidence, w.addSighting, w.addHint, w.addQuestion,
	} {
		if s != nil {
			_ = s.Close() // the connection goes with it
		}
	}
}

// forget drops what is remembered of rows: after a rollback they may not be there.
func (w *writer) forget() {
	w.hosts, w.services = newIDs[network](knownHosts), newIDs[capture.Endpoint](knownServices)
	w.passes, w.claims, w.banners = newIDs[string](knownPasses), newIDs[state.Key](knownClaims), newIDs[hash](knownBanners)
	clear(w.grown)
}

// put writes a batch, all of it or nothing. The statements are those of the one
// connection, on which the transaction is begun by hand: binding them to a *sql.Tx costs
// more than they do.
func (w *writer) put(p *pending) error {
	if _, err := w.db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := w.all(p)
	if err == nil {
		_, err = w.db.Exec("COMMIT")
	}
	if err != nil {
		_, _ = w.db.Exec("ROLLBACK") // SQLite may have done it by itself
		w.forget()
	}
	return err
}

func (w *writer) all(p *pending) error {
	// In the order of the file, so that pages are touched once.
	slices.SortStableFunc(p.evidence, func(a, b state.Evidence) int { return compareEndpoints(&a.Endpoint, &b.Endpoint) })
	for i := range p.evidence {
		if err := w.evidence(&p.evidence[i]); err != nil {
			return err
		}
	}
	for i := range p.sightings {
		if err := w.sighting(&p.sightings[i]); err != nil {
			return err
		}
	}
	for i := range p.hints {
		h := &p.hints[i]
		host, err := w.host(network{h.Addr, h.VLAN, h.VNI})
		if err == nil {
			_, err = w.addHint.Exec(host, h.Kind, h.Value, h.From, nanos(h.First, noFirst), nanos(h.Last, noLast))
		}
		if err != nil {
			return err
		}
	}
	for i := range p.questions {
		q := &p.questions[i]
		if _, err := w.addQuestion.Exec(q.Time.UnixNano(), q.Addr.String(), q.Proto, q.Port, q.Why, strings.Join(q.Asked, "\n"), q.Outcome,
			q.Sent, q.Got, q.SentData, q.GotData, q.Took); err != nil {
			return err
		}
	}
	return w.prune()
}

func compareEndpoints(a, b *capture.Endpoint) int {
	return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.VLAN, b.VLAN), cmp.Compare(a.VNI, b.VNI))
}

func (w *writer) host(n network) (int64, error) {
	if id, ok := w.hosts.known[n]; ok {
		return id, nil
	}
	k := addrKey(n.addr)
	return w.hosts.get(n, w.insHost, w.getHost, []any{k, n.vlan, n.vni, n.addr.String()}, []any{k, n.vlan, n.vni})
}

func (w *writer) service(ep *capture.Endpoint) (int64, error) {
	if id, ok := w.services.known[*ep]; ok {
		return id, nil
	}
	host, err := w.host(networkOf(ep))
	if err != nil {
		return 0, err
	}
	v := []any{host, int64(ep.Proto), int64(ep.Addr.Port())}
	return w.services.get(*ep, w.insService, w.getService, v, v)
}

func (w *writer) pass(name string) (int64, error) {
	if id, ok := w.passes.known[name]; ok {
		return id, nil
	}
	return w.passes.get(name, w.insPass, w.getPass, []any{name}, []any{name})
}

func (w *writer) claim(e *state.Evidence) (int64, error) {
	k := e.Said()
	if id, ok := w.claims.known[k]; ok {
		return id, nil
	}
	v, err := claimValues(e)
	if err != nil {
		return 0, err
	}
	return w.claims.get(k, w.insClaim, w.getClaim, append([]any{k[:]}, v...), []any{k[:]})
}

func (w *writer) evidence(e *state.Evidence) error {
	service, err := w.service(&e.Endpoint)
	if err != nil {
		return err
	}
	pass, err := w.pass(e.Origin)
	if err != nil {
		return err
	}
	claim, err := w.claim(e)
	if err != nil {
		return err
	}
	var banner any
	if data := e.Banner[:min(len(e.Banner), state.MaxSample)]; len(data) > 0 {
		h := hashOf(data)
		id, ok := w.banners.known[h]
		if !ok {
			if id, err = w.banners.get(h, w.insBanner, w.getBanner, []any{h[:], data}, []any{h[:]}); err != nil {
				return err
			}
		}
		banner = id
	}
	// Two plain statements: one with a clause for the conflict keeps a journal of its own,
	// at the price of a third of the time.
	var client any
	if e.Client.IsValid() {
		client = e.ClientText()
	}
	row := []any{service, claim, pass, nanos(e.First, noFirst), nanos(e.Last, noLast), int64(e.Count), banner, int64(e.Size), client}
	done, err := w.addEvidence.Exec(row...)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		w.grown[service]++
		return err
	}
	_, err = w.mergeEvidence.Exec(row...)
	return err
}

func (w *writer) sighting(s *state.Sighting) error {
	service, err := w.service(&s.Endpoint)
	if err != nil {
		return err
	}
	pass, err := w.pass(s.Origin)
	if err != nil {
		return err
	}
	_, err = w.addSighting.Exec(service, s.Closed, pass, nanos(s.First, noFirst), nanos(s.Last, noLast), int64(s.Count),
		int64(state.ReasonRank(s.Reason)), s.Reason)
	return err
}
