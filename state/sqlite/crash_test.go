package sqlite

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

// childVariable tells this test's own program to be the one that is killed.
const childVariable = "EARSHOT_TEST_STATE"

func TestMain(m *testing.M) {
	if where := os.Getenv(childVariable); where != "" {
		path, origin, _ := strings.Cut(where, "\n")
		fmt.Fprintln(os.Stderr, writeUntilKilled(path, origin))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled tells a state ever more, and says on standard output up to which
// number all is on disk.
func writeUntilKilled(path, origin string) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	for i := 1; ; i++ {
		if err := d.Add(numbered(i, origin)); err != nil {
			return err
		}
		if i%50 == 0 {
			if err := d.Flush(); err != nil {
				return err
			}
			fmt.Println(i)
		}
	}
}

func numbered(i int, origin string) state.Evidence {
	at := time.Unix(1_700_000_000+int64(i), 0).UTC()
	return state.Evidence{
		Endpoint: capture.Endpoint{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(i%7+1)), Proto: 1},
		First:    at, Last: at, Origin: origin, Count: uint64(i), Banner: fmt.Appendf(nil, "220 %s %d", origin, i), Size: 20,
		Result: matcher.Result{Kind: matcher.Hard, Service: "ftp", File: "x.probes", Line: 1 + i, Fields: matcher.Fields{Product: origin}},
	}
}

