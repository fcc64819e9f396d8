package active

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/data"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
)

// TestRPCBind asks a real rpcbind, and the programs that are registered with it, in
// network and mount namespaces of its own, and compares with what rpcinfo says. It runs
// itself again inside those.
func TestRPCBind(t *testing.T) {
	const inside = "EARSHOT_TEST_RPCBIND"
	unpacked, err := filepath.Abs("../bin/testtools") // by packaging/testtools.sh
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", strings.Join([]string{os.Getenv("PATH"), unpacked + "/sbin", unpacked + "/usr/sbin", unpacked + "/usr/bin"}, ":"))
	if os.Getenv(inside) == "" {
		for _, tool := range []string{"unshare", "ip", "mount", "rpcbind", "rpcinfo"} {
			if _, err := exec.LookPath(tool); err != nil {
				t.Skip(err)
			}
		}
		if os.Getuid() != 0 {
			t.Skip("needs root for namespaces")
		}
		if out, err := exec.Command("unshare", "-n", "-m", "--", "true").CombinedOutput(); err != nil {
			t.Skipf("no namespaces here: %s", out)
		}
		cmd := exec.Command("unshare", "-n", "-m", "--", os.Args[0], "-test.run=^TestRPCBind$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestRPCBind")) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	users, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "passwd") // rpcbind wants a user of its own
	if err := os.WriteFile(file, append(users, "_rpc:x:65534:65534::/run/rpcbind:/usr/sbin/nologin\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"ip", "link", "set", "lo", "up"}, {"mount", "-t", "tmpfs", "tmpfs", "/run"}, {"mount", "--bind", file, "/etc/passwd"}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", c, out)
		}
	}
	if err := os.MkdirAll("/run/rpcbind", 0o777); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	rpcbind := exec.Command("rpcbind", "-f", "-i")
	rpcbind.Stderr = &said
	if err := rpcbind.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = rpcbind.Process.Kill()
		_ = rpcbind.Wait()
	}()
	waitFor(t, &said)

	programs := []struct {
		number, low, high uint32
		name              string
	}{{100003, 3, 4, "nfs"}, {100005, 1, 3, "mountd"}, {100021, 1, 4, "nlockmgr"}, {100024, 1, 1, "status"}}
	var ports []Port
	want := map[Port]string{{request.TCP, 111}: "rpcbind 2-4", {request.UDP, 111}: "rpcbind 2-4"}
	for _, p := range programs {
		s := served{p.number: {p.low, p.high}}
		tcp := Port{request.TCP, serve(t, s.stream(marked)).port}
		udp := Port{request.UDP, datagramServer(t, s, false)}
		ports = append(ports, tcp, udp)
		versions := fmt.Sprint(p.low)
		if p.high > p.low {
			versions = fmt.Sprintf("%d-%d", p.low, p.high)
		}
		for _, at := range []Port{tcp, udp} {
			want[at] = p.name + " " + versions
			for v := p.low; v <= p.high; v++ {
				register(t, p.number, v, at)
			}
		}
	}
	ports = append(ports, Port{request.TCP, 111}, Port{request.UDP, 111}, Port{request.TCP, 9})
	table, err := ReadPrograms(strings.NewReader(data.Programs))
	if err != nil {
		t.Fatal(err)
	}
	var list []string // what rpcinfo says
	out, err := exec.Command("rpcinfo", "-p", "127.0.0.1").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n")[1:] {
		if w := strings.Fields(line); len(w) >= 4 {
			list = append(list, strings.Join(w[:4], " "))
		}
	}
	if len(list) < 6+2*10 {
		t.Fatalf("rpcinfo says %q", list)
	}
	for _, strategy := range []Strategy{Quiet, Classic} {
		var trace []string
		cfg := &Config{
			DB: embedded(t), Scope: scope(t, "127.0.0.1"), Store: new(state.Memory), Ports: slices.Clone(ports),
			Intensity: 7, Programs: table, Ledger: new(Ledger), Strategy: strategy,
			Trace: func(s string) { trace = append(trace, s) },
		}
		if strategy == Classic {
			cfg.DB = database(t, true, rpcProbes) // with few probes: its waits are long
			cfg.Trace = nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		if err := Run(ctx, cfg); err != nil {
			t.Fatal(err)
		}
		cancel()
		got := map[Port]string{}
		_ = cfg.Store.Hosts(func(h *state.Host) error {
			for i := range h.Services {
				s := &h.Services[i]
				if b := state.Believe(s, nil); s.State() == "open" {
					got[Port{s.Endpoint.Proto, s.Endpoint.Addr.Port()}] = b.Service + " " + b.Version
				}
			}
			return nil
		})
		for p, w := range want {
			if got[p] != w {
				t.Errorf("strategy %d: %d/%s is %q, want %q\n%s", strategy, p.Port, p.Proto, got[p], w, strings.Join(trace, "\n"))
			}
		}
		if len(got) != len(want) {
			t.Errorf("strategy %d: %v", strategy, got)
		}
		t.Logf("strategy %d: %+v", strategy, cfg.Ledger.Totals())
	}

	// The list itself, in every version, over both transports.
	cfg := &Config{DB: embedded(t), Scope: scope(t, "127.0.0.1")}
	p := &prober{cfg: cfg, dial: newDialer(cfg)}
	for _, proto := range []matcher.Proto{request.TCP, request.UDP} {
		for version := uint32(2); version <= 4; version++ {
			g := newGrinder(p, &task{ep: endpoint(addr("127.0.0.1"), Port{proto, 111}), host: &hostPace{}}, nil)
			r, _ := g.call(context.Background(), portmapper, version, 4, 3)
			g.hangUp()
			if r == nil || r.outcome != rpcSuccess {
				t.Fatalf("%s version %d: %+v", proto, version, r)
			}
			var lines []string
			for _, m := range parseDump(version, r.results) {
				if !m.of(addr("127.0.0.1"), version) {
					continue
				}
				proto := "tcp"
				if m.udp {
					proto = "udp"
				}
				lines = append(lines, fmt.Sprintf("%d %d %s %d", m.program, m.version, proto, m.port))
			}
			slices.Sort(lines)
			slices.Sort(list)
			if !slices.Equal(lines, list) {
				t.Errorf("%s version %d:\n%q\nrpcinfo:\n%q", proto, version, lines, list)
			}
		}
	}
}

