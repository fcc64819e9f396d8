package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"earshot/active"
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// meters is what a sensor shows to Prometheus: a picture that the sensor's goroutine draws
// about once a second, so that being asked costs the packet path nothing. A nil meters
// does nothing.
type meters struct {
	server  *http.Server
	matches prometheus.Histogram
	writes  prometheus.Histogram

	mu      sync.Mutex
	taps    []capture.LiveStats
	run     capture.Stats
	heard   state.Stats
	told    state.Stats // of what was asked
	asked   active.Totals
	asking  bool // there is one who asks
	waiting int
	changes map[string]uint64 // by kind

	known map[told]string // product and version of a service, empty while unidentified
	named int             // services that are not
	hosts map[hostAt]struct{}
}

// hostAt is a host: the same address behind two VLAN tags or VNIs is two.
type hostAt struct {
	addr netip.Addr
	vlan uint16
	vni  uint32
}

// maxMetered bounds the services that are told apart: beyond it those known count on.
const maxMetered = 1 << 19

// openMeters serves the counters at [ADDR]:PORT; without ADDR on loopback. It returns nil
// for no address.
func openMeters(at string) (*meters, error) {
	if at == "" {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, usagef("--metrics is an address and a port, such as :9464 or 10.0.0.1:9464, not %s", at)
	}
	if host == "" {
		host = "127.0.0.1" // counters tell of the network that is listened to
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("cannot serve --metrics: %w", err)
	}
	spans := prometheus.ExponentialBuckets(1e-6, 4, 12) // 1 µs to 4 s
	m := &meters{
		matches: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_match_duration_seconds", Help: "Time taken to name one banner.", Buckets: spans}),
		writes:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_state_write_duration_seconds", Help: "Time taken to write what was learned to the state.", Buckets: spans}),
		changes: map[string]uint64{}, known: map[told]string{}, hosts: map[hostAt]struct{}{},
	}
	all := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{m, m.matches, m.writes, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := all.Register(c); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	m.server = &http.Server{
		Handler: mux, Addr: l.Addr().String(), ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
	}
	go func() { _ = m.server.Serve(l) }() // ends with Shutdown
	return m, nil
}

// where is the address that is served.
func (m *meters) where() string { return m.server.Addr }

func (m *meters) close() {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.server.Shutdown(ctx) != nil {
		_ = m.server.Close() // someone reads on for too long
	}
}

// timed measures a naming of banners.
func (m *meters) timed(identify state.Identify) state.Identify {
	if m == nil {
		return identify
	}
	return func(p capture.Proto, k request.Kind, req, data []byte, cut int) matcher.Result {
		begin := time.Now()
		defer func() { m.matches.Observe(time.Since(begin).Seconds()) }()
		return identify(p, k, req, data, cut)
	}
}

// wrote notes how long a write to the state took.
func (m *meters) wrote(took time.Duration) {
	if m != nil {
		m.writes.Observe(took.Seconds())
	}
}

// learn counts what has become known. It is called by the sensor's goroutine, as take is.
func (m *meters) learn(fresh *state.Memory, names *state.PortNames) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = fresh.Hosts(func(h *state.Host) error { // memory does not fail
		at := hostAt{h.Addr, h.VLAN, h.VNI}
		if _, ok := m.hosts[at]; !ok && len(m.hosts) < maxMetered {
			m.hosts[at] = struct{}{}
		}
		beliefs := h.Beliefs(names)
		for i := range h.Services {
			s, b := &h.Services[i], &beliefs[i]
			if s.State() != "open" {
				continue
			}
			where := told{h.Addr, h.VLAN, h.VNI, s.Endpoint.Addr.Port(), s.Endpoint.Proto.String()}
			what := ""
			if b.By != nil && !b.Guess() && b.Service != "" {
				what = b.Service + " " + b.Product + " " + b.Version
			}
			was, ok := m.known[where]
			if !ok && len(m.known) >= maxMetered {
				continue
			}
			if was == "" && what != "" {
				m.named++
			} else if was != "" && what == "" {
				m.named--
			}
			m.known[where] = what
		}
		return nil
	})
}

// answered counts what was said to those who asked.
func (m *meters) answered(fresh *state.Memory) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = fresh.Hosts(func(h *state.Host) error { // memory does not fail
		for i := range h.Services {
			for _, e := range h.Services[i].Evidence {
				switch {
				case e.TLS != nil:
				case e.Result.Kind == matcher.Hard:
					m.told.Hard += e.Count
				case e.Result.Kind == matcher.Soft:
					m.told.Soft += e.Count
				case e.Result.Kind == matcher.Timeout:
					m.told.Timeout += e.Count
				default:
					m.told.None += e.Count
				}
			}
		}
		return nil
	})
}

// changed counts changes.
func (m *meters) changed(all []state.Change) {
	if m == nil || len(all) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range all {
		m.changes[all[i].Kind]++
	}
}

