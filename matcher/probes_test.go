package matcher

import (
	"os"
	"testing"
)

// nmapFile returns an installed nmap's probe file, or skips the test.
func nmapFile(t testing.TB) string {
	t.Helper()
	for _, p := range []string{"/usr/share/nmap/nmap-service-probes"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip("no nmap is installed")
	return ""
}

func TestInstalledNmapFile(t *testing.T) {
	path := nmapFile(t)
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.String() != string(want) {
		t.Error("the file printed from its parts differs from what was read")
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	r := db.Match([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), db.Null())
	if r.Product != "OpenSSH" || r.Version != "9.2p1 Debian 2+deb12u3" {
		t.Errorf("got %+v", r)
	}
}