// waitFor waits until rpcbind listens.
func waitFor(t *testing.T, said *bytes.Buffer) {
	t.Helper()
	for range 1200 {
		if c, err := net.Dial("tcp", "127.0.0.1:111"); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("rpcbind does not listen: %s", said)
}

// register tells rpcbind where a program is (SET of RFC 1833 §3.2).
func register(t *testing.T, program, version uint32, at Port) {
	t.Helper()
	c, err := net.Dial("udp", "127.0.0.1:111")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call := appendCall(nil, version, portmapper, 2, 1)
	proto := uint32(6)
	if at.Proto == request.UDP {
		proto = 17
	}
	for _, v := range []uint32{program, version, proto, uint32(at.Port)} {
		call = binary.BigEndian.AppendUint32(call, v)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	b := make([]byte, 512)
	if _, err = c.Write(call); err == nil {
		var n int
		if n, err = c.Read(b); err == nil {
			b = b[:n]
		}
	}
	if r, ok := parseReply(b); err != nil || !ok || len(r.results) != 4 || r.results[3] != 1 {
		t.Fatalf("program %d is not registered: %v %x", program, err, b)
	}
}

// embedded is the database that earshot ships with.
func embedded(t *testing.T) *matcher.DB {
	t.Helper()
	var files []*matcher.File
	names, err := data.Probes.ReadDir("probes")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		text, err := data.Probes.ReadFile(filepath.Join("probes", n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		f, err := matcher.ParseFile(n.Name(), text)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	db, err := matcher.New(matcher.Options{}, files...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}
