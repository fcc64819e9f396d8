package matcher

import (
	"bytes"
	"os"
	"testing"

	"earshot/data"
)

// The algorithms behind OpenSSH's name tell whose they are: OpenSSH's stay OpenSSH's, and those of what honeypots are made of do not
// become OpenSSH's.
func TestOpenSSHName(t *testing.T) {
	samples, err := ReadCorpusFS(os.DirFS("../testdata/banners"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{"OpenSSH": 0, "Golang x/crypto/ssh server": 0, "Twisted Conch": 0, "Paramiko Python sshd": 0, "AsyncSSH sshd": 0}
	for _, s := range samples {
		_, lists, found := bytes.Cut(s.Data, []byte("\n"))
		if _, ours := seen[s.Product]; !ours || !found || s.Probe != "NULL" || len(lists) < 200 || lists[5] != 0x14 {
			continue
		}
		seen[s.Product]++
		renamed := append([]byte("SSH-2.0-OpenSSH_9.9p1\r\n"), lists...)
		if got := db.Match(renamed, db.Null()); got.Product != s.Product {
			t.Errorf("%s:%d: %q under OpenSSH's name is %q, by %s:%d", s.File, s.Line, s.Product, got.Product, got.File, got.Line)
		}
	}
	for product, n := range seen {
		if n == 0 {
			t.Errorf("no banner has the algorithms of %s", product)
		}
	}
}