// take draws the picture anew.
func (m *meters) take(s *sensor, run capture.Stats) {
	if m == nil {
		return
	}
	var heard state.Stats
	for _, r := range s.recorders {
		heard.Add(r.Stats)
	}
	taps := s.live.Stats()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run, m.heard, m.taps = run, heard, taps
	if s.asker != nil {
		m.asking = true
		m.asked, m.waiting = s.asker.totals()
	}
}

// Describe implements prometheus.Collector: what is collected is not told beforehand.
func (m *meters) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m *meters) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tell := func(kind prometheus.ValueType, name, help string, v float64, labels ...string) {
		keys, values := []string{}, []string{}
		for i := 0; i+1 < len(labels); i += 2 {
			keys, values = append(keys, labels[i]), append(values, labels[i+1])
		}
		to <- prometheus.MustNewConstMetric(prometheus.NewDesc("earshot_"+name, help, keys, nil), kind, v, values...)
	}
	count := func(name, help string, v uint64, labels ...string) {
		tell(prometheus.CounterValue, name, help, float64(v), labels...)
	}
	gauge := func(name, help string, v float64, labels ...string) {
		tell(prometheus.GaugeValue, name, help, v, labels...)
	}
	gauge("build_info", "Which earshot this is.", 1, "version", version(), "goversion", runtime.Version(), "libpcap", capture.LibPcap())
	for _, t := range m.taps {
		count("capture_packets_total", "Packets read.", t.Frames, "interface", t.Interface)
		count("capture_bytes_total", "Their bytes on the wire.", t.Bytes, "interface", t.Interface)
		const dropped, help = "capture_dropped_packets_total", "Packets that were missed."
		count(dropped, help, t.Dropped, "interface", t.Interface, "reason", "kernel")
		count(dropped, help, t.IfDropped, "interface", t.Interface, "reason", "interface")
		up := 1.0
		if t.Down {
			up = 0
		}
		gauge("capture_up", "Whether the interface is there.", up, "interface", t.Interface)
	}
	d, f := &m.run.Decode, &m.run.Flow
	for _, e := range []struct {
		layer string
		n     uint64
	}{{"link", d.UnknownLink}, {"short", d.Short}, {"malformed", d.Malformed}, {"depth", d.TooDeep}, {"fragments", d.Lost}} {
		count("decode_errors_total", "Frames that could not be decoded to the end.", e.n, "layer", e.layer)
	}
	gauge("flows", "Connections remembered.", float64(m.run.Held-m.run.HeldUDP), "proto", "tcp")
	gauge("flows", "Connections remembered.", float64(m.run.HeldUDP), "proto", "udp")
	for _, e := range []struct {
		reason string
		n      uint64
	}{{"flows", f.EvictedFlows}, {"buffers", f.EvictedBuffers}, {"endpoints", f.EvictedEndpoints}} {
		count("flows_evicted_total", "What was forgotten for want of room.", e.n, "reason", e.reason)
	}
	count("stream_gaps_total", "Places in streams where bytes are missing.", f.Gaps)
	count("stream_gap_bytes_total", "The bytes that are missing there.", f.GapBytes)
	count("banners_total", "Banners heard.", m.heard.Banners-m.heard.UDP, "proto", "tcp")
	count("banners_total", "Banners heard.", m.heard.UDP, "proto", "udp")
	from := map[string]*state.Stats{"passive": &m.heard}
	if m.asking {
		from["active"] = &m.told
	}
	for source, x := range from {
		for _, e := range []struct {
			kind string
			n    uint64
		}{{"match", x.Hard}, {"soft", x.Soft}, {"none", x.None}, {"timeout", x.Timeout}} {
			count("matches_total", "What came of matching them.", e.n, "kind", e.kind, "source", source)
		}
	}
	gauge("hosts", "Hosts known.", float64(len(m.hosts)))
	gauge("services", "Services known.", float64(m.named), "identified", "yes")
	gauge("services", "Services known.", float64(len(m.known)-m.named), "identified", "no")
	for _, kind := range []string{"new-host", "new-service", "version-changed", "certificate-changed", "gone-quiet", "address-moved"} {
		count("service_changes_total", "Changes seen by this run.", m.changes[kind], "kind", kind)
	}
	if m.run.Last != 0 {
		gauge("last_packet_timestamp_seconds", "When the latest packet came.", float64(m.run.Last)/1e9)
	}
	if !m.asking {
		return
	}
	count("probe_connections_total", "Connections tried.", m.asked.Opened, "outcome", "opened")
	count("probe_connections_total", "Connections tried.", m.asked.Connections-m.asked.Opened, "outcome", "failed")
	count("probe_datagrams_total", "UDP questions sent.", m.asked.Datagrams)
	count("probe_bytes_total", "Payload of what was asked and answered.", m.asked.SentData, "direction", "sent")
	count("probe_bytes_total", "Payload of what was asked and answered.", m.asked.GotData, "direction", "received")
	gauge("probe_queue", "Ports that wait to be asked, or were asked and are not identified.", float64(m.waiting))
}
