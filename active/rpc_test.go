package active

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"earshot/matcher/request"
	"earshot/state"
)

// The first question of a database for these tests: what tells that a port speaks RPC.
const rpcProbes = `
Probe TCP NULL q||
totalwaitms 300
tcpwrappedms 200
Probe TCP RPCCheck q|\x80\0\0(ear1\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\x01\x97\x7c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0|
rarity 1
ports 1-65535
totalwaitms 500
match rpcbind m|^\x80\0\0[\x14-\x20]ear1\0\0\0\x01|s
Probe UDP RPCCheckUDP q|ear1\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\x01\x97\x7c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0|
rarity 1
totalwaitms 500
match rpcbind m|^ear1\0\0\0\x01|s
`

func table(t *testing.T) *Programs {
	t.Helper()
	p, err := ReadPrograms(strings.NewReader("# numbers\n100000\tportmapper\tsunrpc\n100003\tnfs\n100005\tmountd\n100024\tstatus\n536870912\tours\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// served are the programs of a scripted server, with their versions.
type served map[uint32][2]uint32

// answer is the reply to a call; for a program that is not served PROG_UNAVAIL.
func (s served) answer(call []byte) []byte {
	word := func(at int) uint32 { return binary.BigEndian.Uint32(call[at:]) }
	out := append(bytes.Clone(call[:4]), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	v, ok := s[word(12)]
	switch {
	case !ok:
		return append(out, 0, 0, 0, 1)
	case word(16) < v[0] || word(16) > v[1]:
		out = append(out, 0, 0, 0, 2)
		out = binary.BigEndian.AppendUint32(out, v[0])
		return binary.BigEndian.AppendUint32(out, v[1])
	}
	return append(out, 0, 0, 0, 0)
}

func marked(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, lastFragment|uint32(len(b))), b...)
}

// readCall reads one call of a stream.
func readCall(c net.Conn) []byte {
	b := make([]byte, 4+callSize)
	if _, err := io.ReadFull(c, b); err != nil || b[0] != 0x80 {
		return nil
	}
	return b[4:]
}

// stream answers all calls of a connection as wrap writes the replies.
func (s served) stream(wrap func([]byte) []byte) func(net.Conn, *scripted) {
	return func(c net.Conn, _ *scripted) {
		for call := readCall(c); call != nil; call = readCall(c) {
			if _, err := c.Write(wrap(s.answer(call))); err != nil {
				return
			}
		}
	}
}

func rpcMode(t *testing.T) func(*Config) {
	return func(c *Config) { c.Programs = table(t) }
}

func TestRPCPrograms(t *testing.T) {
	fragmented := func(b []byte) []byte {
		var out []byte
		for i, c := range b {
			head := uint32(1)
			if i == len(b)-1 {
				head |= lastFragment
			}
			out = append(binary.BigEndian.AppendUint32(out, head), c)
		}
		return out
	}
	for name, x := range map[string]struct {
		talk                   func(net.Conn, *scripted)
		service, version, info string
		conns                  int
	}{
		"mountd":       {served{100005: {1, 3}}.stream(marked), "mountd", "1-3", "RPC #100005", 1},
		"one version":  {served{100024: {1, 1}}.stream(marked), "status", "1", "RPC #100024", 1},
		"of the table": {served{536870912: {4, 7}}.stream(marked), "ours", "4-7", "RPC #536870912", 1},
		"popular without a name": {
			served{100021: {1, 4}}.stream(marked), "rpc", "1-4", "RPC #100021", 1,
		},
		"nonsense range":  {served{100003: {4294967295, 7}}.stream(marked), "nfs", "4294967295-7", "RPC #100003", 1},
		"fragments":       {served{100005: {1, 3}}.stream(fragmented), "mountd", "1-3", "RPC #100005", 1},
		"unknown program": {served{7: {1, 3}}.stream(marked), "rpc", "", "program unknown", 1},
		"any version":     {served{100005: {0, 4294967295}}.stream(marked), "mountd", "", "RPC #100005", 1},
		"one call a connection": {func(c net.Conn, _ *scripted) {
			if call := readCall(c); call != nil {
				_, _ = c.Write(marked(served{100003: {3, 4}}.answer(call)))
			}
		}, "nfs", "3-4", "RPC #100003", 4},
		"denied": {func(c net.Conn, _ *scripted) {
			for call := readCall(c); call != nil; call = readCall(c) {
				_, _ = c.Write(marked(append(bytes.Clone(call[:4]), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5)))
			}
		}, "rpc", "", "program unknown, calls denied", 1},
	} {
		s := serve(t, x.talk)
		r := asking(t, database(t, false, rpcProbes), s.port, rpcMode(t))
		if r.Service != x.service || r.Version != x.version || r.Info != x.info {
			t.Errorf("%s: %s %q (%s)\n%s", name, r.Service, r.Version, r.Info, r.trace)
		}
		if n := s.connections(); n > x.conns {
			t.Errorf("%s: %d connections, at most %d wanted\n%s", name, n, x.conns, r.ledger)
		}
	}
}

// Below intensity 7 the programs are not asked for.
func TestRPCIntensity(t *testing.T) {
	t.Parallel()
	for _, strategy := range []Strategy{Quiet, Classic} {
		s := serve(t, served{100005: {1, 3}}.stream(marked))
		r := asking(t, database(t, strategy == Classic, rpcProbes), s.port, func(c *Config) { c.Intensity, c.Strategy = 6, strategy })
		if r.Service != "rpcbind" || r.Version != "" || r.Info != "" {
			t.Errorf("%s %q (%s)", r.Service, r.Version, r.Info)
		}
	}
}

// Ports that pour out bytes once they are called are left after a few of them.
func TestRPCFloods(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string]func([]byte) []byte{
		"no records":      func([]byte) []byte { return bytes.Repeat([]byte("flood\r\n"), 1000) },
		"empty fragments": func([]byte) []byte { return make([]byte, 4096) },
		"empty records":   func([]byte) []byte { return bytes.Repeat([]byte{0x80, 0, 0, 0}, 1000) },
		"strangers": func(b []byte) []byte {
			b = bytes.Clone(b)
			b[0]++
			return bytes.Repeat(marked(b), 1000)
		},
		"long record": func([]byte) []byte { return append([]byte{0xff, 0xff, 0xff, 0xff}, make([]byte, 4096)...) },
	} {
		s := serve(t, func(c net.Conn, _ *scripted) {
			call := readCall(c)
			if call == nil {
				return
			}
			_, _ = c.Write(marked(served{}.answer(call))) // so that it is taken for RPC
			if call = readCall(c); call == nil {
				return
			}
			chunk := flood(served{}.answer(call))
			for {
				c.SetWriteDeadline(time.Now().Add(5 * time.Second))
				if _, err := c.Write(chunk); err != nil {
					return
				}
			}
		})
		r := asking(t, database(t, false, rpcProbes), s.port, rpcMode(t))
		if r.totals.GotData > 2*grindBytes {
			t.Errorf("%s: read %d bytes", name, r.totals.GotData)
		}
		if n := s.connections(); n != 1 {
			t.Errorf("%s: %d connections\n%s", name, n, r.trace)
		}
		if r.state != "open" || r.Service != "rpcbind" || r.Version != "" {
			t.Errorf("%s: %s %s %q", name, r.state, r.Service, r.Version)
		}
	}
}

// datagrams is an RPC server over UDP that loses the first copy of every call but the
// first one.
func datagramServer(t *testing.T, s served, lose bool) uint16 {
	t.Helper()
	seen := map[string]bool{}
	return serveUDP(t, func(b []byte, _ netip.AddrPort, say func(string)) {
		if len(b) != callSize {
			return
		}
		again := len(seen) == 0 || seen[string(b)]
		seen[string(b)] = true
		if lose && !again {
			return
		}
		say("a stranger's words")
		say(string(s.answer(b)))
	})
}

func TestRPCDatagrams(t *testing.T) {
	t.Parallel()
	for _, lose := range []bool{false, true} {
		port := datagramServer(t, served{100024: {1, 1}}, lose)
		r := asking(t, database(t, false, rpcProbes+"match rpcbind m/^a stranger/\n"), port, func(c *Config) {
			c.Programs, c.Ports = table(t), []Port{{request.UDP, port}}
		})
		if r.Service != "status" || r.Version != "1" || r.Info != "RPC #100024" || r.reason != "udp-response" {
			t.Errorf("lossy %t: %s %q (%s) %s\n%s", lose, r.Service, r.Version, r.Info, r.reason, r.trace)
		}
	}
}

// The classic strategy asks for programs where a line says rpcbind, and where none says
// anything.
func TestRPCClassic(t *testing.T) {
	t.Parallel()
	for name, probes := range map[string]string{"named": rpcProbes, "unnamed": "Probe TCP NULL q||\ntotalwaitms 100\n"} {
		s := serve(t, served{100000: {2, 4}, 100005: {1, 3}}.stream(marked))
		r := asking(t, database(t, true, probes), s.port, func(c *Config) { c.Programs, c.Strategy = table(t), Classic })
		if r.Service != "rpcbind" || r.Version != "2-4" || r.Info != "RPC #100000" || len(r.Others) > 0 {
			t.Errorf("%s: %s %q (%s) %q", name, r.Service, r.Version, r.Info, r.Others)
		}
	}
	s := serve(t, served{7: {1, 3}}.stream(marked))
	r := asking(t, database(t, true, rpcProbes), s.port, func(c *Config) { c.Programs, c.Strategy = table(t), Classic })
	if r.Service != "rpcbind" || r.Confidence != 10 {
		t.Errorf("unknown: %+v", r.Belief)
	}
}

// mapper is a list as the portmapper writes it.
func mapper(version uint32, lines ...mapping) []byte {
	var b []byte
	str := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
		b = append(b, make([]byte, -len(s)&3)...)
	}
	for _, m := range lines {
		for _, v := range []uint32{1, m.program, m.version} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		netid, proto := "tcp", uint32(6)
		if m.udp {
			netid, proto = "udp", 17
		}
		if version == 2 {
			b = binary.BigEndian.AppendUint32(b, proto)
			b = binary.BigEndian.AppendUint32(b, uint32(m.port))
			continue
		}
		if m.v6 {
			netid += "6"
		}
		str(netid + "\x00")
		str(sprintf("0.0.0.0.%d.%d", m.port>>8, m.port&255))
		str("superuser")
	}
	return append(b, 0, 0, 0, 0)
}

