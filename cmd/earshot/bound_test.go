package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What --dry-run says is the most is the most: no run sends more, whatever the servers do.
func TestProbeBound(t *testing.T) {
	if testing.Short() {
		t.Skip("servers that let wait")
	}
	servers := map[string]manner{
		"greets":    greets("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
		"unknown":   greets("what do you want?\r\n"),
		"mail":      greets("220 mail.test ESMTP Postfix\r\n"),
		"web":       answersWeb("Server: nginx/1.25.9", "hello"),
		"long":      answersWeb("Server: nginx/1.25.9", strings.Repeat("x", 300000)),
		"TLS":       behindTLS(t, answersWeb("Server: nginx/1.25.9", "hello")),
		"TLS alone": behindTLS(t, untilEnd),
		"resets":    resets,
		"closes":    closes,
		"silent":    untilEnd,
		"drips":     drips(strings.Repeat("what do you want? ", 200), 5*time.Millisecond),
		"floods":    floods(32 << 10),
		"trickles":  floods(1),
	}
	udp := map[string]func([]byte) []byte{
		"echo":   func(b []byte) []byte { return b },
		"silent": func([]byte) []byte { return nil },
		"line":   func([]byte) []byte { return []byte("hello\r\n") },
	}
	number := regexp.MustCompile(`(?m)^ *(\d+)  in all$`)
	for _, flags := range []string{"", "--starttls=false", "--jarm --favicon", "--version-light", "--no-version"} {
		words := append(strings.Fields(flags), "-n")
		check := func(name, ports string) {
			t.Helper()
			args := append(append([]string{"probe"}, words...), "-p", ports, "127.0.0.1")
			plan := earshot(t, "", append(args, "--dry-run")...).want(t, 0)
			m := number.FindStringSubmatch(plan.out)
			if m == nil {
				t.Fatalf("no bound in %q", plan.out)
			}
			bound, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			ledger := filepath.Join(t.TempDir(), "ledger")
			earshot(t, "", append(args, "--ledger", ledger)...).want(t, 0)
			sent := 0
			b, err := os.ReadFile(ledger)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`"packets_sent":(\d+)`).FindAllStringSubmatch(string(b), -1) {
				n, err := strconv.Atoi(m[1])
				if err != nil {
					t.Fatal(err)
				}
				sent += n
			}
			if sent == 0 || sent > bound {
				t.Errorf("%q, %s: %d packets, at most %d were said", flags, name, sent, bound)
			} else {
				t.Logf("%q, %s: %d packets, at most %d", flags, name, sent, bound)
			}
		}
		t.Run("with "+flags, func(t *testing.T) {
			t.Parallel()
			for name, m := range servers {
				if name == "trickles" && strings.Contains(flags, "--no-version") {
					continue // what comes before we look is a matter of how busy the machine is
				}
				at := serveTCP(t, "127.0.0.1:0", m)
				check(name, at[strings.LastIndexByte(at, ':')+1:])
			}
			for name, answer := range udp {
				if strings.Contains(flags, "--no-version") {
					continue
				}
				at := serveUDP(t, "127.0.0.1:0", answer)
				check(name, "U:"+at[strings.LastIndexByte(at, ':')+1:])
			}
		})
	}
}
