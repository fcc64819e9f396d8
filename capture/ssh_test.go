package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// keyExchange makes a KEXINIT packet of ten lists.
func keyExchange(lists ...string) []byte {
	body := append([]byte{20}, make([]byte, 16)...)
	for i := range kexLists {
		l := ""
		if i < len(lists) {
			l = lists[i]
		}
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(l))), l...)
	}
	body = append(body, 0, 0, 0, 0, 0)
	padding := 8 - (len(body)+5)%8 + 4
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(body)+padding))
	return append(append(append(b, byte(padding)), body...), make([]byte, padding)...)
}

func TestReadSSH(t *testing.T) {
	// Lists as they differ by direction: which of them count shows in the hashes.
	lists := []string{"kex1,kex2", "key1", "cipherOut", "cipherIn", "macOut", "macIn", "none", "zlib", "", ""}
	packet := keyExchange(lists...)
	client := append([]byte("SSH-2.0-paramiko_3.4.0 a comment\r\n"), packet...)
	server := append([]byte("a line before\r\nSSH-2.0-OpenSSH_9.2p1\r\n"), packet...)
	s, more := readSSH(client, server)
	if s == nil || more {
		t.Fatalf("%+v, more %v", s, more)
	}
	want := SSH{
		Client: "paramiko_3.4.0 a comment", Kex: "kex1,kex2", HostKeys: "key1", Ciphers: "cipherIn", MACs: "macIn", Compression: "zlib",
		HASSH:       hassh("kex1,kex2", "cipherOut", "macOut", "none"),
		HASSHServer: hassh("kex1,kex2", "cipherIn", "macIn", "zlib"),
	}
	if *s != want {
		t.Errorf("%+v, want %+v", *s, want)
	}
	if want.HASSH == want.HASSHServer || len(want.HASSH) != 32 {
		t.Error("the test tells nothing")
	}
	for n := range len(server) { // whatever is missing
		if s, _ := readSSH(client, server[:n]); s == nil || s.HASSHServer != "" || s.HASSH != want.HASSH {
			t.Fatalf("%d bytes: %+v", n, s)
		}
		s, more := readSSH(nil, server[:n])
		if s != nil || !more {
			t.Fatalf("%d bytes of the server: %+v, more %v", n, s, more)
		}
	}
	for _, bad := range []string{
		"SSH-1.5-old\n", "SSH-2.0-x\r\n\x00\x00\x00\x04\x04\x14aaaaaaaaaaaa", "SSH-2.0-x\r\n\xff\xff\xff\xff\x04\x14", "SSH-2.0-x\r\n\x00\x00\x01\x00\x04\x15aaaaaa",
		strings.Repeat("x\n", 40), strings.Repeat("x", 1100),
	} {
		if s, _ := readSSH([]byte(bad), nil); s != nil {
			t.Errorf("%.40q: %+v", bad, s)
		}
		if _, _, more := kexInit([]byte(bad)); more {
			t.Errorf("%.40q: more", bad)
		}
	}
}

// keyLists keeps what was told of key exchanges, and says that it has enough at once.
type keyLists struct {
	deaf
	got []string
}

func (k *keyLists) Banner(b *Banner) Verdict {
	if b.SSH == nil {
		k.got = append(k.got, fmt.Sprintf("%.11q", b.Data))
	} else {
		k.got = append(k.got, fmt.Sprintf("%s client %v server %v", b.SSH.Client, b.SSH.HASSH != "", b.SSH.HASSHServer != ""))
		if !bytes.HasPrefix(b.Data, []byte("SSH-")) {
			k.got = append(k.got, "bad data")
		}
	}
	return Enough
}

func TestSSHFlow(t *testing.T) {
	packet := string(keyExchange("kex", "key", "c1", "c2", "m1", "m2", "none", "none"))
	const ours, theirs, cipher = "SSH-2.0-c\r\n", "SSH-2.0-s\r\n", "\x00\x00\x00\x2c\x06\x1eaaaa"
	banner := `"SSH-2.0-s\r\n"`
	for name, c := range map[string]struct {
		say  []string // "<" from the server
		want []string
	}{
		"the server first": {[]string{"<" + theirs, ours, "<" + packet, packet, "<" + cipher, cipher}, []string{banner, "c client true server true"}},
		"the client first": {[]string{ours, "<" + theirs, packet, "<" + packet, cipher, "<" + cipher}, []string{banner, "c client true server true"}},
		"all at once":      {[]string{"<" + theirs + packet, ours + packet, "<" + cipher, cipher}, []string{banner, "c client true server true"}},
		"in pieces":        {[]string{"<" + theirs, ours, "<" + packet[:7], packet[:1], packet[1:], "<" + packet[7:], cipher}, []string{banner, "c client true server true"}},
		"the client stops": {[]string{"<" + theirs, ours, "<" + packet}, []string{banner, "c client false server true"}},
		"a greeting only":  {[]string{"<" + theirs + packet}, []string{banner, " client false server true"}},
		"an old protocol":  {[]string{"<SSH-1.5-s\r\n", "SSH-1.5-c\r\n", "<\x00\x00\x00\x0caaaaaaaaaaaa"}, []string{`"SSH-1.5-s\r\n"`}},
		"behind a proxy": {
			[]string{"CONNECT h:22 HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\n\r\n" + theirs, ours, "<" + packet, packet, cipher},
			[]string{`"HTTP/1.1 20"`, banner, "c client true server true"},
		},
	} {
		k := newTalk()
		p := k.pair("10.0.0.1:50000", "10.0.0.2:22", 100, 200).open()
		for _, s := range c.say {
			if s, ok := strings.CutPrefix(s, "<"); ok {
				p.server(s)
			} else {
				p.client(s)
			}
		}
		p.close()
		var sink keyLists
		wants := Sink(&sink)
		if name == "behind a proxy" {
			wants = onlySSH{&sink}
		}
		if _, err := Run(context.Background(), &frames{list: k.frames}, Config{}, func(int) Sink { return wants }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sink.got, c.want) {
			t.Errorf("%s: %q, want %q", name, sink.got, c.want)
		}
	}
}

// onlySSH has enough of SSH only.
type onlySSH struct{ *keyLists }

func (o onlySSH) Banner(b *Banner) Verdict {
	o.keyLists.Banner(b)
	if bytes.HasPrefix(b.Data, []byte("SSH-")) {
		return Enough
	}
	return More
}

func FuzzSSH(f *testing.F) {
	packet := keyExchange("kex", "key", "c1", "c2", "m1", "m2", "none", "none")
	f.Add(append([]byte("SSH-2.0-c\r\n"), packet...), append([]byte("hello\nSSH-1.99-s\n"), packet...))
	f.Add([]byte("SSH-2.0-c\r\n\x00\x00\x00\xff\x00\x14"), []byte("SSH-2.0-c"))
	f.Fuzz(func(t *testing.T, client, server []byte) {
		s, _ := readSSH(client, server)
		if s == nil {
			return
		}
		if n := len(s.Kex) + len(s.HostKeys) + len(s.Ciphers) + len(s.MACs) + len(s.Compression); n > len(server) || len(s.Client) > 255 {
			t.Errorf("%d bytes of lists", n)
		}
	})
}