func TestParseDump(t *testing.T) {
	lines := []mapping{
		{100000, 4, false, false, 111},
		{100003, 3, true, false, 2049},
		{100005, 3, true, true, 20048},
	}
	for _, version := range []uint32{2, 3, 4} {
		b := mapper(version, lines...)
		got := parseDump(version, b)
		if len(got) != len(lines) {
			t.Fatalf("version %d: %v", version, got)
		}
		for i, m := range got {
			want := lines[i]
			want.v6 = want.v6 && version > 2
			if m != want {
				t.Errorf("version %d: %v, want %v", version, m, want)
			}
		}
		if got := parseDump(version, b[:len(b)-10]); len(got) != 2 {
			t.Errorf("version %d, cut: %v", version, got)
		}
	}
	local := mapper(4, lines[0])
	copy(local[12:], "\x00\x00\x00\x03")
	copy(local[16:], "tcq")
	if got := parseDump(4, local); len(got) != 0 {
		t.Errorf("a network nobody knows: %v", got)
	}
	many := bytes.Repeat(mapper(2, lines[0])[:20], 10*maxMappings)
	if got := parseDump(2, many); len(got) != maxMappings {
		t.Errorf("%d lines of an endless list", len(got))
	}
	for s, want := range map[string]uint16{"::.8.1": 2049, "0.0.0.0.0.111": 111, "8.1": 2049, "1": 0, "": 0, "0.0.0.0.999.1": 0, "/run/rpcbind.sock": 0} {
		if got, ok := universalPort(s); got != want || ok != (want != 0) {
			t.Errorf("%q: %d %t", s, got, ok)
		}
	}
}