// TestKill kills a program that writes, at any moment, again and again: the file stays
// whole, and all that was said to be on disk is there, without a gap.
func TestKill(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 12
	}
	path := filepath.Join(t.TempDir(), "state.db")
	r := rand.New(rand.NewPCG(3, 4))
	rows, wrote := 0, 0
	for k := range kills {
		origin := fmt.Sprintf("run-%d", k)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+path+"\n"+origin)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Half of them at any moment from the start on, half at any moment after the first
		// writing: how long a program takes to start is the machine's affair.
		soon := func() *time.Timer {
			return time.AfterFunc(time.Duration(r.IntN(60_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
		kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		if k%2 == 0 {
			kill.Stop()
			kill = soon()
		}
		said := 0
		for in := bufio.NewReader(out); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				break // the last line may be cut
			}
			if said == 0 && k%2 == 1 {
				kill.Stop()
				kill = soon()
			}
			if said, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = io.Copy(io.Discard, out)
		err = cmd.Wait()
		kill.Stop()
		if cmd.ProcessState.Exited() {
			t.Fatalf("kill %d: the writer ended by itself: %v", k, err)
		}
		if said > 0 {
			wrote++
		}
		d, err := Open(path)
		if err != nil {
			t.Fatalf("kill %d: %v", k, err)
		}
		var n, last int
		if err := d.read.QueryRow("SELECT count(*), ifnull(max(count), 0) FROM evidence e JOIN origin o ON o.id = e.origin WHERE o.name = ?", origin).Scan(&n, &last); err != nil {
			t.Fatal(err)
		}
		if n != last || last < said {
			t.Fatalf("kill %d: %d rows up to number %d; %d were said to be on disk", k, n, last, said)
		}
		rows += n
		if k%20 == 0 || k == kills-1 {
			if bad, err := d.integrity(); bad != "" || err != nil {
				t.Fatalf("kill %d: %s %v", k, bad, err)
			}
			if _, _, all, err := d.Count(); err != nil || all != rows {
				t.Fatalf("kill %d: %d rows of evidence, %d before (%v)", k, all, rows, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if wrote == 0 {
		t.Error("no writer lived long enough to write")
	}
	t.Logf("%d kills, %d of them while it wrote; %d pieces of evidence are there", kills, wrote, rows)
}

// tellSome adds n things that no other call with another origin adds.
func tellSome(t *testing.T, d *DB, n int, origin string) {
	t.Helper()
	for i := range n {
		if err := d.Add(numbered(i+1, origin)); err != nil {
			t.Fatal(err)
		}
	}
}

func wantRows(t *testing.T, d *DB, want int) {
	t.Helper()
	var n int
	if err := d.read.QueryRow("SELECT count(*) FROM evidence").Scan(&n); err != nil || n != want {
		t.Errorf("%d rows of evidence, want %d (%v)", n, want, err)
	}
}

// TestFull: when there is no room, nothing of the batch is written, what was written
// stays, and when there is room again the batch is written.
func TestFull(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "state.db"))
	tellSome(t, d, 100, "before")
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := d.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	// Nothing writes but this test.
	close(d.stop)
	d.done.Wait()
	d.stop = make(chan struct{})
	limit := func(n int) {
		t.Helper()
		var got int
		if err := d.write.QueryRow(fmt.Sprintf("PRAGMA max_page_count=%d", n)).Scan(&got); err != nil || got != n {
			t.Fatal(got, err)
		}
	}
	limit(pages + 1)
	tellSome(t, d, 5000, "more")
	if err := d.Flush(); !errors.Is(err, ErrFull) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a full disk: %v", err)
	}
	if n := d.Held(); n < 5000 {
		t.Errorf("%d held on a full disk", n)
	}
	// What waits is bounded: who tells too much is told.
	one := numbered(1, "too much")
	var told error
	for n := 0; n <= 8*batch && told == nil; n++ {
		told = d.Add(one)
	}
	if !errors.Is(told, ErrFull) || d.Held() > 8*batch+1 {
		t.Errorf("%d held: %v", d.Held(), told)
	}
	d.mu.Lock()
	d.pending.evidence = d.pending.evidence[:5000]
	d.mu.Unlock()
	wantRows(t, d, 100)
	limit(1 << 20)
	if err := d.Flush(); err != nil {
		t.Error(err)
	}
	wantRows(t, d, 5100)
	if n := d.Held(); n != 0 {
		t.Errorf("%d held in the end", n)
	}
	if bad, err := d.integrity(); bad != "" || err != nil {
		t.Error(bad, err)
	}
}

// TestLocked: while another program writes, what is told is held, and then written.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	a, b := open(t, path), open(t, path)
	for _, d := range []*DB{a, b} {
		if _, err := d.write.Exec("PRAGMA busy_timeout=20"); err != nil {
			t.Fatal(err)
		}
	}
	a.flushing.Lock()
	if _, err := a.write.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	tellSome(t, b, 10, "b")
	if err := b.Flush(); !errors.Is(err, ErrLocked) {
		t.Errorf("two writers: %v", err)
	}
	if _, err := a.write.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	a.flushing.Unlock()
	if err := b.Flush(); err != nil {
		t.Error(err)
	}
	// Two may write in turns: each finds what the other made.
	tellSome(t, a, 20, "a")
	tellSome(t, b, 20, "a")
	for _, d := range []*DB{a, b} {
		if err := d.Flush(); err != nil {
			t.Error(err)
		}
	}
	wantRows(t, a, 30)
}

// TestOlder: a state of an older schema is read as it is; to bring it up to date loses
// nothing; one that is open for reading takes nothing.
func TestOlder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	old, err := connect(path, "rwc", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		schemaSQL, fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", applicationID, firstVersion),
		"INSERT INTO host (id, key, addr, vlan, vni) VALUES (1, x'04c0000201', '192.0.2.1', 0, 0)",
		"INSERT INTO hint (host, kind, value, source, first, last) VALUES (1, 'name', 'old.example', 'dns', 1, 2)",
		"INSERT INTO endpoint (id, host, proto, port) VALUES (1, 1, 1, 22)",
		"INSERT INTO origin (id, name) VALUES (1, 'x')",
		"INSERT INTO claim VALUES (1, x'01', 0, '', 0, '', '', 0, 2, 'ssh', '', 'OpenSSH', '', '', '', '', '', '', 'NULL', 'ssh.probes', 1, 0, 0, NULL)",
		"INSERT INTO banner VALUES (1, x'01', CAST('SSH-2.0-x' AS BLOB))",
		"INSERT INTO evidence VALUES (1, 1, 1, 1, 2, 1, 1, 9)",
	} {
		if _, err := old.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	read := func() (*DB, []string) {
		t.Helper()
		d, err := OpenForReading(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		var said []string
		err = d.Hosts(func(h *state.Host) error {
			said = append(said, h.Hinted("name")...)
			for _, v := range h.Services {
				for _, e := range v.Evidence {
					said = append(said, fmt.Sprintf("%d %s %s", v.Endpoint.Addr.Port(), e.Result.Product, e.Banner))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return d, said
	}
	want := []string{"old.example", "22 OpenSSH SSH-2.0-x"}
	if _, said := read(); !slices.Equal(said, want) {
		t.Errorf("as it is: %q", said)
	}
	young := open(t, filepath.Join(t.TempDir(), "young.db"))
	if err := young.Merge(path); err != nil {
		t.Error(err)
	}
	if v := userVersion(t, path); v != firstVersion {
		t.Errorf("reading has made it a %d", v)
	}
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if v := userVersion(t, path); v != Version {
		t.Errorf("opened for writing it is a %d", v)
	}
	d, said := read()
	if !slices.Equal(said, want) {
		t.Errorf("brought up to date: %q", said)
	}
	if err := d.Add(numbered(1, "x")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("writing to what is open for reading: %v", err)
	}
}

func userVersion(t *testing.T, path string) (v int) {
	t.Helper()
	d, err := connect(path, "ro", "")
	if err == nil {
		defer d.Close()
		v, _, err = versions(d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestViews reads every view an operator is told of.
func TestViews(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "state.db"))
	for _, x := range madeUp(rand.New(rand.NewPCG(1, 1)), 300) {
		if err := x.tell(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Asked(Question{Time: time.Unix(5, 0), Addr: netip.MustParseAddr("192.0.2.1"), Port: 22, Proto: "tcp", Asked: []string{"NULL", "TLS"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Started("listen", "north", "1", time.Unix(7, 0)); err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"hosts", "services", "ports", "names", "changes", "ledger", "sensors"} {
		var n int
		rows, err := d.read.Query("SELECT * FROM " + v)
		if err == nil {
			err = each(rows, func() error { n++; return nil })
		}
		if err != nil || n == 0 {
			t.Errorf("%s: %d rows, %v", v, n, err)
		}
	}
}