// The list names the ports of the host that were asked for, and no others.
func TestRPCListing(t *testing.T) {
	t.Parallel()
	var mountd, status, silentPort, other *scripted
	mountd = serve(t, served{100005: {1, 3}}.stream(marked))
	status = serve(t, func(c net.Conn, _ *scripted) { // speaks no word of its program
		for call := readCall(c); call != nil; call = readCall(c) {
			_, _ = c.Write(marked(append(bytes.Clone(call[:4]), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5)))
		}
	})
	silentPort, other = serve(t, silent), serve(t, served{100005: {1, 3}}.stream(marked))
	l := new(listing)
	l.fill(addr("127.0.0.1"), 4, []mapping{
		{100000, 4, false, false, 111},
		{100005, 1, false, false, mountd.port},
		{100024, 1, false, false, status.port},
		{100024, 3, false, false, status.port},
		{100003, 3, false, false, silentPort.port},
		{100227, 3, false, false, silentPort.port},
		{100003, 3, false, true, other.port},
	})
	cfg := &Config{
		DB: database(t, false, rpcProbes), Scope: scope(t, "127.0.0.1"), Store: new(state.Memory), Intensity: 7,
		Programs: table(t), Ledger: new(Ledger),
	}
	e := &engine{cfg: cfg, p: &prober{cfg: cfg, dial: newDialer(cfg), rec: &recorder{store: cfg.Store}, identify: state.Matching(cfg.DB)}}
	for _, s := range []*scripted{mountd, status, silentPort} {
		port := Port{request.TCP, s.port}
		v := &visit{engine: e, addr: addr("127.0.0.1"), steps: map[Port]Step{port: {Speak: true}}, pace: &hostPace{}, list: l}
		t1 := v.task(endpoint(v.addr, port))
		e.p.ask(context.Background(), t1)
		e.p.rpcListed(t1)
	}
	want := map[uint16]string{mountd.port: "mountd 1-3 RPC #100005", status.port: "status 1-3 RPC #100024", silentPort.port: "nfs 3 RPC #100003"}
	n := 0
	_ = cfg.Store.Hosts(func(h *state.Host) error {
		for i := range h.Services {
			b := state.Believe(&h.Services[i], nil)
			n++
			if got := b.Service + " " + b.Version + " " + b.Info; got != want[h.Services[i].Endpoint.Addr.Port()] {
				t.Errorf("%s: %s", h.Services[i].Endpoint.Addr, got)
			}
		}
		return nil
	})
	if n != len(want) || mountd.connections() != 1 || other.connections() != 0 {
		t.Errorf("%d services, %d connections, %d to the other", n, mountd.connections(), other.connections())
	}
}

func TestReadPrograms(t *testing.T) {
	p := table(t)
	if p.Name(100000) != "rpcbind" || p.Name(100005) != "mountd" || p.Name(7) != "" {
		t.Error(p.Name(100000), p.Name(100005), p.Name(7))
	}
	list := p.ordered()
	if list[0] != 100000 || list[len(list)-1] != 536870912 {
		t.Errorf("%v", list)
	}
	for i, n := range list {
		for _, m := range list[:i] {
			if n == m {
				t.Errorf("%d twice", n)
			}
		}
	}
	for _, bad := range []string{"x\tname\n", "100\n", "4294967296\tbig\n"} {
		if _, err := ReadPrograms(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzRPCReply(f *testing.F) {
	call := appendCall(nil, 1, 100000, 4, 4)
	f.Add(served{100000: {2, 4}}.answer(call))
	f.Add(served{}.answer(call))
	for version := uint32(2); version <= 4; version++ {
		list := mapper(version, mapping{100000, 4, false, false, 111}, mapping{100003, 3, true, true, 2049})
		f.Add(append(served{100000: {0, 9}}.answer(call), list...))
		f.Add(marked(append(served{100000: {0, 9}}.answer(call), list...)))
	}
	f.Add([]byte{0, 0, 0, 1, 0xff, 0x80, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, ok := parseReply(b); ok {
			for version := uint32(2); version <= 4; version++ {
				if n := len(parseDump(version, r.results)); n > maxMappings || n*20 > len(b) {
					t.Errorf("%d lines of %d bytes", n, len(b))
				}
			}
		}
		// The same records come out however the stream was cut.
		read := func(step int) (out [][]byte, end error) {
			r := records{limit: replyLimit}
			for rest := b; len(rest) > 0; {
				n := min(step, len(rest))
				r.in = append(r.in, rest[:n]...)
				rest = rest[n:]
				for {
					whole, err := r.next()
					if err != nil {
						return out, err
					}
					if whole == nil {
						break
					}
					if len(whole) > replyLimit {
						t.Fatalf("a record of %d bytes", len(whole))
					}
					out = append(out, whole)
				}
			}
			return out, nil
		}
		one, err := read(1)
		all, err2 := read(1 << 20)
		if len(one) != len(all) || err != err2 {
			t.Fatalf("%d records %v, %d %v", len(one), err, len(all), err2)
		}
		for i := range one {
			if !bytes.Equal(one[i], all[i]) {
				t.Errorf("record %d", i)
			}
		}
	})
}
